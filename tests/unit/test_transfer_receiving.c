#include "error.h"
#include "play_file.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static void bob_offers(struct play *p)
{
    play_file_says(p, 1, PLAY_FILE_OFFER, 0);
    play_turn(p);
    assert_non_null(strstr(p->events, "file 1 from 1 offered 0/100\n"));
    play_forget(p);
}

static void bob_offers_and_we_take(struct play *p)
{
    bob_offers(p);
    assert_int_equal(transfer_take(p->s, 1, "/part", 0, p->now_ms), 0);
    play_expect(p,
                "file 1 from 1 taken 0/100 at /part\n"
                "show 2 1:A1 waiting {'kind':'accept','id':'f'}\n",
                "message bob A1 {'kind':'accept','id':'f'}\n");
}

/* A chunk of `len` bytes of file f: message `n` of stream w. */
static void bob_sends(struct play *p, uint64_t n, uint64_t offset, size_t len)
{
    uint8_t content[256] = {PAYLOAD_OPEN};
    char header[128];
    int json =
        snprintf((char *)content + 3, 100, "{\"kind\":\"chunk\",\"id\":\"f\",\"offset\":%llu}",
                 (unsigned long long)offset);
    content[2] = (uint8_t)json;
    snprintf(header, sizeof header, "{'type':'message','from':'bob','stream':#w,'n':%llu,'time':7}",
             (unsigned long long)n);
    play_relay_content(p, header, content, 3 + (size_t)json + len);
}

static void test_what_comes_is_written_once_and_in_order(void **state)
{
    struct play *p = *state;
    bob_offers_and_we_take(p);
    bob_sends(p, 2, 0, 40);
    play_expect(p, "write 1 0+40\nfile 1 from 1 taken 40/100 at /part\n", "receipt bob w2\n");
    bob_sends(p, 3, 0, 40);
    bob_sends(p, 4, 20, 20);
    play_expect(p, "", "receipt bob w4\n");
    bob_sends(p, 5, 30, 20);
    play_expect(p, "write 1 40+10\nfile 1 from 1 taken 50/100 at /part\n", "receipt bob w5\n");
    bob_sends(p, 6, 50, 51);
    bob_sends(p, 7, 101, 0);
    play_expect(p, "", "receipt bob w7\n");
    /* What follows a gap is not taken: it is asked for, once. */
    play_bob_has(p, 'A', 1);
    bob_sends(p, 8, 60, 10);
    bob_sends(p, 9, 70, 10);
    play_expect(p, "mark 2 delivered\nshow 3 1:A2 waiting {'kind':'accept','id':'f','offset':50}\n",
                "receipt bob w9\nmessage bob A2 {'kind':'accept','id':'f','offset':50}\n");
    play_bob_has(p, 'A', 2);
    bob_sends(p, 10, 50, 0);
    play_expect(p, "mark 3 delivered\n", "receipt bob w10\n");
    bob_sends(p, 11, 50, 50);
    play_expect(p, "write 1 50+50\nfile 1 from 1 taken 100/100 at /part\ncheck 1\n",
                "receipt bob w11\n");
    assert_int_equal(p->disk.files[0].offset, 100);
    assert_int_equal(transfer_check(p->s, 1, "/whole", p->now_ms), 0);
    play_expect(p,
                "show 4 1:A3 waiting {'kind':'accept','id':'f','offset':100}\n"
                "file 1 from 1 done 100/100 at /whole\n",
                "message bob A3 {'kind':'accept','id':'f','offset':100}\n");
    assert_int_equal(p->disk.files[0].state, TRANSFER_DONE);
    assert_int_equal(p->disk.messages_count, 4); /* the offer and what we said */
    assert_int_equal(transfer_check(p->s, 1, NULL, p->now_ms), 0);
    play_expect(p, "", "");
}

static void test_what_is_damaged_is_said(void **state)
{
    struct play *p = *state;
    bob_offers(p);
    assert_int_equal(transfer_check(p->s, 1, NULL, p->now_ms), 0); /* nobody asked */
    assert_int_equal(transfer_take(p->s, 1, "/part", 101, p->now_ms), ERROR_STATE);
    assert_int_equal(transfer_take(p->s, 2, "/part", 0, p->now_ms), ERROR_STATE);
    assert_int_equal(transfer_take(p->s, 1, "/part", 100, p->now_ms), 0);
    play_expect(p, "file 1 from 1 taken 100/100 at /part\ncheck 1\n", "");
    assert_int_equal(transfer_check(p->s, 1, NULL, p->now_ms), 0);
    play_expect(p,
                "show 2 1:A1 waiting {'kind':'cancel','id':'f','why':'damaged'}\n"
                "file 1 from 1 damaged 100/100\n",
                "message bob A1 {'kind':'cancel','id':'f','why':'damaged'}\n");
}

static void test_what_cannot_be_written_is_offered_again(void **state)
{
    struct play *p = *state;
    bob_offers_and_we_take(p);
    bob_sends(p, 2, 0, 40);
    play_turn(p);
    play_forget(p);
    assert_int_equal(transfer_fail(p->s, 1, p->now_ms), 0);
    assert_int_equal(transfer_fail(p->s, 1, p->now_ms), 0);
    bob_sends(p, 3, 40, 40);
    play_expect(p,
                "show 3 1:A2 waiting {'kind':'cancel','id':'f','why':'later'}\n"
                "file 1 from 1 offered 0/100 at /part\n",
                "receipt bob w3\nmessage bob A2 {'kind':'cancel','id':'f','why':'later'}\n");
    play_bob_has(p, 'A', 2);
    assert_int_equal(transfer_take(p->s, 1, "/part", 30, p->now_ms), 0);
    play_expect_frames(p, "message bob A3 {'kind':'accept','id':'f','offset':30}\n");
}

/* A write, or the sync that the commit waits for, may fail with everything said to be safe. */
static void test_what_was_not_committed_is_not_safe(void **state)
{
    struct play *p = *state;
    bob_offers_and_we_take(p);
    p->manual = true;
    bob_sends(p, 2, 0, 100);
    play_turn(p);
    assert_int_equal(transfer_fail(p->s, 1, p->now_ms), 0);
    assert_int_equal(transfer_get(p->s, 0).offset, 0);
    /* Nor is what was safe, once less of it is there. */
    assert_int_equal(transfer_take(p->s, 1, "/part", 100, p->now_ms), 0);
    play_turn(p);
    play_commit(p);
    assert_int_equal(transfer_take(p->s, 1, "/other", 30, p->now_ms), 0);
    assert_int_equal(transfer_fail(p->s, 1, p->now_ms), 0);
    assert_int_equal(transfer_get(p->s, 0).offset, 30);
}

static void test_what_is_gone_after_a_start_is_offered_again(void **state)
{
    struct play *p = *state;
    bob_offers_and_we_take(p);
    play_restart(p);
    play_forget(p);
    assert_int_equal(transfer_fail(p->s, 1, p->now_ms), 0);
    play_expect_events(p, "show 3 1:B1 waiting {'kind':'cancel','previous':{'stream':'A','n':1},"
                          "'id':'f','why':'later'}\n"
                          "file 1 from 1 offered 0/100 at /part\n");
}

static void test_accept_is_said_again_to_who_appears(void **state)
{
    static const char here[] = "{'type':'presence','nick':'bob','state':'online','time':1}";
    struct play *p = *state;
    bob_offers_and_we_take(p);
    play_relay(p, here);
    play_relay(p, here);
    play_expect_frames(p, "message bob A1 {'kind':'accept','id':'f'}\n");
    play_bob_has(p, 'A', 1); /* that one may be from before */
    play_expect_frames(p, "message bob A2 {'kind':'accept','id':'f'}\n");
    play_bob_has(p, 'A', 2);
    play_expect_frames(p, "");
    bob_sends(p, 2, 0, 40);
    play_relay(p, here);
    play_expect_frames(p,
                       "receipt bob w2\n"
                       "message bob A2 {'kind':'accept','id':'f'}\n" /* the last one, once more */
                       "message bob A3 {'kind':'accept','id':'f','offset':40}\n");
    /* After a start nothing is taken before the edge says what is there. */
    play_restart(p);
    play_join(p);
    bob_sends(p, 3, 40, 40);
    bob_sends(p, 4, 80, 10);
    play_turn(p);
    assert_int_equal(play_count(p->events, "write"), 0);
    assert_int_equal(play_count(p->frames, "'why':'later'"), 1);
    play_forget(p);
    assert_int_equal(transfer_take(p->s, 1, "/part", 40, p->now_ms), 0);
    play_turn(p);
    assert_int_equal(play_count(p->frames, "'offset':40"), 1);
}

static void test_nobody_waits_for_what_is_over(void **state)
{
    struct play *p = *state;
    bob_offers(p);
    assert_int_equal(transfer_cancel(p->s, 1, p->now_ms), 0);
    play_expect_frames(p, "message bob A1 {'kind':'cancel','id':'f'}\n");
    bob_sends(p, 2, 0, 40); /* was on its way */
    play_expect(p, "", "receipt bob w2\n");
    play_bob_has(p, 'A', 1);
    bob_sends(p, 3, 40, 40); /* was not told, or has forgotten */
    bob_sends(p, 4, 80, 20);
    play_expect_frames(p, "receipt bob w4\nmessage bob A2 {'kind':'cancel','id':'f'}\n");
    play_file_says(p, 5, "{'kind':'cancel','id':'f'}", 0);
    play_file_says(p, 6, "{'kind':'accept','id':'other'}", 0);
    play_expect_frames(p, "receipt bob w6\nmessage bob A3 {'kind':'cancel','id':'other'}\n");
    for (int i = 0; i < 20; i++) /* has nothing to do with it */
        play_say(p, "hello");
    play_turn(p);
    play_forget(p);
    for (int i = 0; i < 40; i++) {
        char accept[64];
        snprintf(accept, sizeof accept, "{'kind':'accept','id':'x%d'}", i);
        play_file_says(p, 7 + (uint64_t)i, accept, 0);
    }
    play_turn(p);
    assert_int_equal(play_count(p->frames, "'kind':'cancel'"), 14); /* and two without a receipt */
}

static void test_the_newest_sixteen_offers_count(void **state)
{
    struct play *p = *state;
    for (int i = 0; i < 20; i++) {
        char file[200];
        snprintf(file, sizeof file, "{'kind':'file','id':'%d','name':'','size':1,'digest':'%s'}", i,
                 PLAY_FILE_DIGEST);
        play_file_says(p, 1 + (uint64_t)i, file, 0);
        if (i == 0)
            assert_int_equal(transfer_take(p->s, 1, "/p", 0, p->now_ms), 0);
    }
    play_file_says(
        p, 21, "{'kind':'file','id':'7','name':'','size':2,'digest':'" PLAY_FILE_DIGEST "'}", 0);
    play_turn(p);
    assert_int_equal(transfer_count(p->s), 17);
    assert_string_equal(transfer_get(p->s, 0).id, "0");
    assert_string_equal(transfer_get(p->s, 1).id, "4");
    assert_int_equal(play_count(p->frames, "'kind':'cancel'"), 3);
    assert_int_equal(play_count(p->events, "file "), 24);
    play_file_says(p, 22,
                   "{'kind':'file','id':'z','name':'','size':9007199254740992,"
                   "'digest':'" PLAY_FILE_DIGEST "'}",
                   0);
    play_turn(p);
    assert_int_equal(transfer_count(p->s), 17);
}

static void test_what_a_disk_cannot_hold(void **state)
{
    struct play *p = *state;
    char name[PAYLOAD_NAME_MAX + 2];
    memset(name, 'n', sizeof name);
    name[PAYLOAD_NAME_MAX + 1] = '\0';
    const struct transfer_row good = {.message = 5,
                                      .peer = 1,
                                      .id = "f",
                                      .name = "n",
                                      .digest = PLAY_FILE_DIGEST,
                                      .path = "",
                                      .size = 2};
    struct transfer_row bad[] = {good, good, good, good, good};
    bad[0].peer = 9;
    bad[1].state = TRANSFER_DONE;
    bad[2].offset = 3;
    bad[3].name = bad[4].id = name;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(transfer_restore(p->s, &bad[i]), ERROR_STORE);
    bob_offers(p);
    assert_int_equal(transfer_restore(p->s, &good), 0);
    assert_int_equal(transfer_restore(p->s, &good), ERROR_STORE);
}

/* Files both ways, in which the n-th allocation fails. */
static void exchange(struct play *p)
{
    static const uint8_t bytes[1];
    const struct transfer_row file = {
        .name = "n", .digest = PLAY_FILE_DIGEST, .path = "/p", .size = 2};
    struct transfer_piece piece = {.message = 1, .bytes = bytes, .len = 1};
    uint64_t message;
    if (!p->s)
        return;
    play_join(p);
    transfer_offer(p->s, &file, p->now_ms, &message);
    play_turn(p);
    if (transfer_count(p->s) == 0)
        return;
    play_file_says(p, 1, "{'kind':'accept','id':'%s'}", 0);
    play_turn(p);
    transfer_give(p->s, &piece, p->now_ms);
    play_turn(p);
    play_bob_has(p, 'A', 2);
    play_file_says(p, 2, PLAY_FILE_OFFER, 0);
    play_turn(p);
    transfer_take(p->s, 3, "/part", 0, p->now_ms);
    bob_sends(p, 3, 0, 40);
    bob_sends(p, 4, 50, 40);
    play_turn(p);
    transfer_fail(p->s, 3, p->now_ms);
    transfer_take(p->s, 3, "/part", 100, p->now_ms);
    play_turn(p);
    transfer_check(p->s, 3, "/whole", p->now_ms);
    transfer_cancel(p->s, 1, p->now_ms);
    play_turn(p);
}

static void test_memory_runs_out_at_any_moment(void **state)
{
    (void)state;
    static struct play play, *p = &play;
    size_t failures = 0;
    for (size_t n = 0; torture_begin(n); n++) {
        play_init(p);
        exchange(p);
        torture_end();
        assert_true(p->error == 0 || (p->error == ERROR_NOMEM && torture_failed()));
        failures += p->error != 0;
        p->error = 0;
        play_restart(p);
        assert_int_equal(p->error, 0);
        play_clear(p);
    }
    assert_in_range(failures, 50, 100000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, play_set_up_joined, play_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_what_comes_is_written_once_and_in_order),
        TEST(test_what_is_damaged_is_said),
        TEST(test_what_cannot_be_written_is_offered_again),
        TEST(test_what_was_not_committed_is_not_safe),
        TEST(test_what_is_gone_after_a_start_is_offered_again),
        TEST(test_accept_is_said_again_to_who_appears),
        TEST(test_nobody_waits_for_what_is_over),
        TEST(test_the_newest_sixteen_offers_count),
        TEST(test_what_a_disk_cannot_hold),
        cmocka_unit_test(test_memory_runs_out_at_any_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
