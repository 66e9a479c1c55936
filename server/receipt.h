#ifndef RECEIPT_H
#define RECEIPT_H

#include "client.h"
#include "output.h"
#include "seat.h"

/* Carries out a receipt of a client: what it covers is forgotten, and the sender told. */
void receipt_take(struct relay *r, struct relay_client *c, struct header *h,
                  const struct frame *frame);

/* Keeps a receipt until the holder of its seat returns; taken. */
void receipt_keep(struct relay *r, struct seat *to, struct control *k);

/* Its holder is there: hands over all that waited. */
void receipt_hand_over(struct relay *r, struct seat *to);

/* Forgets all that wait. */
void receipt_clear(struct relay *r, struct seat *to);

#endif
