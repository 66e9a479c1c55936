#include "db.h"

#include "error.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct db {
    sqlite3 *handle;
    const struct db_schema *schema;
    sqlite3_stmt **statements;
    bool open;        /* a transaction is */
    int failed;       /* the first SQLite error in it */
    pthread_t thread; /* commits, where is_committing */
    bool is_committing;
    int done; /* -1, or what the thread makes readable at its end */
};

static int error_of(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_FULL: return ERROR_FULL;
    case SQLITE_NOMEM: return ERROR_NOMEM;
    case SQLITE_BUSY: return ERROR_STATE;
    default: return ERROR_STORE;
    }
}

const char *db_error(const struct db *db)
{
    return db->failed ? sqlite3_errstr(db->failed) : sqlite3_errmsg(db->handle);
}

void db_bind_integer(struct db *db, size_t statement, int at, uint64_t value)
{
    sqlite3_bind_int64(db->statements[statement], at + 1, (sqlite3_int64)value);
}

void db_bind_text(struct db *db, size_t statement, int at, const char *s, size_t len)
{
    sqlite3_bind_text64(db->statements[statement], at + 1, s, len, SQLITE_STATIC, SQLITE_UTF8);
}

void db_bind_bytes(struct db *db, size_t statement, int at, const void *bytes, size_t len)
{
    sqlite3_bind_blob64(db->statements[statement], at + 1, bytes, len, SQLITE_STATIC);
}

static int exec(struct db *db, const char *sql)
{
    return sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
}

bool db_begin(struct db *db)
{
    if (!db->open) {
        db->failed = exec(db, "BEGIN");
        db->open = true;
    }
    return db->failed == SQLITE_OK;
}

void db_run(struct db *db, size_t statement)
{
    if (db_begin(db))
        (void)db_step(db, statement); /* db_commit tells */
}

int db_step(struct db *db, size_t statement)
{
    int rc = sqlite3_step(db->statements[statement]);
    if (rc == SQLITE_ROW)
        return 1;
    sqlite3_reset(db->statements[statement]);
    if (rc == SQLITE_DONE)
        return 0;
    if (db->open && db->failed == SQLITE_OK)
        db->failed = rc;
    return error_of(rc);
}

void db_reset(struct db *db, size_t statement)
{
    sqlite3_reset(db->statements[statement]);
}

uint64_t db_integer(struct db *db, size_t statement, int at)
{
    return (uint64_t)sqlite3_column_int64(db->statements[statement], at);
}

const char *db_text(struct db *db, size_t statement, int at, size_t *len)
{
    const char *s = (const char *)sqlite3_column_text(db->statements[statement], at);
    *len = (size_t)sqlite3_column_bytes(db->statements[statement], at);
    return s;
}

const uint8_t *db_bytes(struct db *db, size_t statement, int at, size_t *len)
{
    const uint8_t *bytes = sqlite3_column_blob(db->statements[statement], at);
    *len = (size_t)sqlite3_column_bytes(db->statements[statement], at);
    return bytes;
}

void db_fail(struct db *db)
{
    if (db->failed == SQLITE_OK)
        db->failed = SQLITE_ABORT;
}

bool db_is_dirty(const struct db *db)
{
    return db->open;
}

static void *run_commit(void *arg)
{
    struct db *db = arg;
    db->failed = exec(db, "COMMIT");
    eventfd_write(db->done, 1);
    return NULL;
}

int db_begin_commit(struct db *db)
{
    if (!db->open || db->failed != SQLITE_OK)
        return -1;
    if (db->done < 0)
        db->done = eventfd(0, EFD_CLOEXEC);
    if (db->done < 0)
        return -1;
    sigset_t all, before; /* signals are for the thread that polls */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    db->is_committing = pthread_create(&db->thread, NULL, run_commit, db) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return db->is_committing ? db->done : -1;
}

static void end_commit(struct db *db)
{
    eventfd_t ended;
    pthread_join(db->thread, NULL);
    eventfd_read(db->done, &ended);
    db->is_committing = false;
}

int db_commit(struct db *db)
{
    if (!db->open)
        return 0;
    if (db->is_committing)
        end_commit(db);
    else if (db->failed == SQLITE_OK)
        db->failed = exec(db, "COMMIT");
    db->open = false;
    if (db->failed == SQLITE_OK)
        return 0;
    /*
     * A full disk shows itself in a write, before the sync: the frame that would have made the
     * transaction valid is not whole. Of anything else nobody can tell.
     */
    bool full = error_of(db->failed) == ERROR_FULL;
    if (!sqlite3_get_autocommit(db->handle) && exec(db, "ROLLBACK") != SQLITE_OK)
        full = false;
    return full ? ERROR_FULL : ERROR_STORE;
}

/* Takes the steps that the database has not seen, each in a transaction of its own. */
static int migrate(struct db *db, const char *path, char why[DB_WHY_MAX])
{
    const struct db_schema *schema = db->schema;
    sqlite3_stmt *st;
    int rc = sqlite3_prepare_v2(db->handle, "PRAGMA user_version", -1, &st, NULL);
    if (rc != SQLITE_OK)
        return rc;
    size_t version = sqlite3_step(st) == SQLITE_ROW ? (size_t)sqlite3_column_int(st, 0) : 0;
    rc = sqlite3_finalize(st);
    if (version > schema->migrations_count) {
        snprintf(why, DB_WHY_MAX,
                 "%s in %s was written by a newer %s: use that one, or another state folder",
                 schema->what, path, schema->owner);
        return SQLITE_ERROR;
    }
    for (; rc == SQLITE_OK && version < schema->migrations_count; version++) {
        char *sql = sqlite3_mprintf("BEGIN IMMEDIATE;%s;PRAGMA user_version = %d;COMMIT",
                                    schema->migrations[version], (int)version + 1);
        rc = sql ? exec(db, sql) : SQLITE_NOMEM;
        sqlite3_free(sql);
    }
    return rc;
}

/* Exclusive: one process, and no shared-memory file. The lock is taken by the first access. */
static const char pragmas[] = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;"
                              "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864;"
                              "BEGIN IMMEDIATE; COMMIT";
/* FAST: what costs no writing; not what was on pages that are free then. */
static const char overwrite[] = "PRAGMA secure_delete = ON",
                  overwrite_some[] = "PRAGMA secure_delete = FAST";

static int prepare(struct db *db)
{
    const struct db_schema *schema = db->schema;
    db->statements = calloc(schema->statements_count, sizeof *db->statements);
    if (!db->statements)
        return SQLITE_NOMEM;
    int rc = SQLITE_OK;
    for (size_t i = 0; rc == SQLITE_OK && i < schema->statements_count; i++)
        rc = sqlite3_prepare_v3(db->handle, schema->statements[i], -1, SQLITE_PREPARE_PERSISTENT,
                                &db->statements[i], NULL);
    return rc;
}

static const char empty_log[] = "PRAGMA wal_checkpoint(TRUNCATE)";

int db_settle(struct db *db)
{
    int rc = exec(db, empty_log);
    return rc == SQLITE_OK ? 0 : error_of(rc);
}

/*
 * What an earlier run wrote and did not live to sync, or could not, can be read and is not safe:
 * makes it so before anybody builds on it. The log is begun anew, as what is on disk of the old one
 * may end earlier, and would undo the rest after a power cut. On a full disk there is no place for
 * that.
 */
static int make_safe(struct db *db)
{
    char begin_log[64];
    snprintf(begin_log, sizeof begin_log, "PRAGMA user_version = %zu",
             db->schema->migrations_count);
    int rc = exec(db, empty_log);
    if (rc == SQLITE_OK)
        rc = exec(db, begin_log);
    return (rc & 0xff) == SQLITE_FULL ? SQLITE_OK : rc;
}

/* Makes the names of new files safe: SQLite does, but takes no notice where that fails. */
static int sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash + 1 - path)) : strdup(".");
    if (!folder)
        return SQLITE_NOMEM;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd >= 0 && fsync(fd) == 0 ? SQLITE_OK : SQLITE_IOERR_DIR_FSYNC;
    if (fd >= 0)
        close(fd);
    free(folder);
    return rc;
}

int db_open(struct db **out, const char *path, const struct db_schema *schema, char why[DB_WHY_MAX])
{
    *out = NULL;
    why[0] = '\0';
    struct db *db = calloc(1, sizeof *db);
    if (!db) {
        snprintf(why, DB_WHY_MAX, "out of memory");
        return ERROR_NOMEM;
    }
    db->schema = schema;
    db->done = -1;
    int rc = sqlite3_open_v2(
        path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK)
        rc = exec(db, pragmas);
    if (rc == SQLITE_OK)
        rc = exec(db, schema->has_secrets ? overwrite : overwrite_some);
    if (rc == SQLITE_OK)
        rc = migrate(db, path, why);
    if (rc == SQLITE_OK)
        rc = make_safe(db);
    if (rc == SQLITE_OK)
        rc = sync_folder(path);
    if (rc == SQLITE_OK)
        rc = prepare(db);
    if (rc == SQLITE_OK) {
        *out = db;
        return 0;
    }
    if (!why[0] && (rc & 0xff) == SQLITE_BUSY)
        snprintf(why, DB_WHY_MAX,
                 "%s in %s is in use by another %s: end that one, or use another state folder",
                 schema->what, path, schema->owner);
    else if (!why[0])
        snprintf(why, DB_WHY_MAX,
                 "cannot use %s in %s: %s; free space there, mend its permissions, or move it away "
                 "and start again",
                 schema->what, path,
                 sqlite3_errcode(db->handle) ? sqlite3_errmsg(db->handle) : sqlite3_errstr(rc));
    db_close(db);
    return error_of(rc);
}

void db_close(struct db *db)
{
    if (!db)
        return;
    for (size_t i = 0; db->statements && i < db->schema->statements_count; i++)
        sqlite3_finalize(db->statements[i]);
    free(db->statements);
    sqlite3_close(db->handle);
    if (db->done >= 0)
        close(db->done);
    free(db);
}
