#ifndef EDITOR_H
#define EDITOR_H

#include "keymap.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The line that is being written, as readline edits it: moves and erases by grapheme cluster, has a
 * kill ring, undo, several lines, and what was sent before. Its text is UTF-8 without NUL, and is
 * what will be sent, byte for byte; it is shown sanitised.
 */
struct editor;

enum {
    EDITOR_MAX = 16384, /* bytes: the longest message (PROTOCOL.md) */
};

struct editor *editor_new(void); /* NULL: out of memory */
void editor_free(struct editor *e);

/* The text, NUL-terminated, borrowed until the next change. */
const char *editor_text(const struct editor *e, size_t *len);
size_t editor_cursor(const struct editor *e); /* bytes before it */

/*
 * Inserts at the cursor. ERROR_UTF8 (or a NUL in it), ERROR_LIMIT beyond EDITOR_MAX, ERROR_NOMEM;
 * then nothing changed. A paste is one step of undo, letters of one word are too.
 */
int editor_insert(struct editor *e, const char *text, size_t len);

/* Replaces everything, with the cursor at the end: a draft, a completion. Errors likewise. */
int editor_set(struct editor *e, const char *text, size_t len);

/* Replaces `len` bytes from `at`, which must be there; the cursor goes behind. Errors likewise. */
int editor_replace(struct editor *e, size_t at, size_t len, const char *text, size_t text_len);

/*
 * Carries out an action of the editor's. 1 where something happened, 0 where there was nothing to
 * do, ERROR_LIMIT, ERROR_NOMEM (nothing changed).
 */
int editor_do(struct editor *e, enum action action);

/* Empties the line, which is the draft again, not a line sent before. Errors as editor_set. */
int editor_cancel(struct editor *e);

/* Empties the line, and remembers the text as sent, where there is memory for that. */
void editor_sent(struct editor *e);

/* Remembers a line as sent without touching the text: what an earlier run had sent. */
int editor_remember(struct editor *e, const char *text, size_t len);

/* Wraps to `columns` (at least 2), so that the cursor has a place too. ERROR_NOMEM. */
int editor_wrap(struct editor *e, int columns);

/* How it is shown, as of the last editor_wrap: */
size_t editor_rows(const struct editor *e);                              /* at least 1 */
const char *editor_row(const struct editor *e, size_t row, size_t *len); /* sanitised */
void editor_cursor_at(const struct editor *e, size_t *row, int *column);

#endif
