#ifndef TORTURE_H
#define TORTURE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Makes allocations fail, in programs that link with the `torture` library. Use:
 *
 *     for (size_t n = 0; torture_begin(n); n++) {
 *         ... the whole conversation; a call may give ERROR_NOMEM, then clean up ...
 *         torture_end();
 *     }
 *
 * The first turn fails the first allocation, the next one the second, …; the last turn is the one
 * in which nothing failed, after which torture_begin gives false.
 */
bool torture_begin(size_t n);
void torture_end(void);

/* Whether an allocation failed since torture_begin. */
bool torture_failed(void);

/* Whether the allocation that is now to be made shall fail: for allocators of others. */
bool torture_fails(void);

#endif
