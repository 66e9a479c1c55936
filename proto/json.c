#include "json.h"

#include "error.h"
#include "text.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_space(const char *at)
{
    while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')
        at++;
    return at;
}

/* The end of the scanned string that begins at `at`. */
static const char *skip_string(const char *at, bool *escaped)
{
    *escaped = false;
    for (at++;; at += 2) {
        while (*at != '"' && *at != '\\')
            at++;
        if (*at == '"')
            return at + 1;
        *escaped = true;
    }
}

static const char *skip_container(const char *at)
{
    size_t depth = 0;
    bool escaped;
    do {
        if (*at == '"') {
            at = skip_string(at, &escaped);
            continue;
        }
        depth += *at == '{' || *at == '[';
        depth -= *at == '}' || *at == ']';
        at++;
    } while (depth > 0);
    return at;
}

/* Reads the scanned value that begins at `at` and gives its end. */
static const char *read_value(const char *at, struct json_value *value)
{
    *value = (struct json_value){.kind = JSON_NUMBER, .at = at};
    switch (*at) {
    case '{':
    case '[':
        value->kind = *at == '{' ? JSON_OBJECT : JSON_ARRAY;
        at = skip_container(at);
        break;
    case '"':
        value->kind = JSON_STRING;
        at = skip_string(at, &value->escaped);
        break;
    case 't': value->kind = JSON_TRUE; break;
    case 'f': value->kind = JSON_FALSE; break;
    case 'n': value->kind = JSON_NULL; break;
    }
    if (at == value->at) /* a number or a word: up to white space or what ends a value */
        while (*at > ' ' && *at != ',' && *at != ']' && *at != '}')
            at++;
    value->len = (size_t)(at - value->at);
    return at;
}

struct json_iter json_iter_init(const struct json_value *container)
{
    struct json_iter iter = {
        .at = container->at + 1,
        .end = container->at + container->len - 1,
        .object = container->kind == JSON_OBJECT,
    };
    if (container->notes) {
        iter.noted = container->notes->members;
        iter.noted_left = container->notes->count;
    }
    return iter;
}

bool json_next(struct json_iter *iter, struct json_value *key, struct json_value *value)
{
    if (iter->noted_left > 0) {
        *key = iter->noted->key;
        *value = iter->noted->value;
        iter->at = value->at + value->len;
        iter->noted++;
        iter->noted_left--;
        return true;
    }
    const char *at = skip_space(iter->at);
    if (at == iter->end)
        return false;
    if (*at == ',')
        at = skip_space(at + 1);
    if (iter->object) {
        at = skip_space(read_value(at, key));
        at = skip_space(at + 1);
    }
    iter->at = read_value(at, value);
    return true;
}

bool json_find(const struct json_value *object, const char *key, struct json_value *value)
{
    struct json_value found, member;
    struct json_iter iter = json_iter_init(object);
    while (json_next(&iter, &found, &member)) {
        if (json_equals(&found, key)) {
            *value = member;
            return true;
        }
    }
    return false;
}

int json_get_integer(const struct json_value *value, uint64_t *out)
{
    if (value->kind != JSON_NUMBER || value->len > 16) /* 2^53 has 16 digits */
        return ERROR_HEADER;
    uint64_t n = 0;
    for (size_t i = 0; i < value->len; i++) {
        if (value->at[i] < '0' || value->at[i] > '9')
            return ERROR_HEADER;
        n = n * 10 + (uint64_t)(value->at[i] - '0');
    }
    if (n > JSON_INTEGER_MAX)
        return ERROR_HEADER;
    *out = n;
    return 0;
}

int json_get_bool(const struct json_value *value, bool *out)
{
    if (value->kind != JSON_TRUE && value->kind != JSON_FALSE)
        return ERROR_HEADER;
    *out = value->kind == JSON_TRUE;
    return 0;
}

int json_get_string(const struct json_value *value, struct buffer *scratch, struct json_string *out)
{
    if (value->kind != JSON_STRING)
        return ERROR_HEADER;
    if (!value->escaped) {
        *out = (struct json_string){value->at + 1, value->len - 2};
        return 0;
    }
    cJSON *item = cJSON_ParseWithLength(value->at, value->len);
    if (!item)
        return ERROR_NOMEM; /* it was scanned: nothing else can be wrong with it */
    const char *string = cJSON_GetStringValue(item);
    size_t len = strlen(string);
    int rc = buffer_put(scratch, string, len);
    cJSON_Delete(item);
    if (rc)
        return rc;
    size_t held;
    *out = (struct json_string){(const char *)buffer_peek(scratch, &held), len};
    out->at += held - len;
    return 0;
}

void json_writer_init(struct json_writer *w, struct buffer *out)
{
    *w = (struct json_writer){.out = out};
}

/* Puts a value as it is written, with its comma and its key. */
static void put_value(struct json_writer *w, const char *key, const char *json, size_t len,
                      bool quoted)
{
    if (w->error)
        return;
    size_t key_len = key ? strlen(key) : 0;
    uint8_t *start;
    w->error =
        buffer_reserve(w->out, w->comma + (key ? key_len + 3 : 0) + len + 2 * quoted, &start);
    if (w->error)
        return;
    char *at = (char *)start;
    if (w->comma)
        *at++ = ',';
    if (key) {
        *at++ = '"';
        memcpy(at, key, key_len);
        at += key_len;
        *at++ = '"';
        *at++ = ':';
    }
    if (quoted)
        *at++ = '"';
    memcpy(at, json, len);
    at += len;
    if (quoted)
        *at++ = '"';
    buffer_commit(w->out, (size_t)(at - (char *)start));
    w->comma = true;
}

/* Puts a string that has to be escaped. */
static void put_escaped(struct json_writer *w, const char *key, const char *s, size_t len)
{
    char *json = NULL, *copy = malloc(len + 1);
    cJSON *item = NULL;
    if (copy) {
        memcpy(copy, s, len);
        copy[len] = '\0';
        item = cJSON_CreateStringReference(copy);
    }
    if (item)
        json = cJSON_PrintUnformatted(item);
    if (json)
        put_value(w, key, json, strlen(json), false);
    else if (w->error == 0)
        w->error = ERROR_NOMEM;
    cJSON_free(json);
    cJSON_Delete(item);
    free(copy);
}

void json_put_string(struct json_writer *w, const char *key, const char *s, size_t len)
{
    bool escape = false;
    for (size_t i = 0; i < len;) {
        if (json_is_plain(s[i])) {
            i++;
            continue;
        }
        uint32_t cp;
        int n = text_decode(s + i, len - i, &cp);
        if (n < 0 || cp == 0) {
            w->error = w->error ? w->error : ERROR_UTF8;
            return;
        }
        escape |= n == 1;
        i += (size_t)n;
    }
    if (escape)
        put_escaped(w, key, s, len);
    else
        put_value(w, key, s, len, true);
}

void json_put_integer(struct json_writer *w, const char *key, uint64_t n)
{
    char digits[20], *at = digits + sizeof digits;
    do
        *--at = (char)('0' + n % 10);
    while (n /= 10);
    put_value(w, key, at, (size_t)(digits + sizeof digits - at), false);
}

void json_put_bool(struct json_writer *w, const char *key, bool b)
{
    put_value(w, key, b ? "true" : "false", b ? 4 : 5, false);
}

void json_put_null(struct json_writer *w, const char *key)
{
    put_value(w, key, "null", 4, false);
}

void json_put_raw(struct json_writer *w, const char *key, const char *json, size_t len)
{
    put_value(w, key, json, len, false);
}

void json_open(struct json_writer *w, const char *key, char bracket)
{
    put_value(w, key, &bracket, 1, false);
    w->comma = false;
}

void json_close(struct json_writer *w, char bracket)
{
    w->comma = false;
    put_value(w, NULL, &bracket, 1, false);
}
