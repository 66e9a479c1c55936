#ifndef RECALL_H
#define RECALL_H

#include <stddef.h>

/*
 * The lines that were sent, and the draft behind the newest of them. Going from one to another
 * keeps what was changed in each, until a line is sent.
 */
enum {
    RECALL_MAX = 100,
};

struct recall_line {
    char *sent;   /* NUL-terminated; NULL in the draft's place */
    char *edited; /* what became of it, or NULL */
};

struct recall {
    struct recall_line lines[RECALL_MAX + 1]; /* the draft is the one after the last */
    size_t count;                             /* sent lines */
    size_t at;                                /* the line that is being edited */
};

void recall_clear(struct recall *r);

/*
 * Remembers a line as sent, unless it is empty or the newest one again; what was changed in others
 * is forgotten, and the draft is the current line. ERROR_NOMEM: nothing changed.
 */
int recall_add(struct recall *r, const char *text, size_t len);

/* Forgets what was changed in any line; the draft is the current one. */
void recall_reset(struct recall *r);

/* The line sent last (`back` is 0), or so many before it; NULL where there is none. */
const char *recall_sent(const struct recall *r, size_t back);

/*
 * Leaves the current line, whose text is now `text`, for an older (-1) or newer (1) one. 1 and
 * that one's text (borrowed until the next call), 0 where there is none, ERROR_NOMEM.
 */
int recall_go(struct recall *r, int direction, const char *text, size_t len, const char **other);

#endif
