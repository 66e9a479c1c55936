/* The first byte says how to split the rest; whole or in pieces, the frames must be the same. */
#include "error.h"
#include "frame.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0)
        return 0;
    size_t step = bytes[0] ? bytes[0] : 1;
    const uint8_t *at = ++bytes;
    size_t left = --len;
    struct frame_reader reader;
    frame_reader_init(&reader);
    int rc = 0;
    for (size_t fed = 0; fed < len && rc >= 0; fed += step) {
        frame_reader_feed(&reader, bytes + fed, step < len - fed ? step : len - fed);
        struct frame piece, whole;
        while ((rc = frame_reader_next(&reader, &piece)) == 1) {
            int used = frame_decode(at, left, &whole);
            assert(used > 0 && piece.header_len == whole.header_len);
            assert(piece.content_len == whole.content_len);
            assert(memcmp(piece.header, whole.header, whole.header_len) == 0);
            assert(whole.content_len == 0 ||
                   memcmp(piece.content, whole.content, whole.content_len) == 0);
            at += used;
            left -= (size_t)used;
        }
        if (rc == 0)
            rc = frame_reader_keep(&reader);
    }
    struct frame whole;
    int end = len ? frame_decode(at, left, &whole) : 0;
    assert(end == rc && (rc == 0 || rc == ERROR_FRAME));
    frame_reader_clear(&reader);
    return 0;
}
