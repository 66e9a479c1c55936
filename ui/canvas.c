#include "canvas.h"

#include "error.h"
#include "text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct canvas {
    int rows, columns;
    int cursor_row, cursor_column; /* row -1: hidden */
    struct canvas_run *runs; /* by row; their texts and links lie in `text` one after the other */
    size_t count, size;
    size_t *ends; /* for each row, one more than the index of its last run */
    char *text;
    size_t text_len, text_size;
    int row; /* the one that is being painted */
    bool failed;
};

struct canvas *canvas_new(void)
{
    return calloc(1, sizeof(struct canvas));
}

void canvas_free(struct canvas *c)
{
    if (!c)
        return;
    free(c->runs);
    free(c->ends);
    free(c->text);
    free(c);
}

int canvas_begin(struct canvas *c, int rows, int columns)
{
    assert(rows > 0 && columns > 0);
    if (rows > c->rows) {
        size_t *ends = realloc(c->ends, (size_t)rows * sizeof *ends);
        if (!ends)
            return ERROR_NOMEM;
        c->ends = ends;
    }
    c->rows = rows;
    c->columns = columns;
    c->cursor_row = -1;
    c->count = c->text_len = 0;
    c->row = 0;
    c->failed = false;
    return 0;
}

/* Makes room for one more run with a text of that length. */
static bool reserve(struct canvas *c, size_t len)
{
    if (c->count == c->size) {
        size_t size = c->size ? c->size * 2 : 64;
        struct canvas_run *runs = realloc(c->runs, size * sizeof *runs);
        if (!runs)
            return false;
        c->runs = runs;
        c->size = size;
    }
    if (len > c->text_size - c->text_len) {
        size_t size = c->text_size ? c->text_size : 1024;
        while (size < c->text_len + len)
            size *= 2;
        char *text = realloc(c->text, size);
        if (!text)
            return false;
        c->text = text;
        c->text_size = size;
    }
    return true;
}

static void close_rows(struct canvas *c, int row)
{
    while (c->row < row)
        c->ends[c->row++] = c->count;
}

/* Cuts `at` to the canvas; false where nothing is left. */
static bool clip(const struct canvas *c, struct canvas_at *at)
{
    if (at->row < 0 || at->row >= c->rows || at->column < 0 || at->column >= c->columns)
        return false;
    if (at->columns > c->columns - at->column)
        at->columns = c->columns - at->column;
    return at->columns > 0;
}

/* Adds a run whose text stands behind the others already. */
static void add(struct canvas *c, struct canvas_at at, struct style style, size_t len)
{
    assert(at.row >= c->row);
    close_rows(c, at.row);
    c->runs[c->count++] = (struct canvas_run){
        .len = len,
        .column = at.column,
        .width = at.columns,
        .style = style,
    };
    c->text_len += len;
}

int canvas_put(struct canvas *c, struct canvas_at at, struct style style, const char *text,
               size_t len)
{
    if (!clip(c, &at))
        return 0;
    size_t taken = 0;
    int width = 0;
    while (taken < len) {
        struct text_cluster cluster = text_next(text + taken, len - taken);
        if (width + cluster.width > at.columns)
            break;
        taken += cluster.len;
        width += cluster.width;
    }
    if (taken == 0)
        return 0;
    if (!reserve(c, taken)) {
        c->failed = true;
        return width;
    }
    memcpy(c->text + c->text_len, text, taken);
    at.columns = width;
    add(c, at, style, taken);
    return width;
}

void canvas_link(struct canvas *c, const char *link, size_t len)
{
    if (!reserve(c, len)) {
        c->failed = true;
        return;
    }
    memcpy(c->text + c->text_len, link, len);
    c->text_len += len;
    c->runs[c->count - 1].link_len = len;
}

void canvas_fill(struct canvas *c, struct canvas_at at, struct style style, const char *text)
{
    if (!clip(c, &at))
        return;
    size_t len = strlen(text), times = (size_t)at.columns / text_width(text, len);
    if (!reserve(c, times * len)) {
        c->failed = true;
        return;
    }
    for (size_t i = 0; i < times; i++)
        memcpy(c->text + c->text_len + i * len, text, len);
    add(c, at, style, times * len);
}

void canvas_set_cursor(struct canvas *c, int row, int column)
{
    bool inside = row >= 0 && row < c->rows && column >= 0 && column < c->columns;
    c->cursor_row = inside ? row : -1;
    c->cursor_column = column;
}

int canvas_end(struct canvas *c)
{
    close_rows(c, c->rows);
    const char *text = c->text;
    for (size_t i = 0; i < c->count; i++) {
        c->runs[i].text = text;
        text += c->runs[i].len;
        c->runs[i].link = text;
        text += c->runs[i].link_len;
    }
    return c->failed ? ERROR_NOMEM : 0;
}

int canvas_rows(const struct canvas *c)
{
    return c->rows;
}

int canvas_columns(const struct canvas *c)
{
    return c->columns;
}

const struct canvas_run *canvas_row(const struct canvas *c, int row, size_t *count)
{
    assert(row >= 0 && row < c->rows);
    size_t start = row > 0 ? c->ends[row - 1] : 0;
    *count = c->ends[row] - start;
    return c->runs + start;
}

bool canvas_cursor(const struct canvas *c, int *row, int *column)
{
    *row = c->cursor_row;
    *column = c->cursor_column;
    return c->cursor_row >= 0;
}
