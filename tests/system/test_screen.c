/* The screen and its terminal: taking and restoring it, sizes, locales, what it costs. */
#include "demo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_UP "\033[5~"
#define END     "\033OF"

static void test_it_takes_the_terminal_and_shows_what_is_written(void **state)
{
    (void)state;
    struct terminal *t = demo_start(24, 80);
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
    demo_quit(t);
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
        struct terminal *t = demo_start(24, 80);
        terminal_send(t, ways[i].keys);
        if (ways[i].signal)
            kill(terminal_pid(t), ways[i].signal);
        assert_int_equal(terminal_wait_exit(t), ways[i].code);
        demo_assert_restored(t);
        terminal_free(t);
    }
}

static void test_the_title_is_set_and_put_back(void **state)
{
    (void)state;
    struct terminal *t = demo_start_in(24, 80, (const char *const[]){"TERM=xterm-256color", NULL});
    assert_true(terminal_wait(t, "lobby  bob"));
    terminal_send(t, "/title three new\rx");
    assert_true(terminal_wait(t, " › x"));
    size_t len;
    assert_non_null(strstr(terminal_bytes(t, &len), "\033]2;three new\007"));
    demo_quit(t);
}

static void suspend_and_go_on(const char *keys, const char *more)
{
    static const char *const argv[] = {
        "bash", "-mc", DEMO_SCREEN "; echo stopped; read line; fg; echo back: $?", NULL};
    struct terminal *t = terminal_start(&(struct terminal_options){argv, NULL, 24, 80});
    assert_true(terminal_wait(t, "lobby  bob"));
    terminal_send(t, keys);
    assert_true(terminal_wait(t, "stopped"));
    demo_assert_restored(t);
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
    demo_assert_restored(t);
    terminal_free(t);
}

static void test_suspending_gives_the_terminal_back(void **state)
{
    (void)state;
    suspend_and_go_on("draft\032", "");
    suspend_and_go_on("/stop\r", "draft");
}

static void test_it_survives_every_size(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1},     {2, 2},   {4, 20},  {3, 80},  {80, 3},
                                   {200, 500}, {1, 500}, {200, 1}, {5, 19},  {4, 19},
                                   {24, 80},   {7, 21},  {12, 49}, {50, 132}};
    struct terminal *t = demo_start(24, 80);
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
    demo_quit(t);
}

static void test_other_terminals_are_left_to_plain_lines(void **state)
{
    (void)state;
    static const struct {
        const char *environment[2], *why;
    } cases[] = {
        {{"TERM=dumb"}, "the terminal (TERM=dumb) cannot be drawn on: plain lines instead"},
        {{"TERM"}, "the terminal (TERM=) has no name: set TERM; plain lines instead"},
        {{"TERM="}, "the terminal (TERM=) has no name: set TERM; plain lines instead"},
        {{"TERM=no-such"},
         "the terminal (TERM=no-such) is not known here: plain lines instead; "
         "TERM=xterm-256color may do"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct terminal *t = demo_start_in(24, 100, cases[i].environment);
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
    struct terminal *t = demo_start_in(24, 80, (const char *const[]){"LC_ALL=C", NULL});
    assert_true(terminal_wait(t, "lobby  bob * here"));
    terminal_send(t, "/theirs caf\\\rhello\r/mark 2 3\r/fill 50\r" PAGE_UP PAGE_UP);
    assert_true(terminal_wait(t, "more below"));
    terminal_send(t, END "/theirs end\r");
    assert_true(terminal_wait(t, "bob    end"));
    terminal_send(t, "na\303\257ve");
    assert_true(terminal_wait(t, "that is no character in this locale"));
    terminal_send(t, "\025");
    size_t len;
    const char *bytes = terminal_bytes(t, &len);
    for (size_t i = 0; i < len; i++)
        assert_true((unsigned char)bytes[i] < 0x80);
    demo_quit(t);
}

static void test_no_color_is_obeyed(void **state)
{
    (void)state;
    for (int colours = 0; colours < 2; colours++) {
        struct terminal *t =
            demo_start_in(24, 80, colours ? NULL : (const char *const[]){"NO_COLOR=1", NULL});
        assert_true(terminal_wait(t, "lobby  bob"));
        terminal_send(t, "hello\rx");
        assert_true(terminal_wait(t, " › x"));
        int column, row = terminal_find(t, "alice", &column);
        assert_int_equal(terminal_cell(t, row, column).colour >= 0, colours);
        demo_quit(t);
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
    struct terminal *t = demo_start(24, 80);
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
    demo_quit(t);
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
    struct terminal *t = demo_start(24, 80);
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
    demo_quit(t);
}

static void test_a_key_costs_few_bytes(void **state)
{
    (void)state;
    struct terminal *t = demo_start(50, 200);
    terminal_send(t, "/fill 100\rdraft");
    assert_true(terminal_wait(t, " › draft"));
    size_t len, len_before;
    terminal_bytes(t, &len_before);
    terminal_send(t, "s");
    assert_true(terminal_wait(t, " › drafts"));
    terminal_bytes(t, &len);
    assert_in_range(len - len_before, 1, 40);
    demo_quit(t);
}

static void test_a_terminal_that_is_gone_ends_it(void **state)
{
    (void)state;
    struct terminal *t = demo_start(24, 80);
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
        cmocka_unit_test(test_it_survives_every_size),
        cmocka_unit_test(test_other_terminals_are_left_to_plain_lines),
        cmocka_unit_test(test_a_locale_without_unicode_gets_ascii),
        cmocka_unit_test(test_no_color_is_obeyed),
        cmocka_unit_test(test_clusters_do_not_shift_a_line),
        cmocka_unit_test(test_idle_is_idle),
        cmocka_unit_test(test_a_key_costs_few_bytes),
        cmocka_unit_test(test_a_terminal_that_is_gone_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
