#ifndef CONN_H
#define CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tls;

/*
 * A non-blocking stream socket, with TLS or without: the same calls in both cases. It buffers
 * nothing of its own in plaintext; in TLS a record each way. Every call returns at once, whatever
 * the other side does, and does a bounded amount of work.
 */
struct conn;

/*
 * Takes over connected (or connecting) socket `fd` and makes it non-blocking, close-on-exec,
 * without SIGPIPE, and without Nagle's delay where it is TCP. ERROR_SYSTEM, ERROR_NOMEM; `fd` is
 * closed then.
 */
int conn_new(struct conn **c, int fd);

/*
 * The same with TLS, as the side that accepts or the one that connected; `tls` is borrowed for the
 * connection's life. Nothing is written before the handshake is done; reading does it by the way.
 */
int conn_new_tls(struct conn **c, int fd, struct tls *tls, bool accepts);

/*
 * Goes on with the handshake: 1 when it is done, at once in plaintext; 0 where it waits for
 * conn_events without wishes; or an error of conn_read. A client calls it until 1, then looks at
 * conn_peer_identity before it goes on: only the next call, of whatever, sends its own certificate.
 */
int conn_handshake(struct conn *c);

/*
 * The Ed25519 public key, 32 bytes, of the other side's certificate; NULL before the handshake is
 * done and in plaintext. Borrowed from the connection.
 */
const uint8_t *conn_peer_identity(const struct conn *c);

/* Closes the socket at once. NULL is allowed. */
void conn_free(struct conn *c);

int conn_fd(const struct conn *c);

/*
 * Reads what is there, at most `len` bytes. Gives how many; 0 where nothing is there now;
 * ERROR_CLOSED at the orderly end of the stream, which in TLS is close_notify; ERROR_SYSTEM (errno;
 * a lost connection), ERROR_TLS (conn_why), ERROR_NOMEM; each after all that came whole before it.
 */
int conn_read(struct conn *c, void *bytes, size_t len);

/*
 * Writes what fits, at most `len` bytes. Gives how many, 0 for none now; ERROR_SYSTEM, ERROR_TLS,
 * ERROR_NOMEM. In TLS the bytes of a call go out in as few records as they need, and what the
 * socket did not take of a record goes out before anything else, at the next call of conn_read,
 * conn_write (also of 0 bytes) or conn_finish.
 */
int conn_write(struct conn *c, const void *bytes, size_t len);

/* Ends the sending half, after everything written. More to do where 0; 1 when done; or an error. */
int conn_finish(struct conn *c);

/*
 * The poll(2) events to wait for, to be able to read, to write, or both. In TLS they are those that
 * this takes: a handshake reads first, and a record that is half written is waited for even where
 * nothing was wished for.
 */
short conn_events(const struct conn *c, bool want_read, bool want_write);

/*
 * Whether conn_read may have bytes to give that poll(2) knows nothing of, or tells no more of where
 * it tells of each thing once.
 */
bool conn_pending(const struct conn *c);

/*
 * What is wrong with the other side, as a phrase for a person, or NULL: why there was ERROR_TLS; in
 * plaintext, that the other side speaks TLS, as soon as a byte of it was read. A constant.
 */
const char *conn_why(const struct conn *c);

#endif
