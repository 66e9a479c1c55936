#ifndef SEAL_H
#define SEAL_H

#include "buffer.h"
#include "keys.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Sealed content (PROTOCOL.md, "Identity and sealing"), format 1 with its format byte: what only
 * the peer can read, and what only this sender can have written, in this place.
 */
enum {
    SEAL_OVERHEAD = 1 + 8 + 32 + 8 + 16, /* what sealing adds to a payload's bytes */
    SEAL_CONTEXT_LEN = 8 + 32,
};

/* Between whom, and in which room. The keys of names (name.h), and identities. */
struct seal_parties {
    const char *room, *sender, *receiver;
    const uint8_t *sender_identity, *receiver_identity;
};

enum seal_kind {
    SEAL_MESSAGE = 'M',
    SEAL_RECEIPT = 'R',
    SEAL_SIGNAL = 'S',
};

/* The place that a content has: in a signal `stream` and `n` are 0. */
struct seal_place {
    enum seal_kind kind;
    uint64_t stream, n;
};

/* Seals to one prekey, on one connection. */
struct seal_sender;

/*
 * `prekey` is the receiver's, from its verified bundle; `ephemeral` is 32 random bytes that were
 * never used before; the parties' sender is `identity`. Nothing is borrowed. ERROR_KEY where a key
 * is a point of low order, ERROR_NOMEM.
 */
int seal_sender_new(struct seal_sender **sender, const struct keys_identity *identity,
                    const struct seal_parties *parties, const uint8_t prekey[KEYS_LEN],
                    const uint8_t ephemeral[KEYS_LEN]);
void seal_sender_free(struct seal_sender *sender);

/*
 * Puts a payload, sealed, behind what `out` holds. ERROR_LIMIT where it is larger than fits a
 * frame, where `out` is full, or where the sender has no sequence number left; ERROR_NOMEM; then
 * nothing was added.
 */
int seal_put(struct seal_sender *sender, const struct seal_place *place, const uint8_t *payload,
             size_t len, struct buffer *out);

/* Opens what one peer seals to any prekey of a ring. */
struct seal_opener;

/*
 * The parties are as the sender has them: the peer is the sender, and this client the receiver. The
 * ring is borrowed for the opener's life and may change meanwhile. ERROR_KEY where the sender's
 * identity is no good key, ERROR_NOMEM.
 */
int seal_opener_new(struct seal_opener **opener, const struct keys_ring *ring,
                    const struct seal_parties *parties);
void seal_opener_free(struct seal_opener *opener);

/*
 * Opens a content (with its format byte) that came for a place, and puts the payload behind what
 * `out` holds. ERROR_SEAL: it was not written by this peer, for us, here; ERROR_LIMIT where `out`
 * is full, ERROR_NOMEM; then nothing was added. What keeps its context is bounded: contents that
 * do not open cost one agreement each, and harm nothing.
 */
int seal_open(struct seal_opener *opener, const struct seal_place *place, const uint8_t *content,
              size_t len, struct buffer *out);

/*
 * By which context of its sender a content was sealed that opened, SEAL_CONTEXT_LEN bytes borrowed
 * from it, and as the how-manieth there: sequences rise.
 */
const uint8_t *seal_origin(const uint8_t *content, uint64_t *sequence);

#endif
