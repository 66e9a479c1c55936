#include "canvas.h"
#include "error.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static const struct style plain = {-1, 0}, bold = {3, STYLE_BOLD};

static void test_runs_lie_where_they_were_put(void **state)
{
    (void)state;
    struct canvas *c = canvas_new();
    assert_int_equal(canvas_begin(c, 4, 10), 0);
    assert_int_equal(canvas_put(c, (struct canvas_at){1, 2, 5}, bold, "abc", 3), 3);
    assert_int_equal(canvas_put(c, (struct canvas_at){1, 8, 5}, plain, "中文", 6), 2);
    assert_int_equal(canvas_put(c, (struct canvas_at){3, 9, 5}, plain, "中", 3), 0);
    canvas_fill(c, (struct canvas_at){3, 7, 100}, plain, "─");
    canvas_set_cursor(c, 3, 9);
    assert_int_equal(canvas_end(c), 0);
    size_t count;
    int row, column;
    canvas_row(c, 0, &count);
    assert_int_equal(count, 0);
    const struct canvas_run *runs = canvas_row(c, 1, &count);
    assert_int_equal(count, 2);
    assert_memory_equal(runs[0].text, "abc", 3);
    assert_int_equal(runs[0].column, 2);
    assert_int_equal(runs[0].width, 3);
    assert_int_equal(runs[0].style.colour, 3);
    assert_int_equal(runs[1].len, 3);
    assert_int_equal(runs[1].width, 2);
    runs = canvas_row(c, 3, &count);
    assert_int_equal(count, 1);
    assert_int_equal(runs[0].width, 3);
    assert_memory_equal(runs[0].text, "───", 9);
    assert_true(canvas_cursor(c, &row, &column));
    assert_int_equal(column, 9);
    assert_int_equal(canvas_begin(c, 1, 1), 0);
    assert_int_equal(canvas_end(c), 0);
    canvas_row(c, 0, &count);
    assert_int_equal(count, 0);
    assert_false(canvas_cursor(c, &row, &column));
    canvas_free(c);
}

static void test_nothing_happens_outside(void **state)
{
    (void)state;
    struct canvas *c = canvas_new();
    canvas_begin(c, 2, 5);
    static const struct canvas_at outside[] = {
        {-1, 0, 5}, {2, 0, 5}, {0, -1, 5}, {0, 5, 5}, {0, 0, 0}, {0, 0, -3},
    };
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        assert_int_equal(canvas_put(c, outside[i], plain, "x", 1), 0);
        canvas_fill(c, outside[i], plain, "x");
    }
    canvas_set_cursor(c, 2, 0);
    assert_int_equal(canvas_end(c), 0);
    size_t count;
    int row, column;
    canvas_row(c, 0, &count);
    assert_int_equal(count, 0);
    assert_false(canvas_cursor(c, &row, &column));
    canvas_free(c);
}

static void test_out_of_memory_is_told_at_the_end(void **state)
{
    (void)state;
    for (size_t n = 0; torture_begin(n); n++) {
        struct canvas *c = canvas_new();
        bool whole = c && canvas_begin(c, 100, 80) == 0;
        for (int row = 0; whole && row < 100; row++) {
            canvas_put(c, (struct canvas_at){row, 0, 40}, plain, "some text", 9);
            canvas_fill(c, (struct canvas_at){row, 40, 40}, plain, "─");
        }
        int rc = whole ? canvas_end(c) : ERROR_NOMEM;
        torture_end();
        assert_int_equal(rc, torture_failed() ? ERROR_NOMEM : 0);
        canvas_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_lie_where_they_were_put),
        cmocka_unit_test(test_nothing_happens_outside),
        cmocka_unit_test(test_out_of_memory_is_told_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
