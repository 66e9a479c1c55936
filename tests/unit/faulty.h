#ifndef FAULTY_H
#define FAULTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Plays a whole conversation with something that keeps its state on disk, again and again: each
 * time another write fails, or another sync, or the process dies in another call and perhaps the
 * power with it (tests/system/shim.h). What a commit said is held against what is there afterwards:
 * nothing acknowledged is missing, nothing half done is there, and a full disk changes nothing.
 */
struct faulty {
    int steps;           /* each makes its changes, which one commit ends */
    bool ends_when_full; /* after a commit that says so it is of no use, and opened again */
    /* 0 and the thing, or an error. */
    int (*open)(const char *path, void **thing);
    void (*change)(void *thing, int step);
    int (*commit)(void *thing);
    void (*close)(void *thing);
    /* Everything that is there, as text: 0 or an error. */
    int (*dump)(void *thing, char *text, size_t size);
};

enum {
    FAULTY_TEXT_MAX = 1 << 16,
};

/* Every so many pages SQLite moves what is in its journal to its place; 0: as it does by itself. */
void faulty_set_checkpoint(int pages);

/* Each of these asserts, by cmocka. */
void faulty_test_deaths(const struct faulty *f);
void faulty_test_full_disk(const struct faulty *f);
void faulty_test_broken_syncs(const struct faulty *f);

/* Makes the n-th allocation of the program or of SQLite fail, for every n. */
void faulty_test_memory(const struct faulty *f);

/* Calls this first in main: SQLite is to take its memory from the torture's. */
void faulty_init(void);

#endif
