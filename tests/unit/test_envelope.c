#include "envelope.h"
#include "error.h"
#include "frame.h"
#include "payload.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static const struct seal_place place = {SEAL_MESSAGE, 1, 2};

static struct envelope_bytes peek(const struct buffer *b)
{
    struct envelope_bytes bytes;
    bytes.at = buffer_peek(b, &bytes.len);
    return bytes;
}

static void test_a_payload_in_the_open(void **state)
{
    (void)state;
    struct envelope e = {.open = true};
    struct buffer out, scratch;
    buffer_init(&out, SIZE_MAX);
    buffer_init(&scratch, SIZE_MAX);
    const struct envelope_bytes payload = {(const uint8_t *)"\0\2{}", 4};
    assert_true(envelope_ready(&e));
    assert_int_equal(envelope_len(&e, 4), 5);
    assert_int_equal(envelope_put(&e, &place, payload, &out), 0);
    struct envelope_bytes content = peek(&out);
    assert_int_equal(content.len, 5);
    assert_memory_equal(content.at, "\0\0\2{}", 5);
    assert_int_equal(envelope_open(&e, &place, &content, &scratch), 0);
    assert_int_equal(content.len, 4);
    assert_memory_equal(content.at, payload.at, 4);
    buffer_clear(&out);
    buffer_clear(&scratch);
}

static void test_what_does_not_open(void **state)
{
    (void)state;
    struct buffer scratch;
    buffer_init(&scratch, SIZE_MAX);
    struct envelope e = {.open = true};
    struct envelope_bytes nothing = {(const uint8_t *)"", 0}, sealed = {(const uint8_t *)"\1ab", 3};
    assert_int_equal(envelope_open(&e, &place, &nothing, &scratch), ERROR_SEAL);
    assert_int_equal(envelope_open(&e, &place, &sealed, &scratch), ERROR_SEAL);
    struct envelope closed = {.open = false};
    struct envelope_bytes in_the_open = {(const uint8_t *)"\0\0\2{}", 5};
    assert_false(envelope_ready(&closed));
    assert_int_equal(envelope_open(&closed, &place, &in_the_open, &scratch), ERROR_SEAL);
    buffer_clear(&scratch);
}

static void test_first_is_put_into_what_was_written(void **state)
{
    (void)state;
    struct buffer written, out, scratch;
    buffer_init(&written, SIZE_MAX);
    buffer_init(&out, SIZE_MAX);
    buffer_init(&scratch, SIZE_MAX);
    const struct payload chunk = {
        .kind = PAYLOAD_CHUNK,
        .previous = {.present = true, .stream = 7, .n = 9},
        .id = {"f", 1},
        .offset = 5,
        .bytes = (const uint8_t *)"bytes",
        .bytes_len = 5,
    };
    assert_int_equal(payload_put(&written, &chunk), 0);
    assert_int_equal(envelope_put_first(peek(&written), &out), 0);
    assert_int_equal(out.len, written.len + ENVELOPE_FIRST);
    struct payload read;
    assert_int_equal(payload_decode(peek(&out).at, out.len, &scratch, &read), 0);
    assert_true(read.first && read.previous.present);
    assert_int_equal(read.kind, PAYLOAD_CHUNK);
    assert_int_equal(read.previous.n, 9);
    assert_int_equal(read.bytes_len, 5);
    assert_memory_equal(read.bytes, "bytes", 5);
    buffer_clear(&written);
    buffer_clear(&out);
    buffer_clear(&scratch);
}

static void test_what_has_the_shape_of_a_payload(void **state)
{
    (void)state;
    static uint8_t long_one[FRAME_CONTENT_MAX] = {0, 2, '{', '}'};
    static const struct {
        const char *bytes;
        size_t len;
        bool is;
    } cases[] = {
        {"\0\2{}", 4, true},  {"\0\2{}bytes", 9, true}, {"\0\1{}", 4, true},
        {"", 0, false},       {"\0\0", 2, false},       {"\0\2x}", 4, false},
        {"\0\3{}", 4, false}, {"\xff\xff{}", 4, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct envelope_bytes bytes = {(const uint8_t *)cases[i].bytes, cases[i].len};
        assert_int_equal(envelope_is_payload(bytes), cases[i].is);
    }
    struct envelope_bytes bytes = {long_one, FRAME_CONTENT_MAX - ENVELOPE_OVERHEAD};
    assert_true(envelope_is_payload(bytes));
    bytes.len++;
    assert_false(envelope_is_payload(bytes));
    size_t header_len = PAYLOAD_HEADER_MAX - ENVELOPE_FIRST;
    bytes.len--;
    long_one[0] = (uint8_t)(header_len >> 8);
    long_one[1] = (uint8_t)header_len;
    assert_true(envelope_is_payload(bytes));
    long_one[1]++;
    assert_false(envelope_is_payload(bytes));
}

static void test_out_of_memory_adds_nothing(void **state)
{
    (void)state;
    static uint8_t payload[3000] = {0, 2, '{', '}'};
    const struct envelope_bytes bytes = {payload, sizeof payload};
    struct envelope e = {.open = true};
    for (size_t n = 0; torture_begin(n); n++) {
        struct buffer out;
        buffer_init(&out, SIZE_MAX);
        int put = envelope_put(&e, &place, bytes, &out);
        assert_int_equal(out.len, put ? 0 : 3001);
        size_t len = out.len;
        int first = envelope_put_first(bytes, &out);
        assert_int_equal(out.len, first ? len : len + 3000 + ENVELOPE_FIRST);
        torture_end();
        assert_int_equal(put ? put : first, torture_failed() ? ERROR_NOMEM : 0);
        buffer_clear(&out);
    }
}

/* Two people who know each other, and what each seals with. */
struct side {
    struct keys_identity *identity;
    struct keys_ring *ring;
    uint8_t random[KEYS_LEN];
    struct envelope_self self;
    struct envelope envelope; /* for the other one */
};

static struct side alice, bob;

static void renew(struct side *of, struct side *to, uint8_t n)
{
    const uint8_t secret[KEYS_LEN] = {0, n}; /* the lowest bits do not count */
    assert_int_equal(keys_ring_add(of->ring, secret, 100 * n), 0);
    envelope_set_prekey(&to->envelope, keys_ring_newest(of->ring)->public, 100 * n);
}

static void init_side(struct side *side, const char *nick, uint8_t n)
{
    const uint8_t seed[KEYS_LEN] = {n};
    *side = (struct side){.random = {n}};
    assert_int_equal(keys_identity_new(&side->identity, seed), 0);
    assert_int_equal(keys_ring_new(&side->ring), 0);
    side->self = (struct envelope_self){side->identity, side->ring, "lobby", nick, side->random};
    side->envelope.self = &side->self;
}

static int meet(void **state)
{
    (void)state;
    init_side(&alice, "alice", 1);
    init_side(&bob, "bob", 2);
    assert_false(envelope_ready(&alice.envelope));
    envelope_set_peer(&alice.envelope, "bob", keys_identity_public(bob.identity));
    assert_false(envelope_ready(&alice.envelope));
    envelope_set_peer(&bob.envelope, "alice", keys_identity_public(alice.identity));
    renew(&alice, &bob, 1);
    renew(&bob, &alice, 1);
    assert_true(envelope_ready(&alice.envelope));
    return 0;
}

static int part(void **state)
{
    (void)state;
    struct side *sides[] = {&alice, &bob};
    for (size_t i = 0; i < 2; i++) {
        envelope_clear(&sides[i]->envelope);
        keys_ring_free(sides[i]->ring);
        keys_identity_free(sides[i]->identity);
    }
    return 0;
}

/* Has a side seal a payload; gives its content in `out`. */
static struct envelope_bytes seal(struct side *from, const struct seal_place *at,
                                  struct buffer *out)
{
    const struct envelope_bytes payload = {(const uint8_t *)"\0\2{}", 4};
    buffer_truncate(out, 0);
    assert_int_equal(envelope_put(&from->envelope, at, payload, out), 0);
    assert_int_equal(out->len, envelope_len(&from->envelope, 4));
    return peek(out);
}

static int unseal(struct side *to, const struct seal_place *at, struct envelope_bytes content)
{
    struct buffer scratch;
    buffer_init(&scratch, SIZE_MAX);
    int rc = envelope_open(&to->envelope, at, &content, &scratch);
    if (rc == 0) {
        assert_int_equal(content.len, 4);
        assert_memory_equal(content.at, "\0\2{}", 4);
    }
    buffer_clear(&scratch);
    return rc;
}

static void test_what_is_sealed_opens_there_alone(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, SIZE_MAX);
    struct envelope_bytes content = seal(&alice, &place, &out);
    assert_int_equal(unseal(&bob, &place, content), 0);
    assert_int_equal(unseal(&bob, &place, content), 0); /* a number is what counts it once */
    const struct seal_place others[] = {
        {SEAL_MESSAGE, 1, 3}, {SEAL_MESSAGE, 2, 2}, {SEAL_RECEIPT, 1, 2}, {SEAL_SIGNAL, 1, 2}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(unseal(&bob, &others[i], content), ERROR_SEAL);
    assert_int_equal(unseal(&alice, &place, content), ERROR_SEAL);
    const struct envelope_bytes open = {(const uint8_t *)"\0\0\2{}", 5};
    assert_int_equal(unseal(&bob, &place, open), ERROR_SEAL);
    assert_int_equal(unseal(&bob, &place, (struct envelope_bytes){content.at, 0}), ERROR_SEAL);
    envelope_set_peer(&bob.envelope, "alicia", keys_identity_public(alice.identity));
    assert_int_equal(unseal(&bob, &place, content), ERROR_SEAL);
    envelope_set_peer(&bob.envelope, "alice", keys_identity_public(bob.identity));
    assert_int_equal(unseal(&bob, &place, content), ERROR_SEAL);
    envelope_set_peer(&bob.envelope, "alice", keys_identity_public(alice.identity));
    assert_int_equal(unseal(&bob, &place, content), 0);
    buffer_clear(&out);
}

static bool is_same_context(const uint8_t *a, const uint8_t *b)
{
    uint64_t sequence;
    return memcmp(seal_origin(a, &sequence), seal_origin(b, &sequence), SEAL_CONTEXT_LEN) == 0;
}

static void test_a_context_lasts_for_a_connection_and_a_prekey(void **state)
{
    (void)state;
    struct buffer one, two;
    buffer_init(&one, SIZE_MAX);
    buffer_init(&two, SIZE_MAX);
    seal(&alice, &place, &one);
    seal(&alice, &place, &two);
    assert_true(is_same_context(peek(&one).at, peek(&two).at));
    uint64_t before, after;
    seal_origin(peek(&one).at, &before);
    seal_origin(peek(&two).at, &after);
    assert_int_equal(after, before + 1);
    envelope_set_prekey(&alice.envelope, keys_ring_newest(bob.ring)->public, 100);
    seal(&alice, &place, &two);
    assert_true(is_same_context(peek(&one).at, peek(&two).at));

    envelope_reset(&alice.envelope);
    seal(&alice, &place, &two);
    assert_false(is_same_context(peek(&one).at, peek(&two).at));
    assert_int_equal(unseal(&bob, &place, peek(&two)), 0);
    seal(&alice, &place, &one);
    renew(&bob, &alice, 2);
    seal(&alice, &place, &two);
    assert_false(is_same_context(peek(&one).at, peek(&two).at));
    assert_int_equal(unseal(&bob, &place, peek(&two)), 0);
    assert_int_equal(unseal(&bob, &place, peek(&one)), 0); /* to the prekey before */
    assert_true(alice.envelope.has_prekey && alice.envelope.made_ms == 200);
    buffer_clear(&one);
    buffer_clear(&two);
}

static void test_a_signal_counts_once_and_in_its_time(void **state)
{
    (void)state;
    static const struct seal_place signal = {.kind = SEAL_SIGNAL};
    struct buffer saved[4];
    for (size_t i = 0; i < 4; i++)
        buffer_init(&saved[i], SIZE_MAX);
    for (size_t i = 0; i < 3; i++)
        seal(&alice, &signal, &saved[i]);
    assert_int_equal(unseal(&bob, &signal, peek(&saved[0])), 0);
    assert_int_equal(unseal(&bob, &signal, peek(&saved[0])), ERROR_SEAL);
    assert_int_equal(unseal(&bob, &signal, peek(&saved[2])), 0);
    assert_int_equal(unseal(&bob, &signal, peek(&saved[1])), ERROR_SEAL);

    seal(&alice, &signal, &saved[1]); /* of the context before, kept back */
    envelope_reset(&alice.envelope);
    seal(&alice, &signal, &saved[2]);
    assert_int_equal(unseal(&bob, &signal, peek(&saved[2])), 0);
    assert_int_equal(unseal(&bob, &signal, peek(&saved[1])), ERROR_SEAL);
    for (size_t i = 0; i < ENVELOPE_CONTEXTS - 2; i++) {
        envelope_reset(&alice.envelope);
        assert_int_equal(unseal(&bob, &signal, seal(&alice, &signal, &saved[3])), 0);
        assert_int_equal(unseal(&bob, &signal, seal(&alice, &signal, &saved[3])), 0);
        assert_int_equal(unseal(&bob, &signal, peek(&saved[1])), ERROR_SEAL);
    }

    seal(&alice, &signal, &saved[3]); /* to a prekey that is not the newest any more */
    renew(&bob, &alice, 2);
    assert_int_equal(unseal(&bob, &signal, peek(&saved[3])), ERROR_SEAL);
    assert_int_equal(unseal(&bob, &signal, seal(&alice, &signal, &saved[3])), 0);
    for (size_t i = 0; i < 4; i++)
        buffer_clear(&saved[i]);
}

static void test_out_of_memory_seals_nothing(void **state)
{
    (void)state;
    const struct envelope_bytes payload = {(const uint8_t *)"\0\2{}", 4};
    struct buffer sealed;
    buffer_init(&sealed, SIZE_MAX);
    seal(&alice, &place, &sealed);
    for (size_t n = 0; torture_begin(n); n++) {
        struct buffer out, scratch;
        buffer_init(&out, SIZE_MAX);
        buffer_init(&scratch, SIZE_MAX);
        envelope_clear(&alice.envelope);
        envelope_clear(&bob.envelope);
        int put = envelope_put(&alice.envelope, &place, payload, &out);
        struct envelope_bytes content = peek(&sealed);
        int opened = envelope_open(&bob.envelope, &place, &content, &scratch);
        torture_end();
        assert_int_equal(put ? put : opened, torture_failed() ? ERROR_NOMEM : 0);
        assert_int_equal(out.len, put ? 0 : envelope_len(&alice.envelope, 4));
        buffer_clear(&out);
        buffer_clear(&scratch);
    }
    buffer_clear(&sealed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_payload_in_the_open),
        cmocka_unit_test(test_what_does_not_open),
        cmocka_unit_test(test_first_is_put_into_what_was_written),
        cmocka_unit_test(test_what_has_the_shape_of_a_payload),
        cmocka_unit_test(test_out_of_memory_adds_nothing),
        cmocka_unit_test_setup_teardown(test_what_is_sealed_opens_there_alone, meet, part),
        cmocka_unit_test_setup_teardown(test_a_context_lasts_for_a_connection_and_a_prekey, meet,
                                        part),
        cmocka_unit_test_setup_teardown(test_a_signal_counts_once_and_in_its_time, meet, part),
        cmocka_unit_test_setup_teardown(test_out_of_memory_seals_nothing, meet, part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
