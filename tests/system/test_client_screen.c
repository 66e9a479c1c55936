#include "client.h"
#include "server.h"
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

#define PAGE_UP "\033[5~"
#define END     "\033OF"
#define F1      "\033OP"
#define ESCAPE  "\033"

enum {
    ROWS = 20,
    COLUMNS = 78,
};

static struct server server;
static struct terminal *alice, *bob;
static char address[SERVER_ADDRESS_MAX];

static int start_server(void **state)
{
    (void)state;
    server_start(&server, "", NULL);
    snprintf(address, sizeof address, "%s", server.addresses[0]);
    return 0;
}

static int stop_server(void **state)
{
    (void)state;
    terminal_free(alice);
    terminal_free(bob);
    alice = bob = NULL;
    process_clear(&server.process);
    return 0;
}

static struct terminal *start(const char *nick, const char *folder)
{
    const char *argv[] = {CHAT_CLIENT,         "--nick", nick, "--server", address, "--state",
                          client_path(folder), NULL};
    static const char *const environment[] = {"TZ=UTC", NULL};
    return terminal_start(&(struct terminal_options){argv, environment, ROWS, COLUMNS});
}

static void start_pair(const char *folder)
{
    alice = start("alice", folder);
    assert_true(terminal_wait(alice, "nobody else is here yet"));
    bob = start("bob", folder);
    assert_true(terminal_wait(bob, "alice ● here"));
    assert_true(terminal_wait(alice, "bob ● here"));
}

static void quit(struct terminal *t)
{
    terminal_send(t, "\025/quit\r");
    int code = terminal_wait_exit(t);
    if (code != 0)
        fail_msg("it ended with %d: %s", code, terminal_text(t));
    assert_false(terminal_is_alternate(t));
    assert_true(terminal_is_cooked(t));
    assert_false(terminal_mode(t, 2004));
}

/* The row with a text ends in this mark. */
struct mark {
    const char *text, *mark;
};

static bool has_mark(struct terminal *t, void *data)
{
    const struct mark *m = data;
    int row = terminal_find(t, m->text, NULL);
    if (row < 0)
        return false;
    const char *text = terminal_row(t, row);
    size_t len = strlen(text), mark_len = strlen(m->mark);
    return len >= mark_len && strcmp(text + len - mark_len, m->mark) == 0;
}

static void assert_mark(struct terminal *t, const char *text, const char *mark)
{
    struct mark m = {text, mark};
    if (!terminal_wait_until(t, has_mark, &m))
        fail_msg("no '%s' with '%s' on:\n%s", text, mark, terminal_text(t));
}

static void test_two_people_talk(void **state)
{
    (void)state;
    start_pair("talk");
    terminal_send(alice, "morning! the build box is back\r");
    assert_true(terminal_wait(bob, "alice  morning! the build box is back"));
    assert_mark(alice, "morning!", "✓✓");
    terminal_send(bob, "pulling now 👍\r"); /* a key: somebody is there, and saw it */
    assert_true(terminal_wait(alice, "bob    pulling now 👍"));
    assert_mark(alice, "morning!", "●");
    terminal_send(alice, "/me waves\r");
    assert_true(terminal_wait(bob, "alice waves"));
    terminal_send(alice, "thinking");
    assert_true(terminal_wait(bob, "alice is writing"));
    quit(alice);
    assert_true(terminal_wait(bob, "alice ○ offline"));
    quit(bob);
}

static void test_an_empty_room_says_what_to_do(void **state)
{
    (void)state;
    char command[SERVER_ADDRESS_MAX + 64];
    alice = start("alice", "first");
    snprintf(command, sizeof command, "chat-client --server %s --room lobby", address);
    assert_true(terminal_wait(alice, command));
    assert_true(terminal_wait(alice, "F1"));
    terminal_send(alice, F1);
    assert_true(terminal_wait(alice, "/connect [address]"));
    terminal_send(alice, ESCAPE);
    assert_true(terminal_wait_gone(alice, "/connect [address]"));
    terminal_send(alice, "/hlep\r");
    assert_true(terminal_wait(alice, "there is no command /hlep"));
    quit(alice);
}

static void test_what_is_hostile_is_only_seen(void **state)
{
    (void)state;
    alice = start("alice", "hostile");
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
    quit(alice);
}

static void test_nothing_typed_is_lost_by_a_lost_relay(void **state)
{
    (void)state;
    char options[SERVER_ADDRESS_MAX + 16];
    start_pair("lost");
    terminal_send(alice, "before\r");
    assert_mark(alice, "before", "✓✓");
    server_stop(&server);
    assert_true(terminal_wait(alice, "reconnecting in"));
    assert_true(terminal_wait(bob, "reconnecting in"));
    terminal_send(alice, "meanwhile\r");
    assert_mark(alice, "meanwhile", "⧖");
    terminal_send(alice, "half a li");
    snprintf(options, sizeof options, "--listen %s", address);
    server_start(&server, options, NULL);
    assert_true(terminal_wait(bob, "alice  meanwhile"));
    assert_mark(alice, "meanwhile", "✓✓");
    terminal_send(alice, "ne\r");
    assert_true(terminal_wait(bob, "half a line"));
    quit(alice);
    quit(bob);
}

static void test_everything_is_there_again_after_a_kill(void **state)
{
    (void)state;
    start_pair("kill");
    terminal_send(alice, "remember this\r");
    assert_mark(alice, "remember this", "✓✓");
    terminal_send(alice, "a draft of mine");
    terminal_drain(alice, 2500); /* the draft goes to the disk after a second */
    kill(terminal_pid(alice), SIGKILL);
    assert_int_equal(terminal_wait_exit(alice), 128 + SIGKILL);
    terminal_free(alice);
    alice = start("alice", "kill");
    assert_mark(alice, "remember this", "✓✓");
    assert_true(terminal_wait(alice, "› a draft of mine"));
    assert_true(terminal_wait(alice, "bob ● here"));
    quit(alice);
    quit(bob);
}

static void test_reading_back_holds_its_place(void **state)
{
    (void)state;
    start_pair("scroll");
    char line[32];
    for (int i = 1; i <= 150; i++) {
        snprintf(line, sizeof line, "line number %d\r", i);
        terminal_send(alice, line);
    }
    assert_true(terminal_wait(bob, "line number 150"));
    assert_mark(alice, "line number 150", "✓✓");
    quit(bob);
    terminal_free(bob);
    bob = start("bob", "scroll");
    assert_true(terminal_wait(bob, "line number 150"));
    for (int i = 0; i < 20 && terminal_find(bob, "line number 1 ", NULL) < 0; i++) {
        terminal_send(bob, PAGE_UP);
        terminal_drain(bob, 50);
    }
    assert_true(terminal_wait(bob, "alice  line number 1"));
    assert_true(terminal_find(bob, "line number 150", NULL) < 0);
    terminal_send(alice, "news\r");
    assert_true(terminal_wait(bob, "more below"));
    assert_true(terminal_find(bob, "news", NULL) < 0);
    terminal_send(bob, END);
    assert_true(terminal_wait(bob, "alice  news"));
    quit(alice);
    quit(bob);
}

static void test_any_size_will_do(void **state)
{
    (void)state;
    start_pair("sizes");
    terminal_send(
        alice, "some words that are long enough to be wrapped, and 👩‍👩‍👧 a family\r");
    assert_true(terminal_wait(bob, "family"));
    static const int sizes[][2] = {{1, 1},   {2, 2},  {5, 20},   {1, 500},
                                   {200, 1}, {4, 19}, {200, 500}};
    for (size_t i = 0; i < 3 * sizeof sizes / sizeof sizes[0]; i++)
        terminal_resize(bob, sizes[i % 7][0], sizes[i % 7][1]);
    terminal_resize(bob, 10, 18);
    assert_true(terminal_wait(bob, "too small"));
    terminal_resize(bob, ROWS, COLUMNS);
    assert_true(terminal_wait(bob, "alice  some words"));
    quit(alice);
    quit(bob);
}

static void test_signals_restore_the_terminal(void **state)
{
    (void)state;
    static const int signals[] = {SIGTERM, SIGINT};
    for (size_t i = 0; i < 2; i++) {
        alice = start("alice", "signals");
        assert_true(terminal_wait(alice, "nobody else is here yet"));
        terminal_send(alice, "not sent");
        assert_true(terminal_wait(alice, "not sent"));
        kill(terminal_pid(alice), signals[i]);
        assert_int_equal(terminal_wait_exit(alice), 0);
        assert_false(terminal_is_alternate(alice));
        assert_true(terminal_is_cooked(alice));
        terminal_free(alice);
    }
    alice = start("alice", "signals");
    assert_true(terminal_wait(alice, "› not sent")); /* twice was not typed, but kept */
    terminal_hang_up(alice);
    assert_int_equal(terminal_wait_exit(alice), 0);
}

static void test_a_refusal_is_told_and_stays(void **state)
{
    (void)state;
    start_pair("full");
    struct terminal *carol = start("carol", "full");
    assert_true(terminal_wait(carol, "two others sit in the room lobby"));
    terminal_send(carol, "/quit\r");
    assert_int_equal(terminal_wait_exit(carol), 3);
    terminal_free(carol);
    quit(alice);
    quit(bob);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_server, stop_server)

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
    return cmocka_run_group_tests(tests, client_make_scratch, client_remove_scratch);
}
