#include "listen.h"

#include "error.h"
#include "quote.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char in_use[] = "another program listens there; stop it, or choose another";

/* What a failure to listen means, and what to do about it. */
static const char *advice(const struct address *a, int error)
{
    switch (error) {
    case EADDRINUSE: return in_use;
    case EACCES:
        return a->is_unix ? "permission denied; choose a folder that you may write to"
                          : "permission denied; choose a port above 1023";
    case EADDRNOTAVAIL: return "this host does not have that address; choose one that it has";
    case ENOENT: return "there is no such folder; make it first";
    case EEXIST: return "a file that is no socket is there; remove it, or choose another path";
    default: return strerror(error);
    }
}

static int fail(const struct address *a, int error, char *why)
{
    char name[ADDRESS_TEXT_MAX], q[QUOTE_MAX];
    address_format(a, name);
    snprintf(why, ADDRESS_ERROR_MAX, "cannot listen on %s: %s", quote_text(name, strlen(name), q),
             advice(a, error));
    return ERROR_ADDRESS;
}

/* Whether the file of a Unix socket is there and nobody listens on it; else errno says why not. */
static bool is_stale(const struct address_socket *s, const char *path)
{
    struct stat st;
    if (lstat(path, &st))
        return false;
    errno = EEXIST;
    if (!S_ISSOCK(st.st_mode))
        return false;
    int fd = address_connect(s);
    if (fd >= 0) {
        close(fd);
        errno = EADDRINUSE;
        return false;
    }
    if (errno == ECONNREFUSED)
        return true;
    if (errno == EAGAIN) /* its queue is full */
        errno = EADDRINUSE;
    return false;
}

static int bind_unix(int fd, const struct address_socket *s, const char *path)
{
    if (is_stale(s, path) ? unlink(path) != 0 : errno != ENOENT)
        return -1;
    /* The mode must be right from the first moment, and bind takes it from here. */
    mode_t mask = umask(0111);
    int rc = bind(fd, (const struct sockaddr *)&s->at, s->len);
    int error = errno;
    umask(mask);
    errno = error;
    return rc;
}

/* Gives a listening socket, or -1 and errno. */
static int open_one(const struct address *a, const struct address_socket *s, int backlog)
{
    const int on = 1, v6_only = *a->host != '\0';
    int fd = socket(s->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int rc = 0;
    if (s->at.ss_family == AF_INET6)
        rc = setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only);
    if (rc == 0 && !a->is_unix)
        rc = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (rc == 0)
        rc = a->is_unix ? bind_unix(fd, s, a->path)
                        : bind(fd, (const struct sockaddr *)&s->at, s->len);
    if (rc == 0)
        rc = listen(fd, backlog);
    if (rc == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* `:PORT`: IPv6 first, which serves IPv4 too. */
static int open_any(const struct address *a, int backlog)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(a->port)};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(a->port)};
    struct address_socket s = {.len = sizeof v6};
    memcpy(&s.at, &v6, sizeof v6);
    int fd = open_one(a, &s, backlog);
    if (fd >= 0 || (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL))
        return fd;
    s.len = sizeof v4;
    memcpy(&s.at, &v4, sizeof v4);
    return open_one(a, &s, backlog);
}

static int open_all(struct listeners *l, const struct address *a, int backlog, char *why)
{
    if (!a->is_unix && !*a->host) {
        int fd = open_any(a, backlog);
        if (fd < 0)
            return fail(a, errno, why);
        l->fds[l->count++] = fd;
        return 0;
    }
    struct address_socket at[LISTEN_MAX];
    int found = address_resolve(a, true, at, LISTEN_MAX - l->count, why);
    if (found < 0)
        return found;
    size_t before = l->count;
    for (int i = 0; i < found; i++) {
        int fd = open_one(a, &at[i], backlog);
        if (fd >= 0) {
            l->fds[l->count++] = fd;
            continue;
        }
        /* A name like localhost may have an IPv6 address where the host has no IPv6. */
        bool others = l->count > before || i + 1 < found;
        if (!others || (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL))
            return fail(a, errno, why);
    }
    return 0;
}

int listen_init(struct listeners *l, const struct address *addresses, size_t count, int backlog,
                char why[ADDRESS_ERROR_MAX])
{
    *l = (struct listeners){.addresses = addresses};
    int rc = 0;
    for (; rc == 0 && l->addresses_count < count; l->addresses_count += rc == 0)
        rc = l->count < LISTEN_MAX ? open_all(l, &addresses[l->addresses_count], backlog, why)
                                   : fail(&addresses[l->addresses_count], EMFILE, why);
    if (rc)
        listen_clear(l);
    return rc;
}

void listen_clear(struct listeners *l)
{
    while (l->count > 0)
        close(l->fds[--l->count]);
    for (size_t i = 0; i < l->addresses_count; i++) {
        struct address_socket s;
        const struct address *a = &l->addresses[i];
        if (a->is_unix && address_resolve(a, true, &s, 1, NULL) == 1 && is_stale(&s, a->path))
            unlink(a->path);
    }
    l->addresses_count = 0;
}

void listen_format(const struct listeners *l, size_t i, char out[ADDRESS_TEXT_MAX])
{
    struct address_socket s = {.len = sizeof s.at};
    int rc = getsockname(l->fds[i], (struct sockaddr *)&s.at, &s.len);
    assert(rc == 0);
    address_socket_format(&s, out);
}
