#ifndef NETWORK_H
#define NETWORK_H

#include <stdbool.h>

/*
 * Tells when this host's network changes: an interface comes or goes, or an address of one
 * (rtnetlink(7)). Then what failed before may work at once.
 */

/* A descriptor to poll for reading; -1 where the system does not tell. The caller closes it. */
int network_open(void);

/* Takes in what came; whether anything changed. */
bool network_changed(int fd);

/*
 * Whether this host still has the address that a connected socket goes out from: without it nothing
 * comes back. True where that cannot be told.
 */
bool network_has_address_of(int connected);

#endif
