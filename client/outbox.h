#ifndef OUTBOX_H
#define OUTBOX_H

#include "frame.h"
#include "header.h"
#include "payload.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct session;
struct session_message_row;
struct peer;
struct outgoing;

/* Our messages: their numbers, and what is known of each. How they are sent: sender.h. */

/* The person says something, as session_send. */
int outbox_compose(struct session *s, const struct payload *p, uint64_t *id);

/*
 * Says something to a peer: `row` becomes the message, borrowed from the outbox. A chunk has no id,
 * is not shown, and is saved without what it has of the file. ERROR_PAYLOAD, ERROR_NOMEM.
 */
int outbox_say(struct session *s, struct peer *peer, const struct payload *p,
               struct session_message_row *row);

/*
 * Gives a payload its number to a peer and saves it as the message that `row` has the id and the
 * time of; fills in the rest, borrowed from the message. ERROR_PAYLOAD, ERROR_NOMEM.
 */
int outbox_add(struct session *s, struct peer *peer, const struct payload *p,
               struct session_message_row *row);

/* Puts back a message from the disk. */
int outbox_restore(struct session *s, const struct session_message_row *row);

/* Everything composed so far is on disk. */
void outbox_committed(struct session *s);

/* A receipt came. */
void outbox_take_receipt(struct session *s, const struct header *h, const struct frame *frame);

/* The relay has messages `first` to `n` of a stream on its disk. */
void outbox_take_stored(struct session *s, const struct header_run *run);

/*
 * These runs, and nothing else, are on the relay's disk for this peer. Gives whether a message lost
 * its mark by that.
 */
bool outbox_set_stored(struct session *s, struct peer *peer, const struct header_run *runs,
                       size_t count);

/* The peer has seen our messages up to this one. */
void outbox_take_read(struct session *s, struct peer *peer, const struct payload_ref *target);

/* The message that the relay did not take; NULL where it is none of ours. */
struct outgoing *outbox_find(struct session *s, uint64_t stream, uint64_t n);

#endif
