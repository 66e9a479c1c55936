#ifndef VISUAL_H
#define VISUAL_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * The line being written in the person's own editor: the command in $VISUAL or $EDITOR, else vi,
 * with a file (0600) as its last argument. It is the terminal's foreground job while it runs, so
 * that its ^C and ^Z are its own. The terminal is as a shell has it (screen_lend).
 */
enum {
    VISUAL_WHY_MAX = 256,
};

struct visual {
    int fd;              /* readable when something became of the editor; -1: none runs */
    pid_t pid;           /* its process group, too */
    bool kept;           /* the file has a text that could not be taken: it is opened again */
    sigset_t mask;       /* of signals, before it ran */
    char path[PATH_MAX]; /* of the file */
};

enum visual_news {
    VISUAL_RUNS,
    VISUAL_STOPPED, /* as by ^Z: visual_continue lets it go on */
    VISUAL_ENDED,   /* well: visual_read has what was written */
    VISUAL_FAILED,  /* `why` is a sentence that says how */
};

void visual_init(struct visual *v);

/*
 * Runs the editor on a text in the file `path`, which is made anew. ERROR_SYSTEM where it cannot
 * run, and a sentence in `why`.
 */
int visual_start(struct visual *v, const char *path, const char *text, size_t len,
                 char why[VISUAL_WHY_MAX]);

/* What became of it. Once it has ended the terminal is ours, in whatever mode it was left. */
enum visual_news visual_look(struct visual *v, char why[VISUAL_WHY_MAX]);

/* Gives it the terminal, and lets it go on where it was stopped. */
void visual_continue(const struct visual *v);

/* Ends it where it runs: it is asked to, and killed where it does not after a second. */
void visual_end(struct visual *v);

/*
 * What is in a file, without the line feeds at its end, and with LF between lines; NUL-terminated,
 * and the caller's to free. ERROR_LIMIT where that is far too much, ERROR_SYSTEM, ERROR_NOMEM.
 */
int visual_read(const char *path, char **text, size_t *len);

#endif
