#include "envelope.h"

#include "error.h"
#include "frame.h"
#include "payload.h"

#include <assert.h>
#include <string.h>

static const char first_member[] = "\"first\":true,";

static_assert(sizeof first_member - 1 == ENVELOPE_FIRST, "what envelope_put_first adds");

bool envelope_ready(const struct envelope *e)
{
    return e->open;
}

size_t envelope_len(const struct envelope *e, size_t len)
{
    return len + (e->open ? 1 : SEAL_OVERHEAD);
}

int envelope_put(struct envelope *e, const struct seal_place *place, struct envelope_bytes payload,
                 struct buffer *out)
{
    assert(envelope_ready(e));
    (void)place;
    const uint8_t format = PAYLOAD_OPEN;
    size_t start = out->len;
    int rc = buffer_put(out, &format, 1);
    if (rc == 0)
        rc = buffer_put(out, payload.at, payload.len);
    if (rc)
        buffer_truncate(out, start);
    return rc;
}

int envelope_open(struct envelope *e, const struct seal_place *place, struct envelope_bytes *bytes,
                  struct buffer *scratch)
{
    (void)place;
    buffer_truncate(scratch, 0);
    if (!e->open || bytes->len == 0 || bytes->at[0] != PAYLOAD_OPEN)
        return ERROR_SEAL;
    bytes->at++;
    bytes->len--;
    return 0;
}

static size_t header_len_of(struct envelope_bytes payload)
{
    return (size_t)payload.at[0] << 8 | payload.at[1];
}

bool envelope_is_payload(struct envelope_bytes payload)
{
    return payload.len > 2 && payload.len <= FRAME_CONTENT_MAX - ENVELOPE_OVERHEAD &&
           payload.at[2] == '{' && header_len_of(payload) <= payload.len - 2 &&
           header_len_of(payload) <= PAYLOAD_HEADER_MAX - ENVELOPE_FIRST;
}

int envelope_put_first(struct envelope_bytes payload, struct buffer *out)
{
    assert(envelope_is_payload(payload));
    size_t header_len = header_len_of(payload) + ENVELOPE_FIRST;
    const uint8_t prefix[] = {(uint8_t)(header_len >> 8), (uint8_t)header_len, '{'};
    size_t start = out->len;
    int rc = buffer_put(out, prefix, sizeof prefix);
    if (rc == 0)
        rc = buffer_put(out, first_member, ENVELOPE_FIRST);
    if (rc == 0)
        rc = buffer_put(out, payload.at + 3, payload.len - 3);
    if (rc)
        buffer_truncate(out, start);
    return rc;
}
