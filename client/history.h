#ifndef HISTORY_H
#define HISTORY_H

#include "db.h"
#include "session.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A client's memory on disk: everything of one nick's conversation in one room of one relay, in one
 * database (db.h), which one process at a time may use. The first save of a turn begins a
 * transaction and history_commit ends it. The first failure is remembered until then.
 */
struct history;

enum {
    HISTORY_WHY_MAX = DB_WHY_MAX,
};

/*
 * Opens or creates `path`. ERROR_STATE where another process has it open; ERROR_STORE, ERROR_FULL,
 * ERROR_NOMEM; always with a sentence in `why`.
 */
int history_open(struct history **h, const char *path, char why[HISTORY_WHY_MAX]);

/* Closes it; an open transaction is undone. NULL is allowed. */
void history_close(struct history *h);

/* Hands what is there to a session that was not started. ERROR_STORE, or what the session gave. */
int history_restore(struct history *h, struct session *s);

/* Carries out a SESSION_SAVE_… or SESSION_DROP_… event, but for SESSION_SAVE_PIN. */
void history_save(struct history *h, const struct session_event *event);

/* Answers a SESSION_LOAD event, at most some 256 KiB of payloads at a time. ERROR_STORE, or what
 * the session gave. */
int history_load(struct history *h, struct session *s, const struct session_event *load,
                 uint64_t now_ms);

/* Whether something waits for a commit. */
bool history_is_dirty(const struct history *h);

/* As db_begin_commit. */
int history_begin_commit(struct history *h);

/*
 * Commits. 0: it is on disk. ERROR_FULL, ERROR_STORE: it may have happened or not; nothing of it
 * may be shown or sent, and the history is of no use any more.
 */
int history_commit(struct history *h);

/* What SQLite said of the last failure; borrowed until the next call. */
const char *history_error(const struct history *h);

/* Takes one row; what it points to is borrowed for the call. Anything but 0 ends the walk with it.
 */
typedef int history_row(void *context, const struct session_message_row *row);

/*
 * Walks messages with ids below `before`, newest first, at most `max` of them; the time it takes
 * does not depend on how many there are in all. ERROR_STORE, or what `row` gave.
 */
int history_walk(struct history *h, uint64_t before, size_t max, history_row *row, void *context);

/* The same upwards: ids of `from` and above, oldest first. */
int history_walk_up(struct history *h, uint64_t from, size_t max, history_row *row, void *context);

/* Gives `row` the message with this id, where there is one; it may call this function again. */
int history_get(struct history *h, uint64_t id, history_row *row, void *context);

/* Gives `take` what is known of the file that this message offers, borrowed for the call, where
 * there is one. What that gave, 0, or ERROR_STORE. */
typedef int history_file(void *context, const struct transfer_row *row);
int history_get_file(struct history *h, uint64_t message, history_file *take, void *context);

/* A message by its number in the protocol. */
struct history_number {
    uint32_t peer;
    bool mine;
    uint64_t stream, n;
};

/* 1 and the id of that message, 0 where it is not here, ERROR_STORE. */
int history_find(struct history *h, const struct history_number *number, uint64_t *id);

/* Walks the messages that change the one with this id (edit, delete, react), oldest first. */
int history_walk_changes(struct history *h, uint64_t id, history_row *row, void *context);

/* What history_search looks for. */
struct history_query {
    const char *words; /* UTF-8, NUL-terminated */
    bool phrase;       /* they stand together, in this order */
    bool up;
    uint64_t bound; /* ids below it, newest first; `up`: of it and above, oldest first */
};

/*
 * Walks the messages whose text has all the words (the last one may be the beginning of a word),
 * without regard to case, accents and what stands between words; an edit among them.
 */
int history_search(struct history *h, const struct history_query *query, history_row *row,
                   void *context);

/* What was typed and not sent, and the message that the screen was scrolled to (0: the newest). */
void history_put_place(struct history *h, const char *draft, size_t len, uint64_t message);
/* ERROR_STORE, ERROR_NOMEM. `*draft` is the caller's to free, NUL-terminated. */
int history_get_place(struct history *h, char **draft, size_t *len, uint64_t *message);

/*
 * The newest message that somebody was shown: those after it were perhaps not, because the program
 * died between the disk and the terminal. It is noted at once for a program that is killed
 * (shown.h), and by the next commit for a machine that is. history_get_shown gives 1 and its id, 0
 * where nothing was ever noted, or ERROR_STORE.
 */
void history_put_shown(struct history *h, uint64_t message);
int history_get_shown(struct history *h, uint64_t *message);

#endif
