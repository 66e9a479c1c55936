#include "intake.h"

#include "error.h"
#include "inbox.h"
#include "machine.h"
#include "outbox.h"
#include "payload.h"
#include "room.h"
#include "sender.h"
#include "text.h"

#include <stdlib.h>

static void take_welcome(struct session *s, const struct header *h, const struct frame *frame)
{
    (void)frame;
    struct name room;
    if (h->version != PROTOCOL_VERSION) {
        uplink_refused(s, CODE_UNSUPPORTED_VERSION, NULL);
        return;
    }
    int rc = name_init_room(&room, h->room.at, h->room.len);
    bool ours =
        rc == 0 && name_equal(&s->room, &room) && name_matches(&s->nick, h->nick.at, h->nick.len);
    name_clear(&room);
    if (rc == ERROR_NOMEM) {
        machine_fail(s, rc);
        return;
    }
    if (!ours) {
        uplink_broken(s, "the relay welcomes somebody else");
        return;
    }
    const struct room_sighting seen = {
        .nick = h->peer_nick,
        .keys = h->peer_keys,
        .state = h->peer_state,
        .time = h->peer_time,
        .stored = h->stored,
        .stored_count = h->stored_count,
    };
    uplink_welcomed(s);
    if (h->has_peer && h->peer_state != HEADER_LEFT)
        room_see(s, &seen, true);
    else
        room_see_nobody(s);
    room_forget_others(s);
}

static void take_presence(struct session *s, const struct header *h, const struct frame *frame)
{
    (void)frame;
    const struct room_sighting seen = {
        .nick = h->nick,
        .keys = h->keys,
        .state = h->state,
        .time = h->time,
        .stored = h->stored,
        .stored_count = h->stored_count,
    };
    if (h->state == HEADER_LEFT)
        room_see_left(s, &seen);
    else
        room_see(s, &seen, false);
}

static void take_message(struct session *s, const struct header *h, const struct frame *frame)
{
    if (s->uplink.state == SESSION_LEAVING)
        return; /* it would get no receipt: it comes again */
    struct peer *peer = room_find_author(s, h);
    if (peer)
        inbox_take(s, peer, h, frame);
}

static void take_stored(struct session *s, const struct header *h, const struct frame *frame)
{
    (void)frame;
    outbox_take_stored(s, &(struct header_run){h->stream, h->first, h->n});
}

static void take_signal(struct session *s, const struct header *h, const struct frame *frame)
{
    static const struct seal_place place = {.kind = SEAL_SIGNAL};
    struct envelope_bytes bytes = {frame->content, frame->content_len};
    struct payload p;
    if (!s->seated || !name_matches(&s->peer->nick, h->peer.at, h->peer.len))
        return;
    int rc = envelope_open(&s->peer->envelope, &place, &bytes, &s->content);
    if (rc == 0)
        rc = payload_decode(bytes.at, bytes.len, &s->scratch, &p);
    if (rc == ERROR_NOMEM)
        machine_fail(s, rc);
    if (rc || (p.kind != PAYLOAD_TYPING && p.kind != PAYLOAD_AWAY))
        return;
    const struct session_event event = {
        .type = SESSION_SIGNAL,
        .signal = {.kind = p.kind, .active = p.active},
    };
    machine_emit(s, &event);
}

static void take_ping(struct session *s, const struct header *h, const struct frame *frame)
{
    (void)frame;
    if (s->uplink.bye_put)
        return;
    const struct header pong = {.type = HEADER_PONG, .has_id = h->has_id, .id = h->id};
    machine_put(s, &pong, NULL);
}

static void take_pong(struct session *s, const struct header *h, const struct frame *frame)
{
    (void)frame;
    if (h->has_id)
        uplink_pong(s, h->id);
}

static void take_error(struct session *s, const struct header *h, const struct frame *frame)
{
    (void)frame;
    size_t len;
    if (!h->fatal && h->has_message && (h->code == CODE_QUOTA || h->code == CODE_NO_SUCH_PEER)) {
        sender_refused(s, h);
        return;
    }
    if (!h->fatal && h->code == CODE_NO_SUCH_PEER)
        return; /* of a signal or a receipt */
    char *text = text_sanitise(h->text.at, h->text.len, 0, &len);
    if (!text)
        machine_fail(s, ERROR_NOMEM);
    else if (h->fatal)
        uplink_refused(s, h->code, text);
    else
        machine_notice(s, text);
    free(text);
}

static const struct {
    void (*take)(struct session *s, const struct header *h, const struct frame *frame);
    bool before_welcome, after_welcome;
} types[HEADER_TYPES] = {
    [HEADER_WELCOME] = {take_welcome, true, false},
    [HEADER_PRESENCE] = {take_presence, false, true},
    [HEADER_MESSAGE] = {take_message, false, true},
    [HEADER_RECEIPT] = {outbox_take_receipt, false, true},
    [HEADER_STORED] = {take_stored, false, true},
    [HEADER_SIGNAL] = {take_signal, false, true},
    [HEADER_PING] = {take_ping, true, true},
    [HEADER_PONG] = {take_pong, true, true},
    [HEADER_ERROR] = {take_error, true, true},
};

static void take_frame(struct session *s, const struct frame *frame)
{
    struct header h;
    int rc = header_decode(&s->decoder, HEADER_FROM_RELAY, frame, &h);
    if (rc == ERROR_NOMEM) {
        machine_fail(s, rc);
        return;
    }
    if (rc) {
        uplink_broken(s, "the relay sent a header that is none of this protocol");
        return;
    }
    if (h.type == HEADER_UNKNOWN)
        return;
    bool joined = s->uplink.state != SESSION_JOINING;
    if (joined ? types[h.type].after_welcome : types[h.type].before_welcome)
        types[h.type].take(s, &h, frame);
    else
        uplink_broken(s, "the relay sent what does not belong there");
}

void intake_go_on(struct session *s)
{
    struct frame frame;
    int rc = 0;
    while (s->error == 0 && uplink_is_up(s) && !machine_is_full(s) &&
           (rc = frame_reader_next(&s->reader, &frame)) == 1)
        take_frame(s, &frame);
    if (s->error || !uplink_is_up(s))
        return;
    if (rc >= 0)
        rc = frame_reader_keep(&s->reader);
    if (rc == ERROR_FRAME)
        uplink_broken(s, "the relay sent what is not a frame of this protocol");
    else
        machine_fail(s, rc);
}

void intake_input(struct session *s, const uint8_t *bytes, size_t len)
{
    if (!uplink_is_up(s))
        return;
    uplink_heard(s);
    frame_reader_feed(&s->reader, bytes, len);
    intake_go_on(s);
}
