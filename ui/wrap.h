#ifndef WRAP_H
#define WRAP_H

#include <stdbool.h>
#include <stddef.h>

/* One row of a text that is wrapped at words. */
struct wrap_row {
    size_t len;  /* bytes to draw */
    size_t next; /* bytes to where the next row begins: the spaces of the break are left out */
    int width;   /* columns of what is drawn */
    bool hard;   /* a line feed ended the row: another row follows, even if it is empty */
};

/*
 * The row that `s` begins with, in a pane of `columns` (at least 1). Breaks come between words and
 * beside wide clusters, never inside a cluster, and inside a word or a link only where it is longer
 * than a row. At least one cluster is taken, so a cluster of width 2 in a pane of one column makes
 * a row wider than the pane. Rows of a text:
 *
 *     do {
 *         row = wrap_next(s + at, len - at, columns);
 *         at += row.next;
 *     } while (row.hard || at < len);
 *
 * `s` is UTF-8; only line feeds have a meaning in it.
 */
struct wrap_row wrap_next(const char *s, size_t len, int columns);

/* How many rows the text has, at least 1. */
size_t wrap_count(const char *s, size_t len, int columns);

#endif
