#include "error.h"
#include "keys.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

/* Bytes from hex. */
static void unhex(const char *hex, uint8_t *out, size_t len)
{
    assert_int_equal(strlen(hex), 2 * len);
    for (size_t i = 0; i < len; i++) {
        char digits[3] = {hex[2 * i], hex[2 * i + 1], 0};
        out[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
}

static void assert_hex(const uint8_t *bytes, size_t len, const char *hex)
{
    uint8_t expected[64];
    unhex(hex, expected, len);
    assert_memory_equal(bytes, expected, len);
}

/* RFC 8032, 7.1, tests 1 and 2. */
static const char seed_hex[] = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
static const char public_hex[] = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
static const char other_hex[] = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";

static struct keys_identity *make_identity(void)
{
    uint8_t seed[KEYS_LEN];
    struct keys_identity *identity;
    unhex(seed_hex, seed, sizeof seed);
    assert_int_equal(keys_identity_new(&identity, seed), 0);
    return identity;
}

static void test_an_identity_is_the_one_of_its_seed(void **state)
{
    (void)state;
    struct keys_identity *identity = make_identity();
    assert_hex(keys_identity_seed(identity), KEYS_LEN, seed_hex);
    assert_hex(keys_identity_public(identity), KEYS_LEN, public_hex);

    uint8_t signature[KEYS_SIGNATURE_LEN];
    keys_sign(identity, NULL, 0, signature);
    assert_hex(signature, sizeof signature,
               "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
               "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
    assert_int_equal(keys_verify(keys_identity_public(identity), NULL, 0, signature), 0);
    for (size_t i = 0; i < sizeof signature; i++) {
        signature[i] ^= 1;
        assert_int_equal(keys_verify(keys_identity_public(identity), NULL, 0, signature),
                         ERROR_KEY);
        signature[i] ^= 1;
    }
    assert_int_equal(
        keys_verify(keys_identity_public(identity), (const uint8_t *)"x", 1, signature), ERROR_KEY);
    uint8_t other[KEYS_LEN];
    unhex(other_hex, other, sizeof other);
    assert_int_equal(keys_verify(other, NULL, 0, signature), ERROR_KEY);
    keys_identity_free(identity);
    keys_identity_free(NULL);
}

static void test_both_halves_of_an_identity_map_to_the_same_x25519_pair(void **state)
{
    (void)state;
    struct keys_identity *identity = make_identity();
    uint8_t exchange[KEYS_LEN];
    assert_int_equal(keys_exchange_public(keys_identity_public(identity), exchange), 0);
    assert_hex(exchange, sizeof exchange,
               "d85e07ec22b0ad881537c2f44d662d1a143cf830c57aca4305d85c7a90f6b62e");

    struct keys_ring *ring; /* the public key of that secret */
    assert_int_equal(keys_ring_new(&ring), 0);
    assert_int_equal(keys_ring_add(ring, keys_identity_exchange(identity), 1), 0);
    assert_memory_equal(keys_ring_newest(ring)->public, exchange, KEYS_LEN);
    keys_ring_free(ring);
    keys_identity_free(identity);
}

static void test_bad_points_are_refused(void **state)
{
    (void)state;
    static const char *const identities[] = {
        /* the identity, orders 2, 4 and 8 */
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        /* 1 again, written as 1 + p */
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        /* no point at all */
        "0200000000000000000000000000000000000000000000000000000000000000",
        /* RFC 8032's test 1 plus the point of order 2 */
        "16a567fe7d4ef5482ab4012c369bf8c5f11e8d0c2559dcda50fde59708f8aee5",
    };
    for (size_t i = 0; i < sizeof identities / sizeof identities[0]; i++) {
        uint8_t identity[KEYS_LEN], exchange[KEYS_LEN];
        unhex(identities[i], identity, sizeof identity);
        assert_int_equal(keys_exchange_public(identity, exchange), ERROR_KEY);
    }
    static const char *const prekeys[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    for (size_t i = 0; i < sizeof prekeys / sizeof prekeys[0]; i++) {
        uint8_t prekey[KEYS_LEN];
        unhex(prekeys[i], prekey, sizeof prekey);
        assert_int_equal(keys_prekey_check(prekey), ERROR_KEY);
    }
}

/* X25519 takes no notice of the lowest bits of a secret. */
static void nth_secret(size_t n, uint8_t secret[KEYS_LEN])
{
    memset(secret, 7, KEYS_LEN);
    memcpy(secret + 1, &n, sizeof n);
}

static void test_a_prekey_is_the_one_of_its_secret(void **state)
{
    (void)state;
    struct keys_ring *ring;
    assert_int_equal(keys_ring_new(&ring), 0);
    assert_null(keys_ring_newest(ring));
    uint8_t secret[KEYS_LEN]; /* RFC 9180, A.2.3: skRm and pkRm */
    unhex("3ca22a6d1cda1bb9480949ec5329d3bf0b080ca4c45879c95eddb55c70b80b82", secret, KEYS_LEN);
    assert_int_equal(keys_ring_add(ring, secret, 5), 0);
    const struct keys_prekey *prekey = keys_ring_newest(ring);
    assert_memory_equal(prekey->secret, secret, KEYS_LEN);
    assert_hex(prekey->public, KEYS_LEN,
               "1a478716d63cb2e16786ee93004486dc151e988b34b475043d3e0175bdb01c44");
    assert_hex(prekey->id, KEYS_ID_LEN, "076a25585d71b69d");
    assert_int_equal(prekey->made_ms, 5);
    assert_int_equal(keys_prekey_check(prekey->public), 0);
    keys_ring_free(ring);
    keys_ring_free(NULL);
}

static void test_prekeys_are_made_one_after_the_other(void **state)
{
    (void)state;
    struct keys_ring *ring;
    uint8_t secret[KEYS_LEN];
    assert_int_equal(keys_ring_new(&ring), 0);
    assert_int_equal(keys_ring_made(ring, 100), 100);
    nth_secret(0, secret);
    assert_int_equal(keys_ring_add(ring, secret, UINT64_C(1) << 53), ERROR_KEY);
    assert_int_equal(keys_ring_add(ring, secret, 100), 0);
    assert_int_equal(keys_ring_made(ring, 50), 101);
    assert_int_equal(keys_ring_made(ring, 100), 101);
    assert_int_equal(keys_ring_made(ring, 102), 102);
    nth_secret(1, secret);
    assert_int_equal(keys_ring_add(ring, secret, 99), ERROR_KEY);
    assert_int_equal(keys_ring_add(ring, secret, 100), ERROR_KEY);
    assert_int_equal(keys_ring_newest(ring)->made_ms, 100);
    assert_int_equal(keys_ring_add(ring, secret, 101), 0);
    assert_int_equal(keys_ring_newest(ring)->made_ms, 101);
    keys_ring_free(ring);
}

static void test_a_prekey_lives_seven_days_after_it_was_replaced(void **state)
{
    (void)state;
    enum {
        COUNT = 20
    };
    const uint64_t week = KEYS_PREKEY_TTL_MS;
    struct keys_ring *ring;
    uint8_t ids[COUNT][KEYS_ID_LEN];
    assert_int_equal(keys_ring_new(&ring), 0);
    assert_int_equal(keys_ring_expire(ring, 5), 0);
    for (size_t i = 0; i < COUNT; i++) {
        uint8_t secret[KEYS_LEN];
        nth_secret(i, secret);
        assert_int_equal(keys_ring_add(ring, secret, 1000 * (i + 1)), 0);
        memcpy(ids[i], keys_ring_newest(ring)->id, KEYS_ID_LEN);
    }
    const struct {
        uint64_t now_ms;
        size_t gone;
    } cases[] = {
        {0, 0},
        {2000 + week, 0},
        {2001 + week, 1},
        {6000 + week, 4},
        {3000 + week, 4}, /* a clock put back brings nothing back */
        {1000 * COUNT + week, COUNT - 2},
        {UINT64_MAX, COUNT - 1}, /* the newest stays */
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        assert_int_equal(keys_ring_expire(ring, cases[c].now_ms), 1000 * (cases[c].gone + 1));
        for (size_t i = 0; i < COUNT; i++) {
            const struct keys_prekey *found = keys_ring_find(ring, ids[i]);
            assert_int_equal(found != NULL, i >= cases[c].gone);
            if (found) {
                uint8_t secret[KEYS_LEN];
                nth_secret(i, secret);
                assert_memory_equal(found->secret, secret, KEYS_LEN);
            }
        }
    }
    keys_ring_free(ring);
}

static void test_keys_as_text(void **state)
{
    (void)state;
    uint8_t key[KEYS_LEN], got[KEYS_LEN];
    char text[KEYS_TEXT_SIZE];
    unhex(public_hex, key, sizeof key);
    keys_text_format(key, text);
    assert_string_equal(text, "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
    assert_int_equal(keys_text_parse(text, strlen(text), got), 0);
    assert_memory_equal(got, key, sizeof key);

    static const char *const bad[] = {
        "",
        "=",
        "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo",   /* no padding */
        "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo==", /* too much of it */
        "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURp=",  /* bits behind the last byte */
        "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=",  /* the URL alphabet */
        "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHUQ==",  /* 31 bytes */
        "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURoA",  /* 33 bytes */
        "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo= ", /* something behind it */
        "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=A",
        " 11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
        "11qYAYKxCrfVS/7TyWQHOg7hcv\nPapiMlrwIaaPcHURo=",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(keys_text_parse(bad[i], strlen(bad[i]), got), ERROR_KEY);
    assert_int_equal(keys_text_parse(text, strlen(text) - 1, got), ERROR_KEY);
}

static void test_fingerprints(void **state)
{
    (void)state;
    static const char expected[] = "21fe-31df-a154-a261-626b-f854-046f-d227-"
                                   "1b7b-ed4b-6abe-45aa-5887-7ef4-7f97-21b9";
    uint8_t key[KEYS_LEN];
    char text[KEYS_FINGERPRINT_SIZE], got[KEYS_FINGERPRINT_SIZE];
    unhex(public_hex, key, sizeof key);
    keys_fingerprint_format(key, text);
    assert_string_equal(text, expected);
    assert_int_equal(strlen(text) + 1, sizeof text);

    static const char *const good[] = {
        expected,
        "21FE-31DF-A154-A261-626B-F854-046F-D227-1B7B-ED4B-6ABE-45AA-5887-7EF4-7F97-21B9",
        "21fe31dfa154a261626bf854046fd2271b7bed4b6abe45aa58877ef47f9721b9",
        "21:fe:31:df:a1:54:a2:61:62:6b:f8:54:04:6f:d2:27:"
        "1b:7b:ed:4b:6a:be:45:aa:58:87:7e:f4:7f:97:21:b9",
        " 21fe31df a154a261 626bf854 046fd227 1b7bed4b 6abe45aa 58877ef4 7f9721b9 ",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(keys_fingerprint_parse(good[i], got), 0);
        assert_string_equal(got, expected);
    }
    static const char *const bad[] = {
        "",
        "21fe",
        "21fe31dfa154a261626bf854046fd2271b7bed4b6abe45aa58877ef47f9721b",
        "21fe31dfa154a261626bf854046fd2271b7bed4b6abe45aa58877ef47f9721b9f",
        "21fe31dfa154a261626bf854046fd2271b7bed4b6abe45aa58877ef47f9721b9ff",
        "21fe31dfa154a261626bf854046fd2271b7bed4b6abe45aa58877ef47f9721bg",
        "SHA256:21fe31dfa154a261626bf854046fd2271b7bed4b6abe45aa58877ef47f9721b9",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(keys_fingerprint_parse(bad[i], got), ERROR_KEY);
}

static void test_the_safety_number_is_the_same_on_both_sides(void **state)
{
    (void)state;
    static const char expected[] = "51248 95400 34213 45130 43749 61929 "
                                   "40084 87387 48248 10401 88199 60511";
    uint8_t a[KEYS_LEN], b[KEYS_LEN];
    char text[KEYS_SAFETY_SIZE];
    unhex(public_hex, a, sizeof a);
    unhex(other_hex, b, sizeof b);
    keys_safety_format(a, b, text);
    assert_string_equal(text, expected);
    assert_int_equal(strlen(text) + 1, sizeof text);
    keys_safety_format(b, a, text);
    assert_string_equal(text, expected);
    b[31] ^= 1;
    keys_safety_format(a, b, text);
    assert_string_not_equal(text, expected);
}

static void test_draws_go_on_and_do_not_repeat(void **state)
{
    (void)state;
    uint8_t random[KEYS_LEN], out[KEYS_LEN];
    for (size_t i = 0; i < sizeof random; i++)
        random[i] = (uint8_t)i;
    keys_draw(random, out);
    assert_hex(out, sizeof out, "20a1e187b8f60dfde682b047d343a09dac16d67597ef4d2a615d163c3e28789d");
    keys_draw(random, out);
    assert_hex(out, sizeof out, "a03faffcc9898d04ed50b8faea7b68364f35dc2aeb36db73b6a74ff0ee6facf3");
}

static void test_a_secret_is_wiped(void **state)
{
    (void)state;
    uint8_t secret[KEYS_LEN], zeros[KEYS_LEN] = {0};
    memset(secret, 1, sizeof secret);
    keys_wipe(secret, sizeof secret);
    assert_memory_equal(secret, zeros, sizeof zeros);
    keys_secret_free(NULL);
}

static void test_out_of_memory_is_an_error(void **state)
{
    (void)state;
    for (size_t n = 0; torture_begin(n); n++) {
        uint8_t secret[KEYS_LEN] = {1};
        struct keys_identity *identity;
        struct keys_ring *ring;
        int first = keys_identity_new(&identity, secret);
        int rc = keys_ring_new(&ring);
        assert_int_equal(first != 0, identity == NULL);
        assert_int_equal(rc != 0, ring == NULL);
        for (uint64_t i = 1; rc == 0 && i < 20; i++) {
            rc = keys_ring_add(ring, secret, i);
            const struct keys_prekey *newest = keys_ring_newest(ring);
            assert_int_equal(newest ? newest->made_ms : 0, rc ? i - 1 : i);
        }
        torture_end();
        assert_int_equal(first ? first : rc, torture_failed() ? ERROR_NOMEM : 0);
        keys_identity_free(identity);
        keys_ring_free(ring);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_identity_is_the_one_of_its_seed),
        cmocka_unit_test(test_both_halves_of_an_identity_map_to_the_same_x25519_pair),
        cmocka_unit_test(test_bad_points_are_refused),
        cmocka_unit_test(test_a_prekey_is_the_one_of_its_secret),
        cmocka_unit_test(test_prekeys_are_made_one_after_the_other),
        cmocka_unit_test(test_a_prekey_lives_seven_days_after_it_was_replaced),
        cmocka_unit_test(test_keys_as_text),
        cmocka_unit_test(test_fingerprints),
        cmocka_unit_test(test_the_safety_number_is_the_same_on_both_sides),
        cmocka_unit_test(test_draws_go_on_and_do_not_repeat),
        cmocka_unit_test(test_a_secret_is_wiped),
        cmocka_unit_test(test_out_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
