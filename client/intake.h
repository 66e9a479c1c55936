#ifndef INTAKE_H
#define INTAKE_H

#include <stddef.h>
#include <stdint.h>

struct session;

/* Bytes from the relay: each frame goes to those who know its rules. */
void intake_input(struct session *s, const uint8_t *bytes, size_t len);

/* Those that were left while too many events waited: a few bytes can bring very many. */
void intake_go_on(struct session *s);

#endif
