#include "error.h"
#include "header.h"
#include "play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define WELCOME                                                                         \
    "{'type':'welcome','version':1,'nick':'alice','room':'lobby','agent':'r','time':1," \
    "'waiting':0,'peer':null}"

static void come_to_stand(struct play *p)
{
    assert_int_equal(session_connected(p->s, p->now_ms), 0);
}

static void test_it_connects_says_hello_and_is_welcomed(void **state)
{
    struct play *p = *state;
    play_expect(p, "status connecting\nconnect\n", "");
    come_to_stand(p);
    play_expect(p, "status joining\n", "hello alice lobby\n");
    play_relay(p, WELCOME);
    play_expect(p, "status online\npresence nobody\n", "ping 1\n");
    assert_int_equal(session_get_state(p->s), SESSION_ONLINE);
    assert_null(session_peer_nick(p->s));
}

static void test_hello_has_the_keys(void **state)
{
    struct play *p = *state;
    play_clear(p);
    p->keys = "{\"identity\":\"a\"}";
    play_start(p);
    play_forget(p);
    come_to_stand(p);
    play_expect_frames(p, "hello alice lobby {\"identity\":\"a\"}\n");
}

static void test_what_comes_late_is_ignored(void **state)
{
    struct play *p = *state;
    play_join_alone(p);
    come_to_stand(p);
    play_expect(p, "", "");
    assert_int_equal(session_lost(p->s, "cut", p->now_ms), 0);
    play_expect(p, "status offline (cut)\n", "");
    assert_int_equal(session_lost(p->s, "cut", p->now_ms), 0);
    come_to_stand(p);
    play_relay(p, WELCOME);
    play_expect(p, "", "");
}

static void test_what_becomes_of_each_error(void **state)
{
    struct play *p = *state;
    static const struct {
        enum header_code code;
        bool comes_back;
    } cases[] = {
        {CODE_BAD_FRAME, false},    {CODE_BAD_HEADER, false},
        {CODE_BAD_STATE, false},    {CODE_UNSUPPORTED_VERSION, false},
        {CODE_BAD_NICK, false},     {CODE_BAD_ROOM, false},
        {CODE_BAD_IDENTITY, false}, {CODE_NOT_ALLOWED, false},
        {CODE_NICK_TAKEN, false},   {CODE_ROOM_FULL, false},
        {CODE_REPLACED, false},     {CODE_SERVER_FULL, true},
        {CODE_WINDOW, true},        {CODE_TIMEOUT, true},
        {CODE_SHUTTING_DOWN, true}, {CODE_INTERNAL, true},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        enum header_code code = cases[i / 2].code;
        char header[128], expected[128];
        play_clear(p);
        play_init(p);
        if (i % 2 == 0)
            come_to_stand(p);
        else if (code == CODE_NICK_TAKEN)
            continue; /* below */
        else
            play_join_alone(p);
        play_turn(p);
        play_forget(p);
        snprintf(header, sizeof header,
                 "{'type':'error','code':'%s','text':'x\\u001by','fatal':true}",
                 header_code_word(code));
        snprintf(expected, sizeof expected, "disconnect\nstatus %s %s (x^[y)\n",
                 cases[i / 2].comes_back ? "offline" : "stopped", header_code_word(code));
        play_relay(p, header);
        play_expect(p, expected, "");
        play_wait(p, SESSION_BACKOFF_MAX_MS);
        if (cases[i / 2].comes_back)
            assert_memory_equal(p->events, "status connecting\nconnect\n", 26);
        else
            assert_string_equal(p->events, "");
    }
}

static void test_errors_without_a_word_of_ours(void **state)
{
    struct play *p = *state;
    play_join_alone(p);
    play_relay(p, "{'type':'error','code':'slow','text':'slower','fatal':false}");
    play_relay(p, "{'type':'error','code':'unknown-type','text':'what?','fatal':false}");
    play_relay(p, "{'type':'error','code':'no-such-peer','text':'who?','fatal':false}");
    play_expect(p, "notice slower\nnotice what?\n", "");
    play_relay(p, "{'type':'error','code':'end','text':'of days','fatal':true}");
    play_expect(p, "disconnect\nstatus stopped (of days)\n", "");
}

#define TAKEN "{'type':'error','code':'nick-taken','text':'taken','fatal':true}"

/* Meets `nick-taken` at each attempt until it stops; gives how long that took. */
static uint64_t count_taken(struct play *p)
{
    uint64_t from = p->now_ms;
    for (;;) {
        if (session_get_state(p->s) == SESSION_CONNECTING)
            come_to_stand(p);
        play_relay(p, TAKEN);
        play_turn(p);
        if (session_get_state(p->s) == SESSION_STOPPED)
            return p->now_ms - from;
        assert_int_equal(session_get_state(p->s), SESSION_OFFLINE);
        play_wait(p, session_deadline(p->s) - p->now_ms);
    }
}

static void test_a_taken_nick_may_be_our_own_old_connection(void **state)
{
    struct play *p = *state;
    assert_int_equal(count_taken(p), 0); /* who was never here has no old connection */

    play_clear(p);
    play_init(p);
    play_join_alone(p);
    play_cut(p);
    uint64_t waited = count_taken(p);
    assert_in_range(waited, SESSION_TAKEN_MS, SESSION_TAKEN_MS + SESSION_BACKOFF_MAX_MS);

    /* Counted from the first one since it was welcome. */
    session_retry(p->s, p->now_ms);
    play_join_alone(p);
    play_cut(p);
    assert_true(count_taken(p) >= SESSION_TAKEN_MS);
}

static void test_a_taken_nick_after_a_restart(void **state)
{
    struct play *p = *state;
    play_say(p, "for whoever comes");
    play_turn(p);
    play_restart(p);
    assert_true(count_taken(p) >= SESSION_TAKEN_MS);

    /* With an identity we would have taken our old connection over. */
    p->keys = "{\"identity\":\"a\"}";
    play_restart(p);
    assert_int_equal(count_taken(p), 0);
}

static void test_backoff_is_at_random_below_a_limit_that_doubles(void **state)
{
    struct play *p = *state;
    uint64_t limit = SESSION_BACKOFF_MIN_MS, waits[40];
    for (size_t i = 0; i < 40; i++) {
        session_lost(p->s, "refused", p->now_ms);
        waits[i] = session_deadline(p->s); /* 0: events wait */
        play_turn(p);
        waits[i] = session_deadline(p->s) - p->now_ms;
        assert_in_range(waits[i], 1, limit);
        play_wait(p, waits[i]);
        assert_int_equal(session_get_state(p->s), SESSION_CONNECTING);
        limit = 2 * limit < SESSION_BACKOFF_MAX_MS ? 2 * limit : SESSION_BACKOFF_MAX_MS;
        p->events_len = 0;
    }
    uint64_t least = UINT64_MAX, most = 0;
    for (size_t i = 5; i < 40; i++) {
        least = waits[i] < least ? waits[i] : least;
        most = waits[i] > most ? waits[i] : most;
    }
    assert_true(least < SESSION_BACKOFF_MAX_MS / 4 && most > SESSION_BACKOFF_MAX_MS * 3 / 4);

    /* A good connection that is lost is tried again soon. */
    play_join_alone(p);
    session_lost(p->s, "lost", p->now_ms);
    play_turn(p);
    assert_in_range(session_deadline(p->s) - p->now_ms, 1, SESSION_BACKOFF_MIN_MS);
}

static void test_a_relay_that_breaks_off_again_and_again_is_tried_ever_later(void **state)
{
    struct play *p = *state;
    uint64_t most = 0;
    for (size_t i = 0; i < 30; i++) {
        play_join_alone(p);
        play_relay(p, WELCOME);
        play_turn(p);
        uint64_t wait = session_deadline(p->s) - p->now_ms;
        most = wait > most ? wait : most;
        play_wait(p, wait);
    }
    assert_true(most > SESSION_BACKOFF_MAX_MS / 2);

    /* But one that worked for a while starts from the beginning. */
    play_join_alone(p);
    p->now_ms += SESSION_BACKOFF_MAX_MS;
    play_relay(p, WELCOME);
    play_turn(p);
    assert_in_range(session_deadline(p->s) - p->now_ms, 1, SESSION_BACKOFF_MIN_MS);
}

static void test_retry_is_at_once(void **state)
{
    struct play *p = *state;
    session_lost(p->s, "refused", p->now_ms);
    play_turn(p);
    play_forget(p);
    session_retry(p->s, p->now_ms);
    session_retry(p->s, p->now_ms);
    play_expect(p, "status connecting\nconnect\n", "");
    play_join_alone(p);
    session_retry(p->s, p->now_ms);
    play_expect(p, "", "");
    play_relay(p, "{'type':'error','code':'replaced','text':'x','fatal':true}");
    play_turn(p);
    play_forget(p);
    session_retry(p->s, p->now_ms);
    play_expect(p, "status connecting\nconnect\n", "");
}

static void test_no_welcome_in_time(void **state)
{
    struct play *p = *state;
    play_forget(p);
    p->now_ms += SESSION_JOIN_MS - 1;
    come_to_stand(p);
    play_turn(p);
    play_forget(p);
    assert_int_equal(session_deadline(p->s), p->now_ms + 1);
    session_tick(p->s, p->now_ms);
    play_expect(p, "", "");
    session_tick(p->s, ++p->now_ms);
    play_expect(p, "disconnect\nstatus offline (the relay does not answer)\n", "");
}

static void test_silence_is_asked_about_and_then_the_end(void **state)
{
    struct play *p = *state;
    play_join_alone(p);
    play_relay(p, "{'type':'pong','id':1}");
    play_wait(p, SESSION_PING_MS - 1);
    play_expect(p, "", "");
    play_wait(p, 1);
    play_expect(p, "", "ping 2\n");
    p->now_ms += 70;
    play_relay(p, "{'type':'pong','id':1}");
    play_relay(p, "{'type':'pong'}");
    assert_int_equal(session_round_trip_ms(p->s), 0);
    play_relay(p, "{'type':'pong','id':2}");
    assert_int_equal(session_round_trip_ms(p->s), 70);

    play_wait(p, SESSION_PING_MS);
    play_expect(p, "", "ping 3\n");
    play_wait(p, 44999);
    play_expect(p, "", "");
    play_wait(p, 1);
    play_turn(p);
    assert_non_null(strstr(p->events, "disconnect\nstatus offline (nothing heard"));
}

static void test_anything_heard_is_a_sign_of_life(void **state)
{
    struct play *p = *state;
    play_join_alone(p); /* and the first ping gets no answer */
    for (size_t i = 0; i < 20; i++) {
        play_wait(p, SESSION_PING_MS - 1);
        play_relay(p, "{'type':'presence?'}");
    }
    play_expect(p, "", "");
    play_wait(p, SESSION_PING_MS);
    play_expect(p, "", "ping 2\n");
    assert_int_equal(session_round_trip_ms(p->s), UINT64_MAX);
}

static void test_pings_are_answered(void **state)
{
    struct play *p = *state;
    come_to_stand(p);
    play_turn(p);
    play_forget(p);
    play_relay(p, "{'type':'ping','id':7}");
    play_expect_frames(p, "pong 7\n");
    play_join_alone(p);
    play_relay(p, "{'type':'ping'}");
    play_relay(p, "{'type':'ping','id':9007199254740991}");
    play_expect(p, "", "pong\npong 9007199254740991\n");
}

static void test_quit_says_bye(void **state)
{
    struct play *p = *state;
    play_join(p);
    session_quit(p->s, false, p->now_ms);
    session_quit(p->s, true, p->now_ms);
    play_expect(p, "status leaving\n", "bye\n");
    play_relay(p, "{'type':'ping'}");
    session_lost(p->s, "closed", p->now_ms);
    play_expect(p, "status stopped\n", "");
    session_retry(p->s, p->now_ms);
    play_wait(p, 100000);
    play_expect(p, "", "");
}

static void test_quit_gives_the_seat_up(void **state)
{
    struct play *p = *state;
    play_join(p);
    session_quit(p->s, true, p->now_ms);
    play_expect(p, "status leaving\n", "bye leave\n");
    play_wait(p, SESSION_LEAVE_MS);
    play_expect(p, "disconnect\nstatus stopped\n", "");
}

/* As where a whole machine goes down. */
static void test_quit_while_the_relay_stops(void **state)
{
    struct play *p = *state;
    play_join(p);
    session_quit(p->s, false, p->now_ms);
    play_expect(p, "status leaving\n", "bye\n");
    play_relay(p, "{'type':'error','code':'shutting-down','text':'bye bye','fatal':true}");
    play_expect(p, "disconnect\nstatus stopped (bye bye)\n", "");
}

static void test_quit_waits_for_the_disk_and_for_receipts(void **state)
{
    struct play *p = *state;
    play_join(p);
    p->manual = true;
    play_bob_says(p, 'w', 1, "hi");
    play_say(p, "stays");
    session_quit(p->s, false, p->now_ms);
    play_bob_says(p, 'w', 2, "too late");
    play_expect(p, "status leaving\n", "");
    play_commit(p);
    play_expect(p,
                "show 1 1:w1 {'kind':'text','text':'hi'}\n"
                "show 2 1:A1 waiting {'kind':'text','text':'stays'}\n",
                "receipt bob w1\nbye\n");
}

static void test_quit_without_a_connection(void **state)
{
    struct play *p = *state;
    play_forget(p);
    session_quit(p->s, false, p->now_ms);
    play_expect(p, "disconnect\nstatus stopped\n", "");

    play_clear(p);
    play_init(p);
    come_to_stand(p);
    play_turn(p);
    play_forget(p);
    session_quit(p->s, false, p->now_ms);
    play_expect(p, "disconnect\nstatus stopped\n", "");

    play_clear(p);
    play_init(p);
    session_lost(p->s, "refused", p->now_ms);
    play_turn(p);
    play_forget(p);
    session_quit(p->s, false, p->now_ms);
    play_expect(p, "status stopped\n", "");

    session_quit(p->s, false, p->now_ms);
    play_expect(p, "", "");
}

static void test_names_must_be_names(void **state)
{
    (void)state;
    struct session *s;
    struct session_options options = {.nick = "alice", .room = "lobby", .agent = ""};
    options.nick = "al ice";
    assert_int_equal(session_new(&s, &options), ERROR_NAME);
    assert_null(s);
    options.nick = "alice";
    options.room = "-";
    assert_int_equal(session_new(&s, &options), ERROR_NAME);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, play_set_up, play_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_it_connects_says_hello_and_is_welcomed),
        TEST(test_hello_has_the_keys),
        TEST(test_what_comes_late_is_ignored),
        TEST(test_what_becomes_of_each_error),
        TEST(test_errors_without_a_word_of_ours),
        TEST(test_a_taken_nick_may_be_our_own_old_connection),
        TEST(test_a_taken_nick_after_a_restart),
        TEST(test_backoff_is_at_random_below_a_limit_that_doubles),
        TEST(test_a_relay_that_breaks_off_again_and_again_is_tried_ever_later),
        TEST(test_retry_is_at_once),
        TEST(test_no_welcome_in_time),
        TEST(test_silence_is_asked_about_and_then_the_end),
        TEST(test_anything_heard_is_a_sign_of_life),
        TEST(test_pings_are_answered),
        TEST(test_quit_says_bye),
        TEST(test_quit_gives_the_seat_up),
        TEST(test_quit_while_the_relay_stops),
        TEST(test_quit_waits_for_the_disk_and_for_receipts),
        TEST(test_quit_without_a_connection),
        TEST(test_names_must_be_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
