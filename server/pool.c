#include "pool.h"

#include <stdlib.h>

static size_t class_of(size_t size)
{
    return (size + POOL_STEP - 1) / POOL_STEP - 1;
}

void pool_clear(struct pool *p)
{
    for (size_t i = 0; i < POOL_CLASSES; i++) {
        struct pool_spare *next;
        for (struct pool_spare *spare = p->spare[i]; spare; spare = next) {
            next = spare->next;
            free(spare);
        }
    }
    *p = (struct pool){0};
}

void *pool_take(struct pool *p, size_t size)
{
    size_t class = class_of(size);
    if (class >= POOL_CLASSES)
        return malloc(size);
    struct pool_spare *spare = p->spare[class];
    if (!spare)
        return malloc((class + 1) * POOL_STEP);
    p->spare[class] = spare->next;
    p->kept[class] -= (class + 1) * POOL_STEP;
    return spare;
}

void pool_give(struct pool *p, void *block, size_t size)
{
    size_t class = class_of(size);
    if (!block || class >= POOL_CLASSES || p->kept[class] >= POOL_KEPT) {
        free(block);
        return;
    }
    struct pool_spare *spare = block;
    spare->next = p->spare[class];
    p->spare[class] = spare;
    p->kept[class] += (class + 1) * POOL_STEP;
}
