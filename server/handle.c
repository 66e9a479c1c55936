#include "handle.h"

#include "error.h"
#include "hello.h"
#include "output.h"
#include "queue.h"
#include "receipt.h"
#include "seat.h"

#include <string.h>

static struct json_string nick_of(const struct seat *s)
{
    return (struct json_string){s->nick.text, strlen(s->nick.text)};
}

/* The peer, where `to` names it; NULL otherwise. */
static struct seat *find_peer(const struct relay_client *c, const struct header *h)
{
    struct seat *peer = c->seat->peer;
    return peer && name_matches(&peer->nick, h->peer.at, h->peer.len) ? peer : NULL;
}

/* A repeat is not taken again; where it is on disk, that is said again. */
static void take_repeat(struct relay *r, struct relay_client *c, struct stream *s, uint64_t n)
{
    r->counters.repeats++;
    if (s->awaited == n) /* it was to be forgotten, and the disk had no place for that */
        s->awaited = 0;
    if (s->stored_n >= n && s->stored_first <= n)
        output_stored(r, c, s, n, n);
}

static void refuse(struct relay *r, struct relay_client *c, struct stream *s,
                   const struct header *h)
{
    r->counters.quota++;
    stream_await(s, h->n);
    output_error(r, c, CODE_QUOTA, h);
}

static void take_message(struct relay *r, struct relay_client *c, struct header *h,
                         const struct frame *frame)
{
    struct seat *from = c->seat, *to = find_peer(c, h);
    if (!to) {
        output_error(r, c, CODE_NO_SUCH_PEER, h);
        return;
    }
    struct stream *s = stream_get(r, to, from->sender, h->stream);
    if (!s) {
        client_break(r, c);
        return;
    }
    if (h->n <= s->newest) {
        take_repeat(r, c, s, h->n);
        return;
    }
    if (stream_refuses(s, h->n) && !h->is_first)
        return;
    enum header_code code = queue_judge(r, to, frame->content_len + RELAY_MESSAGE_COST);
    if (code == CODE_WINDOW) {
        client_fail(r, c, code, h);
        return;
    }
    if (code == CODE_QUOTA) {
        refuse(r, c, s, h);
        return;
    }
    h->peer = nick_of(from);
    h->time = core_wall_ms(r);
    h->numbers = r->decoder.numbers;
    struct message *m = queue_encode(r, s, h, frame);
    if (!m) {
        client_break(r, c);
        return;
    }
    stream_set_newest(s, h->n);
    s->awaited = 0;
    r->counters.messages++;
    r->counters.bytes += frame->content_len;
    bool live = queue_is_live(to);
    if (!live)
        c->saves_in = r->transaction + 1;
    queue_append(r, m, live ? MESSAGE_LIVE : MESSAGE_SAVING);
    if (to->client)
        client_touch(r, to->client);
    else
        seat_update(r, to);
}

static void take_signal(struct relay *r, struct relay_client *c, struct header *h,
                        const struct frame *frame)
{
    struct seat *to = find_peer(c, h);
    if (!to) {
        output_error(r, c, CODE_NO_SUCH_PEER, NULL);
        return;
    }
    if (!to->client || to->client->waiting + frame->content_len > OUTPUT_SIGNALS_MAX)
        return;
    h->peer = nick_of(c->seat);
    h->time = core_wall_ms(r);
    r->counters.signals++;
    output_send(r, to->client, h, frame->content, frame->content_len);
}

static void take_ping(struct relay *r, struct relay_client *c, struct header *h,
                      const struct frame *frame)
{
    (void)frame;
    const struct header pong = {.type = HEADER_PONG, .has_id = h->has_id, .id = h->id};
    output_send(r, c, &pong, NULL, 0);
}

static void take_pong(struct relay *r, struct relay_client *c, struct header *h,
                      const struct frame *frame)
{
    (void)r, (void)c, (void)h, (void)frame; /* that something came was noted already */
}

static void take_keys(struct relay *r, struct relay_client *c, struct header *h,
                      const struct frame *frame)
{
    (void)frame;
    hello_take_keys(r, c, h);
}

static void take_bye(struct relay *r, struct relay_client *c, struct header *h,
                     const struct frame *frame)
{
    (void)frame;
    client_finish(r, c, h->leave);
}

/* What a client that joined may send. What goes on to the peer goes on in the same header. */
static void (*const takes[HEADER_TYPES])(struct relay *r, struct relay_client *c, struct header *h,
                                         const struct frame *frame) = {
    [HEADER_KEYS] = take_keys,     [HEADER_MESSAGE] = take_message, [HEADER_RECEIPT] = receipt_take,
    [HEADER_SIGNAL] = take_signal, [HEADER_PING] = take_ping,       [HEADER_PONG] = take_pong,
    [HEADER_BYE] = take_bye,
};

void handle_frame(struct relay *r, struct relay_client *c, const struct frame *frame)
{
    struct header *h = &r->header;
    int rc = header_decode(&r->decoder, HEADER_FROM_CLIENT, frame, h);
    enum header_type type = r->decoder.type;
    if (rc == ERROR_NOMEM)
        client_break(r, c);
    else if (rc && type == HEADER_UNKNOWN)
        client_fail(r, c, CODE_BAD_HEADER, NULL);
    else if ((type == HEADER_HELLO) != (c->state == CLIENT_NEW))
        client_fail(r, c, CODE_BAD_STATE, NULL);
    else if (rc)
        client_fail(r, c, rc == ERROR_FRAME ? CODE_BAD_FRAME : CODE_BAD_HEADER, NULL);
    else if (type == HEADER_UNKNOWN)
        output_error(r, c, CODE_UNKNOWN_TYPE, NULL);
    else if (type == HEADER_HELLO)
        hello_take(r, c, h);
    else
        takes[type](r, c, h, frame);
}
