#include "error.h"
#include "json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#define TEXT(literal) literal, sizeof literal - 1

/* Scans a copy that ends where the text does, so that a sanitizer sees a step too far. */
static int scan_exactly(const char *text, size_t len)
{
    char *copy = malloc(len ? len : 1);
    memcpy(copy, text, len);
    struct json_value object;
    int rc = json_scan(copy, len, &object);
    free(copy);
    return rc;
}

static void test_what_is_not_json_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *why, *text;
        size_t len;
    } cases[] = {
        {"nothing", TEXT("")},
        {"only white space", TEXT("  ")},
        {"no object", TEXT("[]")},
        {"a string", TEXT("\"a\"")},
        {"a number", TEXT("1")},
        {"BOM", TEXT("\xef\xbb\xbf{}")},
        {"BOM behind", TEXT("{}\xef\xbb\xbf")},
        {"cut", TEXT("{")},
        {"cut in a key", TEXT("{\"a")},
        {"cut after a key", TEXT("{\"a\"")},
        {"cut after a colon", TEXT("{\"a\":")},
        {"cut in a word", TEXT("{\"a\":tru")},
        {"cut after a value", TEXT("{\"a\":1")},
        {"cut after a comma", TEXT("{\"a\":1,")},
        {"cut after a backslash", TEXT("{\"a\\")},
        {"cut in an escape", TEXT("{\"a\\u00")},
        {"cut in UTF-8", TEXT("{\"a\xc3")},
        {"cut in a surrogate pair", TEXT("{\"a\\ud83d\\ude")},
        {"bytes behind", TEXT("{}x")},
        {"another object behind", TEXT("{}{}")},
        {"NUL behind", TEXT("{}\0")},
        {"NUL before", TEXT("\0{}")},
        {"NUL among members", TEXT("{\"a\":1\0}")},
        {"NUL in a string", TEXT("{\"a\":\"x\0y\"}")},
        {"NUL in a key", TEXT("{\"a\0\":1}")},
        {"escaped NUL", TEXT("{\"a\":\"x\\u0000y\"}")},
        {"escaped NUL in a key", TEXT("{\"a\\u0000\":1}")},
        {"raw control byte", TEXT("{\"a\":\"x\ny\"}")},
        {"raw tab in a key", TEXT("{\"a\t\":1}")},
        {"raw U+001F", TEXT("{\"a\":\"\x1f\"}")},
        {"overlong UTF-8", TEXT("{\"a\":\"\xc0\xaf\"}")},
        {"overlong NUL", TEXT("{\"a\":\"\xc0\x80\"}")},
        {"encoded surrogate", TEXT("{\"a\":\"\xed\xa0\x80\"}")},
        {"above U+10FFFF", TEXT("{\"a\":\"\xf4\x90\x80\x80\"}")},
        {"Latin-1", TEXT("{\"a\":\"\xe9t\xe9\"}")},
        {"UTF-8 in no string", TEXT("{\"a\":\xc3\xa9}")},
        {"UTF-8 white space", TEXT("{\xc2\xa0}")},
        {"form feed", TEXT("{\f}")},
        {"lone high surrogate", TEXT("{\"a\":\"\\ud83d\"}")},
        {"lone low surrogate", TEXT("{\"a\":\"\\ude00\"}")},
        {"high surrogate and no low one", TEXT("{\"a\":\"\\ud83d\\u0041\"}")},
        {"high surrogate twice", TEXT("{\"a\":\"\\ud83d\\ud83d\\ude00\"}")},
        {"high surrogate and a letter", TEXT("{\"a\":\"\\ud83dxxxxxx\"}")},
        {"surrogates swapped", TEXT("{\"a\":\"\\ude00\\ud83d\"}")},
        {"unknown escape", TEXT("{\"a\":\"\\x41\"}")},
        {"escaped quote of C", TEXT("{\"a\":\"\\'\"}")},
        {"escape in capitals", TEXT("{\"a\":\"\\N\"}")},
        {"escaped control byte", TEXT("{\"a\":\"\\\n\"}")},
        {"\\U", TEXT("{\"a\":\"\\U0041\"}")},
        {"bad hex digit", TEXT("{\"a\":\"\\u004g\"}")},
        {"signed hex", TEXT("{\"a\":\"\\u+041\"}")},
        {"single quotes", TEXT("{'a':1}")},
        {"no quotes", TEXT("{a:1}")},
        {"a number as key", TEXT("{1:1}")},
        {"no colon", TEXT("{\"a\" 1}")},
        {"equals sign", TEXT("{\"a\"=1}")},
        {"two colons", TEXT("{\"a\"::1}")},
        {"no value", TEXT("{\"a\":}")},
        {"no comma", TEXT("{\"a\":1 \"b\":2}")},
        {"comma first", TEXT("{,\"a\":1}")},
        {"comma last", TEXT("{\"a\":1,}")},
        {"comma only", TEXT("{,}")},
        {"two commas", TEXT("{\"a\":1,,\"b\":2}")},
        {"comma last in an array", TEXT("{\"a\":[1,]}")},
        {"colon in an array", TEXT("{\"a\":[\"b\":1]}")},
        {"wrong bracket", TEXT("{\"a\":[1}")},
        {"wrong brackets", TEXT("{\"a\":[1}]")},
        {"closed twice", TEXT("{\"a\":1}}")},
        {"a comment", TEXT("{/**/}")},
        {"a comment behind", TEXT("{}//")},
        {"True", TEXT("{\"a\":True}")},
        {"NULL", TEXT("{\"a\":NULL}")},
        {"nul", TEXT("{\"a\":nul}")},
        {"nulll", TEXT("{\"a\":nulll}")},
        {"NaN", TEXT("{\"a\":NaN}")},
        {"Infinity", TEXT("{\"a\":Infinity}")},
        {"leading zero", TEXT("{\"a\":012}")},
        {"leading zeros", TEXT("{\"a\":00}")},
        {"negative leading zero", TEXT("{\"a\":-01}")},
        {"no fraction", TEXT("{\"a\":1.}")},
        {"no fraction before an exponent", TEXT("{\"a\":1.e1}")},
        {"no integer part", TEXT("{\"a\":.5}")},
        {"a plus", TEXT("{\"a\":+1}")},
        {"a minus only", TEXT("{\"a\":-}")},
        {"two minuses", TEXT("{\"a\":--1}")},
        {"no exponent", TEXT("{\"a\":1e}")},
        {"a sign for an exponent", TEXT("{\"a\":1e+}")},
        {"a fraction in an exponent", TEXT("{\"a\":1e1.5}")},
        {"two fractions", TEXT("{\"a\":1.2.3}")},
        {"hexadecimal", TEXT("{\"a\":0x1}")},
        {"a letter behind", TEXT("{\"a\":1a}")},
        {"digits in groups", TEXT("{\"a\":1_000}")},
        {"duplicate keys", TEXT("{\"a\":1,\"a\":1}")},
        {"duplicates apart", TEXT("{\"a\":1,\"b\":2,\"a\":3}")},
        {"duplicate empty keys", TEXT("{\"\":1,\"\":2}")},
        {"duplicate after unescaping", TEXT("{\"type\":1,\"t\\u0079pe\":2}")},
        {"both escaped", TEXT("{\"\\u0061\":1,\"\\u0061\":2}")},
        {"escaped in two ways", TEXT("{\"\\n\":1,\"\\u000A\":2}")},
        {"escaped slash", TEXT("{\"/\":1,\"\\/\":2}")},
        {"escaped above U+FFFF", TEXT("{\"\xf0\x9f\x98\x80\":1,\"\\uD83D\\uDE00\":2}")},
        {"duplicates below", TEXT("{\"a\":{\"b\":1,\"b\":2}}")},
        {"duplicates in an array", TEXT("{\"a\":[0,{\"b\":1,\"b\":2}]}")},
        {"duplicates around an object", TEXT("{\"a\":{\"b\":1},\"a\":2}")},
        {"depth 9", TEXT("{\"a\":[[[[[[[[]]]]]]]]}")},
        {"depth 9 of objects", TEXT("{\"\":{\"\":{\"\":{\"\":{\"\":{\"\":{\"\":{\"\":{}}}}}}}}}")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (scan_exactly(cases[i].text, cases[i].len) != ERROR_HEADER)
            fail_msg("accepted: %s", cases[i].why);
}

static void test_json_is_accepted(void **state)
{
    (void)state;
    static const struct {
        const char *why, *text;
        size_t len;
    } cases[] = {
        {"empty", TEXT("{}")},
        {"white space", TEXT(" \t\r\n{ \t\r\n} \t\r\n")},
        {"white space everywhere", TEXT("{ \"a\" : [ 1 , { } , [ ] ] , \"b\" : null }")},
        {"all kinds",
         TEXT("{\"a\":null,\"b\":true,\"c\":false,\"d\":0,\"e\":\"\",\"f\":[],\"g\":{}}")},
        {"numbers", TEXT("{\"a\":[0,-0,1,-1,10,0.0,1.50,1e5,1E+5,1e-05,-0.1e0,1e999]}")},
        {"a long number", TEXT("{\"a\":123456789012345678901234567890123456789012345678901234567890"
                               "12345678901234567890.5}")},
        {"escapes", TEXT("{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\uABCD\"}")},
        {"a surrogate pair", TEXT("{\"a\":\"\\ud83d\\uDE00\"}")},
        {"the last code point", TEXT("{\"a\":\"\\udbff\\udfff\xf4\x8f\xbf\xbf\"}")},
        {"U+FFFF and noncharacters", TEXT("{\"a\":\"\\uffff\xef\xbf\xbe\"}")},
        {"DEL and C1", TEXT("{\"a\":\"\x7f\xc2\x80\"}")},
        {"U+0001 escaped", TEXT("{\"a\":\"\\u0001\"}")},
        {"keys that differ in case", TEXT("{\"a\":1,\"A\":2}")},
        {"keys that begin alike", TEXT("{\"a\":1,\"aa\":2,\"\":3,\"a\\u0061a\":4}")},
        {"keys in NFC and NFD", TEXT("{\"\xc3\xa9\":1,\"e\xcc\x81\":2}")},
        {"the same key below", TEXT("{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":1}]}")},
        {"depth 8", TEXT("{\"a\":[[[[[[[]]]]]]]}")},
        {"depth 8 of objects", TEXT("{\"\":{\"\":{\"\":{\"\":{\"\":{\"\":{\"\":{}}}}}}}}")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (scan_exactly(cases[i].text, cases[i].len) != 0)
            fail_msg("refused: %s", cases[i].why);
}

static void test_no_prefix_of_an_object_is_one(void **state)
{
    (void)state;
    static const char text[] =
        "{\"a\\n\":[-1.5e+3,\"\xc3\xa9\\ud83d\\ude00\",true],\"b\":{\"c\":null}}";
    for (size_t len = 0; len < sizeof text - 1; len++)
        assert_int_equal(scan_exactly(text, len), ERROR_HEADER);
    assert_int_equal(scan_exactly(text, sizeof text - 1), 0);
}

/* Many keys, so that they are sorted; `same` and `other` are written in different ways. */
static int scan_many(const char *same, const char *other, size_t count)
{
    struct buffer text;
    struct json_writer w;
    buffer_init(&text, SIZE_MAX);
    json_writer_init(&w, &text);
    json_open(&w, NULL, '{');
    for (size_t i = 0; i < count; i++) {
        char key[20] = "k";
        for (size_t n = i * 7919 % count, at = 1; n; n /= 26)
            key[at++] = (char)('a' + n % 26);
        json_put_integer(&w, i == 3 ? same : i == count - 3 ? other : key, i);
    }
    json_close(&w, '}');
    assert_int_equal(w.error, 0);
    int rc = scan_exactly((const char *)text.bytes, text.len);
    buffer_clear(&text);
    return rc;
}

static void test_duplicates_are_found_among_many_keys(void **state)
{
    (void)state;
    for (size_t count = 7; count < 10000; count = count * 3 / 2) {
        assert_int_equal(scan_many("x", "y", count), 0);
        assert_int_equal(scan_many("x", "x ", count), 0);
        assert_int_equal(scan_many("x", "x", count), ERROR_HEADER);
        assert_int_equal(scan_many("x!", "\\u0078!", count), ERROR_HEADER);
        assert_int_equal(scan_many("\xc3\xa9", "\\u00e9", count), ERROR_HEADER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_not_json_is_refused),
        cmocka_unit_test(test_json_is_accepted),
        cmocka_unit_test(test_no_prefix_of_an_object_is_one),
        cmocka_unit_test(test_duplicates_are_found_among_many_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
