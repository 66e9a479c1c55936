#include "transfer_internal.h"

#include "machine.h"
#include "outbox.h"

/* One `accept` at a time is on its way for a transfer: who comes and goes gets no flood of them. */
static bool has_asked(struct session *s, const struct transfer *t)
{
    return t->accept_n > 0 && t->accept_offset <= t->row.offset &&
           outbox_find(s, t->accept_stream, t->accept_n);
}

void transfer_ask(struct session *s, struct transfer *t)
{
    t->asked = true;
    t->again = false;
    if (t->row.offset == t->row.size) {
        machine_hold(s, &(struct session_event){.type = SESSION_FILE_CHECK, .id = t->row.message});
        return;
    }
    if (has_asked(s, t)) {
        t->again = true;
        return;
    }
    const struct payload p = {.kind = PAYLOAD_ACCEPT, .offset = t->row.offset};
    struct session_message_row row = {0};
    transfer_say(s, t, &p, &row);
    t->accept_stream = row.stream;
    t->accept_n = row.n;
    t->accept_offset = p.offset;
}

void transfer_peer_appeared(struct session *s, const struct peer *peer)
{
    for (size_t i = 0; i < s->transfers.count; i++) {
        struct transfer *t = s->transfers.items[i];
        if (t->row.peer == peer->id && t->ready && t->row.offset < t->row.size)
            transfer_ask(s, t);
    }
}

void transfer_receipted(struct session *s)
{
    for (size_t i = 0; i < s->transfers.count; i++) {
        struct transfer *t = s->transfers.items[i];
        if (t->again && t->ready && t->row.offset < t->row.size && !has_asked(s, t))
            transfer_ask(s, t);
    }
}

void transfer_chunk_arrived(struct session *s, const struct peer *peer, const struct payload *p)
{
    struct transfer *t = transfer_find_id(s, peer, true, &p->id);
    uint64_t offset = p->offset + p->bytes_len;
    if (!t || !t->going || offset > t->next || offset <= t->row.offset)
        return;
    t->row.offset = offset;
    transfer_show(s, t);
}

void transfer_readdress(struct session *s, uint64_t message, const struct peer *to)
{
    struct transfer *t = transfer_find(s, message);
    if (!t)
        return;
    t->row.peer = to->id;
    if (t->row.state == TRANSFER_OFFERED) {
        transfer_save(s, t);
        return;
    }
    t->row.offset = 0; /* who took it was somebody else */
    transfer_set_state(s, t, TRANSFER_OFFERED);
}

/* The next of ours to go to the peer, who is here. NULL: none. */
static const struct transfer *find_turn(const struct session *s)
{
    const struct transfer *first = NULL;
    for (size_t i = 0; i < s->transfers.count; i++) {
        const struct transfer *t = s->transfers.items[i];
        if (t->going && t->row.peer == s->peer->id && t->next < t->row.size &&
            (!first || t->turn < first->turn))
            first = t;
    }
    return first;
}

void transfer_pump(struct session *s)
{
    if (s->transfers.reading || !machine_sees_peer(s) || s->peer->chunks >= TRANSFER_CHUNKS)
        return;
    const struct transfer *t = find_turn(s);
    if (!t)
        return;
    uint64_t rest = t->row.size - t->next;
    s->transfers.reading = true;
    s->transfers.ask = (struct transfer_piece){
        .message = t->row.message,
        .offset = t->next,
        .len = rest < PAYLOAD_CHUNK_MAX ? rest : PAYLOAD_CHUNK_MAX,
    };
    const struct session_event event = {.type = SESSION_FILE_READ, .piece = s->transfers.ask};
    machine_emit(s, &event);
}
