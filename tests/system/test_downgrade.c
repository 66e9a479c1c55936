#include "people.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/*
 * Somebody who is to be talked into less than was asked for: without TLS, without sealing, with
 * another key. Each of the two ends says in one sentence what is wrong, and nothing goes out.
 */
static struct wire wire;
static char listen_option[SERVER_ADDRESS_MAX + 32];

static int set_up(void **state)
{
    int rc = people_set_up(state);
    snprintf(listen_option, sizeof listen_option, "--memory --listen %s", address);
    return rc;
}

/* The client ends, and wrote nothing more. */
static void expect_end(struct client *c, int status)
{
    assert_null(process_line(&c->process.out));
    client_expect_exit(c, status);
}

static void test_both_ends_without_tls(void **state)
{
    (void)state;
    server_start(&server, listen_option, NULL);
    people_start(&alice, "alice", "neither", "--plain --plaintext");
    client_expect_told(&alice, "-- no TLS (--plaintext): whoever listens on the way sees who");
    people_start(&bob, "bob", "neither", "--json --plaintext");
    const char *line = process_line_with(&bob.process.out, "\"online\"");
    assert_non_null(strstr(line, "\"event\":\"status\""));
    assert_non_null(strstr(line, "\"tls\":false"));
    client_expect_told(&alice, "sealed: only bob can read it");
    client_say(&alice, "/quit");
    expect_end(&alice, 0);
    client_end_input(&bob);
    client_expect_exit(&bob, 0);
    server_stop(&server);
}

static void test_one_end_without_tls(void **state)
{
    (void)state;
    static const char uses[] = "the other side uses TLS: this side was started with --plaintext",
                      uses_not[] = "the other side does not use TLS: it was started with "
                                   "--plaintext";
    server_start_tls(&server, listen_option, NULL);
    people_start(&alice, "alice", "tls", "--plain --plaintext");
    client_expect_told(&alice, uses);
    process_line_with(&server.process.err, uses_not);
    client_say(&alice, "/quit");
    expect_end(&alice, 0);
    server_stop(&server);

    server_start(&server, listen_option, NULL);
    people_start(&alice, "alice", "tls", "--plain");
    client_expect_told(&alice, uses_not);
    process_line_with(&server.process.err, uses);
    client_say(&alice, "/quit");
    expect_end(&alice, 0);
    server_stop(&server);
}

static void test_one_end_without_sealing(void **state)
{
    (void)state;
    server_start_tls(&server, listen_option, NULL);
    people_start(&alice, "alice", "unsealed", "--plain");
    client_expect_told(&alice, "nobody else is in the room");
    people_start(&bob, "bob", "unsealed", "--plain --no-seal");
    client_expect_told(&bob, "alice seals what they write, and you do not");
    client_expect_told(&alice, "bob does not seal what they write");
    client_say(&bob, "open");
    client_expect_said(&bob, "bob: open");
    client_say(&alice, "sealed");
    client_expect_said(&alice, "alice: sealed");
    client_end_input(&alice);
    expect_end(&alice, 1);
    client_end_input(&bob);
    expect_end(&bob, 1);
    server_stop(&server);
}

/* Neither what waits nor what was said is for the relay, which can forge what asks for it. */
static void test_what_was_to_be_sealed_stays_so(void **state)
{
    (void)state;
    server_start_tls(&server, listen_option, NULL);
    people_start(&alice, "alice", "kept", "--plain");
    client_say(&alice, "sealed");
    client_expect_said(&alice, "alice: sealed");
    client_expect_told(&alice, "nobody else is in the room");
    client_say(&alice, "/quit");
    expect_end(&alice, 1);
    people_start(&alice, "alice", "kept", "--plain --no-seal");
    people_start(&bob, "bob", "kept", "--plain --no-seal");
    client_say(&alice, "open");
    client_expect_said(&alice, "alice: open");
    client_expect_said(&bob, "alice: open");
    client_end_input(&alice);
    expect_end(&alice, 0);
    client_end_input(&bob);
    expect_end(&bob, 0);
    people_start(&alice, "alice", "kept", "--plain");
    people_start(&bob, "bob", "kept", "--plain");
    client_expect_said(&bob, "alice: sealed");
    client_end_input(&alice);
    expect_end(&alice, 0);
    client_end_input(&bob);
    expect_end(&bob, 0);
    server_stop(&server);
}

/* Who does not seal has pins nevertheless. */
static void test_without_sealing_another_key_is_held(void **state)
{
    (void)state;
    server_start_tls(&server, listen_option, NULL);
    people_start(&bob, "bob", "pinned", "--plain");
    client_expect_told(&bob, "nobody else is in the room");
    people_start(&alice, "alice", "pinned", "--plain");
    client_expect_told(&alice, "sealed: only bob can read it");
    client_end_input(&alice);
    expect_end(&alice, 0);
    client_end_input(&bob);
    expect_end(&bob, 0);
    server_stop(&server);

    server_start_tls(&server, listen_option, NULL); /* which forgot whose nick that was */
    people_start(&bob, "bob", "pinned-other", "--plain --no-seal");
    client_expect_told(&bob, "nobody else is in the room");
    people_start(&alice, "alice", "pinned", "--plain --no-seal");
    client_expect_told(&alice, "STOP: this is not the bob of before");
    client_expect_told(&bob, "alice is here");
    client_say(&bob, "it is me");
    client_expect_said(&bob, "bob: it is me");
    client_say(&alice, "is it?");
    client_expect_said(&alice, "alice: is it?");
    client_say(&alice, "/trust");
    client_expect_said(&alice, "bob: it is me");
    client_expect_said(&bob, "alice: is it?");
    client_end_input(&alice);
    expect_end(&alice, 0);
    client_end_input(&bob);
    expect_end(&bob, 0);
    server_stop(&server);
}

/* The keys of an identity and a prekey, rightly signed for the lobby (test_bundle.c). */
#define IDENTITY "\"identity\":\"zswVB9wd3XKVlRwpCIjwla25BE0bc9aW5t8GXWg71Pw=\""
#define KEYS                                                                                      \
    "{" IDENTITY ",\"prekey\":\"rI+2q3SK51r9//OA5vUJQr5h/vwqiWL1QxN7ibvQmEk=\","                  \
    "\"made\":1234567890123,\"signature\":\"v0+rC4/IjedO18IeWDfNQOWVGarZIuc0xTmynwe1nIc4cG4JQ8wB" \
    "yqTyGZLC1nqp0yTggV3aoj8lO+DAn7ZBCw==\"}"
#define HELLO(keys) "{\"type\":\"hello\",\"version\":1,\"nick\":\"bob\",\"keys\":" keys "}"

/* alice at a relay without TLS, and bob, of whom the test says every word. */
static void join(const char *hello)
{
    server_start(&server, listen_option, NULL);
    people_start(&alice, "alice", "wire", "--plain --plaintext");
    client_expect_told(&alice, "nobody else is in the room");
    wire_open(&wire, address);
    wire_send(&wire, hello, NULL);
}

/* alice goes. Gives whether bob got a message before that. */
static bool end(int status)
{
    static const char last[] = "\"state\":\"offline\"";
    client_end_input(&alice);
    expect_end(&alice, status);
    while (!memmem(wire.bytes, wire.len, last, strlen(last))) {
        ssize_t got = recv(wire.fd, wire.bytes + wire.len, sizeof wire.bytes - wire.len, 0);
        assert_true(got > 0);
        wire.len += (size_t)got;
    }
    wire_close(&wire);
    server_stop(&server);
    return memmem(wire.bytes, wire.len, "\"type\":\"message\"", 16) != NULL;
}

static void test_what_is_not_sealed_is_not_shown(void **state)
{
    (void)state;
    static const char said[] = "\0\0\x1d{\"kind\":\"text\",\"text\":\"hello\"}";
    uint8_t frame[WIRE_SIZE];
    size_t len = wire_encode(
        "{\"type\":\"message\",\"to\":\"alice\",\"stream\":\"00000000000000aa\",\"n\":1}", said,
        sizeof said - 1, frame);
    join(HELLO(KEYS));
    client_expect_told(&alice, "sealed: only bob can read it");
    for (int i = 0; i < 2; i++) {
        wire_send_bytes(&wire, frame, len);
        if (i == 0)
            wire_expect_later(&wire, "{\"type\":\"receipt\",\"from\":\"alice\",\"stream\":"
                                     "\"00000000000000aa\",\"n\":0,\"resend\":true}");
    }
    client_expect_told(&alice, "a message from bob does not open");
    assert_false(end(0));
}

static void test_keys_that_are_held_back_or_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *hello, *told;
    } cases[] = {
        {HELLO("{" IDENTITY "}"), "bob does not seal what they write"},
        {HELLO("{" IDENTITY ",\"prekey\":\"AAAA\"}"), "the keys that"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        join(cases[i].hello);
        client_expect_told(&alice, cases[i].told);
        client_say(&alice, "for bob alone");
        client_expect_said(&alice, "alice: for bob alone");
        assert_false(end(1));
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, people_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_both_ends_without_tls),
        TEST(test_one_end_without_tls),
        TEST(test_one_end_without_sealing),
        TEST(test_what_was_to_be_sealed_stays_so),
        TEST(test_without_sealing_another_key_is_held),
        TEST(test_what_is_not_sealed_is_not_shown),
        TEST(test_keys_that_are_held_back_or_wrong),
    };
    return cmocka_run_group_tests(tests, client_make_scratch, scratch_remove);
}
