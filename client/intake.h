#ifndef INTAKE_H
#define INTAKE_H

#include <stddef.h>
#include <stdint.h>

struct session;

/* Bytes from the relay: frames, and who is in the room; messages and receipts go on to those who
 * know their rules. */
void intake_input(struct session *s, const uint8_t *bytes, size_t len);

#endif
