#ifndef KEYMAP_H
#define KEYMAP_H

#include "input.h"

#include <stddef.h>

/* What a key does. Those up to ACTION_EDIT_LAST are the editor's (editor_do). */
enum action {
    ACTION_NONE,
    ACTION_INSERT, /* the character itself */
    ACTION_NEWLINE,
    ACTION_LEFT,
    ACTION_RIGHT,
    ACTION_WORD_LEFT,
    ACTION_WORD_RIGHT,
    ACTION_LINE_START,
    ACTION_LINE_END,
    ACTION_UP, /* a row up; above the first row, the line sent before */
    ACTION_DOWN,
    ACTION_ERASE_LEFT,
    ACTION_ERASE_RIGHT,
    ACTION_KILL_WORD_LEFT, /* by word */
    ACTION_KILL_WORD_RIGHT,
    ACTION_KILL_SPACE_LEFT, /* back to white space */
    ACTION_KILL_LINE_START,
    ACTION_KILL_LINE_END,
    ACTION_YANK,
    ACTION_YANK_OLDER, /* right after a yank: the kill before that one instead */
    ACTION_LAST_WORD,  /* of what was sent before; again: of the line before that instead */
    ACTION_TRANSPOSE,
    ACTION_UNDO,
    ACTION_EDIT_LAST = ACTION_UNDO,

    ACTION_ENTER,
    ACTION_COMPLETE,
    ACTION_COMPLETE_BACK,
    ACTION_PAGE_UP,
    ACTION_PAGE_DOWN,
    ACTION_SCROLL_UP, /* a line */
    ACTION_SCROLL_DOWN,
    ACTION_TOP,
    ACTION_BOTTOM,
    ACTION_UNREAD,       /* the line "new" */
    ACTION_HOME,         /* start of the line; once there, the top of the conversation */
    ACTION_END,          /* end of the line; once there, the bottom of the conversation */
    ACTION_SEARCH,       /* and the next older match */
    ACTION_SEARCH_NEWER, /* the next newer match */
    ACTION_CHOOSE_OLDER, /* a message to speak about */
    ACTION_CHOOSE_NEWER,
    ACTION_FOLD,          /* opens or folds that message, or the last long one in view */
    ACTION_COPY,          /* that message */
    ACTION_BARE,          /* the text alone, for the terminal to copy */
    ACTION_CANCEL,        /* ^C */
    ACTION_ERASE_OR_QUIT, /* ^D */
    ACTION_ESCAPE,
    ACTION_REDRAW,
    ACTION_SUSPEND,
    ACTION_EDITOR, /* the line goes to the person's own editor */
    ACTION_PREFIX, /* ^X: the next key has another meaning */
    ACTION_HELP,
};

/* One key of the table; F1's manual is made of these. */
struct keymap_row {
    enum input_kind kind;
    bool meta;
    uint32_t code; /* INPUT_CHAR only */
    bool prefixed; /* it follows ACTION_PREFIX */
    enum action action;
    const char *name; /* "^A", "M-b", "PageUp" */
    const char *help; /* what it does; NULL where the row above says it too */
};

const struct keymap_row *keymap_rows(size_t *count);

/*
 * What this input does, right after an ACTION_PREFIX or not; ACTION_NONE for what is no key, or has
 * no meaning.
 */
enum action keymap_find(const struct input *in, bool prefixed);

#endif
