#ifndef TAP_H
#define TAP_H

#include <sys/types.h>

/*
 * A process between clients and a relay that passes on what each says, and writes all of it into a
 * file: what the one who runs the relay can see.
 */
struct tap {
    pid_t pid;         /* 0 where it does not run */
    char address[160]; /* where clients connect */
};

/* Listens on the Unix socket `path` for the relay at `relay` (unix:PATH); records into `file`. */
void tap_start(struct tap *t, const char *path, const char *relay, const char *file);

/* Stops it, if it runs. */
void tap_stop(struct tap *t);

#endif
