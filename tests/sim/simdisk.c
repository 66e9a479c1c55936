#include "simdisk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Grows an array by doubling; a simulation that is out of memory is over. */
static void *grow(void *array, size_t count, size_t *size, size_t element)
{
    if (count < *size)
        return array;
    *size = *size ? *size * 2 : 64;
    array = realloc(array, *size * element);
    assert(array);
    return array;
}

void simdisk_init(struct simdisk *d)
{
    *d = (struct simdisk){0};
}

void simdisk_clear(struct simdisk *d)
{
    for (size_t i = 0; i < d->count; i++)
        free(d->rows[i].bytes);
    free(d->rows);
    free(d->points);
    simdisk_init(d);
}

struct simdisk_row *simdisk_next(const struct simdisk *d, int table, const struct simdisk_row *from)
{
    size_t at = from ? from->next : d->first[table];
    return at ? &d->rows[at - 1] : NULL;
}

/* Puts row number `at` at the end of those of its table that are there. */
static void list(struct simdisk *d, size_t at)
{
    struct simdisk_row *row = &d->rows[at - 1];
    size_t *last = &d->last[row->table];
    row->before = *last;
    row->next = 0;
    *(*last ? &d->rows[*last - 1].next : &d->first[row->table]) = at;
    *last = at;
}

/* A walk may stand on it: it still knows what came after it. */
void simdisk_delete(struct simdisk *d, struct simdisk_row *row)
{
    row->dead = ++d->change;
    *(row->before ? &d->rows[row->before - 1].next : &d->first[row->table]) = row->next;
    *(row->next ? &d->rows[row->next - 1].before : &d->last[row->table]) = row->before;
}

void simdisk_put(struct simdisk *d, const struct simdisk_row *row)
{
    for (struct simdisk_row *old = NULL; (old = simdisk_next(d, row->table, old));)
        if (memcmp(old->key, row->key, sizeof old->key) == 0)
            simdisk_delete(d, old);
    d->rows = grow(d->rows, d->count, &d->size, sizeof *d->rows);
    struct simdisk_row *copy = &d->rows[d->count++];
    *copy = *row;
    copy->born = ++d->change;
    copy->dead = UINT64_MAX;
    list(d, d->count);
    copy->bytes = malloc(row->len + 1);
    assert(copy->bytes);
    if (row->len)
        memcpy(copy->bytes, row->bytes, row->len);
}

bool simdisk_is_dirty(const struct simdisk *d)
{
    return d->change > d->committed;
}

void simdisk_commit(struct simdisk *d)
{
    d->committed = d->change;
    d->points = grow(d->points, d->points_count, &d->points_size, sizeof *d->points);
    d->points[d->points_count++] = d->committed;
}

bool simdisk_has(const struct simdisk *d, const struct simdisk_row *row)
{
    return row->born <= d->committed && row->dead > d->committed;
}

static void go_back(struct simdisk *d, uint64_t change)
{
    size_t kept = 0;
    memset(d->first, 0, sizeof d->first);
    memset(d->last, 0, sizeof d->last);
    for (size_t i = 0; i < d->count; i++) {
        struct simdisk_row *row = &d->rows[i];
        if (row->born > change) {
            free(row->bytes);
            continue;
        }
        if (row->dead > change)
            row->dead = UINT64_MAX;
        d->rows[kept++] = *row;
        if (d->rows[kept - 1].dead == UINT64_MAX)
            list(d, kept);
    }
    d->count = kept;
    d->change = d->committed = change;
}

void simdisk_crash(struct simdisk *d)
{
    go_back(d, d->committed);
}

void simdisk_restore(struct simdisk *d, size_t point)
{
    assert(point <= d->points_count);
    go_back(d, point ? d->points[point - 1] : 0);
    d->points_count = point;
}
