#ifndef SEAT_H
#define SEAT_H

#include "core.h"
#include "name.h"

struct room {
    struct table_node node;
    struct name name;
    struct seat *seats[2];
    uint64_t epoch; /* counts the connections to its seats */
};

struct seat {
    struct table_node node; /* by id */
    struct room *room;
    struct seat *peer;           /* the other one of the room; NULL for none */
    struct relay_client *client; /* NULL: its holder is gone */
    uint64_t id;
    uint64_t sender; /* stands for nick and identity: two seats of one holder have the same */
    struct name nick;
    char *identity; /* NULL for none */
    char *keys;     /* as written, NUL-terminated; NULL for none */
    uint64_t since_wall_ms;
    struct heap_node gone; /* key: when its holder went, on the clock of r->now_ms */
    struct heap *heap;     /* which of the relay's it is in; NULL while connected */

    /* What waits for it. Messages in memory, oldest first: all of them without a receipt. */
    struct link run;
    struct link *cursor; /* the next message to send; `&run` for none */
    uint64_t next_order; /* numbers the messages of `run` */
    uint64_t sent_order; /* those below it were sent on this connection */
    uint32_t sent_cost;  /* of those sent */
    uint32_t run_cost, run_count;
    uint32_t held;            /* cost of what is neither receipted nor on disk */
    uint32_t held_of_peer;    /* the part of it that is from `peer_sender` */
    uint32_t streams_of_peer; /* of `peer_sender`, with messages held */
    uint64_t peer_sender;     /* the other seat's `sender`, or that of its last holder */
    struct link streams_busy, streams_rest;
    struct link streams_stored; /* those with something on disk, by their last message */
    struct link receipts;       /* of streams of its own, while its holder is gone; oldest first */
    uint32_t streams_rest_count, receipts_count;
    bool has_twins; /* two senders used the same number for a stream to it */

    /* On disk, with what the open transaction does. */
    uint64_t disk_count, disk_cost;
    int64_t changed_count, changed_cost; /* the transaction's own part */
    uint32_t saving_count;               /* messages of that transaction, still wanted */
    uint32_t exempt_cost;   /* was on its way when its holder went: no part of the quota */
    uint64_t load_position; /* where the next load begins */
    struct link in_changed;
    struct action row, receipts_gone, load;
    bool load_ended;        /* all that is committed was loaded */
    bool load_later;        /* the disk was full */
    bool loading, load_any; /* a load was pulled; it gave something */
    bool saved;             /* there is a row, or will be */
    bool save_again;        /* the transaction with the row was undone */
};

/* The seat that a nick holds in a room; NULL for none. */
struct room *seat_find_room(struct relay *r, const struct name *name);
struct seat *seat_find(const struct room *room, const struct name *nick);
struct seat *seat_find_id(struct relay *r, uint64_t id);

/* Deletes a seat that is on disk only. ERROR_NOMEM. */
int seat_delete_row(struct relay *r, uint64_t id);

/* What stands for a nick and an identity (NULL for none), in this run of the relay and any other.
 */
uint64_t seat_sender(const struct name *nick, const char *identity);

/* How many messages wait for it. */
uint64_t seat_waiting(const struct seat *s);

/*
 * Makes a seat, without connection, in a room that has place, or in a new one. Takes the names
 * over and copies the identity. NULL: out of memory, and the names are still the caller's.
 */
struct seat *seat_new(struct relay *r, struct name *room, struct name *nick, const char *identity,
                      uint64_t id);

/*
 * Its holder connected, or took over from its own older connection: what waited is on its way, the
 * peer is told.
 */
void seat_come(struct relay *r, struct seat *s, struct relay_client *c);

/* Its connection ended: what is on its way goes to the disk, the peer is told. */
void seat_go(struct relay *r, struct seat *s);

/* Frees a seat that has no connection, with all that waits for it; the peer is told. */
void seat_free(struct relay *r, struct seat *s);

/* Something came to wait for it, or from it, or no longer does: how long it is kept may change. */
void seat_update(struct relay *r, struct seat *s);

/* Tells its peer, where it is connected, about a seat. */
void seat_announce(struct relay *r, struct seat *s, enum header_state state);

/* When the next seat is to be freed; frees those whose time has come. */
uint64_t seat_deadline(const struct relay *r);
void seat_expire(struct relay *r);

/* Saves every seat; frees every seat. Nobody is connected. */
void seat_save_all(struct relay *r);
void seat_free_all(struct relay *r);

/* Frees the oldest of too many for which nothing waits. */
void seat_trim(struct relay *r);

#endif
