#include "layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Each row belongs to one thing, and there is room to read and to write. */
static void check(const struct layout *l, int wanted)
{
    int rows = 1 + (l->top_rule >= 0) + l->view_rows + 1 + (l->bottom_rule >= 0) + l->input_rows;
    assert_int_equal(rows, l->rows);
    assert_int_equal(l->status, 0);
    assert_int_equal(l->view, 1 + (l->top_rule >= 0));
    assert_int_equal(l->info, l->view + l->view_rows);
    assert_int_equal(l->input, l->rows - l->input_rows);
    assert_true(l->view_rows >= 1);
    assert_true(l->view_rows < 14 ? l->latest_rows == 0 : l->latest_rows * 4 < l->view_rows);
    assert_true(l->input_rows >= 1 && l->input_rows <= wanted);
    assert_true(l->input_rows <= 1 || l->input_rows * 3 <= l->rows);

    assert_true(l->author_columns >= 2 && l->author_columns <= 16);
    assert_true(l->author > l->time);
    assert_true(l->text >= l->author + l->author_columns + 2);
    assert_true(l->text_columns >= 8);
    assert_int_equal(l->mark, l->text + l->text_columns);
    assert_true(l->mark + 3 <= l->columns);
}

static void test_every_size(void **state)
{
    (void)state;
    for (int rows = 1; rows <= 200; rows++)
        for (int columns = 1; columns <= 500; columns += columns < 60 ? 1 : 20)
            for (int input = 1; input <= 300; input += 37) {
                struct layout l = layout_make(rows, columns, input, input % 40);
                assert_int_equal(l.small, rows < 4 || columns < 20);
                if (!l.small)
                    check(&l, input);
            }
}

static void test_the_usual_size(void **state)
{
    (void)state;
    struct layout l = layout_make(24, 80, 1, 5);
    assert_int_equal(l.top_rule, 1);
    assert_int_equal(l.view_rows, 19);
    assert_int_equal(l.latest_rows, 3);
    assert_int_equal(l.bottom_rule, 22);
    assert_int_equal(l.time, 1);
    assert_int_equal(l.author, 8);
    assert_int_equal(l.text, 15);
    assert_int_equal(layout_make(24, 80, 100, 5).input_rows, 8);
    assert_int_equal(layout_make(24, 80, 1, 64).author_columns, 16);
    assert_int_equal(layout_make(24, 49, 1, 5).time, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_size),
        cmocka_unit_test(test_the_usual_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
