#include "terminal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PASTE(text) "\033[200~" text "\033[201~"
#define UP          "\033OA"
#define DOWN        "\033OB"
#define PAGE_UP     "\033[5~"
#define END         "\033OF"
#define F1          "\033OP"
#define FOCUS_IN    "\033[I"
#define FOCUS_OUT   "\033[O"

static struct terminal *start_in(int rows, int columns, const char *const *environment)
{
    static const char *const argv[] = {DEMO_SCREEN, NULL};
    return terminal_start(&(struct terminal_options){argv, environment, rows, columns});
}

static struct terminal *start(int rows, int columns)
{
    struct terminal *t = start_in(rows, columns, NULL);
    assert_true(terminal_wait(t, "lobby  bob"));
    return t;
}

static void assert_restored(struct terminal *t)
{
    assert_false(terminal_is_alternate(t));
    assert_false(terminal_mode(t, 2004));
    assert_false(terminal_mode(t, 1004));
    assert_false(terminal_mode(t, 1007));
    assert_true(terminal_is_cooked(t));
}

static void quit(struct terminal *t)
{
    terminal_send(t, "\003\003\003"); /* clears the line; asks; yes */
    assert_int_equal(terminal_wait_exit(t), 0);
    assert_restored(t);
    terminal_free(t);
}

static void test_it_takes_the_terminal_and_shows_what_is_written(void **state)
{
    (void)state;
    struct terminal *t = start(24, 80);
    assert_true(terminal_is_alternate(t));
    assert_true(terminal_mode(t, 2004) && terminal_mode(t, 1004) && terminal_mode(t, 1007));
    assert_false(terminal_is_cooked(t));
    terminal_send(t, "hello \303\251\r");
    assert_true(terminal_wait(t, " 09:14  alice  hello é"));
    terminal_send(t, "draft");
    assert_true(terminal_wait(t, " › draft"));
    int row, column;
    bool visible;
    terminal_cursor(t, &row, &column, &visible);
    assert_true(visible);
    assert_int_equal(row, 23);
    assert_int_equal(column, 8);
    quit(t);
}

static void test_the_terminal_is_restored_on_every_way_out(void **state)
{
    (void)state;
    static const struct {
        const char *keys;
        int signal, code;
    } ways[] = {
        {"/quit\r", 0, 0},           {"\004", 0, 0},
        {"/fail\r", 0, 1},           {"/abort\r", 0, 134},
        {"", SIGTERM, 143},          {"", SIGHUP, 129},
        {"half a li", SIGTERM, 143}, {"\033[200~half a paste", SIGTERM, 143},
    };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct terminal *t = start(24, 80);
        terminal_send(t, ways[i].keys);
        if (ways[i].signal)
            kill(terminal_pid(t), ways[i].signal);
        assert_int_equal(terminal_wait_exit(t), ways[i].code);
        assert_restored(t);
        terminal_free(t);
    }
}

static void test_the_title_is_set_and_put_back(void **state)
{
    (void)state;
    struct terminal *t = start_in(24, 80, (const char *const[]){"TERM=xterm-256color", NULL});
    assert_true(terminal_wait(t, "lobby  bob"));
    terminal_send(t, "/title three new\rx");
    assert_true(terminal_wait(t, " › x"));
    size_t len;
    assert_non_null(strstr(terminal_bytes(t, &len), "\033]2;three new\007"));
    quit(t);
}

static void suspend_and_go_on(const char *keys, const char *more)
{
    static const char *const argv[] = {
        "bash", "-mc", DEMO_SCREEN "; echo stopped; read line; fg; echo back: $?", NULL};
    struct terminal *t = terminal_start(&(struct terminal_options){argv, NULL, 24, 80});
    assert_true(terminal_wait(t, "lobby  bob"));
    terminal_send(t, keys);
    assert_true(terminal_wait(t, "stopped"));
    assert_restored(t);
    terminal_resize(t, 20, 60);
    terminal_send(t, "\r");
    assert_true(terminal_wait(t, "lobby  bob"));
    assert_true(terminal_mode(t, 2004) && terminal_mode(t, 1004) && terminal_mode(t, 1007));
    assert_false(terminal_is_cooked(t));
    terminal_send(t, more);
    assert_true(terminal_wait(t, " › draft"));
    assert_int_equal(terminal_find(t, " › draft", NULL), 19);
    terminal_send(t, "s go on");
    assert_true(terminal_wait(t, " › drafts go on"));
    terminal_send(t, "\003\003\003");
    assert_true(terminal_wait(t, "back: 0"));
    assert_int_equal(terminal_wait_exit(t), 0);
    assert_restored(t);
    terminal_free(t);
}

static void test_suspending_gives_the_terminal_back(void **state)
{
    (void)state;
    suspend_and_go_on("draft\032", "");
    suspend_and_go_on("/stop\r", "draft");
}

static void test_a_paste_is_never_sent(void **state)
{
    (void)state;
    struct terminal *t = start(24, 80);
    terminal_send(t, PASTE("one\r\ntwo\rthree\n/quit\r"));
    assert_true(terminal_wait(t, " … one"));
    assert_true(terminal_wait(t, "   /quit"));
    assert_int_equal(terminal_find(t, "alice", NULL), -1);
    terminal_send(t, "\r");
    assert_true(terminal_wait(t, "alice  one"));
    assert_true(terminal_wait(t, "               /quit"));
    quit(t);
}

static void test_a_paste_cannot_press_keys_or_end_itself(void **state)
{
    (void)state;
    struct terminal *t = start(24, 80);
    terminal_send(t, PASTE("a\033[A\033[20\003\004\021\033b\177\033]0;evil\007") "!");
    assert_true(terminal_wait(t, " › a^[[A^[[20^C^D^Q^[b^?^[]0;evil^G!"));
    terminal_send(t, "\r");
    assert_true(terminal_wait(t, "alice  a^[[A^[[20^C^D^Q^[b^?^[]0;evil^G!"));
    size_t len;
    assert_null(strstr(terminal_bytes(t, &len), "\033]0;evil"));
    quit(t);
}

static void test_a_paste_without_an_end_ends_by_itself(void **state)
{
    (void)state;
    struct terminal *t = start(24, 80);
    terminal_send(t, "\033[200~lost\r");
    assert_true(terminal_wait(t, " … lost"));
    terminal_send(t, "found");
    assert_true(terminal_wait(t, "   found"));
    assert_int_equal(terminal_find(t, "alice", NULL), -1);
    quit(t);
}

static void test_a_big_paste_asks_first(void **state)
{
    (void)state;
    struct terminal *t = start(24, 80);
    char text[40 * 4 + 1] = "", paste[sizeof text + 16];
    for (int i = 10; i < 50; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%dx\r", i);
    snprintf(paste, sizeof paste, PASTE("%s"), text);
    terminal_send(t, paste);
    assert_true(terminal_wait(t, "paste 41 lines?"));
    terminal_send(t, "n");
    assert_true(terminal_wait_gone(t, "paste 41 lines?"));
    assert_true(terminal_wait_gone(t, "10x"));
    terminal_send(t, paste);
    assert_true(terminal_wait(t, "paste 41 lines?"));
    terminal_send(t, "y");
    assert_true(terminal_wait(t, "49x")); /* a third of the screen: the end of it */
    assert_true(terminal_wait_gone(t, "42x"));
    assert_true(terminal_find(t, "43x", NULL) >= 16);
    quit(t);
}

static void test_a_paste_that_no_message_can_hold_is_refused(void **state)
{
    (void)state;
    struct terminal *t = start(24, 80);
    enum {
        HUGE_LEN = 200000
    };
    char *text = malloc(HUGE_LEN);
    memset(text, 'x', HUGE_LEN);
    for (int len = 20000; len <= HUGE_LEN; len *= 10) {
        terminal_send(t, "\033[200~");
        terminal_send_bytes(t, text, (size_t)len);
        terminal_send(t, "\033[201~");
        assert_true(terminal_wait(t, "that is too long: a message has at most 16,384 bytes"));
        terminal_send(t, "ok");
        assert_true(terminal_wait(t, " › ok"));
        terminal_send(t, "\003");
        assert_true(terminal_wait_gone(t, " › ok"));
    }
    free(text);
    quit(t);
}

static void test_it_survives_every_size(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1},     {2, 2},   {4, 20},  {3, 80},  {80, 3},
                                   {200, 500}, {1, 500}, {200, 1}, {5, 19},  {4, 19},
                                   {24, 80},   {7, 21},  {12, 49}, {50, 132}};
    struct terminal *t = start(24, 80);
    terminal_send(
        t, "/fill 300\r/theirs 한글中文👨‍👩‍👧 https://a.example/b/c/d/e\rdraft");
    assert_true(terminal_wait(t, " › draft"));
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
            terminal_resize(t, sizes[i][0], sizes[i][1]);
    terminal_resize(t, 3, 17);
    assert_true(terminal_wait(t, "window too small"));
    terminal_send(t, "s");
    terminal_resize(t, 10, 40);
    assert_true(terminal_wait(t, " › drafts"));
    assert_int_equal(terminal_find(t, " › drafts", NULL), 9);
    assert_true(terminal_wait(t, "a.example"));
    quit(t);
}

static void test_other_terminals_are_left_to_plain_lines(void **state)
{
    (void)state;
    static const struct {
        const char *environment[2], *why;
    } cases[] = {
        {{"TERM=dumb"}, "the terminal (TERM=dumb) cannot move its cursor: use --plain"},
        {{"TERM"}, "the terminal (TERM=) has no name: set TERM, or use --plain"},
        {{"TERM="}, "the terminal (TERM=) has no name: set TERM, or use --plain"},
        {{"TERM=no-such"}, "the terminal (TERM=no-such) is not known here: use --plain"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct terminal *t = start_in(24, 80, cases[i].environment);
        assert_int_equal(terminal_wait_exit(t), 2);
        assert_string_equal(terminal_row(t, 0), cases[i].why);
        size_t len;
        assert_null(strchr(terminal_bytes(t, &len), '\033'));
        terminal_free(t);
    }
}

static void test_a_locale_without_unicode_gets_ascii(void **state)
{
    (void)state;
    struct terminal *t = start_in(24, 80, (const char *const[]){"LC_ALL=C", NULL});
    assert_true(terminal_wait(t, "lobby  bob * here"));
    terminal_send(t, "/theirs caf\\\rhello\r/mark 2 3\r/fill 50\r" PAGE_UP PAGE_UP);
    assert_true(terminal_wait(t, "more below"));
    terminal_send(t, END "/theirs end\r");
    assert_true(terminal_wait(t, "bob    end"));
    size_t len;
    const char *bytes = terminal_bytes(t, &len);
    for (size_t i = 0; i < len; i++)
        assert_true((unsigned char)bytes[i] < 0x80);
    quit(t);
}

static void test_no_color_is_obeyed(void **state)
{
    (void)state;
    for (int colours = 0; colours < 2; colours++) {
        struct terminal *t =
            start_in(24, 80, colours ? NULL : (const char *const[]){"NO_COLOR=1", NULL});
        assert_true(terminal_wait(t, "lobby  bob"));
        terminal_send(t, "hello\rx");
        assert_true(terminal_wait(t, " › x"));
        int column, row = terminal_find(t, "alice", &column);
        assert_int_equal(terminal_cell(t, row, column).colour >= 0, colours);
        quit(t);
    }
}

static void test_clusters_do_not_shift_a_line(void **state)
{
    (void)state;
    static const struct {
        const char *cluster;
        int width;
    } clusters[] = {
        {"👨‍👩‍👧‍👦", 2},
        {"❤️", 2},
        {"👍🏽", 2},
        {"🇩🇪", 2},
        {"1️⃣", 2},
        {"e\314\201", 1},
        {"한", 2},
        {"☺︎", 1},
    };
    struct terminal *t = start(24, 80);
    for (size_t i = 0; i < sizeof clusters / sizeof clusters[0]; i++) {
        char line[64];
        snprintf(line, sizeof line, "/theirs %s%s|%zu\r", clusters[i].cluster, clusters[i].cluster,
                 i);
        terminal_send(t, line);
        snprintf(line, sizeof line, "|%zu", i);
        assert_true(terminal_wait(t, line));
        int column;
        terminal_find(t, line, &column);
        if (column != 13 + 2 * clusters[i].width)
            fail_msg("%s: column %d", clusters[i].cluster, column);
    }
    terminal_send(t, "\014"); /* all of it again */
    assert_true(terminal_wait(t, "|7"));
    quit(t);
}

static void test_reading_back(void **state)
{
    (void)state;
    struct terminal *t = start(24, 80);
    terminal_send(t, "/fill 100\r");
    assert_true(terminal_wait(t, "message 100 of 100"));
    terminal_send(t, PAGE_UP);
    assert_true(terminal_wait(t, "▼ 17 more below"));
    terminal_send(t, "/theirs one more\r"); /* sending goes to the bottom */
    assert_true(terminal_wait(t, "bob  one more"));
    assert_true(terminal_wait_gone(t, "more below"));
    terminal_send(t, UP UP UP); /* the wheel */
    assert_true(terminal_wait(t, "▼ 3 more below"));
    terminal_send(t, UP);
    assert_true(terminal_wait(t, "▼ 4 more below"));
    terminal_send(t, END);
    assert_true(terminal_wait_gone(t, "more below"));
    terminal_send(t, UP);
    assert_true(terminal_wait(t, " / /theirs one more"));
    quit(t);
}

static void test_what_came_without_focus_is_marked(void **state)
{
    (void)state;
    struct terminal *t = start(24, 80);
    terminal_send(t, "/theirs old\r" FOCUS_OUT "/theirs fresh\r/theirs fresher\r");
    assert_true(terminal_wait(t, "fresher"));
    assert_int_equal(terminal_find(t, "─ new ─", NULL) + 1, terminal_find(t, "fresh", NULL));
    quit(t);
}

static void test_keys(void **state)
{
    (void)state;
    struct terminal *t = start(24, 80);
    terminal_send(t, "one two three\033b\033b\033d\025"); /* M-b M-b M-d ^U */
    assert_true(terminal_wait(t, " ›  three"));
    terminal_send(t, "\033[25~\033[1;2P\033[<0;1;1M\033Oz\033[99;5u"); /* keys without a meaning */
    terminal_send(t, "x");
    assert_true(terminal_wait(t, " › x three"));
    terminal_send(t, "\033\rsecond\012third"); /* M-Enter, ^J */
    assert_true(terminal_wait(t, " … x"));
    assert_true(terminal_wait(t, "   second"));
    terminal_send(t, "\003\377\376ok\300\200 \342\202x"); /* bytes that are no character */
    assert_true(terminal_wait(t, " › ok x"));
    terminal_send(t, F1);
    assert_true(terminal_wait(t, "^A"));
    terminal_send(t, "\033");
    assert_true(terminal_wait_gone(t, "^A"));
    quit(t);
}

/* How often the program was put to sleep and woken. */
static long wakeups(struct terminal *t)
{
    char path[64], line[128];
    long count = -1;
    snprintf(path, sizeof path, "/proc/%d/status", terminal_pid(t));
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        sscanf(line, "voluntary_ctxt_switches: %ld", &count);
    if (file)
        fclose(file);
    return count;
}

static void test_idle_is_idle(void **state)
{
    (void)state;
    struct terminal *t = start(24, 80);
    terminal_send(t, "/fill 100\rdraft");
    assert_true(terminal_wait(t, " › draft"));
    terminal_drain(t, 100);
    long before = wakeups(t);
    size_t len, len_before;
    terminal_bytes(t, &len_before);
    terminal_drain(t, 500);
    terminal_bytes(t, &len);
    assert_int_equal(len, len_before);
    assert_int_equal(wakeups(t), before);
    quit(t);
}

static void test_a_key_costs_few_bytes(void **state)
{
    (void)state;
    struct terminal *t = start(50, 200);
    terminal_send(t, "/fill 100\rdraft");
    assert_true(terminal_wait(t, " › draft"));
    size_t len, len_before;
    terminal_bytes(t, &len_before);
    terminal_send(t, "s");
    assert_true(terminal_wait(t, " › drafts"));
    terminal_bytes(t, &len);
    assert_in_range(len - len_before, 1, 40);
    quit(t);
}

static void test_a_terminal_that_is_gone_ends_it(void **state)
{
    (void)state;
    struct terminal *t = start(24, 80);
    terminal_hang_up(t);
    int code = terminal_wait_exit(t);
    assert_true(code == 1 || code == 129); /* by itself, or by SIGHUP */
    terminal_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_takes_the_terminal_and_shows_what_is_written),
        cmocka_unit_test(test_the_terminal_is_restored_on_every_way_out),
        cmocka_unit_test(test_the_title_is_set_and_put_back),
        cmocka_unit_test(test_suspending_gives_the_terminal_back),
        cmocka_unit_test(test_a_paste_is_never_sent),
        cmocka_unit_test(test_a_paste_cannot_press_keys_or_end_itself),
        cmocka_unit_test(test_a_paste_without_an_end_ends_by_itself),
        cmocka_unit_test(test_a_big_paste_asks_first),
        cmocka_unit_test(test_a_paste_that_no_message_can_hold_is_refused),
        cmocka_unit_test(test_it_survives_every_size),
        cmocka_unit_test(test_other_terminals_are_left_to_plain_lines),
        cmocka_unit_test(test_a_locale_without_unicode_gets_ascii),
        cmocka_unit_test(test_no_color_is_obeyed),
        cmocka_unit_test(test_clusters_do_not_shift_a_line),
        cmocka_unit_test(test_reading_back),
        cmocka_unit_test(test_what_came_without_focus_is_marked),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_idle_is_idle),
        cmocka_unit_test(test_a_key_costs_few_bytes),
        cmocka_unit_test(test_a_terminal_that_is_gone_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
