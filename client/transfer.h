#ifndef TRANSFER_H
#define TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct session;

/*
 * Files between us and the peer (PROTOCOL.md, "Files"): the part of a session (session.h) that
 * knows their rules. The edge reads and writes the files, and names each by the id of the message
 * that offers it. Failures are those of the session's other calls.
 *
 * Ours: transfer_offer; once the peer takes it, each SESSION_FILE_READ is answered with
 * transfer_give. Theirs: the offer is a message, and SESSION_FILE; when the person takes it and
 * there is a place for it, transfer_take; then each SESSION_FILE_WRITE is carried out at once, and
 * SESSION_FILE_CHECK, after the last of them, is answered with transfer_check, at once or later;
 * one for a file of which something is missing again (transfer_fail, transfer_take) came too late.
 *
 * After a start, of theirs that are TRANSFER_TAKEN nothing comes before transfer_take says again
 * how much of it there is; ours go on by themselves.
 */
enum transfer_state {
    TRANSFER_OFFERED, /* and not taken, or not any more: it can be */
    TRANSFER_TAKEN,   /* it goes, or waits for the peer or for its turn */
    /* The rest are ends. */
    TRANSFER_DONE,      /* the receiver has it whole */
    TRANSFER_CANCELLED, /* by us */
    TRANSFER_REFUSED,   /* by the peer */
    TRANSFER_CHANGED,   /* at the sender it is not what was offered any more */
    TRANSFER_DAMAGED,   /* what came is not what was offered */
};

enum {
    TRANSFER_OFFERS = 16, /* of theirs that are not taken; the oldest of more is cancelled */
    TRANSFER_CHUNKS = 8,  /* of ours without a receipt */
};

/* A file that is offered, and what became of it. */
struct transfer_row {
    uint64_t message; /* id of the message that offers it */
    uint32_t peer;
    bool mine;
    enum transfer_state state;
    const char *id;     /* on the wire */
    const char *name;   /* as its sender says: not safe to show, nor as a name of a file */
    const char *digest; /* BLAKE2b-256 in lowercase hex */
    const char *path;   /* what the edge said of it; "" for nothing yet */
    uint64_t size;
    uint64_t offset; /* ours: so much of it has a receipt; theirs: so much of it was written */
};

/* A piece of a file. */
struct transfer_piece {
    uint64_t message, offset;
    const uint8_t *bytes;
    size_t len;
};

/* Hands over what the disk holds of a transfer that has not ended; after the messages. ERROR_STORE
 * where it does not fit them, ERROR_NOMEM. */
int transfer_restore(struct session *s, const struct transfer_row *row);

/*
 * The person offers a file: its `name`, `size`, `digest` and `path` count. ERROR_PAYLOAD where the
 * name is no UTF-8 or longer than PAYLOAD_NAME_MAX.
 */
int transfer_offer(struct session *s, const struct transfer_row *file, uint64_t now_ms,
                   uint64_t *message);

/*
 * Takes a file of theirs: its first `offset` bytes are at `path`, safely. ERROR_STATE where that is
 * no open one of theirs, or `offset` is beyond its size.
 */
int transfer_take(struct session *s, uint64_t message, const char *path, uint64_t offset,
                  uint64_t now_ms);

/*
 * Answers SESSION_FILE_READ with at least one byte, and at most what was asked for, from the same
 * offset. An answer that came too late is ignored.
 */
int transfer_give(struct session *s, const struct transfer_piece *piece, uint64_t now_ms);

/*
 * A file cannot be read or written. One of ours is not what was offered any more: it ends. One of
 * theirs is TRANSFER_OFFERED again, with what is safe of it, and its sender stops for now. Where it
 * has ended or stopped already, nothing happens: pieces of it, and SESSION_FILE_CHECK, may still be
 * on their way.
 */
int transfer_fail(struct session *s, uint64_t message, uint64_t now_ms);

/*
 * Answers SESSION_FILE_CHECK: the file is at `path` now, safely, and has the digest; NULL: it has
 * not. Then SESSION_FILE says that it is over. An answer that came too late is ignored.
 */
int transfer_check(struct session *s, uint64_t message, const char *path, uint64_t now_ms);

/* The person does not want it, whosever it is. ERROR_STATE where it is not open. */
int transfer_cancel(struct session *s, uint64_t message, uint64_t now_ms);

/* How many are open (offered or taken), and one of them, oldest offer first; borrowed until the
 * next call with the session. */
size_t transfer_count(const struct session *s);
struct transfer_row transfer_get(const struct session *s, size_t i);

#endif
