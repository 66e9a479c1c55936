#ifndef DIGEST_H
#define DIGEST_H

#include <stddef.h>
#include <stdint.h>

/* BLAKE2b-256 of something that comes in pieces, as `file` tells it. */
enum {
    DIGEST_TEXT_SIZE = 65, /* lowercase hex, with its NUL */
    DIGEST_STATE = 384,
};

struct digest {
    uint8_t state[DIGEST_STATE];
};

void digest_init(struct digest *d);
void digest_add(struct digest *d, const void *bytes, size_t len);

/* Gives it as text; nothing can be added any more. */
void digest_end(struct digest *d, char text[DIGEST_TEXT_SIZE]);

#endif
