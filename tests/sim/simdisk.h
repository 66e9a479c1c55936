#ifndef SIMDISK_H
#define SIMDISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A simulated disk: rows in tables, changed in transactions. It keeps every row that ever was, with
 * the changes that made and ended it, so that a crash forgets what was not committed and an old
 * copy can be put back at any time.
 */
enum {
    SIMDISK_TABLES = 6,
    SIMDISK_KEYS = 3,
    SIMDISK_VALUES = 4,
};

struct simdisk_row {
    int table;
    uint64_t key[SIMDISK_KEYS];
    uint64_t value[SIMDISK_VALUES];
    uint8_t *bytes;
    size_t len;
    uint64_t born, dead; /* numbers of the changes; `dead` UINT64_MAX while it is there */
    size_t next, before; /* places of those of its table that are there, from 1 on; 0: none */
};

struct simdisk {
    struct simdisk_row *rows;
    size_t count, size;
    size_t first[SIMDISK_TABLES], last[SIMDISK_TABLES]; /* of those that are there */
    uint64_t change;                                    /* the last one */
    uint64_t committed;                                 /* the last one that is safe */
    uint64_t *points;                                   /* what `committed` was after each commit */
    size_t points_count, points_size;
};

void simdisk_init(struct simdisk *d);
void simdisk_clear(struct simdisk *d);

/* Puts a row, in place of the one of the same table and key; everything is copied. */
void simdisk_put(struct simdisk *d, const struct simdisk_row *row);

/* Walks the rows of a table that are there now, oldest first; `from` NULL begins. NULL at the end.
 */
struct simdisk_row *simdisk_next(const struct simdisk *d, int table,
                                 const struct simdisk_row *from);

/* Ends a row. */
void simdisk_delete(struct simdisk *d, struct simdisk_row *row);

bool simdisk_is_dirty(const struct simdisk *d);
void simdisk_commit(struct simdisk *d);

/* Whether the row is there and safe. */
bool simdisk_has(const struct simdisk *d, const struct simdisk_row *row);

/* Forgets what was not committed. */
void simdisk_crash(struct simdisk *d);

/* Puts the copy back that was made after commit number `point` (0: an empty disk). */
void simdisk_restore(struct simdisk *d, size_t point);

#endif
