#include "watch.h"

#include <assert.h>
#include <string.h>

enum {
    PIPE_MAX = 1 << 16, /* bytes on their way in one direction */
};

static size_t some(struct world *w, size_t len)
{
    if (w->healing || rng_one_in(&w->rng, 2))
        return len;
    return 1 + (size_t)rng_below(&w->rng, len);
}

void net_clear(struct link *link)
{
    buffer_clear(&link->up.bytes);
    buffer_clear(&link->down.bytes);
    frame_reader_clear(&link->up.seen);
    frame_reader_clear(&link->down.seen);
    frame_reader_clear(&link->evil_up);
    frame_reader_clear(&link->evil_down);
}

void net_connect(struct world *w, int client)
{
    struct host_client *c = &w->clients[client];
    c->wants_link = false;
    bool room = w->links_count < LINKS_MAX || w->healing;
    if (!w->relay || !room || world_fault(w, w->faults.refuse)) {
        world_say(w, "client %d: refused", client);
        session_lost(c->session, "refused", w->now_ms);
        return;
    }
    struct link *link = NULL; /* one that both ends have forgotten, or a new one */
    for (size_t i = 0; i < w->links_count && !link; i++)
        if (!w->links[i].client_end && !w->links[i].relay_end)
            link = &w->links[i];
    if (!link) {
        assert(w->links_count < LINKS_MAX);
        link = &w->links[w->links_count++];
    }
    net_clear(link);
    *link = (struct link){.client = client, .client_end = true, .relay_end = true};
    buffer_init(&link->up.bytes, PIPE_MAX);
    buffer_init(&link->down.bytes, PIPE_MAX);
    frame_reader_init(&link->up.seen);
    frame_reader_init(&link->down.seen);
    frame_reader_init(&link->evil_up);
    frame_reader_init(&link->evil_down);
    int rc = relay_open(w->relay, link, w->now_ms, &link->accepted);
    assert(rc == 0);
    c->link = link;
    watch_connected(w);
    world_say(w, "client %d: connected, link %d", client, (int)(link - w->links));
    rc = session_connected(c->session, w->now_ms);
    assert(rc == 0);
}

void net_close_client(struct world *w, struct link *link)
{
    if (!link || !link->client_end)
        return;
    link->client_end = false;
    link->up.broken = true;
    if (w->clients[link->client].link == link)
        w->clients[link->client].link = NULL;
}

void net_close_relay(struct world *w, struct link *link)
{
    if (!link->relay_end)
        return;
    link->relay_end = false;
    if (!link->down.ended)
        link->down.broken = true;
    if (w->relay)
        relay_close(w->relay, link->accepted, w->now_ms);
    link->accepted = NULL;
}

/* Looks at the frames in what is written. */
static void look_at(struct world *w, struct link *link, struct pipe *pipe, const uint8_t *bytes,
                    size_t len)
{
    bool up = pipe == &link->up;
    struct frame frame;
    frame_reader_feed(&pipe->seen, bytes, len);
    while (frame_reader_next(&pipe->seen, &frame) == 1) {
        world_say(w, "link %d %s client %d: %.*s", (int)(link - w->links), up ? "from" : "to",
                  link->client, (int)frame.header_len, frame.header);
        watch_frame(w, link, up, &frame);
    }
    int rc = frame_reader_keep(&pipe->seen);
    assert(rc == 0);
}

/* Takes what an end has to write into its pipe. Gives how much. */
static size_t fill(struct world *w, struct link *link, struct pipe *pipe, const uint8_t *bytes,
                   size_t len)
{
    size_t room = PIPE_MAX - pipe->bytes.len;
    if (len > room)
        len = room;
    if (len == 0)
        return 0;
    len = some(w, len);
    int rc = pipe->broken ? 0 : buffer_put(&pipe->bytes, bytes, len); /* else: into nothing */
    assert(rc == 0);
    look_at(w, link, pipe, bytes, len);
    if (w->hostile && pipe == &link->up)
        hostile_see(w, link, bytes, len);
    return len;
}

/* What comes from the relay reaches the client, or what a hostile relay makes of it. */
static void give(struct world *w, struct link *link, const uint8_t *bytes, size_t len)
{
    struct buffer out;
    buffer_init(&out, SIZE_MAX);
    if (w->hostile || w->garbled) {
        hostile_pass(w, link, bytes, len, &out);
        bytes = buffer_peek(&out, &len);
    }
    int rc = len ? session_input(w->clients[link->client].session, bytes, len, w->now_ms) : 0;
    assert(rc == 0);
    buffer_clear(&out);
}

static bool step_client(struct world *w, struct link *link)
{
    struct host_client *c = &w->clients[link->client];
    size_t len;
    const uint8_t *bytes = session_output(c->session, &len);
    size_t taken = len ? fill(w, link, &link->up, bytes, len) : 0;
    if (taken) {
        session_consume(c->session, taken, w->now_ms);
        return true;
    }
    bytes = buffer_peek(&link->down.bytes, &len);
    if (len && session_wants_input(c->session)) {
        uint8_t chunk[PIPE_MAX];
        len = some(w, len);
        memcpy(chunk, bytes, len);
        buffer_consume(&link->down.bytes, len);
        give(w, link, chunk, len);
        host_client_turn(w, link->client);
        return true;
    }
    if ((len == 0 && link->down.ended) || link->down.broken) {
        world_say(w, "client %d: connection lost", link->client);
        net_close_client(w, link);
        session_lost(c->session, "lost", w->now_ms);
        host_client_turn(w, link->client);
        return true;
    }
    return false;
}

static bool step_relay(struct world *w, struct link *link)
{
    size_t len;
    const uint8_t *bytes = relay_output(w->relay, link->accepted, &len);
    size_t taken = len ? fill(w, link, &link->down, bytes, len) : 0;
    if (taken) {
        relay_consume(w->relay, link->accepted, taken, w->now_ms);
        host_relay_turn(w);
        return true;
    }
    bytes = buffer_peek(&link->up.bytes, &len);
    if (link->up.broken && (len == 0 || rng_one_in(&w->rng, 2))) {
        world_say(w, "relay: link %d lost", (int)(link - w->links));
        net_close_relay(w, link);
        host_relay_turn(w);
        return true;
    }
    if (len && relay_wants_input(link->accepted)) {
        uint8_t chunk[PIPE_MAX];
        len = some(w, len);
        memcpy(chunk, bytes, len);
        buffer_consume(&link->up.bytes, len);
        int rc = relay_input(w->relay, link->accepted, chunk, len, w->now_ms);
        assert(rc == 0);
        host_relay_turn(w);
        return true;
    }
    return false;
}

bool net_step(struct world *w)
{
    size_t start = w->links_count ? (size_t)rng_below(&w->rng, w->links_count) : 0;
    for (size_t i = 0; i < w->links_count; i++) {
        struct link *link = &w->links[(start + i) % w->links_count];
        if (link->stuck)
            continue;
        bool relay_first = rng_one_in(&w->rng, 2);
        for (int end = 0; end < 2; end++) {
            if ((end == 0) == relay_first) {
                if (link->relay_end && w->relay && step_relay(w, link))
                    return true;
            } else if (link->client_end && w->clients[link->client].session &&
                       step_client(w, link)) {
                return true;
            }
        }
    }
    return false;
}
