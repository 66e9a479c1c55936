/*
 * Sealed content from outside. The first byte says how the rest is meant: 0 is a content as it is,
 * anything else the difference to a genuine one, with more bytes or (by the second byte) fewer.
 * Nothing but the genuine content may open, and it must still open after everything else.
 */
#include "error.h"
#include "seal.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const struct seal_place place = {SEAL_MESSAGE, 0x0123456789abcdef, 7};
static struct seal_opener *opener;
static struct buffer genuine;

static void prepare(void)
{
    static const uint8_t alice_seed[KEYS_LEN] = {1}, bob_seed[KEYS_LEN] = {2};
    static const uint8_t secret[KEYS_LEN] = {8}, ephemeral[KEYS_LEN] = {16};
    struct keys_identity *alice, *bob;
    struct keys_ring *ring;
    struct seal_sender *sender;
    int failed = keys_identity_new(&alice, alice_seed) | keys_identity_new(&bob, bob_seed) |
                 keys_ring_new(&ring) | keys_ring_add(ring, secret, 1);
    assert(!failed);
    const struct seal_parties parties = {
        .room = "lobby",
        .sender = "alice",
        .receiver = "bob",
        .sender_identity = keys_identity_public(alice),
        .receiver_identity = keys_identity_public(bob),
    };
    buffer_init(&genuine, SIZE_MAX);
    failed = seal_sender_new(&sender, alice, &parties, keys_ring_newest(ring)->public, ephemeral) |
             seal_opener_new(&opener, ring, &parties) |
             seal_put(sender, &place, (const uint8_t *)"hello", 5, &genuine);
    assert(!failed);
    seal_sender_free(sender);
    keys_identity_free(alice);
    keys_identity_free(bob);
}

static void try(const uint8_t *content, size_t len)
{
    bool is_genuine = len == genuine.len && memcmp(content, genuine.bytes, len) == 0;
    struct buffer out;
    buffer_init(&out, SIZE_MAX);
    int rc = seal_open(opener, &place, content, len, &out);
    assert(rc == (is_genuine ? 0 : ERROR_SEAL));
    assert(is_genuine ? out.len == 5 && memcmp(out.bytes, "hello", 5) == 0 : out.len == 0);
    buffer_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (!opener)
        prepare();
    if (len < 2)
        return 0;
    if (bytes[0] == 0) {
        try(bytes + 1, len - 1);
    } else {
        uint8_t content[512] = {0};
        size_t end = genuine.len;
        memcpy(content, genuine.bytes, genuine.len);
        for (size_t i = 2; i < len && i - 2 < sizeof content; i++)
            content[i - 2] ^= bytes[i];
        if (len - 2 > end)
            end = len - 2 < sizeof content ? len - 2 : sizeof content;
        try(content, end - bytes[1] % (end + 1));
    }
    try(genuine.bytes, genuine.len);
    return 0;
}
