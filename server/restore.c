#include "error.h"
#include "output.h"
#include "receipt.h"
#include "seat.h"

#include <stdlib.h>
#include <string.h>

/* When its holder went, on the clock of r->now_ms; the wall clock may have jumped since. */
static int64_t gone_ms(const struct relay *r, uint64_t gone_wall_ms)
{
    uint64_t wall_ms = core_wall_ms(r);
    if (gone_wall_ms == 0 || gone_wall_ms > wall_ms)
        return (int64_t)r->now_ms;
    return (int64_t)r->now_ms - (int64_t)(wall_ms - gone_wall_ms);
}

int relay_restore_seat(struct relay *r, const struct relay_seat_row *row)
{
    struct name nick = {0}, room = {0};
    char *keys = NULL;
    struct seat *s = NULL;
    int rc = name_init_nick(&nick, row->nick, strlen(row->nick));
    if (rc == 0)
        rc = name_init_room(&room, row->room, strlen(row->room));
    if (rc == 0 && row->keys.at && !(keys = strndup(row->keys.at, row->keys.len)))
        rc = ERROR_NOMEM;
    const struct room *where = rc == 0 ? seat_find_room(r, &room) : NULL;
    if (where && (seat_find(where, &nick) || (where->seats[0] && where->seats[1])))
        rc =
            seat_delete_row(r, row->id); /* freed long ago, by a transaction that was rolled back */
    else if (rc == 0 && !(s = seat_new(r, &room, &nick, row->identity, row->id)))
        rc = ERROR_NOMEM;
    if (s) {
        s->keys = keys;
        keys = NULL;
        s->saved = true;
        s->since_wall_ms = row->gone_wall_ms ? row->gone_wall_ms : core_wall_ms(r);
        s->gone.key = gone_ms(r, row->gone_wall_ms);
        seat_update(r, s);
    }
    free(keys);
    name_clear(&nick);
    name_clear(&room);
    return rc == ERROR_NAME ? ERROR_STATE : rc;
}

int relay_restore_queue(struct relay *r, const struct relay_queue_row *row)
{
    struct seat *s = seat_find_id(r, row->seat);
    if (!s)
        return 0; /* its seat is being deleted */
    s->disk_count = row->count;
    s->disk_cost = row->cost;
    r->counters.queued_bytes += row->cost;
    seat_update(r, s);
    return 0;
}

int relay_restore_stream(struct relay *r, const struct relay_stream_row *row)
{
    struct seat *to = seat_find_id(r, row->seat);
    if (!to)
        return 0;
    struct stream *s = stream_get(r, to, row->sender, row->stream);
    if (!s)
        return ERROR_NOMEM;
    stream_set_newest(s, row->n);
    stream_stored(s, row->n);
    s->stored_first = row->first;
    if (to->peer)
        seat_update(r, to->peer);
    return 0;
}

int relay_restore_receipt(struct relay *r, const struct relay_receipt_row *row)
{
    struct seat *to = seat_find_id(r, row->seat);
    if (!to)
        return 0;
    struct control *k = output_copy(r, HEADER_RECEIPT, row->frame, row->frame_len);
    if (!k)
        return ERROR_NOMEM;
    k->stream = row->stream;
    k->position = row->position;
    receipt_keep(r, to, k);
    seat_update(r, to);
    return 0;
}

void relay_restore_counters(struct relay *r, uint64_t seat, uint64_t position)
{
    if (seat > r->next_seat)
        r->next_seat = seat;
    if (position > r->next_position)
        r->next_position = position;
}
