#include "client.h"
#include "disk.h"
#include "error.h"
#include "output.h"
#include "queue.h"
#include "seat.h"
#include "stream.h"

#include <assert.h>
#include <stdlib.h>

/* Messages `first` to `n` of a stream, without a hole; none where `stream` is NULL. */
struct run {
    const struct stream *stream;
    uint64_t first, n;
};

/* The connection that a stream comes from; NULL for none. */
static struct relay_client *sender_of(const struct stream *s)
{
    const struct seat *from = s->seat->peer;
    return from && from->sender == s->sender ? from->client : NULL;
}

static void tell_stored(struct relay *r, const struct run *run)
{
    struct relay_client *c = run->stream ? sender_of(run->stream) : NULL;
    if (c)
        output_stored(r, c, run->stream, run->first, run->n);
}

/*
 * Takes a message out of the transaction and of memory. Gives its stream, NULL where it was not
 * wanted any more, and its number.
 */
static struct stream *settle(struct relay *r, struct link *l, uint64_t *n)
{
    struct message *m = LINK_OF(l, struct message, in_run);
    struct stream *s = m->stream;
    assert(link_is_alone(&m->save.link));
    *n = m->n;
    link_take(l);
    if (s) {
        s->seat->saving_count--;
        queue_release(r, m);
        link_take(&m->in_stream);
        stream_update(s);
    }
    queue_free(r, m);
    return s;
}

void relay_committed(struct relay *r, uint64_t now_ms)
{
    struct run run = {0};
    core_set_now(r, now_ms);
    r->transaction++;
    while (!link_is_alone(&r->saving)) {
        uint64_t n;
        struct stream *s = settle(r, r->saving.next, &n);
        if (!s)
            continue;
        stream_stored(s, n);
        r->counters.stored++;
        if (s != run.stream || n != run.n + 1) {
            tell_stored(r, &run);
            run = (struct run){s, n, n};
        }
        run.n = n;
    }
    tell_stored(r, &run);
    disk_free_seats(&r->freed);
    if (r->loads_at_ms)
        disk_load_all(r);
    while (!link_is_alone(&r->changed)) {
        struct seat *s = LINK_OF(r->changed.next, struct seat, in_changed);
        link_take(&s->in_changed);
        s->changed_count = s->changed_cost = 0;
        s->load_ended = false;
        stream_trim(r, s);
        disk_load_more(r, s);
    }
    client_finish_all(r);
}

/*
 * What a seat has on disk is as it was before the transaction, and is sent again from the start;
 * but not at once, as the receipts for it may find the disk as full.
 */
static void undo(struct relay *r, struct seat *s)
{
    link_take(&s->in_changed);
    s->disk_count -= (uint64_t)s->changed_count;
    s->disk_cost -= (uint64_t)s->changed_cost;
    r->counters.queued_bytes -= (uint64_t)s->changed_cost;
    s->changed_count = s->changed_cost = 0;
    if (s->exempt_cost > s->disk_cost)
        s->exempt_cost = (uint32_t)s->disk_cost;
    s->save_again = true;
    if (s->disk_count > 0)
        disk_save_run(r, s);
    disk_load_later(r, s);
}

/* A message was not taken after all. */
static void fail(struct relay *r, struct link *l)
{
    uint64_t n;
    struct stream *s = settle(r, l, &n);
    if (!s)
        return;
    struct relay_client *c = sender_of(s);
    const struct header about = {.stream = s->number, .n = n};
    if (link_is_alone(&s->messages))
        stream_set_newest(s, s->stored_n);
    else
        stream_set_newest(s, LINK_OF(s->messages.prev, struct message, in_stream)->n);
    seat_update(r, s->seat);
    if (c)
        client_fail(r, c, CODE_INTERNAL, &about);
}

void relay_rolled_back(struct relay *r, uint64_t now_ms)
{
    struct link failed, seats;
    core_set_now(r, now_ms);
    r->transaction++;
    link_init(&failed);
    link_init(&seats);
    link_move_all(&failed, &r->saving);
    link_move_all(&seats, &r->changed);
    link_move_all(&r->undone, &r->freed);
    while (!link_is_alone(&seats))
        undo(r, LINK_OF(seats.next, struct seat, in_changed));
    while (!link_is_alone(&failed))
        fail(r, failed.next);
    client_finish_all(r);
}

void relay_deleted(struct relay *r, uint64_t seat, uint64_t count, uint64_t cost)
{
    struct seat *s = seat_find_id(r, seat);
    if (!s || count == 0)
        return;
    assert(count <= s->disk_count && cost <= s->disk_cost);
    disk_change(r, s, -(int64_t)count, -(int64_t)cost);
    seat_update(r, s);
}

int relay_loaded(struct relay *r, const struct relay_message_row *row)
{
    struct seat *to = seat_find_id(r, row->seat);
    assert(to && to->loading);
    struct stream *s = stream_get(r, to, row->sender, row->stream);
    struct message *m = s ? queue_new(r, s, row->n, row->cost, row->frame, row->frame_len) : NULL;
    if (!m) {
        client_break(r, to->client);
        return ERROR_NOMEM;
    }
    if (s->newest < row->n) { /* so much was on disk that its stream was forgotten here */
        stream_set_newest(s, row->n);
        stream_stored(s, row->n);
    }
    queue_append(r, m, MESSAGE_LOADED);
    to->load_position = row->position + 1;
    to->load_any = true;
    return 0;
}

void relay_load_done(struct relay *r, uint64_t seat, uint64_t now_ms)
{
    core_set_now(r, now_ms);
    struct seat *s = seat_find_id(r, seat);
    assert(s && s->loading);
    s->loading = false;
    s->load_ended = !s->load_any;
    disk_load_more(r, s);
    client_touch(r, s->client);
}
