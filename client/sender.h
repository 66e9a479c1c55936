#ifndef SENDER_H
#define SENDER_H

#include "header.h"
#include "payload.h"

#include <stddef.h>
#include <stdint.h>

struct session;
struct session_message_row;
struct peer;

/*
 * How our messages go out, PROTOCOL.md, "Delivery": in one order over all our streams, from a
 * cursor that goes back; so many bytes on their way; what has a receipt already comes from the
 * history.
 */

/* The peer appeared, or we did: goes back, and no hold is left. */
void sender_peer_appeared(struct session *s, struct peer *peer);

/* Goes back to what the peer may not have. */
void sender_go_back(struct session *s, struct peer *peer);

/* The peer asks for what comes from message `n` of our `at`-th stream on. */
void sender_send_again(struct session *s, struct peer *peer, size_t at, uint64_t n);

/* These messages of our `at`-th stream are not on their way any more. */
void sender_landed(struct peer *peer, size_t at, const struct header_run *run);

/* The peer has our `at`-th stream up to message `n`. */
void sender_skip(struct session *s, struct peer *peer, size_t at, uint64_t n);

/* The relay did not take a message: `quota` or `no-such-peer`. */
void sender_refused(struct session *s, const struct header *h);

/* Something was heard about the peer: a hold for `quota` is over. */
void sender_release(struct peer *peer);

/* Puts messages into the output, as many as may go. */
void sender_pump(struct session *s);

/* Puts a signal to the peer, who is here, into the output. */
void sender_put_signal(struct session *s, const struct payload *p);

/* The history's answer: 1 where no more of it is wanted now. */
int sender_loaded(struct session *s, const struct session_message_row *row);
void sender_load_done(struct session *s);

/* The connection is gone. */
void sender_reset(struct session *s);

uint64_t sender_deadline(const struct session *s);
void sender_tick(struct session *s);

#endif
