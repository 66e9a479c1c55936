#include "editor_internal.h"

#include "error.h"
#include "text.h"
#include "wrap.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Bytes at the start of `s` that are shown as they are. */
static size_t plain(const char *s, size_t len)
{
    size_t n = 0;
    while (n < len && ((s[n] >= ' ' && s[n] <= '~') || s[n] == '\n'))
        n++;
    /* The last one may have marks on it. */
    return n > 0 && n < len && (s[n] & 0x80) ? n - 1 : n;
}

/* Gives the next piece of the text as it is shown, and its length in the text. */
struct piece {
    size_t len;
    const char *shown;
    size_t shown_len;
    char *owned; /* to be freed */
};

static int piece_at(const char *s, size_t len, struct piece *piece)
{
    size_t n = plain(s, len);
    *piece = (struct piece){n, s, n, NULL};
    if (n > 0)
        return 0;
    piece->len = text_next(s, len).len;
    piece->owned = text_sanitise(s, piece->len, TEXT_LINES, &piece->shown_len);
    piece->shown = piece->owned;
    return piece->owned ? 0 : ERROR_NOMEM;
}

static int show(struct editor *e, const char *text, size_t len)
{
    if (!e->shown || len > e->shown_size - e->shown_len) {
        size_t size = e->shown_size ? e->shown_size : 256;
        while (size < e->shown_len + len)
            size *= 2;
        char *shown = realloc(e->shown, size);
        if (!shown)
            return ERROR_NOMEM;
        e->shown = shown;
        e->shown_size = size;
    }
    memcpy(e->shown + e->shown_len, text, len);
    e->shown_len += len;
    return 0;
}

/* Makes `shown` of the text, and finds the cursor in it. */
static int show_all(struct editor *e)
{
    int rc = show(e, "", 0);
    e->shown_len = e->shown_cursor = 0;
    for (size_t at = 0; at < e->len && rc == 0;) {
        struct piece piece;
        rc = piece_at(e->text + at, e->len - at, &piece);
        if (rc)
            break;
        if (at <= e->cursor)
            e->shown_cursor = e->shown_len + (piece.owned ? 0 : e->cursor - at);
        rc = show(e, piece.shown, piece.shown_len);
        if (at <= e->cursor && e->cursor >= at + piece.len)
            e->shown_cursor = e->shown_len;
        free(piece.owned);
        at += piece.len;
    }
    return rc;
}

static int add_line(struct editor *e, size_t start, size_t len)
{
    if (e->count == e->size) {
        size_t size = e->size ? e->size * 2 : 16;
        struct editor_line *lines = realloc(e->lines, size * sizeof *lines);
        if (!lines)
            return ERROR_NOMEM;
        e->lines = lines;
        e->size = size;
    }
    e->lines[e->count++] = (struct editor_line){start, len};
    return 0;
}

int editor_wrap(struct editor *e, int columns)
{
    assert(columns >= 2);
    e->columns = columns;
    e->count = 0;
    int rc = show_all(e);
    size_t at = 0;
    bool more = true;
    while (rc == 0 && more) {
        struct wrap_row row = wrap_next(e->shown + at, e->shown_len - at, columns - 1);
        rc = add_line(e, at, row.len);
        at += row.next;
        more = row.hard || at < e->shown_len;
    }
    return rc;
}

size_t editor_rows(const struct editor *e)
{
    return e->count;
}

const char *editor_row(const struct editor *e, size_t row, size_t *len)
{
    *len = e->lines[row].len;
    return e->shown + e->lines[row].start;
}

/* The row that byte `at` of `shown` is in. */
static size_t row_of(const struct editor *e, size_t at)
{
    size_t row = e->count - 1;
    while (row > 0 && e->lines[row].start > at)
        row--;
    return row;
}

/* Spaces that a break swallowed have no columns of their own: the cursor waits at the edge. */
static int column_of(const struct editor *e, size_t row, size_t at)
{
    size_t start = e->lines[row].start;
    size_t width = text_width(e->shown + start, at - start);
    return width < (size_t)e->columns ? (int)width : e->columns - 1;
}

void editor_cursor_at(const struct editor *e, size_t *row, int *column)
{
    *row = row_of(e, e->shown_cursor);
    *column = column_of(e, *row, e->shown_cursor);
}

/*
 * Byte of `shown` in that row whose column is nearest to the left of `column`. The end of a row is
 * none of its places where the next row begins with the same byte.
 */
static size_t shown_at(const struct editor *e, size_t row, int column)
{
    struct editor_line line = e->lines[row];
    bool torn = row + 1 < e->count && line.start + line.len == e->lines[row + 1].start;
    size_t at = 0;
    int width = 0;
    while (at < line.len) {
        struct text_cluster c = text_next(e->shown + line.start + at, line.len - at);
        if (width + c.width > column || (torn && at + c.len == line.len))
            break;
        at += c.len;
        width += c.width;
    }
    return line.start + at;
}

/* The byte of the text that is shown at, or begins before, byte `shown`. */
static int text_at(const struct editor *e, size_t shown, size_t *text)
{
    size_t at = 0, shown_at = 0;
    while (at < e->len) {
        struct piece piece;
        int rc = piece_at(e->text + at, e->len - at, &piece);
        free(piece.owned);
        if (rc)
            return rc;
        if (shown_at + piece.shown_len > shown) {
            at += piece.owned ? 0 : shown - shown_at;
            break;
        }
        at += piece.len;
        shown_at += piece.shown_len;
    }
    *text = at;
    return 0;
}

int editor_move_row(struct editor *e, int direction)
{
    int rc = editor_wrap(e, e->columns);
    if (rc)
        return rc;
    size_t row = row_of(e, e->shown_cursor);
    if (e->goal < 0)
        e->goal = column_of(e, row, e->shown_cursor);
    /* A piece that is shown longer than it is may lie in several rows, all of one place. */
    size_t to = e->cursor;
    while (direction < 0 ? to >= e->cursor : to <= e->cursor) {
        if (direction < 0 ? row == 0 : row + 1 == e->count)
            return 0;
        row += (size_t)direction;
        rc = text_at(e, shown_at(e, row, e->goal), &to);
        if (rc)
            return rc;
    }
    e->cursor = to;
    return 1;
}
