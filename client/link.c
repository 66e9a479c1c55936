#include "link.h"

#include "conn.h"
#include "discovery.h"
#include "error.h"
#include "network.h"
#include "resolve.h"
#include "tls.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct link {
    struct address relay;
    bool is_lan;         /* that is only where nobody answers there */
    const uint8_t *seed; /* NULL: plaintext */
    struct tls *tls;     /* made for the first connection */
    char address[ADDRESS_TEXT_MAX], name[MDNS_NAME_SIZE + ADDRESS_TEXT_MAX];
    enum link_state state;
    struct discovery *discovery; /* LOOKING */
    bool is_found;               /* `found` is of the LAN, and good until it is not reached there */
    char key[KEYS_FINGERPRINT_SIZE]; /* which that announced */
    struct resolve *resolve; /* RESOLVING; NULL where `found` is known, or where that failed */
    struct address_socket found[RESOLVE_MAX];
    size_t count, next; /* addresses found, and the one to try next */
    int fd;             /* CONNECTING, else -1 */
    uint64_t try_until_ms;
    struct conn *conn; /* GREETING, OPEN */
    bool is_broken;    /* nothing can be written any more */
    char why[LINK_WHY_MAX];
};

/* What an errno means for the person; the relay's address follows. */
static const struct {
    int error;
    const char *phrase;
} phrases[] = {
    {ECONNREFUSED, "refused by"},           {ENOENT, "nothing listens at"},
    {ETIMEDOUT, "no answer from"},          {EHOSTUNREACH, "no way to"},
    {ENETUNREACH, "no network to"},         {EACCES, "not permitted to connect to"},
    {EPERM, "not permitted to connect to"}, {ECONNRESET, "connection reset by"},
    {EPIPE, "connection closed by"},
};

static_assert((int)FINDER_ADDRESSES_MAX <= (int)RESOLVE_MAX, "what was found does not fit");

static void explain(struct link *l, int error)
{
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
        if (phrases[i].error == error) {
            snprintf(l->why, sizeof l->why, "%s %s", phrases[i].phrase, l->name);
            return;
        }
    snprintf(l->why, sizeof l->why, "cannot reach %s: %s", l->name, strerror(error));
}

/* The same where not the relay, but something here is in the way. */
static void explain_own(struct link *l, int rc)
{
    if (rc == ERROR_SYSTEM)
        explain(l, errno);
    else
        snprintf(l->why, sizeof l->why, "%s", error_text(rc));
}

static void forget(struct link *l)
{
    l->is_found = false;
    snprintf(l->name, sizeof l->name, "%s", l->is_lan ? "the relay on the LAN" : l->address);
}

int link_new(struct link **out, const struct address *relay, const uint8_t *seed)
{
    *out = NULL;
    struct link *l = calloc(1, sizeof *l);
    if (!l)
        return ERROR_NOMEM;
    l->is_lan = !relay;
    l->relay = relay ? *relay : (struct address){.host = "localhost", .port = ADDRESS_PORT};
    l->seed = seed;
    address_format(&l->relay, l->address);
    forget(l);
    l->fd = -1;
    *out = l;
    return 0;
}

void link_free(struct link *l)
{
    if (!l)
        return;
    link_close(l);
    tls_free(l->tls);
    free(l);
}

const char *link_address(const struct link *l)
{
    return l->is_lan ? LINK_LAN : l->address;
}

const char *link_name(const struct link *l)
{
    return l->name;
}

bool link_is_lan(const struct link *l)
{
    return l->is_lan;
}

const char *link_announced(const struct link *l)
{
    return l->is_found ? l->key : NULL;
}

enum link_state link_get_state(const struct link *l)
{
    return l->state;
}

const char *link_why(const struct link *l)
{
    return l->why;
}

void link_close(struct link *l)
{
    if (l->state != LINK_OPEN && l->state != LINK_CLOSED)
        forget(l);
    discovery_free(l->discovery);
    l->discovery = NULL;
    resolve_free(l->resolve);
    l->resolve = NULL;
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
    conn_free(l->conn);
    l->conn = NULL;
    l->is_broken = false;
    l->state = LINK_CLOSED;
}

static void begin_resolving(struct link *l, uint64_t now_ms)
{
    memcpy(l->name, l->address, sizeof l->address);
    l->count = 0;
    l->try_until_ms = now_ms;
    int rc = resolve_new(&l->resolve, &l->relay);
    if (rc)
        explain_own(l, rc);
    l->state = LINK_RESOLVING;
}

void link_open(struct link *l, const struct finder_wish *wish, uint64_t now_ms)
{
    assert(l->state == LINK_CLOSED);
    l->why[0] = '\0';
    l->next = 0;
    l->try_until_ms = now_ms;
    if (l->is_found)
        l->state = LINK_RESOLVING;
    else if (l->is_lan && discovery_new(&l->discovery, wish, now_ms) == 0)
        l->state = LINK_LOOKING;
    else
        begin_resolving(l, now_ms);
}

struct pollfd link_poll(const struct link *l, bool want_read, bool want_write)
{
    switch (l->state) {
    case LINK_LOOKING: return (struct pollfd){discovery_fd(l->discovery), POLLIN, 0};
    case LINK_RESOLVING:
        return (struct pollfd){l->resolve ? resolve_fd(l->resolve) : -1, POLLIN, 0};
    case LINK_CONNECTING: return (struct pollfd){l->fd, POLLOUT, 0};
    case LINK_GREETING:
        return (struct pollfd){conn_fd(l->conn), conn_events(l->conn, false, false), 0};
    case LINK_OPEN:
        return (struct pollfd){
            conn_fd(l->conn),
            conn_events(l->conn, want_read || l->is_broken, want_write && !l->is_broken),
            0,
        };
    case LINK_CLOSED: break;
    }
    return (struct pollfd){-1, 0, 0};
}

uint64_t link_deadline(const struct link *l)
{
    if (l->state == LINK_LOOKING)
        return discovery_deadline(l->discovery);
    if (l->state == LINK_RESOLVING && !l->resolve)
        return l->try_until_ms; /* at once */
    if (l->state == LINK_CONNECTING && l->next < l->count)
        return l->try_until_ms;
    return UINT64_MAX;
}

/* Begins with the next address that can be begun with. */
static int try_next(struct link *l, uint64_t now_ms)
{
    while (l->next < l->count) {
        l->fd = address_connect(&l->found[l->next++]);
        if (l->fd >= 0) {
            l->state = LINK_CONNECTING;
            l->try_until_ms = now_ms + LINK_TRY_MS;
            return 0;
        }
        explain(l, errno);
    }
    link_close(l);
    return ERROR_CLOSED;
}

static int turn_resolving(struct link *l, uint64_t now_ms)
{
    int count = l->resolve ? resolve_get(l->resolve, l->found, l->why) : (int)l->count;
    if (l->resolve && count == 0)
        return 0;
    resolve_free(l->resolve);
    l->resolve = NULL;
    l->count = count > 0 ? (size_t)count : 0;
    return try_next(l, now_ms);
}

static void take_found(struct link *l)
{
    const struct finder_relay *relay = &discovery_finder(l->discovery)->relays[0];
    char address[ADDRESS_TEXT_MAX];
    for (l->count = 0; l->count < relay->count; l->count++)
        l->found[l->count] = discovery_socket(relay, l->count);
    address_socket_format(&l->found[0], address);
    snprintf(l->name, sizeof l->name, "%s (%s)", relay->name, address);
    memcpy(l->key, relay->key, sizeof l->key);
    l->is_found = true;
}

static int turn_looking(struct link *l, uint64_t now_ms)
{
    switch (discovery_turn(l->discovery, now_ms)) {
    case FINDER_LOOKING: return 0;
    case FINDER_SEVERAL: return ERROR_LIMIT;
    case FINDER_STRANGERS: return ERROR_KEY;
    case FINDER_FOUND:
        take_found(l);
        l->state = LINK_RESOLVING;
        break;
    case FINDER_NONE: begin_resolving(l, now_ms); break;
    }
    discovery_free(l->discovery);
    l->discovery = NULL;
    return 0;
}

const struct finder *link_finder(const struct link *l)
{
    return discovery_finder(l->discovery);
}

/* The socket is connected: what carries the bytes takes it. */
static int begin_greeting(struct link *l)
{
    int rc = l->seed && !l->tls ? tls_new(&l->tls, l->seed) : 0;
    if (rc == 0) {
        rc = l->seed ? conn_new_tls(&l->conn, l->fd, l->tls, false) : conn_new(&l->conn, l->fd);
        l->fd = -1;
    }
    if (rc)
        explain_own(l, rc);
    else
        l->state = LINK_GREETING;
    return rc;
}

static int turn_connecting(struct link *l, uint64_t now_ms)
{
    struct pollfd p = link_poll(l, false, false);
    if (poll(&p, 1, 0) == 1) {
        int error = address_connect_error(l->fd);
        if (error)
            explain(l, error);
        else if (begin_greeting(l) == 0)
            return 0;
    } else if (now_ms < link_deadline(l)) {
        return 0;
    } else {
        explain(l, ETIMEDOUT);
    }
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
    return try_next(l, now_ms);
}

static void explain_failure(struct link *l, int error)
{
    const char *why = conn_why(l->conn);
    if (error == ERROR_SYSTEM)
        explain(l, errno);
    else if (error == ERROR_CLOSED)
        explain(l, EPIPE);
    else
        snprintf(l->why, sizeof l->why, "%s: %s", l->name, why ? why : error_text(error));
}

static int turn_greeting(struct link *l)
{
    int rc = conn_handshake(l->conn);
    if (rc > 0)
        l->state = LINK_OPEN;
    if (rc >= 0)
        return rc;
    explain_failure(l, rc);
    link_close(l);
    return ERROR_CLOSED;
}

int link_turn(struct link *l, uint64_t now_ms)
{
    int rc = l->state == LINK_LOOKING ? turn_looking(l, now_ms) : 0;
    if (rc == 0 && l->state == LINK_RESOLVING)
        rc = turn_resolving(l, now_ms);
    /* A Unix socket, or one on this host, is often connected at once. */
    if (rc == 0 && l->state == LINK_CONNECTING)
        rc = turn_connecting(l, now_ms);
    return rc == 0 && l->state == LINK_GREETING ? turn_greeting(l) : rc;
}

const uint8_t *link_identity(const struct link *l)
{
    return l->state == LINK_OPEN ? conn_peer_identity(l->conn) : NULL;
}

int link_read(struct link *l, void *bytes, size_t len)
{
    assert(l->state == LINK_OPEN);
    int n = conn_read(l->conn, bytes, len);
    if (n > 0 && conn_why(l->conn))
        n = ERROR_TLS; /* the relay's, and this is plaintext */
    if (n >= 0)
        return n;
    if (!l->is_broken)
        explain_failure(l, n);
    link_close(l);
    return n;
}

size_t link_write(struct link *l, const void *bytes, size_t len)
{
    assert(l->state == LINK_OPEN);
    if (l->is_broken)
        return 0;
    int n = conn_write(l->conn, bytes, len);
    if (n >= 0)
        return (size_t)n;
    explain_failure(l, n);
    l->is_broken = true;
    return 0;
}

bool link_close_homeless(struct link *l)
{
    if (l->state != LINK_OPEN || network_has_address_of(conn_fd(l->conn)))
        return false;
    snprintf(l->why, sizeof l->why, "the address of this machine changed");
    link_close(l);
    return true;
}

bool link_pending(const struct link *l)
{
    return l->state == LINK_OPEN && conn_pending(l->conn);
}
