#include "envelope.h"

#include "error.h"
#include "frame.h"
#include "payload.h"

#include <assert.h>
#include <string.h>

static const char first_member[] = "\"first\":true,";

static_assert(sizeof first_member - 1 == ENVELOPE_FIRST, "what envelope_put_first adds");

void envelope_clear(struct envelope *e)
{
    seal_sender_free(e->sender);
    seal_opener_free(e->opener);
    e->sender = NULL;
    e->opener = NULL;
}

void envelope_set_peer(struct envelope *e, const char *nick, const uint8_t identity[KEYS_LEN])
{
    bool same =
        e->nick && strcmp(e->nick, nick) == 0 && memcmp(e->identity, identity, KEYS_LEN) == 0;
    e->nick = nick;
    memcpy(e->identity, identity, KEYS_LEN);
    if (!same)
        envelope_clear(e);
}

void envelope_set_prekey(struct envelope *e, const uint8_t prekey[KEYS_LEN], uint64_t made_ms)
{
    if (e->has_prekey && memcmp(e->prekey, prekey, KEYS_LEN) != 0)
        envelope_reset(e);
    e->has_prekey = true;
    memcpy(e->prekey, prekey, KEYS_LEN);
    e->made_ms = made_ms;
}

void envelope_reset(struct envelope *e)
{
    seal_sender_free(e->sender);
    e->sender = NULL;
}

bool envelope_ready(const struct envelope *e)
{
    return e->open || (e->nick && e->has_prekey);
}

size_t envelope_len(const struct envelope *e, size_t len)
{
    return len + (e->open ? 1 : SEAL_OVERHEAD);
}

static int make_sender(struct envelope *e)
{
    const struct seal_parties parties = {
        .room = e->self->room,
        .sender = e->self->nick,
        .receiver = e->nick,
        .sender_identity = keys_identity_public(e->self->identity),
        .receiver_identity = e->identity,
    };
    uint8_t ephemeral[KEYS_LEN];
    keys_draw(e->self->random, ephemeral);
    int rc = seal_sender_new(&e->sender, e->self->identity, &parties, e->prekey, ephemeral);
    keys_wipe(ephemeral, sizeof ephemeral);
    return rc;
}

static int make_opener(struct envelope *e)
{
    const struct seal_parties parties = {
        .room = e->self->room,
        .sender = e->nick,
        .receiver = e->self->nick,
        .sender_identity = e->identity,
        .receiver_identity = keys_identity_public(e->self->identity),
    };
    return seal_opener_new(&e->opener, e->self->ring, &parties);
}

static int put_open(struct envelope_bytes payload, struct buffer *out)
{
    const uint8_t format = PAYLOAD_OPEN;
    size_t start = out->len;
    int rc = buffer_put(out, &format, 1);
    if (rc == 0)
        rc = buffer_put(out, payload.at, payload.len);
    if (rc)
        buffer_truncate(out, start);
    return rc;
}

int envelope_put(struct envelope *e, const struct seal_place *place, struct envelope_bytes payload,
                 struct buffer *out)
{
    assert(envelope_ready(e));
    if (e->open)
        return put_open(payload, out);
    int rc = e->sender ? 0 : make_sender(e);
    return rc ? rc : seal_put(e->sender, place, payload.at, payload.len, out);
}

/*
 * Signals all have the same place, so the relay could bring one again. One counts only where it was
 * sealed to our newest prekey, in the newest context that we know, after those that came before.
 */
static bool is_fresh(struct envelope *e, const uint8_t *content)
{
    uint64_t sequence;
    const uint8_t *context = seal_origin(content, &sequence);
    const struct keys_prekey *newest = keys_ring_newest(e->self->ring);
    if (!newest || memcmp(context, newest->id, KEYS_ID_LEN) != 0)
        return false;
    for (size_t i = 0; i < e->contexts_count; i++) {
        if (memcmp(e->contexts[i], context, SEAL_CONTEXT_LEN) != 0)
            continue;
        if (i != e->newest || sequence <= e->sequence)
            return false;
        e->sequence = sequence;
        return true;
    }
    e->newest = e->contexts_count < ENVELOPE_CONTEXTS ? e->contexts_count++
                                                      : (e->newest + 1) % ENVELOPE_CONTEXTS;
    memcpy(e->contexts[e->newest], context, SEAL_CONTEXT_LEN);
    e->sequence = sequence;
    return true;
}

static int open_sealed(struct envelope *e, const struct seal_place *place,
                       struct envelope_bytes *bytes, struct buffer *scratch)
{
    if (!e->nick)
        return ERROR_SEAL;
    int rc = e->opener ? 0 : make_opener(e);
    if (rc == 0)
        rc = seal_open(e->opener, place, bytes->at, bytes->len, scratch);
    if (rc == 0 && place->kind == SEAL_SIGNAL && !is_fresh(e, bytes->at))
        rc = ERROR_SEAL;
    if (rc == 0)
        bytes->at = buffer_peek(scratch, &bytes->len);
    return rc;
}

int envelope_open(struct envelope *e, const struct seal_place *place, struct envelope_bytes *bytes,
                  struct buffer *scratch)
{
    buffer_truncate(scratch, 0);
    if (!e->open)
        return open_sealed(e, place, bytes, scratch);
    if (bytes->len == 0 || bytes->at[0] != PAYLOAD_OPEN)
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
