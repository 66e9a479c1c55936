#include "hpke.h"

#include "error.h"

#include <sodium.h>

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum {
    MODE_BASE = 0,
    MODE_AUTH = 2,
    HASH_LEN = crypto_auth_hmacsha256_BYTES,
};

static_assert((int)HPKE_NONCE_LEN == crypto_aead_chacha20poly1305_IETF_NPUBBYTES, "the nonce");
static_assert((int)HPKE_TAG_LEN == crypto_aead_chacha20poly1305_IETF_ABYTES, "the tag");

/* suite_id: of the KEM alone (RFC 9180, 4.1), and of the whole suite (5.1). */
static const uint8_t kem[] = {'K', 'E', 'M', 0, 0x20};
static const uint8_t suite[] = {'H', 'P', 'K', 'E', 0, 0x20, 0, 1, 0, 3};

#define BYTES(array) ((struct hpke_bytes){(array), sizeof(array)})
#define NONE         ((struct hpke_bytes){kem, 0}) /* libsodium wants no NULL */

/* The arguments of LabeledExtract and LabeledExpand (section 4). */
struct labeled {
    struct hpke_bytes suite;
    struct hpke_bytes key; /* the salt, or the pseudorandom key */
    const char *label;
    struct hpke_bytes input;
};

static void add(crypto_auth_hmacsha256_state *mac, struct hpke_bytes bytes)
{
    crypto_auth_hmacsha256_update(mac, bytes.at, bytes.len);
}

static void add_labeled(crypto_auth_hmacsha256_state *mac, const struct labeled *l)
{
    static const uint8_t version[] = {'H', 'P', 'K', 'E', '-', 'v', '1'};
    add(mac, BYTES(version));
    add(mac, l->suite);
    add(mac, (struct hpke_bytes){(const uint8_t *)l->label, strlen(l->label)});
    add(mac, l->input);
}

static void extract(const struct labeled *l, uint8_t out[HASH_LEN])
{
    crypto_auth_hmacsha256_state mac;
    crypto_auth_hmacsha256_init(&mac, l->key.at, l->key.len);
    add_labeled(&mac, l);
    crypto_auth_hmacsha256_final(&mac, out);
    sodium_memzero(&mac, sizeof mac);
}

/* Nothing here is longer than one hash, so one round of HKDF's expansion is all. */
static void expand(const struct labeled *l, uint8_t *out, size_t len)
{
    const uint8_t prefix[] = {0, (uint8_t)len}, round[] = {1};
    uint8_t hash[HASH_LEN];
    crypto_auth_hmacsha256_state mac;
    crypto_auth_hmacsha256_init(&mac, l->key.at, l->key.len);
    add(&mac, BYTES(prefix));
    add_labeled(&mac, l);
    add(&mac, BYTES(round));
    crypto_auth_hmacsha256_final(&mac, hash);
    memcpy(out, hash, len);
    sodium_memzero(hash, sizeof hash);
    sodium_memzero(&mac, sizeof mac);
}

/* The results of one or two DH, and the public keys enc, receiver's, sender's (section 4.1). */
struct agreement {
    uint8_t dh[2 * KEYS_LEN];
    uint8_t keys[3 * KEYS_LEN];
    bool auth; /* without it the last key of each is not used */
};

/* The KEM's shared secret, then the key schedule (section 5.1) without a PSK. */
static void derive(struct hpke *h, const struct agreement *a, struct hpke_bytes info)
{
    const struct hpke_bytes dh = {a->dh, sizeof a->dh - (a->auth ? 0 : KEYS_LEN)};
    const struct hpke_bytes keys = {a->keys, sizeof a->keys - (a->auth ? 0 : KEYS_LEN)};
    uint8_t prk[HASH_LEN], shared[HASH_LEN], context[1 + 2 * HASH_LEN];
    extract(&(struct labeled){BYTES(kem), NONE, "eae_prk", dh}, prk);
    expand(&(struct labeled){BYTES(kem), BYTES(prk), "shared_secret", keys}, shared, HASH_LEN);

    context[0] = a->auth ? MODE_AUTH : MODE_BASE;
    extract(&(struct labeled){BYTES(suite), NONE, "psk_id_hash", NONE}, context + 1);
    extract(&(struct labeled){BYTES(suite), NONE, "info_hash", info}, context + 1 + HASH_LEN);
    extract(&(struct labeled){BYTES(suite), BYTES(shared), "secret", NONE}, prk);
    struct labeled l = {BYTES(suite), BYTES(prk), "key", BYTES(context)};
    expand(&l, h->key, sizeof h->key);
    l.label = "base_nonce";
    expand(&l, h->nonce, sizeof h->nonce);
    h->sequence = 0;
    sodium_memzero(prk, sizeof prk);
    sodium_memzero(shared, sizeof shared);
}

int hpke_send(struct hpke *h, const struct hpke_sending *s, uint8_t enc[KEYS_LEN])
{
    struct agreement a = {.auth = s->sender};
    crypto_scalarmult_curve25519_base(a.keys, s->ephemeral);
    memcpy(a.keys + KEYS_LEN, s->receiver, KEYS_LEN);
    int rc = crypto_scalarmult_curve25519(a.dh, s->ephemeral, s->receiver);
    if (s->sender) {
        crypto_scalarmult_curve25519_base(a.keys + 2 * KEYS_LEN, s->sender);
        rc |= crypto_scalarmult_curve25519(a.dh + KEYS_LEN, s->sender, s->receiver);
    }
    if (rc == 0) {
        derive(h, &a, s->info);
        memcpy(enc, a.keys, KEYS_LEN);
    }
    sodium_memzero(&a, sizeof a);
    return rc ? ERROR_KEY : 0;
}

int hpke_receive(struct hpke *h, const struct hpke_receiving *r)
{
    struct agreement a = {.auth = r->sender};
    memcpy(a.keys, r->enc, KEYS_LEN);
    crypto_scalarmult_curve25519_base(a.keys + KEYS_LEN, r->receiver);
    int rc = crypto_scalarmult_curve25519(a.dh, r->receiver, r->enc);
    if (r->sender) {
        memcpy(a.keys + 2 * KEYS_LEN, r->sender, KEYS_LEN);
        rc |= crypto_scalarmult_curve25519(a.dh + KEYS_LEN, r->receiver, r->sender);
    }
    if (rc == 0)
        derive(h, &a, r->info);
    sodium_memzero(&a, sizeof a);
    return rc ? ERROR_KEY : 0;
}

static void make_nonce(const struct hpke *h, uint64_t sequence, uint8_t nonce[HPKE_NONCE_LEN])
{
    memcpy(nonce, h->nonce, HPKE_NONCE_LEN);
    for (size_t i = 0; i < 8; i++)
        nonce[HPKE_NONCE_LEN - 1 - i] ^= (uint8_t)(sequence >> 8 * i);
}

int hpke_seal(struct hpke *h, struct hpke_bytes aad, struct hpke_bytes text, uint8_t *out)
{
    if (h->sequence > HPKE_SEQUENCE_MAX)
        return ERROR_LIMIT;
    uint8_t nonce[HPKE_NONCE_LEN];
    make_nonce(h, h->sequence++, nonce);
    crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, text.at, text.len, aad.at, aad.len, NULL,
                                              nonce, h->key);
    return 0;
}

int hpke_open(const struct hpke *h, uint64_t sequence, struct hpke_bytes aad,
              struct hpke_bytes sealed, uint8_t *out)
{
    if (sequence > HPKE_SEQUENCE_MAX)
        return ERROR_SEAL;
    uint8_t nonce[HPKE_NONCE_LEN];
    make_nonce(h, sequence, nonce);
    return crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed.at, sealed.len, aad.at,
                                                     aad.len, nonce, h->key)
               ? ERROR_SEAL
               : 0;
}
