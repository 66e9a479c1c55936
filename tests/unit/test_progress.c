#include "progress.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static const struct progress photo = {.done = 12345678, .total = 30100000, .pace = 2100000};

static void check(const struct progress *p, int columns, bool ascii, const char *expected)
{
    char line[PROGRESS_LINE_MAX];
    assert_string_equal(progress_format(p, "photo.jpg", columns, ascii, line), expected);
    assert_true(text_width(line, strlen(line)) <= (size_t)columns);
}

static void test_what_matters_least_is_left_out_first(void **state)
{
    (void)state;
    check(&photo, 78, false,
          "photo.jpg  ▰▰▰▰▱▱▱▱  41 %  12.3 of 30.1 MB  2.1 MB/s  9 s left  /cancel");
    check(&photo, 78, true,
          "photo.jpg  ####----  41 %  12.3 of 30.1 MB  2.1 MB/s  9 s left  /cancel");
    check(&photo, 70, false, "photo.jpg  ▰▰▰▰▱▱▱▱  41 %  2.1 MB/s  9 s left  /cancel");
    check(&photo, 45, false, "photo.jpg  ▰▰▰▰▱▱▱▱  41 %  9 s left  /cancel");
    check(&photo, 40, false, "photo.jpg  ▰▰▰▰▱▱▱▱  41 %  9 s left");
    check(&photo, 30, false, "photo.jpg  41 %  9 s left");
    check(&photo, 18, true, "photo.jpg  41 %");
    check(&photo, 12, true, "photo~  41 %");
}

static void test_how_it_stands(void **state)
{
    (void)state;
    static const struct {
        struct progress p;
        const char *expected;
    } cases[] = {
        {{.done = 0, .total = 0}, "a  ########  100 %  0 of 0 bytes  /cancel"},
        {{.done = 0, .total = 1}, "a  --------  0 %  0 of 1 byte  /cancel"},
        {{.done = 999, .total = 1000}, "a  ########  99 %  0.9 of 1.0 kB  /cancel"},
        {{.done = 1, .total = 999, .pace = 1},
         "a  --------  0 %  1 of 999 bytes  1 byte/s  16 min left  /cancel"},
        {{.done = 1ULL << 32, .total = 1ULL << 33, .pace = 100000},
         "a  ####----  50 %  4.29 of 8.58 GB  100.0 kB/s  11 h left  /cancel"},
        {{.done = 0, .total = (1ULL << 53) - 1, .pace = 1000000000},
         "a  --------  0 %  0.00 of 9007.19 TB  1.00 GB/s  104 days left  /cancel"},
    };
    char line[PROGRESS_LINE_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(progress_format(&cases[i].p, "a", 100, true, line), cases[i].expected);
}

/* A line is whole whatever it is about. */
static void test_a_long_name_is_cut_at_a_cluster(void **state)
{
    (void)state;
    char name[4001] = "", line[PROGRESS_LINE_MAX];
    for (int i = 0; i < 1000; i++)
        memcpy(name + 4 * i, "👍", 5);
    progress_format(&photo, name, 40, false, line);
    assert_memory_equal(line, "👍👍👍👍👍👍…  ", 29);
    progress_format(&photo, name, 5000, false, line);
    assert_true(text_is_utf8(line, strlen(line)));
    assert_non_null(strstr(line, "…  ▰"));
    assert_non_null(strstr(line, "/cancel"));
}

static void test_it_is_drawn_while_something_moves(void **state)
{
    (void)state;
    struct progress p;
    progress_begin(&p, 500, 100000, 1000);
    assert_int_equal(progress_deadline(&p), UINT64_MAX);
    progress_move(&p, 600, 1010);
    assert_int_equal(progress_deadline(&p), 1250);
    assert_false(progress_tick(&p, 1249));
    progress_move(&p, 1500, 1200);
    assert_true(progress_tick(&p, 1250));
    assert_int_equal(p.pace, 4000); /* of what moved here, not of what was there before */
    assert_false(progress_tick(&p, 1500));
    assert_int_equal(progress_deadline(&p), 1250 + PROGRESS_STALL_MS);
    progress_move(&p, 2500, 1600);
    assert_true(progress_tick(&p, 1750));
    assert_int_equal(p.pace, (4000 * 2000 + 1000 * 1000) / 2500);
}

static void test_what_stands_still_has_no_pace(void **state)
{
    (void)state;
    struct progress p;
    progress_begin(&p, 0, 100000, 0);
    progress_move(&p, 1000, 100);
    assert_true(progress_tick(&p, 500));
    assert_int_equal(p.pace, 2000);
    assert_true(progress_tick(&p, 500 + PROGRESS_STALL_MS));
    assert_int_equal(p.pace, 0);
    assert_int_equal(progress_deadline(&p), UINT64_MAX);
    progress_move(&p, 2000, 90000); /* it goes on, nobody knows since when */
    assert_true(progress_tick(&p, 90000));
    assert_int_equal(p.pace, 0);
    progress_move(&p, 3000, 90250);
    assert_true(progress_tick(&p, 90250));
    assert_int_equal(p.pace, 4000);
}

static void test_going_back_begins_anew(void **state)
{
    (void)state;
    struct progress p;
    progress_begin(&p, 0, 100000, 0);
    progress_move(&p, 50000, 100);
    assert_true(progress_tick(&p, 250));
    progress_move(&p, 10000, 300); /* the other side has less than was thought */
    assert_int_equal(progress_deadline(&p), UINT64_MAX);
    progress_move(&p, 11000, 400);
    assert_true(progress_tick(&p, 1300));
    assert_int_equal(p.pace, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_matters_least_is_left_out_first),
        cmocka_unit_test(test_how_it_stands),
        cmocka_unit_test(test_a_long_name_is_cut_at_a_cluster),
        cmocka_unit_test(test_it_is_drawn_while_something_moves),
        cmocka_unit_test(test_what_stands_still_has_no_pace),
        cmocka_unit_test(test_going_back_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
