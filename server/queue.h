#ifndef QUEUE_H
#define QUEUE_H

#include "seat.h"
#include "stream.h"

enum message_place {
    MESSAGE_LIVE,   /* in the run, not on disk */
    MESSAGE_SAVING, /* not yet committed; sent to nobody before it was loaded */
    MESSAGE_LOADED, /* in the run, and on disk */
};

/* A message in memory, without a receipt. */
struct message {
    struct link in_run;    /* seat->run; r->saving while it is saved */
    struct link in_stream; /* stream->messages */
    struct action save;
    struct stream *stream; /* NULL: no longer wanted, while its transaction lasts */
    uint64_t n;
    uint64_t order;    /* in the run */
    uint64_t position; /* on disk */
    uint32_t cost, len;
    enum message_place place;
    uint8_t frame[]; /* `len` bytes, as its receiver gets it */
};

/* Makes a message for stream `s`, in no run yet; `frame` is copied. NULL: out of memory. */
struct message *queue_new(struct relay *r, struct stream *s, uint64_t n, uint64_t cost,
                          const uint8_t *frame, size_t len);

/* Makes it of a frame from the sender: with `header` and the content of `frame`. */
struct message *queue_encode(struct relay *r, struct stream *s, const struct header *header,
                             const struct frame *frame);

void queue_free(struct relay *r, struct message *m);

/* Puts a new message at the end of its stream and of its seat's run. */
void queue_append(struct relay *r, struct message *m, enum message_place place);

/* Counts what is neither receipted nor on disk. */
void queue_hold(struct relay *r, struct message *m);
void queue_release(struct relay *r, struct message *m);

/* Takes a message out of the run that it is in. */
void queue_take(struct message *m);

/* Forgets a message: it is not wanted any more. */
void queue_forget(struct relay *r, struct message *m);

/* Forgets what `n` covers in stream `s`. */
void queue_cover(struct relay *r, struct stream *s, uint64_t n);

/* The next message that may be sent now to the seat's holder; NULL for none. */
struct message *queue_next(const struct seat *s);
void queue_sent(struct seat *s, struct message *m);

/* Everything is to be sent again. */
void queue_rewind(struct seat *s);

/* Whether a message for this seat goes straight to its connection. */
bool queue_is_live(const struct seat *s);

/* Whether a message of this cost is taken: CODE_UNKNOWN for yes, CODE_QUOTA, CODE_WINDOW. */
enum header_code queue_judge(const struct relay *r, const struct seat *s, uint64_t cost);

#endif
