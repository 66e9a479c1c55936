#include "error.h"
#include "play_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

enum {
    CHUNK = PAYLOAD_CHUNK_MAX,
};

static uint64_t offer(struct play *p, uint64_t size)
{
    const struct transfer_row file = {
        .name = "n", .digest = PLAY_FILE_DIGEST, .path = "/p", .size = size};
    uint64_t message = 0;
    assert_int_equal(transfer_offer(p->s, &file, p->now_ms, &message), 0);
    play_turn(p);
    play_forget(p);
    return message;
}

#define ACCEPT(offset) "{'kind':'accept','id':'%s','offset':" #offset "}"

/* What a read of the edge asked for; false for none since the last time. */
static bool find_read(struct play *p, struct transfer_piece *piece)
{
    const char *at = strstr(p->events, "read ");
    unsigned long long message, offset;
    if (!at || sscanf(at, "read %llu %llu+%zu", &message, &offset, &piece->len) != 3)
        return false;
    piece->message = message;
    piece->offset = offset;
    p->events_len = 0;
    p->events[0] = '\0';
    return true;
}

/* Answers what is asked for, until nothing is; gives how often, and where the last one began. */
static size_t feed(struct play *p, uint64_t *offset)
{
    static uint8_t bytes[CHUNK];
    struct transfer_piece piece = {0};
    size_t count = 0;
    for (play_turn(p); find_read(p, &piece); play_turn(p), count++) {
        piece.bytes = bytes;
        assert_int_equal(transfer_give(p->s, &piece, p->now_ms), 0);
        *offset = piece.offset;
    }
    return count;
}

static void test_eight_chunks_go_without_a_receipt(void **state)
{
    struct play *p = *state;
    uint64_t at = 0, message = offer(p, 20 * CHUNK);
    play_bob_has(p, 'A', 1);
    assert_int_equal(feed(p, &at), 0);
    play_file_says(p, 1, ACCEPT(0), 0);
    assert_int_equal(feed(p, &at), 8);
    assert_int_equal(at, 7 * CHUNK);
    assert_int_equal(play_count(p->frames, "'kind':'chunk'"), 8);
    assert_int_equal(play_count(p->frames, "(bytes)"), 8);
    play_forget(p);
    play_say(p, "hello");
    play_expect_frames(p, "message bob A10 {'kind':'text','text':'hello','after':{'stream':'w',"
                          "'n':1}}\n");
    play_bob_has(p, 'A', 4);
    play_turn(p);
    assert_int_equal(transfer_get(p->s, 0).offset, 3 * CHUNK);
    assert_int_equal(feed(p, &at), 3);
    assert_int_equal(at, 10 * CHUNK);
    assert_int_equal(session_undelivered(p->s), 1); /* the text, and nothing that nobody wrote */
    play_forget(p);
    play_file_says(p, 2, "{'kind':'accept','id':'%s','offset':655360}", 0);
    play_turn(p);
    char expected[128];
    snprintf(expected, sizeof expected, "file %llu to 1 done 655360/655360 at /p\n",
             (unsigned long long)message);
    assert_non_null(strstr(p->events, expected));
    assert_int_equal(transfer_count(p->s), 0);
}

static void test_nothing_of_a_file_goes_to_somebody_who_is_not_here(void **state)
{
    struct play *p = *state;
    uint64_t at = 0;
    offer(p, 4 * CHUNK);
    p->manual = true;
    play_file_says(p, 1, ACCEPT(0), 0);
    assert_int_equal(feed(p, &at), 4);
    play_relay(p, "{'type':'presence','nick':'bob','state':'offline','time':1}");
    play_commit(p);
    play_turn(p);
    assert_int_equal(play_count(p->frames, "'kind':'chunk'"), 4);
    assert_int_equal(play_count(p->frames, "(bytes)"), 0);
    play_forget(p);
    play_relay(p, "{'type':'presence','nick':'bob','state':'online','time':1}");
    play_turn(p);
    assert_int_equal(play_count(p->frames, "(bytes)"), 4); /* they had no receipt */
    play_bob_has(p, 'A', 5);
    play_commit(p);
    play_relay(p, "{'type':'presence','nick':'bob','state':'offline','time':1}");
    play_file_says(p, 2, ACCEPT(0), 0);
    assert_int_equal(feed(p, &at), 0);
    play_relay(p, "{'type':'presence','nick':'carol','state':'online','time':1}");
    assert_int_equal(feed(p, &at), 0);
    play_commit(p);
}

static void test_who_is_not_the_pinned_one_gets_nothing(void **state)
{
    struct play *p = *state;
    uint64_t at = 0;
    static const char bob[] = "{'type':'presence','nick':'bob','state':'online','time':1,"
                              "'keys':{'identity':'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE='}}";
    offer(p, 20 * CHUNK);
    play_relay(p, bob);
    play_file_says(p, 1, ACCEPT(0), 0);
    assert_int_equal(feed(p, &at), 8);
    session_forget_pins(p->s);
    const struct session_pin_row pin = {.nick = "bob",
                                        .identity = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAI="};
    assert_int_equal(session_restore_pin(p->s, &pin), 0);
    play_relay(p, bob);
    play_turn(p);
    play_forget(p);
    play_bob_has(p, 'A', 9);
    play_file_says(p, 2, ACCEPT(0), 0);
    play_file_says(p, 2, PLAY_FILE_OFFER, 0);
    assert_int_equal(feed(p, &at), 0);
    assert_int_equal(play_count(p->frames, "message"), 0);
    assert_int_equal(transfer_count(p->s), 1);
}

static void test_an_answer_that_comes_too_late_is_ignored(void **state)
{
    struct play *p = *state;
    uint64_t at = 0;
    uint8_t bytes[1] = {0};
    struct transfer_piece piece = {.bytes = bytes};
    offer(p, 3);
    play_file_says(p, 1, ACCEPT(0), 0);
    play_turn(p);
    assert_true(find_read(p, &piece));
    assert_int_equal(piece.len, 3);
    play_file_says(p, 2, ACCEPT(2), 0);
    play_turn(p);
    play_forget(p);
    piece.len = 1;
    assert_int_equal(transfer_give(p->s, &piece, p->now_ms), 0);
    play_expect(p, "", "");
    piece.offset = 2;
    assert_int_equal(transfer_give(p->s, &piece, p->now_ms), 0);
    assert_int_equal(feed(p, &at), 0);
    assert_int_equal(play_count(p->frames, "'kind':'chunk'"), 1);
    /* While nobody is here it is not taken, and asked for again. */
    play_file_says(p, 3, ACCEPT(2), 0);
    play_turn(p);
    assert_true(find_read(p, &piece));
    play_relay(p, "{'type':'presence','nick':'bob','state':'offline','time':1}");
    assert_int_equal(transfer_give(p->s, &piece, p->now_ms), 0);
    play_relay(p, "{'type':'presence','nick':'bob','state':'online','time':1}");
    assert_int_equal(feed(p, &at), 1);
}

static void test_after_a_start_it_waits_for_accept_and_chunks_are_empty(void **state)
{
    struct play *p = *state;
    uint64_t at = 0;
    offer(p, 20 * CHUNK);
    play_file_says(p, 1, ACCEPT(0), 0);
    feed(p, &at);
    play_bob_has(p, 'A', 3);
    play_turn(p);
    play_restart(p);
    play_join(p);
    assert_int_equal(feed(p, &at), 0);
    assert_int_equal(transfer_get(p->s, 0).state, TRANSFER_TAKEN);
    play_relay_payload(p, "{'type':'receipt','from':'bob','stream':#A,'n':0,'resend':true}",
                       "{'kind':'receipt'}");
    play_turn(p);
    assert_int_equal(play_count(p->frames, "'kind':'chunk'"), 8); /* two of them from the history */
    assert_int_equal(play_count(p->frames, "(bytes)"), 0);
    assert_int_equal(play_count(p->frames, "'first'"), 0);
    play_file_says(p, 2, ACCEPT(65536), 0);
    assert_int_equal(feed(p, &at), 2); /* with the six that have no receipt */
    play_bob_has(p, 'A', 9);
    assert_int_equal(feed(p, &at), 6);
    assert_int_equal(at, 9 * CHUNK);
}

static void test_one_goes_after_the_other(void **state)
{
    struct play *p = *state;
    uint64_t at = 0, first = offer(p, 2 * CHUNK), second = offer(p, 1), third = offer(p, 1);
    (void)first;
    struct transfer_piece piece;
    play_file_says(p, 1, ACCEPT(0), 1);
    play_file_says(p, 2, ACCEPT(0), 0);
    play_file_says(p, 3, ACCEPT(0), 0); /* keeps its turn */
    play_turn(p);
    char expected[64];
    snprintf(expected, sizeof expected, "read %llu 0+1\n", (unsigned long long)second);
    assert_non_null(strstr(p->events, expected));
    assert_true(find_read(p, &piece));
    assert_int_equal(transfer_fail(p->s, second, p->now_ms), 0);
    assert_int_equal(feed(p, &at), 2);
    assert_int_equal(at, CHUNK);
    assert_int_equal(play_count(p->frames, "'why':'changed'"), 1);
    assert_int_equal(transfer_cancel(p->s, third, p->now_ms), 0);
    assert_int_equal(transfer_cancel(p->s, third, p->now_ms), ERROR_STATE);
    assert_int_equal(transfer_fail(p->s, third, p->now_ms), 0);
    assert_int_equal(transfer_count(p->s), 1);
}

static void test_what_the_peer_says_of_ours(void **state)
{
    static const struct {
        const char *payload, *event;
    } cases[] = {
        {"{'kind':'cancel','id':'%s'}", " refused 0/5"},
        {"{'kind':'cancel','id':'%s','why':'damaged'}", " damaged 0/5"},
        {"{'kind':'cancel','id':'%s','why':'odd'}", " refused 0/5"},
        {"{'kind':'cancel','id':'%s','why':'later'}", " offered 0/5"},
        {"{'kind':'accept','id':'%s','offset':6}", NULL},
        {"{'kind':'accept','id':'%s','offset':5}", " done 5/5"},
        {"{'kind':'chunk','id':'%s','offset':0}", NULL},
    };
    struct play *p = *state;
    uint64_t n = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        offer(p, 5);
        size_t last = transfer_count(p->s) - 1;
        play_file_says(p, ++n, cases[i].payload, last);
        play_turn(p);
        assert_int_equal(play_count(p->events, "file "), cases[i].event != NULL);
        if (cases[i].event)
            assert_non_null(strstr(p->events, cases[i].event));
        play_forget(p);
    }
}

static void test_offers_follow_what_is_written_to_nobody(void **state)
{
    struct play *p = *state;
    struct transfer_row file = {.name = "n", .digest = PLAY_FILE_DIGEST, .path = "", .size = 1};
    uint64_t message;
    play_clear(p);
    play_init(p);
    assert_int_equal(transfer_offer(p->s, &file, p->now_ms, &message), 0);
    char name[PAYLOAD_NAME_MAX + 2];
    memset(name, 'n', sizeof name);
    name[PAYLOAD_NAME_MAX + 1] = '\0';
    file.name = name;
    assert_int_equal(transfer_offer(p->s, &file, p->now_ms, &message), ERROR_PAYLOAD);
    play_join(p);
    uint64_t at = 0;
    play_file_says(p, 1, ACCEPT(0), 0);
    assert_int_equal(feed(p, &at), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, play_set_up_joined, play_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_eight_chunks_go_without_a_receipt),
        TEST(test_nothing_of_a_file_goes_to_somebody_who_is_not_here),
        TEST(test_who_is_not_the_pinned_one_gets_nothing),
        TEST(test_an_answer_that_comes_too_late_is_ignored),
        TEST(test_after_a_start_it_waits_for_accept_and_chunks_are_empty),
        TEST(test_one_goes_after_the_other),
        TEST(test_what_the_peer_says_of_ours),
        TEST(test_offers_follow_what_is_written_to_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
