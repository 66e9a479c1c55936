#include "error.h"
#include "frame.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void test_bounds_are_judged_as_soon_as_their_bytes_are_there(void **state)
{
    (void)state;
    static const struct {
        uint32_t n;
        uint32_t h;
        size_t len;
        int rc;
    } cases[] = {
        {0, 0, 3, 0},
        {0, 0, 4, ERROR_FRAME},
        {3, 2, 4, ERROR_FRAME},
        {4, 2, 4, 0},
        {4, 1, 6, ERROR_FRAME},
        {4, 2, 6, 0},
        {4, 3, 6, ERROR_FRAME},
        {4, 2, 8, 8},
        {4, 2, 9, 8},
        {5000, 4096, 6, 0},
        {5000, 4097, 6, ERROR_FRAME},
        {2 + 2 + 65536, 2, 6, 0},
        {2 + 2 + 65537, 2, 6, ERROR_FRAME},
        {2 + 4096 + 65536, 4096, 6, 0},
        {2 + 4096 + 65537, 4096, 4, ERROR_FRAME},
        {UINT32_MAX, 2, 4, ERROR_FRAME},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const uint8_t bytes[16] = {
            (uint8_t)(cases[i].n >> 24), (uint8_t)(cases[i].n >> 16), (uint8_t)(cases[i].n >> 8),
            (uint8_t)cases[i].n,         (uint8_t)(cases[i].h >> 8),  (uint8_t)cases[i].h,
        };
        struct frame frame;
        assert_int_equal(frame_decode(bytes, cases[i].len, &frame), cases[i].rc);
    }
}

/* Puts frame number `i` of a made-up stream. */
static int put_nth(struct buffer *b, size_t i)
{
    static char header[FRAME_HEADER_MAX];
    static uint8_t content[FRAME_CONTENT_MAX];
    memset(header, 'a' + (int)(i % 26), sizeof header);
    memset(content, (int)(i % 251), sizeof content);
    const struct frame frame = {
        .header = header,
        .header_len = FRAME_HEADER_MIN + i * 97 % (FRAME_HEADER_MAX - 1),
        .content = content,
        .content_len = i % 3 ? i * 31 % 300 : i * 7919 % (FRAME_CONTENT_MAX + 1),
    };
    return frame_put(b, &frame);
}

static void assert_nth(const struct frame *frame, size_t i)
{
    struct buffer b;
    buffer_init(&b, SIZE_MAX);
    assert_int_equal(put_nth(&b, i), 0);
    struct frame expected;
    assert_int_equal(frame_decode(b.bytes, b.len, &expected), (int)b.len);
    assert_int_equal(frame->header_len, expected.header_len);
    assert_memory_equal(frame->header, expected.header, expected.header_len);
    assert_int_equal(frame->content_len, expected.content_len);
    if (expected.content_len)
        assert_memory_equal(frame->content, expected.content, expected.content_len);
    buffer_clear(&b);
}

static void test_frames_survive_any_split(void **state)
{
    (void)state;
    enum {
        FRAMES = 60
    };
    struct buffer all;
    buffer_init(&all, SIZE_MAX);
    for (size_t i = 0; i < FRAMES; i++)
        assert_int_equal(put_nth(&all, i), 0);
    const size_t steps[] = {1, 2, 5, 7, 1000, 65536, SIZE_MAX};
    for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
        struct frame_reader reader;
        frame_reader_init(&reader);
        size_t seen = 0, at = 0;
        while (at < all.len) {
            size_t len = steps[s] < all.len - at ? steps[s] : all.len - at;
            uint8_t *chunk =
                malloc(len); /* so that a sanitizer sees a borrow that lasts too long */
            memcpy(chunk, all.bytes + at, len);
            at += len;
            frame_reader_feed(&reader, chunk, len);
            struct frame frame;
            int rc;
            while ((rc = frame_reader_next(&reader, &frame)) == 1)
                assert_nth(&frame, seen++);
            assert_int_equal(rc, 0);
            assert_int_equal(frame_reader_keep(&reader), 0);
            free(chunk);
        }
        assert_int_equal(seen, FRAMES);
        assert_int_equal(frame_reader_pending(&reader), 0);
        frame_reader_clear(&reader);
    }
    buffer_clear(&all);
}

static void test_frames_that_were_not_pulled_are_kept(void **state)
{
    (void)state;
    struct buffer all;
    buffer_init(&all, SIZE_MAX);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(put_nth(&all, i), 0);
    struct frame_reader reader;
    struct frame frame;
    frame_reader_init(&reader);
    frame_reader_feed(&reader, all.bytes, all.len - 1);
    assert_int_equal(frame_reader_next(&reader, &frame), 1);
    assert_nth(&frame, 0);
    assert_int_equal(frame_reader_keep(&reader), 0);
    assert_int_equal(frame_reader_next(&reader, &frame), 1);
    assert_nth(&frame, 1);
    assert_int_equal(frame_reader_next(&reader, &frame), 0);
    frame_reader_feed(&reader, all.bytes + all.len - 1, 1);
    assert_int_equal(frame_reader_next(&reader, &frame), 1);
    assert_nth(&frame, 2);
    assert_int_equal(frame_reader_keep(&reader), 0);
    frame_reader_clear(&reader);
    buffer_clear(&all);
}

static void test_a_bad_length_is_found_in_any_split(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0, 0, 0, 3};
    for (size_t cut = 0; cut < sizeof bytes; cut++) {
        struct frame_reader reader;
        struct frame frame;
        frame_reader_init(&reader);
        frame_reader_feed(&reader, bytes, cut);
        assert_int_equal(frame_reader_next(&reader, &frame), 0);
        assert_int_equal(frame_reader_keep(&reader), 0);
        frame_reader_feed(&reader, bytes + cut, sizeof bytes - cut);
        assert_int_equal(frame_reader_next(&reader, &frame), ERROR_FRAME);
        frame_reader_clear(&reader);
    }
}

static void test_out_of_memory_is_an_error(void **state)
{
    (void)state;
    struct buffer all;
    buffer_init(&all, SIZE_MAX);
    assert_int_equal(put_nth(&all, 3), 0);
    for (size_t n = 0; torture_begin(n); n++) {
        struct frame_reader reader;
        struct frame frame;
        frame_reader_init(&reader);
        frame_reader_feed(&reader, all.bytes, 10);
        int rc = frame_reader_next(&reader, &frame);
        if (rc == 0)
            rc = frame_reader_keep(&reader);
        if (rc == 0) {
            frame_reader_feed(&reader, all.bytes + 10, all.len - 10);
            rc = frame_reader_next(&reader, &frame);
        }
        torture_end();
        assert_int_equal(rc, torture_failed() ? ERROR_NOMEM : 1);
        frame_reader_clear(&reader);
    }
    buffer_clear(&all);
}

static void test_a_full_buffer_takes_no_part_of_a_frame(void **state)
{
    (void)state;
    struct buffer b;
    buffer_init(&b, 9);
    const struct frame frame = {
        .header = "{}", .header_len = 2, .content = (const uint8_t *)"xx", .content_len = 2};
    assert_int_equal(frame_put(&b, &frame), ERROR_LIMIT);
    assert_int_equal(b.len, 0);
    buffer_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounds_are_judged_as_soon_as_their_bytes_are_there),
        cmocka_unit_test(test_frames_survive_any_split),
        cmocka_unit_test(test_frames_that_were_not_pulled_are_kept),
        cmocka_unit_test(test_a_bad_length_is_found_in_any_split),
        cmocka_unit_test(test_out_of_memory_is_an_error),
        cmocka_unit_test(test_a_full_buffer_takes_no_part_of_a_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
