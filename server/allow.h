#ifndef ALLOW_H
#define ALLOW_H

#include "relay.h"

#include <limits.h>

enum {
    ALLOW_ERROR_MAX = 512,
};

/*
 * Reads a file of allowed identities and hands them to the relay (relay_set_allowed). Each line is
 * a key as in `keys.identity`, then white space and a comment, if any; empty lines and those that
 * begin with `#` mean nothing. ERROR_SYSTEM, ERROR_KEY, ERROR_NOMEM and a sentence in `why` ("line
 * 3 of 'friends' does not begin with a key"); then the relay keeps the list that it had.
 */
int allow_load(const char *path, struct relay *relay, char why[ALLOW_ERROR_MAX]);

#endif
