#ifndef INBOX_H
#define INBOX_H

#include "frame.h"
#include "header.h"

#include <stdint.h>

struct session;
struct peer;

/* The receiver's rules of PROTOCOL.md, "Delivery": what of the peer's messages is taken, shown,
 * receipted and asked for. */

/* A message of this peer came. */
void inbox_take(struct session *s, struct peer *peer, const struct header *h,
                const struct frame *frame);

/* Everything taken so far is on disk. */
void inbox_committed(struct session *s);

/* The peer appeared: what is missing is asked for again. */
void inbox_peer_appeared(struct session *s, struct peer *peer);

/* What somebody wrote whom we did not know is to be asked for as this peer's. */
void inbox_adopt(struct session *s, struct peer *peer, const struct peer *nameless);

/* Puts the receipts that are due into the output. */
void inbox_put_receipts(struct session *s);

/* A new connection will begin. */
void inbox_reset(struct session *s);

/* When something is to be asked for again; UINT64_MAX for never. */
uint64_t inbox_deadline(const struct session *s);
void inbox_tick(struct session *s);

#endif
