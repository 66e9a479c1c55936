#include "streams.h"

#include "error.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct outgoing *outgoing_new(uint64_t id, uint64_t wall_ms, const uint8_t *payload, size_t len)
{
    struct outgoing *message = malloc(sizeof *message + len);
    if (!message)
        return NULL;
    *message = (struct outgoing){.id = id, .wall_ms = wall_ms, .len = len};
    memcpy(message->payload, payload, len);
    return message;
}

int outbound_put(struct outbound *o, struct outgoing *message)
{
    if (o->start + o->count == o->size && o->start > o->size / 2) {
        memmove(o->items, o->items + o->start, o->count * sizeof *o->items);
        o->start = 0;
    } else if (o->start + o->count == o->size) {
        size_t size = o->size ? 2 * o->size : 8;
        struct outgoing **items = realloc(o->items, size * sizeof *items);
        if (!items)
            return ERROR_NOMEM;
        o->items = items;
        o->size = size;
    }
    size_t at = o->start + o->count++;
    for (; at > o->start && o->items[at - 1]->n > message->n; at--)
        o->items[at] = o->items[at - 1];
    o->items[at] = message;
    return 0;
}

struct outgoing *outbound_get(const struct outbound *o, size_t i)
{
    return o->items[o->start + i];
}

size_t outbound_count_before(const struct outbound *o, uint64_t n)
{
    size_t low = 0, high = o->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (outbound_get(o, middle)->n < n)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct outgoing *outbound_find(const struct outbound *o, uint64_t n)
{
    size_t i = outbound_count_before(o, n);
    return i < o->count ? outbound_get(o, i) : NULL;
}

struct outgoing *outbound_take(struct outbound *o, uint64_t n)
{
    if (o->count == 0 || o->items[o->start]->n > n)
        return NULL;
    o->count--;
    struct outgoing *message = o->items[o->start++];
    if (o->count == 0) {
        free(o->items);
        o->items = NULL;
        o->start = o->size = 0;
    }
    return message;
}

void outbound_clear(struct outbound *o)
{
    for (size_t i = 0; i < o->count; i++)
        free(outbound_get(o, i));
    free(o->items);
    *o = (struct outbound){0};
}

void streams_clear(struct streams *s)
{
    for (size_t i = 0; i < s->ours_count; i++) {
        outbound_clear(s->ours[i]);
        free(s->ours[i]);
    }
    for (size_t i = 0; i < s->theirs_count; i++)
        free(s->theirs[i]);
    free(s->ours);
    free(s->theirs);
    *s = (struct streams){0};
}

/* Makes room for one more pointer in an array of pointers. */
static void *grow(void *array, size_t count, size_t *size)
{
    if (count < *size)
        return array;
    size_t more = *size ? 2 * *size : 4;
    void *grown = realloc(array, more * sizeof(void *));
    if (grown)
        *size = more;
    return grown;
}

struct outbound *streams_add_ours(struct streams *s, uint64_t stream, uint64_t order)
{
    struct outbound **ours = grow(s->ours, s->ours_count, &s->ours_size);
    if (!ours)
        return NULL;
    s->ours = ours;
    struct outbound *o = calloc(1, sizeof *o);
    if (!o)
        return NULL;
    o->stream = stream;
    o->order = order;
    size_t at = s->ours_count++;
    for (; at > 0 && s->ours[at - 1]->order > order; at--)
        s->ours[at] = s->ours[at - 1];
    return s->ours[at] = o;
}

struct outbound *streams_find_ours(const struct streams *s, uint64_t stream, size_t *at)
{
    for (size_t i = s->ours_count; i-- > 0;) {
        if (s->ours[i]->stream == stream) {
            *at = i;
            return s->ours[i];
        }
    }
    return NULL;
}

struct outbound *streams_newest(const struct streams *s)
{
    return s->ours_count ? s->ours[s->ours_count - 1] : NULL;
}

/* Where a stream of theirs is, or would be. */
static size_t place_theirs(const struct streams *s, uint64_t stream)
{
    size_t low = 0, high = s->theirs_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->theirs[middle]->stream < stream)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct inbound *streams_find_theirs(const struct streams *s, uint64_t stream)
{
    size_t at = place_theirs(s, stream);
    return at < s->theirs_count && s->theirs[at]->stream == stream ? s->theirs[at] : NULL;
}

struct inbound *streams_add_theirs(struct streams *s, uint64_t stream)
{
    struct inbound **theirs = grow(s->theirs, s->theirs_count, &s->theirs_size);
    if (!theirs)
        return NULL;
    s->theirs = theirs;
    struct inbound *in = calloc(1, sizeof *in);
    if (!in)
        return NULL;
    in->stream = stream;
    size_t at = place_theirs(s, stream);
    memmove(theirs + at + 1, theirs + at, (s->theirs_count++ - at) * sizeof *theirs);
    return theirs[at] = in;
}

void streams_drop_theirs(struct streams *s, struct inbound *in)
{
    size_t at = place_theirs(s, in->stream);
    assert(s->theirs[at] == in);
    memmove(s->theirs + at, s->theirs + at + 1, (--s->theirs_count - at) * sizeof *s->theirs);
    free(in);
}
