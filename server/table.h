#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>
#include <stdint.h>

/*
 * A hash table whose nodes lie in what it holds. It finds by hash; the caller compares what it is
 * after with each node of that hash. Hashes of what outsiders choose must be keyed (table_hash).
 */
struct table_node {
    struct table_node *next;
    uint64_t hash;
};

struct table {
    struct table_node **slots; /* owned */
    size_t size;               /* a power of two */
    size_t count;
};

/* ERROR_NOMEM; the table is empty then, and may be cleared. */
int table_init(struct table *t);

/* Frees the table's own memory; the nodes are whose they were. */
void table_clear(struct table *t);

/* Adds a node; never fails: short of memory, the table only gets slower. */
void table_put(struct table *t, struct table_node *node, uint64_t hash);

/* Takes out a node that is in the table. */
void table_take(struct table *t, struct table_node *node);

/* The first node of a hash, and the one after `node` with the same hash; NULL for none. */
struct table_node *table_find(const struct table *t, uint64_t hash);
struct table_node *table_find_next(const struct table_node *node);

/* SipHash-1-3 of `len` bytes: who does not know the key cannot find two inputs that collide. */
uint64_t table_hash(const uint64_t key[2], const void *bytes, size_t len);

#endif
