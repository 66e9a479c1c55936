#include "transfer_internal.h"

#include "error.h"
#include "machine.h"
#include "outbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void free_one(struct transfer *t)
{
    free(t->path);
    free(t);
}

void transfers_clear(struct transfers *t)
{
    for (size_t i = 0; i < t->count; i++)
        free_one(t->items[i]);
    free(t->items);
}

static bool make_room(struct transfers *t)
{
    if (t->count < t->size)
        return true;
    size_t size = t->size ? 2 * t->size : 4;
    struct transfer **items = realloc(t->items, size * sizeof(struct transfer *));
    if (!items)
        return false;
    t->items = items;
    t->size = size;
    return true;
}

/* False: the session is poisoned. */
static bool set_path(struct session *s, struct transfer *t, const char *path)
{
    char *copy = strdup(path);
    if (!copy) {
        machine_fail(s, ERROR_NOMEM);
        return false;
    }
    free(t->path);
    t->row.path = t->path = copy;
    return true;
}

struct transfer *transfer_add(struct session *s, const struct transfer_row *row)
{
    struct transfer *t = make_room(&s->transfers) ? calloc(1, sizeof *t) : NULL;
    if (!t) {
        machine_fail(s, ERROR_NOMEM);
        return NULL;
    }
    t->row = *row;
    t->row.id = memcpy(t->id, row->id, strlen(row->id) + 1);
    t->row.name = memcpy(t->name, row->name, strlen(row->name) + 1);
    t->row.digest = memcpy(t->digest, row->digest, strlen(row->digest) + 1);
    t->saved = t->safe = row->offset;
    if (!set_path(s, t, row->path)) {
        free_one(t);
        return NULL;
    }
    s->transfers.items[s->transfers.count++] = t;
    return t;
}

struct transfer *transfer_find(const struct session *s, uint64_t message)
{
    for (size_t i = 0; i < s->transfers.count; i++)
        if (s->transfers.items[i]->row.message == message)
            return s->transfers.items[i];
    return NULL;
}

struct transfer *transfer_find_id(const struct session *s, const struct peer *peer, bool mine,
                                  const struct json_string *id)
{
    for (size_t i = 0; i < s->transfers.count; i++) {
        struct transfer *t = s->transfers.items[i];
        if (t->row.peer == peer->id && t->row.mine == mine && strlen(t->row.id) == id->len &&
            memcmp(t->row.id, id->at, id->len) == 0)
            return t;
    }
    return NULL;
}

void transfer_save(struct session *s, struct transfer *t)
{
    machine_save(s, &(struct session_event){.type = SESSION_SAVE_FILE, .file_row = t->row});
    t->saved = t->row.offset;
}

void transfer_committed(struct session *s)
{
    for (size_t i = 0; i < s->transfers.count; i++)
        s->transfers.items[i]->safe = s->transfers.items[i]->saved;
}

void transfer_show(struct session *s, const struct transfer *t)
{
    const struct session_event event = {.type = SESSION_FILE, .file_row = t->row};
    if (s->unsaved)
        machine_hold(s, &event);
    else
        machine_emit(s, &event);
}

static void stop_reading(struct session *s, const struct transfer *t)
{
    if (s->transfers.ask.message == t->row.message)
        s->transfers.reading = false;
}

static void drop(struct session *s, struct transfer *t)
{
    struct transfers *all = &s->transfers;
    size_t at = 0;
    while (all->items[at] != t)
        at++;
    memmove(all->items + at, all->items + at + 1, (--all->count - at) * sizeof(struct transfer *));
    free_one(t);
}

void transfer_set_state(struct session *s, struct transfer *t, enum transfer_state state)
{
    t->row.state = state;
    if (state != TRANSFER_TAKEN) {
        t->going = t->ready = false;
        stop_reading(s, t);
    }
    transfer_save(s, t);
    transfer_show(s, t);
    if (state > TRANSFER_TAKEN)
        drop(s, t);
}

void transfer_say_to(struct session *s, struct peer *peer, const struct payload *p,
                     struct session_message_row *row)
{
    struct transfers *all = &s->transfers;
    machine_fail(s, outbox_say(s, peer, p, row));
    if (s->error || p->kind == PAYLOAD_CHUNK)
        return;
    memcpy(all->word_id, p->id.at, p->id.len);
    all->word_len = p->id.len;
    all->word_stream = row->stream;
    all->word_n = row->n;
}

void transfer_say(struct session *s, const struct transfer *t, const struct payload *p,
                  struct session_message_row *row)
{
    struct peer *peer = peers_find(&s->peers, t->row.peer);
    struct payload whole = *p;
    whole.id = (struct json_string){t->row.id, strlen(t->row.id)};
    if (peer && s->error == 0)
        transfer_say_to(s, peer, &whole, row);
}

void transfer_say_cancel(struct session *s, const struct transfer *t, enum payload_why why)
{
    struct session_message_row row;
    transfer_say(s, t, &(struct payload){.kind = PAYLOAD_CANCEL, .why = why}, &row);
}

int transfer_restore(struct session *s, const struct transfer_row *row)
{
    if (!peers_find(&s->peers, row->peer) || transfer_find(s, row->message) ||
        row->state > TRANSFER_TAKEN || row->offset > row->size ||
        strlen(row->id) > PAYLOAD_ID_MAX || strlen(row->name) > PAYLOAD_NAME_MAX ||
        strlen(row->digest) > PAYLOAD_DIGEST_LEN)
        return ERROR_STORE;
    transfer_add(s, row);
    return s->error;
}

int transfer_offer(struct session *s, const struct transfer_row *file, uint64_t now_ms,
                   uint64_t *message)
{
    char id[17];
    s->now_ms = now_ms;
    if (s->error)
        return s->error;
    header_stream_format(machine_draw(s), id);
    const struct payload p = {
        .kind = PAYLOAD_FILE,
        .id = {id, strlen(id)},
        .name = {file->name, strlen(file->name)},
        .digest = {file->digest, strlen(file->digest)},
        .size = file->size,
    };
    int rc = outbox_compose(s, &p, message);
    if (rc == ERROR_PAYLOAD)
        return rc;
    machine_fail(s, rc);
    if (s->error)
        return s->error;
    struct transfer_row row = *file;
    row.message = *message;
    row.peer = s->peer->id;
    row.mine = true;
    row.id = id;
    row.offset = 0;
    struct transfer *t = transfer_add(s, &row);
    if (t)
        transfer_set_state(s, t, TRANSFER_OFFERED);
    return s->error;
}

int transfer_take(struct session *s, uint64_t message, const char *path, uint64_t offset,
                  uint64_t now_ms)
{
    s->now_ms = now_ms;
    if (s->error)
        return s->error;
    struct transfer *t = transfer_find(s, message);
    if (!t || t->row.mine || offset > t->row.size)
        return ERROR_STATE;
    if (!set_path(s, t, path))
        return s->error;
    t->row.offset = t->safe = offset;
    t->ready = true;
    t->asked = false;
    transfer_set_state(s, t, TRANSFER_TAKEN);
    transfer_ask(s, t);
    return s->error;
}

int transfer_give(struct session *s, const struct transfer_piece *piece, uint64_t now_ms)
{
    struct transfers *all = &s->transfers;
    s->now_ms = now_ms;
    if (s->error || !all->reading || piece->message != all->ask.message ||
        piece->offset != all->ask.offset)
        return s->error;
    assert(piece->len > 0 && piece->len <= all->ask.len);
    all->reading = false;
    struct transfer *t = transfer_find(s, piece->message);
    if (!machine_sees_peer(s) || s->peer->id != t->row.peer)
        return 0; /* it is read again when the peer is here */
    const struct payload p = {
        .kind = PAYLOAD_CHUNK,
        .offset = piece->offset,
        .bytes = piece->bytes,
        .bytes_len = piece->len,
    };
    struct session_message_row row;
    t->next += piece->len;
    transfer_say(s, t, &p, &row);
    return s->error;
}

int transfer_fail(struct session *s, uint64_t message, uint64_t now_ms)
{
    s->now_ms = now_ms;
    struct transfer *t = transfer_find(s, message);
    if (s->error || !t || (!t->row.mine && t->row.state != TRANSFER_TAKEN))
        return s->error;
    transfer_say_cancel(s, t, t->row.mine ? PAYLOAD_CHANGED : PAYLOAD_LATER);
    if (!t->row.mine) {
        t->row.offset = t->safe;
        t->asked = true; /* what is on its way is no reason to say it again */
    }
    transfer_set_state(s, t, t->row.mine ? TRANSFER_CHANGED : TRANSFER_OFFERED);
    return s->error;
}

int transfer_check(struct session *s, uint64_t message, const char *path, uint64_t now_ms)
{
    s->now_ms = now_ms;
    struct transfer *t = transfer_find(s, message);
    if (s->error || !t || !t->ready || t->row.offset < t->row.size)
        return s->error;
    if (!set_path(s, t, path ? path : ""))
        return s->error;
    struct session_message_row row;
    if (path)
        transfer_say(s, t, &(struct payload){.kind = PAYLOAD_ACCEPT, .offset = t->row.size}, &row);
    else
        transfer_say_cancel(s, t, PAYLOAD_DAMAGED);
    transfer_set_state(s, t, path ? TRANSFER_DONE : TRANSFER_DAMAGED);
    return s->error;
}

int transfer_cancel(struct session *s, uint64_t message, uint64_t now_ms)
{
    s->now_ms = now_ms;
    struct transfer *t = transfer_find(s, message);
    if (s->error || !t)
        return s->error ? s->error : ERROR_STATE;
    transfer_say_cancel(s, t, PAYLOAD_UNWANTED);
    transfer_set_state(s, t, TRANSFER_CANCELLED);
    return s->error;
}

size_t transfer_count(const struct session *s)
{
    return s->transfers.count;
}

struct transfer_row transfer_get(const struct session *s, size_t i)
{
    return s->transfers.items[i]->row;
}
