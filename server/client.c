#include "client.h"

#include "error.h"
#include "handle.h"
#include "log.h"
#include "note.h"
#include "output.h"
#include "seat.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const bool allowed[CLIENT_STATES][CLIENT_STATES] = {
    [CLIENT_NEW] = {[CLIENT_JOINED] = true, [CLIENT_FLUSHING] = true, [CLIENT_DROPPED] = true},
    [CLIENT_JOINED] = {[CLIENT_FLUSHING] = true, [CLIENT_DROPPED] = true},
    [CLIENT_FLUSHING] = {[CLIENT_FINISHING] = true, [CLIENT_DROPPED] = true},
    [CLIENT_FINISHING] = {[CLIENT_LINGERING] = true, [CLIENT_DROPPED] = true},
    [CLIENT_LINGERING] = {[CLIENT_DROPPED] = true},
};

static void set_state(struct relay *r, struct relay_client *c, enum client_state state)
{
    assert(allowed[c->state][state]);
    bool was_open = c->state <= CLIENT_JOINED;
    if (was_open && state > CLIENT_JOINED) {
        r->open_count--;
        r->closing_count++;
    }
    if (c->state == CLIENT_NEW && state != CLIENT_JOINED)
        r->counters.refusals++;
    c->state = state;
    client_touch(r, c);
}

void client_touch(struct relay *r, struct relay_client *c)
{
    if (link_is_alone(&c->in_ready))
        link_put(&r->ready, &c->in_ready);
}

void client_wait(struct relay *r, struct relay_client *c, enum client_list list)
{
    link_take(&c->in_list);
    link_put(&r->lists[list], &c->in_list);
    if (list != LIST_PINGED)
        c->since_ms = r->now_ms;
}

bool client_is_open(const struct relay_client *c)
{
    return c->state <= CLIENT_JOINED && !c->broken;
}

void client_break(struct relay *r, struct relay_client *c)
{
    c->broken = true;
    client_touch(r, c);
}

void client_join(struct relay *r, struct relay_client *c, struct seat *s)
{
    c->seat = s;
    set_state(r, c, CLIENT_JOINED);
    client_wait(r, c, LIST_HEARD);
}

static void leave_seat(struct relay *r, struct relay_client *c)
{
    struct seat *s = c->seat;
    c->seat = NULL;
    if (s)
        seat_go(r, s);
}

void client_drop(struct relay *r, struct relay_client *c)
{
    if (c->state == CLIENT_DROPPED)
        return;
    set_state(r, c, CLIENT_DROPPED);
    client_wait(r, c, LIST_DROPPED);
    leave_seat(r, c);
    output_clear(r, c);
}

void client_fail(struct relay *r, struct relay_client *c, enum header_code code,
                 const struct header *about)
{
    const struct seat *s = c->seat;
    set_state(r, c, CLIENT_FLUSHING);
    client_wait(r, c, LIST_FLUSH);
    note_put(r, c, LOG_LEVEL_INFO, header_code_text(code), s);
    leave_seat(r, c);
    output_error(r, c, code, about);
}

void client_finish(struct relay *r, struct relay_client *c, bool leave)
{
    struct seat *s = c->seat;
    if (s)
        output_gather(r, c);
    set_state(r, c, CLIENT_FLUSHING);
    client_wait(r, c, LIST_FLUSH);
    if (s && leave) {
        c->seat = NULL;
        s->client = NULL;
        seat_free(r, s);
    } else {
        leave_seat(r, c);
    }
}

/* Handles the frames that are there, until its replies are too many. */
static void read_frames(struct relay *r, struct relay_client *c)
{
    int rc = 0;
    struct frame frame;
    c->held = false;
    while (client_is_open(c)) {
        c->held = c->replying > OUTPUT_REPLIES_MAX;
        if (c->held || (rc = frame_reader_next(&c->reader, &frame)) <= 0)
            break;
        handle_frame(r, c, &frame);
    }
    if (client_is_open(c)) {
        if (rc == ERROR_FRAME)
            client_fail(r, c, CODE_BAD_FRAME, NULL);
        else if (rc < 0 || frame_reader_keep(&c->reader))
            client_break(r, c);
        else if (c->ended && !c->held && frame_reader_pending(&c->reader) > 0)
            client_fail(r, c, CODE_BAD_FRAME, NULL);
        else if (c->ended && !c->held && c->saves_in == r->transaction + 1)
            client_wait(r, c, LIST_ENDING);
        else if (c->ended && !c->held)
            client_finish(r, c, false);
    }
    /* An idle connection holds no memory. */
    if (!client_is_open(c) || frame_reader_pending(&c->reader) == 0)
        frame_reader_clear(&c->reader);
    client_touch(r, c);
}

int relay_input(struct relay *r, struct relay_client *c, const uint8_t *bytes, size_t len,
                uint64_t now_ms)
{
    core_set_now(r, now_ms);
    if (!client_is_open(c))
        return 0;
    if (c->state == CLIENT_JOINED)
        client_wait(r, c, LIST_HEARD);
    frame_reader_feed(&c->reader, bytes, len);
    read_frames(r, c);
    return c->broken ? ERROR_NOMEM : 0;
}

void relay_end(struct relay *r, struct relay_client *c, uint64_t now_ms)
{
    core_set_now(r, now_ms);
    c->ended = true;
    if (client_is_open(c) && !c->held)
        read_frames(r, c);
    else if (c->state == CLIENT_LINGERING)
        client_drop(r, c);
    client_touch(r, c);
}

void relay_finished(struct relay *r, struct relay_client *c, uint64_t now_ms)
{
    core_set_now(r, now_ms);
    set_state(r, c, CLIENT_LINGERING);
    client_wait(r, c, LIST_LINGER);
    if (c->ended)
        client_drop(r, c);
}

int relay_prove(struct relay *r, struct relay_client *c, const char *identity)
{
    char *copy = strdup(identity);
    if (!copy) {
        client_break(r, c);
        return ERROR_NOMEM;
    }
    free(c->identity);
    c->identity = copy;
    return 0;
}

int relay_open(struct relay *r, void *owner, uint64_t now_ms, struct relay_client **out)
{
    core_set_now(r, now_ms);
    struct relay_client *c = malloc(sizeof *c);
    *out = c;
    if (!c)
        return ERROR_NOMEM;
    *c = (struct relay_client){.owner = owner, .told_input = true};
    link_init(&c->in_list);
    link_init(&c->in_ready);
    link_init(&c->urgent);
    link_init(&c->receipts);
    link_init(&c->ordered);
    frame_reader_init(&c->reader);
    c->number = r->counters.connections++;
    r->counters.clients++;
    r->open_count++;
    client_wait(r, c, LIST_HELLO);
    if (r->stopping)
        client_fail(r, c, CODE_SHUTTING_DOWN, NULL);
    else if (r->open_count > r->options.clients_max)
        client_fail(r, LINK_OF(r->lists[LIST_HELLO].next, struct relay_client, in_list),
                    CODE_SERVER_FULL, NULL);
    if (r->closing_count > RELAY_CLOSING_MAX) {
        struct link *oldest = r->lists[LIST_LINGER].next;
        if (oldest == &r->lists[LIST_LINGER])
            oldest = r->lists[LIST_FLUSH].next;
        if (oldest != &r->lists[LIST_FLUSH])
            client_drop(r, LINK_OF(oldest, struct relay_client, in_list));
    }
    return 0;
}

void relay_close(struct relay *r, struct relay_client *c, uint64_t now_ms)
{
    core_set_now(r, now_ms);
    while (c->held && client_is_open(c)) {
        output_clear(r, c); /* the whole frames before the end count, their replies do not */
        read_frames(r, c);
    }
    client_drop(r, c);
    link_take(&c->in_list);
    link_take(&c->in_ready);
    note_forget(r, c);
    frame_reader_clear(&c->reader);
    free(c->identity);
    free(c);
    r->closing_count--;
    r->counters.clients--;
}

static bool wants_input(const struct relay_client *c)
{
    if (c->state > CLIENT_JOINED)
        return c->state != CLIENT_DROPPED && !c->ended;
    return !c->ended && !c->held && c->replying <= OUTPUT_REPLIES_MAX;
}

static bool wants_output(const struct relay_client *c)
{
    return c->state <= CLIENT_FLUSHING && output_waits(c);
}

/* What the edge knows is true, unless there is something to tell. */
bool relay_wants_input(const struct relay_client *c)
{
    return link_is_alone(&c->in_ready) ? c->told_input : wants_input(c);
}

bool relay_wants_output(const struct relay_client *c)
{
    return link_is_alone(&c->in_ready) ? c->told_output : wants_output(c);
}

bool relay_is_ending(const struct relay_client *c)
{
    return c->state > CLIENT_JOINED;
}

void client_written(struct relay *r, struct relay_client *c)
{
    c->told_input = wants_input(c);
    c->told_output = wants_output(c);
    if ((c->state == CLIENT_FLUSHING && !c->told_output) || (c->held && c->replying == 0))
        client_touch(r, c);
}

int client_next(struct relay *r, struct relay_client *c, struct relay_event *event)
{
    if (c->broken)
        client_drop(r, c);
    if (c->held && c->replying <= OUTPUT_REPLIES_MAX && client_is_open(c))
        read_frames(r, c);
    if (c->state == CLIENT_FLUSHING && !output_waits(c)) {
        set_state(r, c, CLIENT_FINISHING);
        *event = (struct relay_event){.type = RELAY_FINISH, .owner = c->owner};
        return 1;
    }
    if (c->state == CLIENT_DROPPED && !c->drop_told) {
        c->drop_told = true;
        *event = (struct relay_event){.type = RELAY_DROP, .owner = c->owner};
        return 1;
    }
    bool input = wants_input(c), output = wants_output(c);
    if (input == c->told_input && output == c->told_output)
        return 0;
    c->told_input = input;
    c->told_output = output;
    *event = (struct relay_event){.type = RELAY_WANT, .owner = c->owner};
    return 1;
}

static void time_out(struct relay *r, struct relay_client *c)
{
    client_fail(r, c, CODE_TIMEOUT, NULL);
}

static void expire_heard(struct relay *r, struct relay_client *c)
{
    const struct header ping = {.type = HEADER_PING};
    client_wait(r, c, LIST_PINGED);
    output_send(r, c, &ping, NULL, 0);
}

static void (*const expiries[LISTS])(struct relay *r, struct relay_client *c) = {
    [LIST_HELLO] = time_out,  [LIST_HEARD] = expire_heard, [LIST_PINGED] = time_out,
    [LIST_ENDING] = time_out, [LIST_FLUSH] = client_drop,  [LIST_LINGER] = client_drop,
};

void client_finish_all(struct relay *r)
{
    struct link *l;
    while ((l = r->lists[LIST_ENDING].next) != &r->lists[LIST_ENDING])
        client_finish(r, LINK_OF(l, struct relay_client, in_list), false);
}

uint64_t client_since_ms(const struct link *in_list)
{
    const char *at = (const char *)in_list - offsetof(struct relay_client, in_list);
    return ((const struct relay_client *)(const void *)at)->since_ms;
}

void client_expire(struct relay *r, enum client_list list)
{
    struct link *l;
    while ((l = r->lists[list].next) != &r->lists[list]) {
        if (client_since_ms(l) + r->waits_ms[list] > r->now_ms)
            return;
        expiries[list](r, LINK_OF(l, struct relay_client, in_list));
    }
}
