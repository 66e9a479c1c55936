#include "history_internal.h"

#include "error.h"

#include <string.h>

static int restore_prekey(struct session *s, struct history *h)
{
    size_t len;
    const struct session_prekey_row row = {
        .secret = db_bytes(h->db, RESTORE_PREKEYS, 0, &len),
        .made_ms = db_integer(h->db, RESTORE_PREKEYS, 1),
    };
    return len == KEYS_LEN ? session_restore_prekey(s, &row) : ERROR_STORE;
}

static int restore_peer(struct session *s, struct history *h)
{
    struct db *db = h->db;
    size_t len, prekey_len;
    struct session_peer_row row = {
        .id = (uint32_t)db_integer(db, RESTORE_PEERS, 0),
        .nick = db_text(db, RESTORE_PEERS, 1, &len),
        .identity = db_text(db, RESTORE_PEERS, 2, &len),
        .made_ms = db_integer(db, RESTORE_PEERS, 4),
    };
    const uint8_t *prekey = db_bytes(db, RESTORE_PEERS, 3, &prekey_len);
    row.has_prekey = prekey_len > 0;
    if (row.has_prekey && prekey_len != KEYS_LEN)
        return ERROR_STORE;
    if (row.has_prekey)
        memcpy(row.prekey, prekey, KEYS_LEN);
    return session_restore_peer(s, &row);
}

static int restore_stream(struct session *s, struct history *h)
{
    struct db *db = h->db;
    const struct session_stream_row row = {
        .peer = (uint32_t)db_integer(db, RESTORE_STREAMS, 0),
        .mine = db_integer(db, RESTORE_STREAMS, 1),
        .stream = db_integer(db, RESTORE_STREAMS, 2),
        .order = db_integer(db, RESTORE_STREAMS, 3),
        .last = db_integer(db, RESTORE_STREAMS, 4),
        .receipted = db_integer(db, RESTORE_STREAMS, 5),
    };
    return session_restore_stream(s, &row);
}

static int restore_message(struct session *s, struct history *h)
{
    struct session_message_row row;
    history_read_row(h, RESTORE_MESSAGES, &row);
    return session_restore_message(s, &row);
}

static int restore_chunk(struct session *s, struct history *h)
{
    struct session_message_row row;
    history_read_row(h, RESTORE_CHUNKS, &row);
    return session_restore_message(s, &row);
}

static int restore_file(struct session *s, struct history *h)
{
    const struct transfer_row row = history_read_file(h, RESTORE_FILES);
    return transfer_restore(s, &row);
}

static const struct {
    enum history_statement statement;
    int (*row)(struct session *s, struct history *h);
} restores[] = {
    {RESTORE_PREKEYS, restore_prekey}, {RESTORE_PEERS, restore_peer},
    {RESTORE_STREAMS, restore_stream}, {RESTORE_MESSAGES, restore_message},
    {RESTORE_CHUNKS, restore_chunk},   {RESTORE_FILES, restore_file},
};

int history_restore(struct history *h, struct session *s)
{
    for (size_t i = 0; i < sizeof restores / sizeof restores[0]; i++) {
        int rc, taken = 0;
        while (taken == 0 && (rc = db_step(h->db, restores[i].statement)) > 0)
            taken = restores[i].row(s, h);
        db_reset(h->db, restores[i].statement);
        if (taken || rc)
            return taken ? taken : rc;
    }
    session_restore_counter(s, h->next_id);
    return 0;
}
