#include "error.h"
#include "fields.h"
#include "header.h"
#include "header_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* PROTOCOL.md, "Errors" */
static const struct {
    enum header_code code;
    bool fatal;
    const char *word;
} codes[] = {
    {CODE_BAD_FRAME, true, "bad-frame"},
    {CODE_BAD_HEADER, true, "bad-header"},
    {CODE_BAD_STATE, true, "bad-state"},
    {CODE_UNKNOWN_TYPE, false, "unknown-type"},
    {CODE_UNSUPPORTED_VERSION, true, "unsupported-version"},
    {CODE_BAD_NICK, true, "bad-nick"},
    {CODE_BAD_ROOM, true, "bad-room"},
    {CODE_BAD_IDENTITY, true, "bad-identity"},
    {CODE_NOT_ALLOWED, true, "not-allowed"},
    {CODE_NICK_TAKEN, true, "nick-taken"},
    {CODE_ROOM_FULL, true, "room-full"},
    {CODE_REPLACED, true, "replaced"},
    {CODE_SERVER_FULL, true, "server-full"},
    {CODE_NO_SUCH_PEER, false, "no-such-peer"},
    {CODE_QUOTA, false, "quota"},
    {CODE_WINDOW, true, "window"},
    {CODE_TIMEOUT, true, "timeout"},
    {CODE_SHUTTING_DOWN, true, "shutting-down"},
    {CODE_INTERNAL, true, "internal"},
};

/* The code of a word, as header_decode has it. */
static enum header_code find(const char *word, size_t len)
{
    int code = fields_find_word(header_code_words, word, len);
    return code < 0 ? CODE_UNKNOWN : (enum header_code)code;
}

static void test_codes_are_those_of_the_protocol(void **state)
{
    (void)state;
    size_t count = sizeof codes / sizeof codes[0];
    assert_int_equal(count, CODES - 1);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(header_code_word(codes[i].code), codes[i].word);
        assert_int_equal(find(codes[i].word, strlen(codes[i].word)), codes[i].code);
        assert_int_equal(header_code_is_fatal(codes[i].code), codes[i].fatal);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(header_code_text(codes[i].code),
                                    header_code_text(codes[j].code));
    }
}

static void test_other_words_are_unknown_codes(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        size_t len;
    } words[] = {{"", 0},        {"quot", 4}, {"quotas", 6},  {"Quota", 5},
                 {"quota\0", 6}, {"bad-", 4}, {"unknown", 7}, {"quota-x", 7}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        assert_int_equal(find(words[i].word, words[i].len), CODE_UNKNOWN);
    assert_int_equal(find("quota-x", 5), CODE_QUOTA);
}

/* A line of a log or of a screen: plain ASCII, and one of them. */
static void test_texts_are_plain_lines(void **state)
{
    (void)state;
    for (int code = 0; code < CODES; code++) {
        const char *text = header_code_text((enum header_code)code);
        assert_true(strlen(text) > 10 && strlen(text) < 120);
        for (const char *at = text; *at; at++)
            assert_true(*at >= ' ' && *at <= '~');
    }
}

static void test_types_and_states_have_their_words(void **state)
{
    (void)state;
    static const char *const types[HEADER_TYPES] = {
        "unknown", "hello",  "keys", "welcome", "presence", "message", "receipt",
        "stored",  "signal", "ping", "pong",    "bye",      "error"};
    for (int type = 0; type < HEADER_TYPES; type++)
        assert_string_equal(header_type_word((enum header_type)type), types[type]);
    assert_string_equal(header_state_word(HEADER_ONLINE), "online");
    assert_string_equal(header_state_word(HEADER_OFFLINE), "offline");
    assert_string_equal(header_state_word(HEADER_LEFT), "left");
}

static void test_streams_are_16_lowercase_hex_digits(void **state)
{
    (void)state;
    static const struct {
        uint64_t stream;
        const char *text;
    } good[] = {
        {0, "0000000000000000"},
        {1, "0000000000000001"},
        {0x0123456789abcdef, "0123456789abcdef"},
        {UINT64_MAX, "ffffffffffffffff"},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char text[17];
        uint64_t stream;
        header_stream_format(good[i].stream, text);
        assert_string_equal(text, good[i].text);
        assert_int_equal(header_stream_parse(text, 16, &stream), 0);
        assert_true(stream == good[i].stream);
    }
    static const char *const bad[] = {
        "",
        "0",
        "000000000000000",
        "00000000000000000",
        "000000000000000A",
        "000000000000000g",
        "000000000000000/",
        "000000000000000:",
        "000000000000000`",
        " 000000000000000",
        "-000000000000000",
        "0x00000000000000",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint64_t stream = 5;
        assert_int_equal(header_stream_parse(bad[i], strlen(bad[i]), &stream), ERROR_HEADER);
        assert_true(stream == 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes_are_those_of_the_protocol),
        cmocka_unit_test(test_other_words_are_unknown_codes),
        cmocka_unit_test(test_texts_are_plain_lines),
        cmocka_unit_test(test_types_and_states_have_their_words),
        cmocka_unit_test(test_streams_are_16_lowercase_hex_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
