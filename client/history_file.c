#include "history_internal.h"

#include <string.h>

void history_put_chunk(struct history *h, const struct session_message_row *row)
{
    db_bind_integer(h->db, PUT_CHUNK, 0, row->peer);
    db_bind_integer(h->db, PUT_CHUNK, 1, row->stream);
    db_bind_integer(h->db, PUT_CHUNK, 2, row->n);
    db_bind_bytes(h->db, PUT_CHUNK, 3, row->payload, row->payload_len);
    db_run(h->db, PUT_CHUNK);
}

static void bind_text(struct history *h, int at, const char *text)
{
    db_bind_text(h->db, PUT_FILE, at, text, strlen(text));
}

void history_put_file(struct history *h, const struct transfer_row *row)
{
    db_bind_integer(h->db, PUT_FILE, 0, row->message);
    db_bind_integer(h->db, PUT_FILE, 1, row->peer);
    db_bind_integer(h->db, PUT_FILE, 2, row->mine);
    db_bind_integer(h->db, PUT_FILE, 3, row->state);
    bind_text(h, 4, row->id);
    bind_text(h, 5, row->name);
    bind_text(h, 6, row->digest);
    bind_text(h, 7, row->path);
    db_bind_integer(h->db, PUT_FILE, 8, row->size);
    db_bind_integer(h->db, PUT_FILE, 9, row->offset);
    db_run(h->db, PUT_FILE);
}

struct transfer_row history_read_file(struct history *h, enum history_statement which)
{
    struct db *db = h->db;
    size_t len;
    return (struct transfer_row){
        .message = db_integer(db, which, 0),
        .peer = (uint32_t)db_integer(db, which, 1),
        .mine = db_integer(db, which, 2),
        .state = (enum transfer_state)db_integer(db, which, 3),
        .id = db_text(db, which, 4, &len),
        .name = db_text(db, which, 5, &len),
        .digest = db_text(db, which, 6, &len),
        .path = db_text(db, which, 7, &len),
        .size = db_integer(db, which, 8),
        .offset = db_integer(db, which, 9),
    };
}

int history_get_file(struct history *h, uint64_t message, history_file *take, void *context)
{
    db_bind_integer(h->db, GET_FILE, 0, message);
    int rc = db_step(h->db, GET_FILE);
    if (rc > 0) {
        const struct transfer_row row = history_read_file(h, GET_FILE);
        rc = take(context, &row);
    }
    db_reset(h->db, GET_FILE);
    return rc;
}
