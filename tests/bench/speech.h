#ifndef SPEECH_H
#define SPEECH_H

#include "buffer.h"
#include "json.h"

#include <stddef.h>
#include <stdint.h>

/*
 * How the load generator talks to one kind of server. A client of it is one of a pair: in room
 * `room`, on side 0 or 1.
 */
struct speech_client {
    unsigned room;
    int side;
    size_t message_len;      /* what a message that it hears says */
    bool hears_receipts;     /* in place of messages: it sends a flood */
    bool joined;             /* SPEECH_JOINED was heard */
    struct json_string keys; /* of its identity; `at` NULL for none */
    struct buffer *out;      /* where its words go */
};

enum speech_type {
    SPEECH_NOTHING,
    SPEECH_JOINED,  /* it may send */
    SPEECH_MET,     /* its peer may be sent to, too */
    SPEECH_MESSAGE, /* `content` */
    SPEECH_RECEIPT, /* for message `n` and those before it */
    SPEECH_STORED,  /* the same of the server's disk */
    SPEECH_REFUSED, /* `content` says why */
};

struct speech_event {
    enum speech_type type;
    uint64_t n;
    const char *content;
    size_t len;
};

struct speech {
    const char *name;
    bool answers_both; /* a message needs a receipt also where it is answered by a message */

    void (*say_hello)(const struct speech_client *c);
    void (*say_message)(const struct speech_client *c, uint64_t n, const char *content, size_t len);
    void (*say_receipt)(const struct speech_client *c, uint64_t n);

    /*
     * Takes what the bytes begin with. Gives how many it took, 0 where that is not whole, negative
     * where it is nothing of this speech. The event borrows from the bytes.
     */
    int (*hear)(const struct speech_client *c, const uint8_t *bytes, size_t len,
                struct speech_event *event);
};

extern const struct speech speech_bare, speech_chat, speech_irc, speech_mqtt, speech_ncat;

#endif
