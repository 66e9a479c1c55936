#ifndef KILLS_H
#define KILLS_H

#include <stddef.h>

/* The ring of what was killed, newest first. */
enum {
    KILLS_MAX = 16,
};

struct kills {
    char *texts[KILLS_MAX]; /* NUL-terminated */
    size_t count;
};

/* Where a kill goes: kills in a row make one. */
enum kills_place {
    KILLS_NEW,
    KILLS_BEFORE, /* before the text of the newest */
    KILLS_BEHIND,
};

void kills_clear(struct kills *k);

/* Adds what was killed (copied). ERROR_NOMEM: nothing changed. */
int kills_add(struct kills *k, enum kills_place place, const char *text, size_t len);

/* The newest, borrowed; NULL for none. */
const char *kills_newest(const struct kills *k);

/* Puts the newest behind all others, so that the next one is the newest. */
void kills_rotate(struct kills *k);

#endif
