#ifndef ENVELOPE_H
#define ENVELOPE_H

#include "buffer.h"
#include "seal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ENVELOPE_CONTEXTS = 16, /* of a peer's signals, remembered */
};

/* What all envelopes of a session have in common: our side of them. Borrowed, but for the room. */
struct envelope_self {
    const struct keys_identity *identity;
    const struct keys_ring *ring;
    const char *room, *nick; /* keys of names */
    uint8_t *random;         /* for keys_draw */
};

/*
 * How payloads become contents for one peer, and contents payloads again (PROTOCOL.md, "Payload"
 * and "Identity and sealing"): the format byte and what it stands for. A content is made when it is
 * sent, never earlier, since what it is made with may change until then.
 */
struct envelope {
    bool open;                        /* --no-seal: format 0, and the rest is of no use */
    const struct envelope_self *self; /* borrowed */
    const char *nick;                 /* key of the peer's name; borrowed; NULL: not known */
    uint8_t identity[KEYS_LEN];       /* where `nick` is there */
    bool has_prekey;                  /* the newest that was seen: */
    uint8_t prekey[KEYS_LEN];
    uint64_t made_ms;
    struct seal_sender *sender; /* of this connection, to that prekey; NULL: not needed yet */
    struct seal_opener *opener; /* NULL likewise */

    /* Contexts of the signals that came, a ring; and the last sequence in the newest of them. */
    uint8_t contexts[ENVELOPE_CONTEXTS][SEAL_CONTEXT_LEN];
    size_t newest, contexts_count;
    uint64_t sequence;
};

/* Frees what it holds. */
void envelope_clear(struct envelope *e);

/* Says who the peer is: `nick` is borrowed as long as it stands. Also where the nick moved only. */
void envelope_set_peer(struct envelope *e, const char *nick, const uint8_t identity[KEYS_LEN]);

/* Says what to seal to from now on. */
void envelope_set_prekey(struct envelope *e, const uint8_t prekey[KEYS_LEN], uint64_t made_ms);

/* The connection is over, and with it what is made once for each. */
void envelope_reset(struct envelope *e);

/* A payload or a content, borrowed. */
struct envelope_bytes {
    const uint8_t *at;
    size_t len;
};

enum {
    ENVELOPE_OVERHEAD = SEAL_OVERHEAD, /* no format adds more to a payload */
    ENVELOPE_FIRST = 13,               /* what envelope_put_first adds */
};

/* Whether contents can be made for the peer now. */
bool envelope_ready(const struct envelope *e);

/* How long the content of a payload of `len` bytes is. */
size_t envelope_len(const struct envelope *e, size_t len);

/*
 * Puts the content of a payload behind what `out` holds. The envelope is ready. ERROR_LIMIT,
 * ERROR_NOMEM.
 */
int envelope_put(struct envelope *e, const struct seal_place *place, struct envelope_bytes payload,
                 struct buffer *out);

/*
 * Opens a content: `*bytes` becomes its payload, borrowed from the content or from `scratch`, which
 * is emptied first. ERROR_SEAL where it is not this peer's, for this place, in the format agreed
 * on, or a signal from before; ERROR_NOMEM.
 */
int envelope_open(struct envelope *e, const struct seal_place *place, struct envelope_bytes *bytes,
                  struct buffer *scratch);

/* Whether these bytes have the shape of a payload of ours: what comes back from a disk. */
bool envelope_is_payload(struct envelope_bytes payload);

/*
 * Puts a payload of ours (payload.h) with `first` in its header behind what `out` holds: as it was
 * written otherwise, whatever its kind. ERROR_NOMEM; nothing was added then.
 */
int envelope_put_first(struct envelope_bytes payload, struct buffer *out);

#endif
