/* What goes out for the first time, and its marks: nothing is sent before it is on disk. */
#include "error.h"
#include "payload.h"
#include "play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static void test_a_message_is_sent_and_shown_only_when_it_is_on_disk(void **state)
{
    struct play *p = *state;
    play_join(p);
    p->manual = p->trace_saves = true;
    play_say(p, "1");
    play_expect(p,
                "save peer 1 bob ''\n"
                "save stream 1:A1 order 1 receipted 0\n"
                "save 1 1:A1 waiting " SAID(1),
                "");
    play_commit(p);
    play_expect(p, "show 1 1:A1 waiting " SAID(1), SENT(A1, 1));
    play_say(p, "2");
    play_expect(p, "save stream 1:A2 order 1 receipted 0\nsave 2 1:A2 waiting " SAID(2), "");
    play_commit(p);
    play_expect_frames(p, SENT(A2, 2));
    assert_int_equal(session_undelivered(p->s), 2);
}

static void test_a_receipt_delivers_what_it_covers(void **state)
{
    struct play *p = *state;
    play_join(p);
    play_say_many(p, 1, 3);
    p->trace_saves = true;
    play_bob_has(p, 'A', 2);
    play_expect(p,
                "save mark 1 delivered\nsave mark 2 delivered\n"
                "save stream 1:A3 order 1 receipted 2\n"
                "mark 1 delivered\nmark 2 delivered\n",
                "");
    assert_int_equal(session_undelivered(p->s), 1);
    play_bob_has(p, 'A', 1);
    play_bob_has(p, 'A', 2);
    play_bob_has(p, 'A', 0);
    play_bob_has(p, 'w', 1);
    play_expect(p, "", "");
}

static void test_no_mark_claims_what_was_not_sent(void **state)
{
    struct play *p = *state;
    play_join(p);
    play_say_many(p, 1, 1);
    p->manual = true;
    play_say(p, "2");
    play_bob_has(p, 'A', 9);
    play_relay(p, "{'type':'stored','to':'bob','stream':#A,'first':1,'n':9}");
    play_expect(p, "", "");
    p->manual = false;
    play_expect(p, "show 2 1:A2 waiting " SAID(2) "mark 1 delivered\n", SENT(A2, 2));
    assert_int_equal(session_undelivered(p->s), 1);
}

static void test_stored_is_marked(void **state)
{
    struct play *p = *state;
    play_join(p);
    play_say_many(p, 1, 4);
    play_relay(p, "{'type':'stored','to':'bob','stream':#A,'first':2,'n':3}");
    play_expect(p, "mark 2 stored\nmark 3 stored\n", "");
    assert_int_equal(session_undelivered(p->s), 2);
    play_relay(p, "{'type':'stored','to':'bob','stream':#A,'first':2,'n':3}");
    play_relay(p, "{'type':'stored','to':'bob','stream':#w,'first':1,'n':3}");
    play_expect(p, "", "");
    play_bob_has(p, 'A', 2);
    play_expect(p, "mark 1 delivered\nmark 2 delivered\n", "");
    assert_int_equal(session_undelivered(p->s), 1);
}

static void test_the_window(void **state)
{
    struct play *p = *state;
    static char text[16000];
    memset(text, 'x', sizeof text - 1);
    /* a format byte, the length of the header, the header */
    const size_t cost = 128 + 1 + 2 + strlen("{'kind':'text','text':''}") + sizeof text - 1;
    const size_t fit = SESSION_WINDOW / cost;
    play_join(p);
    play_say(p, text);
    play_turn(p);
    play_forget(p);
    p->quiet = true;
    for (size_t i = 1; i < fit + 5; i++) {
        play_say(p, text);
        play_turn(p);
    }
    p->quiet = false;
    char expected[64];
    play_bob_is(p, "offline", "");
    play_expect(p, "presence bob offline\n", "");
    play_bob_has(p, 'A', 1);
    play_turn(p);
    snprintf(expected, sizeof expected, "message bob A%zu {", fit + 1);
    assert_memory_equal(p->frames, expected, strlen(expected));
    assert_int_equal(strchr(p->frames, '\n')[1], '\0');
    play_forget(p);
    play_relay(p, "{'type':'stored','to':'bob','stream':#A,'first':3,'n':4}");
    play_turn(p);
    snprintf(expected, sizeof expected, "message bob A%zu {", fit + 2);
    assert_memory_equal(p->frames, expected, strlen(expected));
    assert_non_null(strstr(strchr(p->frames, '\n') + 1, "message bob A"));
}

#define QUOTA "{'type':'error','code':'quota','text':'full','fatal':false,'stream':#A,'n':2}"

static void test_quota_holds_for_a_while(void **state)
{
    struct play *p = *state;
    static const char *const ends[] = {
        "{'type':'receipt','from':'bob','stream':#A,'n':1}",
        "{'type':'stored','to':'bob','stream':#A,'first':3,'n':3}",
        "{'type':'presence','nick':'bob','state':'offline','time':1}",
    };
    play_join(p);
    play_say_many(p, 1, 3);
    play_relay(p, QUOTA);
    play_say(p, "4");
    play_expect(p, "refused 2 quota\nshow 4 1:A4 waiting " SAID(4), "");
    play_wait(p, SESSION_QUOTA_MS - 1);
    play_turn(p);
    assert_null(strstr(p->frames, "message"));
    play_forget(p);
    play_wait(p, 1);
    play_turn(p);
    assert_non_null(strstr(p->frames, SENT(A2, 2) SENT(A3, 3) SENT(A4, 4)));
    for (size_t i = 0; i < 3; i++) {
        play_relay(p, QUOTA);
        play_turn(p);
        play_forget(p);
        if (i == 0)
            play_relay_payload(p, ends[i], "{'kind':'receipt'}");
        else
            play_relay(p, ends[i]);
        play_expect_frames(p, SENT(A2, 2) SENT(A3, 3) SENT(A4, 4));
    }
    play_relay(p, QUOTA);
    play_turn(p);
    play_come_back(p, "offline", "");
    play_expect_frames(p, "ping 2\n" SENT(A2, 2) SENT(A3, 3) SENT(A4, 4));
}

/* The relay sends a receipt ahead of what it refused before, for what the receipt took away. */
static void test_a_receipt_that_overtook_quota_counts(void **state)
{
    struct play *p = *state;
    play_join(p);
    play_say_many(p, 1, 3);
    play_relay_payload(p, "{'type':'receipt','from':'bob','stream':#A,'n':1}",
                       "{'kind':'receipt'}");
    play_relay(p, QUOTA);
    play_expect_frames(p, SENT(A2, 2) SENT(A3, 3));
    play_relay(p, QUOTA);
    play_wait(p, SESSION_QUOTA_MS - 1);
    play_expect_frames(p, "");
    play_wait(p, 1);
    play_expect_frames(p, SENT(A2, 2) SENT(A3, 3));
}

/* Else a client and a relay whose queue shrank would go on like this for ever, at full speed. */
static void test_stored_repeats_do_not_end_the_hold(void **state)
{
    struct play *p = *state;
    static const char stored[] = "{'type':'stored','to':'bob','stream':#A,'first':3,'n':4}";
    play_join(p);
    play_say_many(p, 1, 4);
    play_relay(p, QUOTA);
    play_relay(p, stored);
    play_expect_frames(p, SENT(A2, 2) SENT(A3, 3) SENT(A4, 4));
    play_relay(p, QUOTA);
    play_relay(p, stored);
    play_expect_frames(p, "");
    play_wait(p, 29000);
    play_expect_frames(p, "");
}

#define NO_SUCH_PEER \
    "{'type':'error','code':'no-such-peer','text':'who?','fatal':false,'stream':#A,'n':2}"

static void test_no_such_peer_holds_until_it_appears(void **state)
{
    struct play *p = *state;
    play_join(p);
    play_say_many(p, 1, 3);
    play_relay(p, "{'type':'stored','to':'bob','stream':#A,'first':1,'n':1}");
    play_turn(p);
    play_forget(p);
    play_relay(p, NO_SUCH_PEER);
    play_expect(p, "refused 2 no-such-peer\nmark 1 waiting\n", "");
    play_bob_has(p, 'A', 0);
    play_wait(p, 29000);
    play_expect_frames(p, "");
    play_bob_is(p, "online", "");
    play_expect_frames(p, SENT(A1, 1) SENT(A2, 2) SENT(A3, 3));
    play_relay(p, NO_SUCH_PEER);
    play_turn(p);
    play_forget(p);
    play_bob_is(p, "offline", "");
    play_expect_frames(p, SENT(A1, 1) SENT(A2, 2) SENT(A3, 3));
}

static void test_read_marks_what_was_delivered(void **state)
{
    struct play *p = *state;
    play_join(p);
    play_say_many(p, 1, 3);
    play_bob_has(p, 'A', 2);
    play_turn(p);
    play_forget(p);
    p->trace_saves = true;
    const char *message = "{'type':'message','from':'bob','stream':#w,'n':1,'time':5}";
    play_relay_payload(p, message, "{'kind':'read','stream':#A,'n':3}");
    play_expect_events(p, "save stream 1:w1 order 1\n"
                          "save 4 1:w1 {'kind':'read','stream':'A','n':3}\n"
                          "save seen 1:A2\n"
                          "show 4 1:w1 {'kind':'read','stream':'A','n':3}\n"
                          "seen 1:A2\n");
    assert_int_equal(p->disk.messages[1].mark, SESSION_SEEN);
    assert_int_equal(p->disk.messages[2].mark, SESSION_WAITING);
    p->trace_saves = false;
    message = "{'type':'message','from':'bob','stream':#w,'n':2,'time':5}";
    play_relay_payload(p, message, "{'kind':'read','stream':#w,'n':3}");
    play_expect_events(p, "show 5 1:w2 {'kind':'read','stream':'w','n':3}\n");
}

static void test_a_text_says_what_its_writer_had_seen(void **state)
{
    struct play *p = *state;
    play_join(p);
    p->manual = true;
    play_bob_says(p, 'w', 1, "hi");
    play_say(p, "1");
    play_commit(p);
    play_say(p, "2");
    play_commit(p);
    play_turn(p);
    play_forget(p);
    p->manual = false;
    play_restart(p);
    play_say(p, "3");
    play_join(p);
    play_restart(p);
    play_join(p);
    assert_string_equal(p->frames, "");
    play_bob_has(p, 'B', 1);
    play_turn(p);
    play_bob_asks(p, 'A', 0);
    play_expect_frames(
        p, SENT(A1, 1) "message bob A2 {'kind':'text','text':'2',"
                       "'after':{'stream':'w','n':1}}\n"
                       "message bob B1 {'kind':'text','previous':{'stream':'A','n':2},'text':'3',"
                       "'after':{'stream':'w','n':1}}\n");
}

static void test_receipts_and_pongs_go_ahead(void **state)
{
    struct play *p = *state;
    static char text[8000];
    memset(text, 'x', sizeof text - 1);
    play_join(p);
    p->quiet = true;
    for (size_t i = 0; i < 20; i++)
        play_say(p, text);
    p->quiet = false;
    play_commit(p);
    size_t len;
    session_output(p->s, &len);
    assert_in_range(len, 16 << 10, 25 << 10); /* and 140 KiB wait */
    play_relay(p, "{'type':'ping','id':1}");
    play_bob_says(p, 'w', 1, "hi");
    play_turn(p);
    const char *third = strstr(strstr(p->frames, "A2") + 1, "A3");
    assert_in_range(strstr(p->frames, "pong 1\n") - p->frames, 0, strstr(third, "A4") - p->frames);
    assert_in_range(strstr(p->frames, "receipt bob w1\n") - p->frames, 0,
                    strstr(p->frames, "A8") - p->frames);
}

static void test_what_cannot_be_said(void **state)
{
    struct play *p = *state;
    static char text[PAYLOAD_TEXT_MAX + 1];
    uint64_t id = 0;
    play_join(p);
    struct payload payload = {.kind = PAYLOAD_TEXT, .text = {text, sizeof text}};
    memset(text, 'x', sizeof text);
    assert_int_equal(session_send(p->s, &payload, p->now_ms, &id), ERROR_PAYLOAD);
    memset(text, 1, sizeof text); /* each is 6 bytes in JSON */
    payload.text.len = PAYLOAD_TEXT_MAX;
    assert_int_equal(session_send(p->s, &payload, p->now_ms, &id), ERROR_PAYLOAD);
    payload.text = (struct json_string){"\xff", 1};
    assert_int_equal(session_send(p->s, &payload, p->now_ms, &id), ERROR_PAYLOAD);
    static const enum payload_kind kinds[] = {PAYLOAD_UNKNOWN, PAYLOAD_RECEIPT, PAYLOAD_TYPING,
                                              PAYLOAD_AWAY};
    for (size_t i = 0; i < 4; i++) {
        payload.kind = kinds[i];
        assert_int_equal(session_send(p->s, &payload, p->now_ms, &id), ERROR_STATE);
    }
    payload.kind = PAYLOAD_TEXT;
    assert_int_equal(session_signal(p->s, &payload, p->now_ms), ERROR_STATE);
    play_expect(p, "", "");
    assert_int_equal(play_say(p, "1"), 1);
    play_expect_frames(p, SENT(A1, 1));
}

static void test_signals(void **state)
{
    struct play *p = *state;
    const struct payload typing = {.kind = PAYLOAD_TYPING, .active = true};
    struct payload away = {.kind = PAYLOAD_AWAY, .active = true};
    assert_int_equal(session_signal(p->s, &typing, p->now_ms), 0);
    play_join_alone(p);
    session_signal(p->s, &typing, p->now_ms);
    session_signal(p->s, &away, p->now_ms);
    play_expect(p, "", "");
    play_bob_is(p, "online", "");
    play_expect_frames(p, "signal bob {'kind':'away','active':true}\n");
    session_signal(p->s, &typing, p->now_ms);
    away.active = false;
    session_signal(p->s, &away, p->now_ms);
    play_expect_frames(p, "signal bob {'kind':'typing','active':true}\n"
                          "signal bob {'kind':'away','active':false}\n");
    play_bob_is(p, "online", "");
    play_bob_is(p, "offline", "");
    session_signal(p->s, &typing, p->now_ms);
    play_expect_frames(p, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, play_set_up, play_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_message_is_sent_and_shown_only_when_it_is_on_disk),
        TEST(test_a_receipt_delivers_what_it_covers),
        TEST(test_no_mark_claims_what_was_not_sent),
        TEST(test_stored_is_marked),
        TEST(test_the_window),
        TEST(test_quota_holds_for_a_while),
        TEST(test_a_receipt_that_overtook_quota_counts),
        TEST(test_stored_repeats_do_not_end_the_hold),
        TEST(test_no_such_peer_holds_until_it_appears),
        TEST(test_read_marks_what_was_delivered),
        TEST(test_a_text_says_what_its_writer_had_seen),
        TEST(test_receipts_and_pongs_go_ahead),
        TEST(test_what_cannot_be_said),
        TEST(test_signals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
