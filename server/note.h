#ifndef NOTE_H
#define NOTE_H

#include "client.h"

/* Has the edge log `text`, a literal, about a client and its seat (or NULL). */
void note_put(struct relay *r, const struct relay_client *c, int level, const char *text,
              const struct seat *s);

/* The next one for the edge, borrowed until the next call; false for none. */
bool note_next(struct relay *r, struct relay_event *event);

/* Forgets those about a client, or all. */
void note_forget(struct relay *r, const struct relay_client *c);
void note_clear(struct relay *r);

#endif
