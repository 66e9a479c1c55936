#include "relay_disk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS_MAX = 1 << 16,
    ARENA_SIZE = 256 << 20,
};

/* Nothing here is allocated: the tests count the relay's own allocations. */
struct rows {
    struct relay_seat_row seats[64];
    struct relay_message_row messages[ROWS_MAX];
    struct relay_receipt_row receipts[256];
    size_t seats_count, messages_count, receipts_count;
};

static struct rows committed, current;
static uint8_t arena[ARENA_SIZE];
static size_t arena_len;
static bool dirty, touched, full;

void relay_disk_clear(void)
{
    committed.seats_count = committed.messages_count = committed.receipts_count = 0;
    current.seats_count = current.messages_count = current.receipts_count = 0;
    arena_len = 0;
    dirty = touched = full = false;
}

static void *keep(const void *bytes, size_t len)
{
    uint8_t *at = arena + arena_len;
    assert(arena_len + len <= ARENA_SIZE);
    if (len > 0)
        memcpy(at, bytes, len);
    arena_len += len;
    return at;
}

static const char *keep_string(const char *s)
{
    return s ? keep(s, strlen(s) + 1) : NULL;
}

static void copy(struct rows *to, const struct rows *from)
{
    to->seats_count = from->seats_count;
    to->messages_count = from->messages_count;
    to->receipts_count = from->receipts_count;
    memcpy(to->seats, from->seats, from->seats_count * sizeof from->seats[0]);
    memcpy(to->messages, from->messages, from->messages_count * sizeof from->messages[0]);
    memcpy(to->receipts, from->receipts, from->receipts_count * sizeof from->receipts[0]);
}

static void put_seat(const struct relay_seat_row *row)
{
    size_t i = 0;
    while (i < current.seats_count && current.seats[i].id != row->id)
        i++;
    current.seats_count += i == current.seats_count;
    assert(i < 64);
    current.seats[i] = *row;
    current.seats[i].room = keep_string(row->room);
    current.seats[i].nick = keep_string(row->nick);
    current.seats[i].identity = keep_string(row->identity);
    if (row->keys.at)
        current.seats[i].keys.at = keep(row->keys.at, row->keys.len);
}

static bool has_seat(uint64_t id)
{
    for (size_t i = 0; i < current.seats_count; i++)
        if (current.seats[i].id == id)
            return true;
    return false;
}

static void put_message(const struct relay_message_row *row)
{
    assert(has_seat(row->seat) && current.messages_count < ROWS_MAX);
    assert(current.messages_count == 0 ||
           row->position > current.messages[current.messages_count - 1].position);
    current.messages[current.messages_count] = *row;
    current.messages[current.messages_count++].frame = keep(row->frame, row->frame_len);
}

static void delete_receipts(uint64_t seat, uint64_t stream, bool all)
{
    size_t kept = 0;
    for (size_t i = 0; i < current.receipts_count; i++) {
        const struct relay_receipt_row *row = &current.receipts[i];
        if (row->seat != seat || (!all && row->stream != stream))
            current.receipts[kept++] = *row;
    }
    current.receipts_count = kept;
}

static void put_receipt(const struct relay_receipt_row *row)
{
    delete_receipts(row->seat, row->stream, false);
    assert(has_seat(row->seat) && current.receipts_count < 256);
    current.receipts[current.receipts_count] = *row;
    current.receipts[current.receipts_count++].frame = keep(row->frame, row->frame_len);
}

static uint64_t delete_messages(uint64_t seat, const struct relay_event *only, uint64_t *cost)
{
    size_t kept = 0, count = current.messages_count;
    *cost = 0;
    for (size_t i = 0; i < count; i++) {
        const struct relay_message_row *row = &current.messages[i];
        if (row->seat != seat || (only && (row->stream != only->stream || row->n > only->n)))
            current.messages[kept++] = *row;
        else
            *cost += row->cost;
    }
    current.messages_count = kept;
    return count - kept;
}

static void delete_seat(uint64_t id)
{
    size_t kept = 0;
    uint64_t cost;
    for (size_t i = 0; i < current.seats_count; i++)
        if (current.seats[i].id != id)
            current.seats[kept++] = current.seats[i];
    current.seats_count = kept;
    delete_messages(id, NULL, &cost);
    delete_receipts(id, 0, true);
}

static void load(struct relay *r, const struct relay_event *event, uint64_t now_ms)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < current.messages_count && bytes < event->bytes; i++) {
        const struct relay_message_row *row = &current.messages[i];
        if (row->seat != event->seat || row->position < event->position)
            continue;
        bytes += row->cost;
        if (relay_loaded(r, row))
            return;
    }
    relay_load_done(r, event->seat, now_ms);
}

void relay_disk_carry_out(struct relay *r, const struct relay_event *event, uint64_t now_ms)
{
    uint64_t cost;
    touched = true;
    dirty = dirty || event->type != RELAY_LOAD;
    switch (event->type) {
    case RELAY_SAVE_SEAT: put_seat(&event->seat_row); break;
    case RELAY_DELETE_SEAT: delete_seat(event->seat); break;
    case RELAY_SAVE_MESSAGE: put_message(&event->message_row); break;
    case RELAY_DELETE_MESSAGES: {
        uint64_t count = delete_messages(event->seat, event, &cost);
        relay_deleted(r, event->seat, count, cost);
        break;
    }
    case RELAY_SAVE_RECEIPT: put_receipt(&event->receipt_row); break;
    case RELAY_DELETE_RECEIPTS: delete_receipts(event->seat, 0, true); break;
    case RELAY_LOAD: load(r, event, now_ms); break;
    default: abort();
    }
}

bool relay_disk_commit(struct relay *r, uint64_t now_ms)
{
    if (!dirty)
        return false;
    dirty = false;
    if (full) {
        full = false;
        copy(&current, &committed);
        relay_rolled_back(r, now_ms);
    } else {
        copy(&committed, &current);
        relay_committed(r, now_ms);
    }
    return true;
}

void relay_disk_fill(void)
{
    full = true;
}

void relay_disk_crash(void)
{
    copy(&current, &committed);
    dirty = false;
}

static int restore_streams(struct relay *r, uint64_t seat)
{
    for (size_t i = 0; i < committed.messages_count; i++) {
        const struct relay_message_row *last = &committed.messages[i];
        bool newest = last->seat == seat;
        uint64_t first = last->n;
        for (size_t j = i + 1; j < committed.messages_count && newest; j++)
            newest =
                committed.messages[j].seat != seat || committed.messages[j].stream != last->stream;
        for (size_t j = i; j > 0; j--) {
            const struct relay_message_row *row = &committed.messages[j - 1];
            if (row->seat == seat && row->stream == last->stream && row->n + 1 == first)
                first--;
        }
        const struct relay_stream_row row = {.seat = seat,
                                             .sender = last->sender,
                                             .stream = last->stream,
                                             .first = first,
                                             .n = last->n};
        int rc = newest ? relay_restore_stream(r, &row) : 0;
        if (rc)
            return rc;
    }
    return 0;
}

static int restore_seat(struct relay *r, const struct relay_seat_row *seat)
{
    struct relay_queue_row queue = {.seat = seat->id};
    for (size_t i = 0; i < committed.messages_count; i++)
        if (committed.messages[i].seat == seat->id) {
            queue.count++;
            queue.cost += committed.messages[i].cost;
        }
    int rc = queue.count ? relay_restore_queue(r, &queue) : 0;
    return rc ? rc : restore_streams(r, seat->id);
}

int relay_disk_restore(struct relay *r)
{
    int rc = 0;
    uint64_t seat = 0, position = 0;
    for (size_t i = committed.seats_count; i > 0 && rc == 0; i--) { /* the newest first */
        rc = relay_restore_seat(r, &committed.seats[i - 1]);
        if (committed.seats[i - 1].id > seat)
            seat = committed.seats[i - 1].id;
    }
    for (size_t i = 0; i < committed.seats_count && rc == 0; i++)
        rc = restore_seat(r, &committed.seats[i]);
    for (size_t i = 0; i < committed.receipts_count && rc == 0; i++) {
        rc = relay_restore_receipt(r, &committed.receipts[i]);
        if (committed.receipts[i].position > position)
            position = committed.receipts[i].position;
    }
    if (committed.messages_count > 0 &&
        committed.messages[committed.messages_count - 1].position > position)
        position = committed.messages[committed.messages_count - 1].position;
    relay_restore_counters(r, seat + 1, position + 1);
    return rc;
}

size_t relay_disk_messages(void)
{
    return committed.messages_count;
}

bool relay_disk_was_quiet(void)
{
    bool quiet = !touched;
    touched = false;
    return quiet;
}

bool relay_disk_has(uint64_t stream, uint64_t n)
{
    for (size_t i = 0; i < committed.messages_count; i++)
        if (committed.messages[i].stream == stream && committed.messages[i].n == n)
            return true;
    return false;
}
