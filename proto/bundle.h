#ifndef BUNDLE_H
#define BUNDLE_H

#include "buffer.h"
#include "keys.h"

#include <stddef.h>
#include <stdint.h>

/*
 * The `keys` object (PROTOCOL.md, "Identity and sealing"): what a client tells its peer, through
 * the relay, so that the peer can seal to it.
 */
struct bundle {
    uint8_t identity[KEYS_LEN];
    uint8_t prekey[KEYS_LEN];
    uint64_t made_ms;
};

/*
 * Puts the object of an identity and its newest prekey, signed for the room, behind what `out`
 * holds. ERROR_NOMEM, ERROR_LIMIT; nothing was added then.
 */
int bundle_put(struct buffer *out, const struct keys_identity *identity,
               const struct keys_prekey *prekey, const char *room_key);

/*
 * Reads a peer's object; members that it does not know are ignored. ERROR_KEY where it is none,
 * where the signature is not the identity's for this room, or where nothing can be sealed to these
 * keys; ERROR_NOMEM; `*bundle` is not changed then. The pin and the order of `made_ms` are the
 * caller's to check.
 */
int bundle_get(struct bundle *bundle, const char *json, size_t len, const char *room_key);

#endif
