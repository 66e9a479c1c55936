#include "dialogue.h"
#include "scratch.h"
#include "server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define JOIN(nick) "> {'type':'hello','version':1,'nick':'" nick "','room':'kept'}"
#define JOINED(nick, waiting, peer)                 \
    "< {'type':'welcome','version':1,'nick':'" nick \
    "','room':'kept','agent':'chat-server *','time':*,'waiting':" waiting ",'peer':" peer "}"
#define STORED(first, n) \
    "< {'type':'stored','to':'bob','stream':'00000000000000a1','first':" first ",'n':" n "}"
#define BYE(letter)   letter "> {'type':'bye'}", letter "."
#define OFFLINE(nick) "{'nick':'" nick "','state':'offline','time':*}"
#define HELD(nick, state, first, n)      \
    "{'nick':'" nick "','state':'" state \
    "','time':*,'stored':[{'stream':'00000000000000a1','first':" first ",'n':" n "}]}"

#define SEND                                                                             \
    {                                                                                    \
        "messages for somebody who is away",                                             \
            STEPS("b+", "b" JOIN("bob"), "b" JOINED("bob", "0", "null"), BYE("b"), "a+", \
                  "a" JOIN("alice"), "a" JOINED("alice", "0", OFFLINE("bob")),           \
                  "a" MESSAGE("bob", "1") "\none", "a" STORED("1", "1"),                 \
                  "a" MESSAGE("bob", "2") "\ntwo", "a" STORED("2", "2"), BYE("a"))       \
    }

#define SEND_MORE                                                                    \
    {                                                                                \
        "what the relay has of them, and more",                                      \
            STEPS("a+", "a" JOIN("alice"),                                           \
                  "a" JOINED("alice", "0", HELD("bob", "offline", "1", "2")),        \
                  "a" MESSAGE("bob", "2") "\ntwo", "a" STORED("2", "2"),             \
                  "a" MESSAGE("bob", "3") "\nthree", "a" STORED("3", "3"), BYE("a")) \
    }

#define RECEIVE(sender)                                                                           \
    {                                                                                             \
        "they come to whom they are for",                                                         \
            STEPS("b+", "b" JOIN("bob"), "b" JOINED("bob", "3", sender),                          \
                  "b" GETS_MESSAGE("alice", "1") "\none", "b" GETS_MESSAGE("alice", "2") "\ntwo", \
                  "b" GETS_MESSAGE("alice", "3") "\nthree", "b" RECEIPT("alice", "2") "\nproof",  \
                  BYE("b"))                                                                       \
    }

#define RETURN "a+", "a" JOIN("alice"), "a" JOINED("alice", "0", HELD("bob", "offline", "3", "3"))
#define RECEIVE_THE_REST                                                     \
    "b+", "b" JOIN("bob"), "b" JOINED("bob", "1", PEER("alice", "online")),  \
        "b" GETS_MESSAGE("alice", "3") "\nthree", "b" RECEIPT("alice", "3"), \
        "a< {'type':'presence','nick':'bob','state':'online','time':*,"      \
        "'stored':[{'stream':'00000000000000a1','first':3,'n':3}]}",         \
        "a" GETS_RECEIPT("bob", "3")

/*
 * What two people do between the ends of their relay: each part begins with what was left. Seats
 * for which something waits survive a crash, the others a clean stop.
 */
static const struct dialogue stopped[] = {
    SEND,
    SEND_MORE,
    RECEIVE(OFFLINE("alice")),
    {"the receipt comes, and what has none comes again",
     STEPS(RETURN, "a" GETS_RECEIPT("bob", "2") "\nproof", RECEIVE_THE_REST)},
    {"nothing is left", STEPS("b+", "b" JOIN("bob"), "b" JOINED("bob", "0", OFFLINE("alice")))},
    {0},
};

static const struct dialogue killed[] = {
    SEND,
    SEND_MORE,
    RECEIVE("null"),
    {"what has no receipt comes again", STEPS(RETURN, RECEIVE_THE_REST)},
    {"nothing is left", STEPS("b+", "b" JOIN("bob"), "b" JOINED("bob", "0", "null"))},
    {0},
};

/* Each part is talked through with a relay that is then ended by the signal. */
static void talk(const struct dialogue *parts, const char *state, int end)
{
    struct server s;
    char options[128];
    snprintf(options, sizeof options, "--state %s", scratch_path(state));
    for (; parts->name; parts++) {
        server_start(&s, options, NULL);
        dialogue_run(parts, dialogue_len(parts), s.addresses[0], 0);
        if (end == SIGTERM)
            server_stop(&s);
        else
            assert_int_equal(process_stop(&s.process, end), 128 + end);
    }
}

static void test_it_is_stopped(void **state)
{
    (void)state;
    talk(stopped, "stopped", SIGTERM);
}

static void test_it_is_killed(void **state)
{
    (void)state;
    talk(killed, "killed", SIGKILL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_stopped),
        cmocka_unit_test(test_it_is_killed),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
