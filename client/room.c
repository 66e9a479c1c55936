#include "room.h"

#include "bundle.h"
#include "error.h"
#include "inbox.h"
#include "machine.h"
#include "outbox.h"
#include "payload.h"
#include "readdress.h"
#include "sender.h"

#include <stdio.h>
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
    if (changed) {
        peers_bind(peer);
        room_judge(s, peer);
    }
    if (!changed || !peer->saved)
        return;
    peer->saved = false;
    machine_save_peer(s, peer);
}

/* Somebody who was seen, and what their keys are worth. */
struct somebody {
    struct name nick;
    char *identity;
    enum session_trust trust;
    struct bundle bundle; /* where what is said to them is sealed, or would be */
};

static bool has_prekey(const struct json_string *keys)
{
    struct json_value object, value;
    return keys->at && json_scan(keys->at, keys->len, &object) == 0 &&
           json_find(&object, "prekey", &value);
}

/*
 * Whether somebody shows another identity than the one pinned for their nick. In the open one who
 * shows none at all is taken for whom they say: there anybody could show any.
 */
static bool is_another(const struct session *s, const char *identity, const struct pinned_key *pin)
{
    uint8_t key[KEYS_LEN];
    return pin && strcmp(pin->identity, identity) != 0 &&
           (!s->open || keys_text_parse(identity, strlen(identity), key) == 0);
}

static enum session_trust judge_keys(struct session *s, const struct json_string *keys,
                                     struct somebody *who)
{
    const struct pinned_key *pin = pinned_find(&s->pins, who->nick.key);
    if (s->open == has_prekey(keys))
        return SESSION_MISMATCH;
    if (s->open)
        return is_another(s, who->identity, pin) ? SESSION_HELD : SESSION_OPEN;
    int rc = bundle_get(&who->bundle, keys->at, keys->len, s->room.key);
    if (rc == ERROR_NOMEM)
        machine_fail(s, rc);
    const uint8_t *ours = keys_identity_public(s->self.identity);
    if (rc || memcmp(who->bundle.identity, ours, KEYS_LEN) == 0)
        return SESSION_BROKEN;
    if (is_another(s, who->identity, pin))
        return SESSION_HELD;
    return pin && pin->verified ? SESSION_VERIFIED : SESSION_SEALED;
}

/* Whether that could be made out; else the session is poisoned, or the relay broke the protocol. */
static bool look(struct session *s, const struct room_sighting *seen, struct somebody *who)
{
    who->identity = get_identity(s, &seen->keys);
    int rc =
        who->identity ? name_init_nick(&who->nick, seen->nick.at, seen->nick.len) : ERROR_NOMEM;
    if (rc == ERROR_NAME)
        uplink_broken(s, "the relay names somebody whose name is none");
    else
        machine_fail(s, rc);
    if (rc == 0)
        who->trust = judge_keys(s, &seen->keys, who);
    return rc == 0 && s->error == 0;
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

void room_judge(const struct session *s, struct peer *peer)
{
    const struct pinned_key *pin =
        peers_is_known(peer) ? pinned_find(&s->pins, peer->nick.key) : NULL;
    peer->trusted = (s->open || pin) && !is_another(s, peer->identity, pin);
}

void room_judge_all(struct session *s)
{
    for (size_t i = 0; i < s->peers.count; i++)
        room_judge(s, s->peers.items[i]);
}

void room_judge_named(struct session *s, const char *nick)
{
    for (size_t i = 0; i < s->peers.count; i++) {
        struct peer *peer = s->peers.items[i];
        if (peers_is_known(peer) && strcmp(peer->nick.key, nick) == 0)
            room_judge(s, peer);
    }
}

enum session_trust room_trust(const struct session *s)
{
    if (s->held)
        return s->held_as;
    if (s->open)
        return SESSION_OPEN;
    if (!s->peer || !s->peer->trusted)
        return SESSION_NOBODY;
    return pinned_find(&s->pins, s->peer->nick.key)->verified ? SESSION_VERIFIED : SESSION_SEALED;
}

static void tell_trust(struct session *s)
{
    enum session_trust trust = room_trust(s);
    const struct peer *peer = s->held ? s->held : s->peer;
    uint32_t id = peer ? peer->id : 0;
    if (trust == s->trust_told && id == s->trust_of)
        return;
    s->trust_told = trust;
    s->trust_of = id;
    machine_emit(s, &(struct session_event){.type = SESSION_TRUST});
}

static void pin(struct session *s, struct peer *peer, bool verified, bool replace)
{
    machine_fail(s, pinned_put(&s->pins, peer->nick.key, peer->identity, verified));
    room_judge_named(s, peer->nick.key);
    const struct session_event event = {
        .type = SESSION_SAVE_PIN,
        .pin_row = {peer->nick.key, peer->identity, verified},
        .replace = replace,
    };
    machine_emit(s, &event);
}

/* What was written to those who had this nick before is for its new holder. */
static void inherit(struct session *s, struct peer *peer)
{
    for (size_t i = 0; i < s->peers.count; i++) {
        struct peer *other = s->peers.items[i];
        if (other != peer && peers_is_known(other) && name_equal(&other->nick, &peer->nick))
            readdress(s, other, peer);
    }
}

/* What came from `nameless` was this peer's all along. */
static void absorb(struct session *s, struct peer *peer, struct peer *nameless)
{
    const struct envelope *e = &nameless->envelope;
    if (e->has_prekey)
        envelope_set_prekey(&peer->envelope, e->prekey, e->made_ms);
    inbox_adopt(s, peer, nameless);
    if (s->held == nameless)
        s->held = NULL;
    if (s->peer == nameless) {
        s->peer = peer;
        s->seated = false; /* until it is said of this one */
    }
    s->trust_of = 0;
    peers_drop(&s->peers, nameless);
}

/*
 * Somebody is trusted who was only seen so far, or not even that: what we wrote before anybody was
 * known is for them, under the numbers that it has (under new ones where they are on disk already,
 * by what they wrote), and what came under their nick was theirs. Gives who they are then.
 */
static struct peer *unite(struct session *s, struct peer *seen)
{
    struct peer *unknown = peers_find_unknown(&s->peers);
    struct peer *peer = unknown && !seen->saved ? unknown : seen;
    struct name nick;
    machine_fail(s, name_init_copy(&nick, &seen->nick));
    if (s->error == 0 && peer != seen)
        update_peer(s, peer, &nick, seen->identity);
    name_clear(&nick);
    for (size_t i = s->peers.count; s->error == 0 && i-- > 0;) {
        struct peer *other = s->peers.items[i];
        if (other != peer && !other->saved && peers_is_known(other) &&
            name_equal(&other->nick, &peer->nick) &&
            (!other->identity[0] || strcmp(other->identity, peer->identity) == 0))
            absorb(s, peer, other);
    }
    if (unknown && peer != unknown)
        readdress(s, unknown, peer);
    return peer;
}

/* The newest prekey counts: an older one may be shown by a relay that wants us to use it. */
static void take_bundle(struct session *s, struct peer *peer, const struct bundle *bundle)
{
    const struct envelope *e = &peer->envelope;
    if (e->has_prekey && bundle->made_ms < e->made_ms) {
        char text[NAME_NICK_BYTES + 160];
        snprintf(text, sizeof text,
                 "the relay shows keys of %s that are older than those seen before: they are not "
                 "used (is a clock wrong?)",
                 peer->nick.text);
        machine_notice(s, text);
        return;
    }
    bool same = e->has_prekey && bundle->made_ms == e->made_ms;
    envelope_set_prekey(&peer->envelope, bundle->prekey, bundle->made_ms);
    if (same || !peer->trusted)
        return;
    peer->saved = false;
    machine_save_peer(s, peer);
}

/* The peer whom we speak with holds the other seat. */
static void seat(struct session *s, struct peer *peer)
{
    if (s->seated && s->peer != peer)
        outbox_set_stored(s, s->peer, NULL, 0); /* its seat was freed */
    if (s->peer != peer)
        s->load.valid = false;
    s->peer = peer;
    s->held = NULL;
    s->seated = true;
    peers_touch(&s->peers, peer);
    peers_trim(&s->peers, peer, NULL);
}

static void greet(struct session *s, struct peer *peer)
{
    if (s->peer_state != HEADER_ONLINE)
        return;
    inbox_peer_appeared(s, peer);
    transfer_peer_appeared(s, peer);
    if (s->away)
        sender_put_signal(s, &(struct payload){.kind = PAYLOAD_AWAY, .active = true});
}

static void meet(struct session *s, const struct room_sighting *seen, struct somebody *who,
                 bool welcome)
{
    bool is_new = !s->open && !pinned_find(&s->pins, who->nick.key);
    struct peer *peer = peers_match(&s->peers, &who->nick, who->identity);
    if (peer)
        update_peer(s, peer, &who->nick, who->identity);
    else
        peer = machine_add_peer(
            s, &(struct session_peer_row){.nick = who->nick.text, .identity = who->identity});
    if (peer)
        peer = unite(s, peer);
    if (s->error)
        return;
    if (is_new)
        pin(s, peer, false, false);
    if (!s->open)
        take_bundle(s, peer, &who->bundle);
    bool came = welcome || !s->seated || s->peer != peer;
    seat(s, peer);
    emit_presence(s, seen, peer);
    if (is_new)
        inherit(s, peer);

    bool lost = outbox_set_stored(s, peer, seen->stored, seen->stored_count);
    sender_release(peer);
    if (came || lost || seen->state == HEADER_ONLINE || peer->hold_ms == UINT64_MAX)
        sender_peer_appeared(s, peer);
    greet(s, peer);
}

/* Not a word to whoever holds the other seat now, but that their messages are not taken. */
static void hold(struct session *s, const struct room_sighting *seen, struct somebody *who)
{
    struct peer *peer = peers_find_same(&s->peers, &who->nick, who->identity);
    if (!peer)
        peer = machine_add_peer(
            s, &(struct session_peer_row){.nick = who->nick.text, .identity = who->identity});
    if (peer && peer->trusted) /* the right one, with keys of no use: what they wrote counts */
        peer = unite(s, peer);
    if (!peer || s->error)
        return;
    if (who->trust == SESSION_HELD && !s->open)
        take_bundle(s, peer, &who->bundle);
    if (s->seated)
        outbox_set_stored(s, s->peer, NULL, 0);
    s->seated = false;
    s->load.valid = false;
    s->held = peer;
    s->held_as = who->trust;
    peers_trim(&s->peers, s->peer, peer);
    emit_presence(s, seen, peer);
    if (seen->state == HEADER_ONLINE)
        inbox_peer_appeared(s, peer);
}

void room_see(struct session *s, const struct room_sighting *seen, bool welcome)
{
    struct somebody who = {0};
    if (look(s, seen, &who)) {
        s->peer_state = seen->state;
        if (who.trust >= SESSION_HELD)
            hold(s, seen, &who);
        else
            meet(s, seen, &who, welcome);
        tell_trust(s);
    }
    name_clear(&who.nick);
    free(who.identity);
}

void room_accept(struct session *s)
{
    struct peer *peer = unite(s, s->held);
    if (s->error)
        return;
    pin(s, peer, false, true);
    peer->saved = false;
    machine_save_peer(s, peer);
    seat(s, peer);
    inherit(s, peer);
    sender_peer_appeared(s, peer);
    greet(s, peer);
    tell_trust(s);
}

void room_verify(struct session *s)
{
    pin(s, s->peer, true, true);
    tell_trust(s);
}

void room_see_left(struct session *s, const struct room_sighting *seen)
{
    struct peer *peer = s->held ? s->held : s->peer;
    if ((!s->seated && !s->held) || !name_matches(&peer->nick, seen->nick.at, seen->nick.len))
        return;
    if (s->seated)
        outbox_set_stored(s, peer, NULL, 0);
    s->seated = false;
    s->held = NULL;
    emit_presence(s, seen, peer);
    tell_trust(s);
}

void room_see_nobody(struct session *s)
{
    emit_presence(s, NULL, NULL);
    tell_trust(s);
}

void room_forget_others(struct session *s)
{
    for (size_t i = 0; i < s->peers.count; i++)
        if (!s->seated || s->peers.items[i] != s->peer)
            outbox_set_stored(s, s->peers.items[i], NULL, 0);
}

struct peer *room_find_author(struct session *s, const struct header *h)
{
    bool is_peer = s->peer && peers_is_known(s->peer) && s->peer->trusted &&
                   name_matches(&s->peer->nick, h->peer.at, h->peer.len);
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
    if (s->open && s->held && name_equal(&s->held->nick, &nick) &&
        !(peer && streams_find_theirs(&peer->streams, h->stream)))
        peer = s->held; /* in the open no content tells who wrote it */
    if (!peer && s->open && (peer = peers_match(&s->peers, &nick, "")))
        update_peer(s, peer, &nick, "");
    if (!peer) {
        peers_trim(&s->peers, s->peer, s->held);
        peer = machine_add_peer(s, &(struct session_peer_row){.nick = nick.text, .identity = ""});
    }
    name_clear(&nick);
    if (!s->peer && peer && peer->trusted)
        s->peer = peer;
    return peer;
}
