#ifndef HEAP_H
#define HEAP_H

#include <stddef.h>
#include <stdint.h>

/*
 * A heap whose nodes lie in what it holds: the smallest key is found at once, anything is put in or
 * taken out in logarithmic time.
 */
struct heap_node {
    int64_t key;
    size_t at; /* place in the heap, from 1; 0 while in none */
};

struct heap {
    struct heap_node **nodes; /* owned; `nodes[0]` is not used */
    size_t count, size;
};

/* Makes room for `count` nodes in all, so that heap_put cannot fail. ERROR_NOMEM. */
int heap_reserve(struct heap *h, size_t count);

void heap_clear(struct heap *h);

/* Puts a node that is in no heap, by its key. There must be room. */
void heap_put(struct heap *h, struct heap_node *node);

/* Takes a node out of this heap. */
void heap_take(struct heap *h, struct heap_node *node);

/* The node with the smallest key; NULL for none. */
struct heap_node *heap_first(const struct heap *h);

#endif
