#include "layout.h"

#include <assert.h>

enum {
    ROWS_BOTTOM_RULE = 6, /* the least rows of a screen that has it, */
    ROWS_TOP_RULE = 8,
    VIEW_ROWS_SPLIT = 14, /* the least of a conversation that is split, */
    LATEST_MIN = 3,       /* and of its lower part */
    LATEST_MAX = 6,
    COLUMNS_TIME = 50, /* and columns */
    AUTHOR_MAX = 16,
    AUTHOR_MIN = 4,
};

static int clamp(int n, int min, int max)
{
    return n < min ? min : n > max ? max : n;
}

static void lay_rows(struct layout *l, int input_rows)
{
    int row = 0;
    l->status = row++;
    l->top_rule = l->rows >= ROWS_TOP_RULE ? row++ : -1;
    l->view = row;
    row = l->rows;
    l->input_rows = clamp(input_rows, 1, clamp(l->rows / 3, 1, l->rows));
    l->input = row -= l->input_rows;
    l->bottom_rule = l->rows >= ROWS_BOTTOM_RULE ? --row : -1;
    l->info = --row;
    l->view_rows = row - l->view;
    if (l->view_rows >= VIEW_ROWS_SPLIT)
        l->latest_rows = clamp(l->view_rows / 5, LATEST_MIN, LATEST_MAX);
}

static void lay_columns(struct layout *l, int author_columns)
{
    bool wide = l->columns >= COLUMNS_TIME;
    l->input_column = 3;
    l->time = wide ? 1 : -1;
    l->author = wide ? 8 : 1;
    l->author_columns = clamp(author_columns, 2, clamp(l->columns / 4, AUTHOR_MIN, AUTHOR_MAX));
    l->text = l->author + l->author_columns + 2;
    l->mark = l->columns - (wide ? 4 : 3);
    l->text_columns = l->mark - l->text;
}

struct layout layout_make(int rows, int columns, int input_rows, int author_columns)
{
    assert(rows > 0 && columns > 0);
    struct layout l = {.rows = rows, .columns = columns};
    l.small = rows < LAYOUT_ROWS_MIN || columns < LAYOUT_COLUMNS_MIN;
    if (l.small)
        return l;
    lay_rows(&l, input_rows);
    lay_columns(&l, author_columns);
    return l;
}
