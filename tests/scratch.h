#ifndef SCRATCH_H
#define SCRATCH_H

#include <stddef.h>

/* A folder under $TMPDIR for the files of a test; one at a time. Fixtures for cmocka. */
int scratch_make(void **state);
int scratch_remove(void **state);

/* The folder, without a slash at its end. */
const char *scratch_folder(void);

/* A path in it; the last eight that were asked for stay as they are. */
const char *scratch_path(const char *name);

/* How many files there are in a folder, which must be there; hidden ones too. */
size_t scratch_count(const char *path);

#endif
