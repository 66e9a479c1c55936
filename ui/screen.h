#ifndef SCREEN_H
#define SCREEN_H

#include "canvas.h"
#include "input.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The terminal on standard input and output, by ncurses. There is one at a time. It leaves the
 * terminal as it found it on every way out that goes through screen_free or screen_suspend.
 *
 * The program has called setlocale, and has its own handlers of SIGINT, SIGTERM and SIGHUP in
 * place. The screen has SIGWINCH, SIGTSTP and SIGCONT.
 */
struct screen;

/*
 * Takes the terminal over. ERROR_SYSTEM where it cannot be used as a screen: `why` (of `size`
 * bytes) is then a sentence that says so, the terminal is untouched, and the program may go on
 * with plain lines. ERROR_NOMEM likewise.
 */
int screen_new(struct screen **s, char *why, size_t size);
void screen_free(struct screen *s);

int screen_colours(const struct screen *s); /* as theme.colours; 0 also where NO_COLOR is set */

/* Whether it has more than letters: it has not on the Linux console, nor where it is not UTF-8. */
bool screen_has_signs(const struct screen *s);

/* What to poll for reading; call screen_next after either, and after EINTR. */
enum {
    SCREEN_FDS = 2
};
void screen_fds(const struct screen *s, int fds[SCREEN_FDS]);

/*
 * 1 and the next input, borrowed until the next call; 0 for none; ERROR_CLOSED: the terminal is
 * gone; ERROR_NOMEM. Call it until it gives no more, and once screen_deadline has passed. The
 * first input is an INPUT_RESIZE.
 */
int screen_next(struct screen *s, uint64_t now_ms, struct input *in);
uint64_t screen_deadline(const struct screen *s); /* UINT64_MAX for none */

/* Shows the picture: only what changed goes to the terminal. */
void screen_draw(struct screen *s, const struct canvas *canvas);

/* The next screen_draw sends everything. */
void screen_redraw(struct screen *s);

/*
 * Gives the terminal back, stops the job as ^Z does, and takes the terminal again once it goes on;
 * an INPUT_RESIZE follows. Nothing happens where whoever started the program ignored SIGTSTP.
 */
void screen_suspend(struct screen *s);

/*
 * Gives the terminal back for another program's use, and takes it again; an INPUT_RESIZE follows.
 * While it is lent nothing else may be called but screen_suspend, which then stops the job alone,
 * screen_fds, and screen_was_continued for what they tell: true after the job was stopped and goes
 * on.
 */
void screen_lend(struct screen *s);
void screen_take_back(struct screen *s);
bool screen_was_continued(struct screen *s);

/*
 * The window's title (sanitised), where the terminal has one; put back at the end, and for NULL.
 */
void screen_set_title(struct screen *s, const char *title);

/* Asks the terminal to hold a text, which is given in base64, for pasting. */
void screen_copy(const struct screen *s, const char *base64);

/*
 * Shows lines (sanitised) as the terminal itself breaks them, so that it can mark and copy them;
 * nothing else is drawn until screen_redraw, or until the size changes.
 */
void screen_show_bare(struct screen *s, const char *text, size_t len);

/* Rings the bell; asks a terminal that has a title to show a note (sanitised, one line). */
void screen_ring(const struct screen *s);
void screen_alert(const struct screen *s, const char *text);

#endif
