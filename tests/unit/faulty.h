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

/*
 * Plays it all as tests of cmocka: a death in every call, a full disk, syncs that fail, and memory
 * that ends in every allocation of the program or of SQLite. Gives what main does.
 */
int faulty_play_all(const struct faulty *f);

#endif
