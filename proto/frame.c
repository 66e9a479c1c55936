#include "frame.h"

#include "error.h"

#include <assert.h>

int frame_decode(const uint8_t *bytes, size_t len, struct frame *frame)
{
    if (len < 4)
        return 0;
    uint32_t n = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
                 (uint32_t)bytes[3];
    if (n < 2 + FRAME_HEADER_MIN || n > FRAME_MAX - 4)
        return ERROR_FRAME;
    if (len < FRAME_PREFIX)
        return 0;
    uint32_t header_len = (uint32_t)bytes[4] << 8 | (uint32_t)bytes[5];
    if (header_len < FRAME_HEADER_MIN || header_len > FRAME_HEADER_MAX || header_len > n - 2 ||
        n - 2 - header_len > FRAME_CONTENT_MAX)
        return ERROR_FRAME;
    if (len - 4 < n)
        return 0;
    *frame = (struct frame){
        .header = (const char *)bytes + FRAME_PREFIX,
        .header_len = header_len,
        .content = bytes + FRAME_PREFIX + header_len,
        .content_len = n - 2 - header_len,
    };
    return (int)n + 4;
}

void frame_write_prefix(uint8_t at[FRAME_PREFIX], size_t header_len, size_t content_len)
{
    assert(header_len >= FRAME_HEADER_MIN && header_len <= FRAME_HEADER_MAX);
    assert(content_len <= FRAME_CONTENT_MAX);
    size_t n = 2 + header_len + content_len;
    at[0] = (uint8_t)(n >> 24);
    at[1] = (uint8_t)(n >> 16);
    at[2] = (uint8_t)(n >> 8);
    at[3] = (uint8_t)n;
    at[4] = (uint8_t)(header_len >> 8);
    at[5] = (uint8_t)header_len;
}

int frame_put(struct buffer *b, const struct frame *frame)
{
    uint8_t *at;
    int rc = buffer_reserve(b, FRAME_PREFIX + frame->header_len + frame->content_len, &at);
    if (rc)
        return rc;
    frame_write_prefix(at, frame->header_len, frame->content_len);
    buffer_commit(b, FRAME_PREFIX);
    buffer_put(b, frame->header, frame->header_len);
    buffer_put(b, frame->content, frame->content_len);
    return 0;
}

void frame_reader_init(struct frame_reader *r)
{
    *r = (struct frame_reader){0};
    buffer_init(&r->rest, SIZE_MAX);
}

void frame_reader_clear(struct frame_reader *r)
{
    buffer_clear(&r->rest);
    frame_reader_init(r);
}

void frame_reader_feed(struct frame_reader *r, const uint8_t *bytes, size_t len)
{
    assert(r->len == 0);
    r->bytes = bytes;
    r->len = len;
}

/* Moves up to `want` of the fed bytes behind the rest. Gives how many, or ERROR_NOMEM. */
static int take(struct frame_reader *r, size_t want)
{
    size_t len = want < r->len ? want : r->len;
    if (len == 0)
        return 0; /* nothing was fed, perhaps: no pointer to count from */
    int rc = buffer_put(&r->rest, r->bytes, len);
    if (rc)
        return rc;
    r->bytes += len;
    r->len -= len;
    return (int)len;
}

/* What the frame that begins in the rest still lacks, as far as its first bytes tell. */
static size_t rest_lacks(const struct frame_reader *r)
{
    size_t len;
    const uint8_t *b = buffer_peek(&r->rest, &len);
    if (len < FRAME_PREFIX)
        return FRAME_PREFIX - len;
    uint32_t n = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | (uint32_t)b[3];
    return (size_t)n + 4 - len;
}

static int next_from_rest(struct frame_reader *r, struct frame *frame)
{
    for (;;) {
        size_t len;
        const uint8_t *bytes = buffer_peek(&r->rest, &len);
        int rc = frame_decode(bytes, len, frame);
        if (rc < 0)
            return rc;
        if (rc > 0) {
            r->used = (size_t)rc;
            return 1;
        }
        rc = take(r, rest_lacks(r));
        if (rc <= 0)
            return rc;
    }
}

int frame_reader_next(struct frame_reader *r, struct frame *frame)
{
    buffer_consume(&r->rest, r->used);
    r->used = 0;
    if (r->rest.len > 0)
        return next_from_rest(r, frame);
    int rc = frame_decode(r->bytes, r->len, frame);
    if (rc <= 0)
        return rc;
    r->bytes += rc;
    r->len -= (size_t)rc;
    return 1;
}

int frame_reader_keep(struct frame_reader *r)
{
    buffer_consume(&r->rest, r->used);
    r->used = 0;
    int rc = buffer_put(&r->rest, r->bytes, r->len);
    r->bytes = NULL;
    r->len = 0;
    return rc;
}

size_t frame_reader_pending(const struct frame_reader *r)
{
    return r->rest.len - r->used + r->len;
}
