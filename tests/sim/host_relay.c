#include "world.h"

#include <assert.h>
#include <string.h>

enum {
    SEAT,
    MESSAGE,
    RECEIPT,
};

/* A seat's strings in one row: room, nick, identity, keys, each with a byte before it: is it there.
 */
static size_t pack(uint8_t *to, const char *s, size_t len)
{
    to[0] = s != NULL;
    if (s)
        memcpy(to + 1, s, len);
    to[1 + len] = '\0';
    return len + 2;
}

static const char *unpack(const uint8_t **from)
{
    const uint8_t *at = *from;
    *from = at + 2 + strlen((const char *)at + 1);
    return at[0] ? (const char *)at + 1 : NULL;
}

static void put_seat(struct disk *d, const struct relay_seat_row *row)
{
    uint8_t bytes[8192];
    size_t len = pack(bytes, row->room, strlen(row->room));
    len += pack(bytes + len, row->nick, strlen(row->nick));
    len += pack(bytes + len, row->identity, row->identity ? strlen(row->identity) : 0);
    len += pack(bytes + len, row->keys.at, row->keys.at ? row->keys.len : 0);
    disk_put(d, &(struct disk_row){.table = SEAT,
                                   .key = {row->id},
                                   .value = {row->gone_wall_ms},
                                   .bytes = bytes,
                                   .len = len});
}

static void put_message(struct disk *d, const struct relay_message_row *row)
{
    disk_put(d, &(struct disk_row){.table = MESSAGE,
                                   .key = {row->seat, row->position},
                                   .value = {row->from_seat, row->stream, row->n, row->cost},
                                   .bytes = (uint8_t *)(uintptr_t)row->frame,
                                   .len = row->frame_len});
}

static void put_receipt(struct disk *d, const struct relay_receipt_row *row)
{
    disk_put(d, &(struct disk_row){.table = RECEIPT,
                                   .key = {row->seat, row->stream},
                                   .value = {row->position},
                                   .bytes = (uint8_t *)(uintptr_t)row->frame,
                                   .len = row->frame_len});
}

static struct relay_message_row message_row(const struct disk_row *row)
{
    return (struct relay_message_row){
        .seat = row->key[0],
        .position = row->key[1],
        .from_seat = row->value[0],
        .stream = row->value[1],
        .n = row->value[2],
        .cost = row->value[3],
        .frame = row->bytes,
        .frame_len = row->len,
    };
}

static void delete_seat(struct disk *d, uint64_t seat)
{
    for (int table = SEAT; table <= RECEIPT; table++)
        for (struct disk_row *row = NULL; (row = disk_next(d, table, row));)
            if (row->key[0] == seat)
                disk_delete(d, row);
}

static uint64_t delete_messages(struct disk *d, uint64_t seat, uint64_t stream, uint64_t n)
{
    uint64_t cost = 0;
    for (struct disk_row *row = NULL; (row = disk_next(d, MESSAGE, row));)
        if (row->key[0] == seat && row->value[1] == stream && row->value[2] <= n) {
            cost += row->value[3];
            disk_delete(d, row);
        }
    return cost;
}

static void delete_receipts(struct disk *d, uint64_t seat)
{
    for (struct disk_row *row = NULL; (row = disk_next(d, RECEIPT, row));)
        if (row->key[0] == seat)
            disk_delete(d, row);
}

/* Rows of a seat's queue from a position on: put in order, as positions only grow. */
static int load(struct world *w, const struct relay_event *event)
{
    uint64_t seat = event->seat, position = event->position, bytes = event->bytes, given = 0;
    for (struct disk_row *row = NULL; (row = disk_next(&w->relay_disk, MESSAGE, row));) {
        if (row->key[0] != seat || row->key[1] < position || given >= bytes)
            continue;
        const struct relay_message_row message = message_row(row);
        given += message.cost;
        int rc = relay_loaded(w->relay, &message);
        if (rc)
            return rc;
    }
    return relay_load_done(w->relay, seat, w->now_ms);
}

static void restore_streams(struct world *w)
{
    const struct disk *d = &w->relay_disk;
    for (struct disk_row *row = NULL; (row = disk_next(d, MESSAGE, row));) {
        struct relay_stream_row stream = {
            .seat = row->key[0],
            .from_seat = row->value[0],
            .stream = row->value[1],
            .first = row->value[2],
            .n = row->value[2],
        };
        bool newest = true;
        for (struct disk_row *other = row; (other = disk_next(d, MESSAGE, other));)
            newest &= other->key[0] != row->key[0] || other->value[1] != row->value[1];
        if (!newest)
            continue;
        for (bool more = true; more;) {
            more = false;
            for (struct disk_row *other = NULL; (other = disk_next(d, MESSAGE, other));)
                if (other->key[0] == stream.seat && other->value[1] == stream.stream &&
                    other->value[2] + 1 == stream.first) {
                    stream.first--;
                    more = true;
                }
        }
        int rc = relay_restore_stream(w->relay, &stream);
        assert(rc == 0);
    }
}

static void restore_queues(struct world *w)
{
    const struct disk *d = &w->relay_disk;
    for (struct disk_row *seat = NULL; (seat = disk_next(d, SEAT, seat));) {
        struct relay_queue_row queue = {.seat = seat->key[0]};
        for (struct disk_row *row = NULL; (row = disk_next(d, MESSAGE, row));) {
            if (row->key[0] != queue.seat)
                continue;
            queue.cost += row->value[3];
            if (!queue.position_first)
                queue.position_first = row->key[1];
            queue.position_last = row->key[1];
        }
        int rc = queue.cost ? relay_restore_queue(w->relay, &queue) : 0;
        assert(rc == 0);
    }
}

static void restore_seats_and_receipts(struct world *w)
{
    const struct disk *d = &w->relay_disk;
    for (struct disk_row *row = NULL; (row = disk_next(d, SEAT, row));) {
        const uint8_t *at = row->bytes;
        struct relay_seat_row seat = {.id = row->key[0], .gone_wall_ms = row->value[0]};
        seat.room = unpack(&at);
        seat.nick = unpack(&at);
        seat.identity = unpack(&at);
        seat.keys.at = unpack(&at);
        seat.keys.len = seat.keys.at ? strlen(seat.keys.at) : 0;
        int rc = relay_restore_seat(w->relay, &seat);
        assert(rc == 0);
    }
    restore_queues(w);
    restore_streams(w);
    for (struct disk_row *row = NULL; (row = disk_next(d, RECEIPT, row));) {
        const struct relay_receipt_row receipt = {
            .seat = row->key[0],
            .stream = row->key[1],
            .position = row->value[0],
            .frame = row->bytes,
            .frame_len = row->len,
        };
        int rc = relay_restore_receipt(w->relay, &receipt);
        assert(rc == 0);
    }
}

void host_relay_start(struct world *w)
{
    const struct relay_options options = {
        .hello_timeout_ms = 10000,
        .ping_interval_ms = 30000,
        .seat_ttl_ms = 600000,
        .queue_ttl_ms = UINT64_C(7) * 24 * 3600 * 1000,
        .queue_max = rng_one_in(&w->rng, 4) && !w->healing ? 1000 : 64 << 20,
        .store_max = 1 << 30,
        .clients_max = 64,
        .durable = w->durable,
        .agent = "sim",
    };
    int rc = relay_new(&w->relay, &options);
    assert(rc == 0);
    relay_set_wall(w->relay, w->now_ms, w->wall_ms);
    uint64_t seat = 0, position = 0;
    restore_seats_and_receipts(w);
    for (size_t i = 0; i < w->relay_disk.count; i++) {
        const struct disk_row *row = &w->relay_disk.rows[i];
        if (row->key[0] > seat)
            seat = row->key[0];
        uint64_t at = row->table == MESSAGE   ? row->key[1]
                      : row->table == RECEIPT ? row->value[0]
                                              : 0;
        if (at > position)
            position = at;
        if (row->table == MESSAGE && row->value[0] > seat)
            seat = row->value[0];
    }
    relay_restore_counters(w->relay, seat + 1, position + 1);
    world_say(w, "relay: starts");
}

/* The process is gone: its connections end, and what was not committed is forgotten. */
static void end_process(struct world *w)
{
    relay_free(w->relay);
    w->relay = NULL;
    for (size_t i = 0; i < w->links_count; i++) {
        struct link *link = &w->links[i];
        if (!link->relay_end)
            continue;
        link->relay_end = false;
        link->accepted = NULL;
        link->down.broken = true;
    }
    disk_crash(&w->relay_disk);
    w->relay_starts_ms = w->now_ms + rng_below(&w->rng, 20000);
}

void host_relay_crash(struct world *w, const char *why)
{
    world_say(w, "relay: dies (%s)", why);
    end_process(w);
}

void host_relay_stop(struct world *w)
{
    world_say(w, "relay: stops in good order");
    int rc = relay_stop(w->relay, w->now_ms);
    assert(rc == 0);
    host_relay_turn(w);
    if (w->relay)
        end_process(w);
}

/* Learns which messages of whom became safe with a commit. */
static void note_safe(struct world *w)
{
    for (struct disk_row *row = NULL; (row = disk_next(&w->relay_disk, MESSAGE, row));) {
        struct frame frame;
        int client;
        if (frame_decode(row->bytes, row->len, &frame) <= 0)
            continue;
        int number = host_client_number(frame.content + 1, frame.content_len - 1, &client);
        if (number >= 0)
            w->fates[client][number].on_relay = true;
    }
}

/* Commits what the turn saved. False where the relay is gone. */
static bool commit(struct world *w)
{
    int rc;
    if (world_fault(w, w->faults.crash_relay)) {
        host_relay_crash(w, "before a commit");
        return false;
    }
    if (world_fault(w, w->faults.disk_full)) {
        world_say(w, "relay: the disk is full");
        disk_crash(&w->relay_disk);
        rc = relay_rolled_back(w->relay, w->now_ms);
        assert(rc == 0);
        return true;
    }
    if (world_fault(w, w->faults.commit_fails)) {
        bool happened = rng_one_in(&w->rng, 2);
        if (happened) {
            disk_commit(&w->relay_disk);
            note_safe(w);
        }
        host_relay_crash(w, happened ? "a commit failed, but happened" : "a commit failed");
        return false;
    }
    disk_commit(&w->relay_disk);
    note_safe(w);
    if (world_fault(w, w->faults.crash_relay)) {
        host_relay_crash(w, "after a commit");
        return false;
    }
    rc = relay_committed(w->relay, w->now_ms);
    assert(rc == 0);
    return true;
}

static void carry_out(struct world *w, const struct relay_event *event)
{
    struct disk *d = &w->relay_disk;
    struct link *link = event->owner;
    int rc = 0;
    switch (event->type) {
    case RELAY_WANT:
    case RELAY_LOG: break;
    case RELAY_FINISH: link->down.ended = true; break;
    case RELAY_DROP: net_close_relay(w, link); break;
    case RELAY_SAVE_SEAT: put_seat(d, &event->seat_row); break;
    case RELAY_DELETE_SEAT: delete_seat(d, event->seat); break;
    case RELAY_SAVE_MESSAGE: put_message(d, &event->message_row); break;
    case RELAY_DELETE_MESSAGES: {
        uint64_t seat = event->seat, stream = event->stream, n = event->n;
        rc = relay_deleted(w->relay, seat, stream, delete_messages(d, seat, stream, n));
        break;
    }
    case RELAY_SAVE_RECEIPT: put_receipt(d, &event->receipt_row); break;
    case RELAY_DELETE_RECEIPTS: delete_receipts(d, event->seat); break;
    case RELAY_LOAD: rc = load(w, event); break;
    }
    assert(rc == 0);
}

void host_relay_turn(struct world *w)
{
    struct relay_event event;
    int rc;
    do {
        while ((rc = relay_next(w->relay, &event)) == 1) {
            carry_out(w, &event);
            if (disk_is_dirty(&w->relay_disk) && world_fault(w, w->faults.crash_relay)) {
                host_relay_crash(w, "in a transaction");
                return;
            }
        }
        assert(rc == 0);
        if (disk_is_dirty(&w->relay_disk) && !w->durable)
            world_fail(w, "a relay without a disk saved something");
    } while (disk_is_dirty(&w->relay_disk) && commit(w));
}
