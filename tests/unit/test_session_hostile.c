/* A relay that does not keep to the protocol, or to good manners. */
#include "play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define WELCOME(rest)                                                                   \
    "{'type':'welcome','version':1,'nick':'alice','room':'lobby','agent':'r','time':1," \
    "'waiting':0,'peer':" rest "}"

static void expect_the_end(struct play *p)
{
    play_turn(p);
    assert_int_equal(p->error, 0);
    assert_int_equal(session_get_state(p->s), SESSION_OFFLINE);
    assert_non_null(strstr(p->events, "disconnect\nstatus offline (the relay "));
}

static void test_what_breaks_the_protocol_ends_the_connection(void **state)
{
    struct play *p = *state;
    static const struct {
        bool joining;
        const char *header, *payload;
    } cases[] = {
        {true, "{'type':'presence','nick':'bob','state':'online','time':1}", NULL},
        {true, "{'type':'message','from':'bob','stream':#w,'n':1,'time':1}", "{'kind':'x'}"},
        {true, "{'type':'stored','to':'bob','stream':#w,'first':1,'n':1}", NULL},
        {true, WELCOME("3"), NULL},
        {true, WELCOME("{'nick':'bob'}"), NULL},
        {true, WELCOME("{'nick':' ','state':'online','time':1}"), NULL},
        {true,
         "{'type':'welcome','version':1,'nick':'alicia','room':'lobby','agent':'r','time':1,"
         "'waiting':0,'peer':null}",
         NULL},
        {true,
         "{'type':'welcome','version':1,'nick':'alice','room':'tea','agent':'r','time':1,"
         "'waiting':0,'peer':null}",
         NULL},
        {true,
         "{'type':'welcome','version':1,'nick':'alice','room':'','agent':'r','time':1,"
         "'waiting':0,'peer':null}",
         NULL},
        {false, WELCOME("null"), NULL},
        {false, "{'type':'message','from':'bob','stream':#w,'n':0,'time':1}", "{'kind':'x'}"},
        {false, "{'type':'message','from':'bob','stream':'W','n':1,'time':1}", "{'kind':'x'}"},
        {false, "{'type':'message','from':'bob','stream':#w,'n':9007199254740992,'time':1}",
         "{'kind':'x'}"},
        {false, "{'type':'message','stream':#w,'n':1,'time':1}", "{'kind':'x'}"},
        {false, "{'type':'presence','nick':'bob','state':'lost','time':1}", NULL},
        {false, "{'type':'presence','nick':'bob','state':'online','time':1}", "{'kind':'x'}"},
        {false, "{'type':'presence','nick':'bob','state':'online','time':1,'keys':3}", NULL},
        {false, "{'type':'stored','to':'bob','stream':#w,'first':2,'n':1}", NULL},
        {false, "{'type':'error'}", NULL},
        {false, "{}", NULL},
        {false, "[]", NULL},
        {false, "{'type':'pong'}}", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        play_clear(p);
        play_init(p);
        if (cases[i].joining)
            session_connected(p->s, p->now_ms);
        else
            play_join(p);
        play_turn(p);
        play_forget(p);
        if (cases[i].payload)
            play_relay_payload(p, cases[i].header, cases[i].payload);
        else
            play_relay(p, cases[i].header);
        expect_the_end(p);
    }
}

/* Whatever else there is in a welcome of that version. */
static void test_a_relay_of_another_version_is_left_alone(void **state)
{
    struct play *p = *state;
    session_connected(p->s, p->now_ms);
    play_turn(p);
    play_forget(p);
    play_relay(p, "{'type':'welcome','version':2,'nick':['alice'],'seats':[]}");
    play_expect(p, "disconnect\nstatus stopped unsupported-version\n", "");
}

static void test_bytes_that_are_no_frame(void **state)
{
    struct play *p = *state;
    const uint8_t bytes[] = {0, 0, 0, 3, 9, 9, 9};
    for (size_t len = 4; len <= sizeof bytes; len++) {
        play_join(p);
        play_forget(p);
        assert_int_equal(session_input(p->s, bytes, len, p->now_ms), 0);
        expect_the_end(p);
        session_retry(p->s, p->now_ms);
        play_turn(p);
    }
}

static void test_nothing_after_the_end_counts(void **state)
{
    struct play *p = *state;
    static uint8_t bytes[512];
    play_join(p);
    static const char *const headers[] = {
        "{\"type\":\"error\",\"code\":\"replaced\",\"text\":\"x\",\"fatal\":true}",
        "{\"type\":\"presence\",\"nick\":\"bob\",\"state\":\"left\",\"time\":1}",
    };
    size_t at = 0;
    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(headers[i]);
        bytes[at + 3] = (uint8_t)(len + 2);
        bytes[at + 5] = (uint8_t)len;
        memcpy(bytes + at + 6, headers[i], len);
        at += len + 6;
    }
    session_input(p->s, bytes, at, p->now_ms);
    play_expect(p, "disconnect\nstatus stopped replaced (x)\n", "");
}

static void test_types_of_later_versions_are_ignored(void **state)
{
    struct play *p = *state;
    session_connected(p->s, p->now_ms);
    play_relay(p, "{'type':'motd','text':3}");
    play_join(p);
    play_relay(p, "{'type':'hello','version':1,'nick':'bob'}");
    play_relay_payload(p, "{'type':'blob'}", "{}");
    play_expect(p, "", "");
}

static void test_numbers_without_measure(void **state)
{
    struct play *p = *state;
    const char *last = "{'type':'message','from':'bob','stream':#w,'n':9007199254740991,'time':1}";
    play_join(p);
    play_say(p, "1");
    play_turn(p);
    play_forget(p);
    play_relay_payload(p, last, "{'kind':'text','text':'x'}");
    play_expect(p, "", "receipt bob w0 resend\n");
    play_relay_payload(p, last, "{'kind':'text','text':'x','first':true}");
    play_expect(p,
                "missing 2\nshow 2 1:w9007199254740991 {'kind':'text','text':'x','first':true}\n",
                "receipt bob w9007199254740991\n");
    play_relay_payload(p, last, "{'kind':'text','text':'x'}");
    play_expect(p, "", "receipt bob w9007199254740991\n");
    play_relay_payload(p, "{'type':'message','from':'bob','stream':#x,'n':1,'time':1}",
                       "{'kind':'text','text':'x','previous':{'stream':#x,'n':9007199254740991}}");
    play_expect(p, "", "receipt bob x0 resend\nreceipt bob x0 resend\n");
    play_bob_has(p, 'A', 9007199254740991);
    play_expect(p, "mark 1 delivered\n", "");
    play_relay_payload(p,
                       "{'type':'receipt','from':'bob','stream':#A,'n':9007199254740991,"
                       "'resend':true}",
                       "{'kind':'receipt'}");
    play_say(p, "2");
    play_expect_frames(p, "message bob A2 {'kind':'text','text':'2',"
                          "'after':{'stream':'w','n':9007199254740991}}\n");
}

static void test_a_list_of_stored_that_lies(void **state)
{
    struct play *p = *state;
    play_join(p);
    play_say(p, "1");
    play_turn(p);
    play_cut(p);
    play_forget(p);
    play_relay(p, WELCOME("{'nick':'bob','state':'offline','time':1,'stored':["
                          "{'stream':#A,'first':1,'n':9007199254740991},"
                          "{'stream':#w,'first':1,'n':7},{'stream':#A,'first':5,'n':6}]}"));
    play_expect(p, "status online\npresence bob offline\nmark 1 stored\n", "ping 2\n");
    play_say(p, "2");
    play_expect(p, "show 2 1:A2 waiting {'kind':'text','text':'2'}\n",
                "message bob A2 {'kind':'text','text':'2'}\n");
}

static void test_a_flood_of_everything(void **state)
{
    struct play *p = *state;
    static const char *const flood[] = {
        "{'type':'presence','nick':'bob','state':'online','time':1}",
        "{'type':'presence','nick':'bob','state':'left','time':1}",
        "{'type':'error','code':'quota','text':'x','fatal':false,'stream':#A,'n':1}",
        "{'type':'error','code':'no-such-peer','text':'x','fatal':false,'stream':#A,'n':2}",
        "{'type':'error','code':'quota','text':'x','fatal':false,'stream':#A,'n':77}",
        "{'type':'stored','to':'bob','stream':#A,'first':1,'n':5}",
        "{'type':'receipt','from':'bob','stream':#A,'n':1,'resend':true}",
        "{'type':'receipt','from':'bob','stream':#A,'n':9,'resend':true}",
        "{'type':'ping'}",
    };
    play_join(p);
    for (int i = 0; i < 5; i++)
        play_say(p, "x");
    play_turn(p);
    p->quiet = true;
    for (int i = 0; i < 20000; i++) {
        play_relay(p, flood[(i * 7 + i / 9) % 9]);
        if (i % 50 == 0)
            play_turn(p);
    }
    play_turn(p);
    assert_int_equal(p->error, 0);
    assert_int_equal(session_get_state(p->s), SESSION_ONLINE);
    p->quiet = false;
    play_forget(p);
    play_relay(p, "{'type':'presence','nick':'bob','state':'online','time':1}");
    play_turn(p);
    assert_non_null(strstr(p->frames, "message bob A5"));
}

/* A frame as it is on the wire; gives its length. */
static size_t put_frame(uint8_t *to, const char *header)
{
    size_t len = strlen(header);
    memcpy(to,
           (const uint8_t[]){0, 0, (uint8_t)((len + 2) >> 8), (uint8_t)(len + 2), 0, (uint8_t)len},
           6);
    memcpy(to + 6, header, len);
    return len + 6;
}

/* Each of these frames changes the marks of everything that waits. */
static void test_little_that_does_much_is_taken_bit_by_bit(void **state)
{
    enum {
        MESSAGES = 100,
        FRAMES = 200
    };
    struct play *p = *state;
    static uint8_t bytes[FRAMES * 256];
    char stored[200], refused[200];
    struct session_event event;
    size_t len = 0, events = 0;
    play_join(p);
    play_say_many(p, 1, MESSAGES);
    snprintf(stored, sizeof stored,
             "{\"type\":\"stored\",\"to\":\"bob\",\"stream\":\"%016llx\",\"first\":1,\"n\":%d}",
             (unsigned long long)p->ours[0], MESSAGES);
    snprintf(refused, sizeof refused,
             "{\"type\":\"error\",\"code\":\"no-such-peer\",\"text\":\"\",\"fatal\":false,"
             "\"stream\":\"%016llx\",\"n\":%d}",
             (unsigned long long)p->ours[0], MESSAGES);
    for (int i = 0; i < FRAMES; i++)
        len += put_frame(bytes + len, i % 2 ? refused : stored);
    assert_int_equal(session_input(p->s, bytes, len, p->now_ms), 0);
    while (session_next(p->s, &event) == 1)
        events++;
    assert_in_range(events, 1000, 5000);
    session_committed(p->s, p->now_ms);
    p->quiet = true;
    play_turn(p);
    assert_int_equal(session_undelivered(p->s), MESSAGES); /* the last frame was taken too */
}

static void test_nothing_goes_out_unsealed_unless_that_was_asked_for(void **state)
{
    struct play *p = *state;
    play_clear(p);
    p->error = 0;
    p->open = false;
    play_start(p);
    play_join(p);
    play_say(p, "secret");
    play_bob_says(p, 'w', 1, "in the open");
    play_relay_payload(p, "{'type':'signal','from':'bob','time':1}",
                       "{'kind':'typing','active':true}");
    const struct payload typing = {.kind = PAYLOAD_TYPING, .active = true};
    session_signal(p->s, &typing, p->now_ms);
    play_bob_has(p, 'A', 1);
    play_expect(p, "show 1 2:A1 waiting {'kind':'text','text':'secret'}\n", "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, play_set_up, play_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_what_breaks_the_protocol_ends_the_connection),
        TEST(test_a_relay_of_another_version_is_left_alone),
        TEST(test_bytes_that_are_no_frame),
        TEST(test_nothing_after_the_end_counts),
        TEST(test_types_of_later_versions_are_ignored),
        TEST(test_numbers_without_measure),
        TEST(test_a_list_of_stored_that_lies),
        TEST(test_a_flood_of_everything),
        TEST(test_little_that_does_much_is_taken_bit_by_bit),
        TEST(test_nothing_goes_out_unsealed_unless_that_was_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
