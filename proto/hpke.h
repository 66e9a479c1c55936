#ifndef HPKE_H
#define HPKE_H

#include "keys.h"

#include <stddef.h>
#include <stdint.h>

/*
 * HPKE (RFC 9180) with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and ChaCha20Poly1305, in mode_auth
 * and, where the sender has no key, mode_base. The ground under seal.h.
 */
enum {
    HPKE_NONCE_LEN = 12,
    HPKE_TAG_LEN = 16,
};

/* The last sequence number: PROTOCOL.md's integers. */
#define HPKE_SEQUENCE_MAX ((UINT64_C(1) << 53) - 1)

/* What both sides derive. It is secret: keep it in memory for secrets. */
struct hpke {
    uint8_t key[KEYS_LEN];
    uint8_t nonce[HPKE_NONCE_LEN];
    uint64_t sequence; /* of the next seal */
};

struct hpke_bytes {
    const uint8_t *at;
    size_t len;
};

/* X25519 keys, public or secret by the side; `sender` NULL is mode_base. */
struct hpke_sending {
    const uint8_t *ephemeral; /* a secret: 32 random bytes, for this one context */
    const uint8_t *sender;    /* secret */
    const uint8_t *receiver;  /* public */
    struct hpke_bytes info;
};
struct hpke_receiving {
    const uint8_t *enc;
    const uint8_t *sender;   /* public */
    const uint8_t *receiver; /* secret */
    struct hpke_bytes info;
};

/* Makes a context; `enc` goes to the receiver. ERROR_KEY where a key is a point of low order. */
int hpke_send(struct hpke *h, const struct hpke_sending *s, uint8_t enc[KEYS_LEN]);
int hpke_receive(struct hpke *h, const struct hpke_receiving *r);

/*
 * Seals a text to `out`, HPKE_TAG_LEN bytes longer, under h->sequence, which moves on. ERROR_LIMIT
 * where there is no number left.
 */
int hpke_seal(struct hpke *h, struct hpke_bytes aad, struct hpke_bytes text, uint8_t *out);

/*
 * Opens what was sealed under `sequence`, to `out`, HPKE_TAG_LEN bytes shorter. ERROR_SEAL; what
 * `out` holds is of no use then.
 */
int hpke_open(const struct hpke *h, uint64_t sequence, struct hpke_bytes aad,
              struct hpke_bytes sealed, uint8_t *out);

#endif
