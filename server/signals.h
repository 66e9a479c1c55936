#ifndef SIGNALS_H
#define SIGNALS_H

#include <stdbool.h>

/*
 * The signals that a relay knows (SIGTERM, SIGINT, SIGHUP, SIGUSR1), as bytes in a pipe that the
 * loop polls; SIGPIPE is ignored. Once for the process.
 */

/*
 * Installs the handlers; SIGHUP's where it is to be `reload`, or else where it is not ignored (as
 * under nohup). Gives the descriptor to poll for reading, or ERROR_SYSTEM.
 */
int signals_open(bool reload);

/* The next signal that came, or 0. */
int signals_next(void);

#endif
