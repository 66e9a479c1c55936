#include "uplink.h"

#include "inbox.h"
#include "machine.h"
#include "sender.h"

#include <assert.h>
#include <string.h>

enum {
    LOST_MS = SESSION_PING_MS * 5 / 2,
};

#define BIT(state) (1u << (state))

/* The states that may follow each state. */
static const unsigned changes[] = {
    [SESSION_OFFLINE] = BIT(SESSION_CONNECTING) | BIT(SESSION_STOPPED),
    [SESSION_CONNECTING] = BIT(SESSION_JOINING) | BIT(SESSION_OFFLINE) | BIT(SESSION_STOPPED),
    [SESSION_JOINING] = BIT(SESSION_ONLINE) | BIT(SESSION_OFFLINE) | BIT(SESSION_STOPPED),
    [SESSION_ONLINE] = BIT(SESSION_OFFLINE) | BIT(SESSION_LEAVING) | BIT(SESSION_STOPPED),
    [SESSION_LEAVING] = BIT(SESSION_STOPPED),
    [SESSION_STOPPED] = BIT(SESSION_CONNECTING),
};

/* What a client does after an error that ended its connection. */
enum after {
    STOP,
    COME_BACK,
    COME_BACK_FOR_A_WHILE, /* where it may be our own old connection */
};

static const enum after after_error[CODES] = {
    [CODE_TIMEOUT] = COME_BACK,     [CODE_WINDOW] = COME_BACK,
    [CODE_SERVER_FULL] = COME_BACK, [CODE_SHUTTING_DOWN] = COME_BACK,
    [CODE_INTERNAL] = COME_BACK,    [CODE_NICK_TAKEN] = COME_BACK_FOR_A_WHILE,
};

void uplink_init(struct uplink *u)
{
    *u = (struct uplink){.taken_ms = UINT64_MAX, .round_trip_ms = UINT64_MAX};
}

static void set_state(struct session *s, enum session_state state, enum header_code code,
                      const char *why)
{
    struct uplink *u = &s->uplink;
    assert(changes[u->state] & BIT(state));
    u->state = state;
    const struct session_event event = {
        .type = SESSION_STATUS,
        .status = {.state = state, .code = code, .why = why, .retry_ms = u->retry_ms},
    };
    machine_emit(s, &event);
}

static void try_to_connect(struct session *s)
{
    s->uplink.began_ms = s->now_ms;
    set_state(s, SESSION_CONNECTING, CODE_UNKNOWN, NULL);
    const struct session_event event = {.type = SESSION_CONNECT};
    if (s->open || s->keys)
        machine_emit(s, &event);
    else
        machine_hold(s, &event); /* until there is something to tell the relay of our keys */
}

void uplink_start(struct session *s)
{
    try_to_connect(s);
}

void uplink_retry(struct session *s)
{
    struct uplink *u = &s->uplink;
    if (u->state == SESSION_OFFLINE || (u->state == SESSION_STOPPED && !u->quitting))
        try_to_connect(s);
}

bool uplink_is_up(const struct session *s)
{
    enum session_state state = s->uplink.state;
    return state == SESSION_JOINING || state == SESSION_ONLINE || state == SESSION_LEAVING;
}

bool uplink_is_joined(const struct session *s)
{
    const struct uplink *u = &s->uplink;
    return u->state == SESSION_ONLINE || (u->state == SESSION_LEAVING && !u->bye_put);
}

void uplink_connected(struct session *s)
{
    struct uplink *u = &s->uplink;
    if (u->state != SESSION_CONNECTING)
        return;
    u->heard_ms = s->now_ms;
    u->pinging = false;
    u->round_trip_ms = UINT64_MAX;
    set_state(s, SESSION_JOINING, CODE_UNKNOWN, NULL);
    const struct header hello = {
        .type = HEADER_HELLO,
        .version = PROTOCOL_VERSION,
        .nick = {s->nick.text, strlen(s->nick.text)},
        .room = {s->room.text, strlen(s->room.text)},
        .agent = {s->agent, strlen(s->agent)},
        .keys = {s->keys, s->keys ? strlen(s->keys) : 0},
    };
    machine_put(s, &hello, NULL);
}

static void ping(struct session *s)
{
    struct uplink *u = &s->uplink;
    u->pinging = true;
    u->ping_ms = s->now_ms;
    const struct header h = {.type = HEADER_PING, .has_id = true, .id = ++u->ping_id};
    machine_put(s, &h, NULL);
}

void uplink_welcomed(struct session *s)
{
    struct uplink *u = &s->uplink;
    u->welcomed = true;
    u->welcomed_ms = s->now_ms;
    u->taken_ms = UINT64_MAX;
    set_state(s, SESSION_ONLINE, CODE_UNKNOWN, NULL);
    ping(s);
}

void uplink_heard(struct session *s)
{
    s->uplink.heard_ms = s->now_ms;
}

void uplink_pong(struct session *s, uint64_t id)
{
    struct uplink *u = &s->uplink;
    if (!u->pinging || id != u->ping_id)
        return;
    u->pinging = false;
    u->round_trip_ms = s->now_ms - u->ping_ms;
}

/* Forgets everything that belongs to one connection. */
static void drop_connection(struct session *s)
{
    frame_reader_clear(&s->reader);
    buffer_clear(&s->output);
    s->seated = false;
    s->held = NULL;
    sender_reset(s);
    inbox_reset(s);
}

/* Waits at random below a limit that doubles with each attempt: many clients do not come at once.
 */
static void go_offline(struct session *s, enum header_code code, const char *why)
{
    struct uplink *u = &s->uplink;
    uint64_t limit = SESSION_BACKOFF_MIN_MS;
    for (unsigned i = 0; i < u->attempts && limit < SESSION_BACKOFF_MAX_MS; i++)
        limit *= 2;
    if (limit > SESSION_BACKOFF_MAX_MS)
        limit = SESSION_BACKOFF_MAX_MS;
    u->attempts++;
    u->retry_ms = s->now_ms + machine_draw_up_to(s, limit);
    set_state(s, SESSION_OFFLINE, code, why);
}

static void end(struct session *s, enum after after, enum header_code code, const char *why)
{
    struct uplink *u = &s->uplink;
    if (u->state == SESSION_ONLINE && s->now_ms - u->welcomed_ms >= SESSION_BACKOFF_MAX_MS)
        u->attempts = 0;
    drop_connection(s);
    if (after == STOP || u->quitting)
        set_state(s, SESSION_STOPPED, code, why);
    else
        go_offline(s, code, why);
}

static void disconnect(struct session *s)
{
    machine_emit(s, &(struct session_event){.type = SESSION_DISCONNECT});
}

void uplink_lost(struct session *s, const char *why)
{
    struct uplink *u = &s->uplink;
    if (u->state != SESSION_CONNECTING && !uplink_is_up(s))
        return;
    if (u->state == SESSION_ONLINE)
        u->attempts = 0; /* networks come and go */
    /* A bye is answered so. */
    end(s, COME_BACK, CODE_UNKNOWN, u->bye_put ? NULL : why);
}

void uplink_stop(struct session *s, const char *why)
{
    if (s->uplink.state == SESSION_CONNECTING || uplink_is_up(s))
        end(s, STOP, CODE_UNKNOWN, why);
}

void uplink_broken(struct session *s, const char *why)
{
    disconnect(s);
    end(s, COME_BACK, CODE_UNKNOWN, why);
}

/*
 * A nick that is taken may be held by a connection of our own that the relay does not know to be
 * dead. Not where we have an identity: that would have taken it over.
 */
static enum after after_taken(struct session *s)
{
    struct uplink *u = &s->uplink;
    if (s->keys || (!u->welcomed && !s->returning))
        return STOP;
    if (u->taken_ms == UINT64_MAX)
        u->taken_ms = s->now_ms;
    return s->now_ms - u->taken_ms < SESSION_TAKEN_MS ? COME_BACK : STOP;
}

void uplink_refused(struct session *s, enum header_code code, const char *text)
{
    enum after after = after_error[code];
    if (after == COME_BACK_FOR_A_WHILE)
        after = after_taken(s);
    disconnect(s);
    /* Who is leaving anyway was not refused: the connection was lost a moment too early. */
    bool lost = after != STOP && s->uplink.quitting;
    end(s, after, lost ? CODE_UNKNOWN : code, text);
}

void uplink_quit(struct session *s, bool leave)
{
    struct uplink *u = &s->uplink;
    if (u->quitting)
        return;
    u->quitting = true;
    u->leave = leave;
    u->began_ms = s->now_ms;
    if (u->state == SESSION_ONLINE) {
        set_state(s, SESSION_LEAVING, CODE_UNKNOWN, NULL);
    } else if (u->state != SESSION_STOPPED) {
        if (u->state != SESSION_OFFLINE)
            disconnect(s);
        end(s, STOP, CODE_UNKNOWN, NULL);
    }
}

void uplink_say_bye(struct session *s)
{
    struct uplink *u = &s->uplink;
    if (u->state != SESSION_LEAVING || u->bye_put)
        return;
    u->bye_put = true;
    const struct header bye = {.type = HEADER_BYE, .leave = u->leave};
    machine_put(s, &bye, NULL);
}

/* Whether the relay was asked for a sign of life since the last one. */
static bool has_asked(const struct uplink *u)
{
    return u->pinging && u->ping_ms >= u->heard_ms;
}

uint64_t uplink_deadline(const struct session *s)
{
    const struct uplink *u = &s->uplink;
    switch (u->state) {
    case SESSION_OFFLINE: return u->retry_ms;
    case SESSION_CONNECTING:
    case SESSION_JOINING: return u->began_ms + SESSION_JOIN_MS;
    case SESSION_ONLINE: return u->heard_ms + (has_asked(u) ? LOST_MS : SESSION_PING_MS);
    case SESSION_LEAVING: return u->began_ms + SESSION_LEAVE_MS;
    case SESSION_STOPPED: break;
    }
    return UINT64_MAX;
}

void uplink_tick(struct session *s)
{
    struct uplink *u = &s->uplink;
    if (s->now_ms < uplink_deadline(s))
        return;
    switch (u->state) {
    case SESSION_OFFLINE: try_to_connect(s); break;
    case SESSION_CONNECTING:
    case SESSION_JOINING:
        disconnect(s);
        uplink_lost(s, "the relay does not answer");
        break;
    case SESSION_ONLINE:
        if (!has_asked(u)) {
            ping(s);
            break;
        }
        disconnect(s);
        uplink_lost(s, "nothing heard from the relay for too long");
        break;
    case SESSION_LEAVING:
        disconnect(s);
        uplink_lost(s, NULL);
        break;
    case SESSION_STOPPED: break;
    }
}
