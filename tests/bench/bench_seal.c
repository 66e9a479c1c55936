/* Seals and opens a second, of 64 bytes each, on one core. */
#include "seal.h"

#include <assert.h>
#include <stdio.h>
#include <time.h>

enum {
    ROUNDS = 1000,
    BATCH = 1000,
    PAYLOAD_LEN = 64,
};

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(void)
{
    static const uint8_t alice_seed[KEYS_LEN] = {1}, bob_seed[KEYS_LEN] = {2};
    static const uint8_t secret[KEYS_LEN] = {8}, ephemeral[KEYS_LEN] = {16};
    struct keys_identity *alice, *bob;
    struct keys_ring *ring;
    struct seal_sender *sender;
    struct seal_opener *opener;
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
    failed = seal_sender_new(&sender, alice, &parties, keys_ring_newest(ring)->public, ephemeral) |
             seal_opener_new(&opener, ring, &parties);
    assert(!failed);

    static const uint8_t payload[PAYLOAD_LEN];
    struct buffer sealed, out;
    buffer_init(&sealed, SIZE_MAX);
    buffer_init(&out, SIZE_MAX);
    double sealing_s = 0, opening_s = 0;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        double start_s = now_s();
        for (uint64_t i = 0; i < BATCH; i++) {
            const struct seal_place place = {SEAL_MESSAGE, round, i};
            failed |= seal_put(sender, &place, payload, sizeof payload, &sealed);
        }
        double middle_s = now_s();
        for (uint64_t i = 0; i < BATCH; i++) {
            const struct seal_place place = {SEAL_MESSAGE, round, i};
            size_t len, opened;
            const uint8_t *content = buffer_peek(&sealed, &len);
            failed |= seal_open(opener, &place, content, SEAL_OVERHEAD + PAYLOAD_LEN, &out);
            buffer_consume(&sealed, SEAL_OVERHEAD + PAYLOAD_LEN);
            buffer_peek(&out, &opened);
            buffer_consume(&out, opened);
        }
        opening_s += now_s() - middle_s;
        sealing_s += middle_s - start_s;
    }
    assert(!failed);
    printf("%.0f seals/s, %.0f opens/s of %d bytes\n", ROUNDS * BATCH / sealing_s,
           ROUNDS * BATCH / opening_s, PAYLOAD_LEN);

    buffer_clear(&sealed);
    buffer_clear(&out);
    seal_sender_free(sender);
    seal_opener_free(opener);
    keys_ring_free(ring);
    keys_identity_free(alice);
    keys_identity_free(bob);
    return 0;
}
