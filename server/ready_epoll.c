#include "ready.h"

#include "error.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

/* The bits of epoll are those of poll. */
static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT && EPOLLERR == POLLERR &&
                  EPOLLHUP == POLLHUP && EPOLLRDHUP == POLLRDHUP,
              "poll and epoll differ");

enum {
    EVENTS_MAX = 32, /* a pass; the rest comes first in the next one */
};

struct ready {
    int epoll;
    int count, at; /* of the events of this pass */
    struct epoll_event events[EVENTS_MAX];
};

int ready_new(struct ready **r)
{
    *r = calloc(1, sizeof **r);
    if (!*r)
        return ERROR_NOMEM;
    (*r)->epoll = epoll_create1(EPOLL_CLOEXEC);
    if ((*r)->epoll >= 0)
        return 0;
    free(*r);
    *r = NULL;
    return ERROR_SYSTEM;
}

void ready_free(struct ready *r)
{
    if (!r)
        return;
    close(r->epoll);
    free(r);
}

/*
 * Edge-triggered: otherwise the kernel looks at each descriptor once more, in vain, after it was
 * read. An end that comes behind the last bytes has no edge of its own, so it is told with them.
 */
static int control(struct ready *r, int operation, int fd, short events, void *owner)
{
    uint32_t wanted = (unsigned short)events | (events & POLLIN ? EPOLLRDHUP : 0U) | EPOLLET;
    struct epoll_event event = {.events = wanted, .data.ptr = owner};
    return epoll_ctl(r->epoll, operation, fd, &event) ? ERROR_SYSTEM : 0;
}

int ready_add(struct ready *r, int fd, short events, void *owner)
{
    return control(r, EPOLL_CTL_ADD, fd, events, owner);
}

int ready_change(struct ready *r, int fd, short events, void *owner)
{
    return control(r, EPOLL_CTL_MOD, fd, events, owner);
}

void ready_remove(struct ready *r, int fd)
{
    int rc = control(r, EPOLL_CTL_DEL, fd, 0, NULL);
    assert(rc == 0);
}

int ready_poll(struct ready *r, int timeout_ms)
{
    r->at = 0;
    r->count = epoll_wait(r->epoll, r->events, EVENTS_MAX, timeout_ms);
    if (r->count >= 0)
        return 0;
    r->count = 0;
    return errno == EINTR ? 0 : ERROR_SYSTEM;
}

int ready_next(struct ready *r, void **owner, short *revents)
{
    if (r->at == r->count)
        return 0;
    const struct epoll_event *event = &r->events[r->at++];
    *owner = event->data.ptr;
    *revents = (short)event->events;
    return 1;
}
