#include "disk.h"

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

void disk_init(struct disk *d)
{
    *d = (struct disk){0};
}

void disk_clear(struct disk *d)
{
    for (size_t i = 0; i < d->count; i++)
        free(d->rows[i].bytes);
    free(d->rows);
    free(d->points);
    disk_init(d);
}

struct disk_row *disk_next(const struct disk *d, int table, const struct disk_row *from)
{
    struct disk_row *end = d->rows + d->count;
    for (struct disk_row *row = from ? d->rows + (from - d->rows) + 1 : d->rows; row < end; row++)
        if (row->table == table && row->dead == UINT64_MAX)
            return row;
    return NULL;
}

void disk_delete(struct disk *d, struct disk_row *row)
{
    row->dead = ++d->change;
}

void disk_put(struct disk *d, const struct disk_row *row)
{
    for (struct disk_row *old = NULL; (old = disk_next(d, row->table, old));)
        if (memcmp(old->key, row->key, sizeof old->key) == 0)
            disk_delete(d, old);
    d->rows = grow(d->rows, d->count, &d->size, sizeof *d->rows);
    struct disk_row *copy = &d->rows[d->count++];
    *copy = *row;
    copy->born = ++d->change;
    copy->dead = UINT64_MAX;
    copy->bytes = malloc(row->len + 1);
    assert(copy->bytes);
    if (row->len)
        memcpy(copy->bytes, row->bytes, row->len);
}

bool disk_is_dirty(const struct disk *d)
{
    return d->change > d->committed;
}

void disk_commit(struct disk *d)
{
    d->committed = d->change;
    d->points = grow(d->points, d->points_count, &d->points_size, sizeof *d->points);
    d->points[d->points_count++] = d->committed;
}

bool disk_has(const struct disk *d, const struct disk_row *row)
{
    return row->born <= d->committed && row->dead > d->committed;
}

static void go_back(struct disk *d, uint64_t change)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->count; i++) {
        struct disk_row *row = &d->rows[i];
        if (row->born > change) {
            free(row->bytes);
            continue;
        }
        if (row->dead > change)
            row->dead = UINT64_MAX;
        d->rows[kept++] = *row;
    }
    d->count = kept;
    d->change = d->committed = change;
}

void disk_crash(struct disk *d)
{
    go_back(d, d->committed);
}

void disk_restore(struct disk *d, size_t point)
{
    assert(point <= d->points_count);
    go_back(d, point ? d->points[point - 1] : 0);
    d->points_count = point;
}
