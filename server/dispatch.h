#ifndef DISPATCH_H
#define DISPATCH_H

#include "ready.h"
#include "relay.h"
#include "store.h"
#include "tls.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Carries out what the relay asks for: it joins the relay's clients to their connections, and its
 * rows to the queue on disk. A turn is dispatch_begin; then dispatch_accept and dispatch_ready for
 * what the network brought; then dispatch_finish, after which everything that could be done was
 * done, and everything that had to be on disk is there.
 */
struct dispatch;

/* What a dispatch works with; all borrowed for its life. */
struct dispatch_parts {
    struct relay *relay;
    struct store *store; /* NULL: nothing is kept on disk */
    struct ready *ready;
    struct tls *tls; /* NULL: plaintext */
};

/* ERROR_NOMEM. */
int dispatch_new(struct dispatch **d, const struct dispatch_parts *parts);

/* Closes every connection at once and frees it. NULL is allowed. */
void dispatch_free(struct dispatch *d);

/* Begins a turn: the monotonic clock and the wall clock. */
void dispatch_begin(struct dispatch *d, uint64_t now_ms, uint64_t wall_ms);

/* Takes over an accepted socket. */
void dispatch_accept(struct dispatch *d, int fd);

/* What ready_next said of a connection: it reads once. */
void dispatch_ready(struct dispatch *d, void *owner, short revents);

/* Ends a turn. ERROR_STORE, ERROR_NOMEM: the queue on disk failed; the caller exits with 1. */
int dispatch_finish(struct dispatch *d);

/* When the next turn is due, even if nothing comes: the past where there is more to do now. */
uint64_t dispatch_deadline(const struct dispatch *d);

/* Connections that are open. */
size_t dispatch_count(const struct dispatch *d);

#endif
