#ifndef PREKEYS_H
#define PREKEYS_H

#include <stdint.h>

struct session;

/* Our prekeys: a new one at each start and once a day, on disk before anybody is told of it. */

/* Makes one, and forgets those that are too old. Nothing of it in the open. */
void prekeys_renew(struct session *s);

/* It is on disk: the relay is told. */
void prekeys_committed(struct session *s);

/* When the next one is due. */
uint64_t prekeys_deadline(const struct session *s);
void prekeys_tick(struct session *s);

#endif
