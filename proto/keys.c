#include "keys.h"

#include "error.h"
#include "json.h"

#include <sodium.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    RING_FIRST = 8,
    SAFETY_GROUPS = 12,
};

struct keys_identity {
    uint8_t secret[crypto_sign_SECRETKEYBYTES]; /* the seed, then the public key */
    uint8_t exchange[KEYS_LEN];
};

struct keys_ring {
    struct keys_prekey *prekeys; /* oldest first; owned, in memory for secrets */
    size_t count, size;
};

void *keys_secret_new(size_t len)
{
    return sodium_init() < 0 ? NULL : sodium_malloc(len);
}

void keys_secret_free(void *secret)
{
    sodium_free(secret);
}

void keys_wipe(void *secret, size_t len)
{
    sodium_memzero(secret, len);
}

void keys_draw(uint8_t state[KEYS_LEN], uint8_t out[KEYS_LEN])
{
    uint8_t next[KEYS_LEN];
    crypto_auth_hmacsha256(out, (const uint8_t *)"out", 3, state);
    crypto_auth_hmacsha256(next, (const uint8_t *)"next", 4, state);
    memcpy(state, next, KEYS_LEN);
    keys_wipe(next, sizeof next);
}

int keys_identity_new(struct keys_identity **identity, const uint8_t seed[KEYS_LEN])
{
    struct keys_identity *made = *identity = keys_secret_new(sizeof *made);
    if (!made)
        return ERROR_NOMEM;
    uint8_t public[KEYS_LEN];
    crypto_sign_seed_keypair(public, made->secret, seed);
    crypto_sign_ed25519_sk_to_curve25519(made->exchange, made->secret);
    return 0;
}

void keys_identity_free(struct keys_identity *identity)
{
    keys_secret_free(identity);
}

const uint8_t *keys_identity_public(const struct keys_identity *identity)
{
    return identity->secret + KEYS_LEN;
}

const uint8_t *keys_identity_seed(const struct keys_identity *identity)
{
    return identity->secret;
}

const uint8_t *keys_identity_exchange(const struct keys_identity *identity)
{
    return identity->exchange;
}

void keys_sign(const struct keys_identity *identity, const uint8_t *bytes, size_t len,
               uint8_t signature[KEYS_SIGNATURE_LEN])
{
    crypto_sign_detached(signature, NULL, bytes, len, identity->secret);
}

int keys_verify(const uint8_t identity[KEYS_LEN], const uint8_t *bytes, size_t len,
                const uint8_t signature[KEYS_SIGNATURE_LEN])
{
    return crypto_sign_verify_detached(signature, bytes, len, identity) ? ERROR_KEY : 0;
}

int keys_exchange_public(const uint8_t identity[KEYS_LEN], uint8_t exchange[KEYS_LEN])
{
    return crypto_sign_ed25519_pk_to_curve25519(exchange, identity) ? ERROR_KEY : 0;
}

int keys_ring_new(struct keys_ring **ring)
{
    *ring = calloc(1, sizeof **ring);
    return *ring ? 0 : ERROR_NOMEM;
}

void keys_ring_free(struct keys_ring *ring)
{
    if (ring)
        keys_secret_free(ring->prekeys);
    free(ring);
}

static int ring_grow(struct keys_ring *ring)
{
    size_t size = ring->size ? 2 * ring->size : RING_FIRST;
    struct keys_prekey *prekeys = keys_secret_new(size * sizeof *prekeys);
    if (!prekeys)
        return ERROR_NOMEM;
    if (ring->count)
        memcpy(prekeys, ring->prekeys, ring->count * sizeof *prekeys);
    keys_secret_free(ring->prekeys);
    ring->prekeys = prekeys;
    ring->size = size;
    return 0;
}

int keys_ring_add(struct keys_ring *ring, const uint8_t secret[KEYS_LEN], uint64_t made_ms)
{
    if (made_ms != keys_ring_made(ring, made_ms) || made_ms > JSON_INTEGER_MAX)
        return ERROR_KEY;
    if (ring->count == ring->size && ring_grow(ring))
        return ERROR_NOMEM;
    struct keys_prekey *prekey = &ring->prekeys[ring->count++];
    *prekey = (struct keys_prekey){.made_ms = made_ms};
    memcpy(prekey->secret, secret, KEYS_LEN);
    return 0;
}

uint64_t keys_ring_made(const struct keys_ring *ring, uint64_t now_ms)
{
    uint64_t newest_ms = ring->count ? ring->prekeys[ring->count - 1].made_ms : 0;
    return ring->count && newest_ms >= now_ms ? newest_ms + 1 : now_ms;
}

uint64_t keys_ring_expire(struct keys_ring *ring, uint64_t now_ms)
{
    struct keys_prekey *prekeys = ring->prekeys;
    size_t gone = 0; /* each is replaced when the next one is made */
    while (gone + 1 < ring->count && prekeys[gone + 1].made_ms + KEYS_PREKEY_TTL_MS < now_ms)
        gone++;
    if (gone) {
        ring->count -= gone;
        memmove(prekeys, prekeys + gone, ring->count * sizeof *prekeys);
        keys_wipe(prekeys + ring->count, gone * sizeof *prekeys);
    }
    return ring->count ? prekeys[0].made_ms : 0;
}

/* Most are never named again after their run, so the public half is made when it is wanted. */
static const struct keys_prekey *complete(struct keys_prekey *prekey)
{
    if (sodium_is_zero(prekey->public, KEYS_LEN)) {
        crypto_scalarmult_curve25519_base(prekey->public, prekey->secret);
        keys_prekey_id(prekey->public, prekey->id);
    }
    return prekey;
}

const struct keys_prekey *keys_ring_newest(const struct keys_ring *ring)
{
    return ring->count ? complete(&ring->prekeys[ring->count - 1]) : NULL;
}

const struct keys_prekey *keys_ring_find(const struct keys_ring *ring,
                                         const uint8_t id[KEYS_ID_LEN])
{
    for (size_t i = ring->count; i-- > 0;)
        if (memcmp(complete(&ring->prekeys[i])->id, id, KEYS_ID_LEN) == 0)
            return &ring->prekeys[i];
    return NULL;
}

void keys_prekey_id(const uint8_t prekey[KEYS_LEN], uint8_t id[KEYS_ID_LEN])
{
    uint8_t digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, prekey, KEYS_LEN);
    memcpy(id, digest, KEYS_ID_LEN);
}

int keys_prekey_check(const uint8_t prekey[KEYS_LEN])
{
    static const uint8_t any[KEYS_LEN] = {1}; /* a secret like another: only 0 matters */
    uint8_t agreed[KEYS_LEN];
    return crypto_scalarmult_curve25519(agreed, any, prekey) ? ERROR_KEY : 0;
}

void keys_base64_format(const uint8_t *bytes, size_t len, char *out, size_t size)
{
    sodium_bin2base64(out, size, bytes, len, sodium_base64_VARIANT_ORIGINAL);
}

int keys_base64_parse(const char *text, size_t text_len, uint8_t *bytes, size_t len)
{
    size_t got;
    int rc = sodium_base642bin(bytes, len, text, text_len, NULL, &got, NULL,
                               sodium_base64_VARIANT_ORIGINAL);
    return rc || got != len ? ERROR_KEY : 0;
}

void keys_text_format(const uint8_t key[KEYS_LEN], char out[KEYS_TEXT_SIZE])
{
    keys_base64_format(key, KEYS_LEN, out, KEYS_TEXT_SIZE);
}

int keys_text_parse(const char *text, size_t len, uint8_t key[KEYS_LEN])
{
    return keys_base64_parse(text, len, key, KEYS_LEN);
}

/* Writes the digits of a digest in their groups. */
static void format_digest(const uint8_t digest[KEYS_LEN], char out[KEYS_FINGERPRINT_SIZE])
{
    for (size_t i = 0; i < KEYS_LEN; i += 2, out += 5) {
        sodium_bin2hex(out, 5, digest + i, 2);
        out[4] = i + 2 < KEYS_LEN ? '-' : '\0';
    }
}

void keys_fingerprint_format(const uint8_t key[KEYS_LEN], char out[KEYS_FINGERPRINT_SIZE])
{
    uint8_t digest[KEYS_LEN];
    crypto_hash_sha256(digest, key, KEYS_LEN);
    format_digest(digest, out);
}

int keys_fingerprint_parse(const char *text, char out[KEYS_FINGERPRINT_SIZE])
{
    uint8_t digest[KEYS_LEN];
    size_t len;
    if (sodium_hex2bin(digest, sizeof digest, text, strlen(text), "-: ", &len, NULL) ||
        len != sizeof digest)
        return ERROR_KEY;
    format_digest(digest, out);
    return 0;
}

void keys_safety_format(const uint8_t a[KEYS_LEN], const uint8_t b[KEYS_LEN],
                        char out[KEYS_SAFETY_SIZE])
{
    static const char label[] = "chat/1 safety";
    bool in_order = memcmp(a, b, KEYS_LEN) <= 0;
    uint8_t digest[crypto_hash_sha512_BYTES];
    crypto_hash_sha512_state state;
    crypto_hash_sha512_init(&state);
    crypto_hash_sha512_update(&state, (const uint8_t *)label, sizeof label);
    crypto_hash_sha512_update(&state, in_order ? a : b, KEYS_LEN);
    crypto_hash_sha512_update(&state, in_order ? b : a, KEYS_LEN);
    crypto_hash_sha512_final(&state, digest);
    const uint8_t *at = digest;
    for (size_t group = 0; group < SAFETY_GROUPS; group++, out += 6) {
        uint64_t n = 0;
        for (size_t i = 0; i < 5; i++)
            n = n << 8 | *at++;
        for (size_t digit = 5; digit-- > 0; n /= 10)
            out[digit] = (char)('0' + n % 10);
        out[5] = group + 1 < SAFETY_GROUPS ? ' ' : '\0';
    }
}
