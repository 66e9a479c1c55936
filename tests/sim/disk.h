#ifndef DISK_H
#define DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A simulated disk: rows in tables, changed in transactions. It keeps every row that ever was, with
 * the changes that made and ended it, so that a crash forgets what was not committed and an old
 * copy can be put back at any time.
 */
enum {
    DISK_KEYS = 3,
    DISK_VALUES = 4,
};

struct disk_row {
    int table;
    uint64_t key[DISK_KEYS];
    uint64_t value[DISK_VALUES];
    uint8_t *bytes;
    size_t len;
    uint64_t born, dead; /* numbers of the changes; `dead` UINT64_MAX while it is there */
};

struct disk {
    struct disk_row *rows;
    size_t count, size;
    uint64_t change;    /* the last one */
    uint64_t committed; /* the last one that is safe */
    uint64_t *points;   /* what `committed` was after each commit */
    size_t points_count, points_size;
};

void disk_init(struct disk *d);
void disk_clear(struct disk *d);

/* Puts a row, in place of the one of the same table and key; everything is copied. */
void disk_put(struct disk *d, const struct disk_row *row);

/* Walks the rows of a table that are there now, oldest first; `from` NULL begins. NULL at the end.
 */
struct disk_row *disk_next(const struct disk *d, int table, const struct disk_row *from);

/* Ends a row. */
void disk_delete(struct disk *d, struct disk_row *row);

bool disk_is_dirty(const struct disk *d);
void disk_commit(struct disk *d);

/* Whether the row is there and safe. */
bool disk_has(const struct disk *d, const struct disk_row *row);

/* Forgets what was not committed. */
void disk_crash(struct disk *d);

/* Puts the copy back that was made after commit number `point` (0: an empty disk). */
void disk_restore(struct disk *d, size_t point);

#endif
