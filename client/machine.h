#ifndef MACHINE_H
#define MACHINE_H

#include "events.h"
#include "frame.h"
#include "header.h"
#include "keys.h"
#include "payload.h"
#include "peers.h"
#include "pinned.h"
#include "transfer_internal.h"
#include "uplink.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The inside of a session: the state that its parts share, and what each of them needs to do. The
 * parts are uplink (the connection), intake (what the relay says), room (who is there, and whether
 * that is the right one), prekeys (ours), outbox and sender (our messages), inbox (the peer's),
 * transfer (files: transfer_hear, what the peer says of them; transfer_flow, what comes when).
 *
 * A failure (out of memory) poisons the whole session: it is remembered, nothing more comes out,
 * and so the parts need not hand it from one to the other.
 */
enum {
    MACHINE_OUTPUT = 16 << 10, /* messages are put behind no more than this, so that receipts and
                                  pongs go ahead of the rest */
    MACHINE_OUTPUT_MAX = 256 << 10, /* no more is read while this waits to be written */
    MACHINE_EVENTS_MAX = 4096,      /* nor are frames taken while this many events wait, */
    MACHINE_EVENTS_BYTES = 4 << 20, /* or so many bytes in them */
};

/* What was asked of the history. */
struct load {
    bool pending; /* SESSION_LOAD was emitted and is not done */
    bool valid;   /* and its answer is still of use */
    bool given;   /* some message came */
};

struct session {
    int error; /* what poisoned it, or 0 */
    uint64_t now_ms;
    uint64_t wall_at_ms, wall_ms; /* what the wall clock showed, and when */
    uint8_t *random;              /* KEYS_LEN bytes, for keys_draw; memory for secrets */

    struct name nick, room;
    char *agent, *keys; /* `keys` as the relay is told them; NULL where there are none (yet) */
    bool open;
    struct envelope_self self;
    struct keys_ring *ring; /* our prekeys; NULL in the open */
    uint64_t renew_ms;      /* when the next one is due */
    bool unannounced;       /* the newest is not on disk yet, and nobody was told of it */
    struct pinned pins;
    bool returning; /* the disk says that an earlier run was here */

    struct events events;
    bool unsaved; /* something was saved since the last commit */
    uint64_t next_id;

    struct uplink uplink;
    struct frame_reader reader;
    struct header_decoder decoder;
    struct buffer output;
    struct buffer content, scratch; /* for what is being made or opened */

    struct peers peers;
    struct peer *peer;            /* who is in the room, or was last; NULL: nobody yet */
    bool seated;                  /* and holds the other seat now */
    enum header_state peer_state; /* of whoever holds the other seat */
    struct peer *held;            /* who holds the other seat and is not spoken to; NULL: nobody */
    enum session_trust held_as;
    enum session_trust trust_told; /* the last SESSION_TRUST, */
    uint32_t trust_of;             /* and the id of whom that was about; 0: nobody */
    bool away;                     /* told to whoever appears */

    size_t undelivered;
    struct load load;
    struct transfers transfers;
};

/* Remembers a failure; 0 is none. */
void machine_fail(struct session *s, int rc);

/* Emits an event; after the next commit; or one that needs a commit. */
void machine_emit(struct session *s, const struct session_event *event);
void machine_hold(struct session *s, const struct session_event *event);
void machine_save(struct session *s, const struct session_event *event);

void machine_save_peer(struct session *s, struct peer *peer);

/* Makes somebody known. NULL: the session is poisoned. */
struct peer *machine_add_peer(struct session *s, const struct session_peer_row *row);

/* Puts a frame into the output. */
void machine_put(struct session *s, const struct header *h, const struct buffer *content);

/*
 * Puts a frame with a payload for a peer into the output: a receipt or a signal, in which the rest
 * of `h` is filled in.
 */
void machine_put_payload(struct session *s, struct peer *peer, const struct header *h,
                         const struct payload *payload);

/* Whether so many events wait that nothing more is to be taken from the relay. */
bool machine_is_full(const struct session *s);

/* A random number; one from 1 to `limit`. */
uint64_t machine_draw(struct session *s);
uint64_t machine_draw_up_to(struct session *s, uint64_t limit);

/* What the wall clock shows now. */
uint64_t machine_wall(const struct session *s);

/* A sentence for the person. */
void machine_notice(struct session *s, const char *text);

/* Whether the peer can be spoken to now; and is here. */
bool machine_reaches_peer(const struct session *s);
bool machine_sees_peer(const struct session *s);

#endif
