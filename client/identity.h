#ifndef IDENTITY_H
#define IDENTITY_H

#include "keys.h"

#include <stddef.h>

/*
 * The state folder: STATE/NICK/identity holds one person's key (keyfile.h), and beside it lies what
 * else belongs to that person. Folders are made with mode 0700, files with 0600; what is there
 * already must be ours alone. The program has called umask(077).
 */
enum {
    IDENTITY_NAME_MAX = 200, /* bytes of a file name made of any text, with its NUL */
    IDENTITY_WHY_MAX = 512,
};

/*
 * Makes a file name of any text: the same name for the same text, another one for another, and
 * nothing in it that means something to the system.
 */
void identity_file_name(const char *text, char out[IDENTITY_NAME_MAX]);

/* Makes all folders of a path but its last part. ERROR_SYSTEM, with errno. */
int identity_make_parents(char *path);

/*
 * Opens the folder STATE/NAME and makes what is missing of its path. Gives its path in `path` (of
 * `size` bytes) and 0, or ERROR_SYSTEM and a sentence in `why`.
 */
int identity_make_folder(const char *state, const char *name, char *path, size_t size,
                         char why[IDENTITY_WHY_MAX]);

/* Reads the identity in `folder`, or makes one and keeps it there: as keyfile_load. */
int identity_load(const char *folder, struct keys_identity **identity, char why[IDENTITY_WHY_MAX]);

#endif
