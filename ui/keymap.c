#include "keymap.h"

#define CHAR(c)     INPUT_CHAR, false, (c), false
#define CONTROL(c)  INPUT_CHAR, false, (c)&0x1f, false
#define PREFIXED(c) INPUT_CHAR, false, (c)&0x1f, true
#define META(c)     INPUT_CHAR, true, (c), false
#define KEY(k)      INPUT_##k, false, 0, false
#define META_KEY(k) INPUT_##k, true, 0, false

enum {
    PREFIX = 'X' & 0x1f,
};

static const struct keymap_row rows[] = {
    {CHAR('\r'), ACTION_ENTER, "Enter", "send"},
    {META('\r'), ACTION_NEWLINE, "M-Enter", "begin a new line"},
    {CONTROL('J'), ACTION_NEWLINE, "^J", NULL},
    {CHAR('\t'), ACTION_COMPLETE, "Tab",
     "complete a command, its argument or :emoji:; again: the next choice"},
    {KEY(BACKTAB), ACTION_COMPLETE_BACK, "S-Tab", "the choice before it"},

    {KEY(PAGE_UP), ACTION_PAGE_UP, "PageUp", "scroll a page up"},
    {KEY(PAGE_DOWN), ACTION_PAGE_DOWN, "PageDown", "scroll a page down"},
    {META_KEY(UP), ACTION_SCROLL_UP, "M-Up", "scroll a line up"},
    {KEY(WHEEL_UP), ACTION_SCROLL_UP, "wheel up", NULL},
    {META_KEY(DOWN), ACTION_SCROLL_DOWN, "M-Down", "scroll a line down"},
    {KEY(WHEEL_DOWN), ACTION_SCROLL_DOWN, "wheel down", NULL},
    {KEY(HOME), ACTION_HOME, "Home", "to the start of the line; there, to the oldest message"},
    {KEY(END), ACTION_END, "End", "to the end of the line; there, to the newest message"},
    {META('<'), ACTION_TOP, "M-<", "to the oldest message"},
    {META('>'), ACTION_BOTTOM, "M->", "to the newest message"},
    {META('u'), ACTION_UNREAD, "M-u", "to the first message that was new when you came back"},
    {CONTROL('R'), ACTION_SEARCH, "^R", "search the conversation; again: the next older match"},
    {CONTROL('S'), ACTION_SEARCH_NEWER, "^S", "while searching: the next newer match"},
    {META('p'), ACTION_CHOOSE_OLDER, "M-p", "choose a message, or the one before it"},
    {META('n'), ACTION_CHOOSE_NEWER, "M-n", "choose the message after it"},
    {META('o'), ACTION_FOLD, "M-o",
     "open or fold the chosen message, or the last long one in view"},
    {META('w'), ACTION_COPY, "M-w", "copy the chosen message, or the newest of theirs"},
    {META('l'), ACTION_BARE, "M-l",
     "show the text alone, for the terminal to mark; any key ends it"},

    {CONTROL('B'), ACTION_LEFT, "^B", "back a character"},
    {KEY(LEFT), ACTION_LEFT, "Left", NULL},
    {CONTROL('F'), ACTION_RIGHT, "^F", "forward a character"},
    {KEY(RIGHT), ACTION_RIGHT, "Right", NULL},
    {META('b'), ACTION_WORD_LEFT, "M-b", "back a word"},
    {META_KEY(LEFT), ACTION_WORD_LEFT, "M-Left", NULL},
    {META('f'), ACTION_WORD_RIGHT, "M-f", "forward a word"},
    {META_KEY(RIGHT), ACTION_WORD_RIGHT, "M-Right", NULL},
    {CONTROL('A'), ACTION_LINE_START, "^A", "to the start of the line"},
    {CONTROL('E'), ACTION_LINE_END, "^E", "to the end of the line"},
    {KEY(UP), ACTION_UP, "Up", "a row up; from the first row: what was sent before"},
    {CONTROL('P'), ACTION_UP, "^P", NULL},
    {KEY(DOWN), ACTION_DOWN, "Down", "a row down; from the last row: what was sent after"},
    {CONTROL('N'), ACTION_DOWN, "^N", NULL},

    {KEY(BACKSPACE), ACTION_ERASE_LEFT, "Backspace", "erase the character before the cursor"},
    {CONTROL('H'), ACTION_ERASE_LEFT, "^H", NULL},
    {CHAR(0x7f), ACTION_ERASE_LEFT, "^?", NULL},
    {KEY(DELETE), ACTION_ERASE_RIGHT, "Delete", "erase the character under the cursor"},
    {CONTROL('W'), ACTION_KILL_SPACE_LEFT, "^W", "kill back to white space"},
    {META(0x7f), ACTION_KILL_WORD_LEFT, "M-Backspace", "kill back to the start of the word"},
    {META_KEY(BACKSPACE), ACTION_KILL_WORD_LEFT, "M-Backspace", NULL},
    {META('\b'), ACTION_KILL_WORD_LEFT, "M-^H", NULL},
    {META('d'), ACTION_KILL_WORD_RIGHT, "M-d", "kill to the end of the word"},
    {META_KEY(DELETE), ACTION_KILL_WORD_RIGHT, "M-Delete", NULL},
    {CONTROL('U'), ACTION_KILL_LINE_START, "^U", "kill back to the start of the line"},
    {CONTROL('K'), ACTION_KILL_LINE_END, "^K", "kill to the end of the line"},
    {CONTROL('Y'), ACTION_YANK, "^Y", "yank what was killed last"},
    {META('y'), ACTION_YANK_OLDER, "M-y", "after ^Y: what was killed before that instead"},
    {META('.'), ACTION_LAST_WORD, "M-.", "the last word that was sent; again: of the line before"},
    {META('_'), ACTION_LAST_WORD, "M-_", NULL},
    {CONTROL('T'), ACTION_TRANSPOSE, "^T", "exchange two characters"},
    {CONTROL('_'), ACTION_UNDO, "^_", "undo"},
    {PREFIXED('U'), ACTION_UNDO, "^X ^U", NULL},
    {PREFIXED('E'), ACTION_EDITOR, "^X ^E", "write on in $VISUAL or $EDITOR"},

    {CONTROL('C'), ACTION_CANCEL, "^C", "clear the line; on an empty one: quit, after a question"},
    {CONTROL('D'), ACTION_ERASE_OR_QUIT, "^D",
     "erase the character under the cursor; on an empty line: quit"},
    {CONTROL('L'), ACTION_REDRAW, "^L", "draw the screen anew"},
    {CONTROL('Z'), ACTION_SUSPEND, "^Z", "suspend"},
    {CONTROL('['), ACTION_ESCAPE, "Esc",
     "leave a page (as q does), a search or a chosen message; take back what waits"},
    {CONTROL('G'), ACTION_ESCAPE, "^G", NULL},
    {KEY(F1), ACTION_HELP, "F1", "this manual"},
};

const struct keymap_row *keymap_rows(size_t *count)
{
    *count = sizeof rows / sizeof rows[0];
    return rows;
}

enum action keymap_find(const struct input *in, bool prefixed)
{
    if (in->kind == INPUT_SUSPEND)
        return ACTION_SUSPEND;
    uint32_t code = in->kind == INPUT_CHAR ? in->code : 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].kind == in->kind && rows[i].meta == in->meta && rows[i].code == code &&
            rows[i].prefixed == prefixed)
            return rows[i].action;
    if (prefixed || in->kind != INPUT_CHAR || in->meta)
        return ACTION_NONE;
    if (code == PREFIX)
        return ACTION_PREFIX;
    return code >= ' ' && (code < 0x7f || code > 0x9f) ? ACTION_INSERT : ACTION_NONE;
}
