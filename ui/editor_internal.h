#ifndef EDITOR_INTERNAL_H
#define EDITOR_INTERNAL_H

#include "editor.h"
#include "kills.h"
#include "recall.h"
#include "undo.h"

/* For the files of the editor only. */

struct editor_line {
    size_t start, len; /* bytes of `shown` */
};

struct editor {
    char text[EDITOR_MAX + 1]; /* NUL-terminated */
    size_t len, cursor;
    struct undo undo;
    struct kills kills;
    struct recall recall;
    enum action last;         /* the action before this one: kills join, yanks are exchanged */
    size_t yank_at, yank_len; /* what the last yank inserted, */
    size_t word_back;         /* and where it was a last word, from how many lines before */
    int goal;                 /* column that Up and Down keep to; -1 for none */

    /* As shown, by the last editor_wrap. */
    char *shown;
    size_t shown_len, shown_size;
    size_t shown_cursor;
    struct editor_line *lines;
    size_t count, size;
    int columns;
};

/*
 * Replaces `len` bytes from `at` by `text`, which is fit to stand there, as one step of undo (or as
 * more of the last one, where `typed` letters go on), and puts the cursor behind it. ERROR_LIMIT,
 * ERROR_NOMEM: nothing changed.
 */
struct editor_change {
    size_t at, len;
    const char *text;
    size_t text_len;
    bool typed;
};

int editor_change(struct editor *e, const struct editor_change *change);

/* Moves the cursor by rows as shown. 1, 0 where there is no such row, ERROR_NOMEM. */
int editor_move_row(struct editor *e, int direction);

#endif
