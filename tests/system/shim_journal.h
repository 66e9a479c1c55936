#ifndef SHIM_JOURNAL_H
#define SHIM_JOURNAL_H

#include "shim.h"

#include <stddef.h>
#include <sys/types.h>

/* What the shim is made of: the calls of the C library behind it, and the journal it keeps. */
struct shim_real {
    int (*open)(const char *, int, ...);
    int (*openat)(int, const char *, int, ...);
    int (*close)(int);
    ssize_t (*write)(int, const void *, size_t);
    ssize_t (*pwrite)(int, const void *, size_t, off_t);
    int (*ftruncate)(int, off_t);
    int (*fsync)(int);
    int (*fdatasync)(int);
    int (*unlinkat)(int, const char *, int);
    int (*renameat)(int, const char *, int, const char *);
    int (*linkat)(int, const char *, int, const char *, int);
};

/* The calls, found by the first use. */
const struct shim_real *shim_real(void);

/* Complains and ends the program. */
_Noreturn void shim_fail(const char *what);

/* Opens the journal of a shim, in place of the one before; NULL for none. */
void journal_open(const struct shim *s);

/* A file is about to be written, or cut, from `at` to `end`: keeps what is there. */
void journal_put_write(int fd, uint64_t ino, uint64_t at, uint64_t end);

/* A file was synced; or a sync failed, and has forgotten what it was for. */
void journal_put_sync(uint64_t ino);
void journal_put_lost(uint64_t ino);

/* A name was made: of a new file, or (`ino` 0) of one that had one. */
void journal_put_create(uint64_t ino, const char *path);

/* A name is about to go, or to be changed. */
void journal_put_unlink(uint64_t ino, const char *path);
void journal_put_rename(const char *from, const char *to);

/* All names in a folder were synced; its path ends with a slash. */
void journal_put_folder(const char *path);

#endif
