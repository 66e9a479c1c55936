#ifndef NAME_H
#define NAME_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Nicks and rooms (PROTOCOL.md, "Names"). A name has a spelling, which is shown, and a key, by
 * which it is compared.
 */
enum {
    NAME_NICK_POINTS = 32,
    NAME_NICK_BYTES = 64,
    NAME_ROOM_POINTS = 64,
    NAME_ROOM_BYTES = 128,
    NAME_KEY_BYTES =
        11 * NAME_ROOM_BYTES, /* no key is longer: folding U+FDFA makes 33 bytes of 3 */
};

struct name {
    char *text; /* NFC, NUL-terminated; owned */
    char *key;  /* NFKC, full case folding, NFKC; NUL-terminated; owned */
};

/*
 * Makes a name of `len` bytes from outside, in any normal form. ERROR_NAME where the rules forbid
 * it, ERROR_NOMEM; then `*name` is empty (both NULL). name_clear may be called on an empty name.
 */
int name_init_nick(struct name *name, const char *s, size_t len);
int name_init_room(struct name *name, const char *s, size_t len);
void name_clear(struct name *name);

/* Makes `*name` a copy of `from`. ERROR_NOMEM; `*name` is empty then. */
int name_init_copy(struct name *name, const struct name *from);

/* Whether two names are the same. */
bool name_equal(const struct name *a, const struct name *b);

/*
 * Whether `s` is a nick, and the same as `nick`. The spelling itself costs one comparison of bytes.
 * Out of memory is no.
 */
bool name_matches(const struct name *nick, const char *s, size_t len);

#endif
