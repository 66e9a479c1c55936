#include "error.h"
#include "play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

/* Message `n` of a stream of bob's with the rest of a payload: `'kind':…`. */
static void bob_sends(struct play *p, char stream, int n, const char *payload)
{
    char header[128], whole[256];
    snprintf(header, sizeof header, "{'type':'message','from':'bob','stream':#%c,'n':%d,'time':7}",
             stream, n);
    snprintf(whole, sizeof whole, "{%s}", payload);
    play_relay_payload(p, header, whole);
}

static void bob_is(struct play *p, const char *state)
{
    char header[128];
    snprintf(header, sizeof header, "{'type':'presence','nick':'bob','state':'%s','time':1}",
             state);
    play_relay(p, header);
    play_turn(p);
    p->events_len = 0;
    p->events[0] = '\0';
}

#define HI "{'kind':'text','text':'hi'}\n"

static void test_it_is_shown_and_receipted_only_when_it_is_on_disk(void **state)
{
    struct play *p = *state;
    p->manual = p->trace_saves = true;
    p->now_ms = 5;
    play_bob_says(p, 'w', 1, "hi");
    play_expect(p, "save peer 1 bob ''\nsave stream 1:w1 order 1\nsave 1 1:w1 " HI, "");
    play_bob_says(p, 'w', 1, "hi"); /* a repeat before the commit */
    play_expect(p, "", "");
    play_commit(p);
    play_expect(p, "show 1 1:w1 " HI, "receipt bob w1\n");
    assert_int_equal(p->disk.messages[0].wall_ms, 5);
}

static void test_one_receipt_for_a_burst(void **state)
{
    struct play *p = *state;
    play_bob_says(p, 'w', 1, "hi");
    play_bob_says(p, 'w', 2, "hi");
    play_bob_says(p, 'w', 3, "hi");
    play_expect(p, "show 1 1:w1 " HI "show 2 1:w2 " HI "show 3 1:w3 " HI, "receipt bob w3\n");
    play_bob_says(p, 'w', 4, "hi");
    play_expect(p, "show 4 1:w4 " HI, "receipt bob w4\n");
}

static void test_a_repeat_is_receipted_and_not_shown(void **state)
{
    struct play *p = *state;
    play_bob_says(p, 'w', 1, "hi");
    play_bob_says(p, 'w', 2, "hi");
    play_turn(p);
    play_forget(p);
    play_bob_says(p, 'w', 1, "other");
    play_bob_says(p, 'w', 2, "hi");
    play_expect(p, "", "receipt bob w2\n");
    play_restart(p);
    play_join(p);
    play_bob_says(p, 'w', 2, "hi");
    play_expect(p, "", "receipt bob w2\n");
    play_bob_says(p, 'w', 3, "hi");
    play_expect(p, "show 3 1:w3 " HI, "receipt bob w3\n");
}

static void test_what_was_not_committed_never_happened(void **state)
{
    struct play *p = *state;
    play_bob_says(p, 'w', 1, "hi");
    play_turn(p);
    p->manual = true;
    play_bob_says(p, 'w', 2, "hi");
    play_turn(p);
    p->manual = false;
    play_restart(p);
    play_join(p);
    play_bob_says(p, 'w', 2, "hi");
    play_expect(p, "show 2 1:w2 " HI, "receipt bob w2\n");
}

static void test_a_gap_is_asked_for_once(void **state)
{
    struct play *p = *state;
    play_bob_says(p, 'w', 1, "hi");
    play_bob_says(p, 'w', 3, "hi");
    play_expect(p, "show 1 1:w1 " HI, "receipt bob w1 resend\n");
    play_bob_says(p, 'w', 4, "hi");
    play_bob_says(p, 'w', 5, "hi");
    play_expect(p, "", "");
    for (uint64_t n = 2; n <= 5; n++)
        play_bob_says(p, 'w', n, "hi");
    play_expect(p, "show 2 1:w2 " HI "show 3 1:w3 " HI "show 4 1:w4 " HI "show 5 1:w5 " HI,
                "receipt bob w5\n");
    play_wait(p, 60000);
    assert_null(strstr(p->frames, "resend"));
}

/* Who heard of what is behind a gap waits until that is here, whatever else comes. */
static void test_a_gap_is_over_when_all_of_it_is_there(void **state)
{
    struct play *p = *state;
    play_bob_says(p, 'w', 3, "hi");
    play_expect_frames(p, "receipt bob w0 resend\n");
    play_wait(p, SESSION_RESEND_MS - 1);
    play_bob_says(p, 'w', 1, "hi");
    play_expect_frames(p, "receipt bob w1\n");
    play_wait(p, SESSION_RESEND_MS - 1);
    assert_null(strstr(p->frames, "resend"));
    play_wait(p, 1);
    assert_non_null(strstr(p->frames, "receipt bob w1 resend\n"));
}

static void test_a_gap_is_asked_for_again(void **state)
{
    struct play *p = *state;
    play_bob_says(p, 'w', 3, "hi");
    play_expect_frames(p, "receipt bob w0 resend\n");
    play_bob_says(p, 'w', 4, "hi");
    play_expect_frames(p, "");
    play_bob_says(p, 'w', 3, "hi"); /* does not follow the one before it */
    play_expect_frames(p, "receipt bob w0 resend\n");
    play_bob_says(p, 'w', 4, "hi");
    play_expect_frames(p, "");
    bob_is(p, "offline");
    play_expect_frames(p, "");
    bob_is(p, "online");
    play_expect_frames(p, "receipt bob w0 resend\n");
    play_cut(p);
    play_join(p);
    play_bob_says(p, 'w', 3, "hi"); /* asked for when bob appeared */
    play_expect_frames(p, "receipt bob w0 resend\n");
}

static void test_a_gap_is_asked_for_on_each_connection(void **state)
{
    struct play *p = *state;
    play_bob_says(p, 'w', 3, "hi");
    play_turn(p);
    play_cut(p);
    play_join_alone(p);
    bob_is(p, "offline");
    play_bob_says(p, 'w', 4, "hi");
    play_expect_frames(p, "receipt bob w0 resend\n");
}

static void test_a_gap_is_asked_for_after_a_while(void **state)
{
    struct play *p = *state;
    play_bob_says(p, 'w', 3, "hi");
    play_turn(p);
    play_forget(p);
    for (uint64_t wait = SESSION_RESEND_MS; wait <= 8 * SESSION_RESEND_MS; wait *= 2) {
        uint64_t until = p->now_ms + wait;
        while (p->now_ms < until - 1000) {
            play_wait(p, 1000);
            play_relay(p, "{'type':'ping'}");
            play_turn(p);
        }
        assert_null(strstr(p->frames, "receipt"));
        play_wait(p, until - p->now_ms);
        assert_non_null(strstr(p->frames, "receipt bob w0 resend\n"));
        play_forget(p);
    }
}

static void test_previous_must_be_there(void **state)
{
    struct play *p = *state;
    play_bob_says(p, 'w', 1, "hi");
    play_turn(p);
    play_forget(p);
    bob_sends(p, 'x', 1, "'kind':'delete','stream':#w,'n':1,'previous':{'stream':#w,'n':3}");
    bob_sends(p, 'x', 2, "'kind':'text','text':'2'");
    play_expect(p, "", "receipt bob w1 resend\nreceipt bob x0 resend\n");
    play_bob_says(p, 'w', 2, "hi");
    play_expect(p, "show 2 1:w2 " HI, "receipt bob w2\n");
    bob_sends(p, 'x', 1, "'kind':'text','text':'1','previous':{'stream':#w,'n':3}");
    play_expect(p, "", "receipt bob w2 resend\nreceipt bob x0 resend\n");
    play_bob_says(p, 'w', 3, "hi");
    bob_sends(p, 'x', 1, "'kind':'text','text':'1','previous':{'stream':#w,'n':3}");
    bob_sends(p, 'x', 2, "'kind':'text','text':'2'");
    play_expect(p,
                "show 3 1:w3 " HI
                "show 4 1:x1 {'kind':'text','text':'1','previous':{'stream':'w','n':3}}\n"
                "show 5 1:x2 {'kind':'text','text':'2'}\n",
                "receipt bob w3\nreceipt bob x2\n");
}

static void test_a_whole_chain_of_previous_ones_is_missing(void **state)
{
    struct play *p = *state;
    bob_sends(p, 'z', 1, "'kind':'text','text':'3','previous':{'stream':#y,'n':1}");
    play_expect(p, "", "receipt bob y0 resend\nreceipt bob z0 resend\n");
    bob_sends(p, 'y', 1, "'kind':'text','text':'2','previous':{'stream':#x,'n':1}");
    bob_sends(p, 'z', 1, "'kind':'text','text':'3','previous':{'stream':#y,'n':1}");
    play_expect(p, "",
                "receipt bob x0 resend\nreceipt bob y0 resend\n"
                "receipt bob y0 resend\nreceipt bob z0 resend\n");
    bob_sends(p, 'x', 1, "'kind':'text','text':'1'");
    bob_sends(p, 'y', 1, "'kind':'text','text':'2','previous':{'stream':#x,'n':1}");
    bob_sends(p, 'z', 1, "'kind':'text','text':'3','previous':{'stream':#y,'n':1}");
    play_expect_frames(p, "receipt bob x1\nreceipt bob y1\nreceipt bob z1\n");
    assert_int_equal(session_deadline(p->s), p->now_ms + SESSION_PING_MS * 5 / 2);
}

static void test_first_is_taken_and_said(void **state)
{
    struct play *p = *state;
    play_bob_says(p, 'w', 1, "hi");
    bob_sends(p, 'w', 5, "'kind':'text','text':'5','first':true");
    bob_sends(p, 'w', 6, "'kind':'text','text':'6','first':true");
    bob_sends(p, 'w', 4, "'kind':'text','text':'4','first':true");
    play_expect(p,
                "show 1 1:w1 " HI "missing 2\n"
                "show 2 1:w5 {'kind':'text','text':'5','first':true}\n"
                "show 3 1:w6 {'kind':'text','text':'6','first':true}\n",
                "receipt bob w6\n");
    bob_sends(p, 'x', 1, "'kind':'text','text':'1','first':true,'previous':{'stream':#w,'n':9}");
    play_expect(p,
                "missing 4\nshow 4 1:x1 {'kind':'text','text':'1','first':true,"
                "'previous':{'stream':'w','n':9}}\n",
                "receipt bob x1\n");
}

static void test_what_does_not_open_is_asked_for(void **state)
{
    struct play *p = *state;
    static const struct {
        const char *bytes;
        size_t len;
    } contents[] = {
        {"", 0},
        {"\1sealed", 7},
        {"\2", 1},
    };
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        char header[128];
        snprintf(header, sizeof header,
                 "{'type':'message','from':'bob','stream':#w,'n':1,'time':7}");
        play_relay_content(p, header, (const uint8_t *)contents[i].bytes, contents[i].len);
        play_expect(p,
                    i == 1 ? "notice a message from bob does not open; asking for it again\n" : "",
                    i == 0 ? "receipt bob w0 resend\n" : "");
    }
    play_wait(p, SESSION_RESEND_MS); /* it is not asked for at the rate at which it comes */
    play_expect_frames(p, "receipt bob w0 resend\n");
    play_cut(p);
    play_join(p);
    play_turn(p);
    play_forget(p);
    play_relay_content(p, "{'type':'message','from':'bob','stream':#w,'n':1,'time':7}", NULL, 0);
    play_expect_events(p, "notice a message from bob does not open; asking for it again\n");
    play_bob_says(p, 'w', 1, "hi");
    play_expect(p, "show 1 1:w1 " HI, "receipt bob w1\n");
}

/* What opens is the peer's, and would be the same again: nothing waits for it. */
static void test_what_opens_and_cannot_be_read_counts(void **state)
{
    struct play *p = *state;
    static const struct {
        const char *bytes;
        size_t len;
        const char *shown;
    } contents[] = {
        {"\0", 1, "(not a payload)"},
        {"\0\0\1{", 4, "{"},
        {"\0\0\2{}", 5, "{}"},
    };
    for (int i = 0; i < 3; i++) {
        char header[128], shown[128], receipt[64];
        snprintf(header, sizeof header,
                 "{'type':'message','from':'bob','stream':#w,'n':%d,'time':7}", i + 1);
        snprintf(shown, sizeof shown, "show %d 1:w%d %s\n", i + 1, i + 1, contents[i].shown);
        snprintf(receipt, sizeof receipt, "receipt bob w%d\n", i + 1);
        play_relay_content(p, header, (const uint8_t *)contents[i].bytes, contents[i].len);
        play_expect(p, shown, receipt);
    }
    bob_sends(p, 'x', 1, "'kind':'text','text':5,'previous':{'stream':#w,'n':4}");
    play_expect(p, "", "receipt bob w3 resend\nreceipt bob x0 resend\n");
    play_bob_says(p, 'w', 4, "hi");
    bob_sends(p, 'x', 1, "'kind':'text','text':5,'previous':{'stream':#w,'n':4}");
    bob_sends(p, 'x', 3, "'kind':'text','text':5,'first':true");
    play_expect(p,
                "show 4 1:w4 " HI
                "show 5 1:x1 {'kind':'text','text':5,'previous':{'stream':'w','n':4}}\n"
                "missing 6\n"
                "show 6 1:x3 {'kind':'text','text':5,'first':true}\n",
                "receipt bob w4\nreceipt bob x3\n");
}

static void test_a_kind_that_is_not_known_counts(void **state)
{
    struct play *p = *state;
    bob_sends(p, 'w', 1, "'kind':'hologram','size':3");
    bob_sends(p, 'w', 2, "'kind':'typing','active':true");
    play_expect(p,
                "show 1 1:w1 {'kind':'hologram','size':3}\n"
                "show 2 1:w2 {'kind':'typing','active':true}\n",
                "receipt bob w2\n");
}

static void test_many_gaps_take_bounded_memory(void **state)
{
    struct play *p = *state;
    p->quiet = true;
    for (uint64_t i = 1; i <= 10000; i++) {
        char header[128];
        snprintf(header, sizeof header,
                 "{'type':'message','from':'bob','stream':'%016llx','n':2,'time':7}",
                 (unsigned long long)i);
        play_relay_payload(p, header, "{'kind':'text','text':'x'}");
        if (i % 100 == 0)
            play_turn(p);
    }
    p->quiet = false;
    /* The newest 16 are asked for again, the others when their next message comes. */
    bob_is(p, "online");
    size_t count = 0;
    for (const char *at = p->frames; (at = strstr(at, "resend")); at++)
        count++;
    assert_int_equal(count, 16);
    play_forget(p);
    play_relay_payload(p,
                       "{'type':'message','from':'bob','stream':'0000000000000001','n':2,'time':7}",
                       "{'kind':'text','text':'x'}");
    play_turn(p);
    assert_non_null(strstr(p->frames, "0 resend\n"));
}

static void test_a_place_below_a_gap_is_remembered(void **state)
{
    struct play *p = *state;
    play_bob_says(p, 'w', 1, "hi");
    play_bob_says(p, 'w', 3, "hi");
    play_turn(p);
    for (uint64_t i = 1; i <= 16; i++) {
        char header[128];
        snprintf(header, sizeof header,
                 "{'type':'message','from':'bob','stream':'%016llx','n':2,'time':7}",
                 (unsigned long long)i);
        p->quiet = true;
        play_relay_payload(p, header, "{'kind':'text','text':'x'}");
        play_turn(p);
    }
    p->quiet = false;
    play_forget(p);
    play_bob_says(p, 'w', 1, "hi");
    play_expect(p, "", "receipt bob w1\n");
    play_bob_says(p, 'w', 3, "hi");
    play_expect(p, "", "receipt bob w1 resend\n");
}

static void test_signals_are_passed_on(void **state)
{
    struct play *p = *state;
    const char *header = "{'type':'signal','from':'bob','time':1}";
    play_relay_payload(p, header, "{'kind':'typing','active':true}");
    play_relay_payload(p, header, "{'kind':'away','active':false}");
    play_relay_payload(p, header, "{'kind':'text','text':'x'}");
    play_relay_content(p, header, (const uint8_t *)"\1abc", 4);
    play_relay_content(p, header, (const uint8_t *)"\0\0\2{", 4);
    play_relay_payload(p, "{'type':'signal','from':'carol','time':1}",
                       "{'kind':'away','active':true}");
    play_expect(p, "signal typing on\nsignal away off\n", "");
}

static void test_input_waits_for_an_edge_that_is_behind(void **state)
{
    struct play *p = *state;
    assert_true(session_wants_input(p->s));
    for (uint64_t n = 1; session_wants_input(p->s); n++) {
        assert_in_range(n, 1, 10000);
        play_bob_says(p, 'w', n, "hi");
    }
    p->quiet = true;
    play_turn(p);
    assert_true(session_wants_input(p->s));
    for (uint64_t n = 1; session_wants_input(p->s); n++) {
        assert_in_range(n, 1, 100000);
        play_relay(p, "{'type':'ping'}");
    }
    play_turn(p);
    assert_true(session_wants_input(p->s));
    session_lost(p->s, "cut", p->now_ms);
    assert_false(session_wants_input(p->s));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, play_set_up_joined, play_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_it_is_shown_and_receipted_only_when_it_is_on_disk),
        TEST(test_one_receipt_for_a_burst),
        TEST(test_a_repeat_is_receipted_and_not_shown),
        TEST(test_what_was_not_committed_never_happened),
        TEST(test_a_gap_is_asked_for_once),
        TEST(test_a_gap_is_over_when_all_of_it_is_there),
        TEST(test_a_gap_is_asked_for_again),
        TEST(test_a_gap_is_asked_for_on_each_connection),
        TEST(test_a_gap_is_asked_for_after_a_while),
        TEST(test_previous_must_be_there),
        TEST(test_a_whole_chain_of_previous_ones_is_missing),
        TEST(test_first_is_taken_and_said),
        TEST(test_what_does_not_open_is_asked_for),
        TEST(test_what_opens_and_cannot_be_read_counts),
        TEST(test_a_kind_that_is_not_known_counts),
        TEST(test_many_gaps_take_bounded_memory),
        TEST(test_a_place_below_a_gap_is_remembered),
        TEST(test_signals_are_passed_on),
        TEST(test_input_waits_for_an_edge_that_is_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
