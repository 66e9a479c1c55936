#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * A program in a pseudo-terminal, seen as a person sees it: the screen is read back through
 * libvterm. What cannot work (no pseudo-terminal, no memory) fails the test.
 */
struct terminal;

enum {
    TERMINAL_WAIT_MS = 10000, /* how long the waits below wait before they give up */
};

struct terminal_options {
    const char *const *argv;        /* ends with NULL */
    const char *const *environment; /* NAME=VALUE, or NAME to have none; ends with NULL. May be
                                       NULL. Without it: tmux-256color, C.UTF-8, no NO_COLOR */
    int rows, columns;
};

struct terminal *terminal_start(const struct terminal_options *options);

/* Kills the program where it still runs. */
void terminal_free(struct terminal *t);

pid_t terminal_pid(const struct terminal *t);

/* Types: bytes as the terminal would send them. */
void terminal_send(struct terminal *t, const char *keys);
void terminal_send_bytes(struct terminal *t, const char *bytes, size_t len);

void terminal_resize(struct terminal *t, int rows, int columns);

/* Wait until the screen has, or has no more, a row with this text; false when it never does. */
bool terminal_wait(struct terminal *t, const char *text);
bool terminal_wait_gone(struct terminal *t, const char *text);

/* Waits until `check` is true of the terminal. */
bool terminal_wait_until(struct terminal *t, bool (*check)(struct terminal *t, void *data),
                         void *data);

/* Waits for the program's end: its exit code, 128 and the signal that ended it; -1: it runs on. */
int terminal_wait_exit(struct terminal *t);

/* The terminal goes away, as when its window is closed; only terminal_wait_exit is of use then. */
void terminal_hang_up(struct terminal *t);

/* Takes in what the program writes for so long, or until it ends. For what has no sign to wait for.
 */
void terminal_drain(struct terminal *t, int ms);

/* A row's text without the spaces at its end, NUL-terminated; borrowed until the next call. */
const char *terminal_row(struct terminal *t, int row);

/* All rows, each ended by a line feed; borrowed until the next call. */
const char *terminal_text(struct terminal *t);

/* The first row that has this text, and where it begins (`column` may be NULL); -1 for none. */
int terminal_find(struct terminal *t, const char *text, int *column);

struct terminal_cell {
    bool bold, underline, reverse;
    int colour, ground; /* of the palette; -1: the default */
    int width;
    char text[32]; /* UTF-8; "" for a blank, and behind something wide */
};

struct terminal_cell terminal_cell(struct terminal *t, int row, int column);

void terminal_cursor(struct terminal *t, int *row, int *column, bool *visible);
bool terminal_is_alternate(struct terminal *t);

/* Whether the program has this DEC mode set (2004, 1004, …); it need not be one of libvterm's. */
bool terminal_mode(struct terminal *t, int mode);

/* Whether the line discipline is a shell's: echo, line by line, signals. */
bool terminal_is_cooked(struct terminal *t);

/* Everything that the program wrote so far. */
const char *terminal_bytes(struct terminal *t, size_t *len);

#endif
