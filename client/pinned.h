#ifndef PINNED_H
#define PINNED_H

#include "keys.h"

#include <stdbool.h>
#include <stddef.h>

/* Which identities the nicks at a relay must have, as the edge said it. */
struct pinned_key {
    char *nick; /* its key; owned */
    char identity[KEYS_TEXT_SIZE];
    bool verified;
};

struct pinned {
    struct pinned_key *keys; /* owned */
    size_t count, size;
};

void pinned_clear(struct pinned *p);

/* The key pinned for a nick; NULL for none. Borrowed until something is pinned. */
struct pinned_key *pinned_find(const struct pinned *p, const char *nick);

/* Pins a key, in the place of another one. `identity` is one. ERROR_NOMEM. */
int pinned_put(struct pinned *p, const char *nick, const char *identity, bool verified);

#endif
