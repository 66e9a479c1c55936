#ifndef KEYS_H
#define KEYS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Keys (PROTOCOL.md, "Identity and sealing"): an identity, the prekeys, and the texts by which
 * people and files name a key. Secrets live in locked memory that is wiped when it is freed; every
 * random byte comes from the caller.
 */
enum {
    KEYS_LEN = 32, /* a seed, a secret of X25519, a public key of either kind */
    KEYS_ID_LEN = 8,
    KEYS_SIGNATURE_LEN = 64,
    KEYS_TEXT_SIZE = 45, /* a key in base64, with its NUL */
    KEYS_FINGERPRINT_SIZE = 80,
    KEYS_SAFETY_SIZE = 72,
};

/* How long a prekey that was replaced still opens what was sealed to it. */
#define KEYS_PREKEY_TTL_MS (UINT64_C(7) * 24 * 60 * 60 * 1000)

/* Memory for a secret: locked, fenced, wiped when freed. NULL: out of memory. */
void *keys_secret_new(size_t len);
void keys_secret_free(void *secret);

/* Wipes a copy of a secret that had to be somewhere else. */
void keys_wipe(void *secret, size_t len);

/*
 * Draws 32 bytes from a state that began as 32 random bytes, and moves the state on: from what it
 * is then, nothing that was drawn before can be found.
 */
void keys_draw(uint8_t state[KEYS_LEN], uint8_t out[KEYS_LEN]);

/* The Ed25519 key pair that says who somebody is. */
struct keys_identity;

/* Makes the identity of a seed of 32 random bytes (copied). ERROR_NOMEM. */
int keys_identity_new(struct keys_identity **identity, const uint8_t seed[KEYS_LEN]);
void keys_identity_free(struct keys_identity *identity);

/* Its public key; its seed, for tls_new; its secret as X25519, for sealing. Borrowed from it. */
const uint8_t *keys_identity_public(const struct keys_identity *identity);
const uint8_t *keys_identity_seed(const struct keys_identity *identity);
const uint8_t *keys_identity_exchange(const struct keys_identity *identity);

/* Signs, and judges a signature: ERROR_KEY where it is not that identity's. */
void keys_sign(const struct keys_identity *identity, const uint8_t *bytes, size_t len,
               uint8_t signature[KEYS_SIGNATURE_LEN]);
int keys_verify(const uint8_t identity[KEYS_LEN], const uint8_t *bytes, size_t len,
                const uint8_t signature[KEYS_SIGNATURE_LEN]);

/*
 * Maps the public key of an identity to X25519. ERROR_KEY where it is no point of Ed25519's prime
 * order: nothing may be sealed for it or taken as its.
 */
int keys_exchange_public(const uint8_t identity[KEYS_LEN], uint8_t exchange[KEYS_LEN]);

/* An X25519 key pair for others to seal to. */
struct keys_prekey {
    uint8_t secret[KEYS_LEN];
    uint8_t public[KEYS_LEN];
    uint8_t id[KEYS_ID_LEN]; /* names it in what is sealed to it */
    uint64_t made_ms;
};

/* This client's prekeys: the newest, and those replaced that somebody may still have sealed to. */
struct keys_ring;

int keys_ring_new(struct keys_ring **ring);
void keys_ring_free(struct keys_ring *ring);

/*
 * Adds the prekey of 32 random bytes (copied), which must be made later than the newest one: those
 * from the disk in their order, then a new one. ERROR_KEY, ERROR_NOMEM; nothing was added then.
 */
int keys_ring_add(struct keys_ring *ring, const uint8_t secret[KEYS_LEN], uint64_t made_ms);

/* When a prekey that is added now is to be made: `now_ms`, or just after the newest one. */
uint64_t keys_ring_made(const struct keys_ring *ring, uint64_t now_ms);

/*
 * Wipes those that were replaced more than KEYS_PREKEY_TTL_MS before `now_ms`. Gives when the
 * oldest of the rest was made: what is older is to be erased on disk too.
 */
uint64_t keys_ring_expire(struct keys_ring *ring, uint64_t now_ms);

/* The newest prekey; the one of an id. NULL: none. Borrowed until something is added or expires. */
const struct keys_prekey *keys_ring_newest(const struct keys_ring *ring);
const struct keys_prekey *keys_ring_find(const struct keys_ring *ring,
                                         const uint8_t id[KEYS_ID_LEN]);

/* ERROR_KEY where nothing can be agreed with a prekey: it is a point of low order. */
int keys_prekey_check(const uint8_t prekey[KEYS_LEN]);

/* The id of a prekey: the first bytes of its SHA-256. */
void keys_prekey_id(const uint8_t prekey[KEYS_LEN], uint8_t id[KEYS_ID_LEN]);

/*
 * A public key in base64 (RFC 4648, padded), as it stands in `keys`, in lists and in pins.
 * keys_text_parse gives ERROR_KEY where the text is not exactly one.
 */
void keys_text_format(const uint8_t key[KEYS_LEN], char out[KEYS_TEXT_SIZE]);
int keys_text_parse(const char *text, size_t len, uint8_t key[KEYS_LEN]);

/* The same for bytes of any length: `size` counts the NUL; exactly `len` bytes must come out. */
void keys_base64_format(const uint8_t *bytes, size_t len, char *out, size_t size);
int keys_base64_parse(const char *text, size_t text_len, uint8_t *bytes, size_t len);

/*
 * The fingerprint of a public key: its SHA-256 in hex, in 16 groups of four joined by `-`.
 * keys_fingerprint_parse puts one that somebody typed into that form, so that the two can be
 * compared: any case; `-`, `:` or spaces between bytes, or nothing. ERROR_KEY.
 */
void keys_fingerprint_format(const uint8_t key[KEYS_LEN], char out[KEYS_FINGERPRINT_SIZE]);
int keys_fingerprint_parse(const char *text, char out[KEYS_FINGERPRINT_SIZE]);

/*
 * The safety number of two identities, the same in either order: 60 digits in twelve groups of
 * five. Each group is five bytes, big-endian, modulo 100,000, of the SHA-512 of
 * `"chat/1 safety" 0 lower identity (32) higher identity (32)`. One plain hash is enough: to stand
 * between two people unseen takes a collision of 199 bits, 2^99 pairs of keys, and iterating
 * would add a dozen bits at the most.
 */
void keys_safety_format(const uint8_t a[KEYS_LEN], const uint8_t b[KEYS_LEN],
                        char out[KEYS_SAFETY_SIZE]);

#endif
