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
#include <stdlib.h>
#include <string.h>

#define PAGE_UP "\033[5~"
#define END     "\033OF"
#define F1      "\033OP"
#define ESCAPE  "\033"

static void test_two_people_talk(void **state)
{
    (void)state;
    pair_start("talk");
    terminal_send(alice, "morning! the build box is back\r");
    assert_true(terminal_wait(bob, "alice  morning! the build box is back"));
    pair_assert_mark(alice, "morning!", "✓✓");
    terminal_send(bob, "pulling now 👍\r"); /* a key: somebody is there, and saw it */
    assert_true(terminal_wait(alice, "bob    pulling now 👍"));
    pair_assert_mark(alice, "morning!", "●");
    terminal_send(alice, "/me waves\r");
    assert_true(terminal_wait(bob, "alice waves"));
    terminal_send(alice, "thinking");
    assert_true(terminal_wait(bob, "alice is writing"));
    pair_quit(alice);
    assert_true(terminal_wait(bob, "alice ○ offline"));
    pair_quit(bob);
}

static void test_an_empty_room_says_what_to_do(void **state)
{
    (void)state;
    char command[SERVER_ADDRESS_MAX + 64];
    alice = pair_start_one("alice", "first");
    snprintf(command, sizeof command, "%s --nick NAME", strrchr(address, ':'));
    assert_true(terminal_wait(alice, " chat-client --server "));
    assert_true(terminal_wait(alice, command));
    assert_true(terminal_wait(alice, "F1"));
    terminal_send(alice, F1);
    assert_true(terminal_wait(alice, "/connect [address]"));
    terminal_send(alice, ESCAPE);
    assert_true(terminal_wait_gone(alice, "/connect [address]"));
    terminal_send(alice, "/hlep\r");
    assert_true(terminal_wait(alice, "there is no command /hlep"));
    pair_quit(alice);
}

static void test_what_is_hostile_is_only_seen(void **state)
{
    (void)state;
    alice = pair_start_one("alice", "hostile");
    assert_true(terminal_wait(alice, "nobody else is here yet"));
    struct client mallory;
    struct client_options options = {"mallory", address, "hostile", "--json", NULL};
    client_start(&mallory, &options);
    client_say(&mallory, "{\"text\":\"a\\u001b]0;pwned\\u0007b\\u001b[2J\\u202ec\\u009b31m\"}");
    assert_true(terminal_wait(alice, "a^[]0;pwned^Gb^[[2J<U+202E>c<9B>31m"));
    size_t len;
    const char *bytes = terminal_bytes(alice, &len);
    assert_null(memmem(bytes, len, "\033]0;pwned", 9));
    assert_null(memmem(bytes, len, "\302\233", 2));
    client_end_input(&mallory);
    client_expect_exit(&mallory, 0);
    pair_quit(alice);
}

static void test_nothing_typed_is_lost_by_a_lost_relay(void **state)
{
    (void)state;
    char options[SERVER_ADDRESS_MAX + 16];
    pair_start("lost");
    terminal_send(alice, "before\r");
    pair_assert_mark(alice, "before", "✓✓");
    server_stop(&server);
    assert_true(terminal_wait(alice, "reconnecting in"));
    assert_true(terminal_wait(bob, "reconnecting in"));
    terminal_send(alice, "meanwhile\r");
    pair_assert_mark(alice, "meanwhile", "⧖");
    terminal_send(alice, "half a li");
    snprintf(options, sizeof options, "--listen %s", address);
    server_start_tls(&server, options, NULL);
    assert_true(terminal_wait(bob, "alice  meanwhile"));
    pair_assert_mark(alice, "meanwhile", "✓✓");
    terminal_send(alice, "ne\r");
    assert_true(terminal_wait(bob, "half a line"));
    pair_quit(alice);
    pair_quit(bob);
}

static void test_everything_is_there_again_after_a_kill(void **state)
{
    (void)state;
    pair_start("kill");
    terminal_send(alice, "remember this\r");
    pair_assert_mark(alice, "remember this", "✓✓");
    terminal_send(alice, "a draft of mine");
    terminal_drain(alice, 2500); /* the draft goes to the disk after a second */
    kill(terminal_pid(alice), SIGKILL);
    assert_int_equal(terminal_wait_exit(alice), 128 + SIGKILL);
    terminal_free(alice);
    alice = pair_start_one("alice", "kill");
    pair_assert_mark(alice, "remember this", "✓✓");
    assert_true(terminal_wait(alice, "› a draft of mine"));
    assert_true(terminal_wait(alice, "bob ● here"));
    pair_quit(alice);
    pair_quit(bob);
}

static void test_reading_back_holds_its_place(void **state)
{
    (void)state;
    pair_start("scroll");
    char line[32];
    for (int i = 1; i <= 150; i++) {
        snprintf(line, sizeof line, "line number %d\r", i);
        terminal_send(alice, line);
    }
    assert_true(terminal_wait(bob, "line number 150"));
    pair_assert_mark(alice, "line number 150", "✓✓");
    pair_quit(bob);
    terminal_free(bob);
    bob = pair_start_one("bob", "scroll");
    assert_true(terminal_wait(bob, "line number 150"));
    for (int i = 0; i < 20 && terminal_find(bob, "line number 1 ", NULL) < 0; i++) {
        terminal_send(bob, PAGE_UP);
        terminal_drain(bob, 50);
    }
    assert_true(terminal_wait(bob, "alice  line number 1"));
    assert_true(terminal_wait(bob, "more ──")); /* and the newest are below that */
    terminal_send(alice, "news\r");
    assert_true(terminal_wait(bob, "alice  news"));
    assert_true(terminal_wait(bob, "alice  line number 1"));
    terminal_send(alice, "/set split off\r/set split\r");
    assert_true(terminal_wait(alice, "split        off"));
    terminal_send(alice, PAGE_UP);
    assert_true(terminal_wait(alice, "more below"));
    terminal_send(bob, END);
    assert_true(terminal_wait_gone(bob, "more ──"));
    assert_true(terminal_wait(bob, "alice  news"));
    pair_quit(alice);
    pair_quit(bob);
}

static void test_any_size_will_do(void **state)
{
    (void)state;
    pair_start("sizes");
    terminal_send(
        alice, "some words that are long enough to be wrapped, and 👩‍👩‍👧 a family\r");
    assert_true(terminal_wait(bob, "family"));
    static const int sizes[][2] = {{1, 1},   {2, 2},  {5, 20},   {1, 500},
                                   {200, 1}, {4, 19}, {200, 500}};
    for (size_t i = 0; i < 3 * sizeof sizes / sizeof sizes[0]; i++)
        terminal_resize(bob, sizes[i % 7][0], sizes[i % 7][1]);
    terminal_resize(bob, 10, 18);
    assert_true(terminal_wait(bob, "too small"));
    terminal_resize(bob, PAIR_ROWS, PAIR_COLUMNS);
    assert_true(terminal_wait(bob, "alice  some words"));
    pair_quit(alice);
    pair_quit(bob);
}

static void test_signals_restore_the_terminal(void **state)
{
    (void)state;
    static const int signals[] = {SIGTERM, SIGINT};
    for (size_t i = 0; i < 2; i++) {
        alice = pair_start_one("alice", "signals");
        assert_true(terminal_wait(alice, "nobody else is here yet"));
        terminal_send(alice, "not sent");
        assert_true(terminal_wait(alice, "not sent"));
        kill(terminal_pid(alice), signals[i]);
        assert_int_equal(terminal_wait_exit(alice), 0);
        assert_false(terminal_is_alternate(alice));
        assert_true(terminal_is_cooked(alice));
        terminal_free(alice);
    }
    alice = pair_start_one("alice", "signals");
    assert_true(terminal_wait(alice, "› not sent")); /* twice was not typed, but kept */
    terminal_hang_up(alice);
    assert_int_equal(terminal_wait_exit(alice), 0);
}

static void test_a_refusal_is_told_and_stays(void **state)
{
    (void)state;
    pair_start("full");
    struct terminal *carol = pair_start_one("carol", "full");
    assert_true(terminal_wait(carol, "two others sit in the room lobby"));
    terminal_send(carol, "/quit\r");
    assert_int_equal(terminal_wait_exit(carol), 3);
    terminal_free(carol);
    pair_quit(alice);
    pair_quit(bob);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pair_set_up, pair_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_two_people_talk),
        TEST(test_an_empty_room_says_what_to_do),
        TEST(test_what_is_hostile_is_only_seen),
        TEST(test_nothing_typed_is_lost_by_a_lost_relay),
        TEST(test_everything_is_there_again_after_a_kill),
        TEST(test_reading_back_holds_its_place),
        TEST(test_any_size_will_do),
        TEST(test_signals_restore_the_terminal),
        TEST(test_a_refusal_is_told_and_stays),
    };
    return cmocka_run_group_tests(tests, client_make_scratch, scratch_remove);
}
