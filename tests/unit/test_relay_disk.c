/* PROTOCOL.md, "Delivery", by a relay with a disk. */
#include "error.h"
#include "relay_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct harness_phrase phrases[] = {
    {"pair", "alice> hello alice id=A\n"
             "alice< welcome alice lobby 0\n"
             "bob> hello bob id=B\n"
             "bob< welcome bob lobby 0 alice online id=A\n"
             "alice< presence bob online id=B\n"},
    {"bob-goes", "bob lost\n"
                 "alice< presence bob offline id=B\n"},
    {"bob-is-back", "bob> hello bob id=B\n"
                    "bob< welcome bob lobby $ alice online id=A\n"},
    {"send", "alice> message bob a $ x\n"
             "bob< message alice a $ x\n"},
    {"gets", "bob< message alice a $ x\n"},
    {"receipt", "bob> receipt alice $\n"
                "alice< receipt bob $\n"},
    {"queue", "alice> message bob a $ x\n"
              "alice< stored bob a $-$\n"},
    {"sees-bob", "alice< presence bob online id=B stored=$\n"},
    {NULL, NULL},
};

static const struct harness_dialogue dialogues[] = {
    {"while both keep up, nothing touches the disk", true,
     "pair\n"
     "send 1\n"
     "receipt a 1\n"
     "bob> message alice b 1 y\n"
     "alice< message bob b 1 y\n"
     "alice> receipt bob b 1\n"
     "bob< receipt alice b 1\n"
     "bob-goes\n"
     "bob-is-back 0\n"
     "alice< presence bob online id=B\n"
     "quiet\n"},
    {"what is on its way when the peer goes is saved", true,
     "pair\n"
     "send 1\n"
     "send 2\n"
     "send 3\n"
     "receipt a 1\n"
     "bob-goes\n"
     "alice< stored bob a 2-3\n"
     "disk 2\n"
     "bob-is-back 2\n"
     "gets 2\n"
     "gets 3\n"
     "sees-bob a:2-3\n"
     "receipt a 2\n"
     "disk 1\n"
     "receipt a 3\n"
     "disk 0\n"
     "quiet\n"},
    {"what comes for who is absent is saved at once", true,
     "pair\n"
     "bob-goes\n"
     "queue 1\n"
     "queue 2\n"
     "alice> message bob b 1 y\n"
     "alice< stored bob b 1-1\n"
     "queue 3\n"
     "disk 4\n"
     "bob-is-back 4\n"
     "gets 1\n"
     "gets 2\n"
     "bob< message alice b 1 y\n"
     "gets 3\n"
     "alice< presence bob online id=B stored=b:1-1,a:1-3\n"},
    {"one stored for many", true,
     "pair\n"
     "bob-goes\n"
     "hold\n"
     "alice> message bob a 1 x\n"
     "alice> message bob a 2 x\n"
     "alice> message bob b 1 x\n"
     "alice> message bob b 3 x\n"
     "alice> message bob b 4 x\n"
     "turn\n"
     "alice< stored bob a 1-2\n"
     "alice< stored bob b 1-1\n"
     "alice< stored bob b 3-4\n"
     "alice deaf\n"
     "alice> message bob b 5 x\n"
     "alice> message bob b 6 x\n"
     "alice hears\n"
     "alice< stored bob b 5-6\n"},
    {"behind what is queued, all goes by the disk, in order", true,
     "pair\n"
     "bob-goes\n"
     "queue 1\n"
     "bob-is-back 1\n"
     "gets 1\n"
     "sees-bob a:1-1\n"
     "alice> message bob a 2 x\n"
     "alice< stored bob a 2-2\n"
     "gets 2\n"
     "disk 2\n"
     "receipt a 2\n"
     "disk 0\n"
     "quiet\n"
     "send 3\n"
     "receipt a 3\n"},
    {"a repeat of what is on disk is said to be there", true,
     "pair\n"
     "bob-goes\n"
     "queue 1\n"
     "queue 2\n"
     "queue 2\n"
     "queue 1\n"
     "disk 2\n"},
    {"a repeat of what is being saved is not said twice", true,
     "pair\n"
     "bob-goes\n"
     "hold\n"
     "alice> message bob a 1 x\n"
     "alice> message bob a 1 x\n"
     "turn\n"
     "alice< stored bob a 1-1\n"
     "disk 1\n"},
    {"the queue survives a crash", true,
     "pair\n"
     "send 1\n"
     "bob-goes\n"
     "alice< stored bob a 1-1\n"
     "queue 2\n"
     "crash\n"
     "alice> hello alice id=A\n"
     "alice< welcome alice lobby 0 bob offline id=B stored=a:1-2\n"
     "queue 3\n"
     "queue 2\n"
     "bob-is-back 3\n"
     "gets 1\n"
     "gets 2\n"
     "gets 3\n"
     "sees-bob a:1-3\n"},
    {"a clean restart keeps every seat, a crash those that something waits for", true,
     "pair\n"
     "cleo> hello cleo room=tea id=C\n"
     "cleo< welcome cleo tea 0\n"
     "bob-goes\n"
     "queue 1\n"
     "crash\n"
     "x> hello x room=tea\n"
     "x< welcome x tea 0\n"
     "y> hello bob\n"
     "y< error nick-taken\n"
     "y< finish\n"
     "z> hello dan\n"
     "z< welcome dan lobby 0 bob offline id=B\n"
     "restart\n"
     "y> hello bob\n"
     "y< error nick-taken\n"
     "y< finish\n"
     "z> hello eve\n"
     "z< error room-full\n"
     "z< finish\n"
     "dan> hello dan\n"
     "dan< welcome dan lobby 0 bob offline id=B\n"},
    {"who stops the relay tells nobody that the other went", true,
     "pair\n"
     "send 1\n"
     "restart\n"
     "disk 1\n"
     "alice> hello alice id=A\n"
     "alice< welcome alice lobby 0 bob offline id=B stored=a:1-1\n"},
    {"receipts for who is gone survive, until they are handed over", true,
     "pair\n"
     "send 1\n"
     "alice lost\n"
     "bob< presence alice offline id=A\n"
     "bob> receipt alice a 1 proof\n"
     "bob> receipt alice b 3\n"
     "bob> receipt alice b 4\n"
     "crash\n"
     "alice> hello alice id=A\n"
     "alice< welcome alice lobby 0\n"
     "alice< receipt bob a 1 proof\n"
     "alice< receipt bob b 4\n"
     "crash\n"
     "alice> hello alice id=A\n"
     "alice< welcome alice lobby 0\n"},
    {"a receipt that comes when its message is being saved", true,
     "pair\n"
     "send 1\n"
     "send 2\n"
     "hold\n"
     "bob lost\n"
     "bob> hello bob id=B\n"
     "bob> receipt alice a 1\n"
     "turn\n"
     "alice< receipt bob a 1\n"
     "alice< presence bob offline id=B\n"
     "alice< presence bob online id=B\n"
     "alice< stored bob a 2-2\n"
     "bob< welcome bob lobby 2 alice online id=A\n"
     "gets 2\n"
     "disk 1\n"
     "receipt a 2\n"
     "disk 0\n"
     "send 3\n"},
    {"asked to resend while it is being saved, it is not said to be stored", true,
     "pair\n"
     "send 1\n"
     "send 2\n"
     "hold\n"
     "bob lost\n"
     "bob> hello bob id=B\n"
     "bob> receipt alice a 0 resend\n"
     "turn\n"
     "alice< receipt bob a 0 resend\n"
     "alice< presence bob offline id=B\n"
     "alice< presence bob online id=B\n"
     "bob< welcome bob lobby 2 alice online id=A\n"
     "disk 0\n"
     "alice> message bob a 2 x\n"
     "send 1\n"
     "send 2\n"},
    {"asked to resend, what is on disk is forgotten too", true,
     "pair\n"
     "bob-goes\n"
     "queue 1\n"
     "queue 2\n"
     "queue 3\n"
     "bob-is-back 3\n"
     "gets 1\n"
     "gets 2\n"
     "gets 3\n"
     "sees-bob a:1-3\n"
     "receipt a 1 resend\n"
     "disk 0\n"
     "alice> message bob a 4 x\n"
     "send 2\n"
     "send 3\n"},
    {"both come back within a turn", true,
     "pair\n"
     "send 1\n"
     "bob> message alice b 1 y\n"
     "alice< message bob b 1 y\n"
     "hold\n"
     "bob lost\n"
     "alice lost\n"
     "alice> hello alice id=A\n"
     "bob> hello bob id=B\n"
     "alice> message bob a 2 x\n"
     "turn\n"
     "alice< welcome alice lobby 1 bob offline id=B\n"
     "alice< presence bob online id=B\n"
     "alice< stored bob a 1-2\n"
     "alice< message bob b 1 y\n"
     "bob< welcome bob lobby 1 alice online id=A\n"
     "bob< stored alice b 1-1\n"
     "gets 1\n"
     "gets 2\n"
     "disk 3\n"},
    {"who ends its sending half is told what was stored", true,
     "pair\n"
     "bob-goes\n"
     "hold\n"
     "alice> message bob a 1 x\n"
     "alice end\n"
     "turn\n"
     "alice< stored bob a 1-1\n"
     "alice< finish\n"
     "alice< drop\n"
     "disk 1\n"
     "alice> hello alice id=A\n"
     "alice< welcome alice lobby 0 bob offline id=B stored=a:1-1\n"
     "hold\n"
     "full\n"
     "alice> message bob a 2 x\n"
     "alice end\n"
     "turn\n"
     "alice< error internal a 2\n"
     "alice< finish\n"
     "alice< drop\n"},
    {"a take-over is no going", true,
     "pair\n"
     "send 1\n"
     "bob2> hello bob id=B\n"
     "bob< error replaced\n"
     "bob< finish\n"
     "bob2< welcome bob lobby 1 alice online id=A\n"
     "bob2< message alice a 1 x\n"
     "alice< presence bob online id=B\n"
     "quiet\n"},
    {"a take-over while the queue is served", true,
     "pair\n"
     "bob-goes\n"
     "queue 1\n"
     "bob-is-back 1\n"
     "gets 1\n"
     "sees-bob a:1-1\n"
     "bob2> hello bob id=B\n"
     "bob< error replaced\n"
     "bob< finish\n"
     "bob2< welcome bob lobby 1 alice online id=A\n"
     "bob2< message alice a 1 x\n"
     "sees-bob a:1-1\n"
     "bob2> receipt alice a 1\n"
     "alice< receipt bob a 1\n"
     "disk 0\n"
     "alice> message bob a 2 x\n"
     "bob2< message alice a 2 x\n"},
    {"who goes again before all was read loses nothing", true,
     "pair\n"
     "bob-goes\n"
     "queue 1\n"
     "queue 2\n"
     "bob-is-back 2\n"
     "gets 1\n"
     "gets 2\n"
     "sees-bob a:1-2\n"
     "receipt a 1\n"
     "bob lost\n"
     "alice< presence bob offline id=B stored=a:2-2\n"
     "disk 1\n"
     "queue 3\n"
     "bob-is-back 2\n"
     "gets 2\n"
     "gets 3\n"
     "sees-bob a:2-3\n"},
    {"leaving drops the queue and says no false stored", true,
     "pair\n"
     "send 1\n"
     "hold\n"
     "bob lost\n"
     "bob> hello bob id=B\n"
     "bob> bye leave\n"
     "turn\n"
     "alice< presence bob offline id=B\n"
     "alice< presence bob online id=B\n"
     "alice< presence bob left id=B\n"
     "bob< welcome bob lobby 1 alice online id=A\n"
     "bob< finish\n"
     "disk 0\n"
     "crash\n"
     "x> hello x\n"
     "x< welcome x lobby 0\n"},
    {"what who left had sent is stored for him alone", true,
     "pair\n"
     "bob-goes\n"
     "queue 1\n"
     "alice> bye leave\n"
     "alice< finish\n"
     "alice lost\n"
     "x> hello alice id=other\n"
     "x< welcome alice lobby 0 bob offline id=B\n"
     "x> message bob b 1 other\n"
     "x< stored bob b 1-1\n"
     "x> bye leave\n"
     "x< finish\n"
     "crash\n"
     "alice> hello alice id=A\n"
     "alice< welcome alice lobby 0 bob offline id=B stored=a:1-1\n"
     "queue 1\n"
     "queue 2\n"
     "bob-is-back 3\n"
     "gets 1\n"
     "bob< message alice b 1 other\n"
     "gets 2\n"
     "sees-bob a:1-2\n"},
    {"a full disk: not taken", true,
     "pair\n"
     "bob-goes\n"
     "queue 1\n"
     "hold\n"
     "full\n"
     "alice> message bob a 2 x\n"
     "alice> message bob a 3 x\n"
     "turn\n"
     "alice< error internal a 2\n"
     "alice< finish\n"
     "disk 1\n"
     "alice lost\n"
     "alice> hello alice id=A\n"
     "alice< welcome alice lobby 0 bob offline id=B stored=a:1-1\n"
     "queue 2\n"
     "queue 3\n"
     "bob-is-back 3\n"
     "gets 1\n"
     "gets 2\n"
     "gets 3\n"
     "sees-bob a:1-3\n"},
    {"a full disk when somebody goes", true,
     "pair\n"
     "send 1\n"
     "full\n"
     "bob-goes\n"
     "alice< error internal a 1\n"
     "alice< finish\n"
     "disk 0\n"
     "alice lost\n"
     "alice> hello alice id=A\n"
     "alice< welcome alice lobby 0 bob offline id=B\n"
     "queue 1\n"
     "bob-is-back 1\n"
     "gets 1\n"
     "sees-bob a:1-1\n"},
    {"deletions that were undone do no harm", true,
     "pair\n"
     "bob-goes\n"
     "queue 1\n"
     "queue 2\n"
     "bob-is-back 2\n"
     "gets 1\n"
     "gets 2\n"
     "sees-bob a:1-2\n"
     "full\n"
     "receipt a 2\n"
     "gets 1\n"
     "gets 2\n"
     "disk 2\n"
     "receipt a 2\n"
     "disk 0\n"
     "send 3\n"},
    {"a seat that could not be saved is saved later", true,
     "pair\n"
     "bob-goes\n"
     "full\n"
     "alice> message bob a 1 x\n"
     "alice< error internal a 1\n"
     "alice< finish\n"
     "alice lost\n"
     "alice> hello alice id=A\n"
     "alice< welcome alice lobby 0 bob offline id=B\n"
     "queue 1\n"
     "crash\n"
     "bob> hello bob id=B\n"
     "bob< welcome bob lobby 1\n"
     "gets 1\n"},
    {"a seat whose deletion was undone is deleted with the next transaction", true,
     "pair\n"
     "bob-goes\n"
     "queue 1\n"
     "bob> hello bob id=B\n"
     "bob< welcome bob lobby 1 alice online id=A\n"
     "gets 1\n"
     "sees-bob a:1-1\n"
     "full\n"
     "bob> bye leave\n"
     "bob< finish\n"
     "alice< presence bob left id=B\n"
     "disk 1\n"
     "quiet\n"
     "cleo> hello cleo room=tea id=C\n"
     "cleo< welcome cleo tea 0\n"
     "quiet\n"
     "alice lost\n"
     "dan> hello dan id=D\n"
     "dan< welcome dan lobby 0 alice offline id=A\n"
     "dan> message alice d 1\n"
     "dan< stored alice d 1-1\n"
     "disk 1\n"},
    {"after a queue, a seat is live again and its end is saved again", true,
     "pair\n"
     "bob-goes\n"
     "queue 1\n"
     "bob-is-back 1\n"
     "gets 1\n"
     "sees-bob a:1-1\n"
     "receipt a 1\n"
     "send 2\n"
     "bob-goes\n"
     "alice< stored bob a 2-2\n"
     "bob-is-back 1\n"
     "gets 2\n"
     "sees-bob a:2-2\n"},
    {"a hole begins a new run", true,
     "pair\n"
     "bob-goes\n"
     "queue 1\n"
     "queue 2\n"
     "queue 5\n"
     "queue 6\n"
     "crash\n"
     "alice> hello alice id=A\n"
     "alice< welcome alice lobby 0 bob offline id=B stored=a:5-6\n"
     "alice> message bob a 2 x\n"
     "queue 5\n"},
};

/* A pair with options of its own. */
static void start(const struct relay_options *o)
{
    harness_start(o);
    harness_run("pair\n");
}

/* Messages of 65,408 bytes: 16 of them are 1 MiB, as it is counted. */
static const char queue_large[] = "alice> message bob a # *65408\nalice< stored bob a #-#\n";
static const char gets_large[] = "bob< message alice a # *65408\n";
static const char send_large[] = "alice> message bob a # *65408\nbob< message alice a # *65408\n";

static void test_a_queue_is_served_in_windows(void **state)
{
    (void)state;
    const struct relay_options o = harness_options(true);
    start(&o);
    harness_run("bob-goes\n");
    harness_run_each(queue_large, 1, 100);
    assert_int_equal(harness_counters().held_bytes, 0);
    assert_int_equal(harness_counters().queued_bytes, 100 * 65536);
    harness_run_some("bob-is-back 100\nsees-bob a:1-100\n");
    harness_run_each(gets_large, 1, 16);
    harness_run("receipt a 7\n");
    harness_run_each(gets_large, 17, 16); /* with more than half a window here, no more is loaded */
    harness_run_some("receipt a 10\n");
    harness_run_each(gets_large, 17, 26);
    harness_run("");
    for (int n = 26; n <= 90; n += 16) {
        harness_run_each("receipt a #\n", n, n);
        harness_run_each(gets_large, n + 1, n + 16 < 100 ? n + 16 : 100);
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
    harness_run_each(send_large, 1, 8);
    harness_run("bob-goes\nalice< stored bob a 1-8\n");
    harness_run_each(queue_large, 9, 18);
    harness_run("alice> message bob a 19 x\n"
                "alice< error quota a 19\n"
                "alice> message bob a 20 x\n"
                "queue 18\n"
                "alice> message bob a 19 x\n"
                "alice< error quota a 19\n");
    harness_run_some("bob-is-back 18\nsees-bob a:1-18\n");
    harness_run_each(gets_large, 1, 16);
    harness_run_some("receipt a 11\n");
    harness_run_each(gets_large, 17, 18);
    harness_run("alice> message bob a 19 x\n"
                "alice< stored bob a 19-19\n"
                "gets 19\n"
                "disk 8\n");
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
    harness_run_each(send_large, 1, 4);
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

static void test_a_seat_and_its_queue_expire(void **state)
{
    (void)state;
    struct relay_options o = harness_options(true);
    o.ping_interval_ms = UINT32_MAX;
    start(&o);
    harness_run("bob-goes\n"
                "queue 1\n"
                "tick 1000000\n"
                "crash\n"
                "tick 603800000\n"
                "disk 0\n" /* seven days from the going, not from the crash */
                "x> hello x\n"
                "x< welcome x lobby 0\n");
    harness_stop();
}

/* A deletion that was undone leaves such rows; the newest of a nick counts. */
static void test_seats_that_were_freed_are_deleted_again(void **state)
{
    (void)state;
    const struct relay_options o = harness_options(true);
    harness_start(&o);
    struct relay *r = harness_relay();
    const struct relay_seat_row seats[] = {
        {.id = 7, .room = "lobby", .nick = "alice", .gone_wall_ms = 1000000},
        {.id = 5, .room = "lobby", .nick = "bob", .gone_wall_ms = 1000000},
        {.id = 4, .room = "lobby", .nick = "BOB", .gone_wall_ms = 1000000},
        {.id = 3, .room = "LOBBY", .nick = "cleo", .gone_wall_ms = 1000000},
    };
    for (size_t i = 0; i < sizeof seats / sizeof seats[0]; i++)
        assert_int_equal(relay_restore_seat(r, &seats[i]), 0);
    const struct relay_queue_row queue = {.seat = 3, .count = 1, .cost = 128};
    const struct relay_stream_row stream = {.seat = 3, .first = 1, .n = 1};
    const struct relay_receipt_row receipt = {.seat = 3};
    assert_int_equal(relay_restore_queue(r, &queue), 0);
    assert_int_equal(relay_restore_stream(r, &stream), 0);
    assert_int_equal(relay_restore_receipt(r, &receipt), 0);
    struct relay_event event;
    for (uint64_t id = 4; id >= 3; id--) {
        assert_int_equal(relay_next(r, &event), 1);
        assert_int_equal(event.type, RELAY_DELETE_SEAT);
        assert_int_equal(event.seat, id);
    }
    assert_int_equal(relay_next(r, &event), 0);
    assert_int_equal(harness_counters().seats, 2);
    const struct relay_seat_row damaged = {.id = 2, .room = "tea", .nick = "a b"};
    assert_int_equal(relay_restore_seat(r, &damaged), ERROR_STATE);
    harness_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_queue_is_served_in_windows),
        cmocka_unit_test(test_the_queue_of_a_seat_is_bounded),
        cmocka_unit_test(test_the_store_is_bounded),
        cmocka_unit_test(test_only_the_newest_streams_are_listed),
        cmocka_unit_test(test_a_seat_and_its_queue_expire),
        cmocka_unit_test(test_seats_that_were_freed_are_deleted_again),
    };
    harness_set_phrases(phrases);
    int failed = harness_play_all("disk", dialogues, sizeof dialogues / sizeof dialogues[0]);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
