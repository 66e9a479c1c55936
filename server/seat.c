#include "seat.h"

#include "client.h"
#include "disk.h"
#include "error.h"
#include "header.h"
#include "output.h"
#include "queue.h"
#include "receipt.h"
#include "stream.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

uint64_t seat_sender(const struct name *nick, const char *identity)
{
    /* Not keyed: it outlives this run of the relay, on disk. */
    static const uint64_t key[2];
    const uint64_t inner[2] = {table_hash(key, nick->key, strlen(nick->key)), identity != NULL};
    return table_hash(inner, identity ? identity : "", identity ? strlen(identity) : 0);
}

uint64_t seat_waiting(const struct seat *s)
{
    return s->disk_count > 0 ? s->disk_count : s->run_count;
}

static uint64_t hash_name(const struct relay *r, const struct name *name)
{
    return table_hash(r->options.hash_key, name->key, strlen(name->key));
}

struct room *seat_find_room(struct relay *r, const struct name *name)
{
    struct table_node *node = table_find(&r->rooms, hash_name(r, name));
    while (node && !name_equal(&LINK_OF(node, struct room, node)->name, name))
        node = table_find_next(node);
    return node ? LINK_OF(node, struct room, node) : NULL;
}

struct seat *seat_find(const struct room *room, const struct name *nick)
{
    for (size_t i = 0; i < 2; i++)
        if (room->seats[i] && name_equal(&room->seats[i]->nick, nick))
            return room->seats[i];
    return NULL;
}

static uint64_t hash_id(const struct relay *r, uint64_t id)
{
    return table_hash(r->options.hash_key, &id, sizeof id);
}

struct seat *seat_find_id(struct relay *r, uint64_t id)
{
    struct table_node *node = table_find(&r->seats, hash_id(r, id));
    while (node && LINK_OF(node, struct seat, node)->id != id)
        node = table_find_next(node);
    return node ? LINK_OF(node, struct seat, node) : NULL;
}

static struct room *get_room(struct relay *r, struct name *name)
{
    struct room *room = seat_find_room(r, name);
    if (room)
        return room;
    room = calloc(1, sizeof *room);
    if (!room)
        return NULL;
    room->name = *name;
    *name = (struct name){0};
    table_put(&r->rooms, &room->node, hash_name(r, &room->name));
    return room;
}

static void free_empty_room(struct relay *r, struct room *room)
{
    if (room->seats[0] || room->seats[1])
        return;
    table_take(&r->rooms, &room->node);
    name_clear(&room->name);
    free(room);
}

static void init(struct seat *s)
{
    struct link *const links[] = {
        &s->run,        &s->streams_busy, &s->streams_rest,       &s->streams_stored, &s->receipts,
        &s->in_changed, &s->row.link,     &s->receipts_gone.link, &s->load.link,
    };
    *s = (struct seat){0};
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        link_init(links[i]);
    s->cursor = &s->run;
}

int seat_delete_row(struct relay *r, uint64_t id)
{
    struct seat *s = malloc(sizeof *s);
    if (!s)
        return ERROR_NOMEM;
    init(s);
    s->id = id;
    s->saved = true;
    disk_delete_seat(r, s);
    return 0;
}

/* The other seat has a new holder: what of its queue is from it? */
static void meet(struct seat *s, uint64_t peer_sender)
{
    s->peer_sender = peer_sender;
    s->held_of_peer = s->streams_of_peer = 0;
    struct link *const lists[] = {&s->streams_busy, &s->streams_rest};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        for (struct link *l = lists[i]->next; l != lists[i]; l = l->next) {
            const struct stream *stream = LINK_OF(l, struct stream, in_seat);
            if (stream->sender != peer_sender)
                continue;
            s->held_of_peer += stream->held;
            s->streams_of_peer += stream->newest > 0;
        }
}

struct seat *seat_new(struct relay *r, struct name *room_name, struct name *nick,
                      const char *identity, uint64_t id)
{
    if (heap_reserve(&r->idle, r->counters.seats + 1) ||
        heap_reserve(&r->kept, r->counters.seats + 1))
        return NULL;
    struct seat *s = malloc(sizeof *s);
    char *copy = identity ? strdup(identity) : NULL;
    struct room *room = NULL;
    if (!s || (identity && !copy) || !(room = get_room(r, room_name))) {
        free(s);
        free(copy);
        return NULL;
    }
    init(s);
    s->id = id;
    s->room = room;
    s->identity = copy;
    s->nick = *nick;
    *nick = (struct name){0};
    s->sender = seat_sender(&s->nick, identity);
    room->seats[room->seats[0] != NULL] = s;
    table_put(&r->seats, &s->node, hash_id(r, id));
    r->counters.seats++;
    if (r->next_seat <= id)
        r->next_seat = id + 1;
    struct seat *peer = s->peer = room->seats[room->seats[0] == s];
    if (peer) {
        peer->peer = s;
        s->peer_sender = peer->sender;
        meet(peer, s->sender);
    }
    return s;
}

static void set_heap(struct seat *s, struct heap *heap)
{
    if (s->heap == heap)
        return;
    if (s->heap)
        heap_take(s->heap, &s->gone);
    if (heap)
        heap_put(heap, &s->gone);
    s->heap = heap;
}

void seat_update(struct relay *r, struct seat *s)
{
    const struct seat *peer = s->peer;
    bool kept = seat_waiting(s) > 0 || s->receipts_count > 0 || (peer && peer->streams_of_peer > 0);
    if (!s->client)
        set_heap(s, kept ? &r->kept : &r->idle);
}

void seat_come(struct relay *r, struct seat *s, struct relay_client *c)
{
    bool takes_over = s->client != NULL;
    s->client = c;
    s->room->epoch++;
    queue_rewind(s);
    if (!takes_over) {
        s->since_wall_ms = core_wall_ms(r);
        set_heap(s, NULL);
        receipt_hand_over(r, s);
    }
    disk_update_seat(r, s);
    seat_announce(r, s, HEADER_ONLINE);
    disk_load_more(r, s);
}

void seat_go(struct relay *r, struct seat *s)
{
    s->client = NULL;
    s->since_wall_ms = core_wall_ms(r);
    s->gone.key = (int64_t)r->now_ms;
    seat_announce(r, s, HEADER_OFFLINE);
    disk_load_anew(s);
    if (r->options.durable)
        disk_save_run(r, s);
    queue_rewind(s);
    disk_update_seat(r, s);
    stream_trim_idle(r, s);
    seat_update(r, s);
}

static void forget_queue(struct relay *r, struct seat *s)
{
    struct link *l;
    while ((l = s->streams_busy.next) != &s->streams_busy)
        queue_cover(r, LINK_OF(l, struct stream, in_seat), JSON_INTEGER_MAX);
    while ((l = s->streams_rest.next) != &s->streams_rest)
        stream_free(r, LINK_OF(l, struct stream, in_seat));
    receipt_clear(r, s);
}

void seat_free(struct relay *r, struct seat *s)
{
    struct room *room = s->room;
    struct seat *peer = s->peer;
    assert(!s->client);
    forget_queue(r, s);
    seat_announce(r, s, HEADER_LEFT);
    set_heap(s, NULL);
    room->seats[room->seats[1] == s] = NULL;
    if (peer) {
        peer->peer = NULL;
        seat_update(r, peer);
    } else {
        free_empty_room(r, room);
    }
    table_take(&r->seats, &s->node);
    r->counters.seats--;
    name_clear(&s->nick);
    free(s->identity);
    free(s->keys);
    disk_delete_seat(r, s);
}

void seat_announce(struct relay *r, struct seat *s, enum header_state state)
{
    const struct seat *peer = s->peer;
    if (!peer || !peer->client || r->stopping)
        return;
    struct header h = {
        .type = HEADER_PRESENCE,
        .nick = {s->nick.text, strlen(s->nick.text)},
        .state = state,
        .time = state == HEADER_LEFT ? core_wall_ms(r) : s->since_wall_ms,
        .keys = {s->keys, s->keys ? strlen(s->keys) : 0},
    };
    h.stored_count = stream_list_stored(s, peer->sender, h.stored);
    output_send(r, peer->client, &h, NULL, 0);
}

/* When the first of a heap has been gone for `ttl_ms`. */
static uint64_t expiry(const struct heap *heap, uint64_t ttl_ms)
{
    const struct heap_node *first = heap_first(heap);
    if (!first)
        return UINT64_MAX;
    int64_t at = first->key + (int64_t)ttl_ms;
    return at > 0 ? (uint64_t)at : 0;
}

uint64_t seat_deadline(const struct relay *r)
{
    uint64_t idle = expiry(&r->idle, r->options.seat_ttl_ms);
    uint64_t kept = expiry(&r->kept, r->options.queue_ttl_ms);
    return idle < kept ? idle : kept;
}

static void free_first(struct relay *r, struct heap *heap)
{
    seat_free(r, LINK_OF(heap_first(heap), struct seat, gone));
}

void seat_expire(struct relay *r)
{
    while (expiry(&r->idle, r->options.seat_ttl_ms) <= r->now_ms)
        free_first(r, &r->idle);
    while (expiry(&r->kept, r->options.queue_ttl_ms) <= r->now_ms)
        free_first(r, &r->kept);
}

void seat_trim(struct relay *r)
{
    while (r->idle.count > RELAY_SEATS_IDLE_MAX)
        free_first(r, &r->idle);
}

void seat_free_all(struct relay *r)
{
    /* A seat that is freed may make the other one of its room idle. */
    while (r->idle.count > 0 || r->kept.count > 0)
        free_first(r, r->idle.count > 0 ? &r->idle : &r->kept);
}

void seat_save_all(struct relay *r)
{
    const struct heap *const heaps[] = {&r->idle, &r->kept};
    for (size_t i = 0; i < sizeof heaps / sizeof heaps[0]; i++)
        for (size_t at = 1; at <= heaps[i]->count; at++)
            disk_save_seat(r, LINK_OF(heaps[i]->nodes[at], struct seat, gone));
}
