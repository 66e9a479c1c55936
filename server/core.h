#ifndef CORE_H
#define CORE_H

#include "action.h"
#include "buffer.h"
#include "header.h"
#include "heap.h"
#include "list.h"
#include "pool.h"
#include "relay.h"
#include "table.h"

/*
 * The relay's inside, for its own files. Each of them owns one subject:
 *
 *     relay.c    its life, the clock, the turn: input, tick, events
 *     client.c   a connection: its states, frames in, its end
 *     output.c   a connection: frames out
 *     hello.c    joining
 *     handle.c   what a client that joined may send
 *     seat.c     rooms, seats, presence, how long a seat is kept
 *     stream.c   the streams of which a seat has or awaits messages
 *     queue.c    the run of messages of a seat: taken, sent, forgotten
 *     receipt.c  receipts: carried out, passed on, kept for a sender who is gone
 *     disk.c     what the edge is to save, delete and load
 *     commit.c   what the edge says became of it
 *     note.c     what is for the log
 *     restore.c  what the disk hands over at the start
 */
enum client_list {
    LIST_HELLO,   /* no hello yet; by when they connected */
    LIST_HEARD,   /* joined; by when something last came */
    LIST_PINGED,  /* joined, silent and pinged; by the same */
    LIST_ENDING,  /* joined, ended its sending half; awaits a commit, for what it sent */
    LIST_FLUSH,   /* the end is being written; by when it began */
    LIST_LINGER,  /* input is discarded; by when that began */
    LIST_DROPPED, /* the edge is to close them */
    LISTS,
};

struct relay {
    struct relay_options options;
    char **allowed; /* sorted, owned; NULL for everyone */
    size_t allowed_count;
    uint64_t now_ms, wall_at_ms, wall_ms;
    bool stopping;

    struct link lists[LISTS]; /* of clients */
    uint64_t waits_ms[LISTS]; /* how long they may stay there */
    size_t open_count, closing_count;
    struct link ready; /* clients that have something to tell the edge */

    struct table rooms, seats, streams;
    struct heap idle, kept; /* seats without connection: nothing waits, something does; by going */
    uint64_t next_seat, next_position;
    uint64_t transaction;    /* counts those that ended */
    uint64_t receipts_bytes; /* of those that wait for senders who are gone */
    uint64_t loads_at_ms;    /* when seats that `load_later` do; 0 for none */

    struct link actions; /* for the disk, oldest first */
    struct link saving;  /* messages in SAVE actions or in the open transaction */
    struct link changed; /* seats that the open transaction changes */
    struct link freed;   /* actions: the seats that it deletes */
    struct link undone;  /* those of a transaction that was rolled back, for the next one */

    struct link notes; /* for the log */
    size_t notes_count;
    bool note_pulled; /* the first of them */

    struct pool pool; /* messages and controls */

    struct header_decoder decoder;
    struct header header;  /* of the frame that is being handled */
    struct buffer scratch; /* one frame, or one identity, while it is made */
    uint8_t *output;       /* OUTPUT_SIZE bytes for `output_owner` to write */
    struct relay_client *output_owner;

    struct relay_counters counters;
};

/* The wall clock now. */
uint64_t core_wall_ms(const struct relay *r);

/* What waits for those who are gone: what store_max bounds. */
uint64_t core_waiting_bytes(const struct relay *r);

/* Sets the clock for this call; it never goes back. */
void core_set_now(struct relay *r, uint64_t now_ms);

#endif
