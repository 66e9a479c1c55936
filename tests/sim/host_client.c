#include "check.h"
#include "client_rows.h"
#include "host_files.h"
#include "payload.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* The message of ours of that stream with the lowest number from `n` on. NULL: none. */
static const struct simdisk_row *find_from(const struct simdisk *d,
                                           const struct session_event *load, uint64_t n)
{
    static const int tables[] = {CLIENT_MESSAGE, CLIENT_CHUNK};
    const struct simdisk_row *next = NULL;
    for (int i = 0; i < 2; i++)
        for (struct simdisk_row *row = NULL; (row = simdisk_next(d, tables[i], row));)
            if (row->value[1] && row->value[0] == load->load.peer &&
                row->value[2] == load->load.stream && row->value[3] >= n &&
                (!next || row->value[3] < next->value[3]))
                next = row;
    return next;
}

static void load(struct world *w, int client, const struct session_event *event)
{
    struct host_client *c = &w->clients[client];
    uint64_t n = event->load.n;
    const struct simdisk_row *row;
    int rc = 0;
    for (uint64_t most = 1 + rng_below(&w->rng, 4);
         rc == 0 && most > 0 && (row = find_from(&c->disk, event, n)); most--) {
        const struct session_message_row message = client_rows_message(row);
        rc = session_loaded(c->session, &message);
        assert(rc >= 0);
        n = message.n + 1;
    }
    rc = session_load_done(c->session, w->now_ms);
    assert(rc == 0);
}

/* Chunks of files have no mark: they are restored where their stream has no receipt for them. */
static void restore_chunks_and_files(struct world *w, int client)
{
    struct host_client *c = &w->clients[client];
    for (struct simdisk_row *row = NULL; (row = simdisk_next(&c->disk, CLIENT_CHUNK, row));) {
        const struct session_message_row chunk = client_rows_message(row);
        struct simdisk_row *stream = NULL;
        while ((stream = simdisk_next(&c->disk, CLIENT_STREAM, stream)) &&
               (!stream->key[1] || stream->key[2] != chunk.stream))
            ;
        assert(stream);
        int rc = chunk.n > stream->value[2] ? session_restore_message(c->session, &chunk) : 0;
        assert(rc == 0);
    }
    for (struct simdisk_row *row = NULL; (row = simdisk_next(&c->disk, CLIENT_FILE, row));) {
        const struct transfer_row file = client_rows_file(row);
        int rc = file.state <= TRANSFER_TAKEN ? transfer_restore(c->session, &file) : 0;
        assert(rc == 0);
    }
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
    for (struct simdisk_row *row = NULL; (row = simdisk_next(&c->disk, CLIENT_PREKEY, row));) {
        const struct session_prekey_row prekey = {row->bytes, row->key[0]};
        rc = session_restore_prekey(c->session, &prekey);
        assert(rc == 0);
    }
    for (struct simdisk_row *row = NULL; (row = simdisk_next(&c->disk, CLIENT_PEER, row));) {
        const struct session_peer_row peer = client_rows_peer(row);
        rc = session_restore_peer(c->session, &peer);
        assert(rc == 0);
    }
    for (uint64_t order = 0; order < MESSAGES_MAX; order++)
        for (struct simdisk_row *row = NULL; (row = simdisk_next(&c->disk, CLIENT_STREAM, row));) {
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
        if (c->disk.rows[i].table == CLIENT_MESSAGE && c->disk.rows[i].key[0] >= next_id)
            next_id = c->disk.rows[i].key[0] + 1;
    for (uint64_t id = 1; id < next_id; id++) {
        struct simdisk_row *row = client_rows_find_message(&c->disk, id);
        if (!row)
            continue;
        const struct session_message_row message = client_rows_message(row);
        c->shown[id] = true; /* from the history */
        if (message.mine && message.mark < SESSION_DELIVERED) {
            rc = session_restore_message(c->session, &message);
            assert(rc == 0);
        }
    }
    restore_chunks_and_files(w, client);
    session_restore_counter(c->session, next_id);
    rc = session_start(c->session, w->now_ms);
    assert(rc == 0);
    world_say(w, "client %d: starts", client);
    host_client_turn(w, client);
}

/* The process is gone: what was not committed is forgotten. */
static void end_process(struct world *w, int client)
{
    struct host_client *c = &w->clients[client];
    session_free(c->session);
    c->session = NULL;
    c->wants_link = c->quits = false;
    net_close_client(w, c->link);
    simdisk_crash(&c->disk);
    host_files_crash(w, client);
    c->starts_ms = w->now_ms + rng_below(&w->rng, 20000);
}

void host_client_crash(struct world *w, int client, const char *why)
{
    world_say(w, "client %d: dies (%s)", client, why);
    end_process(w, client);
}

void host_client_quit(struct world *w, int client, bool leave)
{
    struct host_client *c = &w->clients[client];
    world_say(w, "client %d: quits%s", client, leave ? " and leaves" : "");
    c->quits = true;
    int rc = session_quit(c->session, leave, w->now_ms);
    assert(rc == 0);
    host_client_turn(w, client);
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
        check_note_safe(w, client);
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

static void carry_out(struct world *w, int client, const struct session_event *event)
{
    struct host_client *c = &w->clients[client];
    switch (event->type) {
    case SESSION_CONNECT: connect(w, client); break;
    case SESSION_SAVE_PREKEY: client_rows_put_prekey(&c->disk, &event->prekey_row); break;
    case SESSION_DROP_PREKEYS: client_rows_drop_prekeys(&c->disk, event->made_ms); break;
    case SESSION_SAVE_PIN: strcpy(c->pin, event->pin_row.identity); break;
    case SESSION_TRUST: check_trust(w, client); break;
    case SESSION_DISCONNECT: net_close_client(w, c->link); break;
    case SESSION_SAVE_PEER:
        world_say(w, "client %d: saves peer %u, '%s' '%s'", client, event->peer_row.id,
                  event->peer_row.nick, event->peer_row.identity);
        client_rows_put_peer(&c->disk, &event->peer_row);
        break;
    case SESSION_SAVE_STREAM: client_rows_put_stream(&c->disk, &event->stream_row); break;
    case SESSION_SAVE_MESSAGE:
        check_note_place(w, client, &event->message_row);
        client_rows_put_message(&c->disk, &event->message_row);
        break;
    case SESSION_SAVE_CHUNK:
        check_note_place(w, client, &event->message_row);
        client_rows_put_chunk(&c->disk, &event->message_row);
        break;
    case SESSION_SAVE_FILE:
    case SESSION_FILE:
    case SESSION_FILE_READ:
    case SESSION_FILE_WRITE:
    case SESSION_FILE_CHECK: host_files_carry_out(w, client, event); break;
    case SESSION_SAVE_MARK: client_rows_put_mark(&c->disk, event->id, event->mark); break;
    case SESSION_LOAD: load(w, client, event); break;
    case SESSION_MESSAGE: check_shown(w, client, &event->message_row); break;
    case SESSION_MISSING:
        if (!w->faults.old_client && !w->faults.forget)
            world_fail(w, "client %d is told that something is missing", client);
        break;
    case SESSION_MARK: check_mark(w, client, event->id, event->mark); break;
    case SESSION_STATUS:
        if ((event->status.state == SESSION_STOPPED && !c->quits) ||
            event->status.code == CODE_WINDOW)
            world_fail(w, "client %d is told %s", client, header_code_word(event->status.code));
        break;
    default: break;
    }
}

/* Not before the first commit: there may be no keys to connect with until then. */
static bool is_late(struct world *w, struct host_client *c)
{
    return c->link && world_waits(w, &c->waits);
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
    } while (simdisk_is_dirty(&c->disk) && !is_late(w, c) && commit(w, client));
    if (c->session && session_get_state(c->session) == SESSION_STOPPED &&
        !simdisk_is_dirty(&c->disk)) {
        world_say(w, "client %d: ends", client);
        end_process(w, client);
    }
}

void host_client_write(struct world *w, int client)
{
    struct host_client *c = &w->clients[client];
    char text[TEXT_MAX + 1];
    size_t len = (size_t)sprintf(text, "%c%u", 'a' + client, c->written);
    world_say(w, "client %d: writes %s", client, text);
    if (w->wide || w->narrow) {
        size_t more = (size_t)rng_below(&w->rng, w->wide ? TEXT_MAX - len : QUEUE_MAX / 2);
        memset(text + len, ' ', more);
        len += more;
    }
    const struct payload p = {.kind = PAYLOAD_TEXT, .text = {text, len}};
    uint64_t id;
    c->written++;
    int rc = session_send(c->session, &p, w->now_ms, &id);
    assert(rc == 0);
    host_client_turn(w, client);
}
