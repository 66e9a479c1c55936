#include "outbox.h"

#include "error.h"
#include "machine.h"
#include "sender.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    DOUBTS_MAX = 2, /* how often we go back for receipts that do not open */
};

static struct session_message_row row_of(const struct peer *peer, const struct outbound *o,
                                         const struct outgoing *message)
{
    return (struct session_message_row){
        .id = message->id,
        .peer = peer->id,
        .mine = true,
        .stream = o->stream,
        .n = message->n,
        .wall_ms = message->wall_ms,
        .mark = message->mark,
        .payload = message->payload,
        .payload_len = message->head ? message->head : message->len,
    };
}

static void save_stream(struct session *s, const struct peer *peer, const struct outbound *o)
{
    const struct session_event event = {
        .type = SESSION_SAVE_STREAM,
        .stream_row = {.peer = peer->id,
                       .mine = true,
                       .stream = o->stream,
                       .order = o->order,
                       .last = o->last,
                       .receipted = o->receipted},
    };
    machine_save(s, &event);
}

static size_t count_undelivered(const struct outgoing *message)
{
    return message->mark == SESSION_WAITING && !message->unspoken;
}

static void set_mark(struct session *s, const struct outbound *o, struct outgoing *message,
                     enum session_mark mark)
{
    if (message->mark == mark)
        return;
    s->undelivered -= count_undelivered(message);
    message->mark = mark;
    s->undelivered += count_undelivered(message);
    if (message->head)
        return;
    struct session_event event = {.type = SESSION_SAVE_MARK, .id = message->id, .mark = mark};
    machine_save(s, &event);
    event.type = SESSION_MARK;
    event.stream = o->stream;
    event.n = message->n;
    machine_hold(s, &event);
}

/* The stream that new messages to a peer belong to. NULL: out of memory. */
static struct outbound *get_current(struct session *s, struct peer *peer)
{
    struct streams *streams = &peer->streams;
    struct outbound *newest = streams_newest(streams);
    if (streams->has_current)
        return newest;
    uint64_t stream;
    size_t at;
    do
        stream = machine_draw(s);
    while (stream == 0 || peers_find_stream(&s->peers, stream, &at));
    struct outbound *o = streams_add_ours(streams, stream, newest ? newest->order + 1 : 1);
    streams->has_current = o != NULL;
    return o;
}

/* Encodes a payload into s->content; message 1 of a stream names the last one before it. */
static int encode(struct session *s, const struct peer *peer, const struct payload *p)
{
    struct payload whole = *p;
    const struct streams *streams = &peer->streams;
    const struct outbound *newest = streams_newest(streams);
    whole.first = false;
    whole.previous = (struct payload_ref){0};
    if (newest && !streams->has_current)
        whole.previous =
            (struct payload_ref){.present = true, .stream = newest->stream, .n = newest->last};
    whole.after = (struct payload_ref){0};
    if (peer->shown_n > 0)
        whole.after =
            (struct payload_ref){.present = true, .stream = peer->shown_stream, .n = peer->shown_n};
    buffer_truncate(&s->content, 0);
    int rc = payload_put(&s->content, &whole);
    struct envelope_bytes made;
    made.at = buffer_peek(&s->content, &made.len);
    if (rc == 0 && !envelope_is_payload(made))
        rc = ERROR_LIMIT;
    return rc == ERROR_LIMIT || rc == ERROR_UTF8 ? ERROR_PAYLOAD : rc;
}

static bool is_unspoken(const struct payload *p)
{
    return p->kind == PAYLOAD_READ || p->kind == PAYLOAD_CHUNK;
}

/* Who a message is for: who is here or was last, or the first one who will appear. */
static struct peer *get_peer(struct session *s)
{
    if (!s->peer)
        s->peer = machine_add_peer(s, &(struct session_peer_row){.nick = "", .identity = ""});
    return s->peer;
}

int outbox_add(struct session *s, struct peer *peer, const struct payload *p,
               struct session_message_row *row)
{
    int rc = encode(s, peer, p);
    if (rc)
        return rc;
    size_t len;
    const uint8_t *payload = buffer_peek(&s->content, &len);
    struct outgoing *message = outgoing_new(row->id, row->wall_ms, payload, len);
    struct outbound *o = message ? get_current(s, peer) : NULL;
    if (o) {
        message->n = o->last + 1;
        message->unspoken = is_unspoken(p);
        message->cancel = p->kind == PAYLOAD_CANCEL;
        message->head = p->kind == PAYLOAD_CHUNK ? len - p->bytes_len : 0;
    }
    if (!o || outbound_put(o, message)) {
        free(message);
        return ERROR_NOMEM;
    }
    o->last = message->n;
    peer->chunks += message->head > 0;
    peer->cancels += message->cancel;
    machine_save_peer(s, peer);
    save_stream(s, peer, o);
    *row = row_of(peer, o, message);
    const struct session_event event = {
        .type = message->head ? SESSION_SAVE_CHUNK : SESSION_SAVE_MESSAGE,
        .message_row = *row,
    };
    machine_save(s, &event);
    return 0;
}

int outbox_say(struct session *s, struct peer *peer, const struct payload *p,
               struct session_message_row *row)
{
    bool seen = p->kind != PAYLOAD_CHUNK;
    *row = (struct session_message_row){.id = seen ? s->next_id : 0, .wall_ms = machine_wall(s)};
    int rc = outbox_add(s, peer, p, row);
    if (rc || !seen)
        return rc;
    machine_hold(s, &(struct session_event){.type = SESSION_MESSAGE, .message_row = *row});
    s->undelivered += !is_unspoken(p);
    s->next_id++;
    return 0;
}

int outbox_compose(struct session *s, const struct payload *p, uint64_t *id)
{
    struct peer *peer = get_peer(s);
    struct session_message_row row;
    int rc = peer ? outbox_say(s, peer, p, &row) : s->error;
    if (rc == 0)
        *id = row.id;
    return rc;
}

int outbox_restore(struct session *s, const struct session_message_row *row)
{
    struct peer *peer = peers_find(&s->peers, row->peer);
    size_t at;
    struct outbound *o = peer ? streams_find_ours(&peer->streams, row->stream, &at) : NULL;
    const struct envelope_bytes payload = {row->payload, row->payload_len};
    struct payload decoded;
    const struct outgoing *there = o ? outbound_find(o, row->n) : NULL;
    if (!o || !envelope_is_payload(payload) || (there && there->n == row->n) ||
        row->n <= o->receipted || row->n > o->last)
        return ERROR_STORE;
    int rc = payload_decode(row->payload, row->payload_len, &s->scratch, &decoded);
    if (rc == ERROR_NOMEM)
        return rc;
    struct outgoing *message = outgoing_new(row->id, row->wall_ms, row->payload, row->payload_len);
    if (!message)
        return ERROR_NOMEM;
    message->n = row->n;
    message->mark = row->mark;
    message->unspoken = is_unspoken(&decoded);
    message->cancel = decoded.kind == PAYLOAD_CANCEL;
    message->head = decoded.kind == PAYLOAD_CHUNK ? row->payload_len : 0;
    rc = outbound_put(o, message);
    if (rc) {
        free(message);
        return rc;
    }
    peer->chunks += message->head > 0;
    peer->cancels += message->cancel;
    s->undelivered += count_undelivered(message);
    return 0;
}

void outbox_committed(struct session *s)
{
    for (size_t i = 0; i < s->peers.count; i++) {
        struct outbound *newest = streams_newest(&s->peers.items[i]->streams);
        if (newest)
            newest->saved = newest->last;
    }
}

static void deliver_chunk(struct session *s, struct peer *peer, const struct outgoing *message)
{
    struct payload p;
    int rc = payload_decode(message->payload, message->len, &s->scratch, &p);
    peer->chunks--;
    machine_fail(s, rc);
    if (rc == 0)
        transfer_chunk_arrived(s, peer, &p);
}

static void deliver(struct session *s, struct peer *peer, struct outbound *o, uint64_t n)
{
    if (n <= o->receipted)
        return;
    struct outgoing *message;
    while ((message = outbound_take(o, n))) {
        set_mark(s, o, message, SESSION_DELIVERED);
        peer->cancels -= message->cancel;
        if (message->head)
            deliver_chunk(s, peer, message);
        free(message);
    }
    o->receipted = n;
    save_stream(s, peer, o);
}

/* The relay forgets what it holds of a stream when the peer asks for it again. */
static void forget_stored(struct session *s, struct outbound *o)
{
    for (size_t i = 0; i < o->count; i++)
        set_mark(s, o, outbound_get(o, i), SESSION_WAITING);
}

/* Whether a receipt is the peer's word. */
static bool opens(struct session *s, struct peer *peer, const struct header *h,
                  const struct frame *frame)
{
    const struct seal_place place = {SEAL_RECEIPT, h->stream, h->n};
    struct envelope_bytes bytes = {frame->content, frame->content_len};
    struct payload p;
    int rc = envelope_open(&peer->envelope, &place, &bytes, &s->content);
    if (rc == 0)
        rc = payload_decode(bytes.at, bytes.len, &s->scratch, &p);
    if (rc == ERROR_NOMEM)
        machine_fail(s, rc);
    return rc == 0 && p.kind == PAYLOAD_RECEIPT;
}

void outbox_take_receipt(struct session *s, const struct header *h, const struct frame *frame)
{
    size_t at;
    struct peer *peer = peers_find_stream(&s->peers, h->stream, &at);
    if (!peer)
        return; /* of a stream that our disk has forgotten */
    if (!peer->trusted || !opens(s, peer, h, frame)) {
        if (peer->doubts++ < DOUBTS_MAX)
            sender_go_back(s, peer);
        return;
    }
    struct outbound *o = peer->streams.ours[at];
    uint64_t n = h->n < o->sent ? h->n : o->sent;
    deliver(s, peer, o, n);
    sender_landed(peer, at, &(struct header_run){o->stream, 1, n});
    sender_release(peer);
    sender_skip(s, peer, at, n);
    if (h->resend) {
        forget_stored(s, o);
        sender_send_again(s, peer, at, n + 1);
    }
    transfer_receipted(s);
}

void outbox_take_stored(struct session *s, const struct header_run *run)
{
    size_t at;
    struct peer *peer = peers_find_stream(&s->peers, run->stream, &at);
    if (!peer)
        return;
    struct outbound *o = peer->streams.ours[at];
    const struct header_run known = {run->stream, run->first, run->n < o->sent ? run->n : o->sent};
    size_t end = outbound_count_before(o, known.n + 1);
    bool news = false;
    for (size_t i = outbound_count_before(o, known.first); i < end; i++) {
        news |= outbound_get(o, i)->mark != SESSION_STORED;
        set_mark(s, o, outbound_get(o, i), SESSION_STORED);
    }
    sender_landed(peer, at, &known);
    if (news) /* what was stored before came behind a message that was refused, and says nothing */
        sender_release(peer);
}

void outbox_take_read(struct session *s, struct peer *peer, const struct payload_ref *target)
{
    size_t at;
    const struct outbound *o = streams_find_ours(&peer->streams, target->stream, &at);
    uint64_t n = o && target->n < o->receipted ? target->n : o ? o->receipted : 0;
    if (n == 0)
        return;
    struct session_event event = {
        .type = SESSION_SAVE_SEEN,
        .load = {.peer = peer->id, .stream = target->stream, .n = n},
    };
    machine_save(s, &event);
    event.type = SESSION_SEEN_UP_TO;
    machine_hold(s, &event);
}

static bool is_in_runs(const struct header_run *runs, size_t count, const struct outbound *o,
                       uint64_t n)
{
    for (size_t i = 0; i < count; i++)
        if (runs[i].stream == o->stream && n >= runs[i].first && n <= runs[i].n)
            return n <= o->sent;
    return false;
}

bool outbox_set_stored(struct session *s, struct peer *peer, const struct header_run *runs,
                       size_t count)
{
    bool lost = false;
    for (size_t i = 0; i < peer->streams.ours_count; i++) {
        struct outbound *o = peer->streams.ours[i];
        for (size_t j = 0; j < o->count; j++) {
            struct outgoing *message = outbound_get(o, j);
            bool stored = is_in_runs(runs, count, o, message->n);
            lost |= !stored && message->mark == SESSION_STORED;
            set_mark(s, o, message, stored ? SESSION_STORED : SESSION_WAITING);
        }
    }
    return lost;
}

struct outgoing *outbox_find(struct session *s, uint64_t stream, uint64_t n)
{
    size_t at;
    struct peer *peer = peers_find_stream(&s->peers, stream, &at);
    struct outgoing *message = peer ? outbound_find(peer->streams.ours[at], n) : NULL;
    return message && message->n == n ? message : NULL;
}
