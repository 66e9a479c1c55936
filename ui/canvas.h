#ifndef CANVAS_H
#define CANVAS_H

#include "theme.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The picture of a screen: for each row, runs of text at columns, each in one style. A screen draws
 * it; tests compare it. Text that goes in was sanitised (text_sanitise), and holds no line feed.
 */
struct canvas;

struct canvas_run {
    const char *text; /* `len` bytes of UTF-8, not NUL-terminated */
    size_t len;
    int column, width; /* columns */
    struct style style;
    const char *link; /* what it is a link to, `link_len` bytes; 0 for nothing */
    size_t link_len;
};

/* Where a run goes: it is cut to `columns`, and to the canvas. */
struct canvas_at {
    int row, column, columns;
};

struct canvas *canvas_new(void); /* NULL: out of memory */
void canvas_free(struct canvas *c);

/* Makes it blank, of that size (each at least 1), with the cursor hidden. ERROR_NOMEM. */
int canvas_begin(struct canvas *c, int rows, int columns);

/*
 * Puts text there (copied), as many whole clusters as fit; gives the columns that it took. Rows are
 * painted from top to bottom; within a row, later runs lie over earlier ones. Outside the canvas
 * nothing happens. Where memory runs out the canvas is poisoned, which canvas_end tells.
 */
int canvas_put(struct canvas *c, struct canvas_at at, struct style style, const char *text,
               size_t len);

/* Makes what canvas_put put last, and took columns, a link (copied). */
void canvas_link(struct canvas *c, const char *link, size_t len);

/* Puts `text`, one cluster, again and again until `at` is full. */
void canvas_fill(struct canvas *c, struct canvas_at at, struct style style, const char *text);

void canvas_set_cursor(struct canvas *c, int row, int column);

/* 0, or ERROR_NOMEM where the picture is not whole. */
int canvas_end(struct canvas *c);

int canvas_rows(const struct canvas *c);
int canvas_columns(const struct canvas *c);

/* After canvas_end: the runs of a row in their order, borrowed until the next canvas_begin. */
const struct canvas_run *canvas_row(const struct canvas *c, int row, size_t *count);

/* Gives false where the cursor is hidden. */
bool canvas_cursor(const struct canvas *c, int *row, int *column);

#endif
