#ifndef BACKLOG_H
#define BACKLOG_H

#include "fleet.h"

/*
 * Messages that wait on the server's disk for somebody who is away, and the return of that one. In
 * room 0, which the fleet does not use, and in the fleet's loop.
 */
struct backlog {
    struct client_run run;
    struct tally tally;
    struct client source, sink;
};

/* Fills it with at least `count` messages, until all of them are stored. */
void backlog_fill(struct backlog *b, struct fleet *f, uint32_t count);

/* Lets the one come back. True when all that waited came. */
void backlog_return(struct backlog *b);
bool backlog_is_drained(const struct backlog *b);

/* Ends it, and adds what became of its messages to `tally`. */
void backlog_clear(struct backlog *b, struct tally *tally);

#endif
