#include "intake.h"

#include "error.h"
#include "inbox.h"
#include "machine.h"
#include "outbox.h"
#include "payload.h"
#include "sender.h"
#include "text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Somebody in the room, as `welcome` or `presence` shows them. */
struct sighting {
    struct json_string nick, keys;
    enum header_state state;
    uint64_t time;
    const struct header_run *stored;
    size_t stored_count;
};

/* `keys.identity`, "" where there is none: a new string; NULL out of memory. */
static char *get_identity(struct session *s, const struct json_string *keys)
{
    struct json_value object, value;
    struct json_string identity = {"", 0};
    if (!keys->at)
        return strdup("");
    buffer_truncate(&s->scratch, 0);
    int rc = json_scan(keys->at, keys->len, &object);
    if (rc == 0 && json_find(&object, "identity", &value))
        rc = json_get_string(&value, &s->scratch, &identity);
    if (rc == ERROR_NOMEM)
        return NULL;
    return rc ? strdup("") : strndup(identity.at, identity.len);
}

/* Takes over a spelling and an identity that were not known, of a peer that is. */
static void update_peer(struct session *s, struct peer *peer, struct name *nick,
                        const char *identity)
{
    bool changed = !peers_is_known(peer) || strcmp(peer->nick.text, nick->text) != 0;
    if (changed) {
        struct name old = peer->nick;
        peer->nick = *nick;
        *nick = old;
    }
    if (strcmp(peer->identity, identity) != 0) {
        char *copy = strdup(identity);
        if (!copy) {
            machine_fail(s, ERROR_NOMEM);
            return;
        }
        free(peer->identity);
        peer->identity = copy;
        changed = true;
    }
    if (!changed || !peer->saved)
        return;
    peer->saved = false;
    machine_save_peer(s, peer);
}

/* Who that is. NULL: the session is poisoned, or the relay broke the protocol. */
static struct peer *recognise(struct session *s, const struct sighting *seen)
{
    struct name nick = {0};
    struct peer *peer = NULL;
    char *identity = get_identity(s, &seen->keys);
    int rc = identity ? name_init_nick(&nick, seen->nick.at, seen->nick.len) : ERROR_NOMEM;
    if (rc == ERROR_NAME) {
        uplink_broken(s, "the relay names somebody whose name is none");
        goto out;
    }
    if (rc) {
        machine_fail(s, rc);
        goto out;
    }
    /* Pins belong here: an identity that is not the pinned one of this nick is another person. */
    peer = peers_match(&s->peers, &nick, identity);
    if (peer)
        update_peer(s, peer, &nick, identity);
    else
        peer = machine_add_peer(
            s, &(struct session_peer_row){.nick = nick.text, .identity = identity});
out:
    name_clear(&nick);
    free(identity);
    return s->error ? NULL : peer;
}

static void emit_presence(struct session *s, const struct sighting *seen, const struct peer *peer)
{
    const struct session_event event = {
        .type = SESSION_PRESENCE,
        .presence = {.nick = peer ? peer->nick.text : NULL,
                     .state = seen ? seen->state : HEADER_LEFT,
                     .wall_ms = seen ? seen->time : 0,
                     .known = peer != NULL},
    };
    machine_emit(s, &event);
}

/* Somebody holds the other seat. */
static void see(struct session *s, const struct sighting *seen, bool welcome)
{
    struct peer *peer = recognise(s, seen);
    if (!peer)
        return;
    bool came = welcome || !s->seated || s->peer != peer;
    if (s->seated && s->peer != peer)
        outbox_set_stored(s, s->peer, NULL, 0); /* its seat was freed */
    if (s->peer != peer)
        s->load.valid = false;
    s->peer = peer;
    s->peer_state = seen->state;
    s->seated = true;
    peers_touch(&s->peers, peer);
    peers_trim(&s->peers, peer);
    emit_presence(s, seen, peer);

    bool lost = outbox_set_stored(s, peer, seen->stored, seen->stored_count);
    sender_release(peer);
    if (came || lost || seen->state == HEADER_ONLINE || peer->hold_ms == UINT64_MAX)
        sender_peer_appeared(s, peer);
    if (seen->state != HEADER_ONLINE)
        return;
    inbox_peer_appeared(s, peer);
    if (s->away)
        sender_put_signal(s, &(struct payload){.kind = PAYLOAD_AWAY, .active = true});
}

/* Somebody gave the other seat up. */
static void see_left(struct session *s, const struct sighting *seen)
{
    struct peer *peer = s->peer;
    if (s->seated && name_matches(&peer->nick, seen->nick.at, seen->nick.len)) {
        s->seated = false;
        outbox_set_stored(s, peer, NULL, 0);
        emit_presence(s, seen, peer);
    }
}

static void take_welcome(struct session *s, const struct header *h, const struct frame *frame)
{
    (void)frame;
    struct name room;
    int rc = name_init_room(&room, h->room.at, h->room.len);
    bool ours =
        rc == 0 && name_equal(&s->room, &room) && name_matches(&s->nick, h->nick.at, h->nick.len);
    name_clear(&room);
    if (rc == ERROR_NOMEM) {
        machine_fail(s, rc);
        return;
    }
    if (h->version != PROTOCOL_VERSION || !ours) {
        uplink_broken(s, "the relay welcomes somebody else");
        return;
    }
    const struct sighting seen = {
        .nick = h->peer_nick,
        .keys = h->peer_keys,
        .state = h->peer_state,
        .time = h->peer_time,
        .stored = h->stored,
        .stored_count = h->stored_count,
    };
    uplink_welcomed(s);
    if (h->has_peer && h->peer_state != HEADER_LEFT)
        see(s, &seen, true);
    else
        emit_presence(s, NULL, NULL);
    for (size_t i = 0; i < s->peers.count; i++)
        if (!s->seated || s->peers.items[i] != s->peer)
            outbox_set_stored(s, s->peers.items[i], NULL, 0);
}

static void take_presence(struct session *s, const struct header *h, const struct frame *frame)
{
    (void)frame;
    const struct sighting seen = {
        .nick = h->nick,
        .keys = h->keys,
        .state = h->state,
        .time = h->time,
        .stored = h->stored,
        .stored_count = h->stored_count,
    };
    if (h->state == HEADER_LEFT)
        see_left(s, &seen);
    else
        see(s, &seen, false);
}

/*
 * Who a message is from. Perhaps somebody who left, whose nick has another holder now; or of whom
 * the nick is all that is known. NULL: as for recognise.
 */
static struct peer *find_author(struct session *s, const struct header *h)
{
    bool is_peer =
        s->peer && peers_is_known(s->peer) && name_matches(&s->peer->nick, h->peer.at, h->peer.len);
    if (is_peer && streams_find_theirs(&s->peer->streams, h->stream))
        return s->peer;
    struct name nick;
    int rc = name_init_nick(&nick, h->peer.at, h->peer.len);
    if (rc == ERROR_NAME)
        uplink_broken(s, "the relay names somebody whose name is none");
    else
        machine_fail(s, rc);
    if (rc)
        return NULL;
    struct peer *peer = peers_find_author(&s->peers, &nick, h->stream);
    if (!peer && (peer = peers_match(&s->peers, &nick, "")))
        update_peer(s, peer, &nick, "");
    if (!peer) {
        peers_trim(&s->peers, s->peer);
        peer = machine_add_peer(s, &(struct session_peer_row){.nick = nick.text, .identity = ""});
    }
    name_clear(&nick);
    if (!s->peer)
        s->peer = peer;
    return peer;
}

static void take_message(struct session *s, const struct header *h, const struct frame *frame)
{
    if (s->uplink.state == SESSION_LEAVING)
        return; /* it would get no receipt: it comes again */
    struct peer *peer = find_author(s, h);
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

void intake_input(struct session *s, const uint8_t *bytes, size_t len)
{
    struct frame frame;
    int rc = 0;
    if (!uplink_is_up(s))
        return;
    uplink_heard(s);
    frame_reader_feed(&s->reader, bytes, len);
    while (s->error == 0 && uplink_is_up(s) && (rc = frame_reader_next(&s->reader, &frame)) == 1)
        take_frame(s, &frame);
    if (s->error || !uplink_is_up(s))
        return;
    if (rc == 0)
        rc = frame_reader_keep(&s->reader);
    if (rc == ERROR_FRAME)
        uplink_broken(s, "the relay sent what is not a frame of this protocol");
    else
        machine_fail(s, rc);
}
