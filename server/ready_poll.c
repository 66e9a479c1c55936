#include "ready.h"

#include "error.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/*
 * Nothing moves during a pass: what was removed leaves a hole (-1), and the holes are closed before
 * the next call.
 */
struct ready {
    struct pollfd *polled; /* room for `size` */
    void **owners;
    size_t len, size;
    size_t at, end; /* the next to look at in this pass, and the end of those that were polled */
};

static int grow(struct ready *r, size_t size)
{
    struct pollfd *polled = realloc(r->polled, size * sizeof *polled);
    if (!polled)
        return ERROR_NOMEM;
    r->polled = polled;
    void **owners = realloc(r->owners, size * sizeof *owners);
    if (!owners)
        return ERROR_NOMEM;
    r->owners = owners;
    r->size = size;
    return 0;
}

int ready_new(struct ready **r)
{
    *r = calloc(1, sizeof **r);
    if (!*r)
        return ERROR_NOMEM;
    int rc = grow(*r, 64);
    if (rc) {
        ready_free(*r);
        *r = NULL;
    }
    return rc;
}

void ready_free(struct ready *r)
{
    if (!r)
        return;
    free(r->polled);
    free(r->owners);
    free(r);
}

int ready_add(struct ready *r, int fd, short events, void *owner)
{
    int rc = r->len < r->size ? 0 : grow(r, 2 * r->size);
    if (rc)
        return rc;
    r->polled[r->len] = (struct pollfd){.fd = fd, .events = events};
    r->owners[r->len++] = owner;
    return 0;
}

static size_t find(const struct ready *r, int fd)
{
    size_t i = 0;
    while (i < r->len && r->polled[i].fd != fd)
        i++;
    assert(i < r->len);
    return i;
}

int ready_change(struct ready *r, int fd, short events, void *owner)
{
    size_t i = find(r, fd);
    r->polled[i].events = events;
    r->owners[i] = owner;
    return 0;
}

void ready_remove(struct ready *r, int fd)
{
    r->polled[find(r, fd)].fd = -1;
}

static void close_holes(struct ready *r)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->len; i++) {
        if (r->polled[i].fd < 0)
            continue;
        r->polled[kept] = r->polled[i];
        r->owners[kept++] = r->owners[i];
    }
    r->len = kept;
}

int ready_poll(struct ready *r, int timeout_ms)
{
    close_holes(r);
    r->at = r->end = r->len;
    int rc = poll(r->polled, r->len, timeout_ms);
    if (rc < 0 && errno != EINTR)
        return ERROR_SYSTEM;
    if (rc > 0)
        r->at = 0;
    return 0;
}

int ready_next(struct ready *r, void **owner, short *revents)
{
    while (r->at < r->end && r->polled[r->at].revents == 0)
        r->at++;
    if (r->at == r->end)
        return 0;
    *owner = r->owners[r->at];
    *revents = r->polled[r->at++].revents;
    return 1;
}
