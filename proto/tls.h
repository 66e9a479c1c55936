#ifndef TLS_H
#define TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * TLS 1.3 as a machine: bytes from the network in, bytes for it out, the text between. Both sides
 * show a certificate of an Ed25519 key; nothing but that key is looked at, and the caller decides
 * whether it is the right one. No resumption, no tickets, no early data. tls.c and tls_context.c
 * are the only files that know OpenSSL.
 */
enum {
    TLS_KEY_LEN = 32,
    TLS_ALERT = 21,         /* a record's first byte; */
    TLS_HANDSHAKE = 22,     /* a connection's begins with one of the two */
    TLS_INPUT_MAX = 16384,  /* bytes for one call of tls_input */
    TLS_RECORD_MAX = 16320, /* bytes of text in one call of tls_write: one record */
};

/* What all connections of a program share: its key, and the certificate that is made of it. */
struct tls;

/* `seed` is that of the identity (copied). ERROR_NOMEM, ERROR_TLS. */
int tls_new(struct tls **tls, const uint8_t seed[TLS_KEY_LEN]);
void tls_free(struct tls *tls);

/* One connection. It holds little while it is idle, and a bounded amount whatever comes. */
struct tls_session;

/* `tls` is borrowed for the session's life. ERROR_NOMEM. */
int tls_session_new(struct tls_session **s, struct tls *tls, bool accepts);
void tls_session_free(struct tls_session *s);

/*
 * Takes bytes from the network (copied), at most TLS_INPUT_MAX, where tls_read gave 0 after the
 * last ones. ERROR_NOMEM, and the session is of no use then.
 */
int tls_input(struct tls_session *s, const uint8_t *bytes, size_t len);

/*
 * Reads text. Gives how many bytes, at most `len`; 0 where more input is needed; ERROR_CLOSED after
 * the other side's close_notify; ERROR_TLS, ERROR_NOMEM, after everything that came whole. It goes
 * on with the handshake first, and with no more than that where `len` is 0. Even after an error
 * there may be output: an alert for the other side.
 */
int tls_read(struct tls_session *s, void *bytes, size_t len);

/*
 * Writes text as one record, at most TLS_RECORD_MAX bytes of it, when the handshake is done and the
 * output was consumed. Gives how many, 0 where it is not the time; ERROR_TLS, ERROR_NOMEM.
 */
int tls_write(struct tls_session *s, const void *bytes, size_t len);

/* Puts close_notify behind the output, once: no tls_write after it. Errors as tls_write. */
int tls_finish(struct tls_session *s);

/* Bytes for the network, borrowed until the next call; NULL for none. */
const uint8_t *tls_output(const struct tls_session *s, size_t *len);
void tls_consume(struct tls_session *s, size_t len);

/*
 * Whether to call tls_input: not while much output waits, because a flood of what must be answered
 * (key updates) would make it grow for ever.
 */
bool tls_wants_input(const struct tls_session *s);

/* Whether tls_read has something to give, an end or error too, or to look at, without more input.
 */
bool tls_pending(const struct tls_session *s);

/*
 * Whether the handshake is done. For the side that connects that does not mean that its own key
 * was accepted: the first thing that it reads does.
 */
bool tls_is_ready(const struct tls_session *s);

/* Then the other side's public key, TLS_KEY_LEN bytes; NULL before. Borrowed from the session. */
const uint8_t *tls_peer_identity(const struct tls_session *s);

/* What went wrong, as a phrase for a person; NULL where nothing did. A constant. */
const char *tls_why(const struct tls_session *s);

#endif
