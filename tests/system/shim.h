#ifndef SHIM_H
#define SHIM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * A disk that fails. The shim stands between a program and the C library, preloaded or linked in,
 * and plays a full disk, syncs that fail, and a process that dies between any two calls. Of every
 * file under one folder it also keeps a journal of what was not yet synced, so that the power can
 * be cut: what was promised to be on disk is there afterwards, of the rest as little, or as much,
 * as chance will have it.
 *
 * Nothing is really synced, so tests are fast. The state is shared between the program and its
 * test, and may be changed while the program runs.
 */
enum {
    SHIM_PATH_MAX = 256,
};

struct shim {
    char folder[SHIM_PATH_MAX];  /* whose files are watched */
    char journal[SHIM_PATH_MAX]; /* a folder beside it: the shim's own */
    /* Counted so far, from 1: writes (truncations and new files too), and syncs. */
    _Atomic uint64_t writes, syncs;
    /* Writes from the first of these to before the second fail with ENOSPC; 0, 0 for none. The very
     * first one of them is cut to half, as happens when a disk fills up. */
    _Atomic uint64_t full_from, full_until;
    /* Syncs likewise with EIO. */
    _Atomic uint64_t broken_from, broken_until;
    /* Syncs take as long as this. */
    _Atomic bool held;
    /* What a broken sync was for is lost at the next power cut, even where a later one succeeds:
     * Linux forgets that it has not written it. */
    _Atomic bool broken_loses;
    /* The process is killed in its n-th call of either kind, 0 for never. */
    _Atomic uint64_t dies_at;
    _Atomic uint64_t calls;
};

/*
 * Makes a shim for `folder`, which exists. `control` is the file that a preloaded shim finds it by,
 * named to it in the environment as SHIM_CONTROL. Ends the program where that fails.
 */
struct shim *shim_new(const char *folder, const char *control);
void shim_free(struct shim *s);

/* Everything works from now on. What was counted and journalled stays. */
void shim_mend(struct shim *s);

/*
 * The power is cut, after the program is gone. With a seed of 0 everything that was not synced is
 * lost; with another, of each sector of 512 bytes either the synced or the last content is there,
 * and of the folder's own changes those before a random one.
 */
void shim_cut_power(struct shim *s, uint64_t seed);

/* In a program that the shim is linked into: begins or ends (NULL) to watch. */
void shim_attach(struct shim *s);

/* What both of its parts know: the journal's records, each followed by `len` bytes. */
enum shim_kind {
    SHIM_WRITE,  /* from `at` to `end` of file `ino`, which was `size` long: what was there */
    SHIM_SYNC,   /* of file `ino` */
    SHIM_LOST,   /* a sync of file `ino` failed, and forgot what it was for */
    SHIM_CREATE, /* of the path, which is now file `ino` */
    SHIM_UNLINK, /* of the path; the file is kept in the journal under the number `at` */
    SHIM_RENAME, /* of the first path to the second, NUL between them; `at` as above, or 0 */
    SHIM_FOLDER, /* the folder of that path, which ends with a slash, was synced */
};

struct shim_record {
    uint64_t kind, ino, at, end, size, len;
};

#endif
