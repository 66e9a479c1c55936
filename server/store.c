#include "store.h"

#include "db.h"
#include "error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum statement {
    PUT_SEAT,
    DELETE_SEAT,
    DELETE_SEAT_MESSAGES,
    PUT_MESSAGE,
    DELETE_MESSAGES,
    PUT_RECEIPT,
    DELETE_RECEIPTS,
    LOAD,
    RESTORE_SEATS,
    RESTORE_QUEUES,
    RESTORE_STREAMS,
    RESTORE_RECEIPTS,
    RESTORE_COUNTERS,
    STATEMENTS,
};

static const char *const statements[STATEMENTS] = {
    [PUT_SEAT] =
        "REPLACE INTO seat (id, room, nick, identity, keys, gone) VALUES (?, ?, ?, ?, ?, ?)",
    [DELETE_SEAT] = "DELETE FROM seat WHERE id = ?",
    [DELETE_SEAT_MESSAGES] = "DELETE FROM message WHERE seat = ?",
    [PUT_MESSAGE] = "INSERT INTO message (position, seat, sender, stream, n, cost, frame) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?)",
    [DELETE_MESSAGES] =
        "DELETE FROM message WHERE seat = ? AND stream = ? AND n <= ? RETURNING cost",
    [PUT_RECEIPT] = "REPLACE INTO receipt (seat, stream, position, frame) VALUES (?, ?, ?, ?)",
    [DELETE_RECEIPTS] = "DELETE FROM receipt WHERE seat = ?",
    [LOAD] = "SELECT position, sender, stream, n, cost, frame FROM message "
             "WHERE seat = ? AND position >= ? ORDER BY position",
    [RESTORE_SEATS] = "SELECT id, room, nick, identity, keys, gone FROM seat ORDER BY id DESC",
    [RESTORE_QUEUES] = "SELECT seat, count(*), sum(cost) FROM message GROUP BY seat",
    /* n less its rank is the same within a run, and another one after a hole. */
    [RESTORE_STREAMS] =
        "WITH ranked AS (SELECT seat, stream, n, position, "
        "  n - dense_rank() OVER (PARTITION BY seat, stream ORDER BY n) AS run FROM message), "
        "runs AS (SELECT seat, stream, min(n) AS first, max(n) AS n, max(position) AS position "
        "  FROM ranked GROUP BY seat, stream, run), "
        "last AS (SELECT *, row_number() OVER (PARTITION BY seat, stream ORDER BY n DESC) AS age "
        "  FROM runs), "
        "newest AS (SELECT *, row_number() OVER (PARTITION BY seat ORDER BY position DESC) AS "
        "place "
        "  FROM last WHERE age = 1) "
        "SELECT newest.seat, sender, newest.stream, first, newest.n "
        "FROM newest JOIN message USING (position) WHERE place <= ? "
        "ORDER BY newest.seat, newest.position",
    [RESTORE_RECEIPTS] = "SELECT seat, stream, position, frame FROM receipt ORDER BY position",
    [RESTORE_COUNTERS] = "SELECT 1 + coalesce((SELECT max(id) FROM seat), 0), "
                         "1 + max(coalesce((SELECT max(position) FROM message), 0), "
                         "  coalesce((SELECT max(position) FROM receipt), 0))",
};

static const char *const migrations[] = {
    "CREATE TABLE seat (id INTEGER PRIMARY KEY, room TEXT NOT NULL, nick TEXT NOT NULL, identity "
    "TEXT,"
    " keys TEXT, gone INTEGER NOT NULL);"
    "CREATE TABLE message (position INTEGER PRIMARY KEY, seat INTEGER NOT NULL,"
    " sender INTEGER NOT NULL, stream INTEGER NOT NULL, n INTEGER NOT NULL,"
    " cost INTEGER NOT NULL, frame BLOB NOT NULL);"
    "CREATE INDEX message_seat ON message (seat);"
    "CREATE INDEX message_stream ON message (seat, stream, n);"
    "CREATE TABLE receipt (seat INTEGER NOT NULL, stream INTEGER NOT NULL, position INTEGER NOT "
    "NULL,"
    " frame BLOB NOT NULL, PRIMARY KEY (seat, stream)) WITHOUT ROWID",
};

static const struct db_schema schema = {
    .what = "the queue",
    .owner = "chat-server",
    .migrations = migrations,
    .migrations_count = sizeof migrations / sizeof migrations[0],
    .statements = statements,
    .statements_count = STATEMENTS,
};

struct store {
    struct db *db;
};

int store_open(struct store **out, const char *path, char why[STORE_WHY_MAX])
{
    struct store *s = malloc(sizeof *s);
    int rc = ERROR_NOMEM;
    *out = NULL;
    if (s)
        rc = db_open(&s->db, path, &schema, why);
    else
        snprintf(why, STORE_WHY_MAX, "out of memory");
    if (rc == 0)
        *out = s;
    else
        free(s);
    return rc;
}

void store_close(struct store *s)
{
    if (s)
        db_close(s->db);
    free(s);
}

const char *store_error(const struct store *s)
{
    return db_error(s->db);
}

bool store_is_dirty(const struct store *s)
{
    return db_is_dirty(s->db);
}

int store_commit(struct store *s)
{
    return db_commit(s->db);
}

static void bind_string(struct db *db, size_t statement, int at, const char *text)
{
    db_bind_text(db, statement, at, text, text ? strlen(text) : 0);
}

void store_put_seat(struct store *s, const struct relay_seat_row *row)
{
    db_bind_integer(s->db, PUT_SEAT, 0, row->id);
    bind_string(s->db, PUT_SEAT, 1, row->room);
    bind_string(s->db, PUT_SEAT, 2, row->nick);
    bind_string(s->db, PUT_SEAT, 3, row->identity);
    db_bind_text(s->db, PUT_SEAT, 4, row->keys.at, row->keys.len);
    db_bind_integer(s->db, PUT_SEAT, 5, row->gone_wall_ms);
    db_run(s->db, PUT_SEAT);
}

static void delete_where_seat(struct store *s, enum statement which, uint64_t seat)
{
    db_bind_integer(s->db, which, 0, seat);
    db_run(s->db, which);
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
    db_bind_integer(s->db, PUT_MESSAGE, 0, row->position);
    db_bind_integer(s->db, PUT_MESSAGE, 1, row->seat);
    db_bind_integer(s->db, PUT_MESSAGE, 2, row->sender);
    db_bind_integer(s->db, PUT_MESSAGE, 3, row->stream);
    db_bind_integer(s->db, PUT_MESSAGE, 4, row->n);
    db_bind_integer(s->db, PUT_MESSAGE, 5, row->cost);
    db_bind_bytes(s->db, PUT_MESSAGE, 6, row->frame, row->frame_len);
    db_run(s->db, PUT_MESSAGE);
}

void store_put_receipt(struct store *s, const struct relay_receipt_row *row)
{
    db_bind_integer(s->db, PUT_RECEIPT, 0, row->seat);
    db_bind_integer(s->db, PUT_RECEIPT, 1, row->stream);
    db_bind_integer(s->db, PUT_RECEIPT, 2, row->position);
    db_bind_bytes(s->db, PUT_RECEIPT, 3, row->frame, row->frame_len);
    db_run(s->db, PUT_RECEIPT);
}

void store_delete_messages(struct store *s, const struct relay_event *what, uint64_t *count,
                           uint64_t *cost)
{
    *count = *cost = 0;
    if (!db_begin(s->db))
        return;
    db_bind_integer(s->db, DELETE_MESSAGES, 0, what->seat);
    db_bind_integer(s->db, DELETE_MESSAGES, 1, what->stream);
    db_bind_integer(s->db, DELETE_MESSAGES, 2, what->n);
    int rc;
    for (; (rc = db_step(s->db, DELETE_MESSAGES)) > 0; ++*count)
        *cost += db_integer(s->db, DELETE_MESSAGES, 0);
    if (rc < 0)
        *count = *cost = 0;
}

int store_load(struct store *s, struct relay *r, const struct relay_event *load, uint64_t now_ms)
{
    db_bind_integer(s->db, LOAD, 0, load->seat);
    db_bind_integer(s->db, LOAD, 1, load->position);
    uint64_t bytes = 0;
    int rc = 0, taken = 0;
    while (taken == 0 && bytes < load->bytes && (rc = db_step(s->db, LOAD)) > 0) {
        struct relay_message_row row = {
            .seat = load->seat,
            .position = db_integer(s->db, LOAD, 0),
            .sender = db_integer(s->db, LOAD, 1),
            .stream = db_integer(s->db, LOAD, 2),
            .n = db_integer(s->db, LOAD, 3),
            .cost = db_integer(s->db, LOAD, 4),
        };
        row.frame = db_bytes(s->db, LOAD, 5, &row.frame_len);
        bytes += row.cost;
        taken = relay_loaded(r, &row);
    }
    db_reset(s->db, LOAD);
    if (rc < 0)
        return rc;
    if (taken == 0)
        relay_load_done(r, load->seat, now_ms);
    return 0;
}

static int restore_seat(struct relay *r, struct db *db)
{
    size_t len;
    struct relay_seat_row row = {
        .id = db_integer(db, RESTORE_SEATS, 0),
        .room = db_text(db, RESTORE_SEATS, 1, &len),
        .nick = db_text(db, RESTORE_SEATS, 2, &len),
        .identity = db_text(db, RESTORE_SEATS, 3, &len),
        .gone_wall_ms = db_integer(db, RESTORE_SEATS, 5),
    };
    row.keys.at = db_text(db, RESTORE_SEATS, 4, &row.keys.len);
    return relay_restore_seat(r, &row);
}

static int restore_queue(struct relay *r, struct db *db)
{
    const struct relay_queue_row row = {
        .seat = db_integer(db, RESTORE_QUEUES, 0),
        .count = db_integer(db, RESTORE_QUEUES, 1),
        .cost = db_integer(db, RESTORE_QUEUES, 2),
    };
    return relay_restore_queue(r, &row);
}

static int restore_stream(struct relay *r, struct db *db)
{
    const struct relay_stream_row row = {
        .seat = db_integer(db, RESTORE_STREAMS, 0),
        .sender = db_integer(db, RESTORE_STREAMS, 1),
        .stream = db_integer(db, RESTORE_STREAMS, 2),
        .first = db_integer(db, RESTORE_STREAMS, 3),
        .n = db_integer(db, RESTORE_STREAMS, 4),
    };
    return relay_restore_stream(r, &row);
}

static int restore_receipt(struct relay *r, struct db *db)
{
    struct relay_receipt_row row = {
        .seat = db_integer(db, RESTORE_RECEIPTS, 0),
        .stream = db_integer(db, RESTORE_RECEIPTS, 1),
        .position = db_integer(db, RESTORE_RECEIPTS, 2),
    };
    row.frame = db_bytes(db, RESTORE_RECEIPTS, 3, &row.frame_len);
    return relay_restore_receipt(r, &row);
}

static int restore_counters(struct relay *r, struct db *db)
{
    relay_restore_counters(r, db_integer(db, RESTORE_COUNTERS, 0),
                           db_integer(db, RESTORE_COUNTERS, 1));
    return 0;
}

static const struct {
    enum statement statement;
    int (*row)(struct relay *r, struct db *db);
} restores[] = {
    {RESTORE_SEATS, restore_seat},        {RESTORE_QUEUES, restore_queue},
    {RESTORE_STREAMS, restore_stream},    {RESTORE_RECEIPTS, restore_receipt},
    {RESTORE_COUNTERS, restore_counters},
};

int store_restore(struct store *s, struct relay *r)
{
    db_bind_integer(s->db, RESTORE_STREAMS, 0, RELAY_STREAMS_EXPECTED);
    for (size_t i = 0; i < sizeof restores / sizeof restores[0]; i++) {
        int rc, taken = 0;
        while (taken == 0 && (rc = db_step(s->db, restores[i].statement)) > 0)
            taken = restores[i].row(r, s->db);
        db_reset(s->db, restores[i].statement);
        if (taken || rc)
            return taken ? taken : rc;
    }
    return 0;
}
