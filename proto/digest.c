#include "digest.h"

#include <string.h>

#include <sodium.h>

_Static_assert(sizeof(crypto_generichash_state) == DIGEST_STATE, "as <sodium.h> has it");

enum {
    DIGEST_LEN = 32,
};

/* The library's state must stand at an address that not every piece of memory has. */
void digest_init(struct digest *d)
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, DIGEST_LEN);
    memcpy(d->state, &state, sizeof state);
}

void digest_add(struct digest *d, const void *bytes, size_t len)
{
    crypto_generichash_state state;
    memcpy(&state, d->state, sizeof state);
    crypto_generichash_update(&state, bytes, len);
    memcpy(d->state, &state, sizeof state);
}

void digest_end(struct digest *d, char text[DIGEST_TEXT_SIZE])
{
    crypto_generichash_state state;
    uint8_t out[DIGEST_LEN];
    memcpy(&state, d->state, sizeof state);
    crypto_generichash_final(&state, out, sizeof out);
    sodium_bin2hex(text, DIGEST_TEXT_SIZE, out, sizeof out);
}
