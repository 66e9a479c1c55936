#include "people.h"
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

/*
 * Keys that change under running clients. The relay is always at one address; which key it has is
 * a matter of its state folder.
 */
enum {
    FILE_MAX = 4096,
};

static void start_relay(const char *folder)
{
    char options[512];
    snprintf(options, sizeof options, "--memory --listen %s --state %s", address,
             scratch_path(folder));
    server_start_tls(&server, options, NULL);
}

static void start_pair(const char *state)
{
    people_start(&alice, "alice", state, "--plain");
    client_expect_told(&alice, "nobody else is in the room");
    people_start(&bob, "bob", state, "--plain");
    client_expect_told(&bob, "sealed: only alice can read it");
    client_expect_told(&alice, "sealed: only bob can read it");
}

static void read_file(const char *path, char text[FILE_MAX])
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t len = fread(text, 1, FILE_MAX - 1, file);
    text[len] = '\0';
    fclose(file);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void expect_fingerprint(const char *folder, char fingerprint[128])
{
    const char *const argv[] = {CHAT_SERVER, "--fingerprint", "--state", scratch_path(folder),
                                NULL};
    struct process p;
    process_start(&p, argv, NULL);
    snprintf(fingerprint, 128, "%s", process_line(&p.out));
    assert_int_equal(process_wait(&p), 0);
    assert_int_equal(strlen(fingerprint), 79);
}

static void test_a_relay_with_another_key_is_refused(void **state)
{
    (void)state;
    char before[128], now[128], line[256], pins[FILE_MAX];
    const char *path = scratch_path("changed/alice/pins");
    start_relay("old-key");
    people_start(&alice, "alice", "changed", "--plain");
    client_expect_told(&alice, "nobody else is in the room");
    client_say(&alice, "waits");
    client_expect_said(&alice, "alice: waits");
    server_stop(&server);
    client_expect_told(&alice, "reconnecting in");
    start_relay("new-key");
    expect_fingerprint("old-key", before);
    expect_fingerprint("new-key", now);
    client_expect_told(&alice, "has changed: nothing was sent to it");
    snprintf(line, sizeof line, "before: %s", before);
    client_expect_told(&alice, line);
    snprintf(line, sizeof line, "now:    %s", now);
    client_expect_told(&alice, line);
    client_expect_told(&alice, "remove line 2");
    client_expect_told(&alice, "1 message was not delivered");
    client_expect_exit(&alice, 4);

    /* And so it stays, until the person does what was said. */
    people_start(&alice, "alice", "changed", "--plain");
    client_expect_told(&alice, "has changed: nothing was sent to it");
    client_expect_exit(&alice, 4);
    read_file(path, pins);
    char *second = strchr(pins, '\n') + 1;
    assert_memory_equal(second, "relay ", 6);
    *second = '\0';
    write_file(path, pins);
    people_start(&alice, "alice", "changed", "--plain");
    client_expect_told(&alice, "nobody else is in the room");
    people_start(&bob, "bob", "changed", "--plain");
    client_expect_said(&bob, "alice: waits");
    people_end(&alice, 0);
    people_end(&bob, 0);
    server_stop(&server);
}

static void test_a_fingerprint_is_the_only_key(void **state)
{
    (void)state;
    char fingerprint[128], right[256];
    expect_fingerprint("given-key", fingerprint);
    snprintf(right, sizeof right, "--plain --fingerprint %s", fingerprint);
    start_relay("another-key");
    people_start(&alice, "alice", "given", right);
    client_expect_told(&alice, "is not the one given with --fingerprint: nothing was sent to it");
    client_expect_told(&alice, fingerprint);
    client_expect_exit(&alice, 4);
    people_start(&alice, "alice", "given", "--plain"); /* now the wrong one is pinned, */
    client_expect_told(&alice, "nobody else is in the room");
    people_end(&alice, 0);
    server_stop(&server);
    start_relay("given-key");
    process_line_with(&server.process.err, fingerprint); /* it says so itself */
    people_start(&alice, "alice", "given", right);       /* but what is given counts more */
    client_expect_told(&alice, "nobody else is in the room");
    people_end(&alice, 0);
    people_start(&alice, "alice", "given", "--plain");
    client_expect_told(&alice, "nobody else is in the room");
    people_end(&alice, 0);
    people_start(&alice, "alice", "given", "--plain --fingerprint 0123");
    client_expect_told(&alice, "--fingerprint");
    client_expect_exit(&alice, 2);
    server_stop(&server);
}

static const struct {
    const char *text, *about;
} bad_pins[] = {
    {"relay den\n", "line 1 of $ is no pin: 'relay den'; correct or remove it"},
    {"# mine\n\npeer den bob AAAA\n", "line 3 of $ is no pin: 'peer den bob AAAA'"},
    {"relay den:1 00\n", "line 1 of $ is no pin"},
    {"trust everybody\n", "line 1 of $ is no pin"},
    {"\033[2J\n", "line 1 of $ is no pin: '^[[2J'"},
};

static void test_pins_that_cannot_be_read_are_a_sentence(void **state)
{
    (void)state;
    const char *path = scratch_path("garbled/alice/pins");
    start_relay("old-key");
    people_start(&alice, "alice", "garbled", "--plain");
    client_expect_told(&alice, "nobody else is in the room");
    people_end(&alice, 0);
    for (size_t i = 0; i < sizeof bad_pins / sizeof bad_pins[0]; i++) {
        char about[512];
        const char *path_at = strchr(bad_pins[i].about, '$');
        snprintf(about, sizeof about, "%.*s%s%s", (int)(path_at - bad_pins[i].about),
                 bad_pins[i].about, path, path_at + 1);
        write_file(path, bad_pins[i].text);
        people_start(&alice, "alice", "garbled", "--plain");
        client_expect_told(&alice, about);
        client_expect_exit(&alice, 4);
        char after[FILE_MAX];
        read_file(path, after);
        assert_string_equal(after, bad_pins[i].text);
    }
    server_stop(&server);
}

/* The relay forgets all seats; alice, who waits, comes back to it. */
static void restart_relay(void)
{
    server_stop(&server);
    client_expect_told(&alice, "reconnecting in");
    start_relay("old-key");
    client_expect_told(&alice, "nobody else is in the room");
}

static void test_somebody_with_another_key_is_held_until_trusted(void **state)
{
    (void)state;
    char pins[FILE_MAX];
    start_relay("old-key");
    start_pair("held");
    client_say(&alice, "hello");
    client_expect_said(&alice, "alice: hello");
    client_expect_said(&bob, "alice: hello");
    client_say(&alice, "/verify yes");
    client_expect_told(&alice, "you verified the key");
    people_end(&bob, 0);
    client_expect_told(&alice, "bob is offline");
    restart_relay();
    client_say(&alice, "who are you?");
    client_expect_said(&alice, "alice: who are you?");
    people_start(&bob, "bob", "held-other", "--plain");
    client_expect_told(&bob, "sealed: only alice can read it");
    client_say(&bob, "it is me");
    client_expect_said(&bob, "bob: it is me");
    client_expect_told(&alice, "STOP: this is not the bob of before");
    client_say(&alice, "/verify yes");
    client_expect_told(&alice, "STOP");
    client_say(&alice, "/trust");
    client_expect_told(&alice, "the new key of bob counts from now on");
    client_expect_said(&bob, "alice: who are you?");
    client_expect_said(&alice, "bob: it is me");
    people_end(&bob, 0);
    people_end(&alice, 1); /* a line was refused */
    read_file(scratch_path("held/alice/pins"), pins);
    assert_non_null(strstr(pins, " bob "));
    assert_null(strstr(pins, "verified")); /* the new key was not */
    server_stop(&server);
}

static void test_into_a_pipe_there_is_nobody_to_ask(void **state)
{
    (void)state;
    start_relay("old-key");
    start_pair("piped");
    people_end(&alice, 0);
    people_end(&bob, 0);
    server_stop(&server);
    start_relay("old-key");
    people_start(&bob, "bob", "piped-other", "--plain");
    client_expect_told(&bob, "nobody else is in the room");
    people_start(&alice, "alice", "piped", "--plain");
    client_say(&alice, "not for everybody");
    client_end_input(&alice);
    client_expect_told(&alice, "STOP");
    client_expect_told(&alice, "bob has another key than before: nothing was sent; see /trust");
    client_expect_exit(&alice, 4);
    client_expect_told(&bob, "alice is offline");
    client_end_input(&bob);
    assert_null(process_line(&bob.process.out)); /* and nothing came */
    client_expect_exit(&bob, 0);
    server_stop(&server);
}

/* What chat-client --identity prints is a line of the list. */
static void test_only_those_on_the_list_come_in(void **state)
{
    (void)state;
    char options[512], list[256];
    const char *const argv[] = {CHAT_CLIENT, "--identity",           "--nick", "alice",
                                "--state",   scratch_path("listed"), NULL};
    struct process p;
    process_start(&p, argv, NULL);
    snprintf(list, sizeof list, "# friends\n\n%s\n", process_line(&p.out));
    assert_null(process_line(&p.out));
    assert_int_equal(process_wait(&p), 0);
    write_file(scratch_path("friends"), list);
    snprintf(options, sizeof options, "--listen %s --allow %s", address, scratch_path("friends"));
    server_start_tls(&server, options, NULL);
    people_start(&bob, "bob", "listed", "--plain");
    client_expect_told(&bob, "lets in only people on its list, and you are not on it");
    client_expect_exit(&bob, 3);
    people_start(&alice, "alice", "listed", "--plain");
    client_expect_told(&alice, "nobody else is in the room");
    write_file(scratch_path("friends"), "alice is a friend\n");
    assert_int_equal(kill(server.process.pid, SIGHUP), 0);
    process_line_with(&server.process.err, "line 1 of ");
    client_say(&alice, "still here");
    client_expect_said(&alice, "alice: still here");
    write_file(scratch_path("friends"), "# nobody\n");
    assert_int_equal(kill(server.process.pid, SIGHUP), 0);
    client_expect_told(&alice, "lets in only people on its list");
    client_expect_exit(&alice, 3);
    server_stop(&server);
}

static void collect_number(struct client *c, char number[256])
{
    number[0] = '\0';
    client_say(c, "/verify");
    client_expect_told(c, "The safety number of");
    for (int lines = 0; lines < 4; lines++) {
        const char *line = process_line(&c->process.err);
        assert_non_null(line);
        strncat(number, line, 60);
    }
}

static void test_the_safety_number_is_the_same_on_both_sides(void **state)
{
    (void)state;
    char numbers[2][256], pins[FILE_MAX];
    start_relay("old-key");
    start_pair("number");
    collect_number(&alice, numbers[0]);
    collect_number(&bob, numbers[1]);
    assert_string_equal(numbers[0], numbers[1]);
    assert_int_equal(strspn(numbers[0], "- 0123456789"), strlen(numbers[0]));
    client_say(&alice, "/verify yes");
    client_expect_told(&alice, "bob is verified");
    client_expect_told(&alice, "you verified the key");
    read_file(scratch_path("number/alice/pins"), pins);
    assert_non_null(strstr(pins, "= verified\n"));
    client_say(&alice, "/verify no");
    client_expect_told(&alice, "it is used like this");
    people_end(&bob, 0);
    people_end(&alice, 1);
    people_start(&alice, "alice", "number", "--plain");
    client_expect_told(&alice, "sealed: only bob can read it; you verified the key");
    people_end(&alice, 0);
    server_stop(&server);
}

static void test_json_tells_whom_one_speaks_with(void **state)
{
    (void)state;
    start_relay("old-key");
    people_start(&alice, "alice", "json", "--json");
    process_line_with(&alice.process.out, "\"event\":\"presence\"");
    people_start(&bob, "bob", "json", "--plain");
    const char *line = process_line_with(&alice.process.out, "\"event\":\"trust\"");
    assert_non_null(strstr(line, "\"trust\":\"sealed\",\"nick\":\"bob\",\"identity\":\""));
    client_say(&alice, "{\"command\":\"/verify yes\"}");
    process_line_with(&alice.process.out, "\"trust\":\"verified\"");
    people_end(&alice, 0);
    people_end(&bob, 0);
    server_stop(&server);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, people_set_up, people_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_relay_with_another_key_is_refused),
        TEST(test_a_fingerprint_is_the_only_key),
        TEST(test_pins_that_cannot_be_read_are_a_sentence),
        TEST(test_somebody_with_another_key_is_held_until_trusted),
        TEST(test_into_a_pipe_there_is_nobody_to_ask),
        TEST(test_only_those_on_the_list_come_in),
        TEST(test_the_safety_number_is_the_same_on_both_sides),
        TEST(test_json_tells_whom_one_speaks_with),
    };
    return cmocka_run_group_tests(tests, client_make_scratch, scratch_remove);
}
