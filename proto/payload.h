#ifndef PAYLOAD_H
#define PAYLOAD_H

#include "buffer.h"
#include "json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Payloads: what a content says, for the peer's eyes (PROTOCOL.md, "Payload"). A payload is H
 * (u16), a JSON header of H bytes, then bytes. In content it comes after one format byte, or
 * sealed.
 */
enum {
    PAYLOAD_OPEN = 0,   /* format byte: in the open */
    PAYLOAD_SEALED = 1, /* format byte: sealed */
    PAYLOAD_HEADER_MAX = 65000,
    PAYLOAD_TEXT_MAX = 16384, /* bytes */
    PAYLOAD_CHUNK_MAX = 32768,
    PAYLOAD_ID_MAX = 64,     /* bytes of a file's id, which is not empty */
    PAYLOAD_NAME_MAX = 255,  /* bytes of a file's name */
    PAYLOAD_DIGEST_LEN = 64, /* hex digits */
    PAYLOAD_EMOJI_MAX = 64,  /* bytes */
};

enum payload_kind {
    PAYLOAD_UNKNOWN, /* a kind that this version does not know: it counts, and cannot be shown */
    PAYLOAD_TEXT,
    PAYLOAD_ACTION,
    PAYLOAD_EDIT,
    PAYLOAD_DELETE,
    PAYLOAD_REACT,
    PAYLOAD_READ,
    PAYLOAD_FILE,
    PAYLOAD_ACCEPT,
    PAYLOAD_CANCEL,
    PAYLOAD_CHUNK,
    PAYLOAD_TYPING,
    PAYLOAD_AWAY,
    PAYLOAD_RECEIPT,
    PAYLOAD_KINDS,
};

/* Why a transfer is cancelled. */
enum payload_why {
    PAYLOAD_UNWANTED, /* nothing is said about it */
    PAYLOAD_CHANGED,  /* at its sender it is not what was offered any more */
    PAYLOAD_DAMAGED,  /* what came of it is not what was offered */
    PAYLOAD_LATER,    /* its receiver cannot take it now, and may accept it again */
};

/* Names one message: `mine` where the writer of the payload wrote that message too. */
struct payload_ref {
    bool present, mine;
    uint64_t stream, n;
};

/* Only the fields of its kind mean anything. Strings and bytes are borrowed. */
struct payload {
    enum payload_kind kind;
    struct payload_ref previous; /* message 1 of a stream; `mine` is not used */
    bool first;                  /* the sender has nothing older than this */
    struct json_string text;
    struct payload_ref reply, after;     /* text */
    struct payload_ref target;           /* edit, delete, react (with mine), read */
    struct json_string emoji;            /* react */
    struct json_string id, name, digest; /* file, accept, cancel, chunk */
    uint64_t size, offset;
    enum payload_why why; /* cancel */
    bool active;          /* typing, away */
    const uint8_t *bytes; /* what follows the header: in a chunk, and in unknown kinds */
    size_t bytes_len;
};

/*
 * Decodes a payload (without its format byte). Borrowed from `content` and `scratch`, which is
 * emptied first and has a ceiling of at least PAYLOAD_HEADER_MAX. A kind that is not known is
 * PAYLOAD_UNKNOWN and no error. ERROR_PAYLOAD; then `*p` is of that kind too, and has `previous`
 * and `first` where they could be read. ERROR_NOMEM; then it is of no use.
 */
int payload_decode(const uint8_t *content, size_t len, struct buffer *scratch, struct payload *p);

/*
 * Puts a payload (without a format byte) behind what `out` holds. ERROR_LIMIT where a string is
 * longer than above, the header would be (a text of many escapes) or `out` is full; ERROR_UTF8,
 * ERROR_NOMEM; then nothing was added.
 */
int payload_put(struct buffer *out, const struct payload *p);

/* The kind's word ("text"). */
const char *payload_kind_word(enum payload_kind kind);

#endif
