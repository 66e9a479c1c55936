#include "fields.h"

#include "error.h"
#include "header.h"

#include <assert.h>
#include <string.h>

int fields_find_word(const char *const *words, const char *s, size_t len)
{
    for (int i = 0; len > 0 && words[i]; i++)
        if (words[i][0] == s[0] && strlen(words[i]) == len && memcmp(words[i], s, len) == 0)
            return i;
    return -1;
}

static size_t count_points(const struct json_string *s)
{
    size_t points = 0;
    for (size_t i = 0; i < s->len; i++)
        points += (s->at[i] & 0xc0) != 0x80;
    return points;
}

static bool is_hex(const struct json_string *s)
{
    for (size_t i = 0; i < s->len; i++)
        if ((s->at[i] < '0' || s->at[i] > '9') && (s->at[i] < 'a' || s->at[i] > 'f'))
            return false;
    return true;
}

/* Whether a string has the length that its form asks for. */
static bool fits(const struct field *field, const struct json_string *s)
{
    if (field->form == FIELD_LABEL)
        return count_points(s) <= field->max;
    if (field->form == FIELD_HEX)
        return s->len == field->max;
    return s->len >= field->min && s->len <= field->max;
}

static int read_string(const struct field *field, const struct json_value *value,
                       struct buffer *scratch, struct json_string *out)
{
    int rc = json_get_string(value, scratch, out);
    if (rc)
        return rc;
    if (field->form == FIELD_HEX && !is_hex(out))
        return ERROR_HEADER;
    return fits(field, out) ? 0 : ERROR_HEADER;
}

static int read_keys(const struct field *field, const struct json_value *value,
                     struct json_string *out)
{
    if (value->kind != JSON_OBJECT || value->len > field->max)
        return ERROR_HEADER;
    struct json_iter iter = json_iter_init(value);
    struct json_value key, member;
    uint64_t n;
    while (json_next(&iter, &key, &member))
        if (member.kind != JSON_STRING && json_get_integer(&member, &n))
            return ERROR_HEADER;
    *out = (struct json_string){value->at, value->len};
    return 0;
}

static int read_list(const struct field *field, const struct json_value *value,
                     struct buffer *scratch, char *out, size_t *count)
{
    if (value->kind != JSON_ARRAY)
        return ERROR_HEADER;
    struct json_iter iter = json_iter_init(value);
    struct json_value element;
    for (*count = 0; json_next(&iter, NULL, &element); ++*count) {
        if (*count == field->max)
            return ERROR_HEADER;
        int rc = fields_read(field->fields, &element, scratch, out + *count * field->size);
        if (rc)
            return rc;
    }
    return 0;
}

static int read_number(const struct field *field, const struct json_value *value,
                       struct buffer *scratch, uint64_t *out)
{
    int rc;
    if (field->form == FIELD_INTEGER) {
        rc = json_get_integer(value, out);
        return rc == 0 && *out < field->min ? ERROR_HEADER : rc;
    }
    struct json_string s;
    rc = json_get_string(value, scratch, &s);
    return rc ? rc : header_stream_parse(s.at, s.len, out);
}

static int read_word(const struct field *field, const struct json_value *value,
                     struct buffer *scratch, unsigned *out)
{
    struct json_string s;
    int rc = json_get_string(value, scratch, &s);
    if (rc)
        return rc;
    int word = fields_find_word(field->words, s.at, s.len);
    if (word < 0 && field->min == 0)
        return ERROR_HEADER;
    *out = word < 0 ? 0 : (unsigned)word;
    return 0;
}

static int read_field(const struct field *field, const struct json_value *value,
                      struct buffer *scratch, char *out)
{
    void *at = out + field->at;
    switch (field->form) {
    case FIELD_STRING:
    case FIELD_LABEL:
    case FIELD_HEX: return read_string(field, value, scratch, at);
    case FIELD_STREAM:
    case FIELD_INTEGER: return read_number(field, value, scratch, at);
    case FIELD_BOOL: return json_get_bool(value, at);
    case FIELD_WORD: return read_word(field, value, scratch, at);
    case FIELD_KEYS: return read_keys(field, value, at);
    case FIELD_OBJECT: return fields_read(field->fields, value, scratch, out);
    case FIELD_LIST: return read_list(field, value, scratch, at, (size_t *)(out + field->has));
    case FIELD_REFUSED: break;
    }
    return ERROR_HEADER;
}

/* Whether all fields are there that have to. Bit i of `seen` stands for the i-th. */
static bool is_complete(const struct field *fields, uint32_t seen)
{
    uint32_t together = 0;
    for (size_t i = 0; fields[i].name; i++) {
        uint32_t bit = UINT32_C(1) << i;
        if (fields[i].flags & FIELD_TOGETHER)
            together |= bit;
        if (!(fields[i].flags & FIELD_OPTIONAL) && !(seen & bit))
            return false;
    }
    return (seen & together) == 0 || (seen & together) == together;
}

int fields_read(const struct field *fields, const struct json_value *object, struct buffer *scratch,
                void *out)
{
    if (object->kind != JSON_OBJECT)
        return ERROR_HEADER;
    struct json_iter iter = json_iter_init(object);
    struct json_value key, value;
    uint32_t seen = 0;
    while (json_next(&iter, &key, &value)) {
        const struct field *field = fields;
        while (field->name && !json_equals(&key, field->name))
            field++;
        if (!field->name)
            continue;
        seen |= UINT32_C(1) << (field - fields);
        if ((field->flags & FIELD_NULL) && value.kind == JSON_NULL)
            continue;
        int rc = read_field(field, &value, scratch, out);
        if (rc)
            return rc;
        if (field->has && field->form != FIELD_LIST)
            *((bool *)out + field->has) = true;
    }
    return is_complete(fields, seen) ? 0 : ERROR_HEADER;
}

static bool is_there(const struct field *field, const char *in)
{
    const void *at = in + field->at;
    if (field->form == FIELD_LIST)
        return *(const size_t *)(const void *)(in + field->has) > 0;
    if (field->has)
        return *(const bool *)(const void *)(in + field->has);
    switch (field->form) {
    case FIELD_STRING:
    case FIELD_LABEL:
    case FIELD_HEX:
    case FIELD_KEYS: return ((const struct json_string *)at)->at;
    case FIELD_STREAM:
    case FIELD_INTEGER: return *(const uint64_t *)at > 0;
    case FIELD_BOOL: return *(const bool *)at;
    case FIELD_WORD: return *(const unsigned *)at > 0;
    default: return false;
    }
}

static void write_list(const struct field *field, struct json_writer *w, const char *in)
{
    size_t count = *(const size_t *)(const void *)(in + field->has);
    json_open(w, field->name, '[');
    for (size_t i = 0; i < count; i++) {
        json_open(w, NULL, '{');
        fields_write(field->fields, w, in + field->at + i * field->size);
        json_close(w, '}');
    }
    json_close(w, ']');
}

static void write_string(const struct field *field, struct json_writer *w,
                         const struct json_string *s)
{
    assert(s->at);
    if (w->error == 0 && !fits(field, s))
        w->error = ERROR_LIMIT;
    if (field->form == FIELD_KEYS)
        json_put_raw(w, field->name, s->at, s->len);
    else
        json_put_string(w, field->name, s->at, s->len);
}

static void write_field(const struct field *field, struct json_writer *w, const char *in)
{
    const void *at = in + field->at;
    char stream[17];
    switch (field->form) {
    case FIELD_STRING:
    case FIELD_LABEL:
    case FIELD_HEX:
    case FIELD_KEYS: write_string(field, w, at); break;
    case FIELD_STREAM:
        header_stream_format(*(const uint64_t *)at, stream);
        json_put_string(w, field->name, stream, 16);
        break;
    case FIELD_INTEGER: json_put_integer(w, field->name, *(const uint64_t *)at); break;
    case FIELD_BOOL: json_put_bool(w, field->name, *(const bool *)at); break;
    case FIELD_WORD: {
        const char *word = field->words[*(const unsigned *)at];
        json_put_string(w, field->name, word, strlen(word));
        break;
    }
    case FIELD_OBJECT:
        json_open(w, field->name, '{');
        fields_write(field->fields, w, in);
        json_close(w, '}');
        break;
    case FIELD_LIST: write_list(field, w, in); break;
    case FIELD_REFUSED: break;
    }
}

void fields_write(const struct field *fields, struct json_writer *w, const void *in)
{
    for (const struct field *field = fields; field->name; field++) {
        if (field->flags && !is_there(field, in)) {
            if (field->flags & FIELD_NULL)
                json_put_null(w, field->name);
        } else {
            write_field(field, w, in);
        }
    }
}
