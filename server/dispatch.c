#include "dispatch.h"

#include "conn.h"
#include "error.h"
#include "keys.h"
#include "log.h"
#include "report.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_MAX = 128 << 10,  /* read from one connection in a turn */
    WRITE_MAX = 256 << 10, /* written to one */
};

/* A connection and the relay's client on it. */
struct caller {
    struct conn *conn; /* NULL once it is closed */
    struct relay_client *client;
    struct caller *next, **at; /* among all; `*at` is this */
    struct caller *next_due;   /* among those to look at in this turn */
    bool due;
    bool heard;     /* something was read; */
    bool was_read;  /* in this turn */
    bool finishing; /* conn_finish has more to do */
    bool deaf;      /* it takes nothing any more, but may have said something before */
    bool left;      /* something was ready and was not taken: it is to be told again */
    short events;   /* what is waited for */
};

struct dispatch {
    struct relay *relay;
    struct store *store;
    struct ready *ready;
    struct tls *tls;
    struct caller *callers;
    size_t count;
    struct caller *due; /* between turns: those whose conn has bytes that poll does not know of */
    uint64_t now_ms;
    uint8_t bytes[READ_MAX];
};

int dispatch_new(struct dispatch **d, const struct dispatch_parts *parts)
{
    *d = calloc(1, sizeof **d);
    if (!*d)
        return ERROR_NOMEM;
    (*d)->relay = parts->relay;
    (*d)->store = parts->store;
    (*d)->ready = parts->ready;
    (*d)->tls = parts->tls;
    return 0;
}

static void make_due(struct dispatch *d, struct caller *c)
{
    if (c->due)
        return;
    c->due = true;
    c->next_due = d->due;
    d->due = c;
}

/* Closes a connection. The caller itself goes at the end of the turn: until then it may be named.
 */
static void drop(struct dispatch *d, struct caller *c)
{
    ready_remove(d->ready, conn_fd(c->conn));
    conn_free(c->conn);
    c->conn = NULL;
    relay_close(d->relay, c->client, d->now_ms);
    make_due(d, c);
}

/* Drops a connection that failed. */
static void lose(struct dispatch *d, struct caller *c, int error)
{
    report_lost(c->conn, error);
    if (error == ERROR_TLS) /* what is unread when it closes would destroy the alert on its way */
        (void)recv(conn_fd(c->conn), d->bytes, sizeof d->bytes, MSG_DONTWAIT);
    drop(d, c);
}

static int open_caller(struct dispatch *d, struct caller *c, int fd)
{
    int rc = d->tls ? conn_new_tls(&c->conn, fd, d->tls, true) : conn_new(&c->conn, fd);
    if (rc)
        return rc;
    c->events = conn_events(c->conn, true, false);
    rc = ready_add(d->ready, fd, c->events, c);
    if (rc == 0) {
        rc = relay_open(d->relay, c, d->now_ms, &c->client);
        if (rc)
            ready_remove(d->ready, fd);
    }
    if (rc)
        conn_free(c->conn);
    return rc;
}

void dispatch_accept(struct dispatch *d, int fd)
{
    struct caller *c = calloc(1, sizeof *c);
    int rc = ERROR_NOMEM;
    if (c)
        rc = open_caller(d, c, fd);
    else
        close(fd);
    if (rc) {
        log_warning("cannot take a connection: %s", error_text(rc));
        free(c);
        return;
    }
    c->at = &d->callers;
    c->next = d->callers;
    if (c->next)
        c->next->at = &c->next;
    d->callers = c;
    d->count++;
    make_due(d, c);
    report_connected(c->conn);
}

/* The first of it was read: in TLS its key is proven now. */
static void hear(struct dispatch *d, struct caller *c)
{
    const uint8_t *identity = conn_peer_identity(c->conn);
    char key[KEYS_TEXT_SIZE];
    c->heard = true;
    if (!identity) {
        report_useless(c->conn);
        return;
    }
    keys_text_format(identity, key);
    (void)relay_prove(d->relay, c->client, key); /* out of memory: as for relay_input */
}

static void read_caller(struct dispatch *d, struct caller *c)
{
    int got = conn_read(c->conn, d->bytes, sizeof d->bytes);
    c->was_read = true;
    if (got < 0 && (got != ERROR_CLOSED || c->deaf)) {
        lose(d, c, got);
        return;
    }
    if (got > 0 && !c->heard)
        hear(d, c);
    /* Where the relay was out of memory it asks itself to drop the connection. */
    if (got > 0)
        (void)relay_input(d->relay, c->client, d->bytes, (size_t)got, d->now_ms);
    else if (got == ERROR_CLOSED)
        relay_end(d->relay, c->client, d->now_ms);
}

void dispatch_ready(struct dispatch *d, void *owner, short revents)
{
    struct caller *c = owner;
    if (!c->conn)
        return; /* closed earlier in this turn */
    if (c->was_read) {
        c->left = true;
        return;
    }
    int rc = 0;
    bool reads = relay_wants_input(c->client);
    c->left = revents & ~(reads ? POLLIN | POLLOUT : POLLOUT);
    if (reads)
        read_caller(d, c);
    else if ((rc = conn_handshake(c->conn)) < 0)
        lose(d, c, rc);
    else if (revents & (POLLERR | POLLHUP))
        lose(d, c, ERROR_CLOSED);
    make_due(d, c);
}

/* Writes what it takes, within the budget. 0, or what conn_write gave. */
static int write_some(struct dispatch *d, struct caller *c)
{
    size_t budget = WRITE_MAX, len;
    const uint8_t *bytes;
    int rc = d->tls ? conn_write(c->conn, NULL, 0) : 0; /* what is left of a record */
    while (rc == 0 && budget > 0 && relay_wants_output(c->client) &&
           (bytes = relay_output(d->relay, c->client, &len))) {
        len = len < budget ? len : budget;
        int put = conn_write(c->conn, bytes, len);
        if (put < 0)
            return put;
        relay_consume(d->relay, c->client, (size_t)put, d->now_ms);
        if ((size_t)put < len)
            break;
        budget -= len;
        c->left |= budget == 0;
    }
    if (rc || !c->finishing)
        return rc;
    rc = conn_finish(c->conn);
    if (rc <= 0)
        return rc;
    c->finishing = false;
    relay_finished(d->relay, c->client, d->now_ms);
    return 0;
}

static void write_caller(struct dispatch *d, struct caller *c)
{
    if (d->tls && relay_is_ending(c->client) && !conn_peer_identity(c->conn)) {
        drop(d, c); /* no handshake, so nothing can be said to it */
        return;
    }
    int rc = c->deaf ? 0 : write_some(d, c);
    c->deaf |= rc < 0;
    /* What it said before it went away counts, and is read first. */
    if (c->deaf && !relay_wants_input(c->client))
        lose(d, c, rc ? rc : ERROR_CLOSED);
}

static void delete_messages(struct dispatch *d, const struct relay_event *e)
{
    uint64_t count, cost;
    store_delete_messages(d->store, e, &count, &cost);
    relay_deleted(d->relay, e->seat, count, cost);
}

static int carry_out(struct dispatch *d, const struct relay_event *e)
{
    struct caller *c = e->owner;
    switch (e->type) {
    case RELAY_WANT: make_due(d, c); break;
    case RELAY_FINISH:
        c->finishing = true;
        make_due(d, c);
        break;
    case RELAY_DROP: drop(d, c); break;
    case RELAY_SAVE_SEAT: store_put_seat(d->store, &e->seat_row); break;
    case RELAY_DELETE_SEAT: store_delete_seat(d->store, e->seat); break;
    case RELAY_SAVE_MESSAGE: store_put_message(d->store, &e->message_row); break;
    case RELAY_DELETE_MESSAGES: delete_messages(d, e); break;
    case RELAY_SAVE_RECEIPT: store_put_receipt(d->store, &e->receipt_row); break;
    case RELAY_DELETE_RECEIPTS: store_delete_receipts(d->store, e->seat); break;
    case RELAY_LOAD: return store_load(d->store, d->relay, e, d->now_ms);
    case RELAY_LOG: report_event(c ? c->conn : NULL, e); break;
    }
    return 0;
}

static int commit(struct dispatch *d)
{
    int rc = store_commit(d->store);
    if (rc == 0) {
        relay_committed(d->relay, d->now_ms);
        return 0;
    }
    if (rc != ERROR_FULL) {
        log_error("the queue on disk failed: %s", store_error(d->store));
        return rc;
    }
    log_error("the disk is full: messages for people who are away are not taken");
    relay_rolled_back(d->relay, d->now_ms);
    return 0;
}

/* Carries out everything that the relay asks for. */
static int settle(struct dispatch *d)
{
    int rc = 0;
    do {
        struct relay_event event;
        while (rc == 0 && relay_next(d->relay, &event))
            rc = carry_out(d, &event);
        if (rc || !d->store || !store_is_dirty(d->store))
            return rc;
        rc = commit(d);
    } while (rc == 0);
    return rc;
}

static void release(struct dispatch *d, struct caller *c)
{
    *c->at = c->next;
    if (c->next)
        c->next->at = c->at;
    d->count--;
    free(c);
}

/* Waits for what the connection needs now. */
static void await(struct dispatch *d, struct caller *c)
{
    bool reads = relay_wants_input(c->client);
    bool writes = !c->deaf && (relay_wants_output(c->client) || c->finishing);
    short events = conn_events(c->conn, reads, writes);
    if ((events != c->events || c->left) && ready_change(d->ready, conn_fd(c->conn), events, c)) {
        lose(d, c, ERROR_SYSTEM);
        return;
    }
    c->events = events;
    c->left = c->was_read = false;
    if (reads && conn_pending(c->conn))
        make_due(d, c);
}

void dispatch_begin(struct dispatch *d, uint64_t now_ms, uint64_t wall_ms)
{
    d->now_ms = now_ms;
    relay_set_wall(d->relay, now_ms, wall_ms);
    for (struct caller *c = d->due; c; c = c->next_due)
        if (c->conn && relay_wants_input(c->client) && conn_pending(c->conn))
            read_caller(d, c);
}

int dispatch_finish(struct dispatch *d)
{
    if (d->now_ms >= relay_deadline(d->relay))
        relay_tick(d->relay, d->now_ms);
    int rc = settle(d);
    for (struct caller *c = d->due; rc == 0 && c; c = c->next_due)
        if (c->conn)
            write_caller(d, c);
    if (rc == 0)
        rc = settle(d);
    struct caller *next, *c = d->due;
    d->due = NULL;
    for (; c; c = next) {
        next = c->next_due;
        c->due = false;
        if (c->conn)
            await(d, c);
        else
            release(d, c);
    }
    return rc;
}

uint64_t dispatch_deadline(const struct dispatch *d)
{
    return d->due ? 0 : relay_deadline(d->relay);
}

size_t dispatch_count(const struct dispatch *d)
{
    return d->count;
}

void dispatch_free(struct dispatch *d)
{
    if (!d)
        return;
    while (d->callers) {
        struct caller *c = d->callers;
        if (c->conn)
            ready_remove(d->ready, conn_fd(c->conn));
        conn_free(c->conn);
        release(d, c);
    }
    free(d);
}
