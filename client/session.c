#include "session.h"

#include "error.h"
#include "inbox.h"
#include "intake.h"
#include "machine.h"
#include "outbox.h"
#include "prekeys.h"
#include "room.h"
#include "sender.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int session_new(struct session **out, const struct session_options *options)
{
    struct session *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s)
        return ERROR_NOMEM;
    s->open = options->open;
    s->next_id = 1;
    events_init(&s->events);
    uplink_init(&s->uplink);
    frame_reader_init(&s->reader);
    header_decoder_init(&s->decoder);
    buffer_init(&s->output, SIZE_MAX);
    buffer_init(&s->content, SIZE_MAX);
    buffer_init(&s->scratch, SIZE_MAX);
    s->agent = strdup(options->agent);
    s->keys = options->open && options->keys ? strdup(options->keys) : NULL;
    s->random = keys_secret_new(KEYS_LEN);
    bool lacks_keys = options->open && options->keys && !s->keys;
    int rc = s->agent && s->random && !lacks_keys ? 0 : ERROR_NOMEM;
    if (rc == 0 && !s->open)
        rc = keys_ring_new(&s->ring);
    if (rc == 0)
        rc = name_init_nick(&s->nick, options->nick, strlen(options->nick));
    if (rc == 0)
        rc = name_init_room(&s->room, options->room, strlen(options->room));
    if (rc) {
        session_free(s);
        return rc;
    }
    memcpy(s->random, options->seed, KEYS_LEN);
    s->self = (struct envelope_self){
        .identity = options->identity,
        .ring = s->ring,
        .room = s->room.key,
        .nick = s->nick.key,
        .random = s->random,
    };
    *out = s;
    return 0;
}

void session_free(struct session *s)
{
    if (!s)
        return;
    transfers_clear(&s->transfers);
    peers_clear(&s->peers);
    pinned_clear(&s->pins);
    keys_ring_free(s->ring);
    buffer_clear(&s->scratch);
    buffer_clear(&s->content);
    buffer_clear(&s->output);
    header_decoder_clear(&s->decoder);
    frame_reader_clear(&s->reader);
    events_clear(&s->events);
    name_clear(&s->room);
    name_clear(&s->nick);
    free(s->keys);
    free(s->agent);
    keys_secret_free(s->random);
    free(s);
}

void session_set_wall(struct session *s, uint64_t now_ms, uint64_t wall_ms)
{
    s->wall_at_ms = now_ms;
    s->wall_ms = wall_ms;
}

int session_restore_prekey(struct session *s, const struct session_prekey_row *row)
{
    int rc = s->open ? 0 : keys_ring_add(s->ring, row->secret, row->made_ms);
    return rc == ERROR_KEY ? ERROR_STORE : rc;
}

void session_forget_pins(struct session *s)
{
    pinned_clear(&s->pins);
    room_judge_all(s);
}

int session_restore_pin(struct session *s, const struct session_pin_row *row)
{
    int rc = pinned_put(&s->pins, row->nick, row->identity, row->verified);
    room_judge_named(s, row->nick);
    return rc;
}

static bool is_fit(const struct session_peer_row *row)
{
    uint8_t identity[KEYS_LEN], exchange[KEYS_LEN];
    return !row->has_prekey ||
           (keys_text_parse(row->identity, strlen(row->identity), identity) == 0 &&
            keys_exchange_public(identity, exchange) == 0 && keys_prekey_check(row->prekey) == 0);
}

int session_restore_peer(struct session *s, const struct session_peer_row *row)
{
    if (row->id == 0 || peers_find(&s->peers, row->id) || !is_fit(row))
        return ERROR_STORE;
    struct peer *peer = machine_add_peer(s, row);
    if (!peer)
        return s->error;
    peer->saved = true;
    s->peer = peer;
    s->returning = true;
    return 0;
}

static int restore_ours(struct peer *peer, const struct session_stream_row *row)
{
    size_t at;
    if (row->last == 0 || row->receipted > row->last ||
        streams_find_ours(&peer->streams, row->stream, &at))
        return ERROR_STORE;
    struct outbound *o = streams_add_ours(&peer->streams, row->stream, row->order);
    if (!o)
        return ERROR_NOMEM;
    o->last = o->saved = o->sent = row->last;
    o->receipted = row->receipted;
    return 0;
}

static int restore_theirs(struct peer *peer, const struct session_stream_row *row)
{
    if (row->last == 0 || streams_find_theirs(&peer->streams, row->stream))
        return ERROR_STORE;
    struct inbound *in = streams_add_theirs(&peer->streams, row->stream);
    if (!in)
        return ERROR_NOMEM;
    in->order = row->order;
    in->place = in->saved = row->last;
    if (row->order >= peer->order) {
        peer->order = row->order;
        peer->taken_stream = peer->shown_stream = row->stream;
        peer->taken_n = peer->shown_n = row->last;
    }
    return 0;
}

int session_restore_stream(struct session *s, const struct session_stream_row *row)
{
    struct peer *peer = peers_find(&s->peers, row->peer);
    if (!peer)
        return ERROR_STORE;
    return row->mine ? restore_ours(peer, row) : restore_theirs(peer, row);
}

int session_restore_message(struct session *s, const struct session_message_row *row)
{
    s->returning = true;
    return outbox_restore(s, row);
}

void session_restore_counter(struct session *s, uint64_t next_id)
{
    s->next_id = next_id;
}

int session_start(struct session *s, uint64_t now_ms)
{
    s->now_ms = now_ms;
    prekeys_renew(s);
    uplink_start(s);
    return s->error;
}

int session_connected(struct session *s, uint64_t now_ms)
{
    s->now_ms = now_ms;
    uplink_connected(s);
    return s->error;
}

int session_lost(struct session *s, const char *why, uint64_t now_ms)
{
    s->now_ms = now_ms;
    uplink_lost(s, why);
    return s->error;
}

int session_stop(struct session *s, const char *why, uint64_t now_ms)
{
    s->now_ms = now_ms;
    uplink_stop(s, why);
    return s->error;
}

void session_retry(struct session *s, uint64_t now_ms)
{
    s->now_ms = now_ms;
    uplink_retry(s);
}

int session_input(struct session *s, const uint8_t *bytes, size_t len, uint64_t now_ms)
{
    s->now_ms = now_ms;
    if (s->error == 0)
        intake_input(s, bytes, len);
    return s->error;
}

const uint8_t *session_output(struct session *s, size_t *len)
{
    *len = 0;
    if (s->error == 0 && uplink_is_joined(s)) {
        inbox_put_receipts(s);
        sender_pump(s);
        if (!s->unsaved)
            uplink_say_bye(s);
    }
    return s->error ? NULL : buffer_peek(&s->output, len);
}

void session_consume(struct session *s, size_t len, uint64_t now_ms)
{
    s->now_ms = now_ms;
    buffer_consume(&s->output, len);
}

bool session_wants_input(const struct session *s)
{
    return uplink_is_up(s) && s->output.len < MACHINE_OUTPUT_MAX && !machine_is_full(s);
}

static bool is_signal(enum payload_kind kind)
{
    return kind == PAYLOAD_TYPING || kind == PAYLOAD_AWAY;
}

static bool is_of_a_file(enum payload_kind kind)
{
    return kind >= PAYLOAD_FILE && kind <= PAYLOAD_CHUNK;
}

int session_send(struct session *s, const struct payload *p, uint64_t now_ms, uint64_t *id)
{
    s->now_ms = now_ms;
    if (s->error)
        return s->error;
    if (p->kind == PAYLOAD_UNKNOWN || p->kind == PAYLOAD_RECEIPT || is_signal(p->kind) ||
        is_of_a_file(p->kind))
        return ERROR_STATE;
    int rc = outbox_compose(s, p, id);
    if (rc == ERROR_PAYLOAD)
        return rc;
    machine_fail(s, rc);
    return s->error;
}

int session_signal(struct session *s, const struct payload *p, uint64_t now_ms)
{
    s->now_ms = now_ms;
    if (!is_signal(p->kind))
        return ERROR_STATE;
    if (p->kind == PAYLOAD_AWAY)
        s->away = p->active;
    if (s->error == 0 && machine_sees_peer(s))
        sender_put_signal(s, p);
    return s->error;
}

int session_accept(struct session *s, uint64_t now_ms)
{
    s->now_ms = now_ms;
    if (s->error)
        return s->error;
    if (session_get_trust(s) != SESSION_HELD)
        return ERROR_STATE;
    room_accept(s);
    return s->error;
}

int session_verify(struct session *s, uint64_t now_ms)
{
    s->now_ms = now_ms;
    if (s->error)
        return s->error;
    enum session_trust trust = session_get_trust(s);
    if (trust != SESSION_SEALED && trust != SESSION_VERIFIED)
        return ERROR_STATE;
    room_verify(s);
    return s->error;
}

int session_quit(struct session *s, bool leave, uint64_t now_ms)
{
    s->now_ms = now_ms;
    uplink_quit(s, leave);
    return s->error;
}

int session_committed(struct session *s, uint64_t now_ms)
{
    s->now_ms = now_ms;
    if (s->error)
        return s->error;
    assert(!events_ready(&s->events)); /* what is saved was pulled before it was committed */
    s->unsaved = false;
    prekeys_committed(s);
    outbox_committed(s);
    inbox_committed(s);
    transfer_committed(s);
    machine_fail(s, events_release(&s->events));
    return s->error;
}

int session_loaded(struct session *s, const struct session_message_row *row)
{
    return s->error ? s->error : sender_loaded(s, row);
}

int session_load_done(struct session *s, uint64_t now_ms)
{
    s->now_ms = now_ms;
    if (s->error == 0)
        sender_load_done(s);
    return s->error;
}

int session_next(struct session *s, struct session_event *event)
{
    if (!events_ready(&s->events)) {
        intake_go_on(s);
        transfer_pump(s);
    }
    if (s->error)
        return s->error;
    if (!events_next(&s->events, event))
        return 0;
    if (event->type == SESSION_SAVE_PREKEY) /* no copy is made of it */
        event->prekey_row.secret = keys_ring_newest(s->ring)->secret;
    return 1;
}

uint64_t session_deadline(const struct session *s)
{
    if (events_ready(&s->events))
        return 0;
    uint64_t deadline = uplink_deadline(s);
    const uint64_t others[] = {sender_deadline(s), inbox_deadline(s), prekeys_deadline(s)};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (others[i] < deadline)
            deadline = others[i];
    return deadline;
}

int session_tick(struct session *s, uint64_t now_ms)
{
    s->now_ms = now_ms;
    if (s->error == 0) {
        uplink_tick(s);
        prekeys_tick(s);
        sender_tick(s);
        inbox_tick(s);
    }
    return s->error;
}

enum session_state session_get_state(const struct session *s)
{
    return s->uplink.state;
}

size_t session_undelivered(const struct session *s)
{
    return s->undelivered;
}

uint64_t session_round_trip_ms(const struct session *s)
{
    return s->uplink.round_trip_ms;
}

enum session_trust session_get_trust(const struct session *s)
{
    return room_trust(s);
}

const char *session_peer_identity(const struct session *s)
{
    const struct peer *peer = s->held ? s->held : s->peer;
    return peer ? peer->identity : NULL;
}

const char *session_peer_nick(const struct session *s)
{
    if (s->held)
        return s->held->nick.text;
    return s->peer ? s->peer->nick.text : NULL; /* NULL too where it is not known */
}

uint32_t session_peer_id(const struct session *s)
{
    return s->peer ? s->peer->id : 0;
}

const char *session_nick(const struct session *s, uint32_t peer)
{
    const struct peer *found = peers_find(&s->peers, peer);
    return found ? found->nick.text : NULL;
}
