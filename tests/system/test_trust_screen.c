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
#include <unistd.h>

/* What a person sees of keys: which they are, and that one of them is another than before. */

static void start_relay_again(const char *more)
{
    char options[512];
    snprintf(options, sizeof options, "--memory --listen %s %s", address, more);
    server_stop(&server);
    server_start_tls(&server, options, NULL);
}

static void test_a_relay_with_another_key_is_refused(void **state)
{
    (void)state;
    char other[256];
    snprintf(other, sizeof other, "--state %s", scratch_path("other-key"));
    alice = pair_start_with(
        &(struct pair_options){.nick = "alice", .folder = "changed", .rows = 24, .columns = 120});
    assert_true(terminal_wait(alice, "nobody else is here yet"));
    start_relay_again(other);
    assert_true(terminal_wait(alice, "has changed: nothing was sent to it"));
    assert_true(terminal_wait(alice, "before: "));
    assert_true(terminal_wait(alice, "now:    "));
    assert_true(terminal_wait(alice, "remove line 2"));
    assert_true(terminal_wait(alice, "disconnected: the relay's key is not trusted"));
    terminal_send(alice, "kept\r");
    pair_assert_mark(alice, "kept", "⧖");
    assert_int_equal(unlink(scratch_path("changed/alice/pins")), 0);
    terminal_send(alice, "/connect\r");
    bob = pair_start_one("bob", "changed");
    assert_true(terminal_wait(bob, "kept"));
    pair_assert_mark(alice, "kept", "✓✓");
    pair_quit(alice);
    pair_quit(bob);
}

static void test_another_key_is_held_until_trusted(void **state)
{
    (void)state;
    pair_start("held");
    assert_true(terminal_wait(alice, "sealed · not yet verified"));
    terminal_send(alice, "/verify yes\r");
    assert_true(terminal_wait(alice, "sealed · verified"));
    pair_quit(bob);
    terminal_free(bob);
    bob = NULL;
    start_relay_again(""); /* with it went bob's seat */
    assert_true(terminal_wait(alice, "nobody else is here yet"));
    terminal_send(alice, "is it you?\r");
    pair_assert_mark(alice, "is it you?", "⧖");
    bob = pair_start_one("bob", "held-other");
    assert_true(terminal_wait(bob, "alice ● here"));
    terminal_send(bob, "it is\r");
    assert_true(terminal_wait(alice, "STOP: this is not the bob of before"));
    assert_true(terminal_wait(alice, "ANOTHER KEY"));
    pair_assert_mark(alice, "is it you?", "⧖");
    assert_int_equal(terminal_find(alice, "it is", NULL), -1);
    terminal_send(alice, "/trust\r");
    assert_true(terminal_wait(bob, "is it you?"));
    assert_true(terminal_wait(alice, "sealed · not yet verified"));
    pair_assert_mark(alice, "is it you?", "✓✓");
    assert_true(terminal_wait(alice, "it is"));
    pair_quit(alice);
    pair_quit(bob);
}

static void test_without_tls_the_top_line_says_so(void **state)
{
    (void)state;
    struct pair_options options = {.nick = "alice", .folder = "plaintext", .plaintext = true};
    server_stop(&server);
    server_start(&server, "--memory --listen 127.0.0.1:0", NULL);
    snprintf(address, sizeof address, "%s", server.addresses[0]);
    alice = pair_start_with(&options);
    assert_true(terminal_wait(alice, "nobody else is here yet"));
    assert_true(terminal_wait(alice, "no TLS (--plaintext): whoever listens on the way"));
    options.nick = "bob";
    bob = pair_start_with(&options);
    assert_true(terminal_wait(alice, "sealed · no TLS · not yet verified"));
    terminal_send(alice, "/verify yes\r");
    assert_true(terminal_wait(alice, "sealed · no TLS · verified"));
    terminal_send(alice, "/help\r\022no TLS"); /* what that means is to be found */
    assert_true(terminal_wait(alice, "who talks to whom can be seen on the way"));
    terminal_send(alice, "\rq");
    pair_quit(alice);
    pair_quit(bob);
}

/* As a camera wants it, on a terminal of any colour: white on black, with white around it. */
static void test_the_code_is_white_on_black(void **state)
{
    (void)state;
    enum {
        ROWS = 17,
        COLUMNS = 33,
    };
    pair_start("code");
    terminal_resize(alice, 40, PAIR_COLUMNS);
    terminal_send(alice, "/verify\r");
    assert_true(terminal_wait(alice, "Compare it with what /verify shows to bob"));
    int column, row = terminal_find(alice, "█", &column);
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        int at = i / COLUMNS, right = i % COLUMNS;
        struct terminal_cell cell = terminal_cell(alice, row + at, column + right);
        assert_int_equal(cell.colour, 15);
        assert_int_equal(cell.ground, 0);
        if (at < 2 || right < 4 || right >= COLUMNS - 4)
            assert_string_equal(cell.text, at < ROWS - 1 ? "█" : "▀");
    }
    struct terminal_cell beside = terminal_cell(alice, row, column + COLUMNS);
    assert_int_equal(beside.ground, -1);
    pair_quit(alice);
    pair_quit(bob);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, pair_set_up, pair_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_relay_with_another_key_is_refused),
        TEST(test_another_key_is_held_until_trusted),
        TEST(test_without_tls_the_top_line_says_so),
        TEST(test_the_code_is_white_on_black),
    };
    return cmocka_run_group_tests(tests, client_make_scratch, scratch_remove);
}
