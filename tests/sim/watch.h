#ifndef WATCH_H
#define WATCH_H

#include "frame.h"
#include "world.h"

/*
 * What is seen on the way. Where a history has nothing that makes gaps, nobody asks for what is
 * missing; and whatever happens, the relay makes no gap of its own.
 */

/* Looks at a frame that one end writes into a connection. */
void watch_frame(struct world *w, struct link *link, bool up, const struct frame *frame);

/* Somebody connects. */
void watch_connected(struct world *w);

/*
 * The relay takes a message for its disk: not one behind a message that it refused, or was asked
 * for, unless somebody connected since.
 */
void watch_taken(struct world *w, uint64_t stream, uint64_t n);

#endif
