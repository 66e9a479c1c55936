#ifndef FRAME_H
#define FRAME_H

#include "buffer.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Frames: the units on the wire (PROTOCOL.md, "Frame"). A frame is N (u32), H (u16), H bytes of
 * header, then N - 2 - H bytes of content; integers big-endian.
 */
enum {
    FRAME_PREFIX = 6,     /* N and H */
    FRAME_HEADER_MIN = 2, /* {} */
    FRAME_HEADER_MAX = 4096,
    FRAME_CONTENT_MAX = 65536,
    FRAME_MAX = FRAME_PREFIX + FRAME_HEADER_MAX + FRAME_CONTENT_MAX,
};

struct frame {
    const char *header; /* not NUL-terminated */
    size_t header_len;
    const uint8_t *content;
    size_t content_len;
};

/*
 * Decodes the frame that `bytes` begin with. Gives the number of bytes that it takes, with `*frame`
 * pointing into `bytes`; 0 where more bytes are needed; ERROR_FRAME where N or H is out of bounds,
 * which is judged as soon as their bytes are there.
 */
int frame_decode(const uint8_t *bytes, size_t len, struct frame *frame);

/* Writes the N and H of a frame with these lengths, which must be within the bounds above. */
void frame_write_prefix(uint8_t at[FRAME_PREFIX], size_t header_len, size_t content_len);

/*
 * Adds a whole frame to a buffer, or nothing. The lengths must be within the bounds above.
 * ERROR_LIMIT, ERROR_NOMEM as buffer_put.
 */
int frame_put(struct buffer *b, const struct frame *frame);

/*
 * Takes a stream of bytes apart into frames, handling in place what arrived whole: it keeps a copy
 * of nothing but the unfinished rest.
 */
struct frame_reader {
    struct buffer rest;   /* the beginning of an unfinished frame */
    const uint8_t *bytes; /* what was fed and not yet read */
    size_t len;
    size_t used; /* bytes at the front of `rest` that the last frame took */
};

void frame_reader_init(struct frame_reader *r);
void frame_reader_clear(struct frame_reader *r);

/* Feeds bytes, borrowed until frame_reader_keep. Nothing that was fed before may be unread. */
void frame_reader_feed(struct frame_reader *r, const uint8_t *bytes, size_t len);

/*
 * 1 and the next frame, borrowed until the next call with this reader; 0 when there is no whole
 * one; ERROR_FRAME (the stream is of no use from here on) or ERROR_NOMEM.
 */
int frame_reader_next(struct frame_reader *r, struct frame *frame);

/*
 * Copies what was fed and not read, so that the caller may have its bytes back. It may hold whole
 * frames where the caller chose not to pull them; they come from the next frame_reader_next.
 * ERROR_NOMEM: the reader is of no use from here on.
 */
int frame_reader_keep(struct frame_reader *r);

/* Bytes that the reader holds or was fed, and that no frame was made of. */
size_t frame_reader_pending(const struct frame_reader *r);

#endif
