#ifndef EVENTS_H
#define EVENTS_H

#include "session.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The events of a session on their way to the edge, with copies of what they point at. Those that
 * are held come out only after the commit of what was saved before them.
 */
struct events_queue {
    struct events_item *items;
    size_t start, count, size;
};

struct events {
    struct events_queue ready, held;
    void *borrowed; /* what the last event that was given points at */
    size_t bytes;   /* of copies that wait */
};

void events_init(struct events *e);
void events_clear(struct events *e);

/* Adds an event (copied). ERROR_NOMEM; nothing was added then. */
int events_put(struct events *e, const struct session_event *event);

/* The same, for after the commit. */
int events_hold(struct events *e, const struct session_event *event);

/* The commit happened: what was held is ready. ERROR_NOMEM; nothing changed then. */
int events_release(struct events *e);

/* Gives the next event, borrowed until the next call; false for none. */
bool events_next(struct events *e, struct session_event *event);

/* How many wait, held ones included. */
size_t events_count(const struct events *e);

/* Whether there is one to give. */
bool events_ready(const struct events *e);

#endif
