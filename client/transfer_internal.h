#ifndef TRANSFER_INTERNAL_H
#define TRANSFER_INTERNAL_H

#include "payload.h"
#include "transfer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct peer;
struct session_message_row;

/* For the parts of a session only. */

enum {
    TRANSFER_SAVE_EVERY = 4 << 20, /* bytes of a file of theirs */
};

/* A file that is open: offered, or taken. */
struct transfer {
    struct transfer_row row; /* its strings are these: */
    char id[PAYLOAD_ID_MAX + 1], name[PAYLOAD_NAME_MAX + 1], digest[PAYLOAD_DIGEST_LEN + 1];
    char *path; /* owned */

    /* Ours. */
    bool going;    /* the peer said in this run how much of it is there */
    uint64_t turn; /* in which it came to that: first come, first served */
    uint64_t next; /* where the next piece begins */

    /* Theirs. */
    bool ready; /* transfer_take said in this run how much of it is here */
    bool asked; /* for what follows, and that did not come yet; or told the sender to stop */
    bool again; /* it is to be asked for again, once the last `accept` has its receipt: */
    uint64_t accept_stream, accept_n, accept_offset; /* n 0: none in this run */
    uint64_t saved; /* so much of it was said to be safe with the next commit, */
    uint64_t safe;  /* and so much with the last one */
};

struct transfers {
    struct transfer **items; /* owned, oldest offer first */
    size_t count, size;
    uint64_t turns;
    bool reading;              /* SESSION_FILE_READ was emitted, and has no answer yet: */
    struct transfer_piece ask; /* without bytes */
    /* The last that we said of a transfer, chunks left out: its id, and the message. */
    char word_id[PAYLOAD_ID_MAX];
    size_t word_len;
    uint64_t word_stream, word_n;
};

void transfers_clear(struct transfers *t);

/* A payload of the kinds file, accept, cancel or chunk came from a peer; saved as message `id`, but
 * for a chunk. */
void transfer_hear(struct session *s, struct peer *peer, const struct payload *p, uint64_t id);

/* A chunk of ours to this peer has its receipt. */
void transfer_chunk_arrived(struct session *s, const struct peer *peer, const struct payload *p);

/* Everything saved so far is on disk. */
void transfer_committed(struct session *s);

/* A receipt came. */
void transfer_receipted(struct session *s);

/* The peer appeared, or we did: it is told again how much of its files is here. */
void transfer_peer_appeared(struct session *s, const struct peer *peer);

/* The offer that is this message is for somebody else now. */
void transfer_readdress(struct session *s, uint64_t message, const struct peer *to);

/* Asks the edge for what can go next. */
void transfer_pump(struct session *s);

/* What follows is for the files of the transfers only. */

/* Adds a transfer like `row` (copied). NULL: the session is poisoned. */
struct transfer *transfer_add(struct session *s, const struct transfer_row *row);

/* The open one of this message, or of this id on the wire. NULL: none. */
struct transfer *transfer_find(const struct session *s, uint64_t message);
struct transfer *transfer_find_id(const struct session *s, const struct peer *peer, bool mine,
                                  const struct json_string *id);

/* Says a payload about a transfer, to somebody or to whom it is with; `row` becomes the message, as
 * outbox_say. */
void transfer_say_to(struct session *s, struct peer *peer, const struct payload *p,
                     struct session_message_row *row);
void transfer_say(struct session *s, const struct transfer *t, const struct payload *p,
                  struct session_message_row *row);
void transfer_say_cancel(struct session *s, const struct transfer *t, enum payload_why why);

/* Asks for what comes next of one of theirs. */
void transfer_ask(struct session *s, struct transfer *t);

/* Saves it; shows it, after the commit where something is saved. */
void transfer_save(struct session *s, struct transfer *t);
void transfer_show(struct session *s, const struct transfer *t);

/* Sets its state, saves and shows it; after an end it is freed. */
void transfer_set_state(struct session *s, struct transfer *t, enum transfer_state state);

#endif
