#ifndef DB_H
#define DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One SQLite database of one process, with the discipline that both programs want: WAL and
 * synchronous=FULL; changes gather in a transaction that the first of them begins and db_commit
 * ends; the first failure is remembered until then. The only file that knows SQLite.
 *
 * A database is described by a schema: constant tables of the steps that make it and of the
 * statements that use it. A statement is named by its index there, its parameters and columns by
 * their places, both from 0.
 */
struct db;

struct db_schema {
    const char *what;  /* for sentences: "the queue" */
    const char *owner; /* the program: "chat-server" */
    bool has_secrets;  /* what is deleted is overwritten; see db_settle */
    /* One step for each version. A step is never changed once it was released: the next one mends
     * it. */
    const char *const *migrations;
    size_t migrations_count;
    const char *const *statements;
    size_t statements_count;
};

enum {
    DB_WHY_MAX = 512,
};

/*
 * Opens or creates `path`, mode 0600 by the umask, and brings it up to date. `schema` is borrowed
 * for the database's life. ERROR_STATE where another process has it open, ERROR_FULL, ERROR_STORE,
 * ERROR_NOMEM; then there is a sentence in `why`.
 */
int db_open(struct db **db, const char *path, const struct db_schema *schema, char why[DB_WHY_MAX]);

/* Closes it; what was not committed is undone. NULL is allowed. */
void db_close(struct db *db);

/* Sets a parameter. Strings and bytes are borrowed until the statement was run; NULL is NULL. */
void db_bind_integer(struct db *db, size_t statement, int at, uint64_t value);
void db_bind_text(struct db *db, size_t statement, int at, const char *s, size_t len);
void db_bind_bytes(struct db *db, size_t statement, int at, const void *bytes, size_t len);

/* Runs a statement that changes something and gives no rows. */
void db_run(struct db *db, size_t statement);

/*
 * 1 when there is a row, 0 at the end, or ERROR_STORE, ERROR_NOMEM, ERROR_FULL. What the columns
 * give is borrowed until the next step. A walk that is left before its end is ended by db_reset. A
 * statement that changes something and gives rows (RETURNING) begins with db_begin, and its failure
 * is remembered.
 */
int db_step(struct db *db, size_t statement);
void db_reset(struct db *db, size_t statement);
uint64_t db_integer(struct db *db, size_t statement, int at);
const char *db_text(struct db *db, size_t statement, int at, size_t *len); /* NULL for NULL */
const uint8_t *db_bytes(struct db *db, size_t statement, int at, size_t *len);

/* Begins the transaction where none is open. False where it has failed already. */
bool db_begin(struct db *db);

/* Makes the open transaction fail: something that belongs to it could not be made. */
void db_fail(struct db *db);

/* Whether a transaction is open. */
bool db_is_dirty(const struct db *db);

/*
 * Begins to commit on a thread of its own. Gives a descriptor (borrowed) that is readable once
 * db_commit, which is to be the next call, does not wait for the disk; -1 where it does: there is
 * no thread, or nothing to commit.
 */
int db_begin_commit(struct db *db);

/*
 * Commits. 0: it is on disk. ERROR_FULL: the disk is full, surely nothing of the transaction
 * happened, and the database can go on. ERROR_STORE: it may have happened or not, and the database
 * is of no use any more.
 */
int db_commit(struct db *db);

/*
 * Brings what was committed from the log into the database and empties the log: what was deleted
 * is nowhere any more. Where that fails (ERROR_FULL, ERROR_STORE, ERROR_NOMEM) nothing is lost.
 */
int db_settle(struct db *db);

/* What SQLite said of the last failure; borrowed until the next call. */
const char *db_error(const struct db *db);

#endif
