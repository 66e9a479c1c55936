#include "error.h"
#include "header.h"
#include "header_text.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

/* What is written here is what encoding it again gives. */
static void test_headers_survive_a_round_trip(void **state)
{
    (void)state;
    static const struct {
        enum header_side side;
        enum header_type type;
        size_t content_len;
        const char *text;
    } cases[] = {
        {C, HEADER_HELLO, 0, "{\"type\":\"hello\",\"version\":1,\"nick\":\"alice\"}"},
        {C, HEADER_HELLO, 0,
         "{\"type\":\"hello\",\"version\":1,\"nick\":\"a\\\"\\u0001\",\"room\":\"\",\"agent\":\"\","
         "\"keys\":" KEYS "}"},
        {C, HEADER_KEYS, 0, "{\"type\":\"keys\",\"keys\":" KEYS "}"},
        {C, HEADER_KEYS, 0, "{\"type\":\"keys\",\"keys\":{}}"},
        {R, HEADER_WELCOME, 0,
         "{\"type\":\"welcome\",\"version\":1,\"nick\":\"a\",\"room\":\"lobby\",\"agent\":\"x\","
         "\"time\":0,\"waiting\":9007199254740991,\"peer\":null}"},
        {R, HEADER_WELCOME, 0,
         "{\"type\":\"welcome\",\"version\":1,\"nick\":\"a\",\"room\":\"lobby\",\"agent\":\"\","
         "\"time\":1,\"waiting\":0,\"peer\":{\"nick\":\"b\",\"state\":\"offline\",\"time\":7}}"},
        {R, HEADER_WELCOME, 0,
         "{\"type\":\"welcome\",\"version\":1,\"nick\":\"a\",\"room\":\"lobby\",\"agent\":\"x\","
         "\"time\":1,\"waiting\":0,\"peer\":{\"nick\":\"b\",\"state\":\"left\",\"time\":7,"
         "\"keys\":" KEYS ",\"stored\":[{" S ",\"first\":1,\"n\":1},"
         "{\"stream\":\"ffffffffffffffff\",\"first\":2,\"n\":30}]}}"},
        {R, HEADER_PRESENCE, 0,
         "{\"type\":\"presence\",\"nick\":\"b\",\"state\":\"online\",\"time\":7}"},
        {R, HEADER_PRESENCE, 0,
         "{\"type\":\"presence\",\"nick\":\"b\",\"state\":\"left\",\"time\":7,\"keys\":" KEYS
         ",\"stored\":[{" S ",\"first\":4,\"n\":5}]}"},
        {C, HEADER_MESSAGE, 3, "{\"type\":\"message\",\"to\":\"bob\"," S ",\"n\":1}"},
        {C, HEADER_MESSAGE, 65536, "{\"type\":\"message\",\"to\":\"bob\"," S ",\"n\":2}"},
        {R, HEADER_MESSAGE, 3, "{\"type\":\"message\",\"from\":\"bob\"," S ",\"n\":2,\"time\":3}"},
        {C, HEADER_RECEIPT, 0, "{\"type\":\"receipt\",\"to\":\"bob\"," S ",\"n\":0}"},
        {C, HEADER_RECEIPT, 1024,
         "{\"type\":\"receipt\",\"to\":\"bob\"," S ",\"n\":1,\"resend\":true}"},
        {R, HEADER_RECEIPT, 1, "{\"type\":\"receipt\",\"from\":\"bob\"," S ",\"n\":0}"},
        {R, HEADER_RECEIPT, 0,
         "{\"type\":\"receipt\",\"from\":\"bob\"," S ",\"n\":0,\"resend\":true}"},
        {R, HEADER_STORED, 0, "{\"type\":\"stored\",\"to\":\"bob\"," S ",\"first\":2,\"n\":2}"},
        {C, HEADER_SIGNAL, 1, "{\"type\":\"signal\",\"to\":\"bob\"}"},
        {R, HEADER_SIGNAL, 65536, "{\"type\":\"signal\",\"from\":\"bob\",\"time\":5}"},
        {C, HEADER_PING, 0, "{\"type\":\"ping\"}"},
        {C, HEADER_PONG, 0, "{\"type\":\"pong\",\"id\":0}"},
        {R, HEADER_PING, 0, "{\"type\":\"ping\",\"id\":12}"},
        {R, HEADER_PONG, 0, "{\"type\":\"pong\"}"},
        {C, HEADER_BYE, 0, "{\"type\":\"bye\"}"},
        {C, HEADER_BYE, 0, "{\"type\":\"bye\",\"leave\":true}"},
        {R, HEADER_ERROR, 0,
         "{\"type\":\"error\",\"code\":\"bad-nick\",\"text\":\"No.\",\"fatal\":true}"},
        {R, HEADER_ERROR, 0,
         "{\"type\":\"error\",\"code\":\"quota\",\"text\":\"\",\"fatal\":false," S ",\"n\":4}"},
        {R, HEADER_ERROR, 0,
         "{\"type\":\"error\",\"code\":\"unsupported-version\",\"text\":\"x\",\"fatal\":true,"
         "\"versions\":[1]}"},
    };
    static uint8_t content[FRAME_CONTENT_MAX];
    memset(content, 'c', sizeof content);
    struct header_decoder d;
    header_decoder_init(&d);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *text = cases[i].text;
        struct frame frame = {text, strlen(text), content, cases[i].content_len}, again;
        struct header h;
        struct buffer out;
        buffer_init(&out, FRAME_MAX);
        if (header_decode(&d, cases[i].side, &frame, &h) != 0)
            fail_msg("refused: %s", text);
        assert_int_equal(h.type, cases[i].type);
        assert_int_equal(d.type, cases[i].type);
        assert_int_equal(header_put(&out, cases[i].side, &h, content, frame.content_len), 0);
        assert_int_equal(frame_decode(out.bytes, out.len, &again), out.len);
        if (again.header_len != frame.header_len || memcmp(again.header, text, strlen(text)) != 0)
            fail_msg("%s became %.*s", text, (int)again.header_len, again.header);
        assert_int_equal(again.content_len, frame.content_len);
        if (again.content_len)
            assert_memory_equal(again.content, content, again.content_len);
        buffer_clear(&out);
    }
    header_decoder_clear(&d);
}

static void expect_version(enum header_side side, enum header_type type, const char *text)
{
    const struct frame frame = {text, strlen(text), NULL, 0};
    struct header_decoder d;
    struct header h;
    header_decoder_init(&d);
    assert_int_equal(header_decode(&d, side, &frame, &h), 0);
    assert_int_equal(h.type, type);
    assert_int_equal(h.version, 2);
    assert_null(h.nick.at);
    header_decoder_clear(&d);
}

static void test_a_version_is_judged_before_the_rest(void **state)
{
    (void)state;
    expect_version(C, HEADER_HELLO, "{\"type\":\"hello\",\"nick\":5,\"from\":1,\"version\":2}");
    expect_version(R, HEADER_WELCOME, "{\"type\":\"welcome\",\"room\":5,\"version\":2}");
}

static void test_fields_have_their_values(void **state)
{
    (void)state;
    static const char text[] =
        WELCOME ",\"peer\":{\"nick\":\"b\\u00f6b\",\"state\":\"offline\",\"time\":7,"
                "\"keys\": {\"a\" : 1} ,\"stored\":[{\"stream\":\"00000000000000ff\","
                "\"first\":2,\"n\":3}," RUN "]}}";
    const struct frame frame = {text, sizeof text - 1, NULL, 0};
    struct header_decoder d;
    struct header h;
    header_decoder_init(&d);
    assert_int_equal(header_decode(&d, R, &frame, &h), 0);
    assert_true(h.has_peer);
    assert_int_equal(h.peer_nick.len, 4);
    assert_memory_equal(h.peer_nick.at,
                        "b\xc3\xb6"
                        "b",
                        4);
    assert_int_equal(h.peer_state, HEADER_OFFLINE);
    assert_int_equal(h.peer_time, 7);
    assert_int_equal(h.peer_keys.len, 9);
    assert_memory_equal(h.peer_keys.at, "{\"a\" : 1}", 9);
    assert_int_equal(h.stored_count, 2);
    assert_int_equal(h.stored[0].stream, 0xff);
    assert_int_equal(h.stored[0].first, 2);
    assert_int_equal(h.stored[0].n, 3);
    assert_int_equal(h.stored[1].stream, 0x0123456789abcdef);
    header_decoder_clear(&d);
}

static void test_a_usual_header_needs_no_memory(void **state)
{
    (void)state;
    static const char text[] = "{\"type\":\"message\",\"to\":\"zo\xc3\xab\"," S ",\"n\":12}";
    const struct frame frame = {text, sizeof text - 1, (const uint8_t *)"x", 1};
    struct header_decoder d;
    struct header h;
    header_decoder_init(&d);
    assert_true(torture_begin(0));
    assert_int_equal(header_decode(&d, C, &frame, &h), 0);
    torture_end();
    assert_false(torture_failed());
    assert_int_equal(h.peer.len, 4);
    assert_int_equal(h.stream, 0x0123456789abcdef);
    assert_int_equal(h.n, 12);
    header_decoder_clear(&d);
}

static void test_what_does_not_fit_is_not_put_at_all(void **state)
{
    (void)state;
    static const char long_text[5000];
    static const struct header big = {.type = HEADER_ERROR, .text = {long_text, sizeof long_text}};
    struct header h = {.type = HEADER_SIGNAL, .peer = {"bob", 3}};
    size_t whole = FRAME_PREFIX + strlen("{\"type\":\"signal\",\"to\":\"bob\"}") + 4;
    for (size_t max = 2; max <= 2 + whole; max++) {
        struct buffer out;
        buffer_init(&out, max);
        assert_int_equal(buffer_put(&out, "xy", 2), 0);
        int rc = header_put(&out, C, &h, (const uint8_t *)"1234", 4);
        assert_int_equal(rc, max < 2 + whole ? ERROR_LIMIT : 0);
        assert_int_equal(out.len, rc ? 2 : 2 + whole);
        buffer_clear(&out);
    }
    struct buffer out;
    buffer_init(&out, SIZE_MAX);
    h.peer = (struct json_string){"a\xff", 2};
    assert_int_equal(header_put(&out, C, &h, NULL, 0), ERROR_UTF8);
    assert_int_equal(out.len, 0);
    char *text = malloc(5000);
    memset(text, 'x', 5000);
    h = big;
    h.text.at = text;
    assert_int_equal(header_put(&out, R, &h, NULL, 0), ERROR_LIMIT);
    assert_int_equal(out.len, 0);
    h = (struct header){.type = HEADER_HELLO, .nick = {"a", 1}, .agent = {text, 65}};
    assert_int_equal(header_put(&out, C, &h, NULL, 0), ERROR_LIMIT);
    h = (struct header){.type = HEADER_KEYS, .keys = {text, HEADER_KEYS_MAX + 1}};
    assert_int_equal(header_put(&out, C, &h, NULL, 0), ERROR_LIMIT);
    assert_int_equal(out.len, 0);
    free(text);
    buffer_clear(&out);
}

static void test_out_of_memory_is_an_error(void **state)
{
    (void)state;
    const struct header welcome = {.type = HEADER_WELCOME,
                                   .version = 1,
                                   .nick = {"a\n", 2},
                                   .room = {"b\n", 2},
                                   .agent = {E64, sizeof E64 - 1},
                                   .has_peer = true,
                                   .peer_nick = {"c\n", 2},
                                   .peer_keys = {KEYS, sizeof KEYS - 1}};
    cJSON_Hooks hooks = {malloc, free}; /* those of this program, which can fail */
    cJSON_InitHooks(&hooks);
    for (size_t n = 0; torture_begin(n); n++) {
        struct header_decoder d;
        struct header h;
        struct frame frame;
        struct buffer out;
        header_decoder_init(&d);
        buffer_init(&out, SIZE_MAX);
        int rc = header_put(&out, R, &welcome, NULL, 0);
        if (rc)
            assert_int_equal(out.len, 0);
        if (rc == 0) {
            assert_int_equal(frame_decode(out.bytes, out.len, &frame), out.len);
            rc = header_decode(&d, R, &frame, &h);
        }
        torture_end();
        assert_int_equal(rc, torture_failed() ? ERROR_NOMEM : 0);
        if (rc == 0) {
            assert_memory_equal(h.nick.at, "a\n", 2);
            assert_memory_equal(h.room.at, "b\n", 2);
            assert_memory_equal(h.peer_nick.at, "c\n", 2);
        }
        header_decoder_clear(&d);
        buffer_clear(&out);
    }
    cJSON_InitHooks(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers_survive_a_round_trip),
        cmocka_unit_test(test_a_version_is_judged_before_the_rest),
        cmocka_unit_test(test_fields_have_their_values),
        cmocka_unit_test(test_a_usual_header_needs_no_memory),
        cmocka_unit_test(test_what_does_not_fit_is_not_put_at_all),
        cmocka_unit_test(test_out_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
