#ifndef RELAY_H
#define RELAY_H

#include "header.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The relay: rooms, seats, delivery, receipts and flow control (proto/PROTOCOL.md), without a
 * socket, a disk or a clock. The edge brings bytes and time, carries out the events that it pulls,
 * and says what became of them.
 *
 * Durability is an order of events. The relay emits RELAY_SAVE_… and RELAY_DELETE_…; the edge does
 * them in that order in one transaction, commits it once a turn, and says relay_committed: only
 * then do the frames come that tell senders `stored`. After a commit that failed the relay is of no
 * use: the edge ends every connection and exits. A transaction that surely did not happen (a full
 * disk, found before the commit) is relay_rolled_back: the relay tells the senders `internal`, and
 * that deletions did not happen either does no harm.
 *
 * A turn of the edge: for each readable connection relay_input; relay_tick where the deadline
 * passed; then relay_next until 0; commit where something was saved, relay_committed, relay_next
 * until 0; then relay_output for each connection that wants to write.
 *
 * That loop goes round again while something was saved after the commit.
 *
 * Out of memory, the relay stays whole and itself asks to drop the connection that lacked it
 * (RELAY_DROP). A call gives ERROR_NOMEM where that is the one that the call was about; there is
 * nothing else for the edge to do about it.
 */
enum {
    RELAY_WINDOW = 1 << 20,        /* bytes sent ahead of the receipts, to one client */
    RELAY_SENDER_MAX = 2 << 20,    /* bytes held of one sender, neither receipted nor on disk */
    RELAY_MESSAGE_COST = 128,      /* counted for each message beside its content */
    RELAY_SEAT_COST = 2048,        /* the same for a seat kept for what waits, in store_max */
    RELAY_CONTROL_MAX = 256 << 10, /* bytes waiting for a client besides messages */
    RELAY_RUN_MAX = 4 << 20,       /* the same for one receiver, of whomever: beyond it, `quota` */
    RELAY_STREAMS_KEPT = 16,       /* streams of which the last receipt, and `stored`, are kept */
    RELAY_STREAMS_EXPECTED = 256,  /* streams of which the awaited message is remembered */
    RELAY_SEATS_IDLE_MAX = 4096,   /* seats without connection and with nothing waiting */
    RELAY_CLOSING_MAX = 256,       /* connections that end, above clients_max; the oldest goes */
    RELAY_LINGER_MS = 1000,        /* discarding input after a fatal error */
    RELAY_FLUSH_MS = 5000,         /* waiting for a client to read the end */
    RELAY_FULL_MS = 5000,          /* after a full disk, until its messages are sent again */
};

struct relay_options {
    uint64_t hello_timeout_ms, ping_interval_ms, seat_ttl_ms, queue_ttl_ms;
    uint64_t queue_max, store_max; /* bytes: content + RELAY_MESSAGE_COST each; the second bounds
                                      what is in memory, too, but for one message to each who is
                                      there */
    size_t clients_max;
    bool durable; /* false: nothing is saved, messages for an absent peer are refused (`quota`) */
    bool proven;  /* TLS: every hello must carry the identity given to relay_prove */
    const char *agent;    /* borrowed for the relay's life */
    uint64_t hash_key[2]; /* random: who cannot guess it cannot make names collide */
};

struct relay;
struct relay_client; /* one connection */

int relay_new(struct relay **r, const struct relay_options *options);

/* Frees the relay and all its clients. NULL is allowed. */
void relay_free(struct relay *r);

/*
 * Says what the wall clock shows at `now_ms`, in milliseconds since the Unix epoch. The wall clock
 * stamps messages and presences and ages seats over restarts; everything else runs on `now_ms`,
 * which is monotonic and the same for all calls of a turn.
 */
void relay_set_wall(struct relay *r, uint64_t now_ms, uint64_t wall_ms);

/*
 * The identities (keys as in `keys.identity`) that may join, copied; NULL for everyone. Those that
 * are connected and not on a new list are told `not-allowed`.
 */
int relay_set_allowed(struct relay *r, const char *const *identities, size_t count);

/*
 * A connection was accepted; `owner` is handed back in its events. Where there are too many, the
 * one that goes (perhaps this one) is told `server-full`.
 */
int relay_open(struct relay *r, void *owner, uint64_t now_ms, struct relay_client **c);

/* TLS proved that the client holds this identity key (as in `keys.identity`, copied). */
int relay_prove(struct relay *r, struct relay_client *c, const char *identity);

/*
 * The connection is gone (lost, or dropped as RELAY_DROP asked); `c` is freed, and no event that is
 * still to come names it.
 */
void relay_close(struct relay *r, struct relay_client *c, uint64_t now_ms);

/* Bytes arrived; borrowed for the call. What the peer did wrong is answered by the relay: not an
 * error. */
int relay_input(struct relay *r, struct relay_client *c, const uint8_t *bytes, size_t len,
                uint64_t now_ms);

/* The client ended its sending half in good order. */
void relay_end(struct relay *r, struct relay_client *c, uint64_t now_ms);

/* After RELAY_FINISH: our sending half is ended, and nothing written for it is left here. */
void relay_finished(struct relay *r, struct relay_client *c, uint64_t now_ms);

/*
 * Bytes to write to a client, `*len` of them, NULL for none; borrowed until the next call with the
 * relay. relay_consume says how many of them were written.
 */
const uint8_t *relay_output(struct relay *r, struct relay_client *c, size_t *len);
void relay_consume(struct relay *r, struct relay_client *c, size_t len, uint64_t now_ms);

/*
 * What to poll a client's connection for. Changes are announced by RELAY_WANT, but for those that
 * relay_consume makes: look after it.
 */
bool relay_wants_input(const struct relay_client *c);
bool relay_wants_output(const struct relay_client *c);

/* Whether it is being ended: what waits to be written is the last. */
bool relay_is_ending(const struct relay_client *c);

/* A seat's place on disk. Ids are not used again while the relay runs. */
struct relay_seat_row {
    uint64_t id;
    const char *room, *nick; /* as shown; NUL-terminated */
    const char *identity;    /* NULL for none */
    struct json_string keys; /* as written; `at` NULL for none */
    uint64_t gone_wall_ms;   /* when its holder went; 0 while connected */
};

/* A message in the queue of seat `seat`. Positions order the messages of all seats. */
struct relay_message_row {
    uint64_t seat, position;
    uint64_t sender; /* stands for the nick and the identity it came from, for ever */
    uint64_t stream, n;
    uint64_t cost;        /* content + RELAY_MESSAGE_COST */
    const uint8_t *frame; /* encoded as the peer gets it */
    size_t frame_len;
};

/* The last receipt of a stream that waits for seat `seat`, which sent that stream. */
struct relay_receipt_row {
    uint64_t seat;
    uint64_t stream;
    uint64_t position; /* order among receipts; a new one for the same stream replaces the old */
    const uint8_t *frame;
    size_t frame_len;
};

enum relay_event_type {
    RELAY_WANT,   /* relay_wants_input or relay_wants_output changed */
    RELAY_FINISH, /* everything is written: end the sending half, then relay_finished */
    RELAY_DROP,   /* close the connection, then relay_close */

    RELAY_SAVE_SEAT,   /* insert or replace */
    RELAY_DELETE_SEAT, /* with its messages and receipts: `seat` */
    RELAY_SAVE_MESSAGE,
    RELAY_DELETE_MESSAGES, /* of `seat` and `stream`, up to `n`; then relay_deleted at once */
    RELAY_SAVE_RECEIPT,
    RELAY_DELETE_RECEIPTS, /* all of `seat` */
    RELAY_LOAD, /* messages of `seat` from `position` on, in order: at once relay_loaded for each,
                   then relay_load_done; stop after `bytes` of cost, but give at least one */

    RELAY_LOG, /* `text` for the log; sanitise what it quotes: `about` */
};

struct relay_event {
    enum relay_event_type type;
    void *owner; /* of the client that WANT, FINISH, DROP, LOG are about; NULL for none */
    union {
        struct relay_seat_row seat_row;
        struct relay_message_row message_row;
        struct relay_receipt_row receipt_row;
        struct {
            uint64_t seat, stream, n, position, bytes;
        };
        struct {
            int level; /* as enum log_level */
            const char *text;
            struct json_string about; /* from outside: not sanitised; `at` NULL for none */
        };
    };
};

/* 1 and the next event, borrowed until the next call with the relay; 0 for none. */
int relay_next(struct relay *r, struct relay_event *event);

/* What the edge did. */
void relay_committed(struct relay *r, uint64_t now_ms);
void relay_rolled_back(struct relay *r, uint64_t now_ms);
/* RELAY_DELETE_MESSAGES removed `count` messages of seat `seat`, of this cost in all. */
void relay_deleted(struct relay *r, uint64_t seat, uint64_t count, uint64_t cost);
/* ERROR_NOMEM: the rest need not be loaded, nor relay_load_done be called. */
int relay_loaded(struct relay *r, const struct relay_message_row *row);
void relay_load_done(struct relay *r, uint64_t seat, uint64_t now_ms);

/*
 * Before the first connection, and after relay_set_wall, the edge hands over what the disk holds:
 * all seats, the newest id first, then totals, then for each stream of each seat what waits (of the
 * newest RELAY_STREAMS_EXPECTED streams by last message, oldest of them first), then receipts by
 * position. Messages themselves stay on disk until RELAY_LOAD. ERROR_NOMEM; ERROR_STATE for a row
 * that no relay can have saved: the store is damaged.
 */
struct relay_stream_row {
    uint64_t seat, sender, stream;
    uint64_t first, n; /* the last run without a hole */
};
struct relay_queue_row {
    uint64_t seat;
    uint64_t count, cost; /* of all its messages */
};
int relay_restore_seat(struct relay *r, const struct relay_seat_row *row);
int relay_restore_queue(struct relay *r, const struct relay_queue_row *row);
int relay_restore_stream(struct relay *r, const struct relay_stream_row *row);
int relay_restore_receipt(struct relay *r, const struct relay_receipt_row *row);
/* The next seat id and position to give; above every one on disk. */
void relay_restore_counters(struct relay *r, uint64_t seat, uint64_t position);

/* When relay_tick has something to do; UINT64_MAX for never. */
uint64_t relay_deadline(const struct relay *r);
void relay_tick(struct relay *r, uint64_t now_ms);

/* Stops: tells everyone `shutting-down`, saves every seat. Done when every client was closed. */
void relay_stop(struct relay *r, uint64_t now_ms);

struct relay_counters {
    uint64_t connections, joins, refusals; /* since the start */
    uint64_t messages, bytes, receipts, signals, stored, repeats, quota;
    uint64_t clients, seats, held_bytes, queued_bytes; /* now */
};
void relay_get_counters(const struct relay *r, struct relay_counters *counters);

#endif
