#include "store.h"

#include "error.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum statement {
    BEGIN,
    COMMIT,
    ROLLBACK,
    PUT_SEAT,
    DELETE_SEAT,
    DELETE_SEAT_MESSAGES,
    PUT_MESSAGE,
    DELETE_MESSAGES,
    PUT_RECEIPT,
    DELETE_RECEIPTS,
    LOAD,
    STATEMENTS,
};

static const char *const statements[STATEMENTS] = {
    [BEGIN] = "BEGIN",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [PUT_SEAT] =
        "REPLACE INTO seat (id, room, nick, identity, keys, gone) VALUES (?, ?, ?, ?, ?, ?)",
    [DELETE_SEAT] = "DELETE FROM seat WHERE id = ?",
    [DELETE_SEAT_MESSAGES] = "DELETE FROM message WHERE seat = ?",
    [PUT_MESSAGE] = "INSERT INTO message (position, seat, from_seat, stream, n, cost, frame) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?)",
    [DELETE_MESSAGES] =
        "DELETE FROM message WHERE seat = ? AND stream = ? AND n <= ? RETURNING cost",
    [PUT_RECEIPT] = "REPLACE INTO receipt (seat, stream, position, frame) VALUES (?, ?, ?, ?)",
    [DELETE_RECEIPTS] = "DELETE FROM receipt WHERE seat = ?",
    [LOAD] = "SELECT position, from_seat, stream, n, cost, frame FROM message "
             "WHERE seat = ? AND position >= ? ORDER BY position",
};

/*
 * One step for each version of the schema; user_version counts those that were taken. A step is
 * never changed once it was released: the next one mends it.
 */
static const char *const migrations[] = {
    "CREATE TABLE seat (id INTEGER PRIMARY KEY, room TEXT NOT NULL, nick TEXT NOT NULL, identity "
    "TEXT,"
    " keys TEXT, gone INTEGER NOT NULL);"
    "CREATE TABLE message (position INTEGER PRIMARY KEY, seat INTEGER NOT NULL,"
    " from_seat INTEGER NOT NULL, stream INTEGER NOT NULL, n INTEGER NOT NULL,"
    " cost INTEGER NOT NULL, frame BLOB NOT NULL);"
    "CREATE INDEX message_seat ON message (seat);"
    "CREATE INDEX message_stream ON message (seat, stream, n);"
    "CREATE TABLE receipt (seat INTEGER NOT NULL, stream INTEGER NOT NULL, position INTEGER NOT "
    "NULL,"
    " frame BLOB NOT NULL, PRIMARY KEY (seat, stream)) WITHOUT ROWID;",
};

enum {
    SCHEMA = sizeof migrations / sizeof migrations[0],
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
    bool open;  /* a transaction is */
    int failed; /* the first SQLite error in it; 0 for none */
};

static int error_of(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_FULL: return ERROR_FULL;
    case SQLITE_NOMEM: return ERROR_NOMEM;
    default: return ERROR_STORE;
    }
}

const char *store_error(const struct store *s)
{
    return sqlite3_errmsg(s->db);
}

/* Runs a bound statement that gives no rows. */
static int run(struct store *s, enum statement which)
{
    int rc = sqlite3_step(s->statements[which]);
    sqlite3_reset(s->statements[which]);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Begins the turn's transaction where none is open. Whether there is any use in going on. */
static bool begin(struct store *s)
{
    if (!s->open) {
        s->failed = run(s, BEGIN);
        s->open = true;
    }
    return s->failed == SQLITE_OK;
}

/* Ends a put or delete: remembers its failure. */
static void finish(struct store *s, enum statement which)
{
    int rc = run(s, which);
    if (rc != SQLITE_OK)
        s->failed = rc;
}

static void bind_u64(sqlite3_stmt *st, int at, uint64_t value)
{
    sqlite3_bind_int64(st, at, (sqlite3_int64)value);
}

/* Borrowed until the statement ran: every caller runs it at once. */
static void bind_bytes(sqlite3_stmt *st, int at, const uint8_t *bytes, size_t len)
{
    sqlite3_bind_blob64(st, at, bytes, len, SQLITE_STATIC);
}

void store_put_seat(struct store *s, const struct relay_seat_row *row)
{
    if (!begin(s))
        return;
    sqlite3_stmt *st = s->statements[PUT_SEAT];
    bind_u64(st, 1, row->id);
    sqlite3_bind_text(st, 2, row->room, -1, SQLITE_STATIC);
    sqlite3_bind_text(st, 3, row->nick, -1, SQLITE_STATIC);
    sqlite3_bind_text(st, 4, row->identity, -1,
                      SQLITE_STATIC); /* NULL stays NULL, here and below */
    sqlite3_bind_text64(st, 5, row->keys.at, row->keys.len, SQLITE_STATIC, SQLITE_UTF8);
    bind_u64(st, 6, row->gone_wall_ms);
    finish(s, PUT_SEAT);
}

static void delete_where_seat(struct store *s, enum statement which, uint64_t seat)
{
    if (!begin(s))
        return;
    bind_u64(s->statements[which], 1, seat);
    finish(s, which);
}

void store_delete_seat(struct store *s, uint64_t seat)
{
    delete_where_seat(s, DELETE_SEAT_MESSAGES, seat);
    delete_where_seat(s, DELETE_RECEIPTS, seat);
    delete_where_seat(s, DELETE_SEAT, seat);
}

void store_delete_receipts(struct store *s, uint64_t seat)
{
    delete_where_seat(s, DELETE_RECEIPTS, seat);
}

void store_put_message(struct store *s, const struct relay_message_row *row)
{
    if (!begin(s))
        return;
    sqlite3_stmt *st = s->statements[PUT_MESSAGE];
    bind_u64(st, 1, row->position);
    bind_u64(st, 2, row->seat);
    bind_u64(st, 3, row->from_seat);
    bind_u64(st, 4, row->stream);
    bind_u64(st, 5, row->n);
    bind_u64(st, 6, row->cost);
    bind_bytes(st, 7, row->frame, row->frame_len);
    finish(s, PUT_MESSAGE);
}

void store_put_receipt(struct store *s, const struct relay_receipt_row *row)
{
    if (!begin(s))
        return;
    sqlite3_stmt *st = s->statements[PUT_RECEIPT];
    bind_u64(st, 1, row->seat);
    bind_u64(st, 2, row->stream);
    bind_u64(st, 3, row->position);
    bind_bytes(st, 4, row->frame, row->frame_len);
    finish(s, PUT_RECEIPT);
}

uint64_t store_delete_messages(struct store *s, uint64_t seat, uint64_t stream, uint64_t n)
{
    if (!begin(s))
        return 0;
    sqlite3_stmt *st = s->statements[DELETE_MESSAGES];
    bind_u64(st, 1, seat);
    bind_u64(st, 2, stream);
    bind_u64(st, 3, n);
    uint64_t cost = 0;
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW)
        cost += (uint64_t)sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
    if (rc != SQLITE_DONE)
        s->failed = rc;
    return rc == SQLITE_DONE ? cost : 0;
}

bool store_is_dirty(const struct store *s)
{
    return s->open;
}

int store_commit(struct store *s)
{
    if (!s->open)
        return 0;
    if (s->failed == SQLITE_OK)
        s->failed = run(s, COMMIT);
    s->open = false;
    if (s->failed == SQLITE_OK)
        return 0;
    /*
     * A full disk shows itself in a write, before the sync: the frame that would have made the
     * transaction valid is not whole. Of anything else nobody can tell.
     */
    int rc = error_of(s->failed);
    if (!sqlite3_get_autocommit(s->db) && run(s, ROLLBACK) != SQLITE_OK)
        rc = ERROR_STORE;
    return rc == ERROR_FULL ? rc : ERROR_STORE;
}

int store_load(struct store *s, struct relay *r, const struct relay_event *load, uint64_t now_ms)
{
    sqlite3_stmt *st = s->statements[LOAD];
    bind_u64(st, 1, load->seat);
    bind_u64(st, 2, load->position);
    uint64_t bytes = 0;
    int rc = 0, step = SQLITE_DONE;
    while (rc == 0 && bytes < load->bytes && (step = sqlite3_step(st)) == SQLITE_ROW) {
        const struct relay_message_row row = {
            .seat = load->seat,
            .position = (uint64_t)sqlite3_column_int64(st, 0),
            .from_seat = (uint64_t)sqlite3_column_int64(st, 1),
            .stream = (uint64_t)sqlite3_column_int64(st, 2),
            .n = (uint64_t)sqlite3_column_int64(st, 3),
            .cost = (uint64_t)sqlite3_column_int64(st, 4),
            .frame = sqlite3_column_blob(st, 5),
            .frame_len = (size_t)sqlite3_column_bytes(st, 5),
        };
        bytes += row.cost;
        rc = relay_loaded(r, &row);
    }
    sqlite3_reset(st);
    if (rc == 0 && step != SQLITE_ROW && step != SQLITE_DONE)
        rc = error_of(step);
    return rc ? rc : relay_load_done(r, load->seat, now_ms);
}

static struct json_string column_string(sqlite3_stmt *st, int at)
{
    return (struct json_string){
        .at = (const char *)sqlite3_column_text(st, at),
        .len = (size_t)sqlite3_column_bytes(st, at),
    };
}

static int restore_seat(struct relay *r, sqlite3_stmt *st)
{
    const struct relay_seat_row row = {
        .id = (uint64_t)sqlite3_column_int64(st, 0),
        .room = (const char *)sqlite3_column_text(st, 1),
        .nick = (const char *)sqlite3_column_text(st, 2),
        .identity = (const char *)sqlite3_column_text(st, 3),
        .keys = column_string(st, 4),
        .gone_wall_ms = (uint64_t)sqlite3_column_int64(st, 5),
    };
    return relay_restore_seat(r, &row);
}

static int restore_queue(struct relay *r, sqlite3_stmt *st)
{
    const struct relay_queue_row row = {
        .seat = (uint64_t)sqlite3_column_int64(st, 0),
        .cost = (uint64_t)sqlite3_column_int64(st, 1),
        .position_first = (uint64_t)sqlite3_column_int64(st, 2),
        .position_last = (uint64_t)sqlite3_column_int64(st, 3),
    };
    return relay_restore_queue(r, &row);
}

static int restore_stream(struct relay *r, sqlite3_stmt *st)
{
    const struct relay_stream_row row = {
        .seat = (uint64_t)sqlite3_column_int64(st, 0),
        .from_seat = (uint64_t)sqlite3_column_int64(st, 1),
        .stream = (uint64_t)sqlite3_column_int64(st, 2),
        .first = (uint64_t)sqlite3_column_int64(st, 3),
        .n = (uint64_t)sqlite3_column_int64(st, 4),
    };
    return relay_restore_stream(r, &row);
}

static int restore_receipt(struct relay *r, sqlite3_stmt *st)
{
    const struct relay_receipt_row row = {
        .seat = (uint64_t)sqlite3_column_int64(st, 0),
        .stream = (uint64_t)sqlite3_column_int64(st, 1),
        .position = (uint64_t)sqlite3_column_int64(st, 2),
        .frame = sqlite3_column_blob(st, 3),
        .frame_len = (size_t)sqlite3_column_bytes(st, 3),
    };
    return relay_restore_receipt(r, &row);
}

/* Above every id in use, also by messages whose sender's seat was freed. */
static int restore_counters(struct relay *r, sqlite3_stmt *st)
{
    relay_restore_counters(r, (uint64_t)sqlite3_column_int64(st, 0),
                           (uint64_t)sqlite3_column_int64(st, 1));
    return 0;
}

static const struct {
    const char *sql;
    int (*row)(struct relay *r, sqlite3_stmt *st);
} restores[] = {
    {"SELECT id, room, nick, identity, keys, gone FROM seat ORDER BY gone", restore_seat},
    {"SELECT seat, sum(cost), min(position), max(position) FROM message GROUP BY seat",
     restore_queue},
    /* n less its rank is the same within a run, and another one after a hole. */
    {"WITH ranked AS (SELECT seat, stream, n, position, "
     "  n - row_number() OVER (PARTITION BY seat, stream ORDER BY n) AS run FROM message), "
     "runs AS (SELECT seat, stream, min(n) AS first, max(n) AS n, max(position) AS position "
     "  FROM ranked GROUP BY seat, stream, run), "
     "last AS (SELECT *, row_number() OVER (PARTITION BY seat, stream ORDER BY n DESC) AS age "
     "  FROM runs), "
     "newest AS (SELECT *, row_number() OVER (PARTITION BY seat ORDER BY position DESC) AS place "
     "  FROM last WHERE age = 1) "
     "SELECT newest.seat, from_seat, newest.stream, first, newest.n "
     "FROM newest JOIN message USING (position) WHERE place <= ?1 "
     "ORDER BY newest.seat, newest.position",
     restore_stream},
    {"SELECT seat, stream, position, frame FROM receipt ORDER BY position", restore_receipt},
    {"SELECT 1 + max(coalesce((SELECT max(id) FROM seat), 0), "
     "  coalesce((SELECT max(from_seat) FROM message), 0)), "
     "1 + max(coalesce((SELECT max(position) FROM message), 0), "
     "  coalesce((SELECT max(position) FROM receipt), 0))",
     restore_counters},
};

int store_restore(struct store *s, struct relay *r)
{
    for (size_t i = 0; i < sizeof restores / sizeof restores[0]; i++) {
        sqlite3_stmt *st;
        int rc = 0, step = sqlite3_prepare_v2(s->db, restores[i].sql, -1, &st, NULL);
        if (step != SQLITE_OK)
            return error_of(step);
        if (sqlite3_bind_parameter_count(st) == 1)
            sqlite3_bind_int(st, 1, RELAY_STREAMS_EXPECTED);
        while (rc == 0 && (step = sqlite3_step(st)) == SQLITE_ROW)
            rc = restores[i].row(r, st);
        sqlite3_finalize(st);
        if (rc == 0 && step != SQLITE_DONE)
            rc = error_of(step);
        if (rc)
            return rc;
    }
    return 0;
}

/* Brings the schema up to date, each step in a transaction of its own. */
static int migrate(struct store *s, const char *path, char why[STORE_WHY_MAX])
{
    sqlite3_stmt *st;
    int rc = sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &st, NULL);
    if (rc != SQLITE_OK)
        return rc;
    int version = sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int(st, 0) : -1;
    rc = sqlite3_finalize(st);
    if (version > SCHEMA) {
        snprintf(why, STORE_WHY_MAX,
                 "the queue in %s was written by a newer chat-server: use that one, or another "
                 "state folder",
                 path);
        return SQLITE_ERROR;
    }
    for (; rc == SQLITE_OK && version < SCHEMA; version++) {
        char *sql = sqlite3_mprintf("BEGIN;%sPRAGMA user_version = %d;COMMIT", migrations[version],
                                    version + 1);
        rc = sql ? sqlite3_exec(s->db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
        sqlite3_free(sql);
    }
    return rc;
}

int store_open(struct store **out, const char *path, char why[STORE_WHY_MAX])
{
    *out = NULL;
    why[0] = '\0';
    struct store *s = calloc(1, sizeof *s);
    if (!s) {
        snprintf(why, STORE_WHY_MAX, "out of memory");
        return ERROR_NOMEM;
    }
    int rc = sqlite3_open_v2(path, &s->db,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                                 SQLITE_OPEN_NOFOLLOW,
                             NULL);
    if (rc == SQLITE_OK) /* exclusive: one process, and no shared-memory file */
        rc = sqlite3_exec(s->db,
                          "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;"
                          "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864",
                          NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = migrate(s, path, why);
    for (size_t i = 0; rc == SQLITE_OK && i < STATEMENTS; i++)
        rc = sqlite3_prepare_v3(s->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
                                &s->statements[i], NULL);
    if (rc != SQLITE_OK) {
        if (!why[0])
            snprintf(why, STORE_WHY_MAX,
                     "cannot use the queue in %s: %s; free space there, mend its permissions, or "
                     "move it away and start again",
                     path, s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc));
        store_close(s);
        return error_of(rc);
    }
    *out = s;
    return 0;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(s->statements[i]);
    sqlite3_close(s->db);
    free(s);
}
