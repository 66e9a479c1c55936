#ifndef SOURCE_H
#define SOURCE_H

#include "digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/*
 * A file that is read: one that is sent, or one that came and is judged. Whatever lies at the path,
 * nothing waits for it.
 */
enum {
    SOURCE_WHY_MAX = 256,
    SOURCE_SLICE = 1 << 20, /* bytes that source_judge reads at a time */
};

struct source {
    int fd; /* -1: none is open */
    uint64_t size, judged;
    struct timespec changed;
    struct digest digest;
};

/*
 * Opens a regular file. ERROR_SYSTEM where it cannot be read or is something else, and a phrase in
 * `why`; then there is nothing to close.
 */
int source_open(struct source *s, const char *path, char why[SOURCE_WHY_MAX]);

/*
 * Reads from `offset`, which is before its end, at least one byte and at most `len`; gives how
 * many. ERROR_STATE where the file is not as it was when it was opened, ERROR_SYSTEM (errno).
 */
int source_read(struct source *s, uint64_t offset, void *out, size_t len);

/*
 * Reads the next slice for its digest. 1 and the digest at the end of the file, 0 where there is
 * more of it, or an error as source_read gives it.
 */
int source_judge(struct source *s, char digest[DIGEST_TEXT_SIZE]);

/* NULL-safe in its way: with -1 nothing happens. */
void source_close(struct source *s);

#endif
