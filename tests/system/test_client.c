#include "people.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct client carol;

static int stop_server(void **state)
{
    process_clear(&carol.process);
    return people_tear_down(state);
}

static void expect_both_said(const char *said)
{
    client_expect_said(&alice, said);
    client_expect_said(&bob, said);
}

static void test_two_people_talk_and_see_the_same(void **state)
{
    (void)state;
    people_meet("talk", "--plain");
    client_say(&alice, "morning");
    expect_both_said("alice: morning");
    client_say(&bob, "/me waves");
    expect_both_said("* bob waves");
    client_say(&bob, "//quit is a command");
    expect_both_said("bob: /quit is a command");
    client_say(&alice, "");
    client_say(&alice, "gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x91\x8b");
    expect_both_said("alice: gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x91\x8b");
    client_end_input(&alice);
    client_expect_exit(&alice, 0);
    client_expect_told(&bob, "alice is offline");
    client_say(&bob, "/quit");
    client_expect_exit(&bob, 0);
}

static void test_nothing_from_outside_reaches_the_terminal_as_it_is(void **state)
{
    (void)state;
    people_start(&alice, "alice", "hostile", "--json");
    process_line_with(&alice.process.out, "presence");
    people_start(&bob, "bob", "hostile", "--plain");
    client_expect_told(&bob, "alice is here");
    client_say(&alice, "{\"text\":\"a\\u001b[2Jb\\nc\\r\\u202ed\\t.\\u009be\"}");
    client_expect_said(&bob, "alice: a^[[2Jb");
    assert_string_equal(process_line(&bob.process.out), "      c^M<U+202E>d    .<9B>e");
    /* A second line cannot look like somebody's. */
    client_say(&alice, "{\"text\":\"x\\n09:14 bob: I owe you 100\"}");
    client_expect_said(&bob, "alice: x");
    assert_string_equal(process_line(&bob.process.out), "      09:14 bob: I owe you 100");
    client_end_input(&alice);
    client_expect_exit(&alice, 0);
    client_end_input(&bob);
    client_expect_exit(&bob, 0);
}

static void test_what_cannot_be_sent_is_named_and_the_rest_goes(void **state)
{
    (void)state;
    people_meet("refused", "--plain");
    char line[16384 + 2];
    memset(line, 'x', sizeof line - 1);
    line[16384] = '\0';
    client_say(&alice, line);
    client_expect_said(&alice, process_line(&bob.process.out) + 6);
    line[16384] = 'x';
    line[16385] = '\0';
    client_say(&alice, line);
    client_expect_told(&alice, "line 2 of the input was not sent: it is longer than a message");
    client_say(&alice, "\xff\xfe");
    client_expect_told(&alice, "line 3 of the input was not sent: it is not text in UTF-8");
    client_say(&alice, "/qiut");
    client_expect_told(&alice,
                       "there is no command /qiut, and it was not sent; do you mean /quit?");
    client_say(&alice, "/me");
    client_expect_told(&alice, "it is used like this: /me text");
    client_say(&alice, "after all");
    expect_both_said("alice: after all");
    client_end_input(&alice);
    client_expect_exit(&alice, 1);
    client_end_input(&bob);
    client_expect_exit(&bob, 0);
}

static void test_nothing_behind_quit_is_taken(void **state)
{
    (void)state;
    people_start(&alice, "alice", "quits", "--plain");
    client_expect_told(&alice, "nobody else is in the room");
    client_say(&alice, "/quit\nnever said\n/me either");
    assert_null(process_line(&alice.process.out));
    client_expect_exit(&alice, 0);
}

static void test_json_says_what_happens_in_fields(void **state)
{
    (void)state;
    people_start(&alice, "alice", "json", "--json");
    const char *line = process_line_with(&alice.process.out, "\"online\"");
    assert_non_null(strstr(line, "\"event\":\"status\""));
    assert_non_null(strstr(line, "\"tls\":true"));
    line = process_line_with(&alice.process.out, "presence");
    assert_non_null(strstr(line, "\"nick\":null"));
    people_start(&bob, "bob", "json", "--json");
    line = process_line_with(&alice.process.out, "presence");
    assert_non_null(strstr(line, "\"nick\":\"bob\""));
    assert_non_null(strstr(line, "\"state\":\"online\""));
    client_say(&alice, "{\"text\":\"one\\ntwo \\\"three\\\"\"}");
    line = process_line_with(&bob.process.out, "\"message\"");
    assert_non_null(strstr(line, "\"mine\":false"));
    assert_non_null(strstr(line, "\"from\":\"alice\",\"to\":\"bob\""));
    assert_non_null(strstr(line, "\"n\":1"));
    assert_non_null(strstr(line, "\"kind\":\"text\""));
    assert_non_null(strstr(line, "\"text\":\"one\\ntwo \\\"three\\\"\""));
    line = process_line_with(&alice.process.out, "\"message\"");
    assert_non_null(strstr(line, "\"mine\":true,\"from\":\"alice\",\"to\":\"bob\""));
    line = process_line_with(&alice.process.out, "\"receipt\"");
    assert_non_null(strstr(line, "\"id\":1,\"stream\":\""));
    assert_non_null(strstr(line, "\"n\":1}"));
    client_say(&bob, "{\"command\":\"/me waves\"}");
    line = process_line_with(&alice.process.out, "\"action\"");
    assert_non_null(strstr(line, "\"text\":\"waves\""));
    client_say(&bob, "{\"command\":\"/info\"}");
    process_line_with(&bob.process.out, "\"answer\"");
    static const char *const wrong[] = {
        "hello",
        "{}",
        "{\"text\":1}",
        "{\"text\":\"a\",\"command\":\"/me b\"}",
        "{\"command\":\"no slash\"}",
        "{\"text\":\"\\u0000\"}",
        "{\"text\":\"a\"",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        client_say(&bob, wrong[i]);
        process_line_with(&bob.process.out, "\"event\":\"error\"");
    }
    client_end_input(&bob);
    client_expect_exit(&bob, 1);
    client_end_input(&alice);
    client_expect_exit(&alice, 0);
}

static void test_refusals_have_a_sentence_and_a_status(void **state)
{
    (void)state;
    people_meet("room", "--plain");
    people_start(&carol, "carol", "room", "--plain");
    client_expect_told(&carol, "two others sit in the room lobby at 127.0.0.1:");
    client_expect_exit(&carol, 3);
    people_start(&carol, "alice", "elsewhere", "--plain --room lobby");
    client_expect_told(&carol, "somebody else is alice at 127.0.0.1:");
    client_expect_exit(&carol, 3);
    client_end_input(&alice);
    client_expect_exit(&alice, 0);
    client_end_input(&bob);
    client_expect_exit(&bob, 0);
}

static void test_one_place_is_for_one_client(void **state)
{
    (void)state;
    people_start(&alice, "alice", "twice", "--plain");
    client_expect_told(&alice, "connected");
    people_start(&bob, "alice", "twice", "--plain");
    client_expect_told(&bob, "another chat-client is alice in the room lobby");
    client_expect_exit(&bob, 1);
    people_start(&bob, "alice", "twice", "--plain --room tea");
    client_expect_told(&bob, "connected");
    client_end_input(&bob);
    client_expect_exit(&bob, 0);
    client_end_input(&alice);
    client_expect_exit(&alice, 0);
}

static void test_an_identity_that_others_can_read_is_refused(void **state)
{
    (void)state;
    people_start(&alice, "alice", "loose", "--plain");
    client_expect_told(&alice, "connected");
    client_end_input(&alice);
    client_expect_exit(&alice, 0);
    assert_int_equal(chmod(scratch_path("loose/alice/identity"), 0644), 0);
    people_start(&alice, "alice", "loose", "--plain");
    client_expect_told(&alice, "loose/alice/identity cannot be used: others can read it");
    client_expect_exit(&alice, 1);
}

static void test_signals_end_it_and_say_what_was_not_delivered(void **state)
{
    (void)state;
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < 3; i++) {
        char folder[16], more[32];
        snprintf(folder, sizeof folder, "signal%zu", i);
        snprintf(more, sizeof more, "--plain --room room%zu", i);
        people_start(&alice, "alice", folder, more);
        client_expect_told(&alice, "nobody else is in the room");
        assert_int_equal(process_stop(&alice.process, signals[i]), 0);
        people_start(&alice, "alice", folder, more);
        client_expect_told(&alice, "connected");
        client_say(&alice, "is anybody here?");
        client_expect_said(&alice, "alice: is anybody here?");
        client_end_input(&alice);
        client_expect_told(&alice, "-- 1 message waits for somebody to come; ^C ends this");
        kill(alice.process.pid, signals[i]);
        client_expect_told(&alice, "1 message was not delivered; it goes out at the next start");
        client_expect_exit(&alice, 1);
    }
}

static void test_what_waited_goes_out_at_the_next_start(void **state)
{
    (void)state;
    people_start(&alice, "alice", "outbox", "--plain");
    client_expect_told(&alice, "connected");
    client_say(&alice, "one");
    client_say(&alice, "two");
    client_expect_said(&alice, "alice: one");
    client_expect_said(&alice, "alice: two");
    assert_int_equal(process_stop(&alice.process, SIGKILL), 128 + SIGKILL);
    people_start(&bob, "bob", "outbox", "--plain");
    client_expect_told(&bob, "connected");
    people_start(&alice, "alice", "outbox", "--plain");
    client_say(&alice, "three");
    client_end_input(&alice);
    client_expect_said(&bob, "alice: one");
    client_expect_said(&bob, "alice: two");
    client_expect_said(&bob, "alice: three");
    client_expect_exit(&alice, 0);
    client_end_input(&bob);
    client_expect_exit(&bob, 0);
}

static void test_it_comes_back_when_the_relay_does(void **state)
{
    (void)state;
    char options[SERVER_ADDRESS_MAX + 16], where[SERVER_ADDRESS_MAX];
    snprintf(where, sizeof where, "unix:%s", scratch_path("relay"));
    snprintf(options, sizeof options, "--listen %s", where);
    struct server other;
    server_start_tls(&other, options, NULL);
    struct client_options a = {"alice", where, "back", "--plain", NULL};
    struct client_options b = {"bob", where, "back", "--plain", NULL};
    client_start(&alice, &a);
    client_expect_told(&alice, "connected");
    client_start(&bob, &b);
    client_expect_told(&bob, "alice is here");
    client_say(&alice, "one");
    expect_both_said("alice: one");
    server_stop(&other);
    client_expect_told(&alice, "-- reconnecting in");
    client_expect_told(&bob, "-- reconnecting in");
    client_say(&alice, "two");
    client_say(&bob, "/connect");
    client_expect_said(&alice, "alice: two");
    server_start_tls(&other, options, NULL);
    client_expect_told(&alice, "-- connected");
    client_expect_said(&bob, "alice: two");
    client_say(&bob, "three");
    client_expect_said(&bob, "bob: three");
    client_expect_said(&alice, "bob: three");
    client_end_input(&bob);
    client_expect_exit(&bob, 0);
    client_end_input(&alice);
    client_expect_exit(&alice, 0);
    server_stop(&other);
}

static void test_no_relay_is_one_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *server, *told;
    } rows[] = {
        {"unix:/nonexistent/relay", "nothing listens at unix:/nonexistent/relay"},
        {"127.0.0.1:1", "refused by 127.0.0.1:1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct client_options options = {"alice", rows[i].server, "alone", "--plain", NULL};
        char told[128];
        client_start(&alice, &options);
        snprintf(told, sizeof told, "-- no connection (%s): start chat-server at", rows[i].told);
        client_expect_told(&alice, told);
        client_expect_told(&alice, "-- reconnecting in");
        client_end_input(&alice);
        client_expect_told(&alice, told + 3);
        client_expect_exit(&alice, 1);
    }
}

static void test_it_goes_to_another_relay_and_back(void **state)
{
    (void)state;
    struct server other;
    server_start_tls(&other, "", NULL);
    char connect[SERVER_ADDRESS_MAX + 16];
    people_meet("move", "--plain");
    snprintf(connect, sizeof connect, "/connect %s", other.addresses[0]);
    client_say(&alice, connect);
    client_expect_told(&alice, other.addresses[0]);
    client_expect_told(&alice, "nobody else is in the room");
    client_expect_told(&bob, "alice is offline");
    client_say(&alice, "nobody hears this");
    snprintf(connect, sizeof connect, "/connect %s", address);
    client_say(&alice, connect);
    client_expect_said(&alice, "alice: nobody hears this");
    client_expect_told(&alice, "not delivered at 127.0.0.1:");
    client_expect_told(&bob, "alice is here");
    client_say(&alice, "back");
    expect_both_said("alice: back");
    client_end_input(&alice);
    client_expect_exit(&alice, 0);
    client_end_input(&bob);
    client_expect_exit(&bob, 0);
    server_stop(&other);
}

static void test_leaving_gives_the_seat_up(void **state)
{
    (void)state;
    people_meet("leave", "--plain");
    client_say(&alice, "/leave");
    client_expect_exit(&alice, 0);
    client_expect_told(&bob, "alice left the room");
    people_start(&carol, "carol", "leave", "--plain");
    client_expect_told(&carol, "bob is here");
    client_end_input(&carol);
    client_expect_exit(&carol, 0);
    client_end_input(&bob);
    client_expect_exit(&bob, 0);
}

static void close_standard_descriptors(void)
{
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
}

static void test_it_works_without_standard_descriptors(void **state)
{
    (void)state;
    struct client_options options = {"alice", address, "closed", "--plain",
                                     close_standard_descriptors};
    client_start(&alice, &options);
    client_expect_exit(&alice, 0);
    struct stat st;
    assert_int_equal(stat(scratch_path("closed/alice/identity"), &st), 0);
}

static void fill_output(void)
{
    dup2(open("/dev/full", O_WRONLY), STDOUT_FILENO);
}

static void test_output_that_cannot_be_written_is_told(void **state)
{
    (void)state;
    static const char *const options[] = {"--help", "--version", "--identity"};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        struct client_options o = {"alice", address, "full", options[i], fill_output};
        client_start(&alice, &o);
        client_expect_told(&alice, "cannot write to standard output");
        client_expect_exit(&alice, 1);
    }
}

static void spoil_input(void)
{
    dup2(open("/", O_RDONLY | O_DIRECTORY), STDIN_FILENO);
}

static void test_input_that_cannot_be_read_is_told(void **state)
{
    (void)state;
    struct client_options options = {"alice", address, "spoilt", "--plain", spoil_input};
    client_start(&alice, &options);
    client_expect_told(&alice, "standard input cannot be read: Is a directory");
    client_expect_exit(&alice, 1);
}

static void test_a_reader_that_goes_away_ends_it(void **state)
{
    (void)state;
    people_meet("gone", "--plain");
    close(bob.process.out.fd);
    bob.process.out.fd = -1;
    client_say(&alice, "are you there?");
    client_expect_told(&bob, "standard output was closed by its reader");
    client_expect_exit(&bob, 1);
    client_end_input(&alice);
    client_expect_exit(&alice, 0);
}

/* Waits until so much of its output lies there unread. */
static void await_unread(struct client *c, int len)
{
    for (int there = 0, waited_ms = 0; there < len; waited_ms += 10) {
        assert_true(waited_ms < PROCESS_DEADLINE_MS);
        poll(NULL, 0, 10);
        ioctl(c->process.out.fd, FIONREAD, &there);
    }
}

static void test_a_signal_ends_it_though_nobody_reads(void **state)
{
    (void)state;
    people_meet("stuck", "--plain");
    int full = fcntl(bob.process.out.fd, F_SETPIPE_SZ, 4096);
    assert_true(full > 0);
    char line[16001] = "";
    memset(line, 'x', sizeof line - 1);
    assert_true(full < (int)sizeof line);
    client_say(&alice, line);
    await_unread(&bob, full);
    assert_int_equal(process_stop(&bob.process, SIGTERM), 1);
    process_clear(&alice.process);
}

enum {
    MANY = 300,
    PIPE_FULL = 40000, /* bytes; pages need not be full */
};

/* Reads messages of the other's to the end of the output, or to the last of them: the next number.
 */
static int read_numbers(struct client *c, int next)
{
    const char *line;
    while (next < MANY && (line = process_line(&c->process.out))) {
        const char *number = strstr(line, "\"text\":\"");
        if (!number || !strstr(line, "\"mine\":false"))
            continue;
        int n = atoi(number + strlen("\"text\":\""));
        assert_true(n <= next); /* perhaps once more, never left out */
        next = n + 1;
    }
    return next;
}

static void test_what_was_taken_and_not_printed_is_printed_at_the_next_start(void **state)
{
    (void)state;
    people_start(&alice, "alice", "missed", "--json");
    process_line_with(&alice.process.out, "presence");
    people_start(&bob, "bob", "missed", "--json");
    process_line_with(&alice.process.out, "presence");
    char line[2000];
    for (int i = 0; i < MANY; i++) { /* far more than a pipe holds */
        snprintf(line, sizeof line, "{\"text\":\"%d %01500d\"}", i, 0);
        client_say(&alice, line);
        process_line_with(&alice.process.out, "\"event\":\"message\"");
    }
    await_unread(&bob, PIPE_FULL);
    kill(bob.process.pid, SIGKILL);
    int next = read_numbers(&bob, 0);
    assert_true(next > 0 && next < MANY);
    process_clear(&bob.process);
    people_start(&bob, "bob", "missed", "--json");
    assert_int_equal(read_numbers(&bob, next), MANY);
    client_end_input(&alice);
    client_expect_exit(&alice, 0);
    client_end_input(&bob);
    client_expect_exit(&bob, 0);
}

static void test_wrong_usage_is_one_line_and_status_2(void **state)
{
    (void)state;
    static const char *const wrong[] = {"--frob", "--nick", "--server den:70000", "hello",
                                        "--room -"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        people_start(&alice, "alice", "usage", wrong[i]);
        assert_non_null(strstr(process_line(&alice.process.err), "chat-client: "));
        assert_null(process_line(&alice.process.err));
        client_expect_exit(&alice, 2);
    }
    people_start(&alice, "alice", "usage", "--version");
    assert_non_null(strstr(process_line(&alice.process.out), "chat-client "));
    client_expect_exit(&alice, 0);
    people_start(&alice, "alice", "usage", "--help");
    assert_string_equal(process_line(&alice.process.out), "Usage: chat-client [OPTION]...");
    for (const char *line; (line = process_line(&alice.process.out));)
        assert_true(strlen(line) <= 80);
    client_expect_exit(&alice, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, people_set_up_relay, stop_server)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_two_people_talk_and_see_the_same),
        TEST(test_nothing_from_outside_reaches_the_terminal_as_it_is),
        TEST(test_what_cannot_be_sent_is_named_and_the_rest_goes),
        TEST(test_nothing_behind_quit_is_taken),
        TEST(test_json_says_what_happens_in_fields),
        TEST(test_refusals_have_a_sentence_and_a_status),
        TEST(test_one_place_is_for_one_client),
        TEST(test_an_identity_that_others_can_read_is_refused),
        TEST(test_signals_end_it_and_say_what_was_not_delivered),
        TEST(test_what_waited_goes_out_at_the_next_start),
        TEST(test_it_comes_back_when_the_relay_does),
        TEST(test_no_relay_is_one_sentence),
        TEST(test_it_goes_to_another_relay_and_back),
        TEST(test_leaving_gives_the_seat_up),
        TEST(test_it_works_without_standard_descriptors),
        TEST(test_output_that_cannot_be_written_is_told),
        TEST(test_input_that_cannot_be_read_is_told),
        TEST(test_a_reader_that_goes_away_ends_it),
        TEST(test_a_signal_ends_it_though_nobody_reads),
        TEST(test_what_was_taken_and_not_printed_is_printed_at_the_next_start),
        TEST(test_wrong_usage_is_one_line_and_status_2),
    };
    return cmocka_run_group_tests(tests, client_make_scratch, scratch_remove);
}
