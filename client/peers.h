#ifndef PEERS_H
#define PEERS_H

#include "envelope.h"
#include "name.h"
#include "streams.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PEERS_MAX = 1024,   /* remembered in memory, of those that we never wrote to */
    PEERS_WAITING = 16, /* streams of one peer in which something is asked for */
};

/* A message on its way: sent, and neither receipted nor stored. */
struct flight {
    size_t at; /* the stream's index among ours */
    uint64_t n;
    size_t cost;
    uint64_t releases; /* of the peer, when it began */
};

/* The message of ours to send next: number `n` of the `at`-th of our streams. */
struct cursor {
    size_t at;
    uint64_t n;
    bool probe; /* it is the very last one: not sent where the history does not have it */
    bool first; /* what was before it is nowhere any more */
};

/* Who holds or held the other seat. */
struct peer {
    uint32_t id;
    bool saved;       /* it is on disk, or in what the next commit brings there */
    bool trusted;     /* its identity is the pinned one; or, in the open, no other one is pinned */
    struct name nick; /* empty where it is not known: peers_is_known */
    char *identity;   /* "" for none */
    struct envelope envelope;
    struct streams streams;

    /* What we send: outbox.c. */
    struct cursor next;
    bool gone_back;         /* to send something, which was not sent yet */
    struct flight *flights; /* in order */
    size_t flights_count, flights_size;
    uint64_t flying;   /* bytes on their way */
    size_t chunks;     /* of files, without a receipt */
    size_t cancels;    /* likewise */
    uint64_t hold_ms;  /* nothing is sent before; 0: no hold, UINT64_MAX: until the peer appears */
    uint64_t releases; /* how often something came that ends a hold */
    unsigned doubts; /* receipts on this connection that did not open, and for which we went back */

    /* What we get: inbox.c. */
    struct inbound *changed, *changed_last;
    struct inbound *waiting[PEERS_WAITING]; /* oldest first */
    size_t waiting_count;
    bool warned;                    /* on this connection, that something does not open */
    uint64_t order;                 /* of the newest of their streams */
    uint64_t taken_stream, taken_n; /* the last message taken; n 0: none */
    uint64_t shown_stream, shown_n; /* the last one shown */
};

/* Everyone met in this room, in the order in which they were last there. */
struct peers {
    struct peer **items; /* owned */
    size_t count, size;
    uint32_t last_id;
};

void peers_clear(struct peers *p);

/* Adds somebody at the end: an id of 0 is replaced by a new one. ERROR_NOMEM, ERROR_NAME. */
int peers_add(struct peers *p, const struct session_peer_row *row, struct peer **peer);

/*
 * Whether we know who that is. What is written before anybody appears is for a peer without a name,
 * and the first one who appears is that peer.
 */
bool peers_is_known(const struct peer *peer);

/* The envelope learns who the peer is: to be called where nick or identity changed. */
void peers_bind(struct peer *peer);

/* NULL: nobody. */
struct peer *peers_find(const struct peers *p, uint32_t id);

/*
 * Who is behind a nick and an identity: with an identity, the one who has it, whatever the nick, or
 * one with this nick whose identity was not known; without, the one with this nick and none; where
 * nobody is, the one who is not known.
 */
struct peer *peers_match(const struct peers *p, const struct name *nick, const char *identity);

/* The one whom we wrote to before anybody was known; NULL: nobody. */
struct peer *peers_find_unknown(const struct peers *p);

/* The one with exactly this nick and identity; NULL: nobody. */
struct peer *peers_find_same(const struct peers *p, const struct name *nick, const char *identity);

/*
 * Who wrote in a stream: the last one with this nick, but rather one whose stream is known, and
 * before all one who is trusted. Not one with an identity that is not trusted, whose stream is not
 * known: that may be anybody, and will be known when whoever it is appears. NULL: nobody.
 */
struct peer *peers_find_author(const struct peers *p, const struct name *nick, uint64_t stream);

/* The owner of a stream of ours, which is the `at`-th of theirs; NULL where it is not ours. */
struct peer *peers_find_stream(const struct peers *p, uint64_t stream, size_t *at);

/* Puts a peer at the end: it is there now. */
void peers_touch(struct peers *p, struct peer *peer);

/* Forgets somebody of whom nothing is on disk. */
void peers_drop(struct peers *p, struct peer *peer);

/*
 * Forgets those who left nothing to remember, and beyond PEERS_MAX the oldest that we never wrote
 * to; but not those two (NULL: nobody).
 */
void peers_trim(struct peers *p, const struct peer *keep, const struct peer *also);

#endif
