#include "history_said.h"

#include "buffer.h"
#include "payload.h"

int history_said_message(const char *what, const struct session_message_row *row)
{
    struct buffer scratch;
    struct payload p;
    buffer_init(&scratch, SIZE_MAX);
    if (payload_decode(row->payload, row->payload_len, &scratch, &p) != 0)
        p.text.len = 0;
    int rc = say("%s %ju %s %u %jx:%ju at %ju mark %d '%.*s'\n", what, (uintmax_t)row->id,
                 row->mine ? "to" : "from", row->peer, (uintmax_t)row->stream, (uintmax_t)row->n,
                 (uintmax_t)row->wall_ms, (int)row->mark, p.text.len < 40 ? (int)p.text.len : 40,
                 p.text.at);
    buffer_clear(&scratch);
    return rc;
}

int session_restore_prekey(struct session *s, const struct session_prekey_row *row)
{
    (void)s;
    return say("prekey %02x..%02x made %ju\n", row->secret[0], row->secret[KEYS_LEN - 1],
               (uintmax_t)row->made_ms);
}

int session_restore_peer(struct session *s, const struct session_peer_row *row)
{
    (void)s;
    if (!row->has_prekey)
        return say("peer %u %s %s\n", row->id, row->nick, row->identity);
    return say("peer %u %s %s prekey %02x..%02x made %ju\n", row->id, row->nick, row->identity,
               row->prekey[0], row->prekey[KEYS_LEN - 1], (uintmax_t)row->made_ms);
}

int transfer_restore(struct session *s, const struct transfer_row *row)
{
    (void)s;
    return say("file %ju %s %u state %d %s '%s' %.4s at '%s' %ju of %ju\n", (uintmax_t)row->message,
               row->mine ? "to" : "from", row->peer, (int)row->state, row->id, row->name,
               row->digest, row->path, (uintmax_t)row->offset, (uintmax_t)row->size);
}

int session_restore_stream(struct session *s, const struct session_stream_row *row)
{
    (void)s;
    return say("stream %u %s %jx order %ju last %ju receipted %ju\n", row->peer,
               row->mine ? "mine" : "theirs", (uintmax_t)row->stream, (uintmax_t)row->order,
               (uintmax_t)row->last, (uintmax_t)row->receipted);
}

int session_restore_message(struct session *s, const struct session_message_row *row)
{
    (void)s;
    return history_said_message("open", row);
}

void session_restore_counter(struct session *s, uint64_t next_id)
{
    (void)s;
    say("next %ju\n", (uintmax_t)next_id);
}

int session_loaded(struct session *s, const struct session_message_row *row)
{
    (void)s;
    return history_said_message("loaded", row);
}

int session_load_done(struct session *s, uint64_t now_ms)
{
    (void)s;
    return say("done at %ju\n", (uintmax_t)now_ms);
}
