#include "envelope.h"
#include "error.h"
#include "frame.h"
#include "payload.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static const struct seal_place place = {SEAL_MESSAGE, 1, 2};

static struct envelope_bytes peek(const struct buffer *b)
{
    struct envelope_bytes bytes;
    bytes.at = buffer_peek(b, &bytes.len);
    return bytes;
}

static void test_a_payload_in_the_open(void **state)
{
    (void)state;
    struct envelope e = {.open = true};
    struct buffer out, scratch;
    buffer_init(&out, SIZE_MAX);
    buffer_init(&scratch, SIZE_MAX);
    const struct envelope_bytes payload = {(const uint8_t *)"\0\2{}", 4};
    assert_true(envelope_ready(&e));
    assert_int_equal(envelope_len(&e, 4), 5);
    assert_int_equal(envelope_put(&e, &place, payload, &out), 0);
    struct envelope_bytes content = peek(&out);
    assert_int_equal(content.len, 5);
    assert_memory_equal(content.at, "\0\0\2{}", 5);
    assert_int_equal(envelope_open(&e, &place, &content, &scratch), 0);
    assert_int_equal(content.len, 4);
    assert_memory_equal(content.at, payload.at, 4);
    buffer_clear(&out);
    buffer_clear(&scratch);
}

static void test_what_does_not_open(void **state)
{
    (void)state;
    struct buffer scratch;
    buffer_init(&scratch, SIZE_MAX);
    struct envelope e = {.open = true};
    struct envelope_bytes nothing = {(const uint8_t *)"", 0}, sealed = {(const uint8_t *)"\1ab", 3};
    assert_int_equal(envelope_open(&e, &place, &nothing, &scratch), ERROR_SEAL);
    assert_int_equal(envelope_open(&e, &place, &sealed, &scratch), ERROR_SEAL);
    struct envelope closed = {.open = false};
    struct envelope_bytes in_the_open = {(const uint8_t *)"\0\0\2{}", 5};
    assert_false(envelope_ready(&closed));
    assert_int_equal(envelope_open(&closed, &place, &in_the_open, &scratch), ERROR_SEAL);
    buffer_clear(&scratch);
}

static void test_first_is_put_into_what_was_written(void **state)
{
    (void)state;
    struct buffer written, out, scratch;
    buffer_init(&written, SIZE_MAX);
    buffer_init(&out, SIZE_MAX);
    buffer_init(&scratch, SIZE_MAX);
    const struct payload chunk = {
        .kind = PAYLOAD_CHUNK,
        .previous = {.present = true, .stream = 7, .n = 9},
        .id = {"f", 1},
        .offset = 5,
        .bytes = (const uint8_t *)"bytes",
        .bytes_len = 5,
    };
    assert_int_equal(payload_put(&written, &chunk), 0);
    assert_int_equal(envelope_put_first(peek(&written), &out), 0);
    assert_int_equal(out.len, written.len + ENVELOPE_FIRST);
    struct payload read;
    assert_int_equal(payload_decode(peek(&out).at, out.len, &scratch, &read), 0);
    assert_true(read.first && read.previous.present);
    assert_int_equal(read.kind, PAYLOAD_CHUNK);
    assert_int_equal(read.previous.n, 9);
    assert_int_equal(read.bytes_len, 5);
    assert_memory_equal(read.bytes, "bytes", 5);
    buffer_clear(&written);
    buffer_clear(&out);
    buffer_clear(&scratch);
}

static void test_what_has_the_shape_of_a_payload(void **state)
{
    (void)state;
    static uint8_t long_one[FRAME_CONTENT_MAX] = {0, 2, '{', '}'};
    static const struct {
        const char *bytes;
        size_t len;
        bool is;
    } cases[] = {
        {"\0\2{}", 4, true},  {"\0\2{}bytes", 9, true}, {"\0\1{}", 4, true},
        {"", 0, false},       {"\0\0", 2, false},       {"\0\2x}", 4, false},
        {"\0\3{}", 4, false}, {"\xff\xff{}", 4, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct envelope_bytes bytes = {(const uint8_t *)cases[i].bytes, cases[i].len};
        assert_int_equal(envelope_is_payload(bytes), cases[i].is);
    }
    struct envelope_bytes bytes = {long_one, FRAME_CONTENT_MAX - ENVELOPE_OVERHEAD};
    assert_true(envelope_is_payload(bytes));
    bytes.len++;
    assert_false(envelope_is_payload(bytes));
    size_t header_len = PAYLOAD_HEADER_MAX - ENVELOPE_FIRST;
    bytes.len--;
    long_one[0] = (uint8_t)(header_len >> 8);
    long_one[1] = (uint8_t)header_len;
    assert_true(envelope_is_payload(bytes));
    long_one[1]++;
    assert_false(envelope_is_payload(bytes));
}

static void test_out_of_memory_adds_nothing(void **state)
{
    (void)state;
    static uint8_t payload[3000] = {0, 2, '{', '}'};
    const struct envelope_bytes bytes = {payload, sizeof payload};
    struct envelope e = {.open = true};
    for (size_t n = 0; torture_begin(n); n++) {
        struct buffer out;
        buffer_init(&out, SIZE_MAX);
        int put = envelope_put(&e, &place, bytes, &out);
        assert_int_equal(out.len, put ? 0 : 3001);
        size_t len = out.len;
        int first = envelope_put_first(bytes, &out);
        assert_int_equal(out.len, first ? len : len + 3000 + ENVELOPE_FIRST);
        torture_end();
        assert_int_equal(put ? put : first, torture_failed() ? ERROR_NOMEM : 0);
        buffer_clear(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_payload_in_the_open),
        cmocka_unit_test(test_what_does_not_open),
        cmocka_unit_test(test_first_is_put_into_what_was_written),
        cmocka_unit_test(test_what_has_the_shape_of_a_payload),
        cmocka_unit_test(test_out_of_memory_adds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
