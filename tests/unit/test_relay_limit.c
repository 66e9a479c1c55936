/* What bounds the relay: windows, quotas, numbers, and clients that do not read. */
#include "relay_harness.h"
#include "relay_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

/* Messages of 65,408 bytes: 16 of them are 1 MiB, as it is counted. */
static const char send_a[] = "alice> message bob a # *65408\n";
static const char send_b[] = "alice> message bob b # *65408\n";
static const char gets_a[] = "bob< message alice a # *65408\n";
static const char queue_a[] = "alice> message bob a # *65408\nalice< stored bob a #-#\n";
static const char pass_a[] = "alice> message bob a # *65408\nbob< message alice a # *65408\n";

/* A pair, with options of its own or those of an ordinary relay without a disk. */
static void start(const struct relay_options *o)
{
    const struct relay_options ordinary = harness_options(false);
    harness_start(o ? o : &ordinary);
    harness_run("pair\n");
}

static void test_the_window_ahead_of_the_receipts(void **state)
{
    (void)state;
    start(NULL);
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
    start(NULL);
    harness_run("hold\n");
    harness_run_each(send_a, 1, 16);
    harness_run_each(send_b, 1, 16);
    harness_run_some("turn\n");
    harness_run_each(gets_a, 1, 16);
    assert_int_equal(harness_counters().held_bytes, RELAY_SENDER_MAX);
    harness_run("alice> message bob c 1\n"
                "alice< error window c 1\n"
                "alice< finish\n"
                "bob< presence alice offline id=A\n");
    /* From whichever connection: a new one changes nothing. */
    harness_run("alice2> hello alice id=A\n"
                "alice2< welcome alice lobby 0 bob online id=B\n"
                "bob< presence alice online id=A\n"
                "alice2> message bob c 1\n"
                "alice2< error window c 1\n"
                "alice2< finish\n"
                "bob< presence alice offline id=A\n");
    harness_stop();
}

static void test_a_sender_who_left_and_came_back_is_the_same(void **state)
{
    (void)state;
    start(NULL);
    harness_run("hold\n");
    harness_run_each(send_a, 1, 32);
    harness_run_some("turn\n");
    harness_run_each(gets_a, 1, 16);
    harness_run("alice> bye leave\n"
                "alice< finish\n"
                "bob< presence alice left id=A\n"
                "alice2> hello alice id=A\n"
                "alice2< welcome alice lobby 0 bob online id=B\n"
                "bob< presence alice online id=A\n"
                "alice2> message bob c 1\n"
                "alice2< error window c 1\n"
                "alice2< finish\n"
                "bob< presence alice offline id=A\n");
    harness_stop();
}

static void test_what_is_held_for_one_receiver_is_bounded(void **state)
{
    (void)state;
    start(NULL);
    harness_run("hold\n");
    harness_run_each(send_a, 1, 32);
    harness_run_some("turn\n");
    harness_run_each(gets_a, 1, 16);
    harness_run("alice> bye leave\n"
                "alice< finish\n"
                "alice lost\n"
                "bob< presence alice left id=A\n"
                "alice> hello cleo\n" /* another person on the connection `alice` */
                "alice< welcome cleo lobby 0 bob online id=B\n"
                "bob< presence cleo online\n");
    harness_run_each(send_a, 1, 32);
    harness_run("alice> bye leave\n"
                "alice< finish\n"
                "alice lost\n"
                "bob< presence cleo left\n"
                "alice> hello dan\n"
                "alice< welcome dan lobby 0 bob online id=B\n"
                "bob< presence dan online\n"
                "alice> message bob a 1\n"
                "alice< error quota a 1\n");
    assert_int_equal(harness_counters().held_bytes, RELAY_RUN_MAX);
    harness_stop();
}

static void test_only_so_many_streams_are_awaited(void **state)
{
    (void)state;
    start(NULL);
    harness_run_each("receipt # 1 resend\n", 1, RELAY_STREAMS_EXPECTED + 1);
    harness_run("alice> message bob 2 3 x\n"
                "alice> message bob 257 3 x\n"
                "alice> message bob 1 3 x\n"
                "bob< message alice 1 3 x\n");
    harness_stop();
}

static void test_what_was_asked_for_last_is_awaited(void **state)
{
    (void)state;
    start(NULL);
    /* Two senders, one after the other, use one number: cleo's stream is the oldest at rest. */
    harness_run("alice> message bob fff 5 x\n"
                "bob< message alice fff 5 x\n"
                "alice> bye leave\n"
                "alice< finish\n"
                "alice lost\n"
                "bob< presence alice left id=A\n"
                "alice> hello cleo\n"
                "alice< welcome cleo lobby 0 bob online id=B\n"
                "bob< presence cleo online\n"
                "alice> message bob fff 1 x\n"
                "bob< message cleo fff 1 x\n"
                "bob> receipt cleo fff 1\n"
                "alice< receipt bob fff 1\n");
    harness_run_each("alice> message bob # 1 x\n"
                     "bob< message cleo # 1 x\n"
                     "bob> receipt cleo # 1\n"
                     "alice< receipt bob # 1\n",
                     1, RELAY_STREAMS_EXPECTED - 1);
    /* Now alice's comes to rest too, and is one too many. */
    harness_run("bob> receipt cleo fff 5 resend\n"
                "alice< receipt bob fff 5 resend\n"
                "alice> message bob fff 7 x\n"
                "alice> message bob fff 6 x\n"
                "bob< message cleo fff 6 x\n");
    harness_stop();
}

static void test_only_so_many_receipts_wait(void **state)
{
    (void)state;
    start(NULL);
    harness_run("alice lost\n"
                "bob< presence alice offline id=A\n");
    harness_run_each("bob> receipt alice # 1\n", 1, RELAY_STREAMS_KEPT + 2);
    harness_run_some("alice> hello alice id=A\n"
                     "alice< welcome alice lobby 0 bob online id=B\n"
                     "bob< presence alice online id=A\n");
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
                "y> message x a 1 *3000\n" /* one gets through */
                "x< message y a 1 *3000\n"
                "y> message x a 2 *3000\n"
                "y< error quota a 2\n"
                "receipt a 1\n"
                "y> message x a 2 *3000\n"
                "x< message y a 2 *3000\n");
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
                "bob< presence alice offline id=A\n"
                "bob> receipt alice a 1\n"
                "alice> hello alice id=A\n"
                "alice< welcome alice lobby 0 bob online id=B\n"
                "bob< presence alice online id=A\n");
    harness_stop();
}

static void test_a_client_that_does_not_read(void **state)
{
    (void)state;
    start(NULL);
    harness_run("bob deaf\n");
    for (int i = 0; i < 20; i++)
        harness_run("alice> signal bob *20000\n");
    for (int round = 0; round < 100; round++)
        harness_run_each("alice> receipt bob # 1 *1000\n"
                         "alice> raw {'type':'keys','keys':{'identity':'A','made':#}}\n",
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

/* As many as fit into what an edge reads at once, each one a run of its own for `stored`. */
static void send_many_runs(const char *name)
{
    static uint8_t bytes[128 << 10];
    size_t len = 0;
    for (int i = 0; len + 128 < sizeof bytes; i++) {
        char line[64];
        snprintf(line, sizeof line, "message b %x %d", 1 + i % 2, 1 + i / 2);
        len += relay_text_write(line, bytes + len);
    }
    harness_send(name, bytes, len);
}

static void test_whatever_waits_for_a_client_is_bounded(void **state)
{
    (void)state;
    const struct relay_options o = harness_options(true);
    harness_start(&o);
    harness_run("a> hello a id=A\n"
                "a< welcome a lobby 0\n"
                "b> hello b id=B\n"
                "b< welcome b lobby 0 a online id=A\n"
                "a< presence b online id=B\n"
                "b lost\n"
                "a< presence b offline id=B\n"
                "a> message b f 1\n"
                "a< stored b f 1-1\n"
                "b> hello b id=B\n"
                "b< welcome b lobby 1 a online id=A\n"
                "b< message a f 1\n"
                "a< presence b online id=B stored=f:1-1\n"
                "a deaf\n");
    for (int i = 0; i < 100; i++)
        harness_run("b> signal a *1000\n");
    harness_run_each("b> receipt a # 1 *1024\n", 1, 2 * RELAY_STREAMS_KEPT + 1);
    harness_run_each("b> receipt a # 1 resend *1024\n", 1, 2 * RELAY_STREAMS_KEPT + 1);
    send_many_runs("a");
    size_t len, total = 0;
    while (relay_output(harness_relay(), harness_client("a"), &len)) {
        total += len;
        relay_consume(harness_relay(), harness_client("a"), len, harness_now());
    }
    assert_in_range(total, RELAY_CONTROL_MAX / 2, RELAY_CONTROL_MAX);
    harness_stop();
}

static void test_of_receipts_that_are_not_read_the_newest_stay(void **state)
{
    (void)state;
    start(NULL);
    harness_run("bob deaf\n");
    for (int i = 0; i < 3; i++)
        harness_run("alice> signal bob *20000\n");
    harness_run_each("alice> receipt bob # 1 *1000\n", 1, 2 * RELAY_STREAMS_KEPT + 8);
    harness_run_some("bob hears\n");
    harness_run_each("bob< receipt alice # 1 *1000\n", 9, 2 * RELAY_STREAMS_KEPT + 8);
    for (int i = 0; i < 3; i++)
        harness_run_some("bob< signal alice *20000\n");
    harness_run("");
    harness_stop();
}

static void test_who_says_bye_gets_what_was_for_it(void **state)
{
    (void)state;
    start(NULL);
    harness_run("bob deaf\n");
    harness_run_each(send_a, 1, 20);
    harness_run_some("bob> bye\n"
                     "alice< presence bob offline id=B\n"
                     "bob hears\n");
    harness_run_each(gets_a, 1, 16); /* a window */
    harness_run("bob< finish\n");
    harness_stop();
    /* Also what the edge was offered, and did not take. */
    start(NULL);
    harness_run("bob deaf\n"
                "alice> signal bob s\n");
    size_t len;
    assert_non_null(relay_output(harness_relay(), harness_client("bob"), &len));
    harness_run("alice> signal bob t\n"
                "bob> bye\n"
                "alice< presence bob offline id=B\n"
                "bob hears\n"
                "bob< signal alice s\n"
                "bob< signal alice t\n"
                "bob< finish\n");
    harness_stop();
}

static void test_who_does_not_read_its_replies_is_not_read(void **state)
{
    (void)state;
    start(NULL);
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
    start(NULL);
    harness_run("bob deaf\n");
    while (relay_wants_input(harness_client("bob")))
        harness_run("bob> ping\n");
    harness_run("bob> message alice b 1 y\n"
                "bob lost\n"
                "alice< message bob b 1 y\n"
                "alice< presence bob offline id=B\n");
    harness_stop();
    start(NULL);
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
                "alice< presence bob offline id=B\n");
    harness_stop();
}

static void test_a_queue_is_served_in_windows(void **state)
{
    (void)state;
    const struct relay_options o = harness_options(true);
    start(&o);
    harness_run("bob-goes\n");
    harness_run_each(queue_a, 1, 100);
    assert_int_equal(harness_counters().held_bytes, 0);
    assert_int_equal(harness_counters().queued_bytes, 100 * 65536);
    harness_run_some("bob-is-back 100\nsees-bob a:1-100\n");
    harness_run_each(gets_a, 1, 16);
    harness_run("receipt a 7\n");
    harness_run_each(gets_a, 17, 16); /* with more than half a window here, no more is loaded */
    harness_run_some("receipt a 10\n");
    harness_run_each(gets_a, 17, 26);
    harness_run("");
    for (int n = 26; n <= 90; n += 16) {
        harness_run_each("receipt a #\n", n, n);
        harness_run_each(gets_a, n + 1, n + 16 < 100 ? n + 16 : 100);
        harness_run("");
    }
    harness_run("receipt a 100\n"
                "disk 0\n"
                "quiet\n"
                "send 101\n"
                "receipt a 101\n"
                "quiet\n");
    harness_stop();
}

static void test_the_queue_of_a_seat_is_bounded(void **state)
{
    (void)state;
    struct relay_options o = harness_options(true);
    o.queue_max = 10 * 65536;
    start(&o);
    /* What was on its way when the peer went is beside it. */
    harness_run_each(pass_a, 1, 8);
    harness_run("bob-goes\nalice< stored bob a 1-8\n");
    harness_run_each(queue_a, 9, 18);
    harness_run("alice> message bob a 19 x\n"
                "alice< error quota a 19\n"
                "alice> message bob a 20 x\n"
                "queue 18\n"
                "alice> message bob a 19 x\n"
                "alice< error quota a 19\n");
    harness_run_some("bob-is-back 18\nsees-bob a:1-18\n");
    harness_run_each(gets_a, 1, 16);
    harness_run_some("receipt a 11\n");
    harness_run_each(gets_a, 17, 18);
    harness_run("alice> message bob a 19 x\n"
                "alice< stored bob a 19-19\n"
                "gets 19\n"
                "disk 8\n");
    harness_stop();
}

static void test_what_was_refused_is_awaited_when_the_peer_goes_too(void **state)
{
    (void)state;
    struct relay_options o = harness_options(true);
    o.queue_max = 2 * 65536;
    start(&o);
    harness_run("bob-goes\n");
    harness_run_each(queue_a, 1, 2);
    harness_run_some("bob-is-back 2\nsees-bob a:1-2\n");
    harness_run_each(gets_a, 1, 2);
    harness_run("alice> message bob b 1 x\n"
                "alice< error quota b 1\n"
                "bob lost\n"
                "alice< presence bob offline id=B stored=a:1-2\n"
                "alice> message bob b 2 x\n"
                "alice> message bob b 1 x\n"
                "alice< error quota b 1\n");
    harness_stop();
}

static void test_the_store_is_bounded(void **state)
{
    (void)state;
    struct relay_options o = harness_options(true);
    o.store_max = 4 * 65536 + 2 * RELAY_SEAT_COST;
    start(&o);
    harness_run("cleo> hello cleo room=tea\n"
                "cleo< welcome cleo tea 0\n"
                "dan> hello dan room=tea\n"
                "dan< welcome dan tea 0 cleo online\n"
                "cleo< presence dan online\n"
                "dan lost\n"
                "cleo< presence dan offline\n"
                "cleo> message dan c 1 *65408\n"
                "cleo< stored dan c 1-1\n"
                "cleo> message dan c 2 *65408\n"
                "cleo< stored dan c 2-2\n");
    /* What is on its way when the peer goes, and does not fit, is refused then. */
    harness_run_each(pass_a, 1, 4);
    harness_run("alice> message bob b 1\nbob< message alice b 1\n"
                "bob-goes\n"
                "alice< error quota a 3\n"
                "alice< error quota b 1\n"
                "alice< stored bob a 1-2\n"
                "alice> message bob a 5 x\n"
                "alice> message bob a 3 x\n"
                "alice< error quota a 3\n"
                "cleo> message dan c 3\n"
                "cleo< error quota c 3\n"
                "dan> hello dan room=tea\n"
                "dan< welcome dan tea 2 cleo online\n"
                "dan< message cleo c 1 *65408\n"
                "dan< message cleo c 2 *65408\n"
                "cleo< presence dan online stored=c:1-2\n"
                "dan> receipt cleo c 1\n"
                "cleo< receipt dan c 1\n"
                "queue 3\n"
                "disk 4\n");
    harness_stop();
}

static void test_only_the_newest_streams_are_listed(void **state)
{
    (void)state;
    const struct relay_options o = harness_options(true);
    start(&o);
    harness_run("bob-goes\n");
    harness_run_each("alice> message bob # 1\nalice< stored bob # 1-1\n", 1, 40);
    harness_run("alice> message bob 3 2\nalice< stored bob 3 2-2\n");
    static const char listed[] = "alice> hello alice id=A\n"
                                 "alice< welcome alice lobby 0 bob offline id=B "
                                 "stored=26:1-1,27:1-1,28:1-1,29:1-1,30:1-1,31:1-1,32:1-1,33:1-1,"
                                 "34:1-1,35:1-1,36:1-1,37:1-1,38:1-1,39:1-1,40:1-1,3:1-2\n";
    harness_run("alice lost\n");
    harness_run(listed);
    harness_run("crash\n");
    harness_run(listed);
    harness_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_window_ahead_of_the_receipts),
        cmocka_unit_test(test_a_sender_has_no_more_than_2_mib),
        cmocka_unit_test(test_a_sender_who_left_and_came_back_is_the_same),
        cmocka_unit_test(test_what_is_held_for_one_receiver_is_bounded),
        cmocka_unit_test(test_only_so_many_streams_are_awaited),
        cmocka_unit_test(test_what_was_asked_for_last_is_awaited),
        cmocka_unit_test(test_only_so_many_receipts_wait),
        cmocka_unit_test(test_the_memory_of_all_is_bounded),
        cmocka_unit_test(test_a_client_that_does_not_read),
        cmocka_unit_test(test_whatever_waits_for_a_client_is_bounded),
        cmocka_unit_test(test_of_receipts_that_are_not_read_the_newest_stay),
        cmocka_unit_test(test_who_says_bye_gets_what_was_for_it),
        cmocka_unit_test(test_who_does_not_read_its_replies_is_not_read),
        cmocka_unit_test(test_what_waits_to_be_read_counts_at_the_end),
        cmocka_unit_test(test_a_queue_is_served_in_windows),
        cmocka_unit_test(test_the_queue_of_a_seat_is_bounded),
        cmocka_unit_test(test_what_was_refused_is_awaited_when_the_peer_goes_too),
        cmocka_unit_test(test_the_store_is_bounded),
        cmocka_unit_test(test_only_the_newest_streams_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
