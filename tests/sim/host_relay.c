#include "check.h"
#include "watch.h"

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

static void put_seat(struct simdisk *d, const struct relay_seat_row *row)
{
    uint8_t bytes[8192];
    size_t len = pack(bytes, row->room, strlen(row->room));
    len += pack(bytes + len, row->nick, strlen(row->nick));
    len += pack(bytes + len, row->identity, row->identity ? strlen(row->identity) : 0);
    len += pack(bytes + len, row->keys.at, row->keys.at ? row->keys.len : 0);
    simdisk_put(d, &(struct simdisk_row){.table = SEAT,
                                         .key = {row->id},
                                         .value = {row->gone_wall_ms},
                                         .bytes = bytes,
                                         .len = len});
}

static void put_message(struct simdisk *d, const struct relay_message_row *row)
{
    simdisk_put(d, &(struct simdisk_row){.table = MESSAGE,
                                         .key = {row->seat, row->position},
                                         .value = {row->sender, row->stream, row->n, row->cost},
                                         .bytes = (uint8_t *)(uintptr_t)row->frame,
                                         .len = row->frame_len});
}

static void put_receipt(struct simdisk *d, const struct relay_receipt_row *row)
{
    simdisk_put(d, &(struct simdisk_row){.table = RECEIPT,
                                         .key = {row->seat, row->stream},
                                         .value = {row->position},
                                         .bytes = (uint8_t *)(uintptr_t)row->frame,
                                         .len = row->frame_len});
}

static struct relay_message_row message_row(const struct simdisk_row *row)
{
    return (struct relay_message_row){
        .seat = row->key[0],
        .position = row->key[1],
        .sender = row->value[0],
        .stream = row->value[1],
        .n = row->value[2],
        .cost = row->value[3],
        .frame = row->bytes,
        .frame_len = row->len,
    };
}

static void delete_seat(struct simdisk *d, uint64_t seat)
{
    for (int table = SEAT; table <= RECEIPT; table++)
        for (struct simdisk_row *row = NULL; (row = simdisk_next(d, table, row));)
            if (row->key[0] == seat)
                simdisk_delete(d, row);
}

static void delete_messages(struct world *w, uint64_t seat, uint64_t stream, uint64_t n)
{
    uint64_t count = 0, cost = 0;
    for (struct simdisk_row *row = NULL; (row = simdisk_next(&w->relay_disk, MESSAGE, row));)
        if (row->key[0] == seat && row->value[1] == stream && row->value[2] <= n) {
            count++;
            cost += row->value[3];
            simdisk_delete(&w->relay_disk, row);
        }
    relay_deleted(w->relay, seat, count, cost);
}

static void delete_receipts(struct simdisk *d, uint64_t seat)
{
    for (struct simdisk_row *row = NULL; (row = simdisk_next(d, RECEIPT, row));)
        if (row->key[0] == seat)
            simdisk_delete(d, row);
}

/* Rows of a seat's queue from a position on: put in order, as positions only grow. */
static int load(struct world *w, const struct relay_event *event)
{
    uint64_t seat = event->seat, position = event->position, bytes = event->bytes, given = 0;
    for (struct simdisk_row *row = NULL; (row = simdisk_next(&w->relay_disk, MESSAGE, row));) {
        if (row->key[0] != seat || row->key[1] < position || given >= bytes)
            continue;
        const struct relay_message_row message = message_row(row);
        given += message.cost;
        int rc = relay_loaded(w->relay, &message);
        if (rc)
            return rc;
    }
    relay_load_done(w->relay, seat, w->now_ms);
    return 0;
}

static void restore_streams(struct world *w)
{
    const struct simdisk *d = &w->relay_disk;
    for (struct simdisk_row *row = NULL; (row = simdisk_next(d, MESSAGE, row));) {
        struct relay_stream_row stream = {
            .seat = row->key[0],
            .sender = row->value[0],
            .stream = row->value[1],
            .first = row->value[2],
            .n = row->value[2],
        };
        bool newest = true;
        for (struct simdisk_row *other = row; (other = simdisk_next(d, MESSAGE, other));)
            newest &= other->key[0] != row->key[0] || other->value[1] != row->value[1];
        if (!newest)
            continue;
        for (bool more = true; more;) {
            more = false;
            for (struct simdisk_row *other = NULL; (other = simdisk_next(d, MESSAGE, other));)
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
    const struct simdisk *d = &w->relay_disk;
    for (struct simdisk_row *seat = NULL; (seat = simdisk_next(d, SEAT, seat));) {
        struct relay_queue_row queue = {.seat = seat->key[0]};
        for (struct simdisk_row *row = NULL; (row = simdisk_next(d, MESSAGE, row));) {
            if (row->key[0] != queue.seat)
                continue;
            queue.count++;
            queue.cost += row->value[3];
        }
        int rc = queue.count ? relay_restore_queue(w->relay, &queue) : 0;
        assert(rc == 0);
    }
}

static void restore_seats_and_receipts(struct world *w)
{
    const struct simdisk *d = &w->relay_disk;
    for (uint64_t below = UINT64_MAX;;) { /* the newest id first */
        const struct simdisk_row *row = NULL;
        for (struct simdisk_row *other = NULL; (other = simdisk_next(d, SEAT, other));)
            if (other->key[0] < below && (!row || other->key[0] > row->key[0]))
                row = other;
        if (!row)
            break;
        below = row->key[0];
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
    for (struct simdisk_row *row = NULL; (row = simdisk_next(d, RECEIPT, row));) {
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
        .queue_max = w->narrow && !w->healing ? QUEUE_MAX : 64 << 20,
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
        const struct simdisk_row *row = &w->relay_disk.rows[i];
        if (row->key[0] > seat)
            seat = row->key[0];
        uint64_t at = row->table == MESSAGE   ? row->key[1]
                      : row->table == RECEIPT ? row->value[0]
                                              : 0;
        if (at > position)
            position = at;
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
    simdisk_crash(&w->relay_disk);
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
    relay_stop(w->relay, w->now_ms);
    host_relay_turn(w);
    if (w->relay)
        end_process(w);
}

bool host_relay_holds(const struct world *w, int client, int number)
{
    for (struct simdisk_row *row = NULL; (row = simdisk_next(&w->relay_disk, MESSAGE, row));)
        if (check_number_at(w, client, row->value[1], row->value[2]) == number)
            return true;
    return false;
}

/*
 * What is queued of a stream is queued once, and in order; but what a receipt covered and a full
 * disk kept may come again.
 */
static void check_queue(struct world *w, const struct simdisk_row *last)
{
    if (w->faults.disk_full)
        return;
    for (struct simdisk_row *row = NULL; (row = simdisk_next(&w->relay_disk, MESSAGE, row));)
        if (row->key[0] == last->key[0] && row->value[0] == last->value[0] &&
            row->value[1] == last->value[1] && row->key[1] < last->key[1] &&
            row->value[2] >= last->value[2])
            world_fail(w, "the relay queues %ju after %ju", (uintmax_t)last->value[2],
                       (uintmax_t)row->value[2]);
}

/* Learns which messages of whom become safe with a commit. */
static void note_safe(struct world *w)
{
    const struct simdisk *d = &w->relay_disk;
    for (struct simdisk_row *row = NULL; (row = simdisk_next(d, MESSAGE, row));) {
        if (row->born <= d->committed)
            continue;
        check_queue(w, row);
        for (int client = 0; client < CLIENTS; client++) {
            int number = check_number_at(w, client, row->value[1], row->value[2]);
            if (number >= 0)
                w->fates[client][number].on_relay = true;
        }
    }
}

/* Commits what the turn saved. False where the relay is gone. */
static bool commit(struct world *w)
{
    if (world_fault(w, w->faults.crash_relay)) {
        host_relay_crash(w, "before a commit");
        return false;
    }
    if (world_fault(w, w->faults.disk_full)) {
        world_say(w, "relay: the disk is full");
        simdisk_crash(&w->relay_disk);
        relay_rolled_back(w->relay, w->now_ms);
        return true;
    }
    if (world_fault(w, w->faults.commit_fails)) {
        bool happened = rng_one_in(&w->rng, 2);
        if (happened) {
            note_safe(w);
            simdisk_commit(&w->relay_disk);
        }
        host_relay_crash(w, happened ? "a commit failed, but happened" : "a commit failed");
        return false;
    }
    note_safe(w);
    simdisk_commit(&w->relay_disk);
    if (world_fault(w, w->faults.crash_relay)) {
        host_relay_crash(w, "after a commit");
        return false;
    }
    relay_committed(w->relay, w->now_ms);
    return true;
}

/* Shows what the relay wants of its disk. */
static void trace(struct world *w, const struct relay_event *event)
{
    switch (event->type) {
    case RELAY_SAVE_SEAT:
        world_say(w, "relay: saves seat %ju, %s", (uintmax_t)event->seat_row.id,
                  event->seat_row.nick);
        break;
    case RELAY_DELETE_SEAT: world_say(w, "relay: deletes seat %ju", (uintmax_t)event->seat); break;
    case RELAY_SAVE_MESSAGE:
        world_say(w, "relay: saves %016jx %ju for seat %ju at %ju",
                  (uintmax_t)event->message_row.stream, (uintmax_t)event->message_row.n,
                  (uintmax_t)event->message_row.seat, (uintmax_t)event->message_row.position);
        break;
    case RELAY_DELETE_MESSAGES:
        world_say(w, "relay: deletes %016jx to %ju for seat %ju", (uintmax_t)event->stream,
                  (uintmax_t)event->n, (uintmax_t)event->seat);
        break;
    case RELAY_LOAD:
        world_say(w, "relay: loads for seat %ju from %ju", (uintmax_t)event->seat,
                  (uintmax_t)event->position);
        break;
    case RELAY_LOG:
        world_say(w, "relay: %s %.*s", event->text, (int)event->about.len, event->about.at);
        break;
    default: break;
    }
}

static void carry_out(struct world *w, const struct relay_event *event)
{
    trace(w, event);
    struct simdisk *d = &w->relay_disk;
    struct link *link = event->owner;
    int rc = 0;
    switch (event->type) {
    case RELAY_WANT:
    case RELAY_LOG: break;
    case RELAY_FINISH:
        link->down.ended = true;
        relay_finished(w->relay, link->accepted, w->now_ms);
        break;
    case RELAY_DROP: net_close_relay(w, link); break;
    case RELAY_SAVE_SEAT: put_seat(d, &event->seat_row); break;
    case RELAY_DELETE_SEAT: delete_seat(d, event->seat); break;
    case RELAY_SAVE_MESSAGE:
        watch_taken(w, event->message_row.stream, event->message_row.n);
        put_message(d, &event->message_row);
        break;
    case RELAY_DELETE_MESSAGES: delete_messages(w, event->seat, event->stream, event->n); break;
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
            if (simdisk_is_dirty(&w->relay_disk) && world_fault(w, w->faults.crash_relay)) {
                host_relay_crash(w, "in a transaction");
                return;
            }
        }
        assert(rc == 0);
        if (simdisk_is_dirty(&w->relay_disk) && !w->durable)
            world_fail(w, "a relay without a disk saved something");
    } while (simdisk_is_dirty(&w->relay_disk) && !world_waits(w, &w->relay_waits) && commit(w));
}
