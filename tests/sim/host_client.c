#include "payload.h"
#include "world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PEER,
    STREAM,
    MESSAGE = HOST_CLIENT_MESSAGE,
    PREKEY,
};

/* Rows of MESSAGE: value = {peer, mine, stream, n}; the mark and the time are behind the payload.
 */
struct tail {
    uint64_t wall_ms;
    uint64_t mark;
};

int host_client_number(const uint8_t *payload, size_t len, int *client)
{
    struct buffer scratch;
    struct payload p;
    buffer_init(&scratch, SIZE_MAX);
    int number = -1;
    *client = -1;
    if (payload_decode(payload, len, &scratch, &p) == 0 && p.kind == PAYLOAD_TEXT) {
        char text[16] = "";
        memcpy(text, p.text.at, p.text.len < sizeof text ? p.text.len : sizeof text - 1);
        *client = text[0] - 'a';
        number = atoi(text + 1);
    }
    buffer_clear(&scratch);
    return number;
}

static void put_peer(struct simdisk *d, const struct session_peer_row *row)
{
    char bytes[1024 + KEYS_LEN];
    size_t nick = strlen(row->nick) + 1, identity = strlen(row->identity) + 1;
    memcpy(bytes, row->nick, nick);
    memcpy(bytes + nick, row->identity, identity);
    memcpy(bytes + nick + identity, row->prekey, KEYS_LEN);
    simdisk_put(d, &(struct simdisk_row){.table = PEER,
                                         .key = {row->id},
                                         .value = {row->has_prekey, row->made_ms},
                                         .bytes = (uint8_t *)bytes,
                                         .len = nick + identity + KEYS_LEN});
}

static struct session_peer_row peer_row(const struct simdisk_row *row)
{
    const char *nick = (const char *)row->bytes, *identity = nick + strlen(nick) + 1;
    struct session_peer_row peer = {
        .id = (uint32_t)row->key[0],
        .nick = nick,
        .identity = identity,
        .has_prekey = row->value[0],
        .made_ms = row->value[1],
    };
    memcpy(peer.prekey, identity + strlen(identity) + 1, KEYS_LEN);
    return peer;
}

static void put_prekey(struct simdisk *d, const struct session_prekey_row *row)
{
    uint8_t secret[KEYS_LEN];
    memcpy(secret, row->secret, KEYS_LEN);
    simdisk_put(d, &(struct simdisk_row){
                       .table = PREKEY, .key = {row->made_ms}, .bytes = secret, .len = KEYS_LEN});
}

static void drop_prekeys(struct simdisk *d, uint64_t made_ms)
{
    for (struct simdisk_row *row = NULL; (row = simdisk_next(d, PREKEY, row));)
        if (row->key[0] < made_ms)
            simdisk_delete(d, row);
}

static void put_stream(struct simdisk *d, const struct session_stream_row *row)
{
    simdisk_put(d, &(struct simdisk_row){.table = STREAM,
                                         .key = {row->peer, row->mine, row->stream},
                                         .value = {row->order, row->last, row->receipted}});
}

static void put_message(struct simdisk *d, const struct session_message_row *row)
{
    uint8_t bytes[2048];
    const struct tail tail = {.wall_ms = row->wall_ms, .mark = row->mark};
    memcpy(bytes, row->payload, row->payload_len);
    memcpy(bytes + row->payload_len, &tail, sizeof tail);
    simdisk_put(d, &(struct simdisk_row){.table = MESSAGE,
                                         .key = {row->id},
                                         .value = {row->peer, row->mine, row->stream, row->n},
                                         .bytes = bytes,
                                         .len = row->payload_len + sizeof tail});
}

static struct session_message_row message_row(const struct simdisk_row *row)
{
    struct tail tail;
    memcpy(&tail, row->bytes + row->len - sizeof tail, sizeof tail);
    return (struct session_message_row){
        .id = row->key[0],
        .peer = (uint32_t)row->value[0],
        .mine = row->value[1],
        .stream = row->value[2],
        .n = row->value[3],
        .wall_ms = tail.wall_ms,
        .mark = (enum session_mark)tail.mark,
        .payload = row->bytes,
        .payload_len = row->len - sizeof tail,
    };
}

int host_client_row_number(const struct simdisk_row *row, int *client)
{
    const struct session_message_row message = message_row(row);
    return host_client_number(message.payload, message.payload_len, client);
}

int host_client_number_at(const struct world *w, int writer, uint64_t stream, uint64_t n)
{
    const struct host_client *c = &w->clients[writer];
    for (size_t i = 0; i < c->places_count; i++)
        if (c->places[i].stream == stream && c->places[i].n == n)
            return c->places[i].number;
    return -1;
}

/* Learns where a message of its own stands, or would, if that were committed. */
static void note_place(struct world *w, int client, const struct session_message_row *row)
{
    struct host_client *c = &w->clients[client];
    int writer, number = host_client_number(row->payload, row->payload_len, &writer);
    if (!row->mine || host_client_number_at(w, client, row->stream, row->n) == number)
        return;
    assert(c->places_count < sizeof c->places / sizeof c->places[0]);
    c->places[c->places_count++] = (struct place){number, row->stream, row->n};
}

static struct simdisk_row *find_message(const struct simdisk *d, uint64_t id)
{
    struct simdisk_row *row = NULL;
    while ((row = simdisk_next(d, MESSAGE, row)) && row->key[0] != id)
        ;
    return row;
}

static void put_mark(struct simdisk *d, uint64_t id, enum session_mark mark)
{
    struct simdisk_row *row = find_message(d, id);
    if (!row)
        return;
    struct session_message_row message = message_row(row);
    message.mark = mark;
    uint8_t payload[2048]; /* putting moves the rows */
    memcpy(payload, message.payload, message.payload_len);
    message.payload = payload;
    put_message(d, &message);
}

/* A message is shown when it is safe, and once in the life of a process. */
static void check_shown(struct world *w, int client, const struct session_message_row *row)
{
    struct host_client *c = &w->clients[client];
    struct simdisk_row *saved = find_message(&c->disk, row->id);
    if (!saved || !simdisk_has(&c->disk, saved))
        world_fail(w, "client %d shows message %ju, which is not on its disk", client,
                   (uintmax_t)row->id);
    else if (row->id >= sizeof c->shown / sizeof c->shown[0])
        world_fail(w, "client %d has far too many messages", client);
    else if (c->shown[row->id])
        world_fail(w, "client %d shows message %ju twice", client, (uintmax_t)row->id);
    else
        c->shown[row->id] = true;
    int writer;
    int number = host_client_number(row->payload, row->payload_len, &writer);
    if (writer != (row->mine ? client : 1 - client))
        world_fail(w, "client %d shows what was not written by the one that it says", client);
    else if (!row->mine && host_client_number_at(w, writer, row->stream, row->n) != number)
        world_fail(w, "client %d shows %c%d in another place than it was written in", client,
                   'a' + writer, number);
    world_say(w, "client %d: shows %c%d%s as message %ju", client, 'a' + writer, number,
              row->mine ? " of its own" : "", (uintmax_t)row->id);
}

/* A mark claims nothing that was not true some time before. */
static void check_mark(struct world *w, int client, uint64_t id, enum session_mark mark)
{
    const struct simdisk_row *row = find_message(&w->clients[client].disk, id);
    if (!row) {
        world_fail(w, "client %d marks message %ju, which it does not have", client, (uintmax_t)id);
        return;
    }
    int writer;
    const struct session_message_row message = message_row(row);
    int number = host_client_number(message.payload, message.payload_len, &writer);
    const struct fate *fate = &w->fates[client][number];
    world_say(w, "client %d: mark %d on %c%d", client, (int)mark, 'a' + client, number);
    if (mark >= SESSION_DELIVERED && !fate->on_peer)
        world_fail(w, "client %d: message %d is marked delivered and is not", client, number);
    if (mark == SESSION_STORED && !fate->on_relay && !w->hostile)
        world_fail(w, "client %d: message %d is marked stored and is not", client, number);
}

static void load(struct world *w, int client, const struct session_event *event)
{
    struct host_client *c = &w->clients[client];
    uint32_t peer = event->load.peer;
    uint64_t stream = event->load.stream, n = event->load.n;
    unsigned given = 0, most = 1 + (unsigned)rng_below(&w->rng, 4);
    for (struct simdisk_row *row = NULL;
         given < most && (row = simdisk_next(&c->disk, MESSAGE, row));) {
        const struct session_message_row message = message_row(row);
        if (!message.mine || message.peer != peer || message.stream != stream || message.n < n)
            continue;
        /* In order of n: rows that were saved anew lie behind younger ones. */
        const struct simdisk_row *next = NULL;
        for (struct simdisk_row *other = NULL; (other = simdisk_next(&c->disk, MESSAGE, other));)
            if (other->value[1] && other->value[0] == peer && other->value[2] == stream &&
                other->value[3] >= n && (!next || other->value[3] < next->value[3]))
                next = other;
        const struct session_message_row found = message_row(next);
        int rc = session_loaded(c->session, &found);
        assert(rc >= 0);
        if (rc > 0)
            break;
        n = found.n + 1;
        given++;
        row = NULL;
    }
    int rc = session_load_done(c->session, w->now_ms);
    assert(rc == 0);
}

void host_client_start(struct world *w, int client)
{
    struct host_client *c = &w->clients[client];
    static const char *const keys[] = {"{\"identity\":\"a\"}", "{\"identity\":\"b\"}"};
    struct session_options options = {
        .nick = client ? "bob" : "alice",
        .room = "lobby",
        .agent = "sim",
        .keys = keys[client],
        .identity = c->identity,
        .open = !w->sealed,
    };
    for (size_t i = 0; i < sizeof options.seed; i++)
        options.seed[i] = (uint8_t)rng_next(&w->rng);
    int rc = session_new(&c->session, &options);
    assert(rc == 0);
    session_set_wall(c->session, w->now_ms, w->wall_ms);
    memset(c->shown, 0, sizeof c->shown);
    uint64_t next_id = 1;
    for (struct simdisk_row *row = NULL; (row = simdisk_next(&c->disk, PREKEY, row));) {
        const struct session_prekey_row prekey = {row->bytes, row->key[0]};
        rc = session_restore_prekey(c->session, &prekey);
        assert(rc == 0);
    }
    for (struct simdisk_row *row = NULL; (row = simdisk_next(&c->disk, PEER, row));) {
        const struct session_peer_row peer = peer_row(row);
        rc = session_restore_peer(c->session, &peer);
        assert(rc == 0);
    }
    for (uint64_t order = 0; order < MESSAGES_MAX; order++)
        for (struct simdisk_row *row = NULL; (row = simdisk_next(&c->disk, STREAM, row));) {
            const struct session_stream_row stream = {
                .peer = (uint32_t)row->key[0],
                .mine = row->key[1],
                .stream = row->key[2],
                .order = row->value[0],
                .last = row->value[1],
                .receipted = row->value[2],
            };
            rc = stream.order == order ? session_restore_stream(c->session, &stream) : 0;
            assert(rc == 0);
        }
    for (size_t i = 0; i < c->disk.count; i++)
        if (c->disk.rows[i].table == MESSAGE && c->disk.rows[i].key[0] >= next_id)
            next_id = c->disk.rows[i].key[0] + 1;
    for (uint64_t id = 1; id < next_id; id++) {
        struct simdisk_row *row = find_message(&c->disk, id);
        if (!row)
            continue;
        const struct session_message_row message = message_row(row);
        c->shown[id] = true; /* from the history */
        if (message.mine && message.mark < SESSION_DELIVERED) {
            rc = session_restore_message(c->session, &message);
            assert(rc == 0);
        }
    }
    session_restore_counter(c->session, next_id);
    rc = session_start(c->session, w->now_ms);
    assert(rc == 0);
    world_say(w, "client %d: starts", client);
    host_client_turn(w, client);
}

void host_client_crash(struct world *w, int client, const char *why)
{
    struct host_client *c = &w->clients[client];
    world_say(w, "client %d: dies (%s)", client, why);
    session_free(c->session);
    c->session = NULL;
    c->wants_link = false;
    net_close_client(w, c->link);
    simdisk_crash(&c->disk);
    c->starts_ms = w->now_ms + rng_below(&w->rng, 20000);
}

/* Learns which messages of the peer become safe with a commit. */
static void note_safe(struct world *w, int client)
{
    const struct simdisk *d = &w->clients[client].disk;
    for (struct simdisk_row *row = NULL; (row = simdisk_next(d, MESSAGE, row));) {
        int writer;
        if (row->born <= d->committed)
            continue;
        int number = host_client_row_number(row, &writer);
        if (number >= 0 && writer != client)
            w->fates[writer][number].on_peer = true;
    }
}

/* Commits what the turn saved. False where the client is gone. */
static bool commit(struct world *w, int client)
{
    struct host_client *c = &w->clients[client];
    if (world_fault(w, w->faults.crash_client)) {
        host_client_crash(w, client, "before a commit");
        return false;
    }
    bool fails = world_fault(w, w->faults.commit_fails);
    bool happened = !fails || rng_one_in(&w->rng, 2);
    if (happened) {
        note_safe(w, client);
        simdisk_commit(&c->disk);
    }
    if (fails || world_fault(w, w->faults.crash_client)) {
        host_client_crash(w, client,
                          !fails     ? "after a commit"
                          : happened ? "a commit failed, but happened"
                                     : "a commit failed");
        return false;
    }
    int rc = session_committed(c->session, w->now_ms);
    assert(rc == 0);
    return true;
}

static void connect(struct world *w, int client)
{
    struct host_client *c = &w->clients[client];
    c->wants_link = true;
    session_forget_pins(c->session);
    const struct session_pin_row pin = {client ? "alice" : "bob", c->pin, false};
    int rc = *c->pin ? session_restore_pin(c->session, &pin) : 0;
    assert(rc == 0);
}

/* Only a relay that lies makes anybody doubt whom they speak with. */
static void check_trust(struct world *w, int client)
{
    enum session_trust trust = session_get_trust(w->clients[client].session);
    world_say(w, "client %d: trust %d", client, (int)trust);
    if (trust >= SESSION_HELD && !w->hostile)
        world_fail(w, "client %d holds back from its peer: %d", client, (int)trust);
    if (w->sealed && trust == SESSION_OPEN)
        world_fail(w, "client %d seals nothing", client);
}

static void carry_out(struct world *w, int client, const struct session_event *event)
{
    struct host_client *c = &w->clients[client];
    switch (event->type) {
    case SESSION_CONNECT: connect(w, client); break;
    case SESSION_SAVE_PREKEY: put_prekey(&c->disk, &event->prekey_row); break;
    case SESSION_DROP_PREKEYS: drop_prekeys(&c->disk, event->made_ms); break;
    case SESSION_SAVE_PIN: strcpy(c->pin, event->pin_row.identity); break;
    case SESSION_TRUST: check_trust(w, client); break;
    case SESSION_DISCONNECT: net_close_client(w, c->link); break;
    case SESSION_SAVE_PEER:
        world_say(w, "client %d: saves peer %u, '%s' '%s'", client, event->peer_row.id,
                  event->peer_row.nick, event->peer_row.identity);
        put_peer(&c->disk, &event->peer_row);
        break;
    case SESSION_SAVE_STREAM: put_stream(&c->disk, &event->stream_row); break;
    case SESSION_SAVE_MESSAGE:
        note_place(w, client, &event->message_row);
        put_message(&c->disk, &event->message_row);
        break;
    case SESSION_SAVE_MARK: put_mark(&c->disk, event->id, event->mark); break;
    case SESSION_LOAD: load(w, client, event); break;
    case SESSION_MESSAGE: check_shown(w, client, &event->message_row); break;
    case SESSION_MARK: check_mark(w, client, event->id, event->mark); break;
    case SESSION_STATUS:
        if (event->status.state == SESSION_STOPPED)
            world_fail(w, "client %d stopped: %s", client, header_code_word(event->status.code));
        break;
    default: break;
    }
}

void host_client_turn(struct world *w, int client)
{
    struct host_client *c = &w->clients[client];
    struct session_event event;
    int rc;
    do {
        while ((rc = session_next(c->session, &event)) == 1) {
            carry_out(w, client, &event);
            if (simdisk_is_dirty(&c->disk) && world_fault(w, w->faults.crash_client)) {
                host_client_crash(w, client, "in a transaction");
                return;
            }
        }
        assert(rc == 0);
    } while (simdisk_is_dirty(&c->disk) && commit(w, client));
}

void host_client_write(struct world *w, int client)
{
    struct host_client *c = &w->clients[client];
    char text[16];
    int len = snprintf(text, sizeof text, "%c%u", 'a' + client, c->written);
    const struct payload p = {.kind = PAYLOAD_TEXT, .text = {text, (size_t)len}};
    uint64_t id;
    world_say(w, "client %d: writes %s", client, text);
    c->written++;
    int rc = session_send(c->session, &p, w->now_ms, &id);
    assert(rc == 0);
    host_client_turn(w, client);
}
