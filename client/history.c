#include "history_internal.h"

#include "error.h"
#include "shown.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LOAD_BYTES = 256 << 10, /* of payloads given to the session at a time */
};

static const char *const statements[HISTORY_STATEMENTS] = {
    [PUT_PEER] = "REPLACE INTO peer (id, nick, identity, prekey, made) VALUES (?, ?, ?, ?, ?)",
    [PUT_STREAM] = "REPLACE INTO stream (peer, mine, stream, place, last, receipted) "
                   "VALUES (?, ?, ?, ?, ?, ?)",
    [PUT_MESSAGE] = "REPLACE INTO message (" HISTORY_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    [PUT_CHUNK] = "REPLACE INTO chunk (peer, stream, n, payload) VALUES (?, ?, ?, ?)",
    [PUT_FILE] = "REPLACE INTO file (" HISTORY_FILE ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [PUT_MARK] = "UPDATE message SET mark = ? WHERE id = ?",
    [PUT_SEEN] = "UPDATE message SET mark = 3 WHERE mine AND mark = 2 AND peer = ?1 AND id <= "
                 "(SELECT id FROM message WHERE mine = 1 AND peer = ?1 AND stream = ?2 AND n <= ?3 "
                 "ORDER BY n DESC LIMIT 1)",
    [PUT_WORDS] = "INSERT INTO words (rowid, text) VALUES (?, ?)",
    [PUT_CHANGE] = "INSERT OR IGNORE INTO change (target, id) SELECT id, ? FROM message "
                   "WHERE peer = ? AND mine = ? AND stream = ? AND n = ?",
    [PUT_PREKEY] = "REPLACE INTO prekey (made, secret) VALUES (?, ?)",
    [DROP_PREKEYS] = "DELETE FROM prekey WHERE made < ? RETURNING made",
    [PUT_PLACE] = "REPLACE INTO place (one, draft, message) VALUES (1, ?, ?)",
    [GET_PLACE] = "SELECT draft, message FROM place",
    [PUT_SHOWN] = "REPLACE INTO shown (one, message) VALUES (1, ?)",
    [GET_SHOWN] = "SELECT message FROM shown",
    [GET_NEXT] = "SELECT 1 + coalesce(max(id), 0) FROM message",
    [GET] = "SELECT " HISTORY_COLUMNS " FROM message WHERE id = ?",
    [GET_FILE] = "SELECT " HISTORY_FILE " FROM file WHERE message = ?",
    [FIND] = "SELECT id FROM message WHERE peer = ? AND mine = ? AND stream = ? AND n = ?",
    [CHANGES] =
        "SELECT message." HISTORY_COLUMNS " FROM change JOIN message ON message.id = change.id "
        "WHERE target = ? ORDER BY change.id",
    [LOAD] = "SELECT " HISTORY_COLUMNS " FROM message "
             "WHERE peer = ?1 AND mine = 1 AND stream = ?2 AND n >= ?3 UNION ALL "
             "SELECT " HISTORY_CHUNK " FROM chunk WHERE peer = ?1 AND stream = ?2 AND n >= ?3 "
             "ORDER BY n",
    [WALK] = "SELECT " HISTORY_COLUMNS " FROM message WHERE id < ? ORDER BY id DESC LIMIT ?",
    [WALK_UP] = "SELECT " HISTORY_COLUMNS " FROM message WHERE id >= ? ORDER BY id LIMIT ?",
    [SEARCH] = "SELECT " HISTORY_COLUMNS " FROM words JOIN message ON id = words.rowid "
               "WHERE words MATCH ? AND words.rowid < ? ORDER BY words.rowid DESC",
    [SEARCH_UP] = "SELECT " HISTORY_COLUMNS " FROM words JOIN message ON id = words.rowid "
                  "WHERE words MATCH ? AND words.rowid >= ? ORDER BY words.rowid",
    /* The peer that was spoken with last comes last. */
    [RESTORE_PREKEYS] = "SELECT secret, made FROM prekey ORDER BY made",
    [RESTORE_PEERS] = "SELECT id, nick, identity, prekey, made FROM peer "
                      "ORDER BY id = (SELECT peer FROM message ORDER BY id DESC LIMIT 1), id",
    [RESTORE_STREAMS] = "SELECT peer, mine, stream, place, last, receipted FROM stream "
                        "ORDER BY peer, mine, place",
    [RESTORE_MESSAGES] =
        "SELECT " HISTORY_COLUMNS " FROM message WHERE mine AND mark < 2 ORDER BY id",
    [RESTORE_CHUNKS] = "SELECT " HISTORY_CHUNK " FROM stream JOIN chunk USING (peer, stream) "
                       "WHERE stream.mine AND receipted < last AND n > receipted",
    [RESTORE_FILES] = "SELECT " HISTORY_FILE " FROM file WHERE state < 2 ORDER BY message",
};

/* message_open lists what has no receipt by these, and message_unseen what was not seen. */
static_assert(SESSION_DELIVERED == 2 && SESSION_SEEN == 3, "the schema knows these numbers");
/* file_open lists what has not ended. */
static_assert(TRANSFER_TAKEN == 1, "the schema knows this number");

static const char *const migrations[] = {
    "CREATE TABLE peer (id INTEGER PRIMARY KEY, nick TEXT NOT NULL, identity TEXT NOT NULL);"
    "CREATE TABLE stream (peer INTEGER NOT NULL, mine INTEGER NOT NULL, stream INTEGER NOT NULL,"
    " place INTEGER NOT NULL, last INTEGER NOT NULL, receipted INTEGER NOT NULL,"
    " PRIMARY KEY (peer, mine, stream)) WITHOUT ROWID;"
    "CREATE TABLE message (id INTEGER PRIMARY KEY, peer INTEGER NOT NULL, mine INTEGER NOT NULL,"
    " stream INTEGER NOT NULL, n INTEGER NOT NULL, wall INTEGER NOT NULL, mark INTEGER NOT NULL,"
    " payload BLOB NOT NULL);"
    "CREATE INDEX message_number ON message (peer, stream, n) WHERE mine;"
    "CREATE INDEX message_open ON message (id) WHERE mine AND mark < 2;"
    "CREATE INDEX message_unseen ON message (peer, id) WHERE mine AND mark = 2;"
    "CREATE VIRTUAL TABLE words USING fts5 (text, content='',"
    " tokenize='unicode61 remove_diacritics 2');"
    "CREATE TABLE place (one INTEGER PRIMARY KEY, draft BLOB NOT NULL, message INTEGER NOT NULL)",
    "CREATE TABLE shown (one INTEGER PRIMARY KEY, message INTEGER NOT NULL)",
    /* Messages that change another one: edits, deletions, reactions. */
    "CREATE TABLE change (target INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (target, id))"
    " WITHOUT ROWID;"
    "DROP INDEX message_number;"
    "CREATE INDEX message_number ON message (peer, mine, stream, n)",
    /* What was last known to seal to somebody with; secrets of what others seal to us with. */
    "ALTER TABLE peer ADD COLUMN prekey BLOB;"
    "ALTER TABLE peer ADD COLUMN made INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE prekey (made INTEGER PRIMARY KEY, secret BLOB NOT NULL)",
    /* Of pieces of files that we sent only where they stood: nobody asks for what was in them. */
    "CREATE TABLE chunk (peer INTEGER NOT NULL, stream INTEGER NOT NULL, n INTEGER NOT NULL,"
    " payload BLOB NOT NULL, PRIMARY KEY (peer, stream, n)) WITHOUT ROWID;"
    "CREATE TABLE file (message INTEGER PRIMARY KEY, peer INTEGER NOT NULL, mine INTEGER NOT NULL,"
    " state INTEGER NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL,"
    " path TEXT NOT NULL, size INTEGER NOT NULL, reached INTEGER NOT NULL);"
    "CREATE INDEX file_open ON file (message) WHERE state < 2",
};

static const struct db_schema schema = {
    .what = "the history",
    .owner = "chat-client",
    .has_secrets = true,
    .migrations = migrations,
    .migrations_count = sizeof migrations / sizeof migrations[0],
    .statements = statements,
    .statements_count = HISTORY_STATEMENTS,
};

static int open_shown(const char *path)
{
    char *beside;
    if (asprintf(&beside, "%s-shown", path) < 0)
        return -1;
    int fd = shown_open(beside);
    free(beside);
    return fd;
}

int history_open(struct history **out, const char *path, char why[HISTORY_WHY_MAX])
{
    struct history *h = calloc(1, sizeof *h);
    int rc = ERROR_NOMEM;
    *out = NULL;
    if (!h) {
        snprintf(why, HISTORY_WHY_MAX, "out of memory");
        return rc;
    }
    buffer_init(&h->scratch, SIZE_MAX);
    h->shown_fd = -1;
    rc = db_open(&h->db, path, &schema, why);
    if (rc == 0) {
        h->shown_fd = open_shown(path);
        rc = db_step(h->db, GET_NEXT);
        h->next_id = rc > 0 ? db_integer(h->db, GET_NEXT, 0) : 0;
        db_reset(h->db, GET_NEXT);
        rc = rc > 0 ? 0 : rc;
        if (rc)
            snprintf(why, HISTORY_WHY_MAX, "cannot read the history in %s: %s", path,
                     db_error(h->db));
    }
    if (rc) {
        history_close(h);
        return rc;
    }
    *out = h;
    return 0;
}

void history_close(struct history *h)
{
    if (!h)
        return;
    db_close(h->db);
    if (h->shown_fd >= 0)
        close(h->shown_fd);
    buffer_clear(&h->scratch);
    free(h);
}

const char *history_error(const struct history *h)
{
    return db_error(h->db);
}

bool history_is_dirty(const struct history *h)
{
    return db_is_dirty(h->db);
}

int history_begin_commit(struct history *h)
{
    return db_begin_commit(h->db);
}

int history_commit(struct history *h)
{
    int rc = db_commit(h->db);
    if (rc == 0 && h->has_dropped) /* else it is tried after the next one */
        h->has_dropped = db_settle(h->db) != 0;
    return rc;
}

static void put_peer(struct history *h, const struct session_peer_row *row)
{
    db_bind_integer(h->db, PUT_PEER, 0, row->id);
    db_bind_text(h->db, PUT_PEER, 1, row->nick, strlen(row->nick));
    db_bind_text(h->db, PUT_PEER, 2, row->identity, strlen(row->identity));
    db_bind_bytes(h->db, PUT_PEER, 3, row->has_prekey ? row->prekey : NULL, KEYS_LEN);
    db_bind_integer(h->db, PUT_PEER, 4, row->made_ms);
    db_run(h->db, PUT_PEER);
}

static void put_stream(struct history *h, const struct session_stream_row *row)
{
    db_bind_integer(h->db, PUT_STREAM, 0, row->peer);
    db_bind_integer(h->db, PUT_STREAM, 1, row->mine);
    db_bind_integer(h->db, PUT_STREAM, 2, row->stream);
    db_bind_integer(h->db, PUT_STREAM, 3, row->order);
    db_bind_integer(h->db, PUT_STREAM, 4, row->last);
    db_bind_integer(h->db, PUT_STREAM, 5, row->receipted);
    db_run(h->db, PUT_STREAM);
}

static void put_change(struct history *h, const struct session_message_row *row, bool mine,
                       const struct payload_ref *target)
{
    db_bind_integer(h->db, PUT_CHANGE, 0, row->id);
    db_bind_integer(h->db, PUT_CHANGE, 1, row->peer);
    db_bind_integer(h->db, PUT_CHANGE, 2, mine);
    db_bind_integer(h->db, PUT_CHANGE, 3, target->stream);
    db_bind_integer(h->db, PUT_CHANGE, 4, target->n);
    db_run(h->db, PUT_CHANGE);
}

/* Lists a message for history_search and history_walk_changes. */
static void list(struct history *h, const struct session_message_row *row)
{
    struct payload payload;
    int rc = payload_decode(row->payload, row->payload_len, &h->scratch, &payload);
    if (rc == ERROR_NOMEM)
        db_fail(h->db);
    if (rc)
        return;
    switch (payload.kind) {
    case PAYLOAD_TEXT:
    case PAYLOAD_ACTION: history_put_words(h, row->id, &payload.text); return;
    case PAYLOAD_EDIT: history_put_words(h, row->id, &payload.text); /* fall through */
    case PAYLOAD_DELETE: put_change(h, row, row->mine, &payload.target); return;
    case PAYLOAD_REACT:
        put_change(h, row, row->mine == payload.target.mine, &payload.target);
        return;
    default: return;
    }
}

static void put_message(struct history *h, const struct session_message_row *row)
{
    db_bind_integer(h->db, PUT_MESSAGE, 0, row->id);
    db_bind_integer(h->db, PUT_MESSAGE, 1, row->peer);
    db_bind_integer(h->db, PUT_MESSAGE, 2, row->mine);
    db_bind_integer(h->db, PUT_MESSAGE, 3, row->stream);
    db_bind_integer(h->db, PUT_MESSAGE, 4, row->n);
    db_bind_integer(h->db, PUT_MESSAGE, 5, row->wall_ms);
    db_bind_integer(h->db, PUT_MESSAGE, 6, row->mark);
    db_bind_bytes(h->db, PUT_MESSAGE, 7, row->payload, row->payload_len);
    db_run(h->db, PUT_MESSAGE);
    if (row->id >= h->next_id) {
        h->next_id = row->id + 1;
        list(h, row);
    }
}

static void put_mark(struct history *h, uint64_t id, enum session_mark mark)
{
    db_bind_integer(h->db, PUT_MARK, 0, mark);
    db_bind_integer(h->db, PUT_MARK, 1, id);
    db_run(h->db, PUT_MARK);
}

static void put_seen(struct history *h, const struct session_event *event)
{
    db_bind_integer(h->db, PUT_SEEN, 0, event->load.peer);
    db_bind_integer(h->db, PUT_SEEN, 1, event->load.stream);
    db_bind_integer(h->db, PUT_SEEN, 2, event->load.n);
    db_run(h->db, PUT_SEEN);
}

static void put_prekey(struct history *h, const struct session_prekey_row *row)
{
    db_bind_integer(h->db, PUT_PREKEY, 0, row->made_ms);
    db_bind_bytes(h->db, PUT_PREKEY, 1, row->secret, KEYS_LEN);
    db_run(h->db, PUT_PREKEY);
    db_bind_bytes(h->db, PUT_PREKEY, 1, NULL, 0);
}

static void drop_prekeys(struct history *h, uint64_t made_ms)
{
    db_bind_integer(h->db, DROP_PREKEYS, 0, made_ms);
    while (db_begin(h->db) && db_step(h->db, DROP_PREKEYS) > 0)
        h->has_dropped = true;
}

void history_save(struct history *h, const struct session_event *event)
{
    switch (event->type) {
    case SESSION_SAVE_PEER: put_peer(h, &event->peer_row); break;
    case SESSION_SAVE_STREAM: put_stream(h, &event->stream_row); break;
    case SESSION_SAVE_MESSAGE: put_message(h, &event->message_row); break;
    case SESSION_SAVE_CHUNK: history_put_chunk(h, &event->message_row); break;
    case SESSION_SAVE_FILE: history_put_file(h, &event->file_row); break;
    case SESSION_SAVE_MARK: put_mark(h, event->id, event->mark); break;
    case SESSION_SAVE_SEEN: put_seen(h, event); break;
    case SESSION_SAVE_PREKEY: put_prekey(h, &event->prekey_row); break;
    case SESSION_DROP_PREKEYS: drop_prekeys(h, event->made_ms); break;
    default: assert(!"an event to save");
    }
}

void history_put_place(struct history *h, const char *draft, size_t len, uint64_t message)
{
    db_bind_bytes(h->db, PUT_PLACE, 0, len ? draft : "", len);
    db_bind_integer(h->db, PUT_PLACE, 1, message);
    db_run(h->db, PUT_PLACE);
}

int history_get_place(struct history *h, char **draft, size_t *len, uint64_t *message)
{
    int rc = db_step(h->db, GET_PLACE);
    const uint8_t *bytes = NULL;
    *draft = NULL;
    *len = 0;
    *message = 0;
    if (rc < 0)
        return rc;
    if (rc > 0) {
        bytes = db_bytes(h->db, GET_PLACE, 0, len);
        *message = db_integer(h->db, GET_PLACE, 1);
    }
    *draft = calloc(1, *len + 1);
    if (*draft && *len > 0)
        memcpy(*draft, bytes, *len);
    db_reset(h->db, GET_PLACE);
    return *draft ? 0 : ERROR_NOMEM;
}

void history_put_shown(struct history *h, uint64_t message)
{
    shown_put(h->shown_fd, message);
    db_bind_integer(h->db, PUT_SHOWN, 0, message);
    db_run(h->db, PUT_SHOWN);
}

int history_get_shown(struct history *h, uint64_t *message)
{
    int rc = db_step(h->db, GET_SHOWN);
    if (rc <= 0)
        return rc;
    *message = db_integer(h->db, GET_SHOWN, 0);
    db_reset(h->db, GET_SHOWN);
    uint64_t beside = shown_get(h->shown_fd), newest = h->next_id - 1;
    if (beside > newest) /* it knows of messages that were rolled back */
        beside = newest;
    if (beside > *message)
        *message = beside;
    return rc;
}

struct loading {
    struct session *session;
    size_t bytes;
};

enum {
    ENOUGH = 1, /* ends a walk that is no failure */
};

static int load_row(void *context, const struct session_message_row *row)
{
    struct loading *loading = context;
    int rc = session_loaded(loading->session, row);
    loading->bytes += row->payload_len;
    return rc ? rc : loading->bytes >= LOAD_BYTES ? ENOUGH : 0;
}

int history_load(struct history *h, struct session *s, const struct session_event *load,
                 uint64_t now_ms)
{
    struct loading loading = {.session = s};
    db_bind_integer(h->db, LOAD, 0, load->load.peer);
    db_bind_integer(h->db, LOAD, 1, load->load.stream);
    db_bind_integer(h->db, LOAD, 2, load->load.n);
    int rc = history_step(h, LOAD, load_row, &loading);
    return rc < 0 ? rc : session_load_done(s, now_ms);
}
