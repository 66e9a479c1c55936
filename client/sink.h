#ifndef SINK_H
#define SINK_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A file that comes: written as a hidden part file, which gets a name of its own once it is whole
 * and right. Both are the person's alone (0600), no file is ever written over, and no link is
 * followed. Errors are ERROR_SYSTEM, with errno, or ERROR_NOMEM.
 */
struct sink {
    int fd; /* -1: none is open */
};

/* Makes a part file in a folder for what the other person calls `name`; gives its path. */
int sink_make(struct sink *s, const char *folder, const char *name, char path[PATH_MAX]);

/*
 * Opens the part file of an earlier run, of which the first `*offset` bytes count; where it holds
 * less, gives how many it does.
 */
int sink_open(struct sink *s, const char *path, uint64_t *offset);

int sink_write(struct sink *s, uint64_t offset, const void *bytes, size_t len);

/* What was written is on the disk. */
int sink_sync(struct sink *s);

void sink_close(struct sink *s);

/*
 * Gives the part file at `path`, which is whole and closed, its name too, and `final` the path of
 * that: what the other person calls `name`, with a number where that is taken. Where an earlier run
 * did so already, its name is found again. All of it is on the disk then. ERROR_STATE where the
 * part file is gone.
 */
int sink_name(const char *path, const char *name, char final[PATH_MAX]);

/* Removes a part file, if it is there. */
void sink_remove(const char *path);

#endif
