/* PROTOCOL.md, "Delivery", by a relay without a disk. */
#include "relay_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct harness_phrase phrases[] = {
    {"pair", "alice> hello alice\n"
             "alice< welcome alice lobby 0\n"
             "bob> hello bob\n"
             "bob< welcome bob lobby 0 alice online\n"
             "alice< presence bob online\n"},
    {"bob-goes", "bob lost\n"
                 "alice< presence bob offline\n"},
    {"bob-is-back", "bob> hello bob\n"
                    "bob< welcome bob lobby $ alice online\n"},
    {"send", "alice> message bob a $ x\n"
             "bob< message alice a $ x\n"},
    {"receipt", "bob> receipt alice $\n"
                "alice< receipt bob $\n"},
    {NULL, NULL},
};

static const struct harness_dialogue dialogues[] = {
    {"a message is kept until its receipt", false,
     "pair\n"
     "send 1\n"
     "send 2\n"
     "send 3\n"
     "receipt a 2\n"
     "bob-goes\n"
     "bob-is-back 1\n"
     "bob< message alice a 3 x\n"
     "alice< presence bob online\n"},
    {"streams have receipts of their own", false,
     "pair\n"
     "send 1\n"
     "alice> message bob b 1 y\n"
     "bob< message alice b 1 y\n"
     "send 2\n"
     "alice> message bob b 2 y\n"
     "bob< message alice b 2 y\n"
     "receipt b 2\n"
     "bob-goes\n"
     "bob-is-back 2\n"
     "bob< message alice a 1 x\n"
     "bob< message alice a 2 x\n"
     "alice< presence bob online\n"},
    {"for who is absent nothing new is taken", false,
     "pair\n"
     "send 1\n"
     "bob-goes\n"
     "alice> message bob a 2 y\n"
     "alice< error quota a 2\n"
     "alice> message bob a 3 z\n"
     "alice> message bob b 1 y\n"
     "alice< error quota b 1\n"
     "alice> message bob a 2 y\n"
     "alice< error quota a 2\n"
     "bob-is-back 1\n"
     "bob< message alice a 1 x\n"
     "alice< presence bob online\n"
     "send 2\n"},
    {"a repeat is dropped", false,
     "pair\n"
     "send 1\n"
     "send 2\n"
     "alice> message bob a 1 x\n"
     "alice> message bob a 2 x\n"
     "receipt a 1\n"
     "alice> message bob a 1 x\n"
     "send 3\n"},
    {"but what is receipted goes out again", false,
     "pair\n"
     "send 1\n"
     "send 2\n"
     "receipt a 2\n"
     "send 2\n"},
    {"a hole is the clients' affair", false,
     "pair\n"
     "send 1\n"
     "send 5\n"},
    {"every receipt is passed on", false,
     "pair\n"
     "receipt a 7\n"
     "receipt a 0\n"
     "bob> receipt cleo a 7\n"
     "receipt a 7 proof\n"},
    {"a receipt of the sender himself is none", false,
     "pair\n"
     "send 1\n"
     "alice> receipt bob a 1\n"
     "bob< receipt alice a 1\n"
     "bob-goes\n"
     "bob-is-back 1\n"
     "bob< message alice a 1 x\n"
     "alice< presence bob online\n"},
    {"asked to resend, the relay forgets the stream and awaits the next", false,
     "pair\n"
     "send 1\n"
     "send 2\n"
     "send 3\n"
     "alice> message bob b 1 y\n"
     "bob< message alice b 1 y\n"
     "receipt a 1 resend\n"
     "alice> message bob a 4 x\n"
     "alice> message bob a 1 x\n"
     "alice> message bob b 2 y\n"
     "bob< message alice b 2 y\n"
     "send 2\n"
     "send 3\n"
     "send 4\n"},
    {"a receipt for what is awaited ends that", false,
     "pair\n"
     "receipt a 1 resend\n"
     "alice> message bob a 4 x\n"
     "receipt a 1\n"
     "alice> message bob a 4 x\n"
     "receipt a 2\n"
     "send 4\n"},
    {"either of the two connecting anew ends it", false,
     "pair\n"
     "receipt a 1 resend\n"
     "alice> message bob a 4 x\n"
     "bob-goes\n"
     "bob-is-back 0\n"
     "alice< presence bob online\n"
     "send 4\n"
     "receipt a 4 resend\n"
     "alice lost\n"
     "bob< presence alice offline\n"
     "alice> hello alice\n"
     "alice< welcome alice lobby 0 bob online\n"
     "bob< presence alice online\n"
     "send 9\n"},
    {"a receipt with resend forgets what was not sent, too", false,
     "pair\n"
     "hold\n"
     "alice> message bob a 1 x\n"
     "alice> message bob a 2 x\n"
     "bob> receipt alice a 0 resend\n"
     "turn\n"
     "alice< receipt bob a 0 resend\n"
     "send 1\n"},
    {"receipts wait for a sender who is gone", false,
     "pair\n"
     "send 1\n"
     "send 2\n"
     "alice> message bob b 1 y\n"
     "bob< message alice b 1 y\n"
     "alice lost\n"
     "bob< presence alice offline\n"
     "bob> receipt alice a 1\n"
     "bob> receipt alice b 1\n"
     "bob> receipt alice a 2\n"
     "bob> message alice c 1 z\n"
     "bob< error quota c 1\n"
     "alice> hello alice\n"
     "alice< welcome alice lobby 0 bob online\n"
     "alice< receipt bob b 1\n"
     "alice< receipt bob a 2\n"
     "bob< presence alice online\n"
     "alice lost\n"
     "bob< presence alice offline\n"
     "alice> hello alice\n"
     "alice< welcome alice lobby 0 bob online\n"
     "bob< presence alice online\n"},
    {"a receipt for who left is no error", false,
     "pair\n"
     "send 1\n"
     "alice> bye leave\n"
     "alice< finish\n"
     "bob< presence alice left\n"
     "bob> receipt alice a 1\n"
     "bob lost\n"
     "bob> hello bob\n"
     "bob< welcome bob lobby 0\n"},
    {"what came before the end of a connection comes before it is told", false,
     "pair\n"
     "hold\n"
     "alice> message bob a 1 x\n"
     "alice> signal bob s\n"
     "alice> message bob a 2 x\n"
     "alice> bye\n"
     "turn\n"
     "bob< message alice a 1 x\n"
     "bob< signal alice s\n"
     "bob< message alice a 2 x\n"
     "bob< presence alice offline\n"
     "alice< finish\n"},
    {"receipts go ahead of messages", false,
     "pair\n"
     "send 1\n"
     "hold\n"
     "bob> message alice b 1 y\n"
     "bob> receipt alice a 1\n"
     "turn\n"
     "alice< receipt bob a 1\n"
     "alice< message bob b 1 y\n"},
    {"signals are never queued", false,
     "pair\n"
     "bob-goes\n"
     "alice> signal bob s\n"
     "bob-is-back 0\n"
     "alice< presence bob online\n"},
};

/* Messages of 65,408 bytes: 16 of them are 1 MiB, as it is counted. */
static const char send_a[] = "alice> message bob a # *65408\n";
static const char send_b[] = "alice> message bob b # *65408\n";
static const char gets_a[] = "bob< message alice a # *65408\n";

static void start_pair(void)
{
    const struct relay_options o = harness_options(false);
    harness_start(&o);
    harness_run("pair\n");
}

static void test_the_window_ahead_of_the_receipts(void **state)
{
    (void)state;
    start_pair();
    harness_run("hold\n");
    harness_run_each(send_a, 1, 20);
    harness_run_some("turn\n");
    harness_run_each(gets_a, 1, 16);
    harness_run("alice> signal bob s\n"
                "bob< signal alice s\n"
                "bob> message alice b 1 y\n"
                "alice< message bob b 1 y\n");
    harness_run_some("receipt a 2\n");
    harness_run_each(gets_a, 17, 18);
    harness_run_some("receipt a 17\n");
    harness_run_each(gets_a, 19, 20);
    harness_run("");
    harness_stop();
}

static void test_a_sender_has_no_more_than_2_mib(void **state)
{
    (void)state;
    start_pair();
    harness_run("hold\n");
    harness_run_each(send_a, 1, 16);
    harness_run_each(send_b, 1, 16);
    harness_run_some("turn\n");
    harness_run_each(gets_a, 1, 16);
    assert_int_equal(harness_counters().held_bytes, RELAY_SENDER_MAX);
    harness_run("alice> message bob c 1\n"
                "alice< error window c 1\n"
                "alice< finish\n"
                "bob< presence alice offline\n");
    /* From whichever connection: a new one changes nothing. */
    harness_run("alice2> hello alice\n"
                "alice2< welcome alice lobby 0 bob online\n"
                "bob< presence alice online\n"
                "alice2> message bob c 1\n"
                "alice2< error window c 1\n"
                "alice2< finish\n"
                "bob< presence alice offline\n");
    harness_stop();
}

static void test_a_sender_who_left_and_came_back_is_the_same(void **state)
{
    (void)state;
    start_pair();
    harness_run("hold\n");
    harness_run_each(send_a, 1, 32);
    harness_run_some("turn\n");
    harness_run_each(gets_a, 1, 16);
    harness_run("alice> bye leave\n"
                "alice< finish\n"
                "bob< presence alice left\n"
                "alice2> hello alice\n"
                "alice2< welcome alice lobby 0 bob online\n"
                "bob< presence alice online\n"
                "alice2> message bob c 1\n"
                "alice2< error window c 1\n"
                "alice2< finish\n"
                "bob< presence alice offline\n");
    harness_stop();
}

static void test_what_is_held_for_one_receiver_is_bounded(void **state)
{
    (void)state;
    start_pair();
    harness_run("hold\n");
    harness_run_each(send_a, 1, 32);
    harness_run_some("turn\n");
    harness_run_each(gets_a, 1, 16);
    harness_run("alice> bye leave\n"
                "alice< finish\n"
                "alice lost\n"
                "bob< presence alice left\n"
                "alice> hello cleo\n" /* another person on the connection `alice` */
                "alice< welcome cleo lobby 0 bob online\n"
                "bob< presence cleo online\n");
    harness_run_each(send_a, 1, 32);
    harness_run("alice> bye leave\n"
                "alice< finish\n"
                "alice lost\n"
                "bob< presence cleo left\n"
                "alice> hello dan\n"
                "alice< welcome dan lobby 0 bob online\n"
                "bob< presence dan online\n"
                "alice> message bob a 1\n"
                "alice< error quota a 1\n");
    assert_int_equal(harness_counters().held_bytes, RELAY_RUN_MAX);
    harness_stop();
}

static void test_only_so_many_streams_are_awaited(void **state)
{
    (void)state;
    start_pair();
    harness_run_each("receipt # 1 resend\n", 1, RELAY_STREAMS_EXPECTED + 1);
    harness_run("alice> message bob 2 3 x\n"
                "alice> message bob 257 3 x\n"
                "alice> message bob 1 3 x\n"
                "bob< message alice 1 3 x\n");
    harness_stop();
}

static void test_only_so_many_receipts_wait(void **state)
{
    (void)state;
    start_pair();
    harness_run("alice lost\n"
                "bob< presence alice offline\n");
    harness_run_each("bob> receipt alice # 1\n", 1, RELAY_STREAMS_KEPT + 2);
    harness_run_some("alice> hello alice\n"
                     "alice< welcome alice lobby 0 bob online\n"
                     "bob< presence alice online\n");
    harness_run_each("alice< receipt bob # 1\n", 3, RELAY_STREAMS_KEPT + 2);
    harness_run("");
    harness_stop();
}

static void test_the_memory_of_all_is_bounded(void **state)
{
    (void)state;
    struct relay_options o = harness_options(false);
    o.store_max = 2 * 65536 + RELAY_SEAT_COST;
    harness_start(&o);
    harness_run("pair\n");
    harness_run_each("alice> message bob a # *65408\nbob< message alice a # *65408\n", 1, 2);
    harness_run("x> hello x room=tea\n"
                "x< welcome x tea 0\n"
                "y> hello y room=tea\n"
                "y< welcome y tea 0 x online\n"
                "x< presence y online\n"
                "y> message x a 1 *3000\n"
                "y< error quota a 1\n"
                "receipt a 1\n"
                "y> message x a 1 *3000\n"
                "x< message y a 1 *3000\n");
    /* A receipt that finds no place is dropped; the sender will repeat its last message. */
    harness_run("y lost\n"
                "x< presence y offline\n"
                "x> receipt y a 1 proof\n"
                "y> hello y room=tea\n"
                "y< welcome y tea 0 x online\n"
                "y< receipt x a 1 proof\n"
                "x< presence y online\n");
    harness_stop();
    o.store_max = 100;
    harness_start(&o);
    harness_run("pair\n"
                "alice lost\n"
                "bob< presence alice offline\n"
                "bob> receipt alice a 1\n"
                "alice> hello alice\n"
                "alice< welcome alice lobby 0 bob online\n"
                "bob< presence alice online\n");
    harness_stop();
}

static void test_a_client_that_does_not_read(void **state)
{
    (void)state;
    start_pair();
    harness_run("bob deaf\n");
    for (int i = 0; i < 20; i++)
        harness_run("alice> signal bob *20000\n");
    for (int round = 0; round < 100; round++)
        harness_run_each("alice> receipt bob # 1 *1000\n"
                         "alice> raw {'type':'keys','keys':{'made':#}}\n",
                         1, 20);
    harness_run("alice> receipt bob a 5000 resend\n"
                "alice> receipt bob a 5001\n");
    /* At most 256 KiB of it all: the newest receipts and presence, the oldest signals. */
    size_t len, total = 0;
    while (relay_output(harness_relay(), harness_client("bob"), &len)) {
        total += len;
        relay_consume(harness_relay(), harness_client("bob"), len, harness_now());
    }
    assert_in_range(total, 50000, RELAY_CONTROL_MAX);
    harness_stop();
}

static void test_who_does_not_read_its_replies_is_not_read(void **state)
{
    (void)state;
    start_pair();
    harness_run("bob deaf\n");
    int pings = 0;
    while (relay_wants_input(harness_client("bob"))) {
        harness_run("bob> ping\n");
        pings++;
    }
    assert_in_range(pings, 100, 2000);
    harness_run("bob> ping 1\n"
                "bob> message alice b 1 y\n"); /* came all the same: it waits */
    harness_run_some("bob hears\n");
    for (; pings > 0; pings--)
        harness_run_some("bob< pong\n");
    harness_run("bob< pong 1\n"
                "alice< message bob b 1 y\n");
    assert_true(relay_wants_input(harness_client("bob")));
    harness_stop();
}

static void test_what_waits_to_be_read_counts_at_the_end(void **state)
{
    (void)state;
    start_pair();
    harness_run("bob deaf\n");
    while (relay_wants_input(harness_client("bob")))
        harness_run("bob> ping\n");
    harness_run("bob> message alice b 1 y\n"
                "bob lost\n"
                "alice< message bob b 1 y\n"
                "alice< presence bob offline\n");
    harness_stop();
    start_pair();
    harness_run("bob deaf\n");
    int pings = 0;
    for (; relay_wants_input(harness_client("bob")); pings++)
        harness_run("bob> ping\n");
    harness_run("bob> message alice b 1 y\n"
                "bob end\n");
    harness_run_some("bob hears\n");
    for (; pings > 0; pings--)
        harness_run_some("bob< pong\n");
    harness_run("bob< finish\n"
                "bob< drop\n"
                "alice< message bob b 1 y\n"
                "alice< presence bob offline\n");
    harness_stop();
}

int main(void)
{
    harness_set_phrases(phrases);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_window_ahead_of_the_receipts),
        cmocka_unit_test(test_a_sender_has_no_more_than_2_mib),
        cmocka_unit_test(test_a_sender_who_left_and_came_back_is_the_same),
        cmocka_unit_test(test_what_is_held_for_one_receiver_is_bounded),
        cmocka_unit_test(test_only_so_many_streams_are_awaited),
        cmocka_unit_test(test_only_so_many_receipts_wait),
        cmocka_unit_test(test_the_memory_of_all_is_bounded),
        cmocka_unit_test(test_a_client_that_does_not_read),
        cmocka_unit_test(test_who_does_not_read_its_replies_is_not_read),
        cmocka_unit_test(test_what_waits_to_be_read_counts_at_the_end),
    };
    int failed = harness_play_all("delivery", dialogues, sizeof dialogues / sizeof dialogues[0]);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
