#include "error.h"
#include "frame.h"
#include "payload.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#define S     "\"stream\":\"0123456789abcdef\""
#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define X64   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X256  X64 X64 X64 X64

/* Puts H, a header and bytes. */
static void put_content(struct buffer *b, const char *json, size_t json_len, size_t bytes_len)
{
    static const char bytes[FRAME_CONTENT_MAX];
    const uint8_t prefix[] = {(uint8_t)(json_len >> 8), (uint8_t)json_len};
    assert_int_equal(buffer_put(b, prefix, 2), 0);
    assert_int_equal(buffer_put(b, json, json_len), 0);
    assert_int_equal(buffer_put(b, bytes, bytes_len), 0);
}

/* Decodes a copy that ends where the content does, so that a sanitizer sees a step too far. */
static int decode_exactly(const uint8_t *content, size_t len, enum payload_kind *kind)
{
    uint8_t *copy = malloc(len ? len : 1);
    if (len)
        memcpy(copy, content, len);
    struct buffer scratch;
    struct payload p;
    buffer_init(&scratch, PAYLOAD_HEADER_MAX);
    int rc = payload_decode(copy, len, &scratch, &p);
    if (rc == 0)
        *kind = p.kind;
    buffer_clear(&scratch);
    free(copy);
    return rc;
}

static int decode_text(const char *json, size_t bytes_len, enum payload_kind *kind)
{
    struct buffer b;
    buffer_init(&b, SIZE_MAX);
    put_content(&b, json, strlen(json), bytes_len);
    int rc = decode_exactly(b.bytes, b.len, kind);
    buffer_clear(&b);
    return rc;
}

/* What is written here is what encoding it again gives. */
static void test_payloads_survive_a_round_trip(void **state)
{
    (void)state;
    static const struct {
        enum payload_kind kind;
        size_t bytes_len;
        const char *json;
    } cases[] = {
        {PAYLOAD_TEXT, 0, "{\"kind\":\"text\",\"text\":\"morning! \xf0\x9f\x91\x8d\"}"},
        {PAYLOAD_TEXT, 0, "{\"kind\":\"text\",\"text\":\"\"}"},
        {PAYLOAD_TEXT, 0, "{\"kind\":\"text\",\"text\":\"a\\nb\\\"\\\\\\u0001\"}"},
        {PAYLOAD_TEXT, 0,
         "{\"kind\":\"text\",\"previous\":{" S ",\"n\":9007199254740991},\"first\":true,"
         "\"text\":\"x\",\"reply\":{\"mine\":true," S ",\"n\":1},\"after\":{" S ",\"n\":12}}"},
        {PAYLOAD_TEXT, 0,
         "{\"kind\":\"text\",\"text\":\"x\",\"reply\":{\"mine\":false," S ",\"n\":1}}"},
        {PAYLOAD_ACTION, 0, "{\"kind\":\"action\",\"text\":\"waves\"}"},
        {PAYLOAD_EDIT, 0, "{\"kind\":\"edit\"," S ",\"n\":4,\"text\":\"better\"}"},
        {PAYLOAD_DELETE, 0, "{\"kind\":\"delete\",\"first\":true," S ",\"n\":4}"},
        {PAYLOAD_REACT, 0, "{\"kind\":\"react\",\"mine\":false," S ",\"n\":4,\"emoji\":\"+\"}"},
        {PAYLOAD_REACT, 0, "{\"kind\":\"react\",\"mine\":true," S ",\"n\":4,\"emoji\":\"\"}"},
        {PAYLOAD_READ, 0, "{\"kind\":\"read\",\"previous\":{" S ",\"n\":1}," S ",\"n\":4}"},
        {PAYLOAD_FILE, 0,
         "{\"kind\":\"file\",\"id\":\"f\",\"name\":\"a/b\",\"size\":0,\"digest\":\"" HEX64 "\"}"},
        {PAYLOAD_ACCEPT, 0, "{\"kind\":\"accept\",\"id\":\"" X64 "\"}"},
        {PAYLOAD_ACCEPT, 0, "{\"kind\":\"accept\",\"id\":\"f\",\"offset\":32768}"},
        {PAYLOAD_CANCEL, 0, "{\"kind\":\"cancel\",\"id\":\"f\"}"},
        {PAYLOAD_CANCEL, 0, "{\"kind\":\"cancel\",\"id\":\"f\",\"why\":\"later\"}"},
        {PAYLOAD_CHUNK, 32768, "{\"kind\":\"chunk\",\"id\":\"f\",\"offset\":0}"},
        {PAYLOAD_CHUNK, 0, "{\"kind\":\"chunk\",\"id\":\"f\",\"offset\":1}"},
        {PAYLOAD_TYPING, 0, "{\"kind\":\"typing\",\"active\":true}"},
        {PAYLOAD_AWAY, 0, "{\"kind\":\"away\",\"active\":false}"},
        {PAYLOAD_RECEIPT, 0, "{\"kind\":\"receipt\"}"},
    };
    struct buffer scratch, in, out;
    buffer_init(&scratch, PAYLOAD_HEADER_MAX);
    buffer_init(&in, SIZE_MAX);
    buffer_init(&out, SIZE_MAX);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        buffer_consume(&in, in.len);
        buffer_consume(&out, out.len);
        put_content(&in, cases[i].json, strlen(cases[i].json), cases[i].bytes_len);
        struct payload p;
        if (payload_decode(in.bytes, in.len, &scratch, &p) != 0)
            fail_msg("refused: %s", cases[i].json);
        assert_int_equal(p.kind, cases[i].kind);
        assert_int_equal(p.bytes_len, cases[i].bytes_len);
        assert_int_equal(payload_put(&out, &p), 0);
        if (out.len != in.len || memcmp(out.bytes, in.bytes, in.len) != 0)
            fail_msg("%s became %.*s", cases[i].json, (int)out.len - 2, (char *)out.bytes + 2);
    }
    buffer_clear(&scratch);
    buffer_clear(&in);
    buffer_clear(&out);
}

static void test_fields_have_their_values(void **state)
{
    (void)state;
    static const char json[] = "{\"kind\":\"text\",\"text\":\"a\\u00e9\",\"first\":true,"
                               "\"previous\":{\"stream\":\"00000000000000ff\",\"n\":7},"
                               "\"reply\":{\"mine\":true,\"stream\":\"0000000000000010\",\"n\":8}}";
    struct buffer scratch, in;
    struct payload p;
    buffer_init(&scratch, PAYLOAD_HEADER_MAX);
    buffer_init(&in, SIZE_MAX);
    put_content(&in, json, sizeof json - 1, 0);
    assert_int_equal(payload_decode(in.bytes, in.len, &scratch, &p), 0);
    assert_int_equal(p.text.len, 3);
    assert_memory_equal(p.text.at, "a\xc3\xa9", 3);
    assert_true(p.first && p.previous.present && p.reply.present && p.reply.mine);
    assert_false(p.after.present || p.target.present);
    assert_int_equal(p.previous.stream, 0xff);
    assert_int_equal(p.previous.n, 7);
    assert_int_equal(p.reply.stream, 0x10);
    assert_int_equal(p.reply.n, 8);
    buffer_clear(&scratch);
    buffer_clear(&in);
}

static void test_unknown_kinds_and_keys_are_no_error(void **state)
{
    (void)state;
    static const struct {
        enum payload_kind kind;
        size_t bytes_len;
        const char *json;
    } cases[] = {
        {PAYLOAD_UNKNOWN, 0, "{\"kind\":\"poll\"}"},
        {PAYLOAD_UNKNOWN, 0, "{\"kind\":\"\"}"},
        {PAYLOAD_UNKNOWN, 0, "{\"kind\":\"Text\"}"},
        {PAYLOAD_UNKNOWN, 0, "{\"kind\":\"unknown\"}"},
        {PAYLOAD_UNKNOWN, 60000, "{\"kind\":\"poll\",\"text\":5,\"previous\":{" S ",\"n\":1}}"},
        {PAYLOAD_TYPING, 0, "{\"kind\":\"typing\",\"active\":true,\"text\":5,\"x\":[1.5e9,-0]}"},
        {PAYLOAD_RECEIPT, 0, " { \"k\\u0069nd\" : \"rec\\u0065ipt\" } "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum payload_kind kind = PAYLOAD_KINDS;
        if (decode_text(cases[i].json, cases[i].bytes_len, &kind) != 0)
            fail_msg("refused: %s", cases[i].json);
        assert_int_equal(kind, cases[i].kind);
    }
}

static void test_what_breaks_a_row_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        size_t bytes_len;
    } cases[] = {
        {"", 0},
        {"null", 0},
        {"{}", 0},
        {"{\"kind\":1}", 0},
        {"{\"kind\":null}", 0},
        {"{\"kind\":\"receipt\",\"kind\":\"receipt\"}", 0},
        {"{\"kind\":\"receipt\"}x", 0},
        {"{\"kind\":\"receipt\"}", 1},
        {"{\"kind\":\"receipt\",\"first\":1}", 0},
        {"{\"kind\":\"receipt\",\"first\":null}", 0},
        {"{\"kind\":\"receipt\",\"previous\":null}", 0},
        {"{\"kind\":\"receipt\",\"previous\":{}}", 0},
        {"{\"kind\":\"receipt\",\"previous\":[]}", 0},
        {"{\"kind\":\"receipt\",\"previous\":{" S "}}", 0},
        {"{\"kind\":\"receipt\",\"previous\":{" S ",\"n\":0}}", 0},
        {"{\"kind\":\"poll\",\"previous\":{\"n\":1}}", 0},
        {"{\"kind\":\"poll\",\"first\":\"\"}", 0},
        {"{\"kind\":\"text\"}", 0},
        {"{\"kind\":\"text\",\"text\":1}", 0},
        {"{\"kind\":\"text\",\"text\":\"\\u0000\"}", 0},
        {"{\"kind\":\"text\",\"text\":\"\"}", 1},
        {"{\"kind\":\"text\",\"text\":\"\",\"reply\":{" S ",\"n\":1}}", 0},
        {"{\"kind\":\"text\",\"text\":\"\",\"reply\":{\"mine\":1," S ",\"n\":1}}", 0},
        {"{\"kind\":\"text\",\"text\":\"\",\"reply\":{\"mine\":true,\"n\":1}}", 0},
        {"{\"kind\":\"text\",\"text\":\"\",\"reply\":{\"mine\":true," S "}}", 0},
        {"{\"kind\":\"text\",\"text\":\"\",\"reply\":null}", 0},
        {"{\"kind\":\"text\",\"text\":\"\",\"after\":{" S ",\"n\":\"1\"}}", 0},
        {"{\"kind\":\"text\",\"text\":\"\",\"after\":{\"stream\":1,\"n\":1}}", 0},
        {"{\"kind\":\"action\"}", 0},
        {"{\"kind\":\"edit\"," S ",\"n\":1}", 0},
        {"{\"kind\":\"edit\"," S ",\"text\":\"\"}", 0},
        {"{\"kind\":\"edit\",\"n\":1,\"text\":\"\"}", 0},
        {"{\"kind\":\"delete\"," S "}", 0},
        {"{\"kind\":\"delete\"," S ",\"n\":1.0}", 0},
        {"{\"kind\":\"delete\"," S ",\"n\":9007199254740992}", 0},
        {"{\"kind\":\"delete\",\"stream\":\"0123456789ABCDEF\",\"n\":1}", 0},
        {"{\"kind\":\"delete\",\"stream\":\"0123456789abcde\",\"n\":1}", 0},
        {"{\"kind\":\"delete\",\"stream\":\"0123456789abcdef0\",\"n\":1}", 0},
        {"{\"kind\":\"react\"," S ",\"n\":1,\"emoji\":\"\"}", 0},
        {"{\"kind\":\"react\",\"mine\":true," S ",\"n\":1}", 0},
        {"{\"kind\":\"react\",\"mine\":true," S ",\"n\":1,\"emoji\":\"" X64 "x\"}", 0},
        {"{\"kind\":\"read\"}", 0},
        {"{\"kind\":\"file\",\"id\":\"\",\"name\":\"\",\"size\":0,\"digest\":\"" HEX64 "\"}", 0},
        {"{\"kind\":\"file\",\"id\":\"a\",\"name\":\"" X256 "\",\"size\":0,\"digest\":\"" HEX64
         "\"}",
         0},
        {"{\"kind\":\"file\",\"id\":\"a\",\"name\":\"\",\"size\":-1,\"digest\":\"" HEX64 "\"}", 0},
        {"{\"kind\":\"file\",\"id\":\"a\",\"name\":\"\",\"size\":0,\"digest\":\"" X64 "\"}", 0},
        {"{\"kind\":\"file\",\"id\":\"a\",\"name\":\"\",\"size\":0,\"digest\":\"" HEX64 "0\"}", 0},
        {"{\"kind\":\"file\",\"id\":\"a\",\"name\":\"\",\"size\":0,\"digest\":\"\"}", 0},
        {"{\"kind\":\"file\",\"id\":\"a\",\"name\":\"\",\"size\":0}", 0},
        {"{\"kind\":\"file\",\"id\":\"a\",\"name\":\"\",\"digest\":\"" HEX64 "\"}", 0},
        {"{\"kind\":\"file\",\"id\":\"a\",\"size\":0,\"digest\":\"" HEX64 "\"}", 0},
        {"{\"kind\":\"accept\"}", 0},
        {"{\"kind\":\"accept\",\"id\":5}", 0},
        {"{\"kind\":\"accept\",\"id\":\"\"}", 0},
        {"{\"kind\":\"accept\",\"id\":\"" X64 "x\"}", 0},
        {"{\"kind\":\"accept\",\"id\":\"a\",\"offset\":null}", 0},
        {"{\"kind\":\"cancel\",\"id\":\"a\",\"offset\":\"0\"}", 0},
        {"{\"kind\":\"chunk\",\"id\":\"a\"}", 0},
        {"{\"kind\":\"chunk\",\"offset\":0}", 1},
        {"{\"kind\":\"chunk\",\"id\":\"a\",\"offset\":0}", 32769},
        {"{\"kind\":\"typing\"}", 0},
        {"{\"kind\":\"typing\",\"active\":1}", 0},
        {"{\"kind\":\"away\",\"active\":\"true\"}", 0},
        {"{\"kind\":\"poll\",\"x\":012}", 0},
        {"{\"kind\":\"poll\",\"x\":[[[[[[[[]]]]]]]]}", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum payload_kind kind;
        if (decode_text(cases[i].json, cases[i].bytes_len, &kind) != ERROR_PAYLOAD)
            fail_msg("accepted: %s", cases[i].json);
    }
}

static void test_what_cannot_be_read_may_say_what_was_before_it(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        uint64_t previous; /* its n; 0 for none */
        bool first;
    } cases[] = {
        {"{\"kind\":\"text\",\"text\":5,\"first\":true,\"previous\":{\"stream\":"
         "\"00000000000000ff\","
         "\"n\":7}}",
         7, true},
        {"{\"previous\":{\"n\":7,\"stream\":\"00000000000000ff\"}}", 7, false},
        {"{\"kind\":\"text\",\"text\":\"x\",\"previous\":{\"n\":7,\"stream\":1}}", 0, false},
        {"{\"kind\":\"text\",\"text\":\"x\",\"first\":1}", 0, false},
        {"{\"kind\":\"text\",\"first\":true,", 0, false},
    };
    struct buffer b, scratch;
    buffer_init(&b, SIZE_MAX);
    buffer_init(&scratch, PAYLOAD_HEADER_MAX);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct payload p;
        buffer_consume(&b, b.len);
        put_content(&b, cases[i].json, strlen(cases[i].json), 0);
        assert_int_equal(payload_decode(b.bytes, b.len, &scratch, &p), ERROR_PAYLOAD);
        assert_int_equal(p.kind, PAYLOAD_UNKNOWN);
        assert_int_equal(p.previous.present ? p.previous.n : 0, cases[i].previous);
        assert_int_equal(p.first, cases[i].first);
    }
    buffer_clear(&scratch);
    buffer_clear(&b);
}

static void test_lengths_are_judged(void **state)
{
    (void)state;
    enum payload_kind kind;
    struct buffer b;
    buffer_init(&b, SIZE_MAX);
    put_content(&b, "{\"kind\":\"receipt\"}", 18, 0);
    for (size_t len = 0; len < b.len; len++)
        assert_int_equal(decode_exactly(b.bytes, len, &kind), ERROR_PAYLOAD);
    assert_int_equal(decode_exactly(b.bytes, b.len, &kind), 0);

    char json[PAYLOAD_HEADER_MAX + 1];
    memset(json, ' ', sizeof json);
    memcpy(json, "{\"kind\":\"receipt\"}", 18);
    buffer_consume(&b, b.len);
    put_content(&b, json, PAYLOAD_HEADER_MAX, 0);
    assert_int_equal(decode_exactly(b.bytes, b.len, &kind), 0);
    buffer_consume(&b, b.len);
    put_content(&b, json, PAYLOAD_HEADER_MAX + 1, 0);
    assert_int_equal(decode_exactly(b.bytes, b.len, &kind), ERROR_PAYLOAD);
    buffer_clear(&b);
}

/* Puts a text of `len` times `c`; gives payload_put's result and decodes what it made. */
static int put_text(char c, size_t len)
{
    struct buffer out, scratch;
    struct payload p = {.kind = PAYLOAD_TEXT}, again;
    char *s = malloc(len);
    memset(s, c, len);
    p.text = (struct json_string){s, len};
    buffer_init(&out, SIZE_MAX);
    buffer_init(&scratch, PAYLOAD_HEADER_MAX);
    assert_int_equal(buffer_put(&out, "before", 6), 0);
    int rc = payload_put(&out, &p);
    if (rc == 0) {
        assert_int_equal(payload_decode(out.bytes + 6, out.len - 6, &scratch, &again), 0);
        assert_int_equal(again.text.len, len);
        assert_memory_equal(again.text.at, s, len);
    } else {
        assert_int_equal(out.len, 6);
    }
    assert_memory_equal(out.bytes, "before", 6);
    buffer_clear(&out);
    buffer_clear(&scratch);
    free(s);
    return rc;
}

static void test_texts_up_to_their_limit_pass(void **state)
{
    (void)state;
    assert_int_equal(put_text('x', PAYLOAD_TEXT_MAX), 0);
    assert_int_equal(put_text('\n', PAYLOAD_TEXT_MAX), 0);
    assert_int_equal(put_text('x', PAYLOAD_TEXT_MAX + 1), ERROR_LIMIT);
    assert_int_equal(put_text('\x01', 10000), 0);
    assert_int_equal(put_text('\x01', PAYLOAD_TEXT_MAX), ERROR_LIMIT);
    assert_int_equal(put_text('\xff', 10), ERROR_UTF8);
    assert_int_equal(put_text('\0', 10), ERROR_UTF8);
}

static void test_a_full_buffer_takes_no_part_of_a_payload(void **state)
{
    (void)state;
    const struct payload p = {
        .kind = PAYLOAD_CHUNK, .id = {"f", 1}, .bytes = (const uint8_t *)"12345", .bytes_len = 5};
    size_t whole = 2 + strlen("{\"kind\":\"chunk\",\"id\":\"f\",\"offset\":0}") + 5;
    for (size_t max = 0; max <= whole; max++) {
        struct buffer out;
        buffer_init(&out, max);
        assert_int_equal(payload_put(&out, &p), max < whole ? ERROR_LIMIT : 0);
        assert_int_equal(out.len, max < whole ? 0 : whole);
        buffer_clear(&out);
    }
}

static void test_out_of_memory_is_an_error(void **state)
{
    (void)state;
    struct payload p = {.kind = PAYLOAD_TEXT,
                        .previous = {.present = true, .stream = 1, .n = 1},
                        .text = {"a\nb" X256 X256, 3 + 512}};
    cJSON_Hooks hooks = {malloc, free}; /* those of this program, which can fail */
    cJSON_InitHooks(&hooks);
    for (size_t n = 0; torture_begin(n); n++) {
        struct buffer out, scratch;
        struct payload again;
        buffer_init(&out, SIZE_MAX);
        buffer_init(&scratch, PAYLOAD_HEADER_MAX);
        int rc = payload_put(&out, &p);
        if (rc)
            assert_int_equal(out.len, 0);
        if (rc == 0)
            rc = payload_decode(out.bytes, out.len, &scratch, &again);
        torture_end();
        assert_int_equal(rc, torture_failed() ? ERROR_NOMEM : 0);
        if (rc == 0)
            assert_memory_equal(again.text.at, p.text.at, p.text.len);
        buffer_clear(&out);
        buffer_clear(&scratch);
    }
    cJSON_InitHooks(NULL);
}

static void test_every_kind_has_a_word_of_its_own(void **state)
{
    (void)state;
    for (int a = 0; a < PAYLOAD_KINDS; a++)
        for (int b = 0; b < a; b++)
            assert_string_not_equal(payload_kind_word((enum payload_kind)a),
                                    payload_kind_word((enum payload_kind)b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_payloads_survive_a_round_trip),
        cmocka_unit_test(test_fields_have_their_values),
        cmocka_unit_test(test_unknown_kinds_and_keys_are_no_error),
        cmocka_unit_test(test_what_breaks_a_row_is_refused),
        cmocka_unit_test(test_what_cannot_be_read_may_say_what_was_before_it),
        cmocka_unit_test(test_lengths_are_judged),
        cmocka_unit_test(test_texts_up_to_their_limit_pass),
        cmocka_unit_test(test_a_full_buffer_takes_no_part_of_a_payload),
        cmocka_unit_test(test_out_of_memory_is_an_error),
        cmocka_unit_test(test_every_kind_has_a_word_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
