#include "error.h"
#include "frame.h"
#include "payload.h"
#include "seal.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

/* Alice seals, Bob opens; Mallory has an identity of her own. */
struct world {
    struct keys_identity *alice, *bob, *mallory;
    struct keys_ring *ring; /* Bob's */
    struct seal_parties parties;
};

static struct world world;
static const struct seal_place place = {SEAL_MESSAGE, 0x0123456789abcdef, 7};

static struct keys_identity *make_identity(uint8_t first)
{
    const uint8_t seed[KEYS_LEN] = {first};
    struct keys_identity *identity;
    assert_int_equal(keys_identity_new(&identity, seed), 0);
    return identity;
}

/* The low bits of a secret's first byte mean nothing: the second tells them apart. */
static void add_prekey(uint8_t second, uint64_t made_ms)
{
    const uint8_t secret[KEYS_LEN] = {8, second};
    assert_int_equal(keys_ring_add(world.ring, secret, made_ms), 0);
}

static int setup(void **state)
{
    (void)state;
    world.alice = make_identity(1);
    world.bob = make_identity(2);
    world.mallory = make_identity(3);
    assert_int_equal(keys_ring_new(&world.ring), 0);
    add_prekey(1, 1000);
    world.parties = (struct seal_parties){
        .room = "lobby",
        .sender = "alice",
        .receiver = "bob",
        .sender_identity = keys_identity_public(world.alice),
        .receiver_identity = keys_identity_public(world.bob),
    };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    keys_identity_free(world.alice);
    keys_identity_free(world.bob);
    keys_identity_free(world.mallory);
    keys_ring_free(world.ring);
    return 0;
}

static struct seal_sender *make_sender(uint8_t nth)
{
    const uint8_t ephemeral[KEYS_LEN] = {16, nth};
    struct seal_sender *sender;
    assert_int_equal(seal_sender_new(&sender, world.alice, &world.parties,
                                     keys_ring_newest(world.ring)->public, ephemeral),
                     0);
    return sender;
}

static struct seal_opener *make_opener(const struct seal_parties *parties)
{
    struct seal_opener *opener;
    assert_int_equal(seal_opener_new(&opener, world.ring, parties), 0);
    return opener;
}

/* Alice's "hello", sealed for `place` in a context of its own; cleared by the caller. */
static struct buffer seal_hello(uint8_t nth)
{
    struct buffer sealed;
    struct seal_sender *sender = make_sender(nth);
    buffer_init(&sealed, SIZE_MAX);
    assert_int_equal(seal_put(sender, &place, (const uint8_t *)"hello", 5, &sealed), 0);
    seal_sender_free(sender);
    return sealed;
}

/* Opens content at a place, where it must come out as "hello" or, with an error, as nothing. */
static void assert_opens(struct seal_opener *opener, const struct seal_place *at,
                         const struct buffer *sealed, int expected)
{
    struct buffer out;
    buffer_init(&out, 100);
    assert_int_equal(buffer_put(&out, "> ", 2), 0);
    size_t len;
    const uint8_t *content = buffer_peek(sealed, &len);
    assert_int_equal(seal_open(opener, at, content, len, &out), expected);
    const char *text = expected ? "> " : "> hello";
    assert_int_equal(out.len, strlen(text));
    assert_memory_equal(out.bytes, text, out.len);
    buffer_clear(&out);
}

static void test_what_is_sealed_opens(void **state)
{
    (void)state;
    struct seal_sender *sender = make_sender(1);
    struct seal_opener *opener = make_opener(&world.parties);
    static uint8_t payload[FRAME_CONTENT_MAX];
    const size_t lens[] = {0, 1, 5, 64, 1000, FRAME_CONTENT_MAX - SEAL_OVERHEAD};
    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)(i * 31);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        struct buffer sealed, out;
        buffer_init(&sealed, SIZE_MAX);
        buffer_init(&out, SIZE_MAX);
        assert_int_equal(seal_put(sender, &place, payload, lens[i], &sealed), 0);
        assert_int_equal(sealed.len, lens[i] + SEAL_OVERHEAD);
        assert_int_equal(sealed.bytes[0], PAYLOAD_SEALED);
        assert_memory_equal(sealed.bytes + 1, keys_ring_newest(world.ring)->id, KEYS_ID_LEN);
        for (size_t byte = 0; byte < 8; byte++) /* the sequence counts */
            assert_int_equal(sealed.bytes[41 + byte], byte < 7 ? 0 : i);
        assert_int_equal(seal_open(opener, &place, sealed.bytes, sealed.len, &out), 0);
        assert_int_equal(out.len, lens[i]);
        if (out.len)
            assert_memory_equal(out.bytes, payload, out.len);
        buffer_clear(&sealed);
        buffer_clear(&out);
    }
    seal_sender_free(sender);
    seal_opener_free(opener);
}

static void test_any_byte_changed_does_not_open(void **state)
{
    (void)state;
    struct buffer sealed = seal_hello(1);
    struct seal_opener *opener = make_opener(&world.parties);
    for (int known = 0; known < 2; known++) { /* without the context at hand, and with it */
        for (size_t i = 0; i < sealed.len; i++)
            for (unsigned bit = 1; bit < 256; bit <<= 1) {
                /* X25519 takes no notice of the last bit of enc; HPKE must. */
                sealed.bytes[i] ^= (uint8_t)bit;
                assert_opens(opener, &place, &sealed, ERROR_SEAL);
                sealed.bytes[i] ^= (uint8_t)bit;
            }
        assert_opens(opener, &place, &sealed, 0);
    }
    for (; sealed.len > 0; sealed.len--) {
        struct buffer shorter = sealed;
        shorter.len--;
        assert_opens(opener, &place, &shorter, ERROR_SEAL);
    }
    buffer_clear(&sealed);
    seal_opener_free(opener);
}

static void test_another_place_does_not_open(void **state)
{
    (void)state;
    struct buffer sealed = seal_hello(1);
    struct seal_opener *opener = make_opener(&world.parties);
    const struct seal_place others[] = {
        {SEAL_RECEIPT, place.stream, place.n},
        {SEAL_SIGNAL, place.stream, place.n},
        {SEAL_SIGNAL, 0, 0},
        {SEAL_MESSAGE, place.stream + 1, place.n},
        {SEAL_MESSAGE, place.stream, place.n + 1},
        {SEAL_MESSAGE, place.n, place.stream},
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_opens(opener, &others[i], &sealed, ERROR_SEAL);
    assert_opens(opener, &place, &sealed, 0);
    buffer_clear(&sealed);
    seal_opener_free(opener);
}

static void test_other_parties_do_not_open(void **state)
{
    (void)state;
    struct buffer sealed = seal_hello(1);
    const uint8_t *alice = keys_identity_public(world.alice);
    const uint8_t *bob = keys_identity_public(world.bob);
    const uint8_t *mallory = keys_identity_public(world.mallory);
    const struct seal_parties others[] = {
        {"tea", "alice", "bob", alice, bob},     {"lobby", "alicia", "bob", alice, bob},
        {"lobby", "alice", "bobby", alice, bob}, {"lobby", "bob", "alice", alice, bob},
        {"lobby", "alice", "bob", bob, alice},   {"lobby", "bob", "alice", bob, alice},
        {"lobby", "alice", "bob", mallory, bob}, {"lobby", "alice", "bob", alice, mallory},
        {"lobb", "yalice", "bob", alice, bob},   {"", "lobby", "alice", alice, bob},
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct seal_opener *opener = make_opener(&others[i]);
        assert_opens(opener, &place, &sealed, ERROR_SEAL);
        seal_opener_free(opener);
    }
    buffer_clear(&sealed);
}

/* Mallory knows all that is public, and Alice's name, but not her secret. */
static void test_nobody_seals_for_somebody_else(void **state)
{
    (void)state;
    struct seal_parties parties = world.parties;
    parties.sender_identity = keys_identity_public(world.mallory);
    const uint8_t ephemeral[KEYS_LEN] = {9};
    struct seal_sender *sender;
    struct buffer sealed;
    buffer_init(&sealed, SIZE_MAX);
    assert_int_equal(seal_sender_new(&sender, world.mallory, &parties,
                                     keys_ring_newest(world.ring)->public, ephemeral),
                     0);
    assert_int_equal(seal_put(sender, &place, (const uint8_t *)"hello", 5, &sealed), 0);
    struct seal_opener *opener = make_opener(&world.parties);
    assert_opens(opener, &place, &sealed, ERROR_SEAL);
    seal_opener_free(opener);
    opener = make_opener(&parties);
    assert_opens(opener, &place, &sealed, 0);
    seal_opener_free(opener);
    seal_sender_free(sender);
    buffer_clear(&sealed);
}

static void test_an_older_prekey_opens_until_it_is_gone(void **state)
{
    (void)state;
    struct buffer old = seal_hello(1);
    struct seal_opener *opener = make_opener(&world.parties);
    add_prekey(2, 2000);
    struct buffer new = seal_hello(2);
    assert_opens(opener, &place, &old, 0);
    assert_opens(opener, &place, &new, 0);

    /* Nor does an old content open as one to the new prekey. */
    struct buffer mixed = seal_hello(3);
    memcpy(mixed.bytes + 1, old.bytes + 1, KEYS_ID_LEN);
    assert_opens(opener, &place, &mixed, ERROR_SEAL);
    buffer_clear(&mixed);

    keys_ring_expire(world.ring, 2000 + KEYS_PREKEY_TTL_MS + 1);
    assert_opens(opener, &place, &old, ERROR_SEAL);
    assert_opens(opener, &place, &new, 0);
    buffer_clear(&old);
    buffer_clear(&new);
    seal_opener_free(opener);
}

/* More contexts than are remembered, in any order, with others in between that open nothing. */
static void test_many_contexts_open_in_any_order(void **state)
{
    (void)state;
    enum {
        COUNT = 40
    };
    struct buffer sealed[COUNT];
    struct seal_opener *opener = make_opener(&world.parties);
    for (size_t i = 0; i < COUNT; i++)
        sealed[i] = seal_hello((uint8_t)i);
    srand(1);
    for (size_t i = 0; i < 400; i++) {
        struct buffer *b = &sealed[rand() % COUNT];
        if (rand() % 2) {
            b->bytes[9] ^= 1;
            assert_opens(opener, &place, b, ERROR_SEAL);
            b->bytes[9] ^= 1;
        } else {
            assert_opens(opener, &place, b, 0);
        }
    }
    for (size_t i = 0; i < COUNT; i++)
        buffer_clear(&sealed[i]);
    seal_opener_free(opener);
}

static void test_bad_keys_are_refused(void **state)
{
    (void)state;
    const uint8_t zero[KEYS_LEN] = {0}, ephemeral[KEYS_LEN] = {1};
    struct seal_sender *sender;
    struct seal_opener *opener;
    assert_int_equal(seal_sender_new(&sender, world.alice, &world.parties, zero, ephemeral),
                     ERROR_KEY);
    assert_null(sender);
    struct seal_parties parties = world.parties;
    parties.sender_identity = zero;
    assert_int_equal(seal_opener_new(&opener, world.ring, &parties), ERROR_KEY);
    assert_null(opener);

    struct buffer sealed = seal_hello(1); /* enc of low order */
    memset(sealed.bytes + 9, 0, KEYS_LEN);
    opener = make_opener(&world.parties);
    assert_opens(opener, &place, &sealed, ERROR_SEAL);
    buffer_clear(&sealed);
    seal_opener_free(opener);
}

static void test_limits(void **state)
{
    (void)state;
    static const uint8_t payload[FRAME_CONTENT_MAX];
    struct seal_sender *sender = make_sender(1);
    struct seal_opener *opener = make_opener(&world.parties);
    struct buffer out;
    buffer_init(&out, 5 + SEAL_OVERHEAD);
    assert_int_equal(seal_put(sender, &place, payload, 6, &out), ERROR_LIMIT);
    assert_int_equal(out.len, 0);
    assert_int_equal(seal_put(sender, &place, payload, 5, &out), 0);

    struct buffer small;
    buffer_init(&small, 4);
    assert_int_equal(seal_open(opener, &place, out.bytes, out.len, &small), ERROR_LIMIT);
    assert_int_equal(small.len, 0);
    buffer_clear(&small);
    buffer_clear(&out);
    buffer_init(&out, SIZE_MAX);
    assert_int_equal(seal_put(sender, &place, payload, FRAME_CONTENT_MAX - SEAL_OVERHEAD + 1, &out),
                     ERROR_LIMIT);
    assert_int_equal(out.len, 0);
    seal_sender_free(sender);
    seal_opener_free(opener);
}

static void test_out_of_memory_is_an_error(void **state)
{
    (void)state;
    const uint8_t *prekey = keys_ring_newest(world.ring)->public;
    for (size_t n = 0; torture_begin(n); n++) {
        const uint8_t ephemeral[KEYS_LEN] = {1};
        struct seal_sender *sender;
        struct seal_opener *opener;
        struct buffer sealed, out;
        buffer_init(&sealed, SIZE_MAX);
        buffer_init(&out, SIZE_MAX);
        int rc = seal_sender_new(&sender, world.alice, &world.parties, prekey, ephemeral);
        int second = seal_opener_new(&opener, world.ring, &world.parties);
        if (rc == 0)
            rc = second;
        if (rc == 0)
            rc = seal_put(sender, &place, (const uint8_t *)"hello", 5, &sealed);
        if (rc == 0)
            rc = seal_open(opener, &place, sealed.bytes, sealed.len, &out);
        torture_end();
        assert_int_equal(rc, torture_failed() ? ERROR_NOMEM : 0);
        assert_int_equal(out.len, rc ? 0 : 5);
        seal_sender_free(sender);
        seal_opener_free(opener);
        buffer_clear(&sealed);
        buffer_clear(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_sealed_opens, setup, teardown),
        cmocka_unit_test_setup_teardown(test_any_byte_changed_does_not_open, setup, teardown),
        cmocka_unit_test_setup_teardown(test_another_place_does_not_open, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_parties_do_not_open, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nobody_seals_for_somebody_else, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_older_prekey_opens_until_it_is_gone, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_many_contexts_open_in_any_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_keys_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_out_of_memory_is_an_error, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
