#include "conn.h"

#include "error.h"

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

void conn_free(struct conn *c)
{
    if (!c)
        return;
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

int conn_read(struct conn *c, void *bytes, size_t len)
{
    assert(len > 0 && len <= INT_MAX);
    ssize_t got = recv(c->fd, bytes, len, 0);
    if (got < 0)
        return judge(errno);
    return got > 0 ? (int)got : ERROR_CLOSED;
}

int conn_write(struct conn *c, const void *bytes, size_t len)
{
    if (len > INT_MAX)
        len = INT_MAX;
    ssize_t put = send(c->fd, bytes, len, MSG_NOSIGNAL);
    return put < 0 ? judge(errno) : (int)put;
}

int conn_finish(struct conn *c)
{
    return shutdown(c->fd, SHUT_WR) ? ERROR_SYSTEM : 1;
}

short conn_events(const struct conn *c, bool want_read, bool want_write)
{
    (void)c;
    return (short)((want_read ? POLLIN : 0) | (want_write ? POLLOUT : 0));
}

bool conn_pending(const struct conn *c)
{
    (void)c;
    return false;
}
