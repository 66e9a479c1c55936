#ifndef OUTPUT_H
#define OUTPUT_H

#include "client.h"
#include "header.h"
#include "stream.h"

enum {
    OUTPUT_SIZE = 80 << 10,        /* offered at once; holds any frame */
    OUTPUT_PRESSURE = 64 << 10,    /* above this, presences and receipts replace older ones */
    OUTPUT_SIGNALS_MAX = 64 << 10, /* above this, signals are dropped */
    OUTPUT_REPLIES_MAX = 16 << 10, /* above this, its own replies waiting, it is not read */
    OUTPUT_RECEIPTS_MAX = 2 * RELAY_STREAMS_KEPT,
};

/* A frame for a client that is no message. */
struct control {
    struct link link;
    struct action save; /* of a receipt that waits on a seat */
    enum header_type type;
    bool resend;               /* a receipt that asks */
    uint64_t stream, first, n; /* receipts and `stored` */
    uint64_t after;            /* goes when the messages below this order were sent */
    struct seat *seat;         /* of a receipt that waits: whose it will be, */
    uint64_t position;         /* and its place on disk */
    uint32_t len;
    uint8_t frame[];
};

/* Makes one of a whole frame, or of a header and content. NULL: out of memory. */
struct control *output_copy(struct relay *r, enum header_type type, const uint8_t *frame,
                            size_t len);
struct control *output_encode(struct relay *r, const struct header *h, const uint8_t *content,
                              size_t len);

/* Frees one, wherever it is. NULL is allowed. */
void output_free(struct relay *r, struct control *k);

/* Puts one in its place among what waits for a client; taken. */
void output_put(struct relay *r, struct relay_client *c, struct control *k);

/* Encodes and puts. Out of memory, the client is broken. */
void output_send(struct relay *r, struct relay_client *c, const struct header *h,
                 const uint8_t *content, size_t len);

/* Tells an error about a frame of its own; `about` is a message's header or NULL. */
void output_error(struct relay *r, struct relay_client *c, enum header_code code,
                  const struct header *about);

/* Tells that `first` to `n` of a stream to `s->seat` are on disk. */
void output_stored(struct relay *r, struct relay_client *c, const struct stream *s, uint64_t first,
                   uint64_t n);

/*
 * What is stored of a stream is not any more: forgets what waits to be said of that. Gives whether
 * a presence was among it, which is to be told anew.
 */
bool output_forget_stored(struct relay *r, struct relay_client *c, uint64_t stream);

/* Whether anything can be written now. */
bool output_waits(const struct relay_client *c);

/* Takes all that may be written now, messages too, out of their queues into one block. */
void output_gather(struct relay *r, struct relay_client *c);

/* Forgets all that waits. */
void output_clear(struct relay *r, struct relay_client *c);

#endif
