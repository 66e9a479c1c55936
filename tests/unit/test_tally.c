#include "tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum {
    LEN = 64,
    ALICE = 7,
};

static struct tally tally;
static struct tally_place place;

static int set_up(void **state)
{
    (void)state;
    memset(&tally, 0, sizeof tally);
    place = (struct tally_place){.author = ALICE};
    return 0;
}

static bool hear(uint32_t n)
{
    char text[LEN];
    content_put(text, LEN, &(struct content){.sent_ns = 1000, .author = ALICE, .n = n});
    return tally_message(&tally, &place, text, LEN, 3000);
}

static void test_each_once_and_in_order(void **state)
{
    (void)state;
    for (uint32_t n = 1; n <= 100; n++)
        assert_true(hear(n));
    assert_int_equal(tally.received, 100);
    assert_int_equal(tally.repeated + tally.reordered + tally.damaged, 0);
    assert_in_range(tally_time(&tally, 0.5), 1985, 2015);
}

static void test_repeated(void **state)
{
    (void)state;
    hear(1);
    hear(2);
    assert_false(hear(2));
    assert_false(hear(1));
    assert_int_equal(tally.received, 2);
    assert_int_equal(tally.repeated, 2);
}

static void test_reordered(void **state)
{
    (void)state;
    hear(1);
    hear(3);
    assert_true(hear(2));
    assert_int_equal(tally.received, 3);
    assert_int_equal(tally.reordered, 1);
    assert_false(hear(2));
    assert_int_equal(tally.repeated, 1);
}

static void test_lost(void **state)
{
    (void)state;
    hear(1);
    hear(4);
    assert_int_equal(tally.received, 2);
    assert_int_equal(place.missed, 2);
}

static void test_damaged(void **state)
{
    (void)state;
    char text[LEN];
    const struct content content = {.sent_ns = 1000, .author = ALICE, .n = 1};
    for (size_t i = 16; i < LEN; i++) { /* the time before it has no second copy to tell by */
        content_put(text, LEN, &content);
        text[i] ^= 1;
        struct tally_place fresh = place;
        assert_false(tally_message(&tally, &fresh, text, LEN, 3000));
    }
    assert_int_equal(tally.damaged, LEN - 16);
    content_put(text, LEN, &content);
    assert_false(tally_message(&tally, &place, text, CONTENT_MIN - 1, 3000));
    assert_int_equal(tally.received, 0);
}

static void test_times_keep_their_share(void **state)
{
    (void)state;
    char text[LEN];
    for (uint32_t n = 1; n <= 1000; n++) {
        content_put(text, LEN, &(struct content){.author = ALICE, .n = n});
        tally_message(&tally, &place, text, LEN, n * UINT64_C(1000));
    }
    assert_in_range(tally_time(&tally, 0.5), 496000, 504000);
    assert_in_range(tally_time(&tally, 0.99), 982000, 998000);
    tally_forget_times(&tally);
    assert_int_equal(tally_time(&tally, 0.5), 0);
    assert_int_equal(tally.received, 1000);
}

static void test_added_without_its_times(void **state)
{
    (void)state;
    const struct tally other = {
        .sent = 6, .received = 5, .repeated = 4, .reordered = 3, .damaged = 2, .timed = 1};
    hear(1);
    tally_add(&tally, &other);
    assert_int_equal(tally.sent, 6);
    assert_int_equal(tally.received, 6);
    assert_int_equal(tally.repeated, 4);
    assert_int_equal(tally.reordered, 3);
    assert_int_equal(tally.damaged, 2);
    assert_int_equal(tally.timed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_each_once_and_in_order, set_up),
        cmocka_unit_test_setup(test_repeated, set_up),
        cmocka_unit_test_setup(test_reordered, set_up),
        cmocka_unit_test_setup(test_lost, set_up),
        cmocka_unit_test_setup(test_damaged, set_up),
        cmocka_unit_test_setup(test_times_keep_their_share, set_up),
        cmocka_unit_test_setup(test_added_without_its_times, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
