#ifndef READY_H
#define READY_H

#include <poll.h>
#include <stddef.h>

/*
 * Which of many descriptors are ready. One poll(2) watches a few fixed descriptors and the many;
 * where the system has epoll the many stand behind one descriptor of that call, so that idle ones
 * cost nothing (ready_epoll.c); elsewhere they are in it themselves (ready_poll.c).
 */
struct ready;

int ready_new(struct ready **r);
void ready_free(struct ready *r);

/*
 * Watches `fd` for `events` of poll(2), maybe none; errors and hang-ups are always reported.
 * `owner` is handed back, borrowed until the first ready_poll after ready_remove. ERROR_NOMEM,
 * ERROR_SYSTEM.
 */
int ready_add(struct ready *r, int fd, short events, void *owner);
int ready_change(struct ready *r, int fd, short events, void *owner);

/* Before `fd` is closed. It may still come from ready_next until the next ready_poll. */
void ready_remove(struct ready *r, int fd);

/*
 * Waits until something is ready, but at most `timeout_ms` (-1: for ever); a signal ends it too.
 * Fills in the `revents` of the `count` fixed descriptors. ERROR_SYSTEM.
 */
int ready_poll(struct ready *r, struct pollfd *fixed, size_t count, int timeout_ms);

/* The next of the many that were ready, each once: 1, or 0 for no more. */
int ready_next(struct ready *r, void **owner, short *revents);

#endif
