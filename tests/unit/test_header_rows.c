#include "error.h"
#include "header.h"
#include "header_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Decodes a copy that ends where the header does, so that a sanitizer sees a step too far. */
static int decode_exactly(enum header_side side, const char *text, size_t content_len,
                          enum header_type *type)
{
    static const uint8_t content[FRAME_CONTENT_MAX];
    char *copy = malloc(strlen(text));
    memcpy(copy, text, strlen(text));
    struct frame frame = {copy, strlen(text), content, content_len};
    struct header_decoder d;
    struct header h;
    header_decoder_init(&d);
    int rc = header_decode(&d, side, &frame, &h);
    *type = d.type;
    if (rc == 0)
        assert_int_equal(h.type, d.type);
    header_decoder_clear(&d);
    free(copy);
    return rc;
}

static void test_what_breaks_a_row_is_refused(void **state)
{
    (void)state;
    static const struct {
        enum header_side side;
        enum header_type type; /* how far it came */
        const char *text;
    } cases[] = {
        {C, HEADER_UNKNOWN, "{}"},
        {C, HEADER_UNKNOWN, "[]"},
        {C, HEADER_UNKNOWN, "{\"type\":1}"},
        {C, HEADER_UNKNOWN, "{\"type\":null}"},
        {C, HEADER_UNKNOWN, "{\"type\":[\"ping\"]}"},
        {C, HEADER_UNKNOWN, "{\"Type\":\"ping\"}"},
        {C, HEADER_UNKNOWN, "{\"type\":\"ping\"}x"},
        {C, HEADER_UNKNOWN, "{\"type\":\"ping\",\"type\":\"ping\"}"},
        {C, HEADER_UNKNOWN, "{\"type\":\"ping\",\"x\":012}"},
        {C, HEADER_UNKNOWN, "{\"type\":\"ping\",\"x\":{\"y\":1,\"y\":2}}"},
        {C, HEADER_HELLO, "{\"type\":\"hello\"}"},
        {C, HEADER_HELLO, "{\"type\":\"hello\",\"nick\":\"a\"}"},
        {C, HEADER_HELLO, "{\"type\":\"hello\",\"version\":1}"},
        {C, HEADER_HELLO, "{\"type\":\"hello\",\"version\":\"1\",\"nick\":\"a\"}"},
        {C, HEADER_HELLO, "{\"type\":\"hello\",\"version\":1.0,\"nick\":\"a\"}"},
        {C, HEADER_HELLO, "{\"type\":\"hello\",\"version\":-1,\"nick\":\"a\"}"},
        {C, HEADER_HELLO, "{\"type\":\"hello\",\"version\":1e0,\"nick\":\"a\"}"},
        {C, HEADER_HELLO, "{\"type\":\"hello\",\"version\":1,\"nick\":5}"},
        {C, HEADER_HELLO, HELLO ",\"room\":null}"},
        {C, HEADER_HELLO, HELLO ",\"agent\":1}"},
        {C, HEADER_HELLO, HELLO ",\"agent\":\"" E64 "x\"}"},
        {C, HEADER_HELLO, HELLO ",\"keys\":null}"},
        {C, HEADER_HELLO, HELLO ",\"keys\":[]}"},
        {C, HEADER_HELLO, HELLO ",\"keys\":{\"a\":true}}"},
        {C, HEADER_HELLO, HELLO ",\"keys\":{\"a\":null}}"},
        {C, HEADER_HELLO, HELLO ",\"keys\":{\"a\":{}}}"},
        {C, HEADER_HELLO, HELLO ",\"keys\":{\"a\":[]}}"},
        {C, HEADER_HELLO, HELLO ",\"keys\":{\"a\":-1}}"},
        {C, HEADER_HELLO, HELLO ",\"keys\":{\"a\":9007199254740992}}"},
        {C, HEADER_HELLO, HELLO ",\"from\":\"a\"}"},
        {C, HEADER_HELLO, HELLO ",\"time\":1}"},
        {C, HEADER_KEYS, "{\"type\":\"keys\"}"},
        {C, HEADER_KEYS, "{\"type\":\"keys\",\"keys\":\"{}\"}"},
        {C, HEADER_KEYS, "{\"type\":\"keys\",\"keys\":{},\"from\":null}"},
        {C, HEADER_MESSAGE, "{\"type\":\"message\"," S ",\"n\":1}"},
        {C, HEADER_MESSAGE, "{\"type\":\"message\",\"to\":null," S ",\"n\":1}"},
        {C, HEADER_MESSAGE, "{\"type\":\"message\",\"to\":\"b\",\"n\":1}"},
        {C, HEADER_MESSAGE, "{\"type\":\"message\",\"to\":\"b\"," S "}"},
        {C, HEADER_MESSAGE, "{\"type\":\"message\",\"to\":\"b\"," S ",\"n\":0}"},
        {C, HEADER_MESSAGE, "{\"type\":\"message\",\"to\":\"b\"," S ",\"n\":-1}"},
        {C, HEADER_MESSAGE, "{\"type\":\"message\",\"to\":\"b\"," S ",\"n\":1.0}"},
        {C, HEADER_MESSAGE, "{\"type\":\"message\",\"to\":\"b\"," S ",\"n\":\"1\"}"},
        {C, HEADER_MESSAGE, "{\"type\":\"message\",\"to\":\"b\"," S ",\"n\":9007199254740993}"},
        {C, HEADER_MESSAGE, "{\"type\":\"message\",\"to\":\"b\",\"stream\":1,\"n\":1}"},
        {C, HEADER_MESSAGE, "{\"type\":\"message\",\"to\":\"b\",\"stream\":\"\",\"n\":1}"},
        {C, HEADER_MESSAGE,
         "{\"type\":\"message\",\"to\":\"b\",\"stream\":\"0123456789abcdeF\",\"n\":1}"},
        {C, HEADER_MESSAGE,
         "{\"type\":\"message\",\"to\":\"b\",\"stream\":\"0123456789abcdeg\",\"n\":1}"},
        {C, HEADER_MESSAGE,
         "{\"type\":\"message\",\"to\":\"b\",\"stream\":\"0123456789abcdef0\",\"n\":1}"},
        {C, HEADER_MESSAGE,
         "{\"type\":\"message\",\"to\":\"b\",\"stream\":\"+123456789abcdef\",\"n\":1}"},
        {C, HEADER_MESSAGE, "{\"type\":\"message\",\"to\":\"b\"," S ",\"n\":1,\"from\":\"a\"}"},
        {C, HEADER_MESSAGE, "{\"type\":\"message\",\"to\":\"b\"," S ",\"n\":1,\"time\":1}"},
        {C, HEADER_MESSAGE, "{\"type\":\"message\",\"to\":\"b\"," S ",\"n\":1,\"t\\u0069me\":1}"},
        {C, HEADER_RECEIPT, "{\"type\":\"receipt\",\"to\":\"b\",\"n\":1}"},
        {C, HEADER_RECEIPT, "{\"type\":\"receipt\",\"to\":\"b\"," S "}"},
        {C, HEADER_RECEIPT, "{\"type\":\"receipt\"," S ",\"n\":1}"},
        {C, HEADER_RECEIPT, "{\"type\":\"receipt\",\"to\":\"b\"," S ",\"n\":1,\"resend\":1}"},
        {C, HEADER_RECEIPT, "{\"type\":\"receipt\",\"to\":\"b\"," S ",\"n\":1,\"resend\":null}"},
        {C, HEADER_RECEIPT, "{\"type\":\"receipt\",\"to\":\"b\"," S ",\"n\":1,\"from\":\"b\"}"},
        {C, HEADER_SIGNAL, "{\"type\":\"signal\"}"},
        {C, HEADER_SIGNAL, "{\"type\":\"signal\",\"to\":{}}"},
        {C, HEADER_SIGNAL, "{\"type\":\"signal\",\"to\":\"b\",\"time\":1}"},
        {C, HEADER_PING, "{\"type\":\"ping\",\"id\":\"1\"}"},
        {C, HEADER_PING, "{\"type\":\"ping\",\"id\":null}"},
        {C, HEADER_PONG, "{\"type\":\"pong\",\"id\":-0}"},
        {C, HEADER_PONG, "{\"type\":\"pong\",\"from\":\"a\"}"},
        {C, HEADER_BYE, "{\"type\":\"bye\",\"leave\":\"true\"}"},
        {C, HEADER_BYE, "{\"type\":\"bye\",\"time\":1}"},
        {R, HEADER_WELCOME, WELCOME "}"},
        {R, HEADER_WELCOME, WELCOME ",\"peer\":false}"},
        {R, HEADER_WELCOME, WELCOME ",\"peer\":{}}"},
        {R, HEADER_WELCOME, WELCOME ",\"peer\":{\"nick\":\"b\",\"time\":7}}"},
        {R, HEADER_WELCOME, WELCOME ",\"peer\":{\"nick\":\"b\",\"state\":\"online\"}}"},
        {R, HEADER_WELCOME, WELCOME ",\"peer\":{\"state\":\"online\",\"time\":7}}"},
        {R, HEADER_WELCOME, WELCOME ",\"peer\":{" AWAY ",\"keys\":[]}}"},
        {R, HEADER_WELCOME, WELCOME ",\"peer\":{" AWAY ",\"stored\":null}}"},
        {R, HEADER_PRESENCE,
         "{\"type\":\"presence\",\"nick\":\"b\",\"state\":\"gone\",\"time\":7}"},
        {R, HEADER_PRESENCE, "{\"type\":\"presence\",\"nick\":\"b\",\"state\":0,\"time\":7}"},
        {R, HEADER_PRESENCE, "{\"type\":\"presence\"," AWAY ",\"stored\":[1]}"},
        {R, HEADER_PRESENCE, "{\"type\":\"presence\"," AWAY ",\"stored\":[{}]}"},
        {R, HEADER_PRESENCE, "{\"type\":\"presence\"," AWAY ",\"stored\":{}}"},
        {R, HEADER_PRESENCE,
         "{\"type\":\"presence\"," AWAY ",\"stored\":[{" S ",\"first\":0,\"n\":1}]}"},
        {R, HEADER_PRESENCE,
         "{\"type\":\"presence\"," AWAY ",\"stored\":[{" S ",\"first\":3,\"n\":2}]}"},
        {R, HEADER_PRESENCE, "{\"type\":\"presence\"," AWAY ",\"stored\":[" RUNS16 "," RUN "]}"},
        {R, HEADER_MESSAGE, "{\"type\":\"message\",\"from\":\"b\"," S ",\"n\":1}"},
        {R, HEADER_MESSAGE, "{\"type\":\"message\",\"to\":\"b\"," S ",\"n\":1,\"time\":1}"},
        {R, HEADER_RECEIPT, "{\"type\":\"receipt\",\"to\":\"b\"," S ",\"n\":1}"},
        {R, HEADER_STORED, "{\"type\":\"stored\",\"to\":\"b\"," S ",\"n\":1}"},
        {R, HEADER_STORED, "{\"type\":\"stored\",\"to\":\"b\"," S ",\"first\":1}"},
        {R, HEADER_STORED, "{\"type\":\"stored\",\"to\":\"b\"," S ",\"first\":0,\"n\":1}"},
        {R, HEADER_STORED, "{\"type\":\"stored\",\"to\":\"b\"," S ",\"first\":2,\"n\":1}"},
        {R, HEADER_SIGNAL, "{\"type\":\"signal\",\"from\":\"b\"}"},
        {R, HEADER_ERROR, "{\"type\":\"error\",\"text\":\"\",\"fatal\":true}"},
        {R, HEADER_ERROR, "{\"type\":\"error\",\"code\":\"quota\",\"fatal\":true}"},
        {R, HEADER_ERROR, "{\"type\":\"error\",\"code\":\"quota\",\"text\":\"\"}"},
        {R, HEADER_ERROR, QUOTA ",\"n\":1}"},
        {R, HEADER_ERROR, QUOTA "," S "}"},
        {R, HEADER_ERROR, QUOTA "," S ",\"n\":0}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum header_type type;
        if (decode_exactly(cases[i].side, cases[i].text, 0, &type) != ERROR_HEADER)
            fail_msg("accepted: %s", cases[i].text);
        if (type != cases[i].type)
            fail_msg("%s came as far as %s", cases[i].text, header_type_word(type));
    }
}

static void test_what_a_row_allows_is_accepted(void **state)
{
    (void)state;
    static const struct {
        enum header_side side;
        enum header_type type;
        const char *text;
    } cases[] = {
        {C, HEADER_HELLO, HELLO ",\"agent\":\"" E64 "\"}"},
        {C, HEADER_HELLO, HELLO ",\"nick \":5,\"to\":5,\"peer\":[-1.5e300]}"},
        {C, HEADER_HELLO, HELLO ",\"keys\":{\"time\":1,\"from\":\"\"},\"x\":{\"time\":1}}"},
        {C, HEADER_PING, " {\n\"\\u0074ype\" : \"p\\u0069ng\" }\t"},
        {C, HEADER_PING, "{\"n\":0,\"type\":\"ping\",\"Time\":1,\"From\":2}"},
        {C, HEADER_MESSAGE,
         "{\"n\":1," S ",\"a\":0,\"b\":0,\"c\":0,\"d\":0,\"e\":0,\"f\":0,\"g\":0,"
         "\"h\":0,\"to\":\"b\",\"type\":\"message\"}"},
        {C, HEADER_RECEIPT, "{\"type\":\"receipt\",\"to\":\"\"," S ",\"n\":0,\"resend\":false}"},
        {C, HEADER_BYE, "{\"type\":\"bye\",\"leave\":false}"},
        {R, HEADER_PRESENCE, "{\"type\":\"presence\"," AWAY ",\"stored\":[" RUNS16 "]}"},
        {R, HEADER_PRESENCE, "{\"type\":\"presence\"," AWAY ",\"stored\":[]}"},
        {R, HEADER_ERROR,
         "{\"type\":\"error\",\"code\":\"new-code\",\"text\":\"\",\"fatal\":true}"},
        {R, HEADER_ERROR, QUOTA ",\"versions\":7}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum header_type type;
        if (decode_exactly(cases[i].side, cases[i].text, 0, &type) != 0)
            fail_msg("refused: %s", cases[i].text);
        assert_int_equal(type, cases[i].type);
    }
}

static void test_unknown_types_are_no_error_whatever_else_there_is(void **state)
{
    (void)state;
    static const struct {
        enum header_side side;
        const char *text;
    } cases[] = {
        {C, "{\"type\":\"\"}"},
        {C, "{\"type\":\"Ping\"}"},
        {C, "{\"type\":\"pings\"}"},
        {C, "{\"type\":\"pin\"}"},
        {C, "{\"type\":\"unknown\"}"},
        {C, "{\"type\":\"typing\",\"from\":\"a\",\"time\":\"now\",\"n\":-1,\"to\":null}"},
        {C, "{\"type\":\"welcome\"}"},
        {C, "{\"type\":\"presence\"}"},
        {C, "{\"type\":\"stored\"}"},
        {C, "{\"type\":\"error\"}"},
        {R, "{\"type\":\"hello\"}"},
        {R, "{\"type\":\"keys\"}"},
        {R, "{\"type\":\"bye\"}"},
        {R, "{\"type\":\"later\"}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum header_type type = HEADER_PING;
        if (decode_exactly(cases[i].side, cases[i].text, FRAME_CONTENT_MAX, &type) != 0)
            fail_msg("refused: %s", cases[i].text);
        assert_int_equal(type, HEADER_UNKNOWN);
    }
}

static void test_content_is_judged_before_the_fields(void **state)
{
    (void)state;
    static const struct {
        enum header_side side;
        size_t content_max;
        const char *text;
    } cases[] = {
        {C, 0, "{\"type\":\"hello\"}"},
        {C, 0, "{\"type\":\"keys\"}"},
        {R, 0, "{\"type\":\"welcome\"}"},
        {R, 0, "{\"type\":\"presence\"}"},
        {C, 1024, "{\"type\":\"receipt\"}"},
        {R, 1024, "{\"type\":\"receipt\"}"},
        {R, 0, "{\"type\":\"stored\"}"},
        {C, 0, "{\"type\":\"ping\",\"id\":-1}"},
        {R, 0, "{\"type\":\"ping\",\"id\":-1}"},
        {C, 0, "{\"type\":\"pong\",\"id\":-1}"},
        {R, 0, "{\"type\":\"pong\",\"id\":-1}"},
        {C, 0, "{\"type\":\"bye\",\"leave\":1}"},
        {R, 0, "{\"type\":\"error\"}"},
        {C, FRAME_CONTENT_MAX, "{\"type\":\"message\"}"},
        {C, FRAME_CONTENT_MAX, "{\"type\":\"signal\"}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum header_type type = HEADER_UNKNOWN;
        const char *text = cases[i].text;
        size_t max = cases[i].content_max;
        assert_int_equal(decode_exactly(cases[i].side, text, max, &type), ERROR_HEADER);
        if (max == FRAME_CONTENT_MAX)
            continue;
        assert_int_equal(decode_exactly(cases[i].side, text, max + 1, &type), ERROR_FRAME);
        assert_int_not_equal(type, HEADER_UNKNOWN);
    }
}

/* keys of exactly `len` bytes as written */
static int decode_keys(size_t len)
{
    char text[2000];
    int used = snprintf(text, sizeof text, "{\"type\":\"keys\",\"keys\":{\"a\":\"");
    memset(text + used, 'x', len - 8);
    strcpy(text + used + len - 8, "\"}}");
    enum header_type type;
    return decode_exactly(C, text, 0, &type);
}

static void test_keys_have_a_size(void **state)
{
    (void)state;
    assert_int_equal(decode_keys(HEADER_KEYS_MAX), 0);
    assert_int_equal(decode_keys(HEADER_KEYS_MAX + 1), ERROR_HEADER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_breaks_a_row_is_refused),
        cmocka_unit_test(test_what_a_row_allows_is_accepted),
        cmocka_unit_test(test_unknown_types_are_no_error_whatever_else_there_is),
        cmocka_unit_test(test_content_is_judged_before_the_fields),
        cmocka_unit_test(test_keys_have_a_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
