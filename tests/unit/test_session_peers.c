#include "error.h"
#include "play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

/* Somebody is `state`, with an identity or without. */
static void see(struct play *p, const char *nick, const char *state, const char *identity)
{
    char header[256], keys[128] = "";
    if (identity)
        snprintf(keys, sizeof keys, ",'keys':{'identity':'%s'}", identity);
    snprintf(header, sizeof header, "{'type':'presence','nick':'%s','state':'%s','time':1%s}", nick,
             state, keys);
    play_relay(p, header);
}

static void message_from(struct play *p, const char *nick, char stream, int n, const char *text)
{
    char header[128], payload[128];
    snprintf(header, sizeof header, "{'type':'message','from':'%s','stream':#%c,'n':%d,'time':7}",
             nick, stream, n);
    snprintf(payload, sizeof payload, "{'kind':'text','text':'%s'}", text);
    play_relay_payload(p, header, payload);
}

static void test_lines_wait_for_whoever_appears_first(void **state)
{
    struct play *p = *state;
    p->trace_saves = true;
    play_say(p, "1");
    play_turn(p);
    assert_non_null(strstr(p->events, "save peer 1  ''\n"));
    assert_non_null(strstr(p->events, "save 1 1:A1 waiting " SAID(1)));
    play_restart(p);
    play_join_alone(p);
    play_say(p, "2");
    play_expect(p,
                "save stream 1:B1 order 2 receipted 0\n"
                "save 2 1:B1 waiting {'kind':'text','previous':{'stream':'A','n':1},'text':'2'}\n"
                "show 2 1:B1 waiting {'kind':'text','previous':{'stream':'A','n':1},'text':'2'}\n",
                "");
    assert_int_equal(session_undelivered(p->s), 2);
    assert_null(session_peer_nick(p->s));
    see(p, "bob", "online", NULL);
    play_expect(p, "save peer 1 bob ''\npresence bob online\n",
                "message bob A1 " SAID(1) "message bob B1 {'kind':'text','previous':"
                                          "{'stream':'A','n':1},'text':'2'}\n");
    p->trace_saves = false;
    play_restart(p);
    play_join(p);
    play_bob_has(p, 'A', 1);
    play_bob_has(p, 'B', 1);
    play_turn(p);
    assert_int_equal(session_undelivered(p->s), 0);
}

static void test_lines_keep_their_numbers_when_an_old_disk_is_put_back(void **state)
{
    struct play *p = *state;
    play_say(p, "1");
    play_turn(p);
    play_join(p);
    assert_string_equal(p->disk.peers[0].nick, "bob");
    ((char *)(uintptr_t)p->disk.peers[0].nick)[0] = 0;
    play_restart(p);
    play_say(p, "2");
    play_join_alone(p);
    see(p, "bob", "online", NULL);
    play_expect_frames(p, "message bob A1 " SAID(1) "message bob B1 {'kind':'text','previous':{"
                                                    "'stream':'A','n':1},'text':'2'}\n");
}

static void test_whoever_wrote_and_is_gone_appeared_first(void **state)
{
    struct play *p = *state;
    play_join_alone(p);
    play_say(p, "1");
    message_from(p, "bob", 'x', 1, "hi");
    play_turn(p);
    assert_string_equal(session_peer_nick(p->s), "bob");
    play_forget(p);
    see(p, "bob", "online", "b");
    play_expect(p, "presence bob online\n", "message bob A1 " SAID(1));
    assert_int_equal(p->disk.peers_count, 1);
}

static void test_messages_go_to_who_is_there_or_was_last(void **state)
{
    struct play *p = *state;
    play_join(p);
    play_say(p, "1");
    play_turn(p);
    see(p, "bob", "left", NULL);
    play_say(p, "2");
    play_turn(p);
    play_forget(p);
    see(p, "carol", "online", NULL);
    play_say(p, "3");
    play_expect(p, "presence carol online\nshow 3 2:B1 waiting " SAID(3),
                "message carol B1 " SAID(3));
    assert_string_equal(session_peer_nick(p->s), "carol");
    play_relay(p, "{'type':'receipt','from':'bob','stream':#A,'n':1}");
    see(p, "carol", "left", NULL);
    play_say(p, "4");
    play_turn(p);
    play_forget(p);
    see(p, "bob", "online", NULL);
    play_expect(p, "presence bob online\n", "message bob A1 " SAID(1) "message bob A2 " SAID(2));
    play_restart(p);
    play_say(p, "5");
    play_turn(p);
    assert_non_null(strstr(p->events, "show 5 2:C1")); /* carol was spoken with last */
    play_join_alone(p);
    see(p, "carol", "online", NULL);
    play_expect_frames(p, "message carol B1 " SAID(3) "message carol B2 " SAID(
                              4) "message carol C1 {'kind':'text','previous':{'stream':'B','n':2},"
                                 "'text':'5'}\n");
}

static void test_what_was_loaded_for_one_does_not_go_to_another(void **state)
{
    struct play *p = *state;
    static const char *const nicks[] = {"bob", "carol"};
    play_join_alone(p);
    for (int i = 0; i < 2; i++) {
        char receipt[128];
        see(p, nicks[i], "online", NULL);
        play_say(p, nicks[i]);
        play_turn(p);
        snprintf(receipt, sizeof receipt, "{'type':'receipt','from':'x','stream':#%c,'n':1}",
                 'A' + i);
        play_relay_payload(p, receipt, "{'kind':'receipt'}");
        play_turn(p);
    }
    play_forget(p);
    p->no_loads = true;
    see(p, "bob", "online", NULL);
    play_expect(p, "presence bob online\nload 1:A1\n", "");
    see(p, "carol", "online", NULL);
    see(p, "bob", "online", NULL);
    play_expect(p, "presence carol online\npresence bob online\n", "");
    play_load(p);
    play_expect(p, "load 1:A1\n", "");
    see(p, "carol", "online", NULL);
    play_expect(p, "presence carol online\n", "");
    play_load(p);
    play_expect(p, "load 2:B1\n", "");
    play_load(p);
    play_expect(p, "", "message carol B1 {'kind':'text','text':'carol'}\n");
}

static void test_a_seat_that_another_takes_was_freed(void **state)
{
    struct play *p = *state;
    play_join(p);
    play_say(p, "1");
    play_turn(p);
    play_relay(p, "{'type':'stored','to':'bob','stream':#A,'first':1,'n':1}");
    play_turn(p);
    play_forget(p);
    see(p, "carol", "online", NULL);
    play_expect(p, "presence carol online\nmark 1 waiting\n", "");
    play_relay(p, "{'type':'stored','to':'carol','stream':#A,'first':1,'n':1}");
    play_turn(p);
    play_cut(p);
    play_forget(p);
    play_relay(p,
               "{'type':'welcome','version':1,'nick':'alice','room':'lobby','agent':'r','time':1,"
               "'waiting':0,'peer':{'nick':'carol','state':'offline','time':1}}");
    play_expect(p, "status online\npresence carol offline\nmark 1 waiting\n", "ping 2\n");
}

static void test_another_identity_is_another_peer(void **state)
{
    struct play *p = *state;
    play_join_alone(p);
    p->trace_saves = true;
    see(p, "bob", "online", "one");
    play_say(p, "1");
    play_expect(p,
                "presence bob online\nsave peer 1 bob 'one'\n"
                "save stream 1:A1 order 1 receipted 0\nsave 1 1:A1 waiting " SAID(
                    1) "show 1 1:A1 waiting " SAID(1),
                "message bob A1 " SAID(1));
    see(p, "bob", "online", "two");
    play_say(p, "2");
    play_expect(p,
                "presence bob online\nsave peer 2 bob 'two'\n"
                "save stream 2:B1 order 1 receipted 0\nsave 2 2:B1 waiting " SAID(
                    2) "show 2 2:B1 waiting " SAID(2),
                "message bob B1 " SAID(2));
    see(p, "bob", "online", "one");
    play_expect(p, "presence bob online\n", "message bob A1 " SAID(1));
}

static void test_the_same_identity_under_another_nick_is_the_same_peer(void **state)
{
    struct play *p = *state;
    play_join_alone(p);
    see(p, "bob", "online", "one");
    play_say(p, "1");
    play_turn(p);
    play_forget(p);
    p->trace_saves = true;
    see(p, "Robert", "online", "one");
    play_expect(p, "save peer 1 Robert 'one'\npresence Robert online\n",
                "message Robert A1 " SAID(1));
    see(p, "Robert", "online", "one");
    play_expect(p, "presence Robert online\n", "message Robert A1 " SAID(1));
}

static void test_a_nick_is_the_same_in_any_spelling(void **state)
{
    struct play *p = *state;
    play_join_alone(p);
    see(p, "Zoë", "online", NULL);
    play_turn(p);
    play_forget(p);
    message_from(p, "ZOE\xcc\x88", 'w', 1, "1");
    play_expect(p, "show 1 1:w1 " SAID(1), "receipt Zoë w1\n");
    see(p, "ZOË", "offline", NULL);
    play_expect(p, "presence ZOË offline\n", "");
    see(p, "zoë", "left", NULL);
    play_expect(p, "presence ZOË left\n", "");
}

static void test_an_identity_that_becomes_known(void **state)
{
    struct play *p = *state;
    play_join_alone(p);
    message_from(p, "bob", 'w', 1, "1"); /* from a seat that was left: nobody says whose */
    play_expect(p, "show 1 1:w1 " SAID(1), "receipt bob w1\n");
    p->trace_saves = true;
    see(p, "bob", "online", "one");
    message_from(p, "bob", 'w', 1, "1");
    play_expect(p, "save peer 1 bob 'one'\npresence bob online\n", "receipt bob w1\n");
    see(p, "bob", "online", NULL);
    play_say(p, "2");
    play_turn(p);
    assert_non_null(strstr(p->events, "save peer 2 bob ''\n"));
}

static void test_messages_of_somebody_who_left(void **state)
{
    struct play *p = *state;
    play_join_alone(p);
    see(p, "bob", "online", "one");
    message_from(p, "bob", 'w', 1, "1");
    play_turn(p);
    see(p, "bob", "online", "two"); /* another bob */
    play_turn(p);
    play_forget(p);
    message_from(p, "bob", 'w', 1, "1"); /* the first one's, again */
    message_from(p, "bob", 'w', 2, "2");
    play_expect(p, "show 2 1:w2 " SAID(2), "receipt bob w2\n");
    message_from(p, "bob", 'x', 1, "3");
    play_expect(p, "show 3 2:x1 " SAID(3), "receipt bob x1\n");
    see(p, "carol", "online", NULL);
    message_from(p, "bob", 'x', 2, "4");
    play_expect(p, "presence carol online\nshow 4 2:x2 " SAID(4), "receipt bob x2\n");
}

static void test_people_who_only_pass_by_leave_nothing(void **state)
{
    struct play *p = *state;
    play_join(p);
    play_say(p, "1");
    play_turn(p);
    for (int i = 0; i < 5000; i++) {
        char nick[16];
        snprintf(nick, sizeof nick, "n%d", i);
        see(p, nick, "online", "key");
        see(p, nick, "online", NULL);
        p->quiet = true;
        play_turn(p);
    }
    p->quiet = false;
    assert_int_equal(p->disk.peers_count, 1);
    see(p, "bob", "online", NULL);
    play_turn(p);
    assert_non_null(strstr(p->frames, "message bob A1 " SAID(1)));
}

static void test_a_crowd_that_writes_takes_bounded_memory(void **state)
{
    struct play *p = *state;
    play_join(p);
    message_from(p, "bob", 'w', 1, "hi");
    play_say(p, "1");
    play_turn(p);
    see(p, "carol", "online", NULL);
    play_turn(p);
    p->quiet = true;
    for (int i = 0; i < 3000; i++) {
        char nick[16];
        snprintf(nick, sizeof nick, "n%d", i);
        message_from(p, nick, 'x', 1, "spam");
        if (i % 500 == 0)
            play_turn(p);
    }
    play_turn(p);
    p->quiet = false;
    play_forget(p);
    message_from(p, "bob", 'w', 1, "hi");
    play_expect(p, "", "receipt bob w1\n"); /* who was written to is remembered */
    message_from(p, "n2999", 'x', 1, "spam");
    play_expect(p, "", "receipt n2999 x1\n");
}

static void test_nobody_is_anybody_s_name(void **state)
{
    struct play *p = *state;
    static const char *const frames[] = {
        "{'type':'presence','nick':'','state':'online','time':1}",
        "{'type':'presence','nick':'a b','state':'online','time':1}",
        "{'type':'message','from':'a\\u001bb','stream':#w,'n':1,'time':1}",
    };
    for (size_t i = 0; i < 3; i++) {
        play_join(p);
        play_forget(p);
        play_relay(p, frames[i]);
        play_turn(p);
        assert_non_null(strstr(p->events, "disconnect\nstatus offline (the relay names"));
        session_retry(p->s, p->now_ms);
        play_turn(p);
    }
}

static void test_what_a_disk_cannot_hold(void **state)
{
    struct play *p = *state;
    play_clear(p);
    const struct session_options options = {.nick = "alice", .room = "lobby", .agent = ""};
    assert_int_equal(session_new(&p->s, &options), 0);
    const uint8_t payload[] = {0, 2, '{', '}'};
    struct session_peer_row peer = {.id = 0, .nick = "bob", .identity = ""};
    assert_int_equal(session_restore_peer(p->s, &peer), ERROR_STORE);
    peer.id = 7;
    assert_int_equal(session_restore_peer(p->s, &peer), 0);
    assert_int_equal(session_restore_peer(p->s, &peer), ERROR_STORE);
    static const struct session_stream_row streams[] = {
        {.peer = 8, .mine = true, .stream = 1, .last = 1},
        {.peer = 7, .mine = true, .stream = 1, .last = 0},
        {.peer = 7, .mine = true, .stream = 1, .last = 1, .receipted = 2},
        {.peer = 7, .mine = false, .stream = 1, .last = 0},
    };
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(session_restore_stream(p->s, &streams[i]), ERROR_STORE);
    for (int mine = 0; mine < 2; mine++) {
        const struct session_stream_row row = {
            .peer = 7, .mine = mine, .stream = 1, .last = 5, .receipted = 2 * (uint64_t)mine};
        assert_int_equal(session_restore_stream(p->s, &row), 0);
        assert_int_equal(session_restore_stream(p->s, &row), ERROR_STORE);
    }
    static const struct {
        uint32_t peer;
        uint64_t stream, n;
        int rc;
    } messages[] = {
        {8, 1, 3, ERROR_STORE}, {7, 2, 3, ERROR_STORE}, {7, 1, 2, ERROR_STORE},
        {7, 1, 6, ERROR_STORE}, {7, 1, 3, 0},           {7, 1, 3, ERROR_STORE},
        {7, 1, 5, 0},           {7, 1, 4, 0},           {7, 1, 5, ERROR_STORE},
    };
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        const struct session_message_row row = {
            .id = 1 + i,
            .mine = true,
            .peer = messages[i].peer,
            .stream = messages[i].stream,
            .n = messages[i].n,
            .payload = payload,
            .payload_len = sizeof payload,
        };
        assert_int_equal(session_restore_message(p->s, &row), messages[i].rc);
    }
    static const uint8_t bad[][5] = {{0, 3, '{', '}'}, {0, 2, 'x', '}'}, {0}};
    for (size_t i = 0; i < 3; i++) {
        const struct session_message_row row = {
            .id = 50 + i, .mine = true, .payload = bad[i], .payload_len = i == 2 ? 1 : 4};
        assert_int_equal(session_restore_message(p->s, &row), ERROR_STORE);
    }
    assert_int_equal(session_undelivered(p->s), 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, play_set_up, play_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_lines_wait_for_whoever_appears_first),
        TEST(test_lines_keep_their_numbers_when_an_old_disk_is_put_back),
        TEST(test_whoever_wrote_and_is_gone_appeared_first),
        TEST(test_messages_go_to_who_is_there_or_was_last),
        TEST(test_what_was_loaded_for_one_does_not_go_to_another),
        TEST(test_a_seat_that_another_takes_was_freed),
        TEST(test_another_identity_is_another_peer),
        TEST(test_the_same_identity_under_another_nick_is_the_same_peer),
        TEST(test_a_nick_is_the_same_in_any_spelling),
        TEST(test_an_identity_that_becomes_known),
        TEST(test_messages_of_somebody_who_left),
        TEST(test_people_who_only_pass_by_leave_nothing),
        TEST(test_a_crowd_that_writes_takes_bounded_memory),
        TEST(test_nobody_is_anybody_s_name),
        TEST(test_what_a_disk_cannot_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
