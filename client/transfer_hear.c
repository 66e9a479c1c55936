#include "transfer_internal.h"

#include "error.h"
#include "machine.h"
#include "outbox.h"

#include <string.h>

/* Whether the peer will hear something of this transfer that it has not heard yet. */
static bool has_said_more(struct session *s, const struct json_string *id)
{
    const struct transfers *all = &s->transfers;
    return all->word_len == id->len && memcmp(all->word_id, id->at, id->len) == 0 &&
           outbox_find(s, all->word_stream, all->word_n);
}

/* Nothing is open under this id, whatever the peer thinks. A flood gets no flood of answers. */
static void answer_cancel(struct session *s, struct peer *peer, const struct json_string *id)
{
    char copy[PAYLOAD_ID_MAX]; /* what came is overwritten by what is said */
    const struct payload cancel = {.kind = PAYLOAD_CANCEL, .id = {copy, id->len}};
    struct session_message_row row;
    memcpy(copy, id->at, id->len);
    if (peer->cancels < TRANSFER_OFFERS && !has_said_more(s, id))
        transfer_say_to(s, peer, &cancel, &row);
}

/* More offers wait than a person can want. */
static void drop_oldest_offer(struct session *s, struct peer *peer)
{
    struct transfer *oldest = NULL;
    size_t offers = 0;
    for (size_t i = s->transfers.count; i-- > 0;) {
        struct transfer *t = s->transfers.items[i];
        if (t->row.mine || t->row.state != TRANSFER_OFFERED)
            continue;
        oldest = t;
        offers++;
    }
    if (offers <= TRANSFER_OFFERS)
        return;
    if (oldest->row.peer == peer->id)
        answer_cancel(s, peer, &(struct json_string){oldest->row.id, strlen(oldest->row.id)});
    transfer_set_state(s, oldest, TRANSFER_CANCELLED);
}

static void hear_offer(struct session *s, struct peer *peer, const struct payload *p, uint64_t id)
{
    char wire_id[PAYLOAD_ID_MAX + 1], name[PAYLOAD_NAME_MAX + 1], digest[PAYLOAD_DIGEST_LEN + 1];
    if (transfer_find_id(s, peer, false, &p->id))
        return;
    memcpy(wire_id, p->id.at, p->id.len);
    memcpy(name, p->name.at, p->name.len);
    memcpy(digest, p->digest.at, p->digest.len);
    wire_id[p->id.len] = name[p->name.len] = digest[p->digest.len] = '\0';
    const struct transfer_row row = {
        .message = id,
        .peer = peer->id,
        .id = wire_id,
        .name = name,
        .digest = digest,
        .path = "",
        .size = p->size,
    };
    struct transfer *t = transfer_add(s, &row);
    if (!t)
        return;
    transfer_set_state(s, t, TRANSFER_OFFERED);
    drop_oldest_offer(s, peer);
}

static void hear_accept(struct session *s, struct peer *peer, const struct payload *p)
{
    struct transfer *t = transfer_find_id(s, peer, true, &p->id);
    if (!t) {
        answer_cancel(s, peer, &p->id);
        return;
    }
    if (p->offset > t->row.size)
        return;
    t->row.offset = t->next = p->offset;
    if (p->offset == t->row.size) {
        transfer_set_state(s, t, TRANSFER_DONE);
        return;
    }
    if (!t->going)
        t->turn = ++s->transfers.turns;
    t->going = true;
    if (s->transfers.ask.message == t->row.message)
        s->transfers.reading = false;
    if (t->row.state == TRANSFER_TAKEN)
        transfer_show(s, t);
    else
        transfer_set_state(s, t, TRANSFER_TAKEN);
}

static void hear_cancel(struct session *s, struct peer *peer, const struct payload *p)
{
    static const enum transfer_state ends[] = {
        [PAYLOAD_UNWANTED] = TRANSFER_REFUSED,
        [PAYLOAD_CHANGED] = TRANSFER_CHANGED,
        [PAYLOAD_DAMAGED] = TRANSFER_DAMAGED,
        [PAYLOAD_LATER] = TRANSFER_OFFERED,
    };
    struct transfer *ours = transfer_find_id(s, peer, true, &p->id);
    struct transfer *theirs = transfer_find_id(s, peer, false, &p->id);
    if (ours)
        transfer_set_state(s, ours, ends[p->why]);
    if (theirs)
        transfer_set_state(s, theirs,
                           p->why == PAYLOAD_CHANGED ? TRANSFER_CHANGED : TRANSFER_REFUSED);
}

/* Writes what is new in a chunk that reaches beyond what is here. */
static void write_piece(struct session *s, struct transfer *t, const struct payload *p)
{
    size_t known = t->row.offset - p->offset;
    const struct session_event event = {
        .type = SESSION_FILE_WRITE,
        .piece = {t->row.message, t->row.offset, p->bytes + known, p->bytes_len - known},
    };
    machine_emit(s, &event);
    t->row.offset += event.piece.len;
    t->asked = false;
    bool whole = t->row.offset == t->row.size;
    if (whole || t->row.offset - t->saved >= TRANSFER_SAVE_EVERY)
        transfer_save(s, t);
    transfer_show(s, t);
    if (whole)
        transfer_ask(s, t);
}

static void hear_chunk(struct session *s, struct peer *peer, const struct payload *p)
{
    struct transfer *t = transfer_find_id(s, peer, false, &p->id);
    if (!t)
        answer_cancel(s, peer, &p->id);
    if (!t || p->offset > t->row.size || p->bytes_len > t->row.size - p->offset)
        return;
    bool fits = t->ready && p->offset <= t->row.offset;
    if (fits && p->bytes_len > t->row.offset - p->offset) {
        write_piece(s, t, p);
        return;
    }
    if (t->asked || (fits && p->bytes_len > 0))
        return;
    if (t->ready)
        transfer_ask(s, t);
    else
        transfer_say_cancel(s, t, PAYLOAD_LATER);
    t->asked = true;
}

void transfer_hear(struct session *s, struct peer *peer, const struct payload *p, uint64_t id)
{
    switch (p->kind) {
    case PAYLOAD_FILE: hear_offer(s, peer, p, id); break;
    case PAYLOAD_ACCEPT: hear_accept(s, peer, p); break;
    case PAYLOAD_CANCEL: hear_cancel(s, peer, p); break;
    case PAYLOAD_CHUNK: hear_chunk(s, peer, p); break;
    default: break;
    }
}
