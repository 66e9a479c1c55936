#include "room.h"

#include "error.h"
#include "inbox.h"
#include "machine.h"
#include "outbox.h"
#include "payload.h"
#include "sender.h"

#include <stdlib.h>
#include <string.h>

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

/* Who that is; as room_find_author. */
static struct peer *recognise(struct session *s, const struct room_sighting *seen)
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

static void emit_presence(struct session *s, const struct room_sighting *seen,
                          const struct peer *peer)
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

void room_see(struct session *s, const struct room_sighting *seen, bool welcome)
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

void room_see_left(struct session *s, const struct room_sighting *seen)
{
    struct peer *peer = s->peer;
    if (s->seated && name_matches(&peer->nick, seen->nick.at, seen->nick.len)) {
        s->seated = false;
        outbox_set_stored(s, peer, NULL, 0);
        emit_presence(s, seen, peer);
    }
}

void room_see_nobody(struct session *s)
{
    emit_presence(s, NULL, NULL);
}

void room_forget_others(struct session *s)
{
    for (size_t i = 0; i < s->peers.count; i++)
        if (!s->seated || s->peers.items[i] != s->peer)
            outbox_set_stored(s, s->peers.items[i], NULL, 0);
}

struct peer *room_find_author(struct session *s, const struct header *h)
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
