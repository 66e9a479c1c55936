#ifndef HANDLE_H
#define HANDLE_H

#include "client.h"

/* Carries out one whole frame of a client. */
void handle_frame(struct relay *r, struct relay_client *c, const struct frame *frame);

#endif
