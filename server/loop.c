#include "loop.h"

#include "allow.h"
#include "error.h"
#include "log.h"
#include "signals.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
    ACCEPT_MAX = 64, /* connections taken from one listener in a turn */
    PAUSE_MS = 500,  /* accepting nothing while there are no descriptors */
    STOP_MS = RELAY_FLUSH_MS + RELAY_LINGER_MS + 1000,
};

/* What the loop knows beside what it was given. */
struct turn {
    uint64_t now_ms;
    uint64_t resume_ms; /* until then nothing is accepted; 0: it is */
    uint64_t end_ms;    /* when to stop waiting for the end; UINT64_MAX while running */
};

static uint64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t loop_now_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

uint64_t loop_wall_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

static int timeout_ms(const struct loop *l, const struct turn *t)
{
    uint64_t due = dispatch_deadline(l->dispatch);
    if (t->resume_ms && t->resume_ms < due)
        due = t->resume_ms;
    if (t->end_ms < due)
        due = t->end_ms;
    if (due == UINT64_MAX)
        return -1;
    if (due <= t->now_ms)
        return 0;
    return due - t->now_ms < INT_MAX ? (int)(due - t->now_ms) : INT_MAX;
}

static void watch_listeners(struct loop *l, short events)
{
    for (size_t i = 0; i < l->listeners->count; i++)
        (void)ready_change(l->ready, l->listeners->fds[i], events, &l->listeners->fds[i]);
}

/* Accepts what waits at one listener. */
static void accept_from(struct loop *l, struct turn *t, int *listener)
{
    for (int i = 0; i < ACCEPT_MAX; i++) {
        int fd = accept4(*listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            dispatch_accept(l->dispatch, fd);
        } else if (errno == EAGAIN) {
            return;
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            log_warning("cannot accept connections now: %s", strerror(errno));
            t->resume_ms = t->now_ms + PAUSE_MS;
            watch_listeners(l, 0);
            return;
        } /* whatever else is about the connection that was to be taken: it is gone */
    }
    (void)ready_change(l->ready, *listener, POLLIN, listener);
}

static void answer_lan(struct loop *l, const struct turn *t, int *fd)
{
    if (lan_turn(l->lan, fd, t->now_ms))
        (void)ready_change(l->ready, *fd, POLLIN, fd);
}

static void log_counters(const struct relay *relay)
{
    struct relay_counters c;
    relay_get_counters(relay, &c);
    log_flush(); /* who asks is answered, with the same once more too */
    log_info("connections %" PRIu64 ", joins %" PRIu64 ", refusals %" PRIu64 ", messages %" PRIu64
             ", bytes %" PRIu64 ", receipts %" PRIu64 ", signals %" PRIu64 ", stored %" PRIu64
             ", repeats %" PRIu64 ", over quota %" PRIu64 "; now: clients %" PRIu64
             ", seats %" PRIu64 ", bytes held %" PRIu64 ", bytes queued %" PRIu64,
             c.connections, c.joins, c.refusals, c.messages, c.bytes, c.receipts, c.signals,
             c.stored, c.repeats, c.quota, c.clients, c.seats, c.held_bytes, c.queued_bytes);
}

static void stop(struct loop *l, struct turn *t)
{
    if (t->end_ms != UINT64_MAX) {
        t->end_ms = t->now_ms;
        return;
    }
    log_info("stopping");
    t->end_ms = t->now_ms + STOP_MS;
    for (size_t i = 0; i < l->listeners->count; i++)
        ready_remove(l->ready, l->listeners->fds[i]);
    listen_clear(l->listeners);
    for (size_t i = 0; i < LAN_FDS; i++)
        if (l->lan->fds[i] >= 0)
            ready_remove(l->ready, l->lan->fds[i]);
    lan_close(l->lan);
    relay_stop(l->relay, t->now_ms);
}

static void read_allow(struct loop *l)
{
    char why[ALLOW_ERROR_MAX];
    if (allow_load(l->allow, l->relay, why))
        log_error("%s; the old list stays", why);
    else
        log_info("the list of identities was read again");
}

static void take_signals(struct loop *l, struct turn *t)
{
    int signal;
    while ((signal = signals_next())) {
        if (signal == SIGUSR1)
            log_counters(l->relay);
        else if (signal == SIGHUP && l->allow)
            read_allow(l);
        else
            stop(l, t);
    }
}

/* Whether what is ready is one of these descriptors. */
static bool is_one_of(const int *fds, size_t count, const void *owner)
{
    for (size_t i = 0; i < count; i++)
        if (owner == &fds[i])
            return true;
    return false;
}

/* Serves everything that is ready. */
static void serve(struct loop *l, struct turn *t)
{
    void *owner;
    short revents;
    bool signalled = false;
    while (ready_next(l->ready, &owner, &revents)) {
        if (owner == &l->signals)
            signalled = true;
        else if (is_one_of(l->lan->fds, LAN_FDS, owner))
            answer_lan(l, t, owner);
        else if (!is_one_of(l->listeners->fds, l->listeners->count, owner))
            dispatch_ready(l->dispatch, owner, revents);
        else if (!t->resume_ms)
            accept_from(l, t, owner);
    }
    if (signalled)
        take_signals(l, t);
}

static int run_turn(struct loop *l, struct turn *t)
{
    int rc = ready_poll(l->ready, timeout_ms(l, t));
    if (rc) {
        log_error("poll: %s", strerror(errno));
        return rc;
    }
    t->now_ms = loop_now_ms();
    if (t->resume_ms && t->now_ms >= t->resume_ms) {
        t->resume_ms = 0;
        watch_listeners(l, POLLIN);
    }
    dispatch_begin(l->dispatch, t->now_ms, loop_wall_ms());
    serve(l, t);
    rc = dispatch_finish(l->dispatch);
    if (rc)
        log_error("%s; stopping, so that nothing is lost", error_text(rc));
    return rc;
}

int loop_run(struct loop *l)
{
    struct turn t = {.now_ms = loop_now_ms(), .end_ms = UINT64_MAX};
    int rc = ready_add(l->ready, l->signals, POLLIN, &l->signals);
    for (size_t i = 0; rc == 0 && i < l->listeners->count; i++)
        rc = ready_add(l->ready, l->listeners->fds[i], POLLIN, &l->listeners->fds[i]);
    for (size_t i = 0; rc == 0 && i < LAN_FDS; i++)
        if (l->lan->fds[i] >= 0)
            rc = ready_add(l->ready, l->lan->fds[i], POLLIN, &l->lan->fds[i]);
    if (rc)
        log_error("cannot wait for connections: %s", error_text(rc));
    while (rc == 0 &&
           (t.end_ms == UINT64_MAX || (dispatch_count(l->dispatch) > 0 && t.now_ms < t.end_ms)))
        rc = run_turn(l, &t);
    return rc;
}
