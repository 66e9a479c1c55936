#ifndef HISTORY_INTERNAL_H
#define HISTORY_INTERNAL_H

#include "db.h"
#include "history.h"

/* For the files of the history only. */

#define HISTORY_COLUMNS "id, peer, mine, stream, n, wall, mark, payload"

/* The same of what has no message of its own, and what there is of a file. */
#define HISTORY_CHUNK "0, chunk.peer, 1, chunk.stream, n, 0, 0, payload"
#define HISTORY_FILE  "message, peer, mine, state, id, name, digest, path, size, reached"

enum history_statement {
    PUT_PEER,
    PUT_STREAM,
    PUT_MESSAGE,
    PUT_CHUNK,
    PUT_FILE,
    PUT_MARK,
    PUT_SEEN,
    PUT_WORDS,
    PUT_CHANGE,
    PUT_PREKEY,
    DROP_PREKEYS,
    PUT_PLACE,
    GET_PLACE,
    PUT_SHOWN,
    GET_SHOWN,
    GET_NEXT,
    GET,
    GET_FILE,
    FIND,
    CHANGES,
    LOAD,
    WALK,
    WALK_UP,
    SEARCH,
    SEARCH_UP,
    RESTORE_PREKEYS,
    RESTORE_PEERS,
    RESTORE_STREAMS,
    RESTORE_MESSAGES,
    RESTORE_CHUNKS,
    RESTORE_FILES,
    HISTORY_STATEMENTS,
};

struct history {
    struct db *db;
    struct buffer scratch;
    int shown_fd;     /* -1: none */
    bool has_dropped; /* secrets, which are in the log still */
    uint64_t next_id; /* a message below it is there already, and saved anew */
};

/* Reads the row of HISTORY_COLUMNS that a statement stands at. */
void history_read_row(struct history *h, enum history_statement which,
                      struct session_message_row *row);

/* The same of HISTORY_FILE; borrowed from the statement. */
struct transfer_row history_read_file(struct history *h, enum history_statement which);

void history_put_chunk(struct history *h, const struct session_message_row *row);
void history_put_file(struct history *h, const struct transfer_row *row);

/* Puts what a message says into the index of words. */
void history_put_words(struct history *h, uint64_t id, const struct json_string *text);

/* Steps through a bound statement of HISTORY_COLUMNS. */
int history_step(struct history *h, enum history_statement which, history_row *take, void *context);

#endif
