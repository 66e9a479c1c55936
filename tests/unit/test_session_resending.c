/* What goes out again: after a cut, a restart, a receipt that asks. */
#include "payload.h"
#include "play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static void test_a_new_run_has_a_new_stream_and_old_ones_go_first(void **state)
{
    struct play *p = *state;
    play_join(p);
    play_say_many(p, 1, 2);
    play_restart(p);
    play_say(p, "3");
    play_turn(p);
    assert_int_equal(session_undelivered(p->s), 3);
    play_join_alone(p);
    play_say(p, "4");
    play_turn(p);
    play_forget(p);
    play_bob_is(p, "online", "");
    play_expect(
        p, "presence bob online\n",
        SENT(A1, 1)
            SENT(A2, 2) "message bob B1 "
                        "{'kind':'text','previous':{'stream':'A','n':2},'text':'3'}\n" SENT(B2, 4));
    play_bob_has(p, 'B', 1);
    play_bob_has(p, 'A', 2);
    play_bob_has(p, 'B', 2);
    play_expect_events(p, "mark 3 delivered\nmark 1 delivered\nmark 2 delivered\n"
                          "mark 4 delivered\n");
    play_restart(p);
    play_join(p);
    play_say(p, "5");
    play_expect_frames(p, "message bob C1 {'kind':'text','previous':{'stream':'B','n':2},"
                          "'text':'5'}\n");
}

static void test_going_back_after_a_welcome(void **state)
{
    struct play *p = *state;
    play_join(p);
    play_say_many(p, 1, 4);
    play_bob_has(p, 'A', 1);
    play_relay(p, "{'type':'stored','to':'bob','stream':#A,'first':2,'n':2}");
    play_turn(p);
    play_come_back(p, "online", ",'stored':[{'stream':#A,'first':2,'n':2}]");
    play_say(p, "5");
    play_expect(p, "status online\npresence bob online\nshow 5 1:A5 waiting " SAID(5),
                "ping 2\n" SENT(A3, 3) SENT(A4, 4) SENT(A5, 5));
}

static void test_what_the_relay_does_not_list_is_not_stored(void **state)
{
    struct play *p = *state;
    play_join(p);
    play_say_many(p, 1, 3);
    play_relay(p, "{'type':'stored','to':'bob','stream':#A,'first':1,'n':3}");
    play_turn(p);
    play_come_back(p, "offline", ",'stored':[{'stream':#A,'first':1,'n':2}]");
    play_expect(p, "status online\npresence bob offline\nmark 3 waiting\n", "ping 2\n" SENT(A3, 3));
    play_bob_is(p, "offline", "");
    play_expect(p, "presence bob offline\nmark 1 waiting\nmark 2 waiting\n",
                SENT(A1, 1) SENT(A2, 2) SENT(A3, 3));
    play_bob_is(p, "offline", "");
    play_expect(p, "presence bob offline\n", "");
}

static void test_the_very_last_message_goes_again(void **state)
{
    struct play *p = *state;
    play_join(p);
    play_say_many(p, 1, 2);
    play_bob_has(p, 'A', 2);
    play_turn(p);
    play_say(p, "3");
    play_turn(p);
    play_bob_has(p, 'A', 3);
    play_turn(p);
    play_come_back(p, "online", "");
    play_say(p, "4");
    play_expect(p, "status online\npresence bob online\nshow 4 1:A4 waiting " SAID(4) "load 1:A3\n",
                "ping 2\n" SENT(A3, 3) SENT(A4, 4));

    /* Not where it is stored. */
    play_relay(p, "{'type':'stored','to':'bob','stream':#A,'first':4,'n':4}");
    play_turn(p);
    play_come_back(p, "offline", ",'stored':[{'stream':#A,'first':4,'n':4}]");
    play_expect(p, "status online\npresence bob offline\n", "ping 3\n");

    /* Nor where the history has lost it; and then nothing is said to be missing. */
    play_bob_has(p, 'A', 4);
    play_turn(p);
    play_lose(p, 4);
    play_come_back(p, "online", "");
    play_expect_frames(p, "ping 4\n");
    play_say(p, "5");
    play_expect_frames(p, SENT(A5, 5));
    play_bob_has(p, 'A', 5);
    play_turn(p);
    play_lose(p, 5);
    play_come_back(p, "online", "");
    play_say(p, "6"); /* and is there before the history answers */
    play_expect_frames(p, "ping 5\n" SENT(A6, 6));
}

/* The receipt waited at the relay; bob's disk was put back since, and he is to see that. */
static void test_something_goes_again_whatever_receipt_comes_first(void **state)
{
    struct play *p = *state;
    play_join(p);
    play_say_many(p, 1, 2);
    play_come_back(p, "online", "");
    play_bob_has(p, 'A', 2);
    play_expect_frames(p, "ping 2\n" SENT(A2, 2));
    play_bob_has(p, 'A', 2);
    play_expect_frames(p, "");
}

static void test_going_back_when_the_peer_appears(void **state)
{
    struct play *p = *state;
    play_join(p);
    play_say_many(p, 1, 2);
    play_bob_is(p, "online", ""); /* taken over: a new connection of bob's */
    play_expect(p, "presence bob online\n", SENT(A1, 1) SENT(A2, 2));
    play_bob_is(p, "offline", "");
    play_expect(p, "presence bob offline\n", "");
    play_relay(p, "{'type':'stored','to':'bob','stream':#A,'first':1,'n':1}");
    play_bob_is(p, "online", ",'stored':[{'stream':#A,'first':1,'n':1}]");
    play_expect(p, "presence bob online\nmark 1 stored\n", SENT(A2, 2));
}

static void test_what_was_stored_in_a_seat_that_was_freed_is_not_any_more(void **state)
{
    struct play *p = *state;
    play_join(p);
    play_say_many(p, 1, 2);
    play_relay(p, "{'type':'stored','to':'bob','stream':#A,'first':1,'n':2}");
    play_turn(p);
    play_forget(p);
    play_bob_is(p, "left", "");
    play_say(p, "3");
    play_expect(p,
                "presence bob left\nmark 1 waiting\nmark 2 waiting\n"
                "show 3 1:A3 waiting " SAID(3),
                "");
    assert_int_equal(session_undelivered(p->s), 3);
    play_bob_is(p, "left", "");
    play_expect(p, "", "");
    play_bob_is(p, "offline", ""); /* it came and went while we did not look */
    play_expect(p, "presence bob offline\n", SENT(A1, 1) SENT(A2, 2) SENT(A3, 3));

    play_relay(p, "{'type':'stored','to':'bob','stream':#A,'first':1,'n':3}");
    play_turn(p);
    play_cut(p);
    play_join_alone(p);
    assert_int_equal(session_undelivered(p->s), 3);
}

/* Sends long texts, of which 64 fit into the window. */
static void send_long(struct play *p, size_t count)
{
    static char text[16000];
    memset(text, 'x', sizeof text);
    const struct payload payload = {.kind = PAYLOAD_TEXT, .text = {text, sizeof text}};
    uint64_t id;
    for (size_t i = 0; i < count; i++)
        assert_int_equal(session_send(p->s, &payload, p->now_ms, &id), 0);
    play_turn(p);
}

/* How often something was written down, which is forgotten then. */
static size_t count(struct play *p, const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, what)); at++)
        n++;
    play_forget(p);
    return n;
}

static void test_what_is_sent_again_is_not_on_its_way_twice(void **state)
{
    struct play *p = *state;
    play_join(p);
    send_long(p, 80);
    assert_int_equal(count(p, p->frames, "message"), 64);
    play_bob_is(p, "online", "");
    play_turn(p);
    assert_int_equal(count(p, p->frames, "message"), 64);
    /* What is stored takes no room, even where it must go again because of one before it. */
    play_relay(p, "{'type':'stored','to':'bob','stream':#A,'first':1,'n':64}");
    play_turn(p);
    play_forget(p);
    play_bob_is(p, "online", ",'stored':[{'stream':#A,'first':2,'n':80}]");
    play_turn(p);
    assert_int_equal(count(p, p->frames, "message"), 80);
}

static void test_the_history_is_not_asked_for_less_than_a_quarter_of_the_window(void **state)
{
    struct play *p = *state;
    play_join(p);
    send_long(p, 60);
    play_bob_has(p, 'A', 60);
    send_long(p, 60);
    play_bob_has(p, 'A', 120);
    play_turn(p);
    play_forget(p);
    p->load_max = 1;
    play_relay_payload(p, "{'type':'receipt','from':'bob','stream':#A,'n':0,'resend':true}",
                       "{'kind':'receipt'}");
    play_turn(p);
    assert_int_equal(count(p, p->events, "load"), 49); /* then three quarters are full */
    play_bob_has(p, 'A', 0);
    play_turn(p);
    assert_int_equal(count(p, p->events, "load"), 0);
    play_bob_has(p, 'A', 3);
    play_turn(p);
    assert_int_equal(count(p, p->events, "load"), 3);
}

static void test_resend_goes_back(void **state)
{
    struct play *p = *state;
    play_join(p);
    play_say_many(p, 1, 4);
    play_relay(p, "{'type':'stored','to':'bob','stream':#A,'first':1,'n':4}");
    play_turn(p);
    play_forget(p);
    play_bob_asks(p, 'A', 2);
    play_expect(p, "mark 1 delivered\nmark 2 delivered\nmark 3 waiting\nmark 4 waiting\n",
                SENT(A3, 3) SENT(A4, 4));
    play_bob_asks(p, 'A', 4);
    play_expect(p, "mark 3 delivered\nmark 4 delivered\n", "");
    play_bob_asks(p, 'w', 0);
    play_expect(p, "", "");
}

static void test_resend_reaches_into_the_history(void **state)
{
    struct play *p = *state;
    play_join(p);
    play_say_many(p, 1, 3);
    play_bob_has(p, 'A', 3);
    play_turn(p);
    play_restart(p);
    play_join(p);
    play_turn(p);
    play_say_many(p, 4, 6);
    play_bob_has(p, 'B', 2);
    play_turn(p);
    play_forget(p);
    p->load_max = 2;
    play_bob_asks(p, 'A', 1);
    play_expect(p, "load 1:A2\nload 1:B1\n",
                SENT(A2, 2)
                    SENT(A3, 3) "message bob B1 "
                                "{'kind':'text','previous':{'stream':'A','n':3},'text':'4'}\n" SENT(
                                    B2, 5) SENT(B3, 6));
    p->load_max = 1;
    play_bob_asks(p, 'A', 0);
    play_bob_asks(p, 'B', 0);
    play_expect_events(p, "load 1:A1\nload 1:A2\nload 1:A3\nload 1:B1\nload 1:B2\n");
}

static void test_what_the_history_has_lost_is_said_to_be_missing(void **state)
{
    struct play *p = *state;
    play_join(p);
    play_say_many(p, 1, 5);
    play_bob_has(p, 'A', 4);
    play_turn(p);
    play_forget(p);
    play_lose(p, 1);
    play_lose(p, 3);
    play_bob_asks(p, 'A', 0);
    play_expect(p, "load 1:A1\n",
                "message bob A2 first {'first':true,'kind':'text','text':'2'}\n"
                "message bob A4 first {'first':true,'kind':'text','text':'4'}\n" SENT(A5, 5));
    play_lose(p, 2);
    play_lose(p, 4);
    play_bob_asks(p, 'A', 0);
    play_expect(p, "load 1:A1\n", "message bob A5 first {'first':true,'kind':'text','text':'5'}\n");
    play_bob_has(p, 'A', 5);
    play_lose(p, 5);
    play_turn(p);
    play_forget(p);
    /* Where there is nothing at all, the next message says so. */
    play_bob_asks(p, 'A', 0);
    play_expect(p, "load 1:A1\n", "");
    play_say(p, "6");
    play_say(p, "7");
    play_expect_frames(
        p, "message bob A6 first {'first':true,'kind':'text','text':'6'}\n" SENT(A7, 7));
}

static void test_a_load_that_came_too_late_is_of_no_use(void **state)
{
    struct play *p = *state;
    play_join(p);
    play_say_many(p, 1, 3);
    play_bob_has(p, 'A', 3);
    play_turn(p);
    play_forget(p);
    p->no_loads = true;
    play_bob_asks(p, 'A', 0);
    play_expect(p, "load 1:A1\n", "");
    play_bob_has(p, 'A', 2); /* it came to have them otherwise */
    play_expect(p, "", "");
    play_load(p);
    play_expect(p, "load 1:A3\n", "");
    play_cut(p);
    play_load(p);
    play_join(p);
    play_load(p);
    play_turn(p);
    play_forget(p);
    play_bob_has(p, 'A', 3);
    play_expect(p, "", "");
    play_load(p);
    play_expect(p, "", "");
}

static void test_a_receipt_that_does_not_open_counts_for_nothing(void **state)
{
    struct play *p = *state;
    play_join(p);
    play_say_many(p, 1, 2);
    const char *receipt = "{'type':'receipt','from':'bob','stream':#A,'n':2}";
    play_relay(p, receipt);
    play_expect(p, "", SENT(A1, 1) SENT(A2, 2));
    play_relay_payload(p, receipt, "{'kind':'typing','active':true}");
    play_expect(p, "", SENT(A1, 1) SENT(A2, 2));
    play_relay_content(p, receipt, (const uint8_t *)"\1abc", 4);
    play_relay_content(p, receipt, (const uint8_t *)"\0\0\2{", 4);
    play_expect(p, "", "");
    play_come_back(p, "offline", "");
    play_turn(p);
    play_forget(p);
    play_relay(p, receipt);
    play_expect(p, "", SENT(A1, 1) SENT(A2, 2));
}

static void test_the_longest_text_can_be_asked_for_again(void **state)
{
    struct play *p = *state;
    static char text[PAYLOAD_TEXT_MAX];
    uint64_t id = 0;
    play_join(p);
    size_t len = 0;
    memset(text, 1, sizeof text);
    struct payload payload = {.kind = PAYLOAD_TEXT, .text = {text, 1}};
    for (size_t step = 8192; step > 0; step /= 2) {
        payload.text.len = len + step;
        if (session_send(p->s, &payload, p->now_ms, &id) == 0)
            len += step;
    }
    play_turn(p);
    play_bob_has(p, 'A', id - 1);
    play_turn(p);
    play_forget(p);
    /* The history has lost all but the last: that one is sent with `first`. */
    for (uint64_t i = 1; i < id; i++)
        play_lose(p, i);
    play_bob_asks(p, 'A', 0);
    play_turn(p);
    assert_non_null(strstr(p->frames, "{'first':true,'kind':'text'"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, play_set_up, play_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_new_run_has_a_new_stream_and_old_ones_go_first),
        TEST(test_going_back_after_a_welcome),
        TEST(test_what_the_relay_does_not_list_is_not_stored),
        TEST(test_the_very_last_message_goes_again),
        TEST(test_something_goes_again_whatever_receipt_comes_first),
        TEST(test_going_back_when_the_peer_appears),
        TEST(test_what_was_stored_in_a_seat_that_was_freed_is_not_any_more),
        TEST(test_what_is_sent_again_is_not_on_its_way_twice),
        TEST(test_the_history_is_not_asked_for_less_than_a_quarter_of_the_window),
        TEST(test_resend_goes_back),
        TEST(test_resend_reaches_into_the_history),
        TEST(test_what_the_history_has_lost_is_said_to_be_missing),
        TEST(test_a_load_that_came_too_late_is_of_no_use),
        TEST(test_a_receipt_that_does_not_open_counts_for_nothing),
        TEST(test_the_longest_text_can_be_asked_for_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
