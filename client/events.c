#include "events.h"

#include "error.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIZE_FIRST = 16
};

struct events_item {
    struct session_event event;
    void *copy; /* owned: what the event points at */
    size_t copy_len;
};

void events_init(struct events *e)
{
    *e = (struct events){0};
}

static void clear_queue(struct events_queue *q)
{
    for (size_t i = 0; i < q->count; i++)
        free(q->items[(q->start + i) % q->size].copy);
    free(q->items);
}

void events_clear(struct events *e)
{
    clear_queue(&e->ready);
    clear_queue(&e->held);
    free(e->borrowed);
    events_init(e);
}

/* Makes room for `more` items. */
static int grow(struct events_queue *q, size_t more)
{
    size_t size = q->size ? q->size : SIZE_FIRST;
    while (size < q->count + more)
        size *= 2;
    if (size == q->size)
        return 0;
    struct events_item *items = calloc(size, sizeof *items);
    if (!items)
        return ERROR_NOMEM;
    for (size_t i = 0; i < q->count; i++)
        items[i] = q->items[(q->start + i) % q->size];
    free(q->items);
    *q = (struct events_queue){.items = items, .count = q->count, .size = size};
    return 0;
}

static void append(struct events_queue *q, const struct events_item *item)
{
    q->items[(q->start + q->count++) % q->size] = *item;
}

static struct events_item take(struct events_queue *q)
{
    struct events_item item = q->items[q->start];
    q->start = (q->start + 1) % q->size;
    q->count--;
    return item;
}

/* Copies `len` bytes into what the item owns. NULL: out of memory. */
static void *copy_bytes(struct events_item *item, const void *bytes, size_t len)
{
    item->copy = malloc(len);
    if (!item->copy)
        return NULL;
    item->copy_len = len;
    return memcpy(item->copy, bytes, len);
}

static bool copy_string(struct events_item *item, const char **string)
{
    return !*string || (*string = copy_bytes(item, *string, strlen(*string) + 1));
}

static bool copy_strings(struct events_item *item, const char **const strings[], size_t count)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += strlen(*strings[i]) + 1;
    char *copy = item->copy = malloc(len);
    if (!copy)
        return false;
    item->copy_len = len;
    for (size_t i = 0; i < count; i++) {
        len = strlen(*strings[i]) + 1;
        *strings[i] = memcpy(copy, *strings[i], len);
        copy += len;
    }
    return true;
}

static bool copy_names(struct events_item *item, const char **a, const char **b)
{
    return copy_strings(item, (const char **const[]){a, b}, 2);
}

static bool copy_file(struct events_item *item, struct transfer_row *row)
{
    return copy_strings(item,
                        (const char **const[]){&row->id, &row->name, &row->digest, &row->path}, 4);
}

static bool copy_piece(struct events_item *item, struct transfer_piece *piece)
{
    piece->bytes = copy_bytes(item, piece->bytes, piece->len);
    return piece->bytes;
}

static bool copy_message(struct events_item *item, struct session_message_row *row)
{
    row->payload = copy_bytes(item, row->payload, row->payload_len);
    return row->payload;
}

/* Makes the item own what its event points at. */
static bool copy(struct events_item *item)
{
    struct session_event *event = &item->event;
    switch (event->type) {
    case SESSION_SAVE_PEER:
        return copy_names(item, &event->peer_row.nick, &event->peer_row.identity);
    case SESSION_SAVE_PIN: return copy_names(item, &event->pin_row.nick, &event->pin_row.identity);
    case SESSION_SAVE_FILE:
    case SESSION_FILE: return copy_file(item, &event->file_row);
    case SESSION_FILE_WRITE: return copy_piece(item, &event->piece);
    case SESSION_SAVE_MESSAGE:
    case SESSION_SAVE_CHUNK:
    case SESSION_MESSAGE: return copy_message(item, &event->message_row);
    case SESSION_STATUS: return copy_string(item, &event->status.why);
    case SESSION_PRESENCE: return copy_string(item, &event->presence.nick);
    case SESSION_NOTICE: return copy_string(item, &event->text);
    default: return true;
    }
}

static int put(struct events *e, struct events_queue *q, const struct session_event *event)
{
    struct events_item item = {.event = *event};
    int rc = grow(q, 1);
    if (rc)
        return rc;
    if (!copy(&item))
        return ERROR_NOMEM;
    append(q, &item);
    e->bytes += item.copy_len;
    return 0;
}

int events_put(struct events *e, const struct session_event *event)
{
    return put(e, &e->ready, event);
}

int events_hold(struct events *e, const struct session_event *event)
{
    return put(e, &e->held, event);
}

int events_release(struct events *e)
{
    int rc = grow(&e->ready, e->held.count);
    if (rc)
        return rc;
    while (e->held.count > 0) {
        struct events_item item = take(&e->held);
        append(&e->ready, &item);
    }
    return 0;
}

bool events_next(struct events *e, struct session_event *event)
{
    free(e->borrowed);
    e->borrowed = NULL;
    if (e->ready.count == 0)
        return false;
    struct events_item item = take(&e->ready);
    e->borrowed = item.copy;
    e->bytes -= item.copy_len;
    *event = item.event;
    return true;
}

size_t events_count(const struct events *e)
{
    return e->ready.count + e->held.count;
}

bool events_ready(const struct events *e)
{
    return e->ready.count > 0;
}
