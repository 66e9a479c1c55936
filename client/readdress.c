#include "readdress.h"

#include "error.h"
#include "machine.h"
#include "outbox.h"

#include <stdlib.h>

/* Which number a message had, and which it has now. */
struct moved {
    uint64_t stream, n, new_stream, new_n;
};

struct readdress {
    struct session *s;
    struct peer *to;
    struct moved *moved; /* owned */
    size_t count, size;
};

/* What a person wrote; the rest is between the two machines. */
static bool is_writing(const struct payload *p)
{
    return p->kind == PAYLOAD_TEXT || p->kind == PAYLOAD_ACTION || p->kind == PAYLOAD_EDIT ||
           p->kind == PAYLOAD_DELETE || p->kind == PAYLOAD_REACT || p->kind == PAYLOAD_FILE;
}

/* Names one of our messages by its new number. */
static void rename_ref(const struct readdress *r, struct payload_ref *ref)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct moved *m = &r->moved[i];
        if (m->stream != ref->stream || m->n != ref->n)
            continue;
        ref->stream = m->new_stream;
        ref->n = m->new_n;
        return;
    }
}

static int note_moved(struct readdress *r, const struct moved *m)
{
    if (r->count == r->size) {
        size_t size = r->size ? 2 * r->size : 16;
        struct moved *moved = realloc(r->moved, size * sizeof *moved);
        if (!moved)
            return ERROR_NOMEM;
        r->moved = moved;
        r->size = size;
    }
    r->moved[r->count++] = *m;
    return 0;
}

/* 1 where the message is the new peer's now, 0 where it is none to move, ERROR_NOMEM. */
static int move(struct readdress *r, uint64_t stream, const struct outgoing *message)
{
    struct session *s = r->s;
    struct payload p;
    struct buffer scratch; /* encoding uses the session's */
    buffer_init(&scratch, SIZE_MAX);
    struct session_message_row row = {.id = message->id, .wall_ms = message->wall_ms};
    int rc = payload_decode(message->payload, message->len, &scratch, &p);
    bool moves = rc == 0 && is_writing(&p);
    if (moves) {
        if (p.kind == PAYLOAD_EDIT || p.kind == PAYLOAD_DELETE || p.target.mine)
            rename_ref(r, &p.target);
        if (p.reply.mine)
            rename_ref(r, &p.reply);
        rc = outbox_add(s, r->to, &p, &row);
        moves = rc == 0; /* else it may be too long, with what it would say of others now */
    }
    if (moves)
        transfer_readdress(s, row.id, r->to);
    buffer_clear(&scratch);
    if (rc == ERROR_NOMEM)
        return rc;
    const struct moved m = {stream, message->n, row.stream, row.n};
    rc = moves ? note_moved(r, &m) : 0;
    return rc ? rc : moves;
}

static int move_stream(struct readdress *r, struct outbound *o)
{
    struct outbound kept = {0};
    struct outgoing *message;
    int rc = 0;
    while (rc >= 0 && (message = outbound_take(o, UINT64_MAX))) {
        rc = move(r, o->stream, message);
        if (rc == 0)
            rc = outbound_put(&kept, message);
        if (rc)
            free(message);
    }
    while (rc >= 0 && (message = outbound_take(&kept, UINT64_MAX))) {
        rc = outbound_put(o, message);
        if (rc)
            free(message);
    }
    outbound_clear(&kept);
    return rc < 0 ? rc : 0;
}

void readdress(struct session *s, struct peer *from, struct peer *to)
{
    struct readdress r = {.s = s, .to = to};
    outbox_set_stored(s, from, NULL, 0);
    for (size_t at = 0; at < from->streams.ours_count && s->error == 0; at++)
        machine_fail(s, move_stream(&r, from->streams.ours[at]));
    free(r.moved);
}
