#ifndef READY_H
#define READY_H

#include <poll.h>

/*
 * Which of many descriptors are ready: by epoll where the system has it, so that idle ones cost
 * nothing (ready_epoll.c), else by poll(2) (ready_poll.c).
 */
struct ready;

int ready_new(struct ready **r);
void ready_free(struct ready *r);

/*
 * Watches `fd` for `events` of poll(2), maybe none; errors and hang-ups are always reported, and
 * POLLRDHUP may come with POLLIN. `owner` is handed back, borrowed until the first ready_poll after
 * ready_remove. ERROR_NOMEM, ERROR_SYSTEM.
 *
 * What is ready may be told only once: whoever leaves something there (bytes, room for bytes, a
 * connection to accept) says so with ready_change, which has it told again.
 */
int ready_add(struct ready *r, int fd, short events, void *owner);
int ready_change(struct ready *r, int fd, short events, void *owner);

/* Before `fd` is closed. It may still come from ready_next until the next ready_poll. */
void ready_remove(struct ready *r, int fd);

/*
 * Waits until something is ready, but at most `timeout_ms` (-1: for ever); a signal ends it too.
 * ERROR_SYSTEM.
 */
int ready_poll(struct ready *r, int timeout_ms);

/* The next of those that were ready, each once: 1, or 0 for no more. */
int ready_next(struct ready *r, void **owner, short *revents);

#endif
