#include "stream.h"

#include "seat.h"

#include <assert.h>
#include <stdlib.h>

static uint64_t hash_of(const struct relay *r, const struct seat *to, uint64_t number)
{
    const uint64_t key[] = {to->id, number};
    return table_hash(r->options.hash_key, key, sizeof key);
}

/* The first of this node and those after it with the same hash that is for `to`. */
static struct stream *pick(struct table_node *node, const struct seat *to, uint64_t number)
{
    for (; node; node = table_find_next(node)) {
        struct stream *s = LINK_OF(node, struct stream, node);
        if (s->seat == to && s->number == number)
            return s;
    }
    return NULL;
}

static struct stream *of_seat(struct link *l)
{
    return LINK_OF(l, struct stream, in_seat);
}

/* The newest of a list, where it has this number: mostly it is the one that is looked for. */
static struct stream *pick_newest(struct link *list, uint64_t number)
{
    struct stream *s = of_seat(list->prev);
    return !link_is_alone(list) && s->number == number ? s : NULL;
}

struct stream *stream_find_any(struct relay *r, struct seat *to, uint64_t number)
{
    struct stream *s = NULL;
    if (!to->has_twins)
        s = pick_newest(&to->streams_busy, number);
    if (!to->has_twins && !s)
        s = pick_newest(&to->streams_rest, number);
    return s ? s : pick(table_find(&r->streams, hash_of(r, to, number)), to, number);
}

struct stream *stream_find_next(struct stream *s)
{
    return pick(table_find_next(&s->node), s->seat, s->number);
}

struct stream *stream_find(struct relay *r, struct seat *to, uint64_t sender, uint64_t number)
{
    struct stream *s = stream_find_any(r, to, number);
    while (s && s->sender != sender)
        s = stream_find_next(s);
    return s;
}

struct stream *stream_get(struct relay *r, struct seat *to, uint64_t sender, uint64_t number)
{
    struct stream *s = stream_find(r, to, sender, number);
    if (s)
        return s;
    s = malloc(sizeof *s);
    if (!s)
        return NULL;
    *s = (struct stream){.seat = to, .sender = sender, .number = number};
    to->has_twins = to->has_twins || stream_find_any(r, to, number);
    link_init(&s->messages);
    link_init(&s->in_stored);
    link_put(&to->streams_rest, &s->in_seat);
    to->streams_rest_count++;
    table_put(&r->streams, &s->node, hash_of(r, to, number));
    stream_trim(r, to);
    return s;
}

void stream_update(struct stream *s)
{
    struct seat *to = s->seat;
    bool busy = !link_is_alone(&s->messages);
    if (busy == s->busy)
        return;
    s->busy = busy;
    link_take(&s->in_seat);
    link_put(busy ? &to->streams_busy : &to->streams_rest, &s->in_seat);
    if (busy)
        to->streams_rest_count--;
    else
        to->streams_rest_count++;
}

void stream_free(struct relay *r, struct stream *s)
{
    assert(!s->busy);
    stream_set_newest(s, 0);
    link_take(&s->in_stored);
    s->seat->streams_rest_count--;
    link_take(&s->in_seat);
    table_take(&r->streams, &s->node);
    free(s);
}

void stream_trim(struct relay *r, struct seat *to)
{
    while (to->streams_rest_count > RELAY_STREAMS_EXPECTED)
        stream_free(r, of_seat(to->streams_rest.next));
}

static bool awaits(const struct stream *s)
{
    return s->awaited != 0 && s->awaited_epoch == s->seat->room->epoch;
}

void stream_trim_idle(struct relay *r, struct seat *to)
{
    struct link *next;
    for (struct link *l = to->streams_rest.next; l != &to->streams_rest; l = next) {
        struct stream *s = of_seat(l);
        next = l->next;
        if (s->newest == 0 && !awaits(s))
            stream_free(r, s);
    }
}

void stream_await(struct stream *s, uint64_t n)
{
    struct seat *to = s->seat;
    s->awaited = n;
    s->awaited_epoch = to->room->epoch;
    link_take(&s->in_seat);
    link_put(s->busy ? &to->streams_busy : &to->streams_rest, &s->in_seat);
}

bool stream_refuses(const struct stream *s, uint64_t n)
{
    return awaits(s) && s->awaited != n;
}

void stream_set_newest(struct stream *s, uint64_t n)
{
    struct seat *to = s->seat;
    if (s->sender == to->peer_sender)
        to->streams_of_peer += (uint32_t)(n > 0) - (uint32_t)(s->newest > 0);
    s->newest = n;
}

void stream_stored(struct stream *s, uint64_t n)
{
    if (s->stored_n == 0 || n != s->stored_n + 1)
        s->stored_first = n;
    s->stored_n = n;
    link_take(&s->in_stored);
    link_put(&s->seat->streams_stored, &s->in_stored);
}

void stream_covered(struct stream *s, uint64_t n)
{
    if (s->newest <= n)
        stream_set_newest(s, 0);
    if (s->stored_n <= n) {
        s->stored_n = 0;
        link_take(&s->in_stored);
    } else if (s->stored_first <= n) {
        s->stored_first = n + 1;
    }
    if (s->awaited <= n)
        s->awaited = 0;
}

size_t stream_list_stored(struct seat *to, uint64_t sender,
                          struct header_run runs[HEADER_STORED_MAX])
{
    const struct stream *found[HEADER_STORED_MAX];
    size_t count = 0, seen = 0;
    for (struct link *l = to->streams_stored.prev; l != &to->streams_stored; l = l->prev) {
        const struct stream *s = LINK_OF(l, struct stream, in_stored);
        if (count == HEADER_STORED_MAX || seen++ == RELAY_STREAMS_EXPECTED)
            break;
        if (s->sender == sender)
            found[count++] = s;
    }
    for (size_t i = 0; i < count; i++) {
        const struct stream *s = found[count - 1 - i];
        runs[i] = (struct header_run){s->number, s->stored_first, s->stored_n};
    }
    return count;
}
