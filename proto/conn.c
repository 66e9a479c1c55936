#include "conn.h"

#include "error.h"
#include "tls.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    /* What a dead machine leaves unacknowledged is given up after this: longer than the silence
       that ends a connection, so that a slow reader is judged by the protocol first. */
    USER_TIMEOUT_MS = 90000,
};

struct conn {
    int fd;
    struct tls_session *tls; /* NULL in plaintext */
    bool was_read;           /* plaintext: a byte was read, and judged */
    bool is_full;            /* the last read took all that it could: there may be more */
    const char *why;
};

static bool is_tcp(int fd)
{
    int domain;
    socklen_t len = sizeof domain;
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
           (domain == AF_INET || domain == AF_INET6);
}

static int prepare(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) || fcntl(fd, F_SETFD, FD_CLOEXEC))
        return ERROR_SYSTEM;
    if (!is_tcp(fd))
        return 0;
    const int on = 1, timeout_ms = USER_TIMEOUT_MS;
    /* Both fail on a socket that was reset already, and the next read says so. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof timeout_ms);
    return 0;
}

int conn_new(struct conn **c, int fd)
{
    *c = NULL;
    int rc = prepare(fd);
    if (rc == 0) {
        *c = malloc(sizeof **c);
        rc = *c ? 0 : ERROR_NOMEM;
    }
    if (rc) {
        int error = errno;
        close(fd);
        errno = error;
        return rc;
    }
    **c = (struct conn){.fd = fd};
    return 0;
}

int conn_new_tls(struct conn **c, int fd, struct tls *tls, bool accepts)
{
    int rc = conn_new(c, fd);
    if (rc == 0)
        rc = tls_session_new(&(*c)->tls, tls, accepts);
    if (rc && *c) {
        conn_free(*c);
        *c = NULL;
    }
    return rc;
}

void conn_free(struct conn *c)
{
    if (!c)
        return;
    tls_session_free(c->tls);
    close(c->fd);
    free(c);
}

int conn_fd(const struct conn *c)
{
    return c->fd;
}

/* What a read or write that gave -1 means. */
static int judge(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR ? 0 : ERROR_SYSTEM;
}

/* Writes what TLS has for the socket. 1 where that was all; 0; ERROR_SYSTEM. */
static int flush(struct conn *c)
{
    size_t len;
    const uint8_t *bytes;
    while ((bytes = tls_output(c->tls, &len))) {
        ssize_t put = send(c->fd, bytes, len, MSG_NOSIGNAL);
        if (put < 0)
            return judge(errno);
        tls_consume(c->tls, (size_t)put);
    }
    return 1;
}

/* Gives TLS what the socket has, once. Gives how many bytes, 0 for none now, or an error. */
static int feed(struct conn *c)
{
    flush(c); /* where it fails, reading says why */
    if (!tls_wants_input(c->tls))
        return 0;
    static uint8_t bytes[TLS_INPUT_MAX]; /* a hardened build would clear it each time */
    ssize_t got = recv(c->fd, bytes, sizeof bytes, 0);
    if (got < 0)
        return judge(errno);
    if (got > 0) {
        int rc = tls_input(c->tls, bytes, (size_t)got);
        return rc ? rc : (int)got;
    }
    errno = ECONNRESET; /* an end without close_notify is no end */
    return ERROR_SYSTEM;
}

/* Reads until the socket has no more or `len` is there; in vain at most so often as that takes. */
static int read_tls(struct conn *c, uint8_t *bytes, size_t len)
{
    size_t got = 0, left = len / TLS_INPUT_MAX + 1;
    int rc, fed = TLS_INPUT_MAX;
    for (;; left--) {
        rc = tls_read(c->tls, bytes + got, len - got);
        if (rc < 0)
            break;
        got += (size_t)rc;
        bool enough = len > 0 ? got == len : tls_is_ready(c->tls);
        if (fed < TLS_INPUT_MAX || left == 0 || enough)
            break;
        rc = fed = feed(c);
        if (fed <= 0)
            break;
    }
    c->is_full = fed == TLS_INPUT_MAX;
    bool is_to_judge = len == 0 && rc >= 0 && tls_is_ready(c->tls);
    if (rc != ERROR_SYSTEM && !is_to_judge)
        flush(c);
    return got > 0 ? (int)got : rc;
}

static int write_tls(struct conn *c, const uint8_t *bytes, size_t len)
{
    size_t put = 0;
    int rc;
    while ((rc = flush(c)) > 0 && put < len) {
        rc = tls_write(c->tls, bytes + put, len - put);
        if (rc <= 0)
            break;
        put += (size_t)rc;
    }
    return put > 0 || rc > 0 ? (int)put : rc;
}

/* A frame's first byte is 0. */
static void judge_first(struct conn *c, uint8_t first)
{
    if (first == TLS_HANDSHAKE || first == TLS_ALERT)
        c->why = "the other side uses TLS: this side was started with --plaintext, and that side "
                 "was not";
    c->was_read = true;
}

int conn_read(struct conn *c, void *bytes, size_t len)
{
    assert(len > 0 && len <= INT_MAX);
    if (c->tls)
        return read_tls(c, bytes, len);
    ssize_t got = recv(c->fd, bytes, len, 0);
    c->is_full = got == (ssize_t)len;
    if (got < 0)
        return judge(errno);
    if (got > 0 && !c->was_read)
        judge_first(c, *(uint8_t *)bytes);
    return got > 0 ? (int)got : ERROR_CLOSED;
}

int conn_write(struct conn *c, const void *bytes, size_t len)
{
    if (len > INT_MAX)
        len = INT_MAX;
    if (c->tls)
        return write_tls(c, bytes, len);
    ssize_t put = send(c->fd, bytes, len, MSG_NOSIGNAL);
    return put < 0 ? judge(errno) : (int)put;
}

int conn_finish(struct conn *c)
{
    int rc = c->tls ? tls_finish(c->tls) : 0;
    if (rc == 0)
        rc = c->tls ? flush(c) : 1;
    if (rc <= 0)
        return rc;
    return shutdown(c->fd, SHUT_WR) ? ERROR_SYSTEM : 1;
}

int conn_handshake(struct conn *c)
{
    if (!c->tls)
        return 1;
    if (tls_is_ready(c->tls)) {
        flush(c); /* where it fails, reading says why */
        return 1;
    }
    uint8_t none[1];
    int rc = read_tls(c, none, 0);
    return rc < 0 ? rc : tls_is_ready(c->tls);
}

const uint8_t *conn_peer_identity(const struct conn *c)
{
    return c->tls ? tls_peer_identity(c->tls) : NULL;
}

short conn_events(const struct conn *c, bool want_read, bool want_write)
{
    if (c->tls) {
        size_t len;
        bool is_ready = tls_is_ready(c->tls);
        want_read = (want_read || !is_ready) && tls_wants_input(c->tls);
        want_write = (want_write && is_ready) || tls_output(c->tls, &len);
    }
    return (short)((want_read ? POLLIN : 0) | (want_write ? POLLOUT : 0));
}

bool conn_pending(const struct conn *c)
{
    return c->is_full || (c->tls && tls_pending(c->tls));
}

const char *conn_why(const struct conn *c)
{
    return c->tls ? tls_why(c->tls) : c->why;
}
