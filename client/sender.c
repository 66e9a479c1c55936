#include "sender.h"

#include "error.h"
#include "machine.h"
#include "outbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOAD_ROOM = SESSION_WINDOW / 4, /* nothing is loaded for less of the window */
    LOAD_OUTPUT = 64 << 10,         /* no more of what is loaded is put into the output */
};

static bool is_before(size_t at, uint64_t n, size_t other_at, uint64_t other_n)
{
    return at < other_at || (at == other_at && n < other_n);
}

/* What is sent again from a place on is not on its way now. */
static void recall(struct peer *peer, size_t at, uint64_t n)
{
    while (peer->flights_count > 0) {
        const struct flight *last = &peer->flights[peer->flights_count - 1];
        if (is_before(last->at, last->n, at, n))
            return;
        peer->flying -= last->cost;
        peer->flights_count--;
    }
}

static void move_back(struct session *s, struct peer *peer, const struct cursor *to)
{
    struct cursor *next = &peer->next;
    if (is_before(next->at, next->n, to->at, to->n))
        return;
    if (next->at == to->at && next->n == to->n) {
        next->probe &= to->probe;
        return;
    }
    recall(peer, to->at, to->n);
    *next = *to;
    if (peer == s->peer)
        s->load.valid = false;
}

/* The first message that has no receipt and is not stored, else the very last. */
static struct cursor find_first_missing(const struct streams *streams)
{
    for (size_t at = 0; at < streams->ours_count; at++) {
        const struct outbound *o = streams->ours[at];
        for (size_t i = 0; i < o->count; i++)
            if (outbound_get(o, i)->mark == SESSION_WAITING)
                return (struct cursor){.at = at, .n = outbound_get(o, i)->n};
    }
    const struct outbound *newest = streams_newest(streams);
    if (!newest)
        return (struct cursor){.n = 1};
    bool stored = newest->count > 0;
    return (struct cursor){
        .at = streams->ours_count - 1,
        .n = stored ? newest->last + 1 : newest->last,
        .probe = !stored,
    };
}

void sender_go_back(struct session *s, struct peer *peer)
{
    peer->gone_back = true;
    const struct cursor to = find_first_missing(&peer->streams);
    move_back(s, peer, &to);
}

void sender_peer_appeared(struct session *s, struct peer *peer)
{
    peer->hold_ms = 0;
    sender_go_back(s, peer);
}

void sender_send_again(struct session *s, struct peer *peer, size_t at, uint64_t n)
{
    move_back(s, peer, &(struct cursor){.at = at, .n = n});
}

void sender_release(struct peer *peer)
{
    peer->releases++;
    if (peer->hold_ms != UINT64_MAX)
        peer->hold_ms = 0;
}

void sender_landed(struct peer *peer, size_t at, const struct header_run *run)
{
    size_t kept = 0;
    for (size_t i = 0; i < peer->flights_count; i++) {
        const struct flight *f = &peer->flights[i];
        if (f->at == at && f->n >= run->first && f->n <= run->n)
            peer->flying -= f->cost;
        else
            peer->flights[kept++] = *f;
    }
    peer->flights_count = kept;
}

void sender_skip(struct session *s, struct peer *peer, size_t at, uint64_t n)
{
    struct cursor *next = &peer->next;
    if (next->at != at || next->n > n)
        return;
    *next = (struct cursor){.at = at, .n = n + 1};
    if (peer == s->peer)
        s->load.valid = false;
    /* A receipt that waited at the relay may be older than the peer's disk: something must be sent.
     */
    if (peer->gone_back)
        sender_go_back(s, peer);
}

/* Whether the end of the hold overtook the refusal of a message that began it, as a receipt may. */
static bool was_released(const struct peer *peer, size_t at, uint64_t n)
{
    for (size_t i = 0; i < peer->flights_count; i++) {
        const struct flight *f = &peer->flights[i];
        if (f->at == at && f->n == n)
            return f->releases != peer->releases;
    }
    return false;
}

void sender_refused(struct session *s, const struct header *h)
{
    size_t at;
    struct peer *peer = peers_find_stream(&s->peers, h->stream, &at);
    if (!peer)
        return;
    bool released = was_released(peer, at, h->n);
    sender_send_again(s, peer, at, h->n);
    if (h->code == CODE_QUOTA) {
        if (!released)
            peer->hold_ms = s->now_ms + SESSION_QUOTA_MS;
    } else {
        peer->hold_ms = UINT64_MAX;
        outbox_set_stored(s, peer, NULL, 0); /* the seat was freed */
    }
    const struct outgoing *message = outbox_find(s, h->stream, h->n);
    if (!message || message->head)
        return;
    const struct session_event event = {
        .type = SESSION_REFUSED,
        .refused = {.id = message->id, .code = h->code},
    };
    machine_emit(s, &event);
}

enum next {
    NEXT_NONE,
    NEXT_MESSAGE, /* one without a receipt */
    NEXT_LOAD,    /* one that only the history has */
};

/* Moves the cursor to what it stands before. */
static enum next find_next(struct peer *peer, struct outgoing **message)
{
    struct cursor *next = &peer->next;
    while (next->at < peer->streams.ours_count) {
        const struct outbound *o = peer->streams.ours[next->at];
        if (next->n <= o->receipted)
            return NEXT_LOAD;
        *message = outbound_find(o, next->n);
        uint64_t n = *message ? (*message)->n : o->last + 1;
        if (n > next->n) { /* lost from our disk */
            next->n = n;
            next->first = true;
        }
        if (*message)
            return n <= o->saved ? NEXT_MESSAGE : NEXT_NONE;
        if (next->at + 1 == peer->streams.ours_count)
            return NEXT_NONE;
        next->at++;
        next->n = 1;
    }
    return NEXT_NONE;
}

static bool add_flight(struct peer *peer, const struct flight *flight)
{
    if (peer->flights_count == peer->flights_size) {
        size_t size = peer->flights_size ? 2 * peer->flights_size : 16;
        struct flight *flights = realloc(peer->flights, size * sizeof *flights);
        if (!flights)
            return false;
        peer->flights = flights;
        peer->flights_size = size;
    }
    peer->flights[peer->flights_count++] = *flight;
    peer->flying += flight->cost;
    return true;
}

/* Makes the content of the message that the cursor stands before. */
static int make_content(struct session *s, struct peer *peer, struct envelope_bytes payload)
{
    const struct cursor *next = &peer->next;
    const struct seal_place place = {SEAL_MESSAGE, peer->streams.ours[next->at]->stream, next->n};
    buffer_truncate(&s->scratch, 0);
    buffer_truncate(&s->content, 0);
    if (next->first) {
        int rc = envelope_put_first(payload, &s->scratch);
        if (rc)
            return rc;
        payload.at = buffer_peek(&s->scratch, &payload.len);
    }
    return envelope_put(&peer->envelope, &place, payload, &s->content);
}

/* Sends the message that the cursor stands before. False where the window has no room for it. */
static bool send_message(struct session *s, struct envelope_bytes payload, bool stored)
{
    struct peer *peer = s->peer;
    struct cursor *next = &peer->next;
    struct outbound *o = peer->streams.ours[next->at];
    size_t len = payload.len + (next->first ? ENVELOPE_FIRST : 0);
    const struct flight flight = {
        .at = next->at,
        .n = next->n,
        .cost = envelope_len(&peer->envelope, len) + SESSION_MESSAGE_COST,
        .releases = peer->releases,
    };
    if (peer->flying > 0 && peer->flying + flight.cost > SESSION_WINDOW)
        return false;
    int rc = make_content(s, peer, payload);
    if (rc == 0 && !stored && !add_flight(peer, &flight))
        rc = ERROR_NOMEM;
    if (rc) {
        machine_fail(s, rc);
        return false;
    }
    const struct header h = {
        .type = HEADER_MESSAGE,
        .peer = {peer->nick.text, strlen(peer->nick.text)},
        .stream = o->stream,
        .n = next->n,
        .is_first = next->first,
    };
    machine_put(s, &h, &s->content);
    if (next->n > o->sent)
        o->sent = next->n;
    peer->gone_back = false;
    *next = (struct cursor){.at = next->at, .n = next->n + 1};
    return true;
}

static void request_load(struct session *s)
{
    struct peer *peer = s->peer;
    if (s->load.pending || peer->flying > SESSION_WINDOW - LOAD_ROOM)
        return;
    s->load = (struct load){.pending = true, .valid = true};
    const struct session_event event = {
        .type = SESSION_LOAD,
        .load = {.peer = peer->id,
                 .stream = peer->streams.ours[peer->next.at]->stream,
                 .n = peer->next.n},
    };
    machine_emit(s, &event);
}

static bool may_send(const struct session *s)
{
    return s->error == 0 && machine_reaches_peer(s) && s->peer->hold_ms == 0 &&
           envelope_ready(&s->peer->envelope);
}

void sender_pump(struct session *s)
{
    while (may_send(s) && s->output.len < MACHINE_OUTPUT) {
        struct outgoing *message;
        enum next next = find_next(s->peer, &message);
        if (next == NEXT_LOAD)
            request_load(s);
        if (next != NEXT_MESSAGE)
            return;
        /* What is of a file goes to nobody who is not here. */
        bool whole = !message->head || s->peer_state == HEADER_ONLINE;
        const struct envelope_bytes payload = {message->payload,
                                               whole ? message->len : message->head};
        if (!send_message(s, payload, message->mark == SESSION_STORED))
            return;
    }
}

void sender_put_signal(struct session *s, const struct payload *p)
{
    static const struct header h = {.type = HEADER_SIGNAL};
    if (envelope_ready(&s->peer->envelope) && s->output.len < MACHINE_OUTPUT_MAX)
        machine_put_payload(s, s->peer, &h, p);
}

/* What is before message `n` of this stream is nowhere any more. */
static void pass_over(struct cursor *next, uint64_t n)
{
    next->n = n;
    next->first = !next->probe;
    next->probe = false;
}

int sender_loaded(struct session *s, const struct session_message_row *row)
{
    if (!s->load.pending || !s->load.valid)
        return 1;
    s->load.given = true;
    if (!may_send(s) || s->output.len >= LOAD_OUTPUT)
        return 1;
    struct cursor *next = &s->peer->next;
    const struct outbound *o = s->peer->streams.ours[next->at];
    uint64_t n = row->n <= o->receipted ? row->n : o->receipted + 1;
    if (n > next->n)
        pass_over(next, n);
    if (n > o->receipted)
        return 1; /* from here on they are in memory */
    const struct envelope_bytes payload = {row->payload, row->payload_len};
    if (!envelope_is_payload(payload)) {
        machine_fail(s, ERROR_STORE);
        return ERROR_STORE;
    }
    return send_message(s, payload, false) ? 0 : 1;
}

void sender_load_done(struct session *s)
{
    bool lacks = s->load.valid && !s->load.given && may_send(s);
    s->load = (struct load){0};
    if (lacks)
        pass_over(&s->peer->next, s->peer->streams.ours[s->peer->next.at]->receipted + 1);
}

void sender_reset(struct session *s)
{
    s->load.valid = false;
    for (size_t i = 0; i < s->peers.count; i++) {
        struct peer *peer = s->peers.items[i];
        peer->next = (struct cursor){.at = SIZE_MAX};
        peer->flights_count = 0;
        peer->flying = 0;
        peer->doubts = 0;
        envelope_reset(&peer->envelope);
    }
}

uint64_t sender_deadline(const struct session *s)
{
    bool held = machine_reaches_peer(s) && s->peer->hold_ms > 0;
    return held ? s->peer->hold_ms : UINT64_MAX;
}

void sender_tick(struct session *s)
{
    if (s->now_ms >= sender_deadline(s))
        s->peer->hold_ms = 0;
}
