/* Plays the relay's side of the calls for tests of the store: it says what it is given. */
#include "relay.h"
#include "said.h"

int relay_restore_seat(struct relay *r, const struct relay_seat_row *row)
{
    (void)r;
    return say("seat %ju %s %s %s %.*s %ju\n", (uintmax_t)row->id, row->room, row->nick,
               row->identity ? row->identity : "-", (int)row->keys.len,
               row->keys.at ? row->keys.at : "", (uintmax_t)row->gone_wall_ms);
}

int relay_restore_queue(struct relay *r, const struct relay_queue_row *row)
{
    (void)r;
    return say("queue %ju of %ju cost %ju\n", (uintmax_t)row->seat, (uintmax_t)row->count,
               (uintmax_t)row->cost);
}

int relay_restore_stream(struct relay *r, const struct relay_stream_row *row)
{
    (void)r;
    return say("stream %ju from %jx %jx %ju..%ju\n", (uintmax_t)row->seat, (uintmax_t)row->sender,
               (uintmax_t)row->stream, (uintmax_t)row->first, (uintmax_t)row->n);
}

int relay_restore_receipt(struct relay *r, const struct relay_receipt_row *row)
{
    (void)r;
    return say("receipt %ju %jx %.*s\n", (uintmax_t)row->seat, (uintmax_t)row->stream,
               (int)row->frame_len, (const char *)row->frame);
}

void relay_restore_counters(struct relay *r, uint64_t seat, uint64_t position)
{
    (void)r;
    say("next %ju %ju\n", (uintmax_t)seat, (uintmax_t)position);
}

/* All of a long frame in a few digits. */
static unsigned add_up(const uint8_t *bytes, size_t len)
{
    unsigned sum = 0;
    while (len-- > 0)
        sum = 31 * sum + *bytes++;
    return sum;
}

int relay_loaded(struct relay *r, const struct relay_message_row *row)
{
    (void)r;
    say("message %ju %jx %ju %.*s", (uintmax_t)row->position, (uintmax_t)row->stream,
        (uintmax_t)row->n, row->frame_len < 40 ? (int)row->frame_len : 40,
        (const char *)row->frame);
    if (row->frame_len > 40)
        say("… %zu, %u", row->frame_len, add_up(row->frame, row->frame_len));
    return say("\n");
}

void relay_load_done(struct relay *r, uint64_t seat, uint64_t now_ms)
{
    (void)r;
    say("done %ju at %ju\n", (uintmax_t)seat, (uintmax_t)now_ms);
}
