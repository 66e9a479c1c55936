#include "error.h"
#include "output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int out[2], stop[2];
static struct output output;

static int make_pipes(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    output_init(&output, -1, -1);
    if (pipe(out) || pipe(stop))
        return -1;
    output_init(&output, out[1], stop[0]);
    return 0;
}

static int close_pipes(void **state)
{
    (void)state;
    output_clear(&output);
    close(out[0]);
    close(out[1]);
    close(stop[0]);
    close(stop[1]);
    return 0;
}

static void put(size_t len)
{
    for (size_t i = 0; i < len; i++)
        assert_int_equal(buffer_put(&output.bytes, &(char){(char)(i % 251)}, 1), 0);
}

static void test_everything_is_written_in_order(void **state)
{
    (void)state;
    enum {
        LEN = 10000
    };
    put(LEN);
    assert_int_equal(output_flush(&output), 0);
    assert_int_equal(output.bytes.len, 0);
    char got[LEN];
    assert_int_equal(read(out[0], got, sizeof got), LEN);
    for (size_t i = 0; i < LEN; i++)
        assert_int_equal(got[i], (char)(i % 251));
    assert_int_equal(output_flush(&output), 0);
}

/* Takes in all that comes until the end; gives how much. */
static void *read_all(void *arg)
{
    size_t *total = arg;
    char block[3000];
    ssize_t n;
    while ((n = read(out[0], block, sizeof block)) > 0)
        *total += (size_t)n;
    return NULL;
}

static void test_a_slow_reader_gets_everything(void **state)
{
    (void)state;
    enum {
        LEN = 1 << 20
    };
    pthread_t reader;
    size_t total = 0;
    put(LEN);
    pthread_create(&reader, NULL, read_all, &total);
    assert_int_equal(output_flush(&output), 0);
    close(out[1]);
    pthread_join(reader, NULL);
    assert_int_equal(total, LEN);
    out[1] = dup(STDERR_FILENO);
}

static void test_little_waits_for_the_end_of_the_turn(void **state)
{
    (void)state;
    put(100);
    assert_int_equal(output_relieve(&output), 0);
    assert_int_equal(output.bytes.len, 100);
    int null = open("/dev/null", O_WRONLY);
    output.fd = null;
    put(OUTPUT_FLUSH);
    assert_int_equal(output_relieve(&output), 0);
    assert_int_equal(output.bytes.len, 0);
    close(null);
}

static void test_a_reader_who_left_is_an_error(void **state)
{
    (void)state;
    close(out[0]);
    put(10);
    assert_int_equal(output_flush(&output), ERROR_CLOSED);
    out[0] = dup(STDERR_FILENO);
}

static void test_a_full_disk_is_an_error(void **state)
{
    (void)state;
    int full = open("/dev/full", O_WRONLY);
    output.fd = full;
    put(10);
    assert_int_equal(output_flush(&output), ERROR_SYSTEM);
    close(full);
}

static void test_the_end_does_not_wait_for_a_reader(void **state)
{
    (void)state;
    put(1 << 20);
    assert_int_equal(write(stop[1], "", 1), 1);
    assert_int_equal(output_flush(&output), ERROR_STATE);
    assert_true(output.bytes.len > 0);
}

static uint64_t noted[4];
static size_t noted_count;

static void note(void *owner, uint64_t what)
{
    assert_ptr_equal(owner, &output);
    assert_true(noted_count < 4);
    noted[noted_count++] = what;
}

static void test_what_is_whole_is_told_as_soon_as_it_is_written(void **state)
{
    (void)state;
    char lines[3000] = {0};
    output.wrote = note;
    output.owner = &output;
    lines[sizeof lines - 1] = '\n';
    for (uint64_t what = 1; what <= 3; what++) {
        assert_int_equal(buffer_put(&output.bytes, lines, what < 3 ? sizeof lines : 10), 0);
        assert_int_equal(output_mark(&output, what), 0);
    }
    assert_int_equal(output_flush(&output), 0); /* in two pieces, of whole lines */
    assert_int_equal(noted_count, 2);
    assert_int_equal(noted[0], 1);
    assert_int_equal(noted[1], 3);
    assert_int_equal(output_mark(&output, 4), 0);
    assert_int_equal(output_flush(&output), 0);
    assert_int_equal(noted_count, 2); /* nothing was written */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_pipes, close_pipes)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_everything_is_written_in_order),
        TEST(test_a_slow_reader_gets_everything),
        TEST(test_little_waits_for_the_end_of_the_turn),
        TEST(test_a_reader_who_left_is_an_error),
        TEST(test_a_full_disk_is_an_error),
        TEST(test_what_is_whole_is_told_as_soon_as_it_is_written),
        TEST(test_the_end_does_not_wait_for_a_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
