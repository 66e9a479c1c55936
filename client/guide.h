#ifndef GUIDE_H
#define GUIDE_H

#include "address.h"
#include "words.h"

#include <sys/types.h>

/*
 * --demo: somebody to learn the keys with. A process of its own is both the relay and the other
 * person, on a socket in a scratch folder; nothing leaves this machine, and nothing stays.
 */
enum {
    GUIDE_FOLDER_MAX = 80,
};

struct guide {
    pid_t pid;
    char folder[GUIDE_FOLDER_MAX];
    struct address relay;
};

/* Before anything else is opened. ERROR_SYSTEM with a sentence in `why`. */
int guide_start(struct guide *g, char why[WORDS_MAX]);

/* Ends it and removes the folder with all that is in it. */
void guide_stop(struct guide *g);

/* What it says, in order: the first by itself, each other one after a message; NULL for the end. */
const char *guide_line(size_t number);

#endif
