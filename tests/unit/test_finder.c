#include "finder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

enum {
    BEGAN_MS = 5000,
    INTERFACE = 3,
};

/* A relay with that name and key, at 10.0.0.`last`. */
static struct mdns_relay relay(const char *name, const char *key, uint8_t last)
{
    const uint8_t v4[] = {10, 0, 0, last};
    struct mdns_relay r = {.port = 12121, .v4_count = 1};
    snprintf(r.name, sizeof r.name, "%s", name);
    snprintf(r.key, sizeof r.key, "%s", key);
    memcpy(&r.v4[0], v4, sizeof v4);
    return r;
}

static void begin(struct finder *f, bool plaintext, const char *key)
{
    struct finder_wish wish = {.plaintext = plaintext, .only = *key};
    if (*key)
        finder_wish_add(&wish, key);
    finder_init(f, &wish, BEGAN_MS);
}

static void hear(struct finder *f, const char *name, const char *key, uint8_t last)
{
    const struct mdns_relay r = relay(name, key, last);
    finder_input(f, &r, 0);
}

static enum finder_outcome outcome(const struct finder *f, uint64_t after_ms)
{
    return finder_outcome(f, BEGAN_MS + after_ms);
}

static void test_it_asks_twice_and_gives_up(void **state)
{
    (void)state;
    struct finder f;
    begin(&f, false, "");
    assert_int_equal(finder_deadline(&f), BEGAN_MS);
    assert_true(finder_asks(&f, BEGAN_MS));
    assert_false(finder_asks(&f, BEGAN_MS));
    assert_int_equal(finder_deadline(&f), BEGAN_MS + FINDER_AGAIN_MS);
    assert_false(finder_asks(&f, BEGAN_MS + FINDER_AGAIN_MS - 1));
    assert_true(finder_asks(&f, BEGAN_MS + FINDER_AGAIN_MS));
    assert_false(finder_asks(&f, BEGAN_MS + FINDER_END_MS));
    assert_int_equal(finder_deadline(&f), BEGAN_MS + FINDER_END_MS);
    assert_int_equal(outcome(&f, FINDER_END_MS - 1), FINDER_LOOKING);
    assert_int_equal(outcome(&f, FINDER_END_MS), FINDER_NONE);
}

static void test_the_only_one_is_taken_when_others_had_their_time(void **state)
{
    (void)state;
    struct finder f;
    begin(&f, false, "");
    finder_asks(&f, BEGAN_MS);
    finder_asks(&f, BEGAN_MS + FINDER_AGAIN_MS);
    hear(&f, "den", "k1", 5);
    assert_int_equal(finder_deadline(&f), BEGAN_MS + FINDER_SETTLE_MS);
    assert_int_equal(outcome(&f, FINDER_SETTLE_MS - 1), FINDER_LOOKING);
    assert_int_equal(outcome(&f, FINDER_SETTLE_MS), FINDER_FOUND);
    hear(&f, "box", "k2", 6);
    assert_int_equal(outcome(&f, FINDER_SETTLE_MS), FINDER_SEVERAL);
}

static void test_the_known_one_is_taken_at_once(void **state)
{
    (void)state;
    struct finder f;
    begin(&f, false, "k2");
    hear(&f, "den", "k1", 5);
    assert_int_equal(outcome(&f, FINDER_SETTLE_MS), FINDER_LOOKING);
    assert_int_equal(outcome(&f, FINDER_END_MS), FINDER_STRANGERS);
    hear(&f, "box", "k2", 6);
    assert_int_equal(outcome(&f, 0), FINDER_FOUND);
    assert_string_equal(f.relays[0].name, "box");
    assert_string_equal(f.relays[1].name, "den");
}

static void test_one_that_is_known_from_elsewhere_comes_first(void **state)
{
    (void)state;
    struct finder f;
    struct finder_wish wish = {.only = false};
    for (int i = 0; i < 2 * FINDER_KEYS_MAX; i++) {
        char key[8];
        snprintf(key, sizeof key, "k%d", i);
        finder_wish_add(&wish, key);
    }
    assert_int_equal(wish.count, FINDER_KEYS_MAX);
    finder_init(&f, &wish, BEGAN_MS);
    hear(&f, "den", "stranger", 5);
    assert_int_equal(outcome(&f, FINDER_SETTLE_MS), FINDER_FOUND);
    hear(&f, "box", "k7", 6);
    assert_int_equal(outcome(&f, 0), FINDER_FOUND);
    assert_string_equal(f.relays[0].name, "box");
}

static void test_strangers_leave_room_for_the_known_one(void **state)
{
    (void)state;
    struct finder f;
    begin(&f, false, "known");
    for (int i = 0; i < 2 * FINDER_RELAYS_MAX; i++) {
        char key[8];
        snprintf(key, sizeof key, "k%d", i);
        hear(&f, "den", key, 5);
    }
    assert_int_equal(f.count, FINDER_RELAYS_MAX);
    hear(&f, "box", "known", 6);
    assert_int_equal(f.count, FINDER_RELAYS_MAX);
    assert_int_equal(outcome(&f, 0), FINDER_FOUND);
    assert_string_equal(f.relays[0].name, "box");
}

static void test_one_relay_may_answer_often(void **state)
{
    (void)state;
    struct finder f;
    for (int plaintext = 0; plaintext < 2; plaintext++) {
        const char *key = plaintext ? "" : "k1";
        begin(&f, plaintext, "");
        hear(&f, "den", key, 5);
        hear(&f, "den", key, 5);
        hear(&f, "den", key, 6);
        assert_int_equal(f.count, 1);
        assert_int_equal(f.relays[0].count, 2);
        for (uint8_t i = 0; i < 2 * FINDER_ADDRESSES_MAX; i++)
            hear(&f, "den", key, (uint8_t)(10 + i));
        assert_int_equal(f.relays[0].count, FINDER_ADDRESSES_MAX);
        hear(&f, "box", key, 7); /* in plaintext it is the name that tells them apart */
        assert_int_equal(f.count, plaintext ? 2 : 1);
    }
}

static void test_only_those_that_speak_the_same_count(void **state)
{
    (void)state;
    struct finder f;
    begin(&f, true, "");
    hear(&f, "den", "k1", 5);
    assert_int_equal(f.count, 0);
    begin(&f, false, "");
    hear(&f, "den", "", 5);
    assert_int_equal(f.count, 0);
}

static void test_a_link_local_address_needs_its_interface(void **state)
{
    (void)state;
    struct finder f;
    struct mdns_relay r = {.name = "den", .key = "k1", .port = 12121, .v6_count = 2};
    r.v6[0] = (struct in6_addr){.s6_addr = {0xfe, 0x80, [15] = 5}};
    begin(&f, false, "");
    r.v6_count = 1;
    finder_input(&f, &r, 0);
    assert_int_equal(f.count, 0);
    r.v6[1] = (struct in6_addr){.s6_addr = {0xfd, [15] = 5}};
    r.v6_count = 2;
    finder_input(&f, &r, INTERFACE);
    assert_int_equal(f.relays[0].count, 2);
    assert_int_equal(f.relays[0].at[0].interface, INTERFACE);
    assert_int_equal(f.relays[0].at[1].interface, 0);
    finder_input(&f, &r, 0);
    assert_int_equal(f.relays[0].count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_asks_twice_and_gives_up),
        cmocka_unit_test(test_the_only_one_is_taken_when_others_had_their_time),
        cmocka_unit_test(test_the_known_one_is_taken_at_once),
        cmocka_unit_test(test_one_that_is_known_from_elsewhere_comes_first),
        cmocka_unit_test(test_strangers_leave_room_for_the_known_one),
        cmocka_unit_test(test_one_relay_may_answer_often),
        cmocka_unit_test(test_only_those_that_speak_the_same_count),
        cmocka_unit_test(test_a_link_local_address_needs_its_interface),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
