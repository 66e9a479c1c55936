#ifndef SCREEN_INTERNAL_H
#define SCREEN_INTERNAL_H

#include "screen.h"
#include "text.h"

#include <curses.h>
#include <wchar.h>

/* For the files of the screen only. */

enum {
    SCREEN_PASTE_MAX = 1 << 16, /* bytes of a paste that are held */
};

struct screen {
    SCREEN *terminal;
    WINDOW *keys; /* a pad: reading from it draws nothing */
    bool utf8, taken, titled;
    bool linked; /* it knows links, or leaves them out */
    bool bare;   /* lines of screen_show_bare are on the terminal */
    bool spared; /* the last column is left free: not every terminal wraps there as it says */
    bool stops;  /* SIGTSTP was not ignored when we came */
    int colours;
    int wake[2]; /* a pipe: signals write to it */
    char *title; /* as last set, or NULL */

    /* Input. */
    bool resized;        /* the size is news */
    bool marks_pastes;   /* the terminal does; where it does not, */
    bool bursts;         /* what comes now came at once */
    int pending;         /* a key that was read too early; ERR for none */
    enum input_kind run; /* what `run_left` keys that came at once mean */
    size_t run_left;
    mbstate_t decoder;
    bool pasting;
    char *paste, *converted;
    size_t paste_len, mark_len; /* bytes held; bytes of the end mark that came */
    bool paste_cut;
    uint64_t paste_deadline;

    /* What was drawn. */
    uint64_t *drawn; /* a hash for each row; */
    bool *overlaid;  /* whether it has clusters that ncurses cannot draw; */
    bool *fresh;     /* and whether those, or links, are still to be drawn */
    int drawn_rows;
};

/* Names ncurses' keys and ours once the terminal is there. */
void screen_define_keys(void);

/* Begins to read a paste. */
void screen_paste_begin(struct screen *s, uint64_t now_ms);

/* 1 and the whole paste, 0 while it lasts, ERROR_NOMEM. */
int screen_paste_next(struct screen *s, uint64_t now_ms, struct input *in);

/* How ncurses is to draw a style. */
attr_t screen_attributes(struct style style);
short screen_pair(const struct screen *s, struct style style);

/* The character in a locale that is not UTF-8, or a question mark where it has none so wide. */
wchar_t screen_char(uint32_t cp, int columns);

/* A cluster as one cell of ncurses; in such a locale its first character alone. */
struct screen_cell {
    wchar_t chars[CCHARW_MAX + 1];
    bool whole; /* false: ncurses would give it another width than we did, or has no room for it */
};

struct screen_cell screen_cell(const struct screen *s, const char *text,
                               struct text_cluster cluster);

/*
 * Draws the clusters that ncurses cannot, past it and each at its own place, after a refresh. What
 * is behind one on its row is written again, since not every terminal draws it as wide as another.
 */
void screen_overlay(struct screen *s, const struct canvas *canvas);

/* Forgets what was drawn, and makes room for that many rows. */
void screen_forget(struct screen *s);

/* Writes all of it to the terminal, past ncurses. */
void screen_write(const char *bytes, size_t len);

/* Empties the pipe that signals write to. */
void screen_drain(const struct screen *s);

/* Signals that came since the last call. */
bool screen_take_resize(void);
bool screen_take_suspend(void);
bool screen_take_continue(void);

/* After the process was stopped and goes on by other ways than screen_suspend. */
void screen_continue(struct screen *s);

#endif
