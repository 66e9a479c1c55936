#ifndef BUFFER_H
#define BUFFER_H

#include <stddef.h>
#include <stdint.h>

/*
 * A queue of bytes with a ceiling: bytes are put at its end and consumed from its front. It holds
 * no memory while it is empty and was never used, or after buffer_clear.
 */
struct buffer {
    uint8_t *bytes; /* NULL or `size` bytes, owned */
    size_t start;   /* where the content begins in `bytes` */
    size_t len;     /* bytes of content */
    size_t size;
    size_t max; /* the ceiling for `len` */
};

/* Makes an empty buffer that will hold at most `max` bytes. */
void buffer_init(struct buffer *b, size_t max);

/* Frees what the buffer holds; it is empty then and can be used again. */
void buffer_clear(struct buffer *b);

/*
 * Adds `len` bytes (copied). `bytes` may be NULL where `len` is 0.
 * ERROR_LIMIT above the ceiling, ERROR_NOMEM; then nothing was added.
 */
int buffer_put(struct buffer *b, const void *bytes, size_t len);

/*
 * Makes room for `len` bytes more and gives where to write them; buffer_commit then adds the first
 * of them. The pointer is borrowed until the next call. Errors as for buffer_put; NULL then.
 */
int buffer_reserve(struct buffer *b, size_t len, uint8_t **at);
void buffer_commit(struct buffer *b, size_t len);

/* Drops bytes from the end, so that the first `len` are left; there must be as many. */
void buffer_truncate(struct buffer *b, size_t len);

/* The content, `*len` bytes, borrowed until the next call that is not a peek. */
const uint8_t *buffer_peek(const struct buffer *b, size_t *len);

/* Drops `len` bytes from the front; there must be as many. An empty buffer keeps small memory. */
void buffer_consume(struct buffer *b, size_t len);

#endif
