#ifndef EMOJI_H
#define EMOJI_H

#include <stddef.h>

/* Names of emoji, as they are typed between colons: `:+1:` is a thumb. In the order of names. */
struct emoji {
    const char *name, *sign;
};

const struct emoji *emoji_table(size_t *count);

/* The sign of `:name:`; NULL for none. */
const char *emoji_find(const char *s, size_t len);

#endif
