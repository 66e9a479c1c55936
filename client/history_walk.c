#include "history_internal.h"

#include "error.h"

#include <stdlib.h>
#include <string.h>

void history_read_row(struct history *h, enum history_statement which,
                      struct session_message_row *row)
{
    struct db *db = h->db;
    *row = (struct session_message_row){
        .id = db_integer(db, which, 0),
        .peer = (uint32_t)db_integer(db, which, 1),
        .mine = db_integer(db, which, 2),
        .stream = db_integer(db, which, 3),
        .n = db_integer(db, which, 4),
        .wall_ms = db_integer(db, which, 5),
        .mark = (enum session_mark)db_integer(db, which, 6),
    };
    row->payload = db_bytes(db, which, 7, &row->payload_len);
}

int history_step(struct history *h, enum history_statement which, history_row *take, void *context)
{
    int rc, taken = 0;
    while (taken == 0 && (rc = db_step(h->db, which)) > 0) {
        struct session_message_row row;
        history_read_row(h, which, &row);
        taken = take(context, &row);
    }
    db_reset(h->db, which);
    return taken ? taken : rc;
}

/* SQLite's integers are signed: more than any id is the largest of them. */
static void bind_bound(struct history *h, enum history_statement which, int at, uint64_t value)
{
    db_bind_integer(h->db, which, at, value > INT64_MAX ? INT64_MAX : value);
}

int history_walk(struct history *h, uint64_t before, size_t max, history_row *row, void *context)
{
    bind_bound(h, WALK, 0, before);
    bind_bound(h, WALK, 1, max);
    return history_step(h, WALK, row, context);
}

int history_walk_up(struct history *h, uint64_t from, size_t max, history_row *row, void *context)
{
    bind_bound(h, WALK_UP, 0, from);
    bind_bound(h, WALK_UP, 1, max);
    return history_step(h, WALK_UP, row, context);
}

int history_get(struct history *h, uint64_t id, history_row *row, void *context)
{
    bind_bound(h, GET, 0, id);
    struct session_message_row found;
    uint8_t *payload = NULL;
    int rc = db_step(h->db, GET);
    if (rc > 0) {
        history_read_row(h, GET, &found);
        payload = malloc(found.payload_len + 1);
        if (payload && found.payload_len > 0)
            memcpy(payload, found.payload, found.payload_len);
        found.payload = payload;
    }
    db_reset(h->db, GET); /* before the call, which may want another message */
    if (rc > 0)
        rc = payload ? row(context, &found) : ERROR_NOMEM;
    free(payload);
    return rc;
}

int history_find(struct history *h, const struct history_number *number, uint64_t *id)
{
    db_bind_integer(h->db, FIND, 0, number->peer);
    db_bind_integer(h->db, FIND, 1, number->mine);
    db_bind_integer(h->db, FIND, 2, number->stream);
    db_bind_integer(h->db, FIND, 3, number->n);
    int rc = db_step(h->db, FIND);
    if (rc > 0)
        *id = db_integer(h->db, FIND, 0);
    db_reset(h->db, FIND);
    return rc;
}

int history_walk_changes(struct history *h, uint64_t id, history_row *row, void *context)
{
    bind_bound(h, CHANGES, 0, id);
    return history_step(h, CHANGES, row, context);
}
