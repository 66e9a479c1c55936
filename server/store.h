#ifndef STORE_H
#define STORE_H

#include "db.h"
#include "relay.h"

/*
 * The relay's queue on disk: seats, messages and receipts that wait, in one SQLite database (WAL,
 * synchronous=FULL). The first put or delete of a turn begins a transaction and store_commit ends
 * it, so a turn costs one sync however much it brought, and a turn without changes costs nothing.
 *
 * The first failure is remembered: what follows it in the transaction does nothing, and
 * store_commit says what became of it. The caller holds the lock of the state folder.
 */
struct store;

enum {
    STORE_WHY_MAX = DB_WHY_MAX,
};

/*
 * Opens or creates `path` and brings its schema up to date. ERROR_STORE, ERROR_FULL, ERROR_NOMEM
 * with a sentence in `why`.
 */
int store_open(struct store **s, const char *path, char why[STORE_WHY_MAX]);

/* Closes it; an open transaction is undone. NULL is allowed. */
void store_close(struct store *s);

/*
 * Hands everything that waits to a relay that has seen nothing yet (relay_restore_…). ERROR_STORE,
 * or what the relay gave.
 */
int store_restore(struct store *s, struct relay *r);

void store_put_seat(struct store *s, const struct relay_seat_row *row);
void store_delete_seat(struct store *s, uint64_t seat);
void store_put_message(struct store *s, const struct relay_message_row *row);
void store_put_receipt(struct store *s, const struct relay_receipt_row *row);
void store_delete_receipts(struct store *s, uint64_t seat);

/* Carries out RELAY_DELETE_MESSAGES; gives how many it deleted, and their cost. */
void store_delete_messages(struct store *s, const struct relay_event *what, uint64_t *count,
                           uint64_t *cost);

/*
 * Answers RELAY_LOAD: relay_loaded for each message of `seat` from `position` on, until `bytes` of
 * cost, at least one; then relay_load_done. Where the relay has no memory for one, that is all.
 * ERROR_STORE, ERROR_NOMEM: the disk cannot be read.
 */
int store_load(struct store *s, struct relay *r, const struct relay_event *load, uint64_t now_ms);

/* Whether something waits for a commit. */
bool store_is_dirty(const struct store *s);

/*
 * Commits. 0: it is on disk. ERROR_FULL: the disk is full, surely nothing of the transaction
 * happened, and the store goes on. ERROR_STORE: it may have happened or not, and the store is of no
 * use any more.
 */
int store_commit(struct store *s);

/* What SQLite said of the last failure; borrowed until the next call. */
const char *store_error(const struct store *s);

#endif
