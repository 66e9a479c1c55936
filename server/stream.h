#ifndef STREAM_H
#define STREAM_H

#include "core.h"

struct seat;

/*
 * A stream of messages for a seat: what the relay holds of it, and what it awaits. Kept while it
 * has messages in memory, and of the others the newest RELAY_STREAMS_EXPECTED for each seat.
 */
struct stream {
    struct table_node node;
    struct link in_seat;   /* seat->streams_busy where it has messages, else seat->streams_rest */
    struct link in_stored; /* seat->streams_stored where something is stored */
    struct seat *seat;     /* whom the messages are for */
    uint64_t sender;       /* who sends it: seat->sender of that seat */
    uint64_t number;
    uint64_t newest;                 /* the newest n held in memory or on disk; 0 for none */
    uint64_t stored_first, stored_n; /* on disk and committed, the last run; `stored_n` 0: none */
    uint64_t awaited, awaited_epoch; /* what comes before this n does is dropped in silence */
    bool busy;                       /* has messages in memory */
    uint32_t held;                   /* cost of those that are neither receipted nor on disk */
    struct link messages;            /* in memory, by n */
};

/* NULL where nothing is known of it. */
struct stream *stream_find(struct relay *r, struct seat *to, uint64_t sender, uint64_t number);

/* The first stream of this number, of whichever sender, and the next one. */
struct stream *stream_find_any(struct relay *r, struct seat *to, uint64_t number);
struct stream *stream_find_next(struct stream *s);

/* Finds or adds it. NULL: out of memory. */
struct stream *stream_get(struct relay *r, struct seat *to, uint64_t sender, uint64_t number);

/* A message was put into it or taken out: puts it in the right list of its seat. */
void stream_update(struct stream *s);

/* Frees the oldest of those that a seat has too many of. */
void stream_trim(struct relay *r, struct seat *to);

/* From now on message `n` is awaited, and nothing else taken; the last to be trimmed. */
void stream_await(struct stream *s, uint64_t n);

/* Whether another message than `n` is awaited. */
bool stream_refuses(const struct stream *s, uint64_t n);

/* Message `n` is the newest that is held; 0 for none. */
void stream_set_newest(struct stream *s, uint64_t n);

/* Message `n` is on disk, committed. */
void stream_stored(struct stream *s, uint64_t n);

/* A receipt for `n` came: what it covers is neither held nor stored nor awaited. */
void stream_covered(struct stream *s, uint64_t n);

/* Frees those of a seat of which nothing is held or awaited. */
void stream_trim_idle(struct relay *r, struct seat *to);

/* Frees it; it has no messages in memory. */
void stream_free(struct relay *r, struct stream *s);

/*
 * What is on disk for `to` from `sender`: fills `runs`, gives how many; the stream with the newest
 * message last.
 */
size_t stream_list_stored(struct seat *to, uint64_t sender,
                          struct header_run runs[HEADER_STORED_MAX]);

#endif
