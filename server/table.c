#include "table.h"

#include "error.h"

#include <stdlib.h>
#include <string.h>

enum {
    SIZE_FIRST = 64,
};

int table_init(struct table *t)
{
    *t = (struct table){.slots = calloc(SIZE_FIRST, sizeof(struct table_node *))};
    if (!t->slots)
        return ERROR_NOMEM;
    t->size = SIZE_FIRST;
    return 0;
}

void table_clear(struct table *t)
{
    free(t->slots);
    *t = (struct table){0};
}

static void put(struct table *t, struct table_node *node)
{
    struct table_node **slot = &t->slots[node->hash & (t->size - 1)];
    node->next = *slot;
    *slot = node;
}

static void grow(struct table *t)
{
    struct table_node **slots = calloc(t->size * 2, sizeof *slots);
    if (!slots)
        return;
    struct table old = *t;
    t->slots = slots;
    t->size *= 2;
    for (size_t i = 0; i < old.size; i++) {
        struct table_node *next;
        for (struct table_node *node = old.slots[i]; node; node = next) {
            next = node->next;
            put(t, node);
        }
    }
    free(old.slots);
}

void table_put(struct table *t, struct table_node *node, uint64_t hash)
{
    if (t->count >= t->size)
        grow(t);
    node->hash = hash;
    put(t, node);
    t->count++;
}

void table_take(struct table *t, struct table_node *node)
{
    struct table_node **at = &t->slots[node->hash & (t->size - 1)];
    while (*at != node)
        at = &(*at)->next;
    *at = node->next;
    t->count--;
}

static struct table_node *with_hash(struct table_node *node, uint64_t hash)
{
    while (node && node->hash != hash)
        node = node->next;
    return node;
}

struct table_node *table_find(const struct table *t, uint64_t hash)
{
    return with_hash(t->slots[hash & (t->size - 1)], hash);
}

struct table_node *table_find_next(const struct table_node *node)
{
    return with_hash(node->next, node->hash);
}

static uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32) + v[3];
    v[2] += v[1];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static inline void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

/* Eight bytes, the first the lowest. */
static inline uint64_t word_of(const uint8_t b[8])
{
    return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 |
           (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 |
           (uint64_t)b[7] << 56;
}

uint64_t table_hash(const uint64_t key[2], const void *bytes, size_t len)
{
    /* "somepseudorandomlygeneratedbytes", as the algorithm has it. */
    uint64_t v[4] = {
        key[0] ^ UINT64_C(0x736f6d6570736575),
        key[1] ^ UINT64_C(0x646f72616e646f6d),
        key[0] ^ UINT64_C(0x6c7967656e657261),
        key[1] ^ UINT64_C(0x7465646279746573),
    };
    const uint8_t *at = bytes;
    uint8_t last[8] = {[7] = (uint8_t)len};
    size_t left = len;
    for (; left >= 8; at += 8, left -= 8)
        sip_word(v, word_of(at));
    memcpy(last, at, left);
    sip_word(v, word_of(last));
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
