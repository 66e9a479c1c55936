#include "buffer.h"
#include "error.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void assert_holds(const struct buffer *b, const char *expected)
{
    size_t len;
    const uint8_t *bytes = buffer_peek(b, &len);
    assert_int_equal(len, strlen(expected));
    if (len)
        assert_memory_equal(bytes, expected, len);
}

static void test_bytes_come_out_in_order(void **state)
{
    (void)state;
    struct buffer b;
    buffer_init(&b, 100);
    assert_holds(&b, "");
    assert_int_equal(buffer_put(&b, "hello ", 6), 0);
    assert_int_equal(buffer_put(&b, NULL, 0), 0);
    assert_int_equal(buffer_put(&b, "world", 5), 0);
    assert_holds(&b, "hello world");
    buffer_consume(&b, 4);
    assert_holds(&b, "o world");
    buffer_consume(&b, 7);
    assert_holds(&b, "");
    buffer_clear(&b);
}

static void test_the_ceiling_holds_and_a_refusal_changes_nothing(void **state)
{
    (void)state;
    struct buffer b;
    buffer_init(&b, 8);
    assert_int_equal(buffer_put(&b, "12345678", 8), 0);
    assert_int_equal(buffer_put(&b, "9", 1), ERROR_LIMIT);
    assert_holds(&b, "12345678");
    buffer_consume(&b, 1);
    assert_int_equal(buffer_put(&b, "9", 1), 0);
    assert_int_equal(buffer_put(&b, "0", 1), ERROR_LIMIT);
    assert_holds(&b, "23456789");
    buffer_clear(&b);
}

static void test_truncating_drops_from_the_end(void **state)
{
    (void)state;
    struct buffer b;
    buffer_init(&b, 8);
    assert_int_equal(buffer_put(&b, "12345678", 8), 0);
    buffer_consume(&b, 2);
    buffer_truncate(&b, 3);
    assert_holds(&b, "345");
    assert_int_equal(buffer_put(&b, "x", 1), 0);
    assert_holds(&b, "345x");
    buffer_truncate(&b, 0);
    assert_holds(&b, "");
    buffer_clear(&b);
}

/* Random puts and consumes against a plain array that holds everything ever put. */
static void test_it_is_a_queue(void **state)
{
    (void)state;
    enum {
        TOTAL = 200000
    };
    struct buffer b;
    buffer_init(&b, 20000);
    size_t put = 0, consumed = 0;
    uint8_t chunk[9000];
    srand(1);
    while (consumed < TOTAL) {
        size_t len = (size_t)rand() % sizeof chunk;
        for (size_t i = 0; i < len; i++)
            chunk[i] = (uint8_t)((put + i) * 31 >> 3);
        int rc = buffer_put(&b, chunk, len);
        assert_int_equal(rc, put + len - consumed > 20000 ? ERROR_LIMIT : 0);
        if (rc == 0)
            put += len;
        size_t held;
        const uint8_t *bytes = buffer_peek(&b, &held);
        assert_int_equal(held, put - consumed);
        size_t drop = held ? (size_t)rand() % (held + 1) : 0;
        for (size_t i = 0; i < drop; i++)
            assert_int_equal(bytes[i], (uint8_t)((consumed + i) * 31 >> 3));
        buffer_consume(&b, drop);
        consumed += drop;
    }
    buffer_clear(&b);
}

static void test_out_of_memory_changes_nothing(void **state)
{
    (void)state;
    char large[5000];
    memset(large, 'x', sizeof large);
    for (size_t n = 0; torture_begin(n); n++) {
        struct buffer b;
        buffer_init(&b, 10000);
        int first = buffer_put(&b, "abc", 3);
        int second = buffer_put(&b, large, sizeof large);
        torture_end();
        assert_int_equal(first == 0 && second == 0, !torture_failed());
        assert_int_equal(b.len, (first ? 0 : 3) + (second ? 0 : sizeof large));
        buffer_clear(&b);
    }
}

static void test_an_empty_buffer_gives_large_memory_back(void **state)
{
    (void)state;
    char large[50000] = {0};
    struct buffer b;
    buffer_init(&b, SIZE_MAX);
    assert_int_equal(buffer_put(&b, large, sizeof large), 0);
    buffer_consume(&b, sizeof large);
    assert_int_equal(b.size, 0);
    assert_int_equal(buffer_put(&b, large, 10), 0);
    buffer_consume(&b, 10);
    assert_true(b.size > 0 && b.size <= 4096);
    buffer_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_come_out_in_order),
        cmocka_unit_test(test_the_ceiling_holds_and_a_refusal_changes_nothing),
        cmocka_unit_test(test_truncating_drops_from_the_end),
        cmocka_unit_test(test_it_is_a_queue),
        cmocka_unit_test(test_out_of_memory_changes_nothing),
        cmocka_unit_test(test_an_empty_buffer_gives_large_memory_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
