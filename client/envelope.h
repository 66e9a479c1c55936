#ifndef ENVELOPE_H
#define ENVELOPE_H

#include "buffer.h"
#include "seal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How payloads become contents for one peer, and contents payloads again (PROTOCOL.md, "Payload"):
 * the format byte and what it stands for. A content is made when it is sent, never earlier, since
 * what it is made with may change until then.
 */
struct envelope {
    bool open; /* --no-seal: format 0, in the open; without it nothing is ready yet */
};

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

/* Puts the content of a payload behind what `out` holds. ERROR_LIMIT, ERROR_NOMEM. */
int envelope_put(struct envelope *e, const struct seal_place *place, struct envelope_bytes payload,
                 struct buffer *out);

/*
 * Opens a content: `*bytes` becomes its payload, borrowed from the content or from `scratch`, which
 * is emptied first. ERROR_SEAL where it is not this peer's, for this place, in the format agreed
 * on; ERROR_NOMEM.
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
