#include "watch.h"

#include "check.h"
#include "client_rows.h"
#include "header.h"

#include <assert.h>

/*
 * Whether a message may be missing between two that are there, or not open: a disk is lost or put
 * back, a seat given up, a queue so full that a message is refused and a later one taken, or
 * something sealed by somebody who was not seen yet.
 */
static bool can_lack(const struct world *w)
{
    const struct faults *f = &w->faults;
    return !w->durable || w->narrow || w->sealed || f->quit || f->old_store || f->lost_store ||
           f->old_client || f->forget;
}

static void see_message(struct world *w, int client, const struct header *h)
{
    struct written *since = &w->clients[client].since_joined;
    struct place *place = check_place_at(w, client, h->stream, h->n);
    if (since->stream != h->stream || h->n != since->n + 1)
        *since = (struct written){.stream = h->stream, .first = h->n};
    since->n = h->n;
    if (place->written)
        since->before = h->n;
    place->written = true;
}

void watch_frame(struct world *w, struct link *link, bool up, const struct frame *frame)
{
    struct header_decoder decoder;
    struct header h;
    header_decoder_init(&decoder);
    int rc = header_decode(&decoder, up ? HEADER_FROM_CLIENT : HEADER_FROM_RELAY, frame, &h);
    assert(rc == 0);
    if (h.type == HEADER_WELCOME) {
        link->welcomed = true;
        watch_connected(w);
    } else if (up && h.type == HEADER_MESSAGE) {
        see_message(w, link->client, &h);
    } else if (up && h.resend && !can_lack(w)) {
        world_fail(w, "client %d asks for what it lacks", link->client);
    }
    header_decoder_clear(&decoder);
}

void watch_connected(struct world *w)
{
    for (int i = 0; i < CLIENTS; i++)
        w->clients[i].since_joined = (struct written){0};
}

/* Whether somebody may have joined whom the relay has not welcomed yet. */
static bool is_joining(const struct world *w)
{
    for (size_t i = 0; i < w->links_count; i++)
        if (w->links[i].relay_end && !w->links[i].welcomed)
            return true;
    return false;
}

static bool has(const struct world *w, int client, uint64_t stream, uint64_t n)
{
    const struct simdisk *d = &w->clients[client].disk;
    for (struct simdisk_row *row = NULL; (row = simdisk_next(d, CLIENT_STREAM, row));)
        if (!row->key[1] && row->key[2] == stream && row->value[1] >= n)
            return true;
    return false;
}

void watch_taken(struct world *w, uint64_t stream, uint64_t n)
{
    const struct faults *f = &w->faults;
    if (w->hostile || f->old_store || f->lost_store || f->old_client || f->forget || is_joining(w))
        return;
    for (int i = 0; i < CLIENTS; i++) {
        const struct written *since = &w->clients[i].since_joined;
        if (since->stream == stream && n > since->before && n <= since->n && since->first < n &&
            !has(w, 1 - i, stream, n - 1) &&
            !host_relay_holds(w, i, check_number_at(w, i, stream, n - 1)))
            world_fail(w, "the relay takes %ju and not the one before it", (uintmax_t)n);
    }
}
