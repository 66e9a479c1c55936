#ifndef FINDER_H
#define FINDER_H

#include "mdns.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Finds the relay on the LAN (PROTOCOL.md, "Finding a relay"): when to ask, and which of those that
 * answered it is. Without sockets: discovery.h asks and hears.
 */
enum {
    FINDER_AGAIN_MS = 200, /* when it asks a second time, for a question may be lost; */
    FINDER_SETTLE_MS =
        300,             /* when a relay that nobody knows yet is taken, if it is the only one; */
    FINDER_END_MS = 500, /* and when it gives up */
    FINDER_RELAYS_MAX = 8,
    FINDER_ADDRESSES_MAX = 8,
    FINDER_KEYS_MAX = 16,
};

struct finder_address {
    bool is_v6;
    struct in_addr v4;
    struct in6_addr v6;
    unsigned interface; /* of a link-local address, else 0 */
};

struct finder_relay {
    char name[MDNS_NAME_SIZE];
    char key[KEYS_FINGERPRINT_SIZE];
    uint16_t port;
    struct finder_address at[FINDER_ADDRESSES_MAX];
    size_t count;
};

/* Which relay is looked for. */
struct finder_wish {
    bool plaintext; /* only those are, or only others */
    bool only;      /* nothing but one with a key that is known */
    char keys[FINDER_KEYS_MAX][KEYS_FINGERPRINT_SIZE]; /* known ones */
    size_t count;
};

enum finder_outcome {
    FINDER_LOOKING,
    FINDER_FOUND,     /* the first of the relays */
    FINDER_NONE,      /* nobody answered */
    FINDER_SEVERAL,   /* who could be it: the person must say which */
    FINDER_STRANGERS, /* answered, and nobody with such a key */
};

struct finder {
    struct finder_wish wish;
    uint64_t began_ms;
    unsigned asked;
    struct finder_relay relays[FINDER_RELAYS_MAX];
    size_t count;
};

/* Adds a key to a wish; where there is no room, it is left out. */
void finder_wish_add(struct finder_wish *wish, const char *key);

void finder_init(struct finder *f, const struct finder_wish *wish, uint64_t now_ms);

/* Whether to ask now; then it counts as done. */
bool finder_asks(struct finder *f, uint64_t now_ms);

/* A relay answered, at an interface (0: not known). */
void finder_input(struct finder *f, const struct mdns_relay *relay, unsigned interface);

/* What has come of it. */
enum finder_outcome finder_outcome(const struct finder *f, uint64_t now_ms);

/* When to ask for either again. */
uint64_t finder_deadline(const struct finder *f);

#endif
