#ifndef SESSION_H
#define SESSION_H

#include "header.h"
#include "keys.h"
#include "payload.h"
#include "transfer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A client's side of the conversation in one room of one relay: connecting and coming back, the
 * sender's and the receiver's rules of PROTOCOL.md, and the marks. Without a socket, a disk or a
 * clock: the edge brings bytes, a person's intents and time, carries out the events that it pulls,
 * and says what became of them.
 *
 * Durability is an order of events. The session emits SESSION_SAVE_…; the edge does them in that
 * order in one transaction, commits it once a turn, and says session_committed. A message of ours
 * is not sent, and one of theirs neither shown nor receipted, before. Where a commit fails, nothing
 * of it is to be shown or sent: the edge stops with a sentence, and the next start begins from the
 * disk.
 *
 * A turn of the edge: session_input / session_tick / intents; session_next until 0; while something
 * was saved: commit, session_committed, session_next until 0; then session_output. Where
 * session_deadline is 0 then, the next turn is due at once.
 *
 * ERROR_NOMEM, from whichever call, poisons the session: it says and shows nothing more, and what
 * is on disk is whole. The edge stops with a sentence.
 */
enum {
    SESSION_WINDOW = 1 << 20,       /* bytes on the way to the peer */
    SESSION_MESSAGE_COST = 128,     /* counted for each beside its content */
    SESSION_BACKOFF_MIN_MS = 1000,  /* first and largest wait before connecting again; */
    SESSION_BACKOFF_MAX_MS = 30000, /* full jitter below it */
    SESSION_TAKEN_MS = 90000,       /* how long nick-taken may be our own old connection */
    SESSION_QUOTA_MS = 30000,
    SESSION_RESEND_MS = 10000, /* then doubled each time */
    SESSION_PING_MS = 30000,   /* silence after which we ping; lost after 2.5 of it */
    SESSION_JOIN_MS = 15000,   /* from connecting to welcome */
    SESSION_LEAVE_MS = 5000,   /* from the person's wish to leave to the end */
};

struct session_options {
    const char *nick, *room; /* valid names; copied */
    const char *agent;       /* copied */
    const char *keys;        /* with `open`: the `keys` object for hello, or NULL; copied */
    bool open;               /* --no-seal: payloads go in the open, format 0 */
    const struct keys_identity *identity; /* without `open`: ours; borrowed */
    uint8_t seed[KEYS_LEN]; /* from the system's randomness: whatever is drawn comes of it */
};

enum session_state {
    SESSION_OFFLINE,    /* not connected; tries again at retry_ms */
    SESSION_CONNECTING, /* SESSION_CONNECT was emitted */
    SESSION_JOINING,    /* connected, hello sent */
    SESSION_ONLINE,     /* welcome */
    SESSION_LEAVING,    /* bye sent, waiting for the relay to close */
    SESSION_STOPPED,    /* it will not connect again by itself */
};

/* What is known of a message of ours; each claims no more than that. */
enum session_mark {
    SESSION_WAITING,   /* only here */
    SESSION_STORED,    /* on the relay's disk */
    SESSION_DELIVERED, /* on the peer's machine */
    SESSION_SEEN,      /* the peer said `read` */
};

struct session;

int session_new(struct session **s, const struct session_options *options);
void session_free(struct session *s);

/*
 * What the wall clock shows at `now_ms`, in ms since the epoch: the time shown with messages, and
 * the age of prekeys. Before session_start too.
 */
void session_set_wall(struct session *s, uint64_t now_ms, uint64_t wall_ms);

/* A peer of this room, past or present: a nick and the identity key behind it. */
struct session_peer_row {
    uint32_t id;          /* ours, 1, 2, 3 … */
    const char *nick;     /* as last shown; "" for whoever appears first: see session_send */
    const char *identity; /* as in keys.identity; "" for none */
    bool has_prekey;      /* the newest that was seen: */
    uint8_t prekey[KEYS_LEN];
    uint64_t made_ms;
};

/* A prekey of ours. Its secret is nobody else's: keep it as such, and wipe it. */
struct session_prekey_row {
    const uint8_t *secret; /* KEYS_LEN bytes */
    uint64_t made_ms;
};

/* Which identity a nick must have at this relay. */
struct session_pin_row {
    const char *nick;     /* its key (name.h) */
    const char *identity; /* as in keys.identity */
    bool verified;        /* the person compared the safety number */
};

/*
 * One message, ours or theirs. `id` orders all messages of this room as they were written and
 * taken, and is never used again.
 */
struct session_message_row {
    uint64_t id;
    uint32_t peer;
    bool mine;
    uint64_t stream, n;
    uint64_t wall_ms;
    enum session_mark mark;
    const uint8_t *payload; /* without its format byte */
    size_t payload_len;
};

/* A stream's numbers: of ours the last one given and the last one receipted, of theirs our place.
 */
struct session_stream_row {
    uint32_t peer;
    bool mine;
    uint64_t stream;
    uint64_t order;     /* of ours: streams to a peer in the order they were begun, 1, 2, 3 … */
    uint64_t last;      /* of ours: highest n given; of theirs: our place */
    uint64_t receipted; /* of ours */
};

/*
 * Before session_start the edge hands over what the disk holds: prekeys as they were made, peers,
 * then streams, then every message of ours without a receipt, oldest first, and those of
 * SESSION_SAVE_CHUNK, then files (transfer.h) and the next id. The peer spoken with last comes
 * last. ERROR_STORE where a row does not fit those before it, ERROR_NOMEM.
 */
int session_restore_prekey(struct session *s, const struct session_prekey_row *row);
int session_restore_peer(struct session *s, const struct session_peer_row *row);
int session_restore_stream(struct session *s, const struct session_stream_row *row);
int session_restore_message(struct session *s, const struct session_message_row *row);
void session_restore_counter(struct session *s, uint64_t next_id);

/*
 * At the start and at each SESSION_CONNECT, before it is carried out, the edge says anew which keys
 * are pinned: the person may have changed them. ERROR_NOMEM.
 */
void session_forget_pins(struct session *s);
int session_restore_pin(struct session *s, const struct session_pin_row *row);

/*
 * Begins: the first SESSION_CONNECT follows, where there are prekeys after the commit of a new one.
 */
int session_start(struct session *s, uint64_t now_ms);

/* The connection that SESSION_CONNECT asked for is there. */
int session_connected(struct session *s, uint64_t now_ms);

/*
 * There is no connection (any more): connecting failed, or it was lost, or the stream ended. `why`
 * is a phrase for the person ("refused by den:12121"), sanitised, copied.
 */
int session_lost(struct session *s, const char *why, uint64_t now_ms);

/* The same, and it is no use to try again by itself: only session_retry does. */
int session_stop(struct session *s, const char *why, uint64_t now_ms);

/* Tries at once where it waits to connect again, or was stopped by others than the person. */
void session_retry(struct session *s, uint64_t now_ms);

/* Bytes from the relay. What the relay did wrong ends the connection by events: no error.
 * ERROR_NOMEM. */
int session_input(struct session *s, const uint8_t *bytes, size_t len, uint64_t now_ms);

/*
 * Bytes for the relay, borrowed until the next call; NULL for none. What goes out is decided here,
 * as late as can be: events may come of it (session_deadline is 0 then).
 */
const uint8_t *session_output(struct session *s, size_t *len);
void session_consume(struct session *s, size_t len, uint64_t now_ms);

/* Whether to read: not while unsaved or unshown messages wait in large number. */
bool session_wants_input(const struct session *s);

/*
 * The person says something (text, action, edit, …): it gets its id and number, is saved, then
 * sent; before anybody ever appeared it is for whoever comes first. previous, first and after are
 * the session's to fill in. ERROR_PAYLOAD where it is too large or not UTF-8; ERROR_STATE for a
 * signal kind, or one of a file.
 */
int session_send(struct session *s, const struct payload *p, uint64_t now_ms, uint64_t *id);

/* Sends a signal (typing, away) where the peer is here; otherwise does nothing. */
int session_signal(struct session *s, const struct payload *p, uint64_t now_ms);

/*
 * The person accepts the key of whoever holds the other seat instead of the pinned one
 * (SESSION_HELD): what was not delivered yet to the one before is for them now. ERROR_STATE where
 * there is nothing to accept.
 */
int session_accept(struct session *s, uint64_t now_ms);

/* The person compared the safety number of the peer. ERROR_STATE where that is not SESSION_SEALED
 * or _VERIFIED. */
int session_verify(struct session *s, uint64_t now_ms);

/*
 * Ends: bye once what is on its way is written, or just so where there is no connection; `leave`
 * gives the seat up. Then SESSION_STOPPED.
 */
int session_quit(struct session *s, bool leave, uint64_t now_ms);

/* The transaction of every SESSION_SAVE_… so far is on disk; session_next gave 0 before. */
int session_committed(struct session *s, uint64_t now_ms);

/*
 * Answers SESSION_LOAD: messages of ours of that stream, those of SESSION_SAVE_CHUNK among them, in
 * order from the asked one on, then session_load_done. session_loaded gives 1 when no more of them
 * are wanted now, otherwise 0; ERROR_STORE where that is no message of ours. A message that the
 * history has no more is left out; the session says so to the peer (`first`).
 */
int session_loaded(struct session *s, const struct session_message_row *row);
int session_load_done(struct session *s, uint64_t now_ms);

enum session_event_type {
    SESSION_CONNECT,    /* connect, then session_connected or session_lost */
    SESSION_DISCONNECT, /* close the connection, without session_lost */

    SESSION_SAVE_PEER,
    SESSION_SAVE_STREAM,
    SESSION_SAVE_MESSAGE, /* insert, or replace the one with this id */
    SESSION_SAVE_CHUNK,   /* insert: a message without an id, which nobody sees; of ours only */
    SESSION_SAVE_MARK,    /* of message `id`: `mark` */
    SESSION_SAVE_SEEN,    /* see SESSION_SEEN_UP_TO */
    SESSION_SAVE_FILE,    /* insert, or replace the one of this message. Of theirs, what was written
                             is to be safe before the commit */
    SESSION_SAVE_PREKEY,  /* the secret is borrowed until the next call */
    SESSION_DROP_PREKEYS, /* made before `made_ms`: erase them */
    SESSION_SAVE_PIN,     /* at once, and safely; not in the transaction */
    SESSION_LOAD,         /* see session_loaded: in `load`, from that message on */

    SESSION_STATUS,     /* the state changed */
    SESSION_PRESENCE,   /* the peer's */
    SESSION_TRUST,      /* session_get_trust changed */
    SESSION_MESSAGE,    /* show it: one of ours when it is on disk, or one of theirs */
    SESSION_MARK,       /* show it: `id`, `mark`, `stream`, `n` */
    SESSION_SEEN_UP_TO, /* `load`: our messages to that peer up to this one (in the order of their
                           ids) that are SESSION_DELIVERED, are SESSION_SEEN */
    SESSION_FILE,       /* show it: the state of a file changed, or more of it came or arrived */
    SESSION_FILE_READ,  /* `piece`: of one of ours, see transfer_give */
    SESSION_FILE_WRITE, /* `piece`: of one of theirs, see transfer_fail */
    SESSION_FILE_CHECK, /* `id`: all of it is written, see transfer_check */
    SESSION_SIGNAL,     /* typing, away */
    SESSION_REFUSED,    /* message `id` was not taken, for now: `code`, `text` */
    SESSION_MISSING,    /* the peer cannot send what came before message `id`, which is next */
    SESSION_NOTICE,     /* `text` for the person; sanitised */
};

struct session_event {
    enum session_event_type type;
    union {
        struct session_peer_row peer_row;
        struct session_stream_row stream_row;
        struct session_prekey_row prekey_row;
        struct {
            struct session_pin_row pin_row;
            bool replace; /* in the place of another key; else that is a reason to disconnect */
        };
        uint64_t made_ms;
        struct session_message_row message_row; /* SAVE_MESSAGE, SAVE_CHUNK, MESSAGE */
        struct transfer_row file_row;           /* SAVE_FILE, FILE */
        struct transfer_piece piece;
        struct {
            uint64_t id;
            enum session_mark mark;
            uint64_t stream, n; /* only in SESSION_MARK: the message's */
        };
        struct {
            uint32_t peer;
            uint64_t stream, n;
        } load;
        struct {
            enum session_state state;
            enum header_code code; /* of the relay's error that led here; CODE_UNKNOWN for none */
            const char *why;       /* a phrase for the person, or NULL */
            uint64_t retry_ms;     /* SESSION_OFFLINE: on the clock of now_ms */
        } status;
        struct {
            const char *nick;
            enum header_state state;
            uint64_t wall_ms; /* when that began */
            bool known;       /* false: nobody else is in the room */
        } presence;
        struct {
            enum payload_kind kind;
            bool active;
        } signal;
        struct {
            uint64_t id;
            enum header_code code;
        } refused;
        const char *text;
    };
};

/* 1 and the next event, borrowed until the next call with the session; 0 for none; ERROR_NOMEM. */
int session_next(struct session *s, struct session_event *event);

/* When session_tick has something to do; 0 where events wait, UINT64_MAX for never. */
uint64_t session_deadline(const struct session *s);
int session_tick(struct session *s, uint64_t now_ms);

enum session_state session_get_state(const struct session *s);

/* How private it is to speak with the peer. In the last three nothing is sent. */
enum session_trust {
    SESSION_NOBODY,   /* nobody to judge yet */
    SESSION_OPEN,     /* --no-seal: whoever runs the relay can read it */
    SESSION_SEALED,   /* to the identity that was seen first */
    SESSION_VERIFIED, /* and the person compared it */
    SESSION_HELD,     /* whoever is here now has another identity */
    SESSION_MISMATCH, /* one side seals, and the other does not */
    SESSION_BROKEN,   /* the keys that the relay shows are not right */
};
enum session_trust session_get_trust(const struct session *s);

/*
 * The identity that this is about, as in keys.identity; "" for none, NULL for nobody. Borrowed
 * until the next call.
 */
const char *session_peer_identity(const struct session *s);

/*
 * How many messages of ours are neither receipted nor `stored`, those for no peer yet included; but
 * not those of kind `read`, which nobody wrote.
 */
size_t session_undelivered(const struct session *s);

/* The last round trip of a ping, in ms; UINT64_MAX where none was measured on this connection. */
uint64_t session_round_trip_ms(const struct session *s);

/*
 * The nick of whoever holds the other seat, else of the peer spoken with last; NULL for none.
 * Borrowed until the next call.
 */
const char *session_peer_nick(const struct session *s);

/* The id of that peer; 0 for none. */
uint32_t session_peer_id(const struct session *s);

/* The nick of any peer of this room by its id; NULL where that is not known. Borrowed likewise. */
const char *session_nick(const struct session *s, uint32_t peer);

#endif
