#ifndef LAYOUT_H
#define LAYOUT_H

#include <stdbool.h>

enum {
    LAYOUT_ROWS_MIN = 4,
    LAYOUT_COLUMNS_MIN = 20,
};

/* Where everything goes, in rows and columns from 0. */
struct layout {
    int rows, columns;
    bool small; /* too small for more than saying so: nothing below is set */
    int status;
    int top_rule;        /* -1: no room for it, as below */
    int view, view_rows; /* the conversation */
    int latest_rows;     /* of it, for the newest while somebody reads back; 0: no room */
    int info;            /* more below, writing, notes and questions */
    int bottom_rule;
    int input, input_rows;
    int input_column; /* where what is written begins */

    /* Columns of the conversation. */
    int time; /* -1: no room */
    int author, author_columns;
    int text, text_columns;
    int mark; /* up to the right edge */
};

/*
 * Lays out a screen of that size (any, at least 1 by 1) for an input that would like `input_rows`
 * rows (it gets a third of the screen at most) and authors of `author_columns`.
 */
struct layout layout_make(int rows, int columns, int input_rows, int author_columns);

#endif
