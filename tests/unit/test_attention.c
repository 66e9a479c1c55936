#include "attention.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    HOUR = 60 * MINUTE,
    WALL = 1 << 30, /* what the wall clock shows at 0 */
};

static struct attention a;

static bool see(enum attention_sign sign, uint64_t now_ms)
{
    return attention_see(&a, sign, now_ms, WALL + now_ms);
}

/* A message that was written a moment ago. */
static enum attention_wish message(uint64_t id, uint64_t now_ms)
{
    return attention_message(&a, id, WALL + now_ms - 10, now_ms);
}

static void test_nobody_is_called_who_may_look(void **state)
{
    (void)state;
    a = (struct attention){0};
    char text[ATTENTION_SUMMARY_MAX];
    assert_int_equal(message(1, 10), ATTENTION_NOTHING);
    assert_false(see(ATTENTION_FOCUS_IN, 20));
    assert_false(see(ATTENTION_KEY, 30));
    assert_int_equal(message(2, 40), ATTENTION_NOTHING);
    assert_false(attention_is_away(&a));
    assert_false(attention_summary(&a, text));
}

static void test_calls_are_not_close(void **state)
{
    (void)state;
    a = (struct attention){0};
    see(ATTENTION_FOCUS_OUT, 0);
    assert_true(attention_is_away(&a));
    assert_false(attention_is_gone(&a));
    assert_int_equal(message(7, 10), ATTENTION_CALL);
    assert_int_equal(message(8, 10 + ATTENTION_CALM_MS - 1), ATTENTION_NOTHING);
    assert_int_equal(message(9, 10 + ATTENTION_CALM_MS), ATTENTION_CALL);
    assert_int_equal(a.count, 3);
    assert_int_equal(a.first, 7);
    assert_true(see(ATTENTION_FOCUS_IN, MINUTE));
    see(ATTENTION_FOCUS_OUT, 2 * MINUTE); /* counted anew */
    assert_int_equal(a.count, 0);
}

static void test_every_reason_ends_by_its_sign(void **state)
{
    (void)state;
    static const struct {
        enum attention_sign begins, ends;
        bool gone;
    } rows[] = {
        {ATTENTION_FOCUS_OUT, ATTENTION_FOCUS_IN, false},
        {ATTENTION_FOCUS_OUT, ATTENTION_KEY, false},
        {ATTENTION_DETACHED, ATTENTION_ATTACHED, true},
        {ATTENTION_DETACHED, ATTENTION_KEY, true},
        {ATTENTION_STOPPED, ATTENTION_CONTINUED, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        a = (struct attention){0};
        assert_false(see(rows[i].begins, 0));
        assert_true(attention_is_away(&a));
        assert_int_equal(attention_is_gone(&a), rows[i].gone);
        assert_false(see(rows[i].begins, 1));
        assert_true(see(rows[i].ends, 2));
        assert_false(attention_is_away(&a) || attention_is_gone(&a));
    }
    a = (struct attention){0};
    see(ATTENTION_FOCUS_OUT, 0);
    see(ATTENTION_DETACHED, 0);
    assert_false(see(ATTENTION_ATTACHED, 1)); /* attached to a window that is behind others */
    assert_true(see(ATTENTION_FOCUS_IN, 2));
}

static void test_summaries(void **state)
{
    (void)state;
    static const struct {
        uint64_t away_ms;
        size_t count;
        const char *text;
    } rows[] = {
        {MINUTE - 1, 5, NULL},
        {HOUR, 0, NULL},
        {MINUTE, 1, "1 min away: 1 message"},
        {HOUR - 1, 2, "59 min away: 2 messages"},
        {3 * HOUR + 59 * MINUTE, 12, "3 h away: 12 messages"},
        {47 * HOUR, 2, "47 h away: 2 messages"},
        {49 * HOUR, 2, "2 days away: 2 messages"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[ATTENTION_SUMMARY_MAX];
        a = (struct attention){0};
        see(ATTENTION_FOCUS_OUT, 5);
        for (uint64_t id = 1; id <= rows[i].count; id++)
            message(id, 6);
        assert_true(see(ATTENTION_KEY, 5 + rows[i].away_ms));
        assert_int_equal(attention_summary(&a, text), rows[i].text != NULL);
        if (rows[i].text)
            assert_string_equal(text, rows[i].text);
    }
}

static void test_what_was_written_meanwhile_may_come_after_the_return(void **state)
{
    (void)state;
    char text[ATTENTION_SUMMARY_MAX];
    a = (struct attention){0};
    see(ATTENTION_STOPPED, 0);
    assert_true(see(ATTENTION_CONTINUED, 2 * HOUR));
    assert_false(attention_summary(&a, text));
    assert_int_equal(attention_message(&a, 4, WALL + HOUR, 2 * HOUR + 1), ATTENTION_SUMMARY);
    assert_int_equal(attention_message(&a, 5, WALL + HOUR, 2 * HOUR + 2), ATTENTION_SUMMARY);
    assert_int_equal(message(6, 2 * HOUR + 20), ATTENTION_NOTHING);
    assert_true(attention_summary(&a, text));
    assert_string_equal(text, "2 h away: 2 messages");
    assert_int_equal(a.first, 4);
    assert_false(see(ATTENTION_KEY, 2 * HOUR + 30)); /* it was read */
    assert_int_equal(attention_message(&a, 7, WALL + HOUR, 2 * HOUR + 31), ATTENTION_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_is_called_who_may_look),
        cmocka_unit_test(test_calls_are_not_close),
        cmocka_unit_test(test_every_reason_ends_by_its_sign),
        cmocka_unit_test(test_summaries),
        cmocka_unit_test(test_what_was_written_meanwhile_may_come_after_the_return),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
