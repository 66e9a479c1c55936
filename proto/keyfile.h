#ifndef KEYFILE_H
#define KEYFILE_H

#include "keys.h"

/*
 * The file in which a program keeps its identity: the 32 bytes of the seed, with mode 0600. The
 * program has called umask(077).
 */
enum {
    KEYFILE_WHY_MAX = 512,
};

/*
 * Reads the identity in file `name` of `folder`, or draws one and keeps it there for good. A file
 * that is no plain file, is not ours alone or has another length is refused and left as it is.
 * ERROR_KEY then, ERROR_SYSTEM, ERROR_NOMEM; with a sentence in `why`.
 */
int keyfile_load(struct keys_identity **identity, const char *folder, const char *name,
                 char why[KEYFILE_WHY_MAX]);

#endif
