#ifndef POOL_H
#define POOL_H

#include <stddef.h>

/*
 * Memory for messages and other frames on their way: blocks that were given back are kept for the
 * next ones, a bounded amount of each size, where the allocator would join and split them again.
 */
enum {
    POOL_STEP = 128, /* sizes are rounded up to a multiple of this */
    POOL_CLASSES = 16,
    POOL_KEPT = 64 << 10, /* bytes of each size */
};

struct pool {
    struct pool_spare {
        struct pool_spare *next;
    } * spare[POOL_CLASSES];
    size_t kept[POOL_CLASSES];
};

/* An empty pool is all zeros. */
void pool_clear(struct pool *p);

/* `size` bytes, not cleared. NULL: out of memory. */
void *pool_take(struct pool *p, size_t size);

/* Gives a block back, with the size that it was taken with. NULL is allowed. */
void pool_give(struct pool *p, void *block, size_t size);

#endif
