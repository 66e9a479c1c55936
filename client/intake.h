#ifndef INTAKE_H
#define INTAKE_H

#include <stddef.h>
#include <stdint.h>

struct session;

/* Bytes from the relay: each frame goes to those who know its rules. */
void intake_input(struct session *s, const uint8_t *bytes, size_t len);

#endif
