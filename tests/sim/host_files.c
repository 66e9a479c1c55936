#include "host_files.h"

#include "client_rows.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    PIECE_MAX = 40, /* bytes that are read at once: so a few hundred are many chunks */
};

/* What stands at a place of a file, which has its name of its writer and number. */
static uint8_t byte_of(const char *name, uint64_t offset)
{
    return (uint8_t)(name[0] * 13 + name[1] * 7 + offset * 31 + offset / 8);
}

/* 1 and the open transfer of a message, 0 where it is not open any more. */
static bool find(const struct world *w, int client, uint64_t message, struct transfer_row *row)
{
    const struct session *s = w->clients[client].session;
    for (size_t i = 0; i < transfer_count(s); i++) {
        *row = transfer_get(s, i);
        if (row->message == message)
            return true;
    }
    return false;
}

/* What is here of a file that the peer calls so; made where there is nothing. */
static struct part *get_part(struct world *w, int client, const char *id)
{
    struct host_client *c = &w->clients[client];
    for (size_t i = 0; i < c->parts_count; i++)
        if (strcmp(c->parts[i].id, id) == 0)
            return &c->parts[i];
    assert(c->parts_count < FILES_MAX);
    struct part *part = &c->parts[c->parts_count++];
    *part = (struct part){0};
    strcpy(part->id, id);
    return part;
}

static void read_piece(struct world *w, int client)
{
    struct host_client *c = &w->clients[client];
    struct transfer_row row;
    uint8_t bytes[PIECE_MAX];
    int rc;
    c->reads = false;
    if (!find(w, client, c->piece.message, &row))
        return;
    if (world_fault(w, w->faults.vanish)) {
        world_say(w, "client %d: %s is gone", client, row.name);
        rc = transfer_fail(c->session, row.message, w->now_ms);
        assert(rc == 0);
        return;
    }
    size_t most = c->piece.len < PIECE_MAX ? c->piece.len : PIECE_MAX;
    struct transfer_piece piece = c->piece;
    piece.bytes = bytes;
    piece.len = 1 + (size_t)rng_below(&w->rng, most);
    for (size_t i = 0; i < piece.len; i++)
        bytes[i] = byte_of(row.name, piece.offset + i);
    world_say(w, "client %d: reads %ju+%zu of %s", client, (uintmax_t)piece.offset, piece.len,
              row.name);
    rc = transfer_give(c->session, &piece, w->now_ms);
    assert(rc == 0);
}

static void write_piece(struct world *w, int client, const struct transfer_piece *piece)
{
    struct transfer_row row;
    if (!find(w, client, piece->message, &row))
        return;
    struct part *part = get_part(w, client, row.id);
    world_say(w, "client %d: writes %ju+%zu of %s", client, (uintmax_t)piece->offset, piece->len,
              row.name);
    if (!part->ready)
        return;
    if (piece->offset != part->len)
        world_fail(w, "client %d writes %s at %ju, and has %zu of it", client, row.name,
                   (uintmax_t)piece->offset, part->len);
    else if (piece->len > sizeof part->bytes - part->len)
        world_fail(w, "client %d gets more of %s than there is", client, row.name);
    else
        memcpy(part->bytes + part->len, piece->bytes, piece->len);
    part->len += piece->len;
}

static void check(struct world *w, int client, const struct transfer_row *row, struct part *part)
{
    part->checks = false;
    if (part->len != row->size)
        world_fail(w, "client %d has %zu bytes of %s", client, part->len, row->name);
    for (size_t i = 0; i < part->len && !w->failure[0]; i++)
        if (part->bytes[i] != byte_of(row->name, i))
            world_fail(w, "client %d: %s is not what was offered", client, row->name);
    world_say(w, "client %d: %s is whole", client, row->name);
    int rc = transfer_check(w->clients[client].session, row->message, "whole", w->now_ms);
    assert(rc == 0);
}

static void save(struct world *w, int client, const struct transfer_row *row)
{
    if (!row->mine) {
        struct part *part = get_part(w, client, row->id);
        part->safe = part->len;
    }
    client_rows_put_file(&w->clients[client].disk, row);
}

static void show(struct world *w, int client, const struct transfer_row *row)
{
    world_say(w, "client %d: file %s %s: state %d, %ju of %ju", client, row->name,
              row->mine ? "goes" : "comes", (int)row->state, (uintmax_t)row->offset,
              (uintmax_t)row->size);
    if (!row->mine && row->state > TRANSFER_TAKEN) {
        struct part *part = get_part(w, client, row->id);
        part->ready = part->checks = false;
        part->len = part->safe = 0;
    }
}

void host_files_carry_out(struct world *w, int client, const struct session_event *event)
{
    struct host_client *c = &w->clients[client];
    struct transfer_row row;
    switch (event->type) {
    case SESSION_SAVE_FILE: save(w, client, &event->file_row); break;
    case SESSION_FILE: show(w, client, &event->file_row); break;
    case SESSION_FILE_WRITE: write_piece(w, client, &event->piece); break;
    case SESSION_FILE_READ:
        c->piece = event->piece;
        c->reads = true;
        if (!rng_one_in(&w->rng, 4))
            read_piece(w, client);
        break;
    default: /* SESSION_FILE_CHECK */
        if (find(w, client, event->id, &row) && row.offset == row.size)
            get_part(w, client, row.id)->checks = true;
    }
}

void host_files_crash(struct world *w, int client)
{
    struct host_client *c = &w->clients[client];
    c->reads = false;
    for (size_t i = 0; i < c->parts_count; i++) {
        struct part *part = &c->parts[i];
        part->len = part->safe + (size_t)rng_below(&w->rng, part->len - part->safe + 1);
        part->ready = part->checks = false;
    }
}

static void offer(struct world *w, int client)
{
    struct host_client *c = &w->clients[client];
    const char name[] = {(char)('a' + client), (char)('0' + c->offered++), '\0'};
    char digest[PAYLOAD_DIGEST_LEN + 1];
    memset(digest, '0', PAYLOAD_DIGEST_LEN);
    digest[PAYLOAD_DIGEST_LEN] = '\0';
    const struct transfer_row row = {
        .name = name,
        .digest = digest,
        .path = "here",
        .size = rng_one_in(&w->rng, 8) ? 0 : rng_below(&w->rng, FILE_BYTES),
    };
    uint64_t message;
    world_say(w, "client %d: offers %s, %ju bytes", client, name, (uintmax_t)row.size);
    int rc = transfer_offer(c->session, &row, w->now_ms, &message);
    assert(rc == 0);
}

/* Takes one, from what is there of it on: all of that is right. */
static void take(struct world *w, int client, const struct transfer_row *row, struct part *part)
{
    if (row->offset < part->len && rng_one_in(&w->rng, 2))
        part->len = row->offset;
    world_say(w, "client %d: takes %s from %zu on", client, row->name, part->len);
    part->ready = true;
    part->safe = part->len;
    int rc = transfer_take(w->clients[client].session, row->message, "part", part->len, w->now_ms);
    assert(rc == 0);
}

/* What is to be done about one of theirs. */
static bool act_on_theirs(struct world *w, int client, const struct transfer_row *row)
{
    struct part *part = get_part(w, client, row->id);
    if (part->checks) {
        check(w, client, row, part);
        return true;
    }
    if (part->ready && world_fault(w, w->faults.disk_full)) {
        world_say(w, "client %d: no room for %s", client, row->name);
        part->ready = false;
        part->len = part->safe;
        int rc = transfer_fail(w->clients[client].session, row->message, w->now_ms);
        assert(rc == 0);
        return true;
    }
    if (!part->ready)
        take(w, client, row, part);
    return part->ready;
}

bool host_files_act(struct world *w, int client)
{
    struct host_client *c = &w->clients[client];
    if (!c->session || c->quits)
        return false;
    if (c->reads) {
        read_piece(w, client);
        return true;
    }
    size_t count = transfer_count(c->session);
    if (c->offered < c->to_offer && (count == 0 || w->healing || rng_one_in(&w->rng, 2))) {
        offer(w, client);
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        const struct transfer_row row = transfer_get(c->session, i);
        if (world_fault(w, w->faults.cancel)) {
            world_say(w, "client %d: cancels %s", client, row.name);
            int rc = transfer_cancel(c->session, row.message, w->now_ms);
            assert(rc == 0);
            return true;
        }
        struct part *part = row.mine ? NULL : get_part(w, client, row.id);
        bool waits = part && (!part->ready || part->checks || !w->healing);
        if (waits && (w->healing || rng_one_in(&w->rng, 2)) && act_on_theirs(w, client, &row))
            return true;
    }
    return false;
}

/* A sender may have forgotten how it ended: for its peer it is over, and nobody speaks of it. */
static bool is_open(const struct world *w, const struct transfer_row *row)
{
    return row->state <= TRANSFER_TAKEN && !(row->mine && w->faults.old_client);
}

/* What became of one file at its sender and at its receiver must fit together. */
static void check_pair(struct world *w, const struct transfer_row *ours)
{
    int receiver = ours->name[0] == 'a' ? 1 : 0;
    const struct simdisk *d = &w->clients[receiver].disk;
    for (struct simdisk_row *row = NULL; (row = simdisk_next(d, CLIENT_FILE, row));) {
        const struct transfer_row theirs = client_rows_file(row);
        if (theirs.mine || strcmp(theirs.id, ours->id) != 0)
            continue;
        bool crossed = ours->state == TRANSFER_CANCELLED || ours->state == TRANSFER_CHANGED;
        if ((theirs.state == TRANSFER_DONE && ours->state != TRANSFER_DONE && !crossed) ||
            (theirs.state != TRANSFER_DONE && ours->state == TRANSFER_DONE))
            world_fail(w, "%s ended as %d there and as %d here", ours->name, (int)theirs.state,
                       (int)ours->state);
        return;
    }
    if (ours->state == TRANSFER_DONE)
        world_fail(w, "%s arrived where nobody knows it", ours->name);
}

bool host_files_are_done(struct world *w, char *why, size_t size)
{
    for (int client = 0; client < CLIENTS; client++) {
        const struct host_client *c = &w->clients[client];
        for (struct simdisk_row *row = NULL; (row = simdisk_next(&c->disk, CLIENT_FILE, row));) {
            const struct transfer_row file = client_rows_file(row);
            if (is_open(w, &file)) {
                snprintf(why, size, "%s is still %s at client %d", file.name,
                         file.state == TRANSFER_TAKEN ? "on its way" : "offered", client);
                return false;
            }
        }
    }
    if (w->faults.old_client)
        return true;
    for (int client = 0; client < CLIENTS; client++) {
        const struct simdisk *d = &w->clients[client].disk;
        for (struct simdisk_row *row = NULL; (row = simdisk_next(d, CLIENT_FILE, row));) {
            const struct transfer_row file = client_rows_file(row);
            if (file.mine)
                check_pair(w, &file);
        }
    }
    return true;
}
