/* PROTOCOL.md, "Seats", and who may have one. */
#include "relay_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static const struct harness_dialogue dialogues[] = {
    {"a room is for two", false,
     "pair\n"
     "cleo> hello cleo\n"
     "cleo< error room-full\n"
     "ends cleo\n"
     "cleo2> hello cleo room=tea\n"
     "cleo2< welcome cleo tea 0\n"},
    {"rooms and nicks are compared by their keys", false,
     "alice> hello Zoë room=Straße\n"
     "alice< welcome Zoë Straße 0\n"
     "bob> hello bob room=STRASSE\n"
     "bob< welcome bob STRASSE 0 Zoë online\n"
     "alice< presence bob online\n"
     "cleo> hello ZOË room=strasse\n"
     "cleo< error nick-taken\n"
     "ends cleo\n"
     "alice end\n"
     "alice< finish\n"
     "alice< drop\n"
     "bob< presence Zoë offline\n"
     "cleo2> hello ZOË room=strasse\n"
     "cleo2< welcome ZOË strasse 0 bob online\n"
     "bob< presence ZOË online\n"},
    {"a seat waits for its holder", false,
     "pair\n"
     "bob lost\n"
     "alice< presence bob offline id=B\n"
     "cleo> hello cleo\n"
     "cleo< error room-full\n"
     "ends cleo\n"
     "bob> hello BOB id=B\n"
     "bob< welcome BOB lobby 0 alice online id=A\n"
     "alice< presence BOB online id=B\n"},
    {"a seat belongs to a key", false,
     "pair\n"
     "x> hello alice id=B\n"
     "x< error nick-taken\n"
     "ends x\n"
     "y> hello alice\n"
     "y< error nick-taken\n"
     "ends y\n"
     "alice lost\n"
     "bob< presence alice offline id=A\n"
     "z> hello alice\n"
     "z< error nick-taken\n"
     "ends z\n"},
    {"without keys, only while nobody is connected", false,
     "alice> hello alice\n"
     "alice< welcome alice lobby 0\n"
     "x> hello alice\n"
     "x< error nick-taken\n"
     "ends x\n"
     "alice lost\n"
     "y> hello alice\n"
     "y< welcome alice lobby 0\n"
     "z> hello alice id=A\n"
     "z< error nick-taken\n"
     "ends z\n"},
    {"an identity that is no string is none", false,
     "x> raw {'type':'hello','version':1,'nick':'x','keys':{'identity':5}}\n"
     "x< welcome x lobby 0\n"
     "x lost\n"
     "y> hello x\n"
     "y< welcome x lobby 0\n"},
    {"an escaped identity is the same", false,
     "pair\n"
     "x> raw {'type':'hello','version':1,'nick':'alice','keys':{'identity':'\\u0041'}}\n"
     "x< welcome alice lobby 0 bob online id=B\n"
     "alice< error replaced\n"
     "bob< presence alice online id=\\u0041\n"
     "ends alice\n"},
    {"the newer connection takes over", false,
     "pair\n"
     "hold\n"
     "alice> message bob a 1 x\n"
     "alice2> hello Alice id=A\n"
     "alice> message bob a 2 not any more\n"
     "alice2> message bob b 1 y\n"
     "turn\n"
     "alice< error replaced\n"
     "alice2< welcome Alice lobby 0 bob online id=B\n"
     "bob< message alice a 1 x\n"
     "bob< presence Alice online id=A\n"
     "bob< message Alice b 1 y\n"
     "ends alice\n"
     "bob> receipt alice a 1\n"
     "alice2< receipt bob a 1\n"},
    {"what the older one did not receipt, the newer one gets", false,
     "pair\n"
     "alice> message bob a 1 x\n"
     "bob< message alice a 1 x\n"
     "alice> message bob a 2 y\n"
     "bob< message alice a 2 y\n"
     "bob> receipt alice a 1\n"
     "alice< receipt bob a 1\n"
     "bob2> hello bob id=B\n"
     "bob< error replaced\n"
     "bob2< welcome bob lobby 1 alice online id=A\n"
     "bob2< message alice a 2 y\n"
     "alice< presence bob online id=B\n"
     "ends bob\n"},
    {"leaving frees the seat", false,
     "pair\n"
     "bob> bye leave\n"
     "alice< presence bob left id=B\n"
     "ends bob\n"
     "alice> message bob a 1 x\n"
     "alice< error no-such-peer a 1\n"
     "cleo> hello cleo\n"
     "cleo< welcome cleo lobby 0 alice online id=A\n"
     "alice< presence cleo online\n"},
    {"what who left had sent stays, what waited for him does not", false,
     "pair\n"
     "alice> message bob a 1 x\n"
     "bob< message alice a 1 x\n"
     "bob> message alice b 1 y\n"
     "alice< message bob b 1 y\n"
     "bob> bye leave\n"
     "alice< presence bob left id=B\n"
     "ends bob\n"
     "alice lost\n"
     "bob2> hello bob id=B\n"
     "bob2< welcome bob lobby 0 alice offline id=A\n"
     "alice> hello alice id=A\n"
     "alice< welcome alice lobby 1 bob online id=B\n"
     "alice< message bob b 1 y\n"
     "bob2< presence alice online id=A\n"
     "alice> receipt bob b 1\n"
     "bob2< receipt alice b 1\n"},
    {"receipts for who left are not for who takes the nick", false,
     "pair\n"
     "bob> message alice b 1 y\n"
     "alice< message bob b 1 y\n"
     "bob> bye leave\n"
     "alice< presence bob left id=B\n"
     "ends bob\n"
     "bob2> hello bob id=other\n"
     "bob2< welcome bob lobby 0 alice online id=A\n"
     "alice< presence bob online id=other\n"
     "alice> receipt bob b 1\n"
     "alice> receipt bob b 1\n"
     "bob2> message alice b 1 mine\n"
     "alice< message bob b 1 mine\n"
     "alice> receipt bob b 1\n"
     "bob2< receipt alice b 1\n"},
    {"a receipt covers what two of a nick sent under one number", false,
     "pair\n"
     "bob> message alice b 1 y\n"
     "alice< message bob b 1 y\n"
     "bob> bye leave\n"
     "alice< presence bob left id=B\n"
     "ends bob\n"
     "bob2> hello bob id=other\n"
     "bob2< welcome bob lobby 0 alice online id=A\n"
     "alice< presence bob online id=other\n"
     "bob2> message alice b 1 mine\n"
     "alice< message bob b 1 mine\n"
     "bob2> message alice b 2 mine\n"
     "alice< message bob b 2 mine\n"
     "alice> receipt bob b 1\n"
     "bob2< receipt alice b 1\n"
     "bob2> bye leave\n"
     "alice< presence bob left id=other\n"
     "ends bob2\n"
     "bob> hello bob id=B\n"
     "bob< welcome bob lobby 0 alice online id=A\n"
     "alice< presence bob online id=B\n"
     "bob> message alice b 2 y\n"
     "alice< message bob b 2 y\n"
     "alice> receipt bob b 2\n"
     "bob< receipt alice b 2\n"
     "alice lost\n"
     "bob< presence alice offline id=A\n"
     "alice> hello alice id=A\n"
     "alice< welcome alice lobby 0 bob online id=B\n"
     "bob< presence alice online id=A\n"},
    {"keys may change, but not the identity", false,
     "pair\n"
     "bob> raw {'type':'keys','keys':{'identity':'B','made':2}}\n"
     "alice< presence bob online id=B\n"
     "alice> raw {'type':'keys','keys':{'identity':'A2'}}\n"
     "alice< error bad-identity\n"
     "bob< presence alice offline id=A\n"
     "ends alice\n"
     "bob> raw {'type':'keys','keys':{}}\n"
     "bob< error bad-identity\n"
     "ends bob\n"},
    {"keys of who is gone are its last", false,
     "pair\n"
     "bob> raw {'type':'keys','keys':{'made':2,'identity':'B'}}\n"
     "alice< presence bob online id=B\n"
     "bob lost\n"
     "alice< presence bob offline id=B\n"
     "alice2> hello alice id=A\n"
     "alice< error replaced\n"
     "alice2< welcome alice lobby 0 bob offline id=B\n"
     "ends alice\n"},
    {"who took the nick without a key can have none later", false,
     "x> hello x\n"
     "x< welcome x lobby 0\n"
     "x> raw {'type':'keys','keys':{'made':1}}\n"
     "x> keys id=X\n"
     "x< error bad-identity\n"
     "ends x\n"},
};

static void test_a_seat_is_freed_in_time(void **state)
{
    (void)state;
    struct relay_options o = harness_options(false);
    o.ping_interval_ms = 100000000;
    harness_start(&o);
    harness_run("pair\n"
                "bob lost\n"
                "alice< presence bob offline id=B\n"
                "tick 599999\n"
                "x> hello x\n"
                "x< error room-full\n"
                "ends x\n"
                "tick 1\n"
                "alice< presence bob left id=B\n"
                "y> hello y\n"
                "y< welcome y lobby 0 alice online id=A\n"
                "alice< presence y online\n");
    assert_int_equal(harness_counters().seats, 2);
    harness_stop();
}

static void test_a_seat_that_something_waits_for_is_kept_longer(void **state)
{
    (void)state;
    struct relay_options o = harness_options(false);
    o.ping_interval_ms = UINT32_MAX;
    harness_start(&o);
    harness_run("pair\n"
                "alice> message bob a 1 x\n"
                "bob< message alice a 1 x\n"
                "bob> message alice b 1 y\n"
                "alice< message bob b 1 y\n"
                "bob lost\n"
                "alice< presence bob offline id=B\n"
                "tick 604799999\n"
                "tick 1\n"
                "alice< presence bob left id=B\n");
    /* What bob had sent still waits for alice, what waited for him does not. */
    assert_int_equal(harness_counters().held_bytes, 128 + 1);
    harness_run("alice> receipt bob b 1\n");
    assert_int_equal(harness_counters().held_bytes, 0);
    harness_stop();
}

static void test_a_sender_is_waited_for_as_long(void **state)
{
    (void)state;
    struct relay_options o = harness_options(false);
    o.ping_interval_ms = UINT32_MAX;
    harness_start(&o);
    harness_run("pair\n"
                "bob> message alice b 1 y\n"
                "alice< message bob b 1 y\n"
                "bob lost\n"
                "alice< presence bob offline id=B\n"
                "tick 600000\n"
                "alice> receipt bob b 0\n" /* which waits for him, too */
                "tick 1000000\n"
                "bob> hello bob id=B\n"
                "bob< welcome bob lobby 0 alice online id=A\n"
                "bob< receipt alice b 0\n"
                "alice< presence bob online id=B\n"
                "bob lost\n"
                "alice< presence bob offline id=B\n"
                "tick 700000\n"
                "alice> receipt nobody b 1\n" /* then nothing waits any more */
                "alice< presence bob left id=B\n");
    harness_stop();
}

static void test_idle_seats_are_bounded(void **state)
{
    (void)state;
    const struct relay_options o = harness_options(false);
    harness_start(&o);
    harness_run("first> hello first room=first\n"
                "first< welcome first first 0\n"
                "first lost\n"
                "tick 1\n"
                "kept> hello kept room=kept\n"
                "kept< welcome kept kept 0\n"
                "peer> hello peer room=kept\n"
                "peer< welcome peer kept 0 kept online\n"
                "kept< presence peer online\n"
                "peer> message kept a 1 x\n"
                "kept< message peer a 1 x\n"
                "kept lost\n"
                "peer< presence kept offline\n");
    struct relay_client *c;
    struct relay *r = harness_relay();
    for (int i = 0; i < RELAY_SEATS_IDLE_MAX; i++) {
        char frame[128];
        int len = snprintf(frame + 6, sizeof frame - 6,
                           "{\"type\":\"hello\",\"version\":1,\"nick\":\"n\",\"room\":\"r%d\"}", i);
        memcpy(frame, (const char[]){0, 0, 0, (char)(len + 2), 0, (char)len}, 6);
        assert_int_equal(relay_open(r, NULL, harness_now(), &c), 0);
        assert_int_equal(relay_input(r, c, (const uint8_t *)frame, (size_t)len + 6, harness_now()),
                         0);
        relay_close(r, c, harness_now());
    }
    assert_int_equal(harness_counters().seats, RELAY_SEATS_IDLE_MAX + 3);
    harness_run("turn\n");
    assert_int_equal(harness_counters().seats, RELAY_SEATS_IDLE_MAX + 2);
    harness_run("x> hello x room=first\n"
                "x< welcome x first 0\n"
                "y> hello y room=kept\n"
                "y< error room-full\n"
                "y< finish\n");
    harness_stop();
}

static void test_proven_identities(void **state)
{
    (void)state;
    struct relay_options o = harness_options(false);
    o.proven = true;
    harness_start(&o);
    harness_run("a open\n"
                "b open\n"
                "c open\n"
                "d open\n");
    assert_int_equal(relay_prove(harness_relay(), harness_client("a"), "A"), 0);
    assert_int_equal(relay_prove(harness_relay(), harness_client("b"), "B"), 0);
    assert_int_equal(relay_prove(harness_relay(), harness_client("d"), "D"), 0);
    harness_run("a> hello a id=A\n"
                "a< welcome a lobby 0\n"
                "b> hello b id=A\n"
                "b< error bad-identity\n"
                "b< finish\n"
                "c> hello c id=C\n"
                "c< error bad-identity\n"
                "c< finish\n"
                "d> hello d\n"
                "d< error bad-identity\n"
                "d< finish\n");
    harness_stop();
}

static void test_a_list_of_the_allowed(void **state)
{
    (void)state;
    struct relay_options o = harness_options(false);
    static const char *const first[] = {"B", "A"};
    static const char *const second[] = {"C", "A"};
    harness_start(&o);
    assert_int_equal(relay_set_allowed(harness_relay(), first, 2), 0);
    harness_run("pair\n"
                "x> hello bob\n"
                "x< error not-allowed\n"
                "x< finish\n"
                "y> hello alice id=C\n"
                "y< error not-allowed\n"
                "y< finish\n");
    assert_int_equal(relay_set_allowed(harness_relay(), second, 2), 0);
    harness_run("turn\n"
                "bob< error not-allowed\n"
                "bob< finish\n"
                "alice< presence bob offline id=B\n");
    assert_int_equal(relay_set_allowed(harness_relay(), NULL, 0), 0);
    harness_run("z> hello bob id=B\n"
                "z< welcome bob lobby 0 alice online id=A\n"
                "alice< presence bob online id=B\n");
    assert_int_equal(relay_set_allowed(harness_relay(), second, 0), 0);
    harness_run("turn\n"
                "alice< error not-allowed\n"
                "alice< finish\n"
                "z< presence alice offline id=A\n"
                "z< error not-allowed\n"
                "z< finish\n");
    harness_stop();
}

static void test_a_full_relay(void **state)
{
    (void)state;
    struct relay_options o = harness_options(false);
    o.clients_max = 3;
    harness_start(&o);
    harness_run("a> hello a\n"
                "a< welcome a lobby 0\n"
                "x open\n"
                "y open\n"
                "z open\n"
                "x< error server-full\n"
                "x< finish\n"
                "y> hello y room=y\n"
                "y< welcome y y 0\n"
                "z> hello z room=z\n"
                "z< welcome z z 0\n"
                "v open\n"
                "v< error server-full\n"
                "v< finish\n"
                "a lost\n"
                "w> hello w room=w\n"
                "w< welcome w w 0\n");
    harness_stop();
}

static void test_closing_connections_are_bounded(void **state)
{
    (void)state;
    struct relay_options o = harness_options(false);
    o.clients_max = 0;
    harness_start(&o);
    struct relay_client *c;
    for (int i = 0; i < 2 * RELAY_CLOSING_MAX; i++) {
        assert_int_equal(relay_open(harness_relay(), NULL, harness_now(), &c), 0);
        struct relay_event event;
        int drops = 0;
        while (relay_next(harness_relay(), &event))
            drops += event.type == RELAY_DROP;
        assert_int_equal(drops, i >= RELAY_CLOSING_MAX);
    }
    harness_stop();
}

static void test_stopping(void **state)
{
    (void)state;
    const struct relay_options o = harness_options(false);
    harness_start(&o);
    harness_run("pair\n"
                "x open\n");
    relay_stop(harness_relay(), harness_now());
    harness_run("turn\n"
                "alice< error shutting-down\n"
                "alice< finish\n"
                "bob< error shutting-down\n"
                "bob< finish\n"
                "x< error shutting-down\n"
                "x< finish\n"
                "y> hello y\n"
                "y< error shutting-down\n"
                "y< finish\n"
                "tick 1000\n"
                "alice< drop\n"
                "bob< drop\n"
                "x< drop\n"
                "y< drop\n");
    assert_int_equal(harness_counters().clients, 0);
    harness_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_seat_is_freed_in_time),
        cmocka_unit_test(test_a_seat_that_something_waits_for_is_kept_longer),
        cmocka_unit_test(test_a_sender_is_waited_for_as_long),
        cmocka_unit_test(test_idle_seats_are_bounded),
        cmocka_unit_test(test_proven_identities),
        cmocka_unit_test(test_a_list_of_the_allowed),
        cmocka_unit_test(test_a_full_relay),
        cmocka_unit_test(test_closing_connections_are_bounded),
        cmocka_unit_test(test_stopping),
    };
    int failed = harness_play_all("seats", dialogues, sizeof dialogues / sizeof dialogues[0]);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
