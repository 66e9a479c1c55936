#include "heap.h"

#include "error.h"

#include <assert.h>
#include <stdlib.h>

int heap_reserve(struct heap *h, size_t count)
{
    if (count < h->size)
        return 0;
    size_t size = h->size ? h->size * 2 : 64;
    while (size <= count)
        size *= 2;
    struct heap_node **nodes = realloc(h->nodes, size * sizeof(struct heap_node *));
    if (!nodes)
        return ERROR_NOMEM;
    h->nodes = nodes;
    h->size = size;
    return 0;
}

void heap_clear(struct heap *h)
{
    free(h->nodes);
    *h = (struct heap){0};
}

static void set(struct heap *h, size_t at, struct heap_node *node)
{
    h->nodes[at] = node;
    node->at = at;
}

static void rise(struct heap *h, size_t at, struct heap_node *node)
{
    for (; at > 1 && h->nodes[at / 2]->key > node->key; at /= 2)
        set(h, at, h->nodes[at / 2]);
    set(h, at, node);
}

static void sink(struct heap *h, size_t at, struct heap_node *node)
{
    for (size_t child; (child = 2 * at) <= h->count; at = child) {
        if (child < h->count && h->nodes[child + 1]->key < h->nodes[child]->key)
            child++;
        if (h->nodes[child]->key >= node->key)
            break;
        set(h, at, h->nodes[child]);
    }
    set(h, at, node);
}

void heap_put(struct heap *h, struct heap_node *node)
{
    assert(h->count + 1 < h->size);
    h->count++;
    rise(h, h->count, node);
}

void heap_take(struct heap *h, struct heap_node *node)
{
    size_t at = node->at;
    struct heap_node *last = h->nodes[h->count--];
    node->at = 0;
    if (last == node)
        return;
    if (at > 1 && h->nodes[at / 2]->key > last->key)
        rise(h, at, last);
    else
        sink(h, at, last);
}

struct heap_node *heap_first(const struct heap *h)
{
    return h->count ? h->nodes[1] : NULL;
}
