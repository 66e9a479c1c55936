#include "machine.h"

#include "error.h"
#include "room.h"

#include <assert.h>
#include <string.h>

void machine_fail(struct session *s, int rc)
{
    assert(rc <= 0);
    if (s->error == 0)
        s->error = rc;
}

void machine_emit(struct session *s, const struct session_event *event)
{
    machine_fail(s, events_put(&s->events, event));
}

void machine_hold(struct session *s, const struct session_event *event)
{
    machine_fail(s, events_hold(&s->events, event));
}

void machine_save(struct session *s, const struct session_event *event)
{
    s->unsaved = true;
    machine_emit(s, event);
}

void machine_save_peer(struct session *s, struct peer *peer)
{
    if (peer->saved)
        return;
    peer->saved = true;
    struct session_event event = {
        .type = SESSION_SAVE_PEER,
        .peer_row = {.id = peer->id,
                     .nick = peers_is_known(peer) ? peer->nick.text : "",
                     .identity = peer->identity,
                     .has_prekey = peer->envelope.has_prekey,
                     .made_ms = peer->envelope.made_ms},
    };
    memcpy(event.peer_row.prekey, peer->envelope.prekey, KEYS_LEN);
    machine_save(s, &event);
}

struct peer *machine_add_peer(struct session *s, const struct session_peer_row *row)
{
    struct peer *peer;
    int rc = peers_add(&s->peers, row, &peer);
    if (rc) {
        machine_fail(s, rc);
        return NULL;
    }
    peer->envelope.open = s->open;
    peer->envelope.self = &s->self;
    room_judge(s, peer);
    peer->next = (struct cursor){.at = SIZE_MAX};
    return peer;
}

void machine_put(struct session *s, const struct header *h, const struct buffer *content)
{
    size_t len = 0;
    const uint8_t *bytes = content ? buffer_peek(content, &len) : NULL;
    machine_fail(s, header_put(&s->output, HEADER_FROM_CLIENT, h, bytes, len));
}

void machine_put_payload(struct session *s, struct peer *peer, const struct header *h,
                         const struct payload *payload)
{
    const struct seal_place place = {
        .kind = h->type == HEADER_RECEIPT ? SEAL_RECEIPT : SEAL_SIGNAL,
        .stream = h->stream,
        .n = h->n,
    };
    struct header whole = *h;
    struct envelope_bytes bytes;
    whole.peer = (struct json_string){peer->nick.text, strlen(peer->nick.text)};
    buffer_truncate(&s->scratch, 0);
    buffer_truncate(&s->content, 0);
    int rc = payload_put(&s->scratch, payload);
    bytes.at = buffer_peek(&s->scratch, &bytes.len);
    if (rc == 0)
        rc = envelope_put(&peer->envelope, &place, bytes, &s->content);
    machine_fail(s, rc);
    if (rc == 0)
        machine_put(s, &whole, &s->content);
}

bool machine_is_full(const struct session *s)
{
    return events_count(&s->events) >= MACHINE_EVENTS_MAX ||
           s->events.bytes >= MACHINE_EVENTS_BYTES;
}

uint64_t machine_draw(struct session *s)
{
    uint8_t bytes[KEYS_LEN];
    keys_draw(s->random, bytes);
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof number; i++)
        number = number << 8 | bytes[i];
    return number;
}

uint64_t machine_draw_up_to(struct session *s, uint64_t limit)
{
    return 1 + machine_draw(s) % limit;
}

uint64_t machine_wall(const struct session *s)
{
    return s->wall_ms + (s->now_ms - s->wall_at_ms);
}

void machine_notice(struct session *s, const char *text)
{
    machine_emit(s, &(struct session_event){.type = SESSION_NOTICE, .text = text});
}

bool machine_reaches_peer(const struct session *s)
{
    return s->uplink.state == SESSION_ONLINE && s->peer && s->seated;
}

bool machine_sees_peer(const struct session *s)
{
    return machine_reaches_peer(s) && s->peer_state == HEADER_ONLINE;
}
