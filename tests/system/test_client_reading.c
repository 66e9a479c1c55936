/* Two people at their screens: what marks say, and what was said before. */
#include "client.h"
#include "pair.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define FOCUS_IN  "\033[I"
#define FOCUS_OUT "\033[O"
#define F1        "\033OP"

static void test_seen_is_seen_by_somebody(void **state)
{
    (void)state;
    pair_start("seen");
    terminal_send(alice, "is somebody there?\r");
    assert_true(terminal_wait(bob, "alice  is somebody there?"));
    pair_assert_mark(alice, "is somebody", "✓✓");
    terminal_send(bob, FOCUS_OUT);
    terminal_drain(alice, 200); /* nothing may come of it */
    pair_assert_mark(alice, "is somebody", "✓✓");
    terminal_send(bob, FOCUS_IN);
    pair_assert_mark(alice, "is somebody", "●");
    terminal_send(alice, "while you look\r"); /* and nobody presses a key */
    pair_assert_mark(alice, "while you look", "●");
    terminal_send(bob, F1); /* the manual is before it now */
    assert_true(terminal_wait(bob, "/connect"));
    terminal_send(alice, "behind the manual\r");
    pair_assert_mark(alice, "behind the manual", "✓✓");
    terminal_send(bob, F1);
    pair_assert_mark(alice, "behind the manual", "●");
    pair_quit(alice);
    pair_quit(bob);
}

static void test_keys_that_come_at_once_keep_their_order(void **state)
{
    (void)state;
    pair_start("order");
    terminal_send(alice, "/m\twaves\rsecond\r");
    assert_true(terminal_wait(bob, "alice waves"));
    assert_true(terminal_wait(bob, "alice  second"));
    pair_quit(alice);
    pair_quit(bob);
}

static void test_messages_are_answered_and_changed(void **state)
{
    (void)state;
    pair_start("changes");
    terminal_send(alice, "can you pull?\rlets meet at for\r");
    assert_true(terminal_wait(bob, "at for"));
    terminal_send(bob, "\033p\033p");
    assert_true(terminal_wait(bob, "▌")); /* the older one is chosen */
    terminal_send(bob, "/reply pulling now\r");
    assert_true(terminal_wait(alice, "┃ can you pull?"));
    assert_true(terminal_wait(alice, "pulling now"));
    assert_true(terminal_wait_gone(bob, "▌"));
    terminal_send(alice, "\033p\033p\033p/edit can you push?\r");
    assert_true(terminal_wait(alice, "┃ can you push?")); /* quotes follow */
    assert_true(terminal_wait(bob, "┃ can you push?"));
    terminal_send(alice, "/edit lets meet at four\r");
    assert_true(terminal_wait(bob, "meet at four"));
    assert_true(terminal_wait(bob, "edited"));
    terminal_send(bob, "/react :tada:\r");
    assert_true(terminal_wait(alice, "edited  🎉 bob"));
    terminal_send(bob, "/react\r");
    assert_true(terminal_wait_gone(alice, "🎉"));
    terminal_send(bob, "/react smile\r");
    assert_true(terminal_wait(bob, "a reaction is one sign"));
    terminal_send(alice, "\033p\033p\033p/delete\r");
    assert_true(terminal_wait(bob, "┃ deleted"));
    terminal_send(bob, "\025/delete\r");
    assert_true(terminal_wait(alice, "bob    deleted"));
    assert_true(terminal_wait_gone(alice, "pulling now"));
    terminal_send(alice, "\033p/edit of his\r");
    assert_true(terminal_wait(alice, "that message was deleted"));
    pair_quit(alice);
    pair_quit(bob);
    terminal_free(alice);
    alice = pair_start_one("alice", "changes"); /* and the disk knows it */
    assert_true(terminal_wait(alice, "meet at four"));
    assert_true(terminal_wait(alice, "bob    deleted"));
    assert_true(terminal_find(alice, "at for ", NULL) < 0);
    pair_quit(alice);
}

static void test_messages_that_crossed_are_marked(void **state)
{
    (void)state;
    pair_start("crossed");
    terminal_send(alice, "first\r");
    assert_true(terminal_wait(bob, "alice  first"));
    terminal_send(bob, "reply\r");
    assert_true(terminal_wait(alice, "bob    reply"));
    server_stop(&server);
    assert_true(terminal_wait(alice, "reconnecting in"));
    assert_true(terminal_wait(bob, "reconnecting in"));
    terminal_send(alice, "tea?\r");
    terminal_send(bob, "coffee?\r");
    pair_assert_mark(alice, "tea?", "⧖");
    pair_assert_mark(bob, "coffee?", "⧖");
    char options[SERVER_ADDRESS_MAX + 16];
    snprintf(options, sizeof options, "--listen %s", address);
    server_start_tls(&server, options, NULL);
    pair_assert_mark(alice, "coffee?", "⤫");
    pair_assert_mark(bob, "tea?", "⤫");
    terminal_send(bob, "tea, then\r");
    assert_true(terminal_wait(alice, "tea, then"));
    assert_null(strstr(terminal_row(alice, terminal_find(alice, "tea, then", NULL)), "⤫"));
    pair_quit(alice);
    pair_quit(bob);
}

static void test_messages_are_copied(void **state)
{
    (void)state;
    pair_start("copied");
    terminal_send(alice,
                  "older\ra line that is so long that it is wrapped on the screen of bob, who "
                  "wants all of it in one piece\r");
    assert_true(terminal_wait(bob, "in one piece"));
    terminal_send(bob, "\033p\033p\033w");
    assert_true(terminal_wait(bob, "copied"));
    size_t len;
    const char *bytes = terminal_bytes(bob, &len);
    assert_non_null(memmem(bytes, len, "\033]52;c;b2xkZXI=\007", 16));
    terminal_send(bob, "\033l");
    assert_true(terminal_wait(bob, "alice: a line that"));
    assert_true(terminal_wait_gone(bob, "lobby  alice"));
    assert_true(terminal_wait(bob, "alice: a line that"));
    int column, row = terminal_find(bob, "alice: a line that", &column);
    assert_int_equal(column, 6); /* behind the time */
    assert_int_equal(strlen(terminal_row(bob, row)), PAIR_COLUMNS);
    terminal_send(alice, "not yet\r");
    terminal_drain(bob, 200);
    assert_true(terminal_find(bob, "not yet", NULL) < 0);
    terminal_send(bob, "x");
    assert_true(terminal_wait(bob, "alice  not yet"));
    assert_true(terminal_find(bob, "› x", NULL) < 0);
    pair_quit(alice);
    pair_quit(bob);
}

/* The whole long link on both of its rows, and the short one. */
static bool has_links(struct terminal *t, void *data)
{
    (void)data;
    static const char first[] =
        "\033]8;id=1;https://intra.example/a/rather/long/path/that/goes/on/and/"
        "on?and=on&so=forth\033\\";
    static const char second[] = "\033]8;id=1;https://x\033\\https://x\033]8;;\033\\";
    size_t len;
    const char *bytes = terminal_bytes(t, &len);
    const char *at = memmem(bytes, len, first, sizeof first - 1);
    return at && memmem(at + 1, len - (size_t)(at + 1 - bytes), first, sizeof first - 1) &&
           memmem(bytes, len, second, sizeof second - 1);
}

static void test_links_can_be_followed(void **state)
{
    (void)state;
    pair_start("links");
    terminal_send(alice, "see (https://intra.example/a/rather/long/path/that/goes/on/and/on?and=on&"
                         "so=forth). https://x\r");
    assert_true(terminal_wait_until(bob, has_links, NULL));
    assert_true(terminal_wait(alice, "✓✓")); /* else it ends with something undelivered */
    pair_quit(alice);
    pair_quit(bob);
}

/* Says so much that not all of it is loaded. */
static void say_lines(int count, const char *text)
{
    struct client carol;
    struct client_options options = {"alice", address, "far", "--plain", NULL};
    client_start(&carol, &options);
    char line[64];
    for (int i = 1; i <= count; i++) {
        snprintf(line, sizeof line, "%s %d%s", text, i, i == 20 ? " has the needle" : "");
        client_say(&carol, line);
    }
    client_end_input(&carol);
    client_expect_exit(&carol, 0);
}

static void say_much(void)
{
    say_lines(700, "line number");
}

static void test_search_goes_through_all_that_was_said(void **state)
{
    (void)state;
    bob = pair_start_one("bob", "far");
    assert_true(terminal_wait(bob, "nobody else is here yet"));
    terminal_send(bob, "begin\r");
    say_much();
    assert_true(terminal_wait(bob, "line number 700"));
    pair_quit(bob);
    terminal_free(bob);
    bob = pair_start_one("bob", "far");
    assert_true(terminal_wait(bob, "line number 700"));
    terminal_send(bob, "\022the nee"); /* ^R */
    assert_true(terminal_wait(bob, "▌"));
    assert_true(terminal_wait(bob, "line number 20 has the needle"));
    assert_true(terminal_wait(bob, "+ more"));
    int column, row = terminal_find(bob, "the needle", &column);
    assert_true(terminal_cell(bob, row, column).reverse);
    assert_false(terminal_cell(bob, row, column + 8).reverse);
    terminal_send(bob, "\022");
    assert_true(terminal_wait(bob, "no older match"));
    terminal_send(bob, "\023"); /* ^S */
    assert_true(terminal_wait(bob, "no newer match"));
    terminal_send(bob, "\r");
    for (int i = 0; i < 100 && terminal_find(bob, "▼", NULL) >= 0; i++) {
        terminal_send(bob, "\033[6~"); /* PageDown: all between is there */
        terminal_drain(bob, 20);
    }
    assert_true(terminal_wait(bob, "line number 700"));
    assert_true(terminal_wait_gone(bob, "▼"));
    terminal_send(bob, "/search number 333\r");
    assert_true(terminal_wait(bob, "line number 333"));
    terminal_send(bob, "\r\033<");
    assert_true(terminal_wait(bob, "bob    begin")); /* the very first */
    assert_true(terminal_wait(bob, "line number 3"));
    terminal_send(bob, "\r\033>");
    assert_true(terminal_wait_gone(bob, "▼"));
    assert_true(terminal_wait(bob, "line number 700"));
    pair_quit(bob);
}

static void test_a_long_search_tells_how_far_it_is(void **state)
{
    (void)state;
    bob = pair_start_one("bob", "far");
    assert_true(terminal_wait(bob, "nobody else is here yet"));
    terminal_send(bob, "so what, then?\r");
    say_lines(1200, "so, what");
    assert_true(terminal_wait(bob, "so, what 1200"));
    pair_quit(bob);
    terminal_free(bob);
    bob = pair_start_one("bob", "far");
    assert_true(terminal_wait(bob, "so, what 1200"));
    terminal_send(bob, "\022so what"); /* its words are in every line */
    assert_true(terminal_wait(bob, "▌"));
    assert_true(terminal_wait(bob, "so what, then?"));
    size_t len;
    const char *bytes = terminal_bytes(bob, &len);
    assert_non_null(memmem(bytes, len, "looking further", 15));
    terminal_send(bob, "\r");
    pair_quit(bob);
}

static void test_what_was_not_seen_is_found(void **state)
{
    (void)state;
    pair_start("far");
    terminal_send(alice, "hello\r");
    assert_true(terminal_wait(bob, "alice  hello"));
    terminal_send(bob, "hi\r");
    pair_assert_mark(alice, "hello", "●");
    pair_quit(alice);
    terminal_send(bob, FOCUS_OUT);
    say_much();
    assert_true(terminal_wait(bob, "line number 700"));
    kill(terminal_pid(bob), SIGTERM); /* without a key */
    terminal_wait_exit(bob);
    terminal_free(bob);
    bob = pair_start_one("bob", "far");
    assert_true(terminal_wait(bob, "line number 700"));
    terminal_send(bob, "\033u");
    assert_true(terminal_wait(bob, "── new ──"));
    assert_true(terminal_wait(bob, "line number 1"));
    terminal_send(bob, "\033>");
    assert_true(terminal_wait(bob, "line number 700"));
    pair_quit(bob);
}

/* Waits until the first row of the conversation has this text. */
static bool begins_with(struct terminal *t, void *text)
{
    return strstr(terminal_row(t, 2), text) != NULL;
}

static void wait_top(struct terminal *t, const char *text)
{
    if (!terminal_wait_until(t, begins_with, (void *)(uintptr_t)text))
        fail_msg("the view does not begin with '%s':\n%s", text, terminal_text(t));
}

static void restart_bob(int signal, int rows)
{
    kill(terminal_pid(bob), signal);
    terminal_wait_exit(bob);
    terminal_free(bob);
    bob = pair_start_with(&(struct pair_options){.nick = "bob", .folder = "far", .rows = rows});
}

static void test_what_waited_is_new(void **state)
{
    (void)state;
    char options[512];
    server_stop(&server);
    snprintf(options, sizeof options, "--listen %s --state %s", address, scratch_path("queue"));
    server_start_tls(&server, options, NULL);
    pair_start("far");
    terminal_send(alice, "hello\r");
    assert_true(terminal_wait(bob, "alice  hello"));
    pair_quit(bob);
    terminal_send(alice, "one\r");
    terminal_drain(alice, 1100); /* the next start is in another second */
    terminal_free(bob);
    bob = pair_start_one("bob", "far");
    assert_true(terminal_wait(bob, "1 new: M-u goes to the first"));
    assert_true(terminal_wait(bob, "── new ──"));
    terminal_send(alice, "two\r");
    assert_true(terminal_wait(bob, "alice  two"));
    assert_true(terminal_find(bob, "1 new", NULL) >= 0);
    terminal_send(bob, "\033u");
    assert_true(terminal_wait_gone(bob, "1 new"));
    pair_quit(alice);
    pair_quit(bob);
}

static void test_the_place_outlives_the_program(void **state)
{
    (void)state;
    bob = pair_start_one("bob", "far");
    assert_true(terminal_wait(bob, "nobody else is here yet"));
    terminal_send(bob, "begin\r");
    say_much();
    assert_true(terminal_wait(bob, "line number 700"));
    terminal_send(bob, "\033[5~");
    wait_top(bob, "line number 677");
    terminal_drain(bob, 2500); /* the place goes to the disk after a second */
    alice = pair_start_one("alice", "far");
    assert_true(terminal_wait(bob, "alice ● here"));
    kill(terminal_pid(bob), SIGSTOP);
    terminal_send(alice, "meanwhile\r");
    restart_bob(SIGKILL, PAIR_ROWS);
    wait_top(bob, "line number 677");
    assert_true(terminal_wait(bob, "▼ 10 more"));
    terminal_send(bob, "\033[F");
    assert_true(terminal_wait(bob, "alice  meanwhile"));
    terminal_send(bob, "\022number 333\r"); /* far from the newest */
    assert_true(terminal_wait(bob, "line number 333"));
    terminal_send(bob, "\033[6~");
    wait_top(bob, "line number 337");
    restart_bob(SIGTERM, 30);
    wait_top(bob, "line number 337");
    pair_quit(bob); /* with a command, which is written at the bottom */
    terminal_free(bob);
    bob = pair_start_one("bob", "far");
    wait_top(bob, "line number 337");
    terminal_send(bob, "\033[F");
    assert_true(terminal_wait(bob, "alice  meanwhile"));
    restart_bob(SIGTERM, PAIR_ROWS);
    assert_true(terminal_wait(bob, "alice  meanwhile"));
    pair_quit(bob);
    pair_quit(alice);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pair_set_up, pair_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_seen_is_seen_by_somebody),
        TEST(test_keys_that_come_at_once_keep_their_order),
        TEST(test_messages_are_answered_and_changed),
        TEST(test_messages_that_crossed_are_marked),
        TEST(test_messages_are_copied),
        TEST(test_links_can_be_followed),
        TEST(test_search_goes_through_all_that_was_said),
        TEST(test_a_long_search_tells_how_far_it_is),
        TEST(test_what_was_not_seen_is_found),
        TEST(test_what_waited_is_new),
        TEST(test_the_place_outlives_the_program),
    };
    return cmocka_run_group_tests(tests, client_make_scratch, scratch_remove);
}
