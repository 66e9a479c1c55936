#ifndef FILENAME_H
#define FILENAME_H

#include <limits.h>
#include <stddef.h>

enum {
    FILENAME_SIZE = 256, /* the longest that a folder takes, with its NUL */
};

/*
 * Makes a name for a file here of what the other person calls theirs: what is behind the last
 * slash, sanitised, without marks of direction, with no dot, dash, space or tilde at its start; cut
 * at a cluster, before the extension where it has a short one. The `number`th of that name, from 2
 * on, is "photo (2).jpg". Of what is no name it makes "file". NULL: out of memory; else `out`.
 */
const char *filename_make(const char *name, size_t len, unsigned number, char out[FILENAME_SIZE]);

/* The part of a path behind its last slash. */
const char *filename_of(const char *path);

/*
 * A path as somebody types it: quotes around it are none of it, and `~` at its start is their home.
 * ERROR_LIMIT where it is too long, ERROR_STATE for a NUL in it.
 */
int filename_expand(const char *typed, size_t len, char out[PATH_MAX]);

#endif
