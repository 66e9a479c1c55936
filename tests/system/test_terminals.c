#include "client.h"
#include "pair.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The table of terminals: sizes, character sets, kinds, and what is typed. In each of them somebody
 * at a real screen gets a hostile message, answers and goes.
 */
#define F1      "\033OP"
#define PAGE_UP "\033[5~"
#define PASTE   "\033[200~two\nlines\033[201~"

enum {
    PLAIN = 1,   /* no screen: lines */
    ASCII = 2,   /* the character set has nothing else */
    MONO = 4,    /* no colours */
    SMALL = 8,   /* too small to show what was said */
    NARROW = 16, /* too narrow to show it in one row */
};

static const struct row {
    const char *term, *locale, *more; /* of the environment */
    int rows, columns;
    const char *keys; /* typed, and shown in the input as `typed` */
    const char *typed;
    unsigned traits;
} table[] = {
    {"TERM=tmux-256color", "LC_ALL=C.UTF-8", "A=", 24, 80, "naïve", "› naïve", 0},
    {"TERM=tmux-256color", "LC_ALL=C.UTF-8", "NO_COLOR=1", 24, 80, "a b\002\002x", "› ax b", MONO},
    {"TERM=tmux-256color", "LC_ALL=C", "A=", 24, 80, "abc\027abd", "> abd", ASCII},
    {"TERM=tmux-256color", "LC_ALL=POSIX", "NO_COLOR=1", 30, 100, PASTE, "lines", ASCII | MONO},
    {"TERM=tmux", "LC_ALL=C.UTF-8", "A=", 24, 80, F1 F1 "x", "› x", 0},
    {"TERM=screen", "LC_ALL=C.UTF-8", "A=", 24, 80, PAGE_UP "x", "› x", 0},
    {"TERM=screen", "LC_ALL=C", "A=", 10, 40, F1 F1 "xy\001z", "> zxy", ASCII | NARROW},
    {"TERM=xterm-256color", "LC_ALL=C.UTF-8", "A=", 24, 80, "naïve", "› naïve", 0},
    {"TERM=xterm", "LC_ALL=C", "NO_COLOR=1", 24, 80, "x", "> x", ASCII | MONO},
    {"TERM=ansi", "LC_ALL=C.UTF-8", "A=", 24, 80, "x", "› x", 0},
    {"TERM=linux", "LC_ALL=C.UTF-8", "A=", 25, 80, "👍x", "> 👍x", 0},
    {"TERM=linux", "LC_ALL=C", "A=", 25, 80, "x", "> x", ASCII},
    {"TERM=vt100", "LC_ALL=C.UTF-8", "A=", 24, 80, "one\nand two", "and two", MONO},
    {"TERM=vt100", "LC_ALL=C.UTF-8", "A=", 24, 80, "pasted\rraw\rlines", "   lines", MONO},
    {"TERM=vt100", "LC_ALL=C.UTF-8", "A=", 24, 80, "\033[I/clear\rline", "› line", MONO},
    {"TERM=vt100", "LC_ALL=C", "A=", 24, 132, "x", "> x", ASCII | MONO},
    {"TERM=vt220", "LC_ALL=C", "A=", 24, 80, "\022nowhere\rx", "> x", ASCII | MONO},
    {"TERM=xterm-mono", "LC_ALL=C.UTF-8", "A=", 24, 80, "x", "› x", MONO},
    {"TERM=tmux-256color", "LC_ALL=C.UTF-8", "A=", 50, 200, "x", "› x", 0},
    {"TERM=tmux-256color", "LC_ALL=C.UTF-8", "A=", 200, 500, "x", "› x", 0},
    {"TERM=tmux-256color", "LC_ALL=C.UTF-8", "A=", 10, 24, "x", "› x", NARROW},
    {"TERM=tmux-256color", "LC_ALL=C.UTF-8", "A=", 10, 40, "x", "› x", NARROW},
    {"TERM=tmux-256color", "LC_ALL=C.UTF-8", "A=", 4, 20, "x", "› x", SMALL},
    {"TERM=tmux-256color", "LC_ALL=C.UTF-8", "A=", 3, 80, "x", "", SMALL},
    {"TERM=tmux-256color", "LC_ALL=C.UTF-8", "A=", 3, 10, "x", "", SMALL},
    {"TERM=tmux-256color", "LC_ALL=C.UTF-8", "A=", 24, 2, "👍", "", SMALL},
    {"TERM=tmux-256color", "LC_ALL=C.UTF-8", "A=", 2, 2, "x", "", SMALL},
    {"TERM=tmux-256color", "LC_ALL=C", "A=", 1, 1, "x", "", SMALL | ASCII},
    {"TERM=tmux-256color", "LC_ALL=C.UTF-8", "A=", 1, 500, "x", "", SMALL},
    {"TERM=dumb", "LC_ALL=C.UTF-8", "A=", 24, 80, "", "", PLAIN},
    {"TERM=dumb", "LC_ALL=C", "A=", 24, 80, "", "", PLAIN | ASCII},
    {"TERM=vt52", "LC_ALL=C.UTF-8", "A=", 24, 80, "", "", PLAIN},
    {"TERM=", "LC_ALL=C.UTF-8", "A=", 24, 80, "", "", PLAIN},
    {"TERM", "LC_ALL=C.UTF-8", "A=", 24, 80, "", "", PLAIN},
    {"TERM=no-such-terminal", "LC_ALL=C.UTF-8", "A=", 24, 80, "", "", PLAIN},
};

static struct client mallory;

/* No byte of it may do to a terminal what it says. */
static void say_what_is_hostile(size_t number)
{
    char line[256];
    snprintf(line, sizeof line,
             "{\"text\":\"a\\u001b]0;pwned\\u0007\\u001b[2J\\u009b31m\\u202e\\u2713 %zu\"}",
             number);
    client_say(&mallory, line);
}

static void assert_bytes(struct terminal *t, const struct row *row)
{
    static const char *const never[] = {"\033]0;pwned", "\033[2J\302", "\302\233", "\342\200\256"};
    size_t len;
    const char *bytes = terminal_bytes(t, &len);
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        assert_null(memmem(bytes, len, never[i], strlen(never[i])));
    for (size_t i = 0; i < len; i++) {
        if ((row->traits & ASCII) && (bytes[i] & 0x80))
            fail_msg("byte %02x in %s %s", (unsigned char)bytes[i], row->term, row->locale);
        if ((row->traits & PLAIN) && bytes[i] == '\033')
            fail_msg("an escape sequence in %s", row->term);
    }
    for (int row_number = 0; (row->traits & MONO) && row_number < row->rows; row_number++)
        for (int column = 0; column < row->columns; column++)
            assert_int_equal(terminal_cell(t, row_number, column).colour, -1);
}

/* What was said, as this terminal shows it. */
static const char *said(const struct row *row, size_t number)
{
    static char text[96];
    const char *check = row->traits & ASCII ? "?" : "✓";
    if (row->traits & NARROW)
        snprintf(text, sizeof text, " %zu", number);
    else
        snprintf(text, sizeof text, "a^[]0;pwned^G^[[2J<9B>31m<U+202E>%s %zu", check, number);
    return text;
}

static bool has_cursor_at_input(struct terminal *t, void *typed)
{
    int row, column, cursor_row, cursor_column;
    bool visible;
    row = terminal_find(t, typed, &column);
    terminal_cursor(t, &cursor_row, &cursor_column, &visible);
    return row >= 0 && visible && cursor_row == row && cursor_column > column;
}

static bool is_taken(struct terminal *t, void *data)
{
    (void)data;
    return terminal_mode(t, 2004);
}

static void use_screen(const struct row *row, size_t number)
{
    assert_true(terminal_wait_until(alice, is_taken, NULL));
    if (!(row->traits & SMALL))
        assert_true(terminal_wait(alice, "mallory"));
    say_what_is_hostile(number);
    if (!(row->traits & SMALL))
        assert_true(terminal_wait(alice, said(row, number)));
    terminal_send(alice, row->keys);
    if (*row->typed &&
        !terminal_wait_until(alice, has_cursor_at_input, (void *)(uintptr_t)row->typed))
        fail_msg("row %zu: no cursor behind '%s' on:\n%s", number, row->typed,
                 terminal_text(alice));
    if (!(row->traits & SMALL)) {
        terminal_send(alice, "\003\003"); /* clears, asks */
        assert_true(terminal_wait(alice, "quit?"));
        terminal_send(alice, "n");
    }
}

static void use_lines(const struct row *row, size_t number)
{
    assert_true(terminal_wait(alice, "plain lines"));
    assert_true(terminal_wait(alice, "mallory is here"));
    say_what_is_hostile(number);
    assert_true(terminal_wait(alice, said(row, number)));
    terminal_send(alice, "an answer\n");
    assert_true(terminal_wait(alice, "alice: an answer"));
}

static void test_every_terminal(void **state)
{
    (void)state;
    client_start(&mallory, &(struct client_options){"mallory", address, "table", "--json", NULL});
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct row *row = &table[i];
        const char *const environment[] = {row->term, row->locale, row->more, NULL};
        alice = pair_start_with(&(struct pair_options){.nick = "alice",
                                                       .folder = "table",
                                                       .environment = environment,
                                                       .rows = row->rows,
                                                       .columns = row->columns});
        (row->traits & PLAIN ? use_lines : use_screen)(row, i);
        terminal_send(alice, row->traits & PLAIN ? "\004" : "\025/quit\r");
        int code = terminal_wait_exit(alice);
        if (code != 0)
            fail_msg("row %zu ended with %d on:\n%s", i, code, terminal_text(alice));
        assert_bytes(alice, row);
        assert_false(terminal_mode(alice, 2004) || terminal_mode(alice, 1004));
        assert_false(terminal_is_alternate(alice));
        assert_true(terminal_is_cooked(alice));
        terminal_free(alice);
        alice = NULL;
    }
    client_end_input(&mallory);
    client_expect_exit(&mallory, 0);
}

/* Characters of one byte each. */
static void test_latin_1(void **state)
{
    (void)state;
    char command[256], path[128];
    snprintf(command, sizeof command, "localedef -i de_DE -f ISO-8859-1 %s >/dev/null 2>&1",
             scratch_path("de_DE.ISO-8859-1"));
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof path, "LOCPATH=%s", scratch_folder());
    const char *const environment[] = {"TERM=xterm", "LC_ALL=de_DE.ISO-8859-1", path, NULL};
    client_start(&mallory, &(struct client_options){"mallory", address, "latin", NULL, NULL});
    alice = pair_start_with(
        &(struct pair_options){.nick = "alice", .folder = "latin", .environment = environment});
    assert_true(terminal_wait(alice, "mallory"));
    terminal_send(alice, "na\357ve\r");
    client_expect_said(&mallory, "alice: naïve");
    client_say(&mallory, "déjà vu 👍 – ●");
    client_expect_said(&mallory, "mallory: déjà vu 👍 – ●");
    assert_true(terminal_wait(alice, "vu :+1: ? ?"));
    size_t len;
    const char *bytes = terminal_bytes(alice, &len);
    assert_non_null(memmem(bytes, len, "d\351j\340 vu", 7));
    pair_quit(alice);
    client_end_input(&mallory);
    client_expect_exit(&mallory, 0);
}

/* Where characters are bytes, those of UTF-8 would be controls: 9d begins a title, 9b a sequence.
 */
static void test_no_character_is_a_control(void **state)
{
    (void)state;
    const char *const environment[] = {"TERM=xterm", "LC_ALL=C", NULL};
    client_start(&mallory, &(struct client_options){"mallory", address, "c1", "--json", NULL});
    alice = pair_start_with(
        &(struct pair_options){.nick = "alice", .folder = "c1", .environment = environment});
    assert_true(terminal_wait(alice, "mallory"));
    client_say(&mallory, "{\"text\":\"\u06dd0;pwned \u00db2J \u06001 1\ufe0f\u20e3 first\"}");
    assert_true(terminal_wait(alice, "first"));
    terminal_send(alice, "\033l");
    assert_true(terminal_wait(alice, "mallory: "));
    terminal_send(alice, " ");
    assert_true(terminal_wait_gone(alice, "mallory: "));
    pair_quit(alice);
    size_t len;
    const char *bytes = terminal_bytes(alice, &len);
    for (size_t i = 0; i < len; i++)
        if (bytes[i] & 0x80)
            fail_msg("byte %02x", (unsigned char)bytes[i]);
    client_end_input(&mallory);
    client_expect_exit(&mallory, 0);
}

/* However an emoji is drawn, what stands behind it does not move. */
static void test_the_mark_keeps_its_column(void **state)
{
    (void)state;
    static const char *const styles[][2] = {
        {"full", "key"}, {"simple", "👩 👍 DE 1 ❤"}, {"text", ":woman: :+1: DE 1 :heart:"}};
    alice = pair_start_one("alice", "emoji");
    assert_true(terminal_wait(alice, "nobody else is here yet"));
    terminal_send(alice, "key 👩‍👩‍👧‍👦 👍🏽 🇩🇪 1️⃣ ❤️ last\r");
    assert_true(terminal_wait(alice, "⧖"));
    for (size_t i = 0; i < 3; i++) {
        char line[64];
        snprintf(line, sizeof line, "/set emoji %s\r", styles[i][0]);
        terminal_send(alice, line);
        snprintf(line, sizeof line, "emoji is %s", styles[i][0]);
        assert_true(terminal_wait(alice, line));
        assert_true(terminal_wait(alice, styles[i][1]));
        int row = terminal_find(alice, " last", NULL);
        assert_string_equal(terminal_cell(alice, row, PAIR_COLUMNS - 3).text, "⧖");
    }
    terminal_send(alice, "/quit\r");
    assert_int_equal(terminal_wait_exit(alice), 1); /* it was not delivered */
}

/* How often a process was woken up. */
static long count_wakeups(pid_t pid)
{
    char path[64], line[256];
    long count = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        sscanf(line, "voluntary_ctxt_switches: %ld", &count);
    fclose(file);
    return count;
}

static void test_who_idles_sleeps(void **state)
{
    (void)state;
    pair_start("idle");
    terminal_drain(alice, 500);
    long before = count_wakeups(terminal_pid(alice));
    assert_true(before > 0);
    terminal_drain(alice, 1500);
    assert_int_equal(count_wakeups(terminal_pid(alice)), before);
    pair_quit(alice);
    pair_quit(bob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_terminal, pair_set_up, pair_tear_down),
        cmocka_unit_test_setup_teardown(test_latin_1, pair_set_up, pair_tear_down),
        cmocka_unit_test_setup_teardown(test_no_character_is_a_control, pair_set_up,
                                        pair_tear_down),
        cmocka_unit_test_setup_teardown(test_the_mark_keeps_its_column, pair_set_up,
                                        pair_tear_down),
        cmocka_unit_test_setup_teardown(test_who_idles_sleeps, pair_set_up, pair_tear_down),
    };
    return cmocka_run_group_tests(tests, client_make_scratch, scratch_remove);
}
