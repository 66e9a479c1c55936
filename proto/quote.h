#ifndef QUOTE_H
#define QUOTE_H

#include <stddef.h>

enum {
    QUOTE_MAX = 160, /* with its NUL */
};

/*
 * Makes text from outside fit to stand in a sentence for a person: sanitised, and cut (with `…`) to
 * QUOTE_MAX. Gives `out`. Out of memory it is `…` alone.
 */
const char *quote_text(const char *s, size_t len, char out[QUOTE_MAX]);

#endif
