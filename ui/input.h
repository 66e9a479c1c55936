#ifndef INPUT_H
#define INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a terminal tells: a key, a paste, the focus, a new size. */
enum input_kind {
    INPUT_CHAR, /* `code`, with `meta` where Alt was held or Esc came before */
    INPUT_UP,
    INPUT_DOWN,
    INPUT_LEFT,
    INPUT_RIGHT,
    INPUT_HOME,
    INPUT_END,
    INPUT_PAGE_UP,
    INPUT_PAGE_DOWN,
    INPUT_BACKSPACE,
    INPUT_DELETE,
    INPUT_BACKTAB, /* Shift and Tab */
    INPUT_F1,
    INPUT_WHEEL_UP, /* a line */
    INPUT_WHEEL_DOWN,
    INPUT_UNKNOWN,   /* a key without a meaning here; still a proof that somebody is there */
    INPUT_ILLEGIBLE, /* likewise: what is no character of the locale's set */

    INPUT_PASTE,     /* `text`, with LF between lines; `cut` where it was too long to be held */
    INPUT_FOCUS_IN,  /* the terminal has the focus */
    INPUT_FOCUS_OUT, /* it has not */
    INPUT_RESIZE,    /* `rows` and `columns`; also the first input of all */
    INPUT_SUSPEND,   /* somebody asks the program to stop (SIGTSTP) */
};

struct input {
    enum input_kind kind;
    bool meta;        /* keys only */
    uint32_t code;    /* INPUT_CHAR: a Unicode scalar value; controls as they are (^A is 1) */
    bool pasted;      /* INPUT_CHAR, Enter: it came with others at once, as no hand types */
    const char *text; /* INPUT_PASTE: any bytes, borrowed until the next input */
    size_t len;
    bool cut;
    int rows, columns; /* both at least 1 */
};

#endif
