#include "fields.h"
#include "header.h"

#include <string.h>

enum {
    DIGITS_MAX = 20,
    VALUE_ROOM = DIGITS_MAX + 3, /* any value and a bracket behind it, but what a string says */
};

static const char *read_string(const char *at, const char *end, struct json_string *out)
{
    if (at == end || *at++ != '"')
        return NULL;
    out->at = at;
    while (at < end && json_is_plain(*at))
        at++;
    out->len = (size_t)(at - out->at);
    return at < end && *at == '"' ? at + 1 : NULL;
}

static const char *read_integer(const char *at, const char *end, uint64_t *out)
{
    const char *start = at;
    uint64_t n = 0;
    while (at < end && *at >= '0' && *at <= '9' && at - start < DIGITS_MAX - 1)
        n = n * 10 + (uint64_t)(*at++ - '0');
    *out = n;
    return at == start || (*start == '0' && at > start + 1) || n > JSON_INTEGER_MAX ? NULL : at;
}

/* Reads a value into the member `to`, and gives its end; NULL where it is not as usual. */
static const char *read_value(const struct field *field, const char *at, const char *end, void *to)
{
    struct json_string *s = to, stream;
    switch (field->form) {
    case FIELD_STRING:
        at = read_string(at, end, s);
        return at && s->len >= field->min && s->len <= field->max ? at : NULL;
    case FIELD_STREAM:
        at = read_string(at, end, &stream);
        return at && header_stream_parse(stream.at, stream.len, to) == 0 ? at : NULL;
    case FIELD_INTEGER:
        at = read_integer(at, end, to);
        return at && *(uint64_t *)to >= field->min ? at : NULL;
    default: return NULL;
    }
}

bool fields_read_plain(const struct field *fields, const char *text, size_t len, void *out)
{
    const char *end = text + len;
    for (const struct field *field = fields; field->name; field++) {
        bool there =
            (size_t)(end - text) > field->key_len && memcmp(text, field->key, field->key_len) == 0;
        if (!there && (field->flags & FIELD_OPTIONAL))
            continue;
        if (!there || field->has)
            return false;
        text = read_value(field, text + field->key_len, end, (char *)out + field->at);
        if (!text)
            return false;
    }
    return text + 1 == end && *text == '}';
}

static char *write_string(const struct json_string *s, char *at)
{
    *at++ = '"';
    for (size_t i = 0; i < s->len; i++) {
        if (!json_is_plain(s->at[i]))
            return NULL;
        *at++ = s->at[i];
    }
    *at++ = '"';
    return at;
}

static char *write_stream(uint64_t stream, char *at)
{
    char hex[17];
    header_stream_format(stream, hex);
    *at++ = '"';
    memcpy(at, hex, 16);
    at[16] = '"';
    return at + 17;
}

static char *write_integer(uint64_t n, char *at)
{
    char digits[DIGITS_MAX], *first = digits + sizeof digits;
    do
        *--first = (char)('0' + n % 10);
    while (n /= 10);
    size_t len = (size_t)(digits + sizeof digits - first);
    memcpy(at, first, len);
    return at + len;
}

/* Writes the value of the member `from`, and gives its end; NULL where it is not as usual. */
static char *write_value(const struct field *field, const void *from, char *at, const char *end)
{
    const struct json_string *s = from;
    if (end - at < VALUE_ROOM)
        return NULL;
    switch (field->form) {
    case FIELD_STRING:
        if (s->len < field->min || s->len > field->max || s->len > (size_t)(end - at - VALUE_ROOM))
            return NULL;
        return write_string(s, at);
    case FIELD_STREAM: return write_stream(*(const uint64_t *)from, at);
    case FIELD_INTEGER: return write_integer(*(const uint64_t *)from, at);
    default: return NULL;
    }
}

size_t fields_write_plain(const struct field *fields, const void *in, char *text, size_t size)
{
    char *at = text, *end = text + size;
    for (const struct field *field = fields; field->name; field++) {
        if (field->flags && !fields_is_there(field, in))
            continue;
        if ((size_t)(end - at) < field->key_len)
            return 0;
        memcpy(at, field->key, field->key_len);
        at = write_value(field, (const char *)in + field->at, at + field->key_len, end);
        if (!at)
            return 0;
    }
    if (at == end)
        return 0;
    *at++ = '}';
    return (size_t)(at - text);
}
