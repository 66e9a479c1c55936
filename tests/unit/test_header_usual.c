/* Usual headers are read and written without a detour: this must never show in what they mean. */
#include "header.h"
#include "header_text.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

enum {
    TEXT_MAX = 256,
};

static const struct {
    enum header_side side;
    const char *text;
} cases[] = {
    {C, "{\"type\":\"message\",\"to\":\"bob\"," S ",\"n\":1}"},
    {C, "{\"type\":\"message\",\"to\":\"bob\"," S ",\"n\":9007199254740991}"},
    {C, "{\"type\":\"receipt\",\"to\":\"bob\"," S ",\"n\":0}"},
    {C, "{\"type\":\"signal\",\"to\":\"\"}"},
    {R, "{\"type\":\"message\",\"from\":\"bob\"," S ",\"n\":2,\"time\":3}"},
    {R, "{\"type\":\"stored\",\"to\":\"bob\"," S ",\"first\":2,\"n\":3}"},
    {R, "{\"type\":\"pong\"}"},
    {R, "{\"type\":\"ping\",\"id\":7}"},
};

static bool same_string(const struct json_string *a, const struct json_string *b)
{
    return a->len == b->len && !a->at == !b->at && (!a->at || memcmp(a->at, b->at, a->len) == 0);
}

/* Whether a header means the same as with a space in front, which makes it an unusual one. */
static bool is_judged_alike(enum header_side side, const char *text, size_t len)
{
    char spaced[TEXT_MAX + 1] = " ";
    memcpy(spaced + 1, text, len);
    const struct frame frame = {text, len, NULL, 0}, other = {spaced, len + 1, NULL, 0};
    struct header_decoder d, e;
    struct header h, i;
    header_decoder_init(&d);
    header_decoder_init(&e);
    int rc = header_decode(&d, side, &frame, &h);
    bool same = header_decode(&e, side, &other, &i) == rc && d.type == e.type;
    if (same && rc == 0)
        same = h.type == i.type && same_string(&h.peer, &i.peer) && h.stream == i.stream &&
               h.first == i.first && h.n == i.n && h.time == i.time && h.resend == i.resend &&
               h.has_id == i.has_id && h.id == i.id && h.leave == i.leave;
    header_decoder_clear(&d);
    header_decoder_clear(&e);
    return same;
}

static void test_any_byte_may_change(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[TEXT_MAX];
        size_t len = strlen(cases[i].text);
        for (size_t at = 0; at < len; at++)
            for (int c = 0; c < 256; c++) {
                memcpy(text, cases[i].text, len);
                text[at] = (char)c;
                if (!is_judged_alike(cases[i].side, text, len))
                    fail_msg("%s with %#x at %zu", cases[i].text, (unsigned)c, at);
            }
    }
}

static void test_any_byte_may_be_missing_or_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *whole = cases[i].text;
        char text[TEXT_MAX];
        size_t len = strlen(whole);
        for (size_t at = 0; at < len; at++) {
            assert_true(is_judged_alike(cases[i].side, whole, at));
            memcpy(text, whole, at);
            memcpy(text + at, whole + at + 1, len - at - 1);
            assert_true(is_judged_alike(cases[i].side, text, len - 1));
            for (const char *c = "0 \",:}{\\a\x7f"; *c; c++) {
                text[at] = *c;
                memcpy(text + at + 1, whole + at, len - at);
                assert_true(is_judged_alike(cases[i].side, text, len + 1));
            }
        }
    }
}

static void test_unusual_ones(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"type\":\"message\",\"to\":\"bob\"," S ",\"n\":1,\"n\":1}",
        "{\"type\":\"message\",\"to\":\"bob\"," S ",\"n\":1,\"from\":\"x\"}",
        "{\"type\":\"message\",\"to\":\"bob\"," S ",\"n\":1,\"more\":[]}",
        "{\"type\":\"message\"," S ",\"to\":\"bob\",\"n\":1}",
        "{\"type\":\"message\",\"to\":\"b\303\266b\"," S ",\"n\":1}",
        "{\"type\":\"message\",\"to\":\"b\\u0062b\"," S ",\"n\":1}",
        "{\"type\":\"message\",\"to\":\"bob\"," S ",\"n\":9007199254740992}",
        "{\"type\":\"message\",\"to\":\"bob\"," S ",\"n\":00000000000000000001}",
        "{\"type\":\"message\",\"to\":\"bob\"," S ",\"n\":18446744073709551617}",
        "{\"type\":\"receipt\",\"to\":\"bob\"," S ",\"n\":1,\"resend\":true}",
        "{\"type\":\"hello\",\"version\":2}",
        "{\"type\":\"keys\",\"keys\":{}}",
        "{\"type\":\"bye\",\"leave\":true}",
        "{\"type\":\"pong\",\"id\":1}",
        "{\"type\":\"\"}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_true(is_judged_alike(C, texts[i], strlen(texts[i])));
}

/* A buffer without room for a detour takes the long way. */
static void test_both_ways_write_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct frame frame = {cases[i].text, strlen(cases[i].text), NULL, 0};
        struct header_decoder d;
        struct header h;
        struct buffer wide, narrow;
        header_decoder_init(&d);
        buffer_init(&wide, FRAME_MAX);
        buffer_init(&narrow, FRAME_PREFIX + frame.header_len);
        assert_int_equal(header_decode(&d, cases[i].side, &frame, &h), 0);
        h.numbers = d.numbers; /* none in a header that is never usual */
        assert_int_equal(header_put(&wide, cases[i].side, &h, NULL, 0), 0);
        assert_int_equal(header_put(&narrow, cases[i].side, &h, NULL, 0), 0);
        assert_int_equal(wide.len, narrow.len);
        assert_memory_equal(wide.bytes, narrow.bytes, wide.len);
        buffer_clear(&wide);
        buffer_clear(&narrow);
        header_decoder_clear(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_byte_may_change),
        cmocka_unit_test(test_any_byte_may_be_missing_or_more),
        cmocka_unit_test(test_unusual_ones),
        cmocka_unit_test(test_both_ways_write_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
