#ifndef CONN_H
#define CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A non-blocking stream socket, with TLS or without: the same calls in both cases. It buffers
 * nothing of its own in plaintext; in TLS a bounded number of records each way. Every call returns
 * at once, whatever the other side does, and does a bounded amount of work.
 */
struct conn;

/*
 * Takes over connected (or connecting) socket `fd` and makes it non-blocking, close-on-exec,
 * without SIGPIPE, and without Nagle's delay where it is TCP. ERROR_SYSTEM, ERROR_NOMEM; `fd` is
 * closed then.
 */
int conn_new(struct conn **c, int fd);

/* Closes the socket at once. NULL is allowed. */
void conn_free(struct conn *c);

int conn_fd(const struct conn *c);

/*
 * Reads what is there, at most `len` bytes. Gives how many; 0 where nothing is there now;
 * ERROR_CLOSED at the orderly end of the stream; ERROR_SYSTEM (errno; a lost connection),
 * ERROR_TLS.
 */
int conn_read(struct conn *c, void *bytes, size_t len);

/* Writes what fits, at most `len` bytes. Gives how many, 0 for none now; ERROR_SYSTEM, ERROR_TLS.
 */
int conn_write(struct conn *c, const void *bytes, size_t len);

/* Ends the sending half, after everything written. More to do where 0; 1 when done; or an error. */
int conn_finish(struct conn *c);

/* The poll(2) events to wait for, to be able to read, to write, or both. */
short conn_events(const struct conn *c, bool want_read, bool want_write);

/* Whether conn_read has bytes to give that poll(2) knows nothing of. */
bool conn_pending(const struct conn *c);

#endif
