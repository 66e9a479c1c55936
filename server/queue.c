#include "queue.h"

#include "disk.h"
#include "header.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static struct message *of_run(struct link *l)
{
    return LINK_OF(l, struct message, in_run);
}

static struct message *message_alloc(struct relay *r, struct stream *s, uint64_t n, uint64_t cost,
                                     size_t len)
{
    struct message *m = pool_take(&r->pool, sizeof *m + len);
    if (!m)
        return NULL;
    *m = (struct message){.stream = s, .n = n, .cost = (uint32_t)cost, .len = (uint32_t)len};
    link_init(&m->in_run);
    link_init(&m->in_stream);
    link_init(&m->save.link);
    return m;
}

void queue_free(struct relay *r, struct message *m)
{
    pool_give(&r->pool, m, sizeof *m + m->len);
}

struct message *queue_new(struct relay *r, struct stream *s, uint64_t n, uint64_t cost,
                          const uint8_t *frame, size_t len)
{
    struct message *m = message_alloc(r, s, n, cost, len);
    if (m)
        memcpy(m->frame, frame, len);
    return m;
}

struct message *queue_encode(struct relay *r, struct stream *s, const struct header *header,
                             const struct frame *frame)
{
    /* The header alone goes through the scratch: the content, which may be large, is copied once.
     */
    buffer_truncate(&r->scratch, 0);
    if (header_put(&r->scratch, HEADER_FROM_RELAY, header, NULL, 0))
        return NULL;
    size_t head_len;
    const uint8_t *head = buffer_peek(&r->scratch, &head_len);
    struct message *m = message_alloc(r, s, header->n, frame->content_len + RELAY_MESSAGE_COST,
                                      head_len + frame->content_len);
    if (!m)
        return NULL;
    memcpy(m->frame, head, head_len);
    if (frame->content_len)
        memcpy(m->frame + head_len, frame->content, frame->content_len);
    frame_write_prefix(m->frame, head_len - FRAME_PREFIX, frame->content_len);
    return m;
}

void queue_hold(struct relay *r, struct message *m)
{
    struct seat *to = m->stream->seat;
    m->stream->held += m->cost;
    to->held += m->cost;
    if (m->stream->sender == to->peer_sender)
        to->held_of_peer += m->cost;
    r->counters.held_bytes += m->cost;
}

void queue_release(struct relay *r, struct message *m)
{
    struct seat *to = m->stream->seat;
    m->stream->held -= m->cost;
    to->held -= m->cost;
    if (m->stream->sender == to->peer_sender)
        to->held_of_peer -= m->cost;
    r->counters.held_bytes -= m->cost;
}

void queue_append(struct relay *r, struct message *m, enum message_place place)
{
    struct seat *to = m->stream->seat;
    m->place = place;
    link_put(&m->stream->messages, &m->in_stream);
    stream_update(m->stream);
    if (place != MESSAGE_LOADED)
        queue_hold(r, m);
    if (place == MESSAGE_SAVING) {
        disk_save_message(r, m);
        return;
    }
    link_put(&to->run, &m->in_run);
    m->order = to->next_order++;
    to->run_cost += m->cost;
    to->run_count++;
    if (to->cursor == &to->run)
        to->cursor = &m->in_run;
}

void queue_take(struct message *m)
{
    struct seat *to = m->stream->seat;
    if (to->cursor == &m->in_run)
        to->cursor = m->in_run.next;
    else if (m->order < to->sent_order)
        to->sent_cost -= m->cost;
    to->run_cost -= m->cost;
    to->run_count--;
    link_take(&m->in_run);
}

void queue_forget(struct relay *r, struct message *m)
{
    struct stream *s = m->stream;
    link_take(&m->in_stream);
    if (m->place != MESSAGE_LOADED)
        queue_release(r, m);
    if (m->place == MESSAGE_SAVING) {
        disk_forget_message(r, m);
    } else {
        queue_take(m);
        queue_free(r, m);
    }
    stream_update(s);
}

void queue_cover(struct relay *r, struct stream *s, uint64_t n)
{
    while (!link_is_alone(&s->messages)) {
        struct message *m = LINK_OF(s->messages.next, struct message, in_stream);
        if (m->n > n)
            break;
        queue_forget(r, m);
    }
    stream_covered(s, n);
}

struct message *queue_next(const struct seat *s)
{
    if (s->cursor == &s->run)
        return NULL;
    struct message *m = of_run(s->cursor);
    return s->sent_cost == 0 || s->sent_cost + m->cost <= RELAY_WINDOW ? m : NULL;
}

void queue_sent(struct seat *s, struct message *m)
{
    assert(s->cursor == &m->in_run);
    s->cursor = m->in_run.next;
    s->sent_order = m->order + 1;
    s->sent_cost += m->cost;
}

void queue_rewind(struct seat *s)
{
    s->cursor = s->run.next;
    s->sent_order = 0;
    s->sent_cost = 0;
}

bool queue_is_live(const struct seat *s)
{
    return s->client && s->disk_count == 0;
}

enum header_code queue_judge(const struct relay *r, const struct seat *s, uint64_t cost)
{
    bool live = queue_is_live(s);
    if (!live &&
        (!r->options.durable || s->disk_cost - s->exempt_cost + cost > r->options.queue_max ||
         core_waiting_bytes(r) + cost > r->options.store_max))
        return CODE_QUOTA;
    if (s->held_of_peer + cost > RELAY_SENDER_MAX)
        return CODE_WINDOW;
    /* However little is allowed, one message at a time gets through to somebody who is there. */
    if (live && s->held > 0 &&
        (s->held + cost > RELAY_RUN_MAX || r->counters.held_bytes + cost > r->options.store_max))
        return CODE_QUOTA;
    return CODE_UNKNOWN;
}
