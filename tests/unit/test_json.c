#include "error.h"
#include "json.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(literal) literal, sizeof literal - 1

static void test_members_are_walked_and_found(void **state)
{
    (void)state;
    static const char text[] = " {\"a\" :1, \"b\\u0062\":\"}\\\"{\" ,\"c\":[ {\"d\":\"]\"} , "
                               "2,null ],\"e\":{\"a\":true}} ";
    struct json_value object, value, key;
    assert_int_equal(json_scan(TEXT(text), &object), 0);
    assert_int_equal(object.len, sizeof text - 3);
    static const struct {
        const char *key, *value;
        enum json_kind kind;
    } members[] = {
        {"a", "1", JSON_NUMBER},
        {"bb", "\"}\\\"{\"", JSON_STRING},
        {"c", "[ {\"d\":\"]\"} , 2,null ]", JSON_ARRAY},
        {"e", "{\"a\":true}", JSON_OBJECT},
    };
    struct json_iter iter = json_iter_init(&object);
    for (size_t i = 0; i < 4; i++) {
        assert_true(json_next(&iter, &key, &value));
        assert_true(json_equals(&key, members[i].key));
        assert_int_equal(value.kind, members[i].kind);
        assert_int_equal(value.len, strlen(members[i].value));
        assert_memory_equal(value.at, members[i].value, value.len);
        assert_true(json_find(&object, members[i].key, &key));
        assert_ptr_equal(key.at, value.at);
    }
    assert_false(json_next(&iter, &key, &value));
    assert_false(json_next(&iter, &key, &value));
    assert_false(json_find(&object, "A", &value));
    assert_false(json_find(&object, "b", &value));
    assert_false(json_find(&object, "bbb", &value));
    assert_false(json_find(&object, "d", &value));
    assert_true(json_find(&object, "c", &value));
    static const enum json_kind kinds[] = {JSON_OBJECT, JSON_NUMBER, JSON_NULL};
    struct json_value element;
    iter = json_iter_init(&value);
    for (size_t i = 0; i < 3; i++) {
        assert_true(json_next(&iter, NULL, &element));
        assert_int_equal(element.kind, kinds[i]);
    }
    assert_false(json_next(&iter, NULL, &element));
}

/* Scans {"v":...} and gives the value. */
static struct json_value value_of(struct buffer *text, const char *json)
{
    struct json_value object, value;
    buffer_consume(text, text->len);
    assert_int_equal(buffer_put(text, "{\"v\":", 5), 0);
    assert_int_equal(buffer_put(text, json, strlen(json)), 0);
    assert_int_equal(buffer_put(text, "}", 1), 0);
    assert_int_equal(json_scan((const char *)text->bytes, text->len, &object), 0);
    assert_true(json_find(&object, "v", &value));
    return value;
}

static void test_integers_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        int rc;
        uint64_t n;
    } cases[] = {
        {"0", 0, 0},
        {"7", 0, 7},
        {"9007199254740991", 0, JSON_INTEGER_MAX},
        {"9007199254740992", ERROR_HEADER, 0},
        {"9007199254740993", ERROR_HEADER, 0},
        {"9999999999999999", ERROR_HEADER, 0},
        {"18446744073709551616", ERROR_HEADER, 0},
        {"18446744073709551617", ERROR_HEADER, 0},
        {"-0", ERROR_HEADER, 0},
        {"-1", ERROR_HEADER, 0},
        {"1.0", ERROR_HEADER, 0},
        {"1e0", ERROR_HEADER, 0},
        {"1E1", ERROR_HEADER, 0},
        {"1e999", ERROR_HEADER, 0},
        {"\"1\"", ERROR_HEADER, 0},
        {"true", ERROR_HEADER, 0},
        {"null", ERROR_HEADER, 0},
        {"[1]", ERROR_HEADER, 0},
        {"{}", ERROR_HEADER, 0},
    };
    struct buffer text;
    buffer_init(&text, 1000);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t n = 0;
        struct json_value value = value_of(&text, cases[i].json);
        assert_int_equal(json_get_integer(&value, &n), cases[i].rc);
        assert_int_equal(n, cases[i].n);
    }
    buffer_clear(&text);
}

static void test_bools_are_exact(void **state)
{
    (void)state;
    struct buffer text;
    buffer_init(&text, 1000);
    bool b = false;
    struct json_value value = value_of(&text, "true");
    assert_int_equal(json_get_bool(&value, &b), 0);
    assert_true(b);
    value = value_of(&text, "false");
    assert_int_equal(json_get_bool(&value, &b), 0);
    assert_false(b);
    static const char *const others[] = {"1", "0", "null", "\"true\"", "[]"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        value = value_of(&text, others[i]);
        assert_int_equal(json_get_bool(&value, &b), ERROR_HEADER);
    }
    buffer_clear(&text);
}

static void test_strings_come_out_unescaped(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"\"\"", ""},
        {"\"plain\"", "plain"},
        {"\"caf\xc3\xa9\"", "caf\xc3\xa9"},
        {"\"caf\\u00e9\"", "caf\xc3\xa9"},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
        {"\"\\u0001\\u001F\\u007f\\u0080\\u07ff\\u0800\\uffff\"",
         "\x01\x1f\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"},
        {"\"\\ud800\\udc00\\udbff\\udfff\"", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
    };
    struct buffer text, scratch;
    buffer_init(&text, 1000);
    buffer_init(&scratch, 1000);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct json_string s;
        struct json_value value = value_of(&text, cases[i][0]);
        assert_int_equal(json_get_string(&value, &scratch, &s), 0);
        assert_non_null(s.at);
        assert_int_equal(s.len, strlen(cases[i][1]));
        assert_memory_equal(s.at, cases[i][1], s.len);
        assert_true(json_equals(&value, cases[i][1]));
        assert_false(json_equals(&value, "other"));
        char other[100];
        strcpy(other, cases[i][1]);
        strcpy(other + s.len, "x");
        assert_false(json_equals(&value, other));
        if (s.len) {
            other[s.len - 1] = '\0';
            assert_false(json_equals(&value, other));
        }
    }
    struct json_string s;
    struct json_value value = value_of(&text, "12");
    assert_int_equal(json_get_string(&value, &scratch, &s), ERROR_HEADER);
    buffer_clear(&scratch);
    buffer_init(&scratch, 2);
    value = value_of(&text, "\"\\n\\n\\n\"");
    assert_int_equal(json_get_string(&value, &scratch, &s), ERROR_LIMIT);
    buffer_clear(&scratch);
    buffer_clear(&text);
}

static void test_plain_text_needs_no_memory(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":\"caf\xc3\xa9\",\"b\":{\"a\":1,\"b\":2},\"c\":[1,2,3]}";
    struct buffer scratch;
    buffer_init(&scratch, 100);
    assert_true(torture_begin(0));
    struct json_value object, value;
    struct json_string s;
    assert_int_equal(json_scan(TEXT(text), &object), 0);
    assert_true(json_find(&object, "a", &value));
    assert_int_equal(json_get_string(&value, &scratch, &s), 0);
    torture_end();
    assert_false(torture_failed());
    assert_null(scratch.bytes);
}

static void test_what_is_written_is_json(void **state)
{
    (void)state;
    struct buffer out;
    struct json_writer w;
    buffer_init(&out, 1000);
    json_writer_init(&w, &out);
    json_open(&w, NULL, '{');
    json_put_string(&w, "a", TEXT("x"));
    json_put_string(&w, "b", TEXT("\"\\/\b\f\n\r\t\x01\x7f\xc3\xa9\xf0\x9f\x98\x80"));
    json_put_integer(&w, "c", 0);
    json_put_integer(&w, "d", UINT64_MAX);
    json_open(&w, "e", '[');
    json_put_bool(&w, NULL, true);
    json_open(&w, NULL, '{');
    json_close(&w, '}');
    json_open(&w, NULL, '[');
    json_close(&w, ']');
    json_put_null(&w, NULL);
    json_put_string(&w, NULL, TEXT(""));
    json_close(&w, ']');
    json_put_raw(&w, "f", TEXT("{\"g\": 1}"));
    json_put_bool(&w, "h", false);
    json_put_null(&w, "i");
    json_close(&w, '}');
    assert_int_equal(w.error, 0);
    static const char expected[] =
        "{\"a\":\"x\",\"b\":\"\\\"\\\\/"
        "\\b\\f\\n\\r\\t\\u0001\x7f\xc3\xa9\xf0\x9f\x98\x80\",\"c\":0,"
        "\"d\":18446744073709551615,\"e\":[true,{},[],null,\"\"],\"f\":{\"g\": 1},\"h\":false,"
        "\"i\":null}";
    assert_int_equal(out.len, sizeof expected - 1);
    assert_memory_equal(out.bytes, expected, out.len);
    struct json_value object;
    assert_int_equal(json_scan(expected, out.len, &object), 0);
    buffer_clear(&out);
}

static void test_what_cannot_be_written_is_an_error_and_the_end(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        size_t len;
    } strings[] = {
        {TEXT("a\0b")},           {TEXT("\0")},       {TEXT("\xff")}, {TEXT("\xc3")},
        {TEXT("\n\xed\xa0\x80")}, {TEXT("\xc0\x80")},
    };
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
        struct buffer out;
        struct json_writer w;
        buffer_init(&out, 1000);
        json_writer_init(&w, &out);
        json_put_string(&w, NULL, strings[i].s, strings[i].len);
        assert_int_equal(w.error, ERROR_UTF8);
        json_put_string(&w, NULL, "x", 1);
        json_put_integer(&w, NULL, 1);
        json_close(&w, '}');
        assert_int_equal(w.error, ERROR_UTF8);
        assert_int_equal(out.len, 0);
        buffer_clear(&out);
    }
}

static void test_a_full_buffer_is_an_error(void **state)
{
    (void)state;
    static const char expected[] = "{\"key\":\"va\\\"ue\",\"n\":12}";
    for (size_t max = 0; max < sizeof expected; max++) {
        struct buffer out;
        struct json_writer w;
        buffer_init(&out, max);
        json_writer_init(&w, &out);
        json_open(&w, NULL, '{');
        json_put_string(&w, "key", TEXT("va\"ue"));
        json_put_integer(&w, "n", 12);
        json_close(&w, '}');
        assert_int_equal(w.error, max < sizeof expected - 1 ? ERROR_LIMIT : 0);
        if (w.error == 0)
            assert_memory_equal(out.bytes, expected, max);
        buffer_clear(&out);
    }
}

/* A conversation that needs memory in every place that can: gives the first error. */
static int use_memory(const struct buffer *many)
{
    struct buffer scratch, out;
    struct json_value object, value;
    struct json_string s;
    struct json_writer w;
    buffer_init(&scratch, 1000);
    buffer_init(&out, 1000);
    json_writer_init(&w, &out);
    int rc = json_scan((const char *)many->bytes, many->len, &object);
    if (rc == 0) {
        assert_true(json_find(&object, "escaped", &value));
        rc = json_get_string(&value, &scratch, &s);
    }
    if (rc == 0) {
        assert_int_equal(s.len, 3);
        assert_memory_equal(s.at, "a\nb", 3);
        json_put_string(&w, NULL, s.at, s.len);
        json_put_string(&w, NULL, TEXT("plain"));
        rc = w.error;
    }
    if (rc == 0)
        assert_memory_equal(out.bytes, "\"a\\nb\",\"plain\"", out.len);
    buffer_clear(&scratch);
    buffer_clear(&out);
    return rc;
}

static void test_out_of_memory_is_an_error(void **state)
{
    (void)state;
    struct buffer many;
    struct json_writer w;
    buffer_init(&many, SIZE_MAX);
    json_writer_init(&w, &many);
    json_open(&w, NULL, '{');
    json_put_string(&w, "escaped", TEXT("a\nb"));
    for (char key[] = "a"; *key <= 'z'; ++*key) {
        json_open(&w, key, '{');
        json_put_null(&w, key);
        json_close(&w, '}');
    }
    for (char key[] = "A"; *key <= 'Z'; ++*key)
        json_put_integer(&w, key, 1);
    json_close(&w, '}');
    assert_int_equal(w.error, 0);
    cJSON_Hooks hooks = {malloc, free}; /* those of this program, which can fail */
    cJSON_InitHooks(&hooks);
    for (size_t n = 0; torture_begin(n); n++) {
        int rc = use_memory(&many);
        torture_end();
        assert_int_equal(rc, torture_failed() ? ERROR_NOMEM : 0);
    }
    cJSON_InitHooks(NULL);
    buffer_clear(&many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_are_walked_and_found),
        cmocka_unit_test(test_integers_are_exact),
        cmocka_unit_test(test_bools_are_exact),
        cmocka_unit_test(test_strings_come_out_unescaped),
        cmocka_unit_test(test_plain_text_needs_no_memory),
        cmocka_unit_test(test_what_is_written_is_json),
        cmocka_unit_test(test_what_cannot_be_written_is_an_error_and_the_end),
        cmocka_unit_test(test_a_full_buffer_is_an_error),
        cmocka_unit_test(test_out_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
