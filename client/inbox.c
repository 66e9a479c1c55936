#include "inbox.h"

#include "error.h"
#include "machine.h"
#include "outbox.h"
#include "payload.h"

#include <stdio.h>
#include <string.h>

enum {
    ASK_WAIT_MAX_MS = SESSION_RESEND_MS << 16, /* about a week */
    UNOPENED_WARN = 2,
};

/* A message that came, opened. */
struct incoming {
    const struct header *h;
    struct envelope_bytes payload;
    struct payload decoded;
};

/* Lists a stream in which something is to be done. */
static void list(struct peer *peer, struct inbound *in)
{
    if (in->listed)
        return;
    in->listed = true;
    in->next = NULL;
    if (peer->changed)
        peer->changed_last->next = in;
    else
        peer->changed = in;
    peer->changed_last = in;
}

static void unlist(struct peer *peer, struct inbound *in)
{
    if (!in->listed)
        return;
    struct inbound *before = NULL;
    for (struct inbound *i = peer->changed; i != in; i = i->next)
        before = i;
    if (before)
        before->next = in->next;
    else
        peer->changed = in->next;
    if (peer->changed_last == in)
        peer->changed_last = before;
    in->listed = false;
}

static uint64_t place_of(const struct peer *peer, uint64_t stream)
{
    const struct inbound *in = streams_find_theirs(&peer->streams, stream);
    return in ? in->place : 0;
}

static bool lacks_previous(const struct peer *peer, const struct inbound *in)
{
    return in->place == 0 && place_of(peer, in->previous_stream) < in->previous_n;
}

static void stop_waiting(struct peer *peer, struct inbound *in)
{
    if (!in->waiting)
        return;
    size_t at = 0;
    while (peer->waiting[at] != in)
        at++;
    memmove(peer->waiting + at, peer->waiting + at + 1,
            (--peer->waiting_count - at) * sizeof(struct inbound *));
    in->waiting = in->ask_due = false;
}

/* Makes room for one more: the oldest is asked for again when its next message comes. */
static void forget_oldest(struct peer *peer)
{
    struct inbound *in = peer->waiting[0];
    stop_waiting(peer, in);
    if (in->place > 0)
        return;
    unlist(peer, in);
    streams_drop_theirs(&peer->streams, in);
}

static void start_waiting(struct peer *peer, struct inbound *in)
{
    if (in->waiting)
        return;
    if (peer->waiting_count == PEERS_WAITING)
        forget_oldest(peer);
    in->waiting = true;
    in->ask_wait_ms = SESSION_RESEND_MS;
    peer->waiting[peer->waiting_count++] = in;
}

/* One of those that are missing came: the rest is probably on its way. */
static void wait_on(const struct session *s, struct inbound *in)
{
    in->ask_due = false;
    in->ask_wait_ms = SESSION_RESEND_MS;
    in->ask_ms = s->now_ms + in->ask_wait_ms;
}

static void ask(struct session *s, struct peer *peer, struct inbound *in)
{
    start_waiting(peer, in);
    in->ask_due = true;
    in->ask_ms = s->now_ms + in->ask_wait_ms;
    list(peer, in);
}

/* The stream that a message belongs to, made where it is new. NULL: the session is poisoned. */
static struct inbound *get_stream(struct session *s, struct peer *peer, uint64_t stream)
{
    struct inbound *in = streams_find_theirs(&peer->streams, stream);
    if (in)
        return in;
    in = streams_add_theirs(&peer->streams, stream);
    if (!in)
        machine_fail(s, ERROR_NOMEM);
    return in;
}

/*
 * A message that cannot be taken: asks once, and again where it does not follow the one before. One
 * that does not open may never do, however soon it comes again: that one has time.
 */
static void refuse(struct session *s, struct peer *peer, struct inbound *in, uint64_t n, bool opens)
{
    bool follows = in->came > 0 && n == in->came + 1;
    in->came = n;
    if (opens && n > in->seen)
        in->seen = n;
    if (!in->waiting || (opens && !follows))
        ask(s, peer, in);
}

static void save_place(struct session *s, struct peer *peer, const struct inbound *in)
{
    machine_save_peer(s, peer);
    const struct session_event stream = {
        .type = SESSION_SAVE_STREAM,
        .stream_row = {.peer = peer->id,
                       .stream = in->stream,
                       .order = in->order,
                       .last = in->place},
    };
    machine_save(s, &stream);
}

/* Saves a message and shows it. */
static void show(struct session *s, const struct peer *peer, const struct incoming *m)
{
    const struct session_message_row row = {
        .id = s->next_id++,
        .peer = peer->id,
        .stream = m->h->stream,
        .n = m->h->n,
        .wall_ms = m->h->time,
        .mark = SESSION_DELIVERED,
        .payload = m->payload.at,
        .payload_len = m->payload.len,
    };
    machine_save(s, &(struct session_event){.type = SESSION_SAVE_MESSAGE, .message_row = row});
    machine_hold(s, &(struct session_event){.type = SESSION_MESSAGE, .message_row = row});
}

static void take(struct session *s, struct peer *peer, struct inbound *in, const struct incoming *m,
                 bool missing)
{
    if (m->h->n >= in->seen) /* else there is still a gap before that */
        stop_waiting(peer, in);
    else if (in->waiting)
        wait_on(s, in);
    if (in->place == 0)
        in->order = ++peer->order;
    in->place = in->came = m->h->n;
    in->previous_n = 0;
    in->unopened = 0;
    in->unsaved = true;
    list(peer, in);
    peer->taken_stream = m->h->stream;
    peer->taken_n = m->h->n;

    save_place(s, peer, in);
    uint64_t id = s->next_id;
    if (missing)
        machine_hold(s, &(struct session_event){.type = SESSION_MISSING, .id = id});
    if (m->decoded.kind != PAYLOAD_CHUNK)
        show(s, peer, m);
    if (m->decoded.kind == PAYLOAD_READ)
        outbox_take_read(s, peer, &m->decoded.target);
    transfer_hear(s, peer, &m->decoded, id);
}

static void warn_unopened(struct session *s, struct peer *peer, struct inbound *in)
{
    if (++in->unopened < UNOPENED_WARN || peer->warned)
        return;
    peer->warned = true;
    char text[NAME_NICK_BYTES + 80];
    snprintf(text, sizeof text, "a message from %s does not open; asking for it again",
             peer->nick.text);
    machine_notice(s, text);
}

/*
 * Opens a message. One that opens and cannot be read is one of a kind that is not known: asked for
 * again it would be the same. ERROR_SEAL where it is no message of this peer's, ERROR_NOMEM.
 */
static int open_message(struct session *s, struct peer *peer, const struct frame *frame,
                        struct incoming *m)
{
    const struct seal_place place = {SEAL_MESSAGE, m->h->stream, m->h->n};
    if (!peer->trusted)
        return ERROR_SEAL;
    m->payload = (struct envelope_bytes){frame->content, frame->content_len};
    int rc = envelope_open(&peer->envelope, &place, &m->payload, &s->content);
    if (rc)
        return rc;
    if (m->payload.len == 0)
        m->payload.at = frame->content; /* nothing, but somewhere */
    rc = payload_decode(m->payload.at, m->payload.len, &s->scratch, &m->decoded);
    return rc == ERROR_PAYLOAD ? 0 : rc;
}

/* It may be from somebody who has the same nick and is not the one that we trust. */
static void take_unopened(struct session *s, struct peer *peer, const struct header *h)
{
    if (s->held && name_matches(&s->held->nick, h->peer.at, h->peer.len))
        peer = s->held;
    struct inbound *in = get_stream(s, peer, h->stream);
    if (!in)
        return;
    if (peer->trusted)
        warn_unopened(s, peer, in);
    refuse(s, peer, in, h->n, false);
}

void inbox_take(struct session *s, struct peer *peer, const struct header *h,
                const struct frame *frame)
{
    struct inbound *in = streams_find_theirs(&peer->streams, h->stream);
    if (in && h->n <= in->place) {
        in->came = h->n;
        in->receipt_due = true;
        list(peer, in);
        return;
    }
    struct incoming m = {.h = h};
    int rc = open_message(s, peer, frame, &m);
    if (rc == ERROR_SEAL) {
        take_unopened(s, peer, h);
        return;
    }
    machine_fail(s, rc);
    in = rc == 0 ? get_stream(s, peer, h->stream) : NULL;
    if (!in)
        return;
    if (h->n == 1 && m.decoded.previous.present) {
        in->previous_stream = m.decoded.previous.stream;
        in->previous_n = m.decoded.previous.n;
    }
    bool fits = h->n == in->place + 1 && !lacks_previous(peer, in);
    if (fits || m.decoded.first)
        take(s, peer, in, &m, !fits);
    else
        refuse(s, peer, in, h->n, true);
}

void inbox_committed(struct session *s)
{
    for (size_t i = 0; i < s->peers.count; i++) {
        struct peer *peer = s->peers.items[i];
        for (struct inbound *in = peer->changed; in; in = in->next) {
            if (!in->unsaved)
                continue;
            in->saved = in->place;
            in->unsaved = false;
            in->receipt_due = true;
        }
        peer->shown_stream = peer->taken_stream;
        peer->shown_n = peer->taken_n;
    }
}

static void put_receipt(struct session *s, struct peer *peer, uint64_t stream, uint64_t n,
                        bool resend)
{
    static const struct payload proof = {.kind = PAYLOAD_RECEIPT};
    const struct header h = {.type = HEADER_RECEIPT, .stream = stream, .n = n, .resend = resend};
    machine_put_payload(s, peer, &h, &proof);
}

static void put_receipts_of(struct session *s, struct peer *peer, struct inbound *in)
{
    if (in->ask_due && lacks_previous(peer, in))
        put_receipt(s, peer, in->previous_stream, place_of(peer, in->previous_stream), true);
    if (in->ask_due || (in->receipt_due && peer->trusted))
        put_receipt(s, peer, in->stream, in->saved, in->ask_due);
    in->ask_due = in->receipt_due = false;
}

void inbox_put_receipts(struct session *s)
{
    /* While something is not on disk our places are not what they seem. */
    if (s->unsaved || !uplink_is_joined(s))
        return;
    for (size_t i = 0; i < s->peers.count && s->output.len < MACHINE_OUTPUT_MAX; i++) {
        struct peer *peer = s->peers.items[i];
        if (!envelope_ready(&peer->envelope))
            continue;
        while (peer->changed && s->output.len < MACHINE_OUTPUT_MAX) {
            struct inbound *in = peer->changed;
            put_receipts_of(s, peer, in);
            unlist(peer, in);
        }
    }
}

void inbox_peer_appeared(struct session *s, struct peer *peer)
{
    for (size_t i = 0; i < peer->waiting_count; i++) {
        peer->waiting[i]->ask_wait_ms = SESSION_RESEND_MS;
        ask(s, peer, peer->waiting[i]);
    }
}

void inbox_adopt(struct session *s, struct peer *peer, const struct peer *nameless)
{
    for (size_t i = 0; i < nameless->waiting_count && s->error == 0; i++) {
        struct inbound *in = get_stream(s, peer, nameless->waiting[i]->stream);
        if (in)
            ask(s, peer, in);
    }
}

void inbox_reset(struct session *s)
{
    for (size_t i = 0; i < s->peers.count; i++) {
        struct peer *peer = s->peers.items[i];
        peer->warned = false;
        for (size_t j = 0; j < peer->streams.theirs_count; j++) {
            struct inbound *in = peer->streams.theirs[j];
            in->came = 0;
            in->receipt_due = in->ask_due = false;
            if (!in->unsaved)
                unlist(peer, in);
        }
    }
}

uint64_t inbox_deadline(const struct session *s)
{
    uint64_t deadline = UINT64_MAX;
    if (!machine_reaches_peer(s))
        return deadline;
    for (size_t i = 0; i < s->peer->waiting_count; i++)
        if (s->peer->waiting[i]->ask_ms < deadline)
            deadline = s->peer->waiting[i]->ask_ms;
    return deadline;
}

void inbox_tick(struct session *s)
{
    if (s->now_ms < inbox_deadline(s))
        return;
    for (size_t i = 0; i < s->peer->waiting_count; i++) {
        struct inbound *in = s->peer->waiting[i];
        if (s->now_ms < in->ask_ms)
            continue;
        if (in->ask_wait_ms < ASK_WAIT_MAX_MS)
            in->ask_wait_ms *= 2;
        ask(s, s->peer, in);
    }
}
