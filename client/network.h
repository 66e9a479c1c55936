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

#endif
