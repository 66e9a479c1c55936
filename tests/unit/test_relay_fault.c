/* A relay with a disk that dies, stops, or finds the disk full. */
#include "error.h"
#include "relay_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct harness_dialogue dialogues[] = {
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
    {"the newest keys survive a crash", true,
     "alice> hello alice id=A\n"
     "alice< welcome alice lobby 0\n"
     "bob> hello bob\n"
     "bob< welcome bob lobby 0 alice online id=A\n"
     "alice< presence bob online\n"
     "bob lost\n"
     "alice< presence bob offline\n"
     "queue 1\n"
     "bob> hello bob\n"
     "bob< welcome bob lobby 1 alice online id=A\n"
     "gets 1\n"
     "alice< presence bob online stored=a:1-1\n"
     "bob> raw {'type':'keys','keys':{'made':1}}\n"
     "alice< presence bob online keys stored=a:1-1\n"
     "crash\n"
     "alice> hello alice id=A\n"
     "alice< welcome alice lobby 0 bob offline keys stored=a:1-1\n"},
    {"what a take-over changed survives a crash", true,
     "pair\n"
     "bob-goes\n"
     "queue 1\n"
     "bob-is-back 1\n"
     "gets 1\n"
     "sees-bob a:1-1\n"
     "bob2> hello Bob id=B\n"
     "bob< error replaced\n"
     "bob< finish\n"
     "bob2< welcome Bob lobby 1 alice online id=A\n"
     "bob2< message alice a 1 x\n"
     "alice< presence Bob online id=B stored=a:1-1\n"
     "crash\n"
     "alice> hello alice id=A\n"
     "alice< welcome alice lobby 0 Bob offline id=B stored=a:1-1\n"},
    {"a full disk does not keep relay and receiver busy", true,
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
     "disk 2\n"
     "tick 4999\n"
     "quiet\n"
     "tick 1\n"
     "gets 1\n"
     "gets 2\n"
     "receipt a 2\n"
     "disk 0\n"
     "tick 10000\n"
     "send 3\n"},
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
     "tick 5000\n"
     "gets 1\n"
     "gets 2\n"
     "disk 2\n"
     "receipt a 2\n"
     "disk 0\n"
     "send 3\n"},
    {"and all is served again, once", true,
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
     "full\n"
     "receipt a 1\n"
     "tick 5000\n"
     "gets 1\n"
     "gets 2\n"
     "gets 3\n"
     "disk 3\n"
     "receipt a 1\n"
     "disk 2\n"
     "bob2> hello bob id=B\n"
     "bob< error replaced\n"
     "bob< finish\n"
     "bob2< welcome bob lobby 2 alice online id=A\n"
     "bob2< message alice a 2 x\n"
     "bob2< message alice a 3 x\n"
     "sees-bob a:2-3\n"},
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
};

static void test_a_seat_and_its_queue_expire(void **state)
{
    (void)state;
    struct relay_options o = harness_options(true);
    o.ping_interval_ms = UINT32_MAX;
    harness_start(&o);
    harness_run("pair\n"
                "bob-goes\n"
                "queue 1\n"
                "tick 1000000\n"
                "crash\n"
                "tick 603800000\n"
                "disk 0\n" /* seven days from the going, not from the crash */
                "x> hello x\n"
                "x< welcome x lobby 0\n");
    harness_stop();
}

static void test_the_time_is_that_of_the_last_going(void **state)
{
    (void)state;
    struct relay_options o = harness_options(true);
    o.ping_interval_ms = UINT32_MAX;
    harness_start(&o);
    harness_run("pair\n"
                "bob-goes\n"
                "queue 1\n"
                "tick 600000000\n"
                "bob-is-back 1\n"
                "gets 1\n"
                "sees-bob a:1-1\n"
                "tick 600000000\n" /* who is there is not freed */
                "bob lost\n"
                "alice< presence bob offline id=B stored=a:1-1\n"
                "tick 600000000\n"
                "crash\n"
                "tick 4000000\n"
                "disk 1\n"
                "tick 1000000\n"
                "disk 0\n");
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
        cmocka_unit_test(test_a_seat_and_its_queue_expire),
        cmocka_unit_test(test_the_time_is_that_of_the_last_going),
        cmocka_unit_test(test_seats_that_were_freed_are_deleted_again),
    };
    int failed = harness_play_all("faults", dialogues, sizeof dialogues / sizeof dialogues[0]);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
