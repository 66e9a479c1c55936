#include "disk.h"

#include "client.h"
#include "error.h"
#include "output.h"
#include "seat.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void put(struct relay *r, struct action *a, enum relay_event_type type)
{
    link_move_all(&r->actions, &r->undone);
    a->type = type;
    link_take(&a->link);
    link_put(&r->actions, &a->link);
}

void disk_change(struct relay *r, struct seat *s, int64_t count, int64_t cost)
{
    s->disk_count += (uint64_t)count;
    s->disk_cost += (uint64_t)cost;
    s->changed_count += count;
    s->changed_cost += cost;
    r->counters.queued_bytes += (uint64_t)cost;
    if (cost < 0) /* the exempt ones are the oldest: they go first */
        s->exempt_cost -= s->exempt_cost < -cost ? s->exempt_cost : (uint32_t)-cost;
    if (link_is_alone(&s->in_changed))
        link_put(&r->changed, &s->in_changed);
}

void disk_save_seat(struct relay *r, struct seat *s)
{
    if (!r->options.durable)
        return;
    s->saved = true;
    s->save_again = false;
    if (link_is_alone(&s->row.link))
        put(r, &s->row, RELAY_SAVE_SEAT);
    disk_change(r, s, 0, 0);
}

void disk_update_seat(struct relay *r, struct seat *s)
{
    if (s->saved)
        disk_save_seat(r, s);
}

void disk_save_message(struct relay *r, struct message *m)
{
    struct seat *s = m->stream->seat;
    if (!s->saved || s->save_again)
        disk_save_seat(r, s);
    m->place = MESSAGE_SAVING;
    m->position = r->next_position++;
    link_put(&r->saving, &m->in_run);
    put(r, &m->save, RELAY_SAVE_MESSAGE);
    s->saving_count++;
    disk_change(r, s, 1, m->cost);
}

void disk_forget_message(struct relay *r, struct message *m)
{
    struct seat *s = m->stream->seat;
    m->stream = NULL;
    s->saving_count--;
    if (link_is_alone(&m->save.link))
        return; /* it is in the transaction: it goes with that */
    disk_change(r, s, -1, -(int64_t)m->cost);
    link_take(&m->save.link);
    link_take(&m->in_run);
    queue_free(r, m);
}

/* There is no place for a message, and none for those of its stream that come after it. */
static void refuse(struct relay *r, struct message *m)
{
    struct stream *s = m->stream;
    const struct seat *from = s->seat->peer;
    const struct header about = {.stream = s->number, .n = m->n};
    bool first = !stream_refuses(s, m->n);
    struct link *before = m->in_stream.prev;
    if (first) {
        stream_set_newest(
            s, before == &s->messages ? 0 : LINK_OF(before, struct message, in_stream)->n);
        stream_await(s, m->n);
        if (from && from->client && from->sender == s->sender)
            output_error(r, from->client, CODE_QUOTA, &about);
    }
    queue_forget(r, m);
}

void disk_save_run(struct relay *r, struct seat *s)
{
    bool full = false;
    while (!link_is_alone(&s->run)) {
        struct message *m = LINK_OF(s->run.next, struct message, in_run);
        full = full || core_waiting_bytes(r) + m->cost > r->options.store_max;
        if (m->place == MESSAGE_LOADED) {
            queue_forget(r, m);
        } else if (full) {
            refuse(r, m);
        } else {
            queue_take(m);
            disk_save_message(r, m);
            s->exempt_cost += m->cost;
        }
    }
}

void disk_delete_seat(struct relay *r, struct seat *s)
{
    r->counters.queued_bytes -= s->disk_cost;
    link_take(&s->in_changed);
    link_take(&s->receipts_gone.link);
    link_take(&s->load.link);
    link_take(&s->row.link);
    if (s->saved)
        put(r, &s->row, RELAY_DELETE_SEAT);
    else
        free(s);
}

void disk_free_seats(struct link *list)
{
    while (!link_is_alone(list)) {
        struct seat *s = LINK_OF(list->next, struct seat, row.link);
        link_take(&s->row.link);
        free(s);
    }
}

int disk_delete_messages(struct relay *r, struct seat *s, uint64_t stream, uint64_t n)
{
    if (s->disk_count == 0)
        return 0;
    struct deletion *d = malloc(sizeof *d);
    if (!d)
        return ERROR_NOMEM;
    *d = (struct deletion){.seat = s->id, .stream = stream, .n = n};
    link_init(&d->action.link);
    put(r, &d->action, RELAY_DELETE_MESSAGES);
    return 0;
}

void disk_save_receipt(struct relay *r, struct seat *s, struct control *receipt)
{
    receipt->position = r->next_position++;
    if (!r->options.durable)
        return;
    if (!s->saved || s->save_again)
        disk_save_seat(r, s);
    put(r, &receipt->save, RELAY_SAVE_RECEIPT);
}

void disk_delete_receipts(struct relay *r, struct seat *s)
{
    if (r->options.durable)
        put(r, &s->receipts_gone, RELAY_DELETE_RECEIPTS);
}

void disk_load_more(struct relay *r, struct seat *s)
{
    if (!s->client || s->disk_count == 0 || s->load_ended || s->loading || s->load_later ||
        s->run_cost > RELAY_WINDOW / 2)
        return;
    /* Again, where it is asked for already: what was deleted since must not be loaded before. */
    put(r, &s->load, RELAY_LOAD);
}

void disk_load_later(struct relay *r, struct seat *s)
{
    disk_load_anew(s);
    s->load_later = s->client != NULL;
    if (r->loads_at_ms == 0)
        r->loads_at_ms = r->now_ms + RELAY_FULL_MS;
}

void disk_load_all(struct relay *r)
{
    static const enum client_list joined[] = {LIST_HEARD, LIST_PINGED};
    r->loads_at_ms = 0;
    for (size_t i = 0; i < sizeof joined / sizeof joined[0]; i++) {
        const struct link *list = &r->lists[joined[i]];
        for (struct link *l = list->next; l != list; l = l->next) {
            struct seat *s = LINK_OF(l, struct relay_client, in_list)->seat;
            s->load_later = false;
            disk_load_more(r, s);
        }
    }
}

void disk_load_anew(struct seat *s)
{
    link_take(&s->load.link);
    s->load_position = 0;
    s->load_ended = s->load_later = s->loading = false;
}

static bool pull_save_seat(struct relay *r, struct action *a, struct relay_event *event)
{
    (void)r;
    const struct seat *s = LINK_OF(a, struct seat, row);
    event->seat_row = (struct relay_seat_row){
        .id = s->id,
        .room = s->room->name.text,
        .nick = s->nick.text,
        .identity = s->identity,
        .keys = {s->keys, s->keys ? strlen(s->keys) : 0},
        .gone_wall_ms = s->client ? 0 : s->since_wall_ms,
    };
    return true;
}

static bool pull_delete_seat(struct relay *r, struct action *a, struct relay_event *event)
{
    event->seat = LINK_OF(a, struct seat, row)->id;
    link_put(&r->freed, &a->link);
    return true;
}

static bool pull_save_message(struct relay *r, struct action *a, struct relay_event *event)
{
    (void)r;
    const struct message *m = LINK_OF(a, struct message, save);
    event->message_row = (struct relay_message_row){
        .seat = m->stream->seat->id,
        .position = m->position,
        .sender = m->stream->sender,
        .stream = m->stream->number,
        .n = m->n,
        .cost = m->cost,
        .frame = m->frame,
        .frame_len = m->len,
    };
    return true;
}

static bool pull_delete_messages(struct relay *r, struct action *a, struct relay_event *event)
{
    (void)r;
    struct deletion *d = LINK_OF(a, struct deletion, action);
    event->seat = d->seat;
    event->stream = d->stream;
    event->n = d->n;
    free(d);
    return true;
}

static bool pull_save_receipt(struct relay *r, struct action *a, struct relay_event *event)
{
    (void)r;
    const struct control *k = LINK_OF(a, struct control, save);
    event->receipt_row = (struct relay_receipt_row){
        .seat = k->seat->id,
        .stream = k->stream,
        .position = k->position,
        .frame = k->frame,
        .frame_len = k->len,
    };
    return true;
}

static bool pull_delete_receipts(struct relay *r, struct action *a, struct relay_event *event)
{
    (void)r;
    event->seat = LINK_OF(a, struct seat, receipts_gone)->id;
    return true;
}

static bool pull_load(struct relay *r, struct action *a, struct relay_event *event)
{
    (void)r;
    struct seat *s = LINK_OF(a, struct seat, load);
    s->loading = s->saving_count == 0; /* else after the commit: nothing uncommitted is sent */
    s->load_any = false;
    event->seat = s->id;
    event->position = s->load_position;
    event->bytes = RELAY_WINDOW - s->run_cost;
    return s->loading;
}

static bool (*const pulls[])(struct relay *r, struct action *a, struct relay_event *event) = {
    [RELAY_SAVE_SEAT] = pull_save_seat,
    [RELAY_DELETE_SEAT] = pull_delete_seat,
    [RELAY_SAVE_MESSAGE] = pull_save_message,
    [RELAY_DELETE_MESSAGES] = pull_delete_messages,
    [RELAY_SAVE_RECEIPT] = pull_save_receipt,
    [RELAY_DELETE_RECEIPTS] = pull_delete_receipts,
    [RELAY_LOAD] = pull_load,
};

bool disk_next(struct relay *r, struct relay_event *event)
{
    while (!link_is_alone(&r->actions)) {
        struct action *a = LINK_OF(r->actions.next, struct action, link);
        link_take(&a->link);
        *event = (struct relay_event){.type = a->type};
        if (pulls[a->type](r, a, event))
            return true;
    }
    return false;
}
