#include "bundle.h"
#include "error.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct keys_identity *identity;
static struct keys_ring *ring;

static int setup(void **state)
{
    (void)state;
    const uint8_t seed[KEYS_LEN] = {1}, secret[KEYS_LEN] = {8, 2};
    assert_int_equal(keys_identity_new(&identity, seed), 0);
    assert_int_equal(keys_ring_new(&ring), 0);
    assert_int_equal(keys_ring_add(ring, secret, 1234567890123), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    keys_identity_free(identity);
    keys_ring_free(ring);
    return 0;
}

/* The object for a room, as a C string for free(). */
static char *make(const char *room_key)
{
    struct buffer out;
    buffer_init(&out, SIZE_MAX);
    assert_int_equal(bundle_put(&out, identity, keys_ring_newest(ring), room_key), 0);
    assert_int_equal(buffer_put(&out, "", 1), 0);
    return (char *)out.bytes;
}

static void test_what_is_put_is_what_is_got(void **state)
{
    (void)state;
    char *json = make("lobby");
    /* The bytes: a third program must be able to make the same. */
    assert_string_equal(
        json,
        "{\"identity\":\"zswVB9wd3XKVlRwpCIjwla25BE0bc9aW5t8GXWg71Pw=\","
        "\"prekey\":\"rI+2q3SK51r9//OA5vUJQr5h/vwqiWL1QxN7ibvQmEk=\","
        "\"made\":1234567890123,"
        "\"signature\":\"v0+rC4/"
        "IjedO18IeWDfNQOWVGarZIuc0xTmynwe1nIc4cG4JQ8wByqTyGZLC1nqp0yTggV3aoj8lO+DAn7ZBCw==\"}");
    struct bundle b;
    assert_int_equal(bundle_get(&b, json, strlen(json), "lobby"), 0);
    assert_memory_equal(b.identity, keys_identity_public(identity), KEYS_LEN);
    assert_memory_equal(b.prekey, keys_ring_newest(ring)->public, KEYS_LEN);
    assert_int_equal(b.made_ms, 1234567890123);
    free(json);
}

static void test_any_byte_changed_is_refused(void **state)
{
    (void)state;
    char *json = make("lobby");
    size_t len = strlen(json);
    struct bundle b;
    for (size_t i = 0; i < len; i++)
        for (unsigned bit = 1; bit < 256; bit <<= 1) {
            json[i] = (char)(json[i] ^ bit);
            assert_int_equal(bundle_get(&b, json, len, "lobby"), ERROR_KEY);
            json[i] = (char)(json[i] ^ bit);
        }
    for (size_t i = 0; i < len; i++)
        assert_int_equal(bundle_get(&b, json, i, "lobby"), ERROR_KEY);
    assert_int_equal(bundle_get(&b, json, len, "tea"), ERROR_KEY);
    assert_int_equal(bundle_get(&b, json, len, "lobb"), ERROR_KEY);
    free(json);
}

/* Puts `with` where `what` first is in the object for "lobby", and reads that. */
static int get_changed(const char *what, const char *with)
{
    char *json = make("lobby"), changed[2048];
    char *at = strstr(json, what);
    assert_non_null(at);
    int len = snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - json), json, with,
                       at + strlen(what));
    free(json);
    struct bundle b = {.made_ms = 1};
    int rc = bundle_get(&b, changed, (size_t)len, "lobby");
    assert_int_equal(b.made_ms, rc ? 1 : 1234567890123);
    return rc;
}

static void test_the_form(void **state)
{
    (void)state;
    static const struct {
        const char *what, *with;
        int rc;
    } cases[] = {
        {"{", "{", 0},
        {"{", " {", 0},
        {"{", "{\"more\":[{}],", 0},
        {"made", "\\u006dade", 0},
        {"zswV", "\\u007aswV", 0},
        {"{", "{\"made\":1,", ERROR_KEY}, /* twice */
        {"{", "[", ERROR_KEY},
        {"{", "", ERROR_KEY},
        {"identity", "Identity", ERROR_KEY},
        {"prekey", "postkey", ERROR_KEY},
        {"made", "mode", ERROR_KEY},
        {"signature", "sign", ERROR_KEY},
        {"1234567890123", "1234567890124", ERROR_KEY},
        {"1234567890123", "\"1234567890123\"", ERROR_KEY},
        {"1234567890123", "1234567890123.0", ERROR_KEY},
        {"1234567890123", "9007199254740992", ERROR_KEY},
        {"1234567890123", "null", ERROR_KEY},
        {"\"zswVB9wd3XKVlRwpCIjwla25BE0bc9aW5t8GXWg71Pw=\"", "7", ERROR_KEY},
        {"KVlRwpCIjwla25BE0bc9aW5t8GXWg71Pw=", "", ERROR_KEY},
        {"1Pw=", "1Pw", ERROR_KEY},
        {"1Pw=", "1Px=", ERROR_KEY},
        {"1Pw=", "1PwA", ERROR_KEY},
        {"1Pw=", "1Pw= ", ERROR_KEY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(get_changed(cases[i].what, cases[i].with), cases[i].rc);
}

/* A good signature does not make a good key. */
static void test_a_prekey_of_low_order_is_refused(void **state)
{
    (void)state;
    const struct keys_prekey low = {.made_ms = 5};
    struct buffer out;
    struct bundle b;
    buffer_init(&out, SIZE_MAX);
    assert_int_equal(bundle_put(&out, identity, &low, "lobby"), 0);
    assert_int_equal(bundle_get(&b, (char *)out.bytes, out.len, "lobby"), ERROR_KEY);
    buffer_clear(&out);
}

static void test_a_full_buffer_takes_no_part(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 100);
    assert_int_equal(buffer_put(&out, "x", 1), 0);
    assert_int_equal(bundle_put(&out, identity, keys_ring_newest(ring), "lobby"), ERROR_LIMIT);
    assert_int_equal(out.len, 1);
    buffer_clear(&out);
}

static void test_out_of_memory_is_an_error(void **state)
{
    (void)state;
    /* Escapes, so that unescaping needs memory too. */
    char *json = make("lobby"), escaped[2048];
    int len = snprintf(escaped, sizeof escaped, "{\"x\":0,\"identity\":\"\\u007a%s", json + 14);
    for (size_t n = 0; torture_begin(n); n++) {
        struct buffer out;
        struct bundle b;
        buffer_init(&out, SIZE_MAX);
        int rc = bundle_put(&out, identity, keys_ring_newest(ring), "lobby");
        size_t put = out.len;
        if (rc == 0)
            rc = bundle_get(&b, escaped, (size_t)len, "lobby");
        torture_end();
        assert_int_equal(rc, torture_failed() ? ERROR_NOMEM : 0);
        assert_true(put == 0 || put == strlen(json));
        buffer_clear(&out);
    }
    free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_put_is_what_is_got, setup, teardown),
        cmocka_unit_test_setup_teardown(test_any_byte_changed_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_form, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_prekey_of_low_order_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_full_buffer_takes_no_part, setup, teardown),
        cmocka_unit_test_setup_teardown(test_out_of_memory_is_an_error, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
