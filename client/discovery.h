#ifndef DISCOVERY_H
#define DISCOVERY_H

#include "address.h"
#include "finder.h"

/*
 * Asks the LAN for the relay, over IPv4 and IPv6, on each interface, and hears who answers. Nothing
 * here blocks.
 */
struct discovery;

/* Begins, and asks for the first time. ERROR_SYSTEM (errno), ERROR_NOMEM. */
int discovery_new(struct discovery **d, const struct finder_wish *wish, uint64_t now_ms);

/* Gives up. NULL is allowed. */
void discovery_free(struct discovery *d);

/* What to poll for reading, and when to call discovery_turn even so. */
int discovery_fd(const struct discovery *d);
uint64_t discovery_deadline(const struct discovery *d);

/* Goes on: takes what came, asks again. What has come of it; and who answered, borrowed. */
enum finder_outcome discovery_turn(struct discovery *d, uint64_t now_ms);
const struct finder *discovery_finder(const struct discovery *d);

/* Address number `i` of a relay that answered, to connect to. */
struct address_socket discovery_socket(const struct finder_relay *relay, size_t i);

#endif
