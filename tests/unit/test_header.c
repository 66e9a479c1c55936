#include "error.h"
#include "header.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define C    HEADER_FROM_CLIENT
#define R    HEADER_FROM_RELAY
#define S    "\"stream\":\"0123456789abcdef\""
#define KEYS "{\"identity\":\"a\",\"made\":5}"

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

/* What is written here is what encoding it again gives. */
static void test_headers_survive_a_round_trip(void **state)
{
    (void)state;
    static const struct {
        enum header_side side;
        enum header_type type;
        size_t content_len;
        const char *text;
    } cases[] = {
        {C, HEADER_HELLO, 0, "{\"type\":\"hello\",\"version\":1,\"nick\":\"alice\"}"},
        {C, HEADER_HELLO, 0,
         "{\"type\":\"hello\",\"version\":1,\"nick\":\"a\\\"\\u0001\",\"room\":\"\",\"agent\":\"\","
         "\"keys\":" KEYS "}"},
        {C, HEADER_KEYS, 0, "{\"type\":\"keys\",\"keys\":" KEYS "}"},
        {C, HEADER_KEYS, 0, "{\"type\":\"keys\",\"keys\":{}}"},
        {R, HEADER_WELCOME, 0,
         "{\"type\":\"welcome\",\"version\":1,\"nick\":\"a\",\"room\":\"lobby\",\"agent\":\"x\","
         "\"time\":0,\"waiting\":9007199254740991,\"peer\":null}"},
        {R, HEADER_WELCOME, 0,
         "{\"type\":\"welcome\",\"version\":2,\"nick\":\"a\",\"room\":\"lobby\",\"agent\":\"\","
         "\"time\":1,\"waiting\":0,\"peer\":{\"nick\":\"b\",\"state\":\"offline\",\"time\":7}}"},
        {R, HEADER_WELCOME, 0,
         "{\"type\":\"welcome\",\"version\":1,\"nick\":\"a\",\"room\":\"lobby\",\"agent\":\"x\","
         "\"time\":1,\"waiting\":0,\"peer\":{\"nick\":\"b\",\"state\":\"left\",\"time\":7,"
         "\"keys\":" KEYS ",\"stored\":[{" S ",\"first\":1,\"n\":1},"
         "{\"stream\":\"ffffffffffffffff\",\"first\":2,\"n\":30}]}}"},
        {R, HEADER_PRESENCE, 0,
         "{\"type\":\"presence\",\"nick\":\"b\",\"state\":\"online\",\"time\":7}"},
        {R, HEADER_PRESENCE, 0,
         "{\"type\":\"presence\",\"nick\":\"b\",\"state\":\"left\",\"time\":7,\"keys\":" KEYS
         ",\"stored\":[{" S ",\"first\":4,\"n\":5}]}"},
        {C, HEADER_MESSAGE, 3, "{\"type\":\"message\",\"to\":\"bob\"," S ",\"n\":1}"},
        {C, HEADER_MESSAGE, 65536, "{\"type\":\"message\",\"to\":\"bob\"," S ",\"n\":2}"},
        {R, HEADER_MESSAGE, 3, "{\"type\":\"message\",\"from\":\"bob\"," S ",\"n\":2,\"time\":3}"},
        {C, HEADER_RECEIPT, 0, "{\"type\":\"receipt\",\"to\":\"bob\"," S ",\"n\":0}"},
        {C, HEADER_RECEIPT, 1024,
         "{\"type\":\"receipt\",\"to\":\"bob\"," S ",\"n\":1,\"resend\":true}"},
        {R, HEADER_RECEIPT, 1, "{\"type\":\"receipt\",\"from\":\"bob\"," S ",\"n\":0}"},
        {R, HEADER_RECEIPT, 0,
         "{\"type\":\"receipt\",\"from\":\"bob\"," S ",\"n\":0,\"resend\":true}"},
        {R, HEADER_STORED, 0, "{\"type\":\"stored\",\"to\":\"bob\"," S ",\"first\":2,\"n\":2}"},
        {C, HEADER_SIGNAL, 1, "{\"type\":\"signal\",\"to\":\"bob\"}"},
        {R, HEADER_SIGNAL, 65536, "{\"type\":\"signal\",\"from\":\"bob\",\"time\":5}"},
        {C, HEADER_PING, 0, "{\"type\":\"ping\"}"},
        {C, HEADER_PONG, 0, "{\"type\":\"pong\",\"id\":0}"},
        {R, HEADER_PING, 0, "{\"type\":\"ping\",\"id\":12}"},
        {R, HEADER_PONG, 0, "{\"type\":\"pong\"}"},
        {C, HEADER_BYE, 0, "{\"type\":\"bye\"}"},
        {C, HEADER_BYE, 0, "{\"type\":\"bye\",\"leave\":true}"},
        {R, HEADER_ERROR, 0,
         "{\"type\":\"error\",\"code\":\"bad-nick\",\"text\":\"No.\",\"fatal\":true}"},
        {R, HEADER_ERROR, 0,
         "{\"type\":\"error\",\"code\":\"quota\",\"text\":\"\",\"fatal\":false," S ",\"n\":4}"},
        {R, HEADER_ERROR, 0,
         "{\"type\":\"error\",\"code\":\"unsupported-version\",\"text\":\"x\",\"fatal\":true,"
         "\"versions\":[1]}"},
    };
    static uint8_t content[FRAME_CONTENT_MAX];
    memset(content, 'c', sizeof content);
    struct header_decoder d;
    header_decoder_init(&d);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *text = cases[i].text;
        struct frame frame = {text, strlen(text), content, cases[i].content_len}, again;
        struct header h;
        struct buffer out;
        buffer_init(&out, FRAME_MAX);
        if (header_decode(&d, cases[i].side, &frame, &h) != 0)
            fail_msg("refused: %s", text);
        assert_int_equal(h.type, cases[i].type);
        assert_int_equal(d.type, cases[i].type);
        assert_int_equal(header_put(&out, cases[i].side, &h, content, frame.content_len), 0);
        assert_int_equal(frame_decode(out.bytes, out.len, &again), out.len);
        if (again.header_len != frame.header_len || memcmp(again.header, text, strlen(text)) != 0)
            fail_msg("%s became %.*s", text, (int)again.header_len, again.header);
        assert_int_equal(again.content_len, frame.content_len);
        if (again.content_len)
            assert_memory_equal(again.content, content, again.content_len);
        buffer_clear(&out);
    }
    header_decoder_clear(&d);
}

static void test_what_breaks_a_row_is_refused(void **state)
{
    (void)state;
    enum header_type type;
    assert_int_equal(
        decode_exactly(C, "{\"type\":\"message\",\"to\":\"b\"," S ",\"n\":0}", 0, &type),
        ERROR_HEADER);
    assert_int_equal(type, HEADER_MESSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers_survive_a_round_trip),
        cmocka_unit_test(test_what_breaks_a_row_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
