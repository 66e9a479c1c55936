#ifndef LINK_TEXT_H
#define LINK_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* A link in a text: from one byte up to another. */
struct link_text {
    size_t start, end;
};

enum {
    LINK_TEXT_MAX = 2000, /* bytes; longer ones are text and no links */
};

/*
 * Finds the first link of `s` that ends behind byte `from`: http:// or https:// at the start of a
 * word, and ASCII up to its end; signs that end a sentence are not part of it. False for none.
 */
bool link_text_next(const char *s, size_t len, size_t from, struct link_text *link);

#endif
