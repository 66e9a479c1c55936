#ifndef HEADER_H
#define HEADER_H

#include "buffer.h"
#include "frame.h"
#include "json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Headers: JSON to a typed struct and back (PROTOCOL.md, "Headers" and "Errors"). Which fields a
 * type has, and of what form, is one constant table for both ways.
 */
enum {
    PROTOCOL_VERSION = 1,
    HEADER_AGENT_POINTS = 64, /* code points in `agent` */
    HEADER_KEYS_MAX = 1024,   /* bytes of `keys` as written */
    HEADER_RECEIPT_CONTENT_MAX = 1024,
    HEADER_STORED_MAX = 16, /* entries of `stored` in `peer` and `presence` */
};

enum header_type {
    HEADER_UNKNOWN, /* a type that PROTOCOL.md does not have, or not in this direction */
    HEADER_HELLO,
    HEADER_KEYS,
    HEADER_WELCOME,
    HEADER_PRESENCE,
    HEADER_MESSAGE,
    HEADER_RECEIPT,
    HEADER_STORED,
    HEADER_SIGNAL,
    HEADER_PING,
    HEADER_PONG,
    HEADER_BYE,
    HEADER_ERROR,
    HEADER_TYPES,
};

enum header_state {
    HEADER_ONLINE,
    HEADER_OFFLINE,
    HEADER_LEFT,
};

/* The codes of `error`, in the order of PROTOCOL.md's table. */
enum header_code {
    CODE_UNKNOWN, /* one that this version does not know */
    CODE_BAD_FRAME,
    CODE_BAD_HEADER,
    CODE_BAD_STATE,
    CODE_UNKNOWN_TYPE,
    CODE_UNSUPPORTED_VERSION,
    CODE_BAD_NICK,
    CODE_BAD_ROOM,
    CODE_BAD_IDENTITY,
    CODE_NOT_ALLOWED,
    CODE_NICK_TAKEN,
    CODE_ROOM_FULL,
    CODE_REPLACED,
    CODE_SERVER_FULL,
    CODE_NO_SUCH_PEER,
    CODE_QUOTA,
    CODE_WINDOW,
    CODE_TIMEOUT,
    CODE_SHUTTING_DOWN,
    CODE_INTERNAL,
    CODES,
};

/* A run of messages without a hole: `first` to `n` of `stream`. */
struct header_run {
    uint64_t stream, first, n;
};

/*
 * One header. Only the fields of its type mean anything. Strings are borrowed: when decoded, from
 * the frame and the decoder; when encoding, from whoever filled them in. An absent optional string
 * has `at` NULL; an empty one has not.
 */
struct header {
    enum header_type type;
    struct json_string nick, room, agent; /* hello, welcome; nick in presence */
    struct json_string peer;              /* `to` or `from`, by the direction */
    struct json_string keys;              /* the object as written */
    uint64_t version;
    uint64_t stream, first, n;  /* message, receipt, stored; error where has_message */
    struct json_string numbers; /* message, receipt: these as they came (below); mostly NULL */
    uint64_t time, waiting;
    uint64_t id; /* ping, pong, where has_id */
    bool has_id;
    bool is_first; /* message to the relay: nothing older of its stream is to come (`first`) */
    bool resend;   /* receipt */
    bool leave;    /* bye */
    enum header_state state;
    bool has_peer; /* welcome: `peer` is not null; its fields are `stored` and the four below */
    struct json_string peer_nick, peer_keys;
    enum header_state peer_state;
    uint64_t peer_time;
    enum header_code code; /* error */
    struct json_string text;
    bool fatal;
    bool has_message;                            /* error: about message `n` of `stream` */
    size_t stored_count;                         /* presence; welcome's `peer` */
    struct header_run stored[HEADER_STORED_MAX]; /* only the first `stored_count` mean anything */
};

/* Who wrote the header: it decides which types are known, and between `to` and `from`. */
enum header_side {
    HEADER_FROM_CLIENT,
    HEADER_FROM_RELAY,
};

/* Holds what a decoded header had in escapes. Reused from frame to frame. */
struct header_decoder {
    struct buffer scratch;
    /* Of the last header, also where it was refused; HEADER_UNKNOWN at first. */
    enum header_type type;
    /* Of a message or receipt its `stream` and `n` as written, with the marks around them; NULL
       where they were written unusually. Who passes both on puts this into the new header, so that
       they need not be written anew. Borrowed from the frame. */
    struct json_string numbers;
};

void header_decoder_init(struct header_decoder *d);
void header_decoder_clear(struct header_decoder *d);

/*
 * Decodes the header of a frame; `*h` is borrowed from the frame and from `d`, until the next call
 * with either. Gives 0; or ERROR_HEADER (`bad-header`), ERROR_FRAME (`bad-frame`: content where
 * none belongs, or too much of it), ERROR_NOMEM. `d->type` then tells how far it came: a frame
 * whose JSON and `type` are fine and whose fields are not has its type there. HEADER_UNKNOWN is no
 * error. Names and the values of `keys` are not judged here. A hello or welcome whose `version`
 * is a good integer but not PROTOCOL_VERSION is given back with the version alone, whatever its
 * other fields are.
 */
int header_decode(struct header_decoder *d, enum header_side side, const struct frame *frame,
                  struct header *h);

/*
 * Puts a whole frame with this header and content behind what `out` holds. What is encoded here
 * must be valid. ERROR_LIMIT where the header would be above FRAME_HEADER_MAX, a string too long or
 * `out` full; ERROR_NOMEM, ERROR_UTF8; then nothing was added.
 */
int header_put(struct buffer *out, enum header_side side, const struct header *h,
               const uint8_t *content, size_t content_len);

/* The word on the wire for a type, state or code ("message", "online", "bad-frame"). */
const char *header_type_word(enum header_type type);
const char *header_state_word(enum header_state state);
const char *header_code_word(enum header_code code);

/* Whether the relay closes after this error (PROTOCOL.md, "Errors"), and its usual English line. */
bool header_code_is_fatal(enum header_code code);
const char *header_code_text(enum header_code code);

/* 16 lowercase hex digits, NUL-terminated: a stream as it is written. */
void header_stream_format(uint64_t stream, char out[17]);
/* The reverse. ERROR_HEADER where it is not 16 lowercase hex digits. */
int header_stream_parse(const char *s, size_t len, uint64_t *stream);

#endif
