/* What the scan accepts, cJSON must accept too, and both must read the same; and what the writer
 * writes, the scan must accept, and read what was written. */
#include "error.h"
#include "json.h"
#include "text.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* cJSON refuses numbers of 64 characters and more, which are JSON nevertheless. */
static bool has_long_number(const char *text, size_t len)
{
    size_t run = 0;
    for (size_t i = 0; i < len && run < 64; i++)
        run = text[i] && strchr("0123456789+-.eE", text[i]) ? run + 1 : 0;
    return run == 64;
}

static void check_string(const struct json_value *value, const char *expected)
{
    struct buffer scratch;
    struct json_string s;
    buffer_init(&scratch, SIZE_MAX);
    int rc = json_get_string(value, &scratch, &s);
    assert(rc == 0 && s.len == strlen(expected) && memcmp(s.at, expected, s.len) == 0);
    assert(json_equals(value, expected));
    assert(text_is_utf8(s.at, s.len));
    buffer_clear(&scratch);
}

static void check_number(const struct json_value *value, double expected)
{
    char *copy = malloc(value->len + 1);
    memcpy(copy, value->at, value->len);
    copy[value->len] = '\0';
    double exactly = strtod(copy, NULL);
    assert(memcmp(&exactly, &expected, sizeof exactly) == 0);
    uint64_t n;
    if (json_get_integer(value, &n) == 0)
        assert(n <= JSON_INTEGER_MAX && (double)n == expected);
    else
        assert(strpbrk(copy, "+-.eE") || expected > (double)JSON_INTEGER_MAX);
    free(copy);
}

static void check_value(const struct json_value *value, const cJSON *expected)
{
    bool b;
    assert((value->kind == JSON_STRING) == cJSON_IsString(expected));
    assert((value->kind == JSON_NUMBER) == cJSON_IsNumber(expected));
    assert((value->kind == JSON_NULL) == cJSON_IsNull(expected));
    assert((value->kind == JSON_ARRAY) == cJSON_IsArray(expected));
    assert((value->kind == JSON_OBJECT) == cJSON_IsObject(expected));
    assert((json_get_bool(value, &b) == 0) == cJSON_IsBool(expected));
    if (value->kind == JSON_STRING)
        check_string(value, expected->valuestring);
    if (value->kind == JSON_NUMBER)
        check_number(value, expected->valuedouble);
    if (cJSON_IsBool(expected))
        assert(b == cJSON_IsTrue(expected));
    if (value->kind != JSON_ARRAY && value->kind != JSON_OBJECT)
        return;
    struct json_iter iter = json_iter_init(value);
    struct json_value key, member, found;
    const cJSON *next = expected->child;
    for (; json_next(&iter, &key, &member); next = next->next) {
        assert(next);
        check_value(&member, next);
        if (value->kind == JSON_ARRAY)
            continue;
        check_string(&key, next->string);
        bool there = json_find(value, next->string, &found);
        assert(there && found.at == member.at);
    }
    assert(!next);
}

/* Writes a scanned value anew, but keeps an object as it is written where a key has escapes. */
static void write_value(struct json_writer *w, const char *key, const struct json_value *value)
{
    struct buffer scratch;
    struct json_string s;
    uint64_t n;
    bool b;
    buffer_init(&scratch, SIZE_MAX);
    if (json_get_string(value, &scratch, &s) == 0) {
        json_put_string(w, key, s.at, s.len);
    } else if (json_get_integer(value, &n) == 0) {
        json_put_integer(w, key, n);
    } else if (json_get_bool(value, &b) == 0) {
        json_put_bool(w, key, b);
    } else if (value->kind == JSON_NULL) {
        json_put_null(w, key);
    } else if (value->kind == JSON_NUMBER || memchr(value->at, '\\', value->len)) {
        json_put_raw(w, key, value->at, value->len);
    } else {
        bool object = value->kind == JSON_OBJECT;
        struct json_iter iter = json_iter_init(value);
        struct json_value name, member;
        json_open(w, key, object ? '{' : '[');
        while (json_next(&iter, &name, &member)) {
            char *copy = object ? strndup(name.at + 1, name.len - 2) : NULL;
            write_value(w, copy, &member);
            free(copy);
        }
        json_close(w, object ? '}' : ']');
    }
    buffer_clear(&scratch);
}

static void check_written(const struct json_value *object, const cJSON *expected)
{
    struct buffer out;
    struct json_writer w;
    struct json_value again;
    buffer_init(&out, SIZE_MAX);
    json_writer_init(&w, &out);
    write_value(&w, NULL, object);
    assert(w.error == 0 && out.len <= object->len);
    int rc = json_scan((const char *)out.bytes, out.len, &again);
    assert(rc == 0);
    check_value(&again, expected);
    buffer_clear(&out);
}

/* Any bytes as a string: written, scanned and read they are the same, or refused. */
static void check_any_string(const char *s, size_t len)
{
    struct buffer out;
    struct json_writer w;
    struct json_value object, value;
    buffer_init(&out, SIZE_MAX);
    json_writer_init(&w, &out);
    json_open(&w, NULL, '{');
    json_put_string(&w, "v", s, len);
    json_close(&w, '}');
    bool good = text_is_utf8(s, len) && !memchr(s, '\0', len);
    assert(w.error == (good ? 0 : ERROR_UTF8));
    if (good) {
        int rc = json_scan((const char *)out.bytes, out.len, &object);
        assert(rc == 0 && json_find(&object, "v", &value));
        char *copy = strndup(s, len);
        check_string(&value, copy);
        free(copy);
    }
    buffer_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0)
        return 0;
    const char *text = (const char *)bytes;
    struct json_value object, noted;
    struct json_notes notes;
    int rc = json_scan(text, len, &object);
    assert(rc == 0 || rc == ERROR_HEADER);
    assert(json_scan_noting(text, len, &notes, &noted) == rc);
    if (rc == 0) {
        const char *end;
        cJSON *expected = cJSON_ParseWithLengthOpts(text, len, &end, false);
        assert(expected || has_long_number(text, len));
        if (expected) {
            assert(end == object.at + object.len);
            check_value(&object, expected);
            check_value(&noted, expected);
            check_written(&object, expected);
        }
        cJSON_Delete(expected);
    }
    check_any_string(text, len);
    return 0;
}
