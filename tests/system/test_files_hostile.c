/* A client whose peer offers files and sends pieces of them as it likes, word for word. */
#include "people.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ABC                                                                               \
    "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319" /* digest of "abc" \
                                                                        */

static struct wire wire; /* bob's */
static unsigned last;    /* number of what he sent last */
static char inbox[256];  /* the folder for alice's files */

static int set_up(void **state)
{
    char command[1024], options[SERVER_ADDRESS_MAX + 32];
    people_set_up(state);
    snprintf(inbox, sizeof inbox, "%s/in", scratch_folder());
    snprintf(command, sizeof command, "cd %s && rm -rf * && mkdir in && echo save = %s > config",
             scratch_folder(), inbox);
    if (system(command))
        return -1;
    snprintf(options, sizeof options, "--memory --listen %s", address);
    server_start(&server, options, NULL);
    snprintf(options, sizeof options, "--plain --plaintext --no-seal --config %s",
             scratch_path("config"));
    people_start(&alice, "alice", "alice", options);
    client_expect_told(&alice, "nobody else is in the room");
    wire_open(&wire, address);
    wire_send(&wire, "{\"type\":\"hello\",\"version\":1,\"nick\":\"bob\"}", NULL);
    client_expect_told(&alice, "bob is here");
    last = 0;
    return 0;
}

static int tear_down(void **state)
{
    wire_close(&wire);
    return people_tear_down(state);
}

/* bob sends a message in the open: a payload's header, and bytes. */
static void say(const char *header, const char *bytes)
{
    char content[1024], frame[128];
    size_t len = strlen(header);
    assert_true(3 + len + strlen(bytes) <= sizeof content);
    content[0] = 0;
    content[1] = (char)(len >> 8);
    content[2] = (char)len;
    memcpy(content + 3, header, len);
    memcpy(content + 3 + len, bytes, strlen(bytes));
    snprintf(frame, sizeof frame,
             "{\"type\":\"message\",\"to\":\"alice\",\"stream\":\"00000000000000aa\",\"n\":%u}",
             ++last);
    uint8_t out[WIRE_SIZE];
    wire_send_bytes(&wire, out, wire_encode(frame, content, 3 + len + strlen(bytes), out));
}

static void offer(const char *name, unsigned long long size)
{
    char header[1024];
    snprintf(header, sizeof header,
             "{\"kind\":\"file\",\"id\":\"f%u\",\"name\":\"%s\",\"size\":%llu,\"digest\":\"" ABC
             "\"}",
             last, name, size);
    say(header, "");
}

static void send_piece(unsigned file, unsigned offset, const char *bytes)
{
    char header[128];
    snprintf(header, sizeof header, "{\"kind\":\"chunk\",\"id\":\"f%u\",\"offset\":%u}", file,
             offset);
    say(header, bytes);
}

/* alice says how much of a file she has. */
static void expect_answer(void)
{
    wire_expect_later(
        &wire, "{\"type\":\"message\",\"from\":\"alice\",\"stream\":\"*\",\"n\":*,\"time\":*}");
}

static void accept_it(void)
{
    client_expect_told(&alice, "/accept to take it");
    client_say(&alice, "/accept");
    expect_answer();
}

static void test_a_name_leads_nowhere_else(void **state)
{
    (void)state;
    static const struct {
        const char *name, *made;
    } cases[] = {
        {"../../evil", "evil"},
        {"/etc/evil", "evil (2)"},
        {"..", "_."},
        {".", "_"},
        {"folder/", "file"},
        {"", "file (2)"},
        {"..\\u002fslash", "slash"},
        {"\\u001b]0;x\\u0007", "^[]0;x^G"},
        {"a\\u202eb\\u2066", "a<U+202E>b<U+2066>"},
        {"two\\nlines", "two^Jlines"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char told[512];
        unsigned file = last;
        offer(cases[i].name, 3);
        accept_it();
        send_piece(file, 0, "abc");
        snprintf(told, sizeof told, " is here: %s/%s", inbox, cases[i].made);
        client_expect_told(&alice, told);
        expect_answer();
        assert_int_equal(scratch_count(inbox), i + 1);
    }
}

static void test_a_name_that_is_too_long_is_no_offer(void **state)
{
    (void)state;
    char name[301];
    memset(name, 'x', 300);
    name[300] = '\0';
    offer(name, 3);
    client_expect_said(&alice, "* bob sent something that this version cannot show");
    client_say(&alice, "/accept");
    client_expect_told(&alice, "no file waits to be accepted");
}

static void test_nothing_comes_that_was_not_accepted(void **state)
{
    (void)state;
    offer("evil", 3);
    client_expect_told(&alice, "/accept to take it");
    send_piece(0, 0, "abc");
    send_piece(7, 0, "abc");
    say("{\"kind\":\"text\",\"text\":\"hello\"}", "");
    client_expect_said(&alice, "bob: hello");
    assert_int_equal(scratch_count(inbox), 0);
}

static void test_what_is_not_what_was_offered_is_thrown_away(void **state)
{
    (void)state;
    offer("other", 3);
    accept_it();
    send_piece(0, 0, "xyz");
    client_expect_told(&alice, "other did not come as bob has it, and was thrown away");
    assert_int_equal(scratch_count(inbox), 0);
}

static void test_a_file_that_is_too_large_is_not_begun(void **state)
{
    (void)state;
    offer("huge", (1ULL << 53) - 1);
    client_expect_told(&alice, "bob offers huge (9007.19 TB): /accept to take it");
    client_say(&alice, "/accept");
    client_expect_told(&alice, "No space left on device; /save names another folder");
    assert_int_equal(scratch_count(inbox), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_name_leads_nowhere_else),
        TEST(test_a_name_that_is_too_long_is_no_offer),
        TEST(test_nothing_comes_that_was_not_accepted),
        TEST(test_what_is_not_what_was_offered_is_thrown_away),
        TEST(test_a_file_that_is_too_large_is_not_begun),
    };
    return cmocka_run_group_tests(tests, client_make_scratch, scratch_remove);
}
