#ifndef STREAMS_H
#define STREAMS_H

#include "session.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The numbered streams of messages between us and one peer: ours with the messages that have no
 * receipt, theirs with our place.
 */

/* A message of ours without a receipt. */
struct outgoing {
    uint64_t id, n, wall_ms;
    enum session_mark mark;
    bool unspoken; /* the person wrote nothing with it: it is not missed where it is undelivered */
    bool cancel;   /* it says that a transfer is over */
    size_t head;   /* of a chunk, which has no id: so much of it is not the file's; else 0 */
    size_t len;
    uint8_t payload[];
};

/* A new message with a copy of the payload; NULL: out of memory. */
struct outgoing *outgoing_new(uint64_t id, uint64_t wall_ms, const uint8_t *payload, size_t len);

/* A stream of ours. */
struct outbound {
    uint64_t stream, order;
    uint64_t last;      /* highest n given */
    uint64_t saved;     /* of those, on disk: what may be sent */
    uint64_t sent;      /* highest n that was ever on its way, as far as we know */
    uint64_t receipted; /* the peer has everything up to this one */
    /* Those without a receipt, by n, owned. */
    struct outgoing **items;
    size_t start, count, size;
};

/* Adds a message (taken), by its number. ERROR_NOMEM; it is still the caller's then. */
int outbound_put(struct outbound *o, struct outgoing *message);

/* How many messages come before number `n`. */
size_t outbound_count_before(const struct outbound *o, uint64_t n);

/* The first message of number `n` or above; NULL for none. */
struct outgoing *outbound_find(const struct outbound *o, uint64_t n);

/* The `i`-th of those without a receipt. */
struct outgoing *outbound_get(const struct outbound *o, size_t i);

/* Takes the first message out, where its number is at most `n`; the caller frees it. NULL: none. */
struct outgoing *outbound_take(struct outbound *o, uint64_t n);

/* Frees the messages; it is empty then. */
void outbound_clear(struct outbound *o);

/* A stream of theirs. */
struct inbound {
    uint64_t stream;
    uint64_t order; /* when it was begun, among theirs */
    uint64_t place; /* we have everything up to this one */
    uint64_t saved; /* the place on disk: what is receipted */
    uint64_t came;  /* the last number that came on this connection, taken or not; 0: none */

    /* Where something is missing: asked for, and to be asked for again at `ask_ms`. */
    bool waiting;
    uint64_t ask_ms, ask_wait_ms;
    uint64_t seen;                        /* the last of those that came and could not be taken */
    uint64_t previous_stream, previous_n; /* what message 1 needs; n 0: nothing */
    unsigned unopened;                    /* contents of it in a row that did not open */

    /* What is to be done about it: in the list of its peer while any of these is true. */
    bool unsaved, receipt_due, ask_due;
    bool listed;
    struct inbound *next;
};

/* All streams between us and one peer. */
struct streams {
    struct outbound **ours; /* by order, owned */
    size_t ours_count, ours_size;
    struct inbound **theirs; /* by stream, owned */
    size_t theirs_count, theirs_size;
    bool has_current; /* the last of ours was begun in this run */
};

void streams_clear(struct streams *s);

/* Adds a stream of ours, by its order. NULL: out of memory. */
struct outbound *streams_add_ours(struct streams *s, uint64_t stream, uint64_t order);

/* The stream of ours and its index, NULL where it is not ours. */
struct outbound *streams_find_ours(const struct streams *s, uint64_t stream, size_t *at);

/* The newest stream of ours; NULL for none. */
struct outbound *streams_newest(const struct streams *s);

/* A stream of theirs; NULL where nothing is known of it. */
struct inbound *streams_find_theirs(const struct streams *s, uint64_t stream);

/* Adds a stream of theirs that is not there. NULL: out of memory. */
struct inbound *streams_add_theirs(struct streams *s, uint64_t stream);

/* Forgets and frees a stream of theirs. */
void streams_drop_theirs(struct streams *s, struct inbound *in);

#endif
