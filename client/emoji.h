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

/* How emoji are shown; in the order of the setting's values. */
enum emoji_style {
    EMOJI_FULL,
    EMOJI_SIMPLE, /* text_emoji_base, for terminals that draw sequences in a width of their own */
    EMOJI_TEXT,   /* `:name:`; that, where there is none */
};

/* As text_sanitise, with emoji in a style. */
char *emoji_sanitise(enum emoji_style style, const char *s, size_t len, unsigned flags,
                     size_t *out_len);

#endif
