/*
 * bare poll|epoll ADDRESS: pairs connections in the order in which they come, and moves bytes
 * between the two without looking at them. What a relay costs at least.
 */
#include "address.h"

#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    SIDES_MAX = 65536,
    EVENTS_MAX = 256,
    BLOCK = 128 << 10,
};

struct side {
    size_t slot;          /* in `polled` */
    struct side *partner; /* NULL: it waits for one */
    uint8_t *held;        /* what it did not take yet: its partner is not read meanwhile */
    size_t held_len;
    bool over;
};

static int epoll_fd = -1; /* -1: poll(2) */
static struct pollfd polled[SIDES_MAX];
static struct side *sides[SIDES_MAX]; /* beside `polled`; the first is the listener */
static size_t count;
static struct side *waiting;          /* for a partner */
static struct side *ended[SIDES_MAX]; /* in this pass */
static size_t ended_count;

static void watch(struct side *s, short events)
{
    struct epoll_event event = {.events = (unsigned short)events, .data.ptr = s};
    polled[s->slot].events = events;
    if (epoll_fd >= 0 && epoll_ctl(epoll_fd, EPOLL_CTL_MOD, polled[s->slot].fd, &event))
        err(1, "epoll_ctl");
}

static struct side *add(int fd, short events)
{
    struct side *s = calloc(1, sizeof *s);
    if (!s || count == SIDES_MAX)
        errx(1, "too many connections");
    struct epoll_event event = {.events = (unsigned short)events, .data.ptr = s};
    if (epoll_fd >= 0 && epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event))
        err(1, "epoll_ctl");
    s->slot = count;
    polled[count] = (struct pollfd){.fd = fd, .events = events};
    sides[count++] = s;
    return s;
}

static void take(int fd)
{
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* a Unix socket has none */
    struct side *s = add(fd, 0);
    if (!waiting) {
        waiting = s;
        return;
    }
    s->partner = waiting;
    waiting->partner = s;
    watch(s, POLLIN);
    watch(waiting, POLLIN);
    waiting = NULL;
}

static void end(struct side *s)
{
    s->over = true;
    ended[ended_count++] = s;
    if (waiting == s)
        waiting = NULL;
    if (s->partner && !s->partner->over)
        end(s->partner);
}

static void drop(struct side *s)
{
    struct side *last = sides[--count];
    close(polled[s->slot].fd);
    polled[s->slot] = polled[count];
    sides[s->slot] = last;
    last->slot = s->slot;
    free(s->held);
    free(s);
}

/* Writes to a side, and holds what it does not take. */
static void give(struct side *s, const uint8_t *bytes, size_t len)
{
    ssize_t put = send(polled[s->slot].fd, bytes, len, MSG_NOSIGNAL);
    if (put < 0 && errno != EAGAIN) {
        end(s);
        return;
    }
    size_t taken = put < 0 ? 0 : (size_t)put;
    if (taken == len)
        return;
    s->held_len = len - taken;
    s->held = malloc(s->held_len);
    if (!s->held)
        err(1, "malloc");
    memcpy(s->held, bytes + taken, s->held_len);
    watch(s, polled[s->slot].events | POLLOUT);
    watch(s->partner, polled[s->partner->slot].events & ~POLLIN);
}

static void serve(struct side *s, short events)
{
    static uint8_t block[BLOCK];
    if (s->over)
        return;
    if (events & POLLOUT) {
        uint8_t *held = s->held;
        s->held = NULL;
        watch(s, polled[s->slot].events & ~POLLOUT);
        watch(s->partner, polled[s->partner->slot].events | POLLIN);
        give(s, held, s->held_len);
        free(held);
    } else {
        ssize_t got = recv(polled[s->slot].fd, block, sizeof block, 0);
        if (got > 0 && s->partner)
            give(s->partner, block, (size_t)got);
        else if (got >= 0 || errno != EAGAIN)
            end(s);
    }
}

/* One pass. The listener comes first: a side in the same pass is then another one. */
static void turn(int listener)
{
    struct epoll_event events[EVENTS_MAX];
    int fd;
    int ready =
        epoll_fd >= 0 ? epoll_wait(epoll_fd, events, EVENTS_MAX, -1) : poll(polled, count, -1);
    if (ready < 0)
        err(1, "poll");
    size_t passed = epoll_fd >= 0 ? (size_t)ready : count;
    for (size_t i = 0; i < passed; i++) {
        struct side *s = epoll_fd >= 0 ? events[i].data.ptr : sides[i];
        short happened = epoll_fd >= 0 ? (short)events[i].events : polled[i].revents;
        if (happened && s->slot > 0)
            serve(s, happened);
        else if (happened)
            while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
                take(fd);
    }
    while (ended_count > 0)
        drop(ended[--ended_count]);
}

int main(int argc, char **argv)
{
    struct address address;
    struct address_socket at;
    char text[ADDRESS_TEXT_MAX], why[ADDRESS_ERROR_MAX];
    if (argc != 3)
        errx(2, "usage: bare poll|epoll ADDRESS");
    if (strcmp(argv[1], "epoll") == 0)
        epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (address_parse(argv[2], &address, why) || address_resolve(&address, true, &at, 1, why) < 0)
        errx(2, "%s", why);
    int fd = socket(at.at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at.at, at.len) || listen(fd, 4096) ||
        getsockname(fd, (struct sockaddr *)&at.at, &at.len))
        err(1, "%s", argv[2]);
    address_socket_format(&at, text);
    printf("listening on %s\n", text);
    fflush(stdout);
    add(fd, POLLIN);
    for (;;)
        turn(fd);
}
