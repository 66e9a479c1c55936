#ifndef RESOLVE_H
#define RESOLVE_H

#include "address.h"

#include <stddef.h>

/*
 * Resolves an address without blocking the caller. A host name is looked up in a thread of its own;
 * numeric addresses and Unix paths are there at once.
 */
enum {
    RESOLVE_MAX = 8, /* socket addresses kept */
};

struct resolve;

/* Begins. ERROR_SYSTEM (errno), ERROR_NOMEM. */
int resolve_new(struct resolve **r, const struct address *a);

/* Gives up; a look-up that is under way ends by itself. NULL is allowed. */
void resolve_free(struct resolve *r);

/* Becomes readable (POLLIN or POLLHUP) when there is a result. */
int resolve_fd(const struct resolve *r);

/*
 * 0 while there is no result; else how many addresses there are, in the order in which to try them,
 * in `out`; or ERROR_ADDRESS and a sentence in `why`.
 */
int resolve_get(const struct resolve *r, struct address_socket out[RESOLVE_MAX],
                char why[ADDRESS_ERROR_MAX]);

#endif
