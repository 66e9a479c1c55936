/* The first byte is `r` for what the relay sends, the second one how much content there is. What
 * decodes must come out the same when it is encoded and decoded again. */
#include "error.h"
#include "header.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static bool same_string(const struct json_string *a, const struct json_string *b)
{
    return !a->at == !b->at && a->len == b->len && (!a->len || memcmp(a->at, b->at, a->len) == 0);
}

static bool same_run(const struct header_run *a, const struct header_run *b)
{
    return a->stream == b->stream && a->first == b->first && a->n == b->n;
}

static bool same_header(const struct header *a, const struct header *b)
{
    bool same = a->type == b->type && same_string(&a->nick, &b->nick) &&
                same_string(&a->room, &b->room) && same_string(&a->agent, &b->agent) &&
                same_string(&a->peer, &b->peer) && same_string(&a->keys, &b->keys) &&
                same_string(&a->text, &b->text) && a->version == b->version &&
                a->stream == b->stream && a->first == b->first && a->n == b->n &&
                a->time == b->time && a->waiting == b->waiting && a->id == b->id &&
                a->has_id == b->has_id && a->resend == b->resend && a->leave == b->leave &&
                a->state == b->state && a->code == b->code && a->fatal == b->fatal &&
                a->has_message == b->has_message && a->has_peer == b->has_peer &&
                same_string(&a->peer_nick, &b->peer_nick) &&
                same_string(&a->peer_keys, &b->peer_keys) && a->peer_state == b->peer_state &&
                a->peer_time == b->peer_time && a->stored_count == b->stored_count;
    for (size_t i = 0; same && i < a->stored_count; i++)
        same = same_run(&a->stored[i], &b->stored[i]);
    return same;
}

static void check_round_trip(enum header_side side, const struct frame *frame,
                             const struct header *h)
{
    struct header_decoder d;
    struct header again;
    struct frame whole;
    struct buffer out;
    header_decoder_init(&d);
    buffer_init(&out, FRAME_MAX);
    int rc = header_put(&out, side, h, frame->content, frame->content_len);
    if (rc == 0) {
        int used = frame_decode(out.bytes, out.len, &whole);
        assert(used == (int)out.len && whole.content_len == frame->content_len);
        rc = header_decode(&d, side, &whole, &again);
        assert(rc == 0 && same_header(h, &again));
    } else { /* `versions` may not fit behind a text that fills the header */
        assert(rc == ERROR_LIMIT && h->type == HEADER_ERROR);
    }
    buffer_clear(&out);
    header_decoder_clear(&d);
}

/* A usual header is decoded without a detour; with a space in front it is none, and means the same.
 */
static void check_detour(enum header_side side, const struct frame *frame, int rc,
                         const struct header *h)
{
    char text[FRAME_HEADER_MAX + 1] = " ";
    struct header_decoder d;
    struct header again;
    memcpy(text + 1, frame->header, frame->header_len);
    const struct frame spaced = {text, frame->header_len + 1, frame->content, frame->content_len};
    header_decoder_init(&d);
    int again_rc = header_decode(&d, side, &spaced, &again);
    assert(again_rc == rc && (rc || same_header(h, &again)));
    header_decoder_clear(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const uint8_t content[7 * 512];
    if (len < 2 + FRAME_HEADER_MIN || len > 2 + FRAME_HEADER_MAX)
        return 0;
    enum header_side side = bytes[0] == 'r' ? HEADER_FROM_RELAY : HEADER_FROM_CLIENT;
    const struct frame frame = {(const char *)bytes + 2, len - 2, content, bytes[1] % 8 * 512U};
    struct header_decoder d;
    struct header h;
    header_decoder_init(&d);
    int rc = header_decode(&d, side, &frame, &h);
    assert(rc == 0 || rc == ERROR_HEADER || (rc == ERROR_FRAME && frame.content_len > 0));
    assert(rc != ERROR_FRAME || d.type != HEADER_UNKNOWN);
    check_detour(side, &frame, rc, &h);
    if (rc == 0) {
        assert(h.type == d.type && h.stored_count <= HEADER_STORED_MAX);
        assert(!h.numbers.at);
        h.numbers = bytes[1] & 8 ? d.numbers : h.numbers;
        if (h.type != HEADER_UNKNOWN && (h.type != HEADER_HELLO || h.version == PROTOCOL_VERSION))
            check_round_trip(side, &frame, &h);
    }
    header_decoder_clear(&d);
    return 0;
}
