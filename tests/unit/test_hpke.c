#include "error.h"
#include "hpke.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The published vectors (RFC 9180, A.2). */
static cJSON *load_vectors(void)
{
    static char text[16384];
    FILE *file = fopen(TEST_DATA "/hpke-vectors.json", "rb");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof text, file);
    fclose(file);
    cJSON *vectors = cJSON_ParseWithLength(text, len);
    assert_non_null(vectors);
    return vectors;
}

struct bytes {
    uint8_t at[256];
    size_t len;
};

static struct bytes get(const cJSON *object, const char *key)
{
    struct bytes bytes;
    const char *hex = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    assert_non_null(hex);
    bytes.len = strlen(hex) / 2;
    assert_true(bytes.len <= sizeof bytes.at);
    for (size_t i = 0; i < bytes.len; i++) {
        char digits[3] = {hex[2 * i], hex[2 * i + 1], 0};
        bytes.at[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return bytes;
}

static struct hpke_bytes span(const struct bytes *bytes)
{
    return (struct hpke_bytes){bytes->at, bytes->len};
}

/* Every encryption of a mode, both ways; everything wrong with one does not open. */
static void check_encryptions(const cJSON *mode, struct hpke *sender, const struct hpke *receiver)
{
    size_t count = 0;
    const cJSON *e;
    cJSON_ArrayForEach(e, cJSON_GetObjectItemCaseSensitive(mode, "encryptions"))
    {
        const cJSON *number = cJSON_GetObjectItemCaseSensitive(e, "sequence_number");
        uint64_t sequence = (uint64_t)cJSON_GetNumberValue(number);
        struct bytes text = get(e, "pt"), aad = get(e, "aad"), sealed = get(e, "ct"), out;
        while (sender->sequence < sequence)
            assert_int_equal(hpke_seal(sender, span(&aad), span(&text), out.at), 0);
        assert_int_equal(hpke_seal(sender, span(&aad), span(&text), out.at), 0);
        assert_int_equal(sealed.len, text.len + HPKE_TAG_LEN);
        assert_memory_equal(out.at, sealed.at, sealed.len);

        assert_int_equal(hpke_open(receiver, sequence, span(&aad), span(&sealed), out.at), 0);
        assert_memory_equal(out.at, text.at, text.len);
        assert_int_equal(hpke_open(receiver, sequence + 1, span(&aad), span(&sealed), out.at),
                         ERROR_SEAL);
        aad.at[0] ^= 1;
        assert_int_equal(hpke_open(receiver, sequence, span(&aad), span(&sealed), out.at),
                         ERROR_SEAL);
        count++;
    }
    assert_int_equal(count, 6);
}

static void test_the_published_vectors(void **state)
{
    (void)state;
    cJSON *vectors = load_vectors();
    size_t count = 0;
    const cJSON *mode;
    cJSON_ArrayForEach(mode, cJSON_GetObjectItemCaseSensitive(vectors, "modes"))
    {
        bool auth = strcmp(mode->string, "auth") == 0;
        struct bytes ephemeral = get(mode, "skEm"), enc = get(mode, "enc");
        struct bytes receiver_secret = get(mode, "skRm"), receiver_public = get(mode, "pkRm");
        struct bytes sender_secret, sender_public, info = get(mode, "info");
        if (auth) {
            sender_secret = get(mode, "skSm");
            sender_public = get(mode, "pkSm");
        }
        const struct hpke_sending sending = {
            .ephemeral = ephemeral.at,
            .sender = auth ? sender_secret.at : NULL,
            .receiver = receiver_public.at,
            .info = span(&info),
        };
        const struct hpke_receiving receiving = {
            .enc = enc.at,
            .sender = auth ? sender_public.at : NULL,
            .receiver = receiver_secret.at,
            .info = span(&info),
        };
        struct hpke sender, receiver;
        uint8_t got[KEYS_LEN];
        assert_int_equal(hpke_send(&sender, &sending, got), 0);
        assert_memory_equal(got, enc.at, sizeof got);
        assert_int_equal(hpke_receive(&receiver, &receiving), 0);

        struct bytes key = get(mode, "key"), nonce = get(mode, "base_nonce");
        assert_memory_equal(sender.key, key.at, sizeof sender.key);
        assert_memory_equal(sender.nonce, nonce.at, sizeof sender.nonce);
        assert_memory_equal(receiver.key, key.at, sizeof receiver.key);
        assert_memory_equal(receiver.nonce, nonce.at, sizeof receiver.nonce);
        check_encryptions(mode, &sender, &receiver);
        count++;
    }
    assert_int_equal(count, 2);
    cJSON_Delete(vectors);
}

static void test_points_of_low_order_are_refused(void **state)
{
    (void)state;
    static const uint8_t secret[KEYS_LEN] = {8, 1}, good[KEYS_LEN] = {9};
    static const uint8_t low[][KEYS_LEN] = {
        {0},
        {1},
        {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
         0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
         0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
    };
    struct hpke h;
    uint8_t enc[KEYS_LEN];
    for (size_t i = 0; i < sizeof low / sizeof low[0]; i++)
        for (int auth = 0; auth < 2; auth++) {
            const struct hpke_sending s = {secret, auth ? secret : NULL, low[i], {0}};
            assert_int_equal(hpke_send(&h, &s, enc), ERROR_KEY);
            const struct hpke_receiving r = {low[i], auth ? good : NULL, secret, {0}};
            assert_int_equal(hpke_receive(&h, &r), ERROR_KEY);
            const struct hpke_receiving from = {good, low[i], secret, {0}};
            assert_int_equal(hpke_receive(&h, &from), ERROR_KEY);
        }
}

static void test_a_sequence_number_is_never_used_twice(void **state)
{
    (void)state;
    static const uint8_t secret[KEYS_LEN] = {8, 1}, receiver[KEYS_LEN] = {9};
    const struct hpke_sending s = {secret, secret, receiver, {0}};
    const struct hpke_bytes none = {NULL, 0};
    struct hpke h;
    uint8_t enc[KEYS_LEN], last[HPKE_TAG_LEN], out[HPKE_TAG_LEN];
    assert_int_equal(hpke_send(&h, &s, enc), 0);
    h.sequence = HPKE_SEQUENCE_MAX;
    assert_int_equal(hpke_seal(&h, none, none, last), 0);
    assert_int_equal(hpke_seal(&h, none, none, out), ERROR_LIMIT);
    assert_int_equal(hpke_seal(&h, none, none, out), ERROR_LIMIT);

    const struct hpke_bytes sealed = {last, sizeof last};
    assert_int_equal(hpke_open(&h, HPKE_SEQUENCE_MAX, none, sealed, out), 0);
    h.sequence = HPKE_SEQUENCE_MAX + 1;
    assert_int_equal(hpke_open(&h, HPKE_SEQUENCE_MAX + 1, none, sealed, out), ERROR_SEAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_published_vectors),
        cmocka_unit_test(test_points_of_low_order_are_refused),
        cmocka_unit_test(test_a_sequence_number_is_never_used_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
