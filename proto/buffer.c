#include "buffer.h"

#include "error.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIZE_FIRST = 256,
    SIZE_KEPT = 4096, /* a drained buffer above this gives its memory back */
};

void buffer_init(struct buffer *b, size_t max)
{
    *b = (struct buffer){.max = max};
}

void buffer_clear(struct buffer *b)
{
    free(b->bytes);
    buffer_init(b, b->max);
}

int buffer_reserve(struct buffer *b, size_t len, uint8_t **at)
{
    *at = NULL;
    if (len > b->max - b->len)
        return ERROR_LIMIT;
    if (len > b->size - b->start - b->len && b->start > 0) {
        memmove(b->bytes, b->bytes + b->start, b->len);
        b->start = 0;
    }
    if (len > b->size - b->len || !b->bytes) {
        size_t size = b->size ? b->size : SIZE_FIRST;
        while (size < b->len + len)
            size *= 2;
        uint8_t *bytes = realloc(b->bytes, size);
        if (!bytes)
            return ERROR_NOMEM;
        b->bytes = bytes;
        b->size = size;
    }
    *at = b->bytes + b->start + b->len;
    return 0;
}

void buffer_commit(struct buffer *b, size_t len)
{
    assert(len <= b->size - b->start - b->len);
    b->len += len;
}

int buffer_put(struct buffer *b, const void *bytes, size_t len)
{
    if (len == 0)
        return 0;
    uint8_t *at;
    int rc = buffer_reserve(b, len, &at);
    if (rc)
        return rc;
    memcpy(at, bytes, len);
    buffer_commit(b, len);
    return 0;
}

void buffer_truncate(struct buffer *b, size_t len)
{
    assert(len <= b->len);
    b->len = len;
}

const uint8_t *buffer_peek(const struct buffer *b, size_t *len)
{
    *len = b->len;
    return b->len ? b->bytes + b->start : NULL;
}

void buffer_consume(struct buffer *b, size_t len)
{
    assert(len <= b->len);
    b->start += len;
    b->len -= len;
    if (b->len > 0)
        return;
    b->start = 0;
    if (b->size > SIZE_KEPT)
        buffer_clear(b);
}
