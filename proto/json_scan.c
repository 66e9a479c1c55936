#include "json.h"

#include "error.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum {
    KEYS_FEW = 16, /* as many keys of open objects need no memory, and are compared in pairs */
};

struct scan {
    const char *at, *end;
    struct json_value *keys; /* of the objects that are open, the innermost's last */
    size_t count, room;
    struct json_notes *notes; /* of the outermost object, or NULL */
    struct json_value few[KEYS_FEW];
};

static int scan_value(struct scan *s, int depth, struct json_value *value);

/* Skips white space and gives the character after it, NUL at the end of the text. */
static inline char next_char(struct scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
        s->at++;
    return s->at < s->end ? *s->at : '\0';
}

static int hex_unit(const char *at, const char *end, uint32_t *unit)
{
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
        return ERROR_HEADER;
    *unit = 0;
    for (int i = 2; i < 6; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return ERROR_HEADER;
        *unit = *unit << 4 | (uint32_t)digit;
    }
    return 6;
}

/* The code point that begins at `at` within a string, unescaped. Gives its length as written. */
static int string_point(const char *at, const char *end, uint32_t *cp)
{
    static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    if (*at != '\\') {
        int len = text_decode(at, (size_t)(end - at), cp);
        return len < 0 || *cp < 0x20 ? ERROR_HEADER : len;
    }
    if (end - at < 2)
        return ERROR_HEADER;
    const char *escape = memchr(escapes, at[1], sizeof escapes - 1);
    if (escape) {
        *cp = (uint32_t)meanings[escape - escapes];
        return 2;
    }
    int len = hex_unit(at, end, cp);
    if (len < 0 || *cp == 0 || (*cp >= 0xdc00 && *cp <= 0xdfff))
        return ERROR_HEADER;
    if (*cp < 0xd800 || *cp > 0xdbff)
        return len;
    uint32_t low;
    if (hex_unit(at + len, end, &low) < 0 || low < 0xdc00 || low > 0xdfff)
        return ERROR_HEADER;
    *cp = 0x10000 + ((*cp - 0xd800) << 10 | (low - 0xdc00));
    return 2 * len;
}

static int scan_string(struct scan *s, struct json_value *value)
{
    *value = (struct json_value){.kind = JSON_STRING, .at = s->at};
    const char *at = s->at + 1, *end = s->end;
    for (;;) {
        while (at < end && json_is_plain(*at))
            at++;
        if (at == end)
            return ERROR_HEADER;
        if (*at == '"')
            break;
        value->escaped |= *at == '\\';
        uint32_t cp;
        int len = string_point(at, end, &cp);
        if (len < 0)
            return len;
        at += len;
    }
    s->at = at + 1;
    value->len = (size_t)(s->at - value->at);
    return 0;
}

/* Skips decimal digits. Gives how many there were. */
static size_t skip_digits(struct scan *s)
{
    const char *start = s->at;
    while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
        s->at++;
    return (size_t)(s->at - start);
}

/* Skips a character that is one of `two`. */
static bool skip_one(struct scan *s, const char two[2])
{
    if (s->at == s->end || (*s->at != two[0] && *s->at != two[1]))
        return false;
    s->at++;
    return true;
}

static int scan_number(struct scan *s, struct json_value *value)
{
    *value = (struct json_value){.kind = JSON_NUMBER, .at = s->at};
    skip_one(s, "--");
    bool zero = s->at < s->end && *s->at == '0';
    size_t digits = skip_digits(s);
    if (digits == 0 || (zero && digits > 1))
        return ERROR_HEADER;
    if (skip_one(s, "..") && skip_digits(s) == 0)
        return ERROR_HEADER;
    if (skip_one(s, "eE")) {
        skip_one(s, "+-");
        if (skip_digits(s) == 0)
            return ERROR_HEADER;
    }
    value->len = (size_t)(s->at - value->at);
    return 0;
}

static int scan_word(struct scan *s, enum json_kind kind, const char *word,
                     struct json_value *value)
{
    *value = (struct json_value){.kind = kind, .at = s->at, .len = strlen(word)};
    if ((size_t)(s->end - s->at) < value->len || memcmp(s->at, word, value->len) != 0)
        return ERROR_HEADER;
    s->at += value->len;
    return 0;
}

/* A place for one more key, until the next call; NULL when out of memory. */
static struct json_value *add_key(struct scan *s)
{
    if (s->count == s->room) {
        struct json_value *old = s->keys == s->few ? NULL : s->keys;
        struct json_value *keys = realloc(old, 2 * s->room * sizeof *keys);
        if (!keys)
            return NULL;
        if (!old)
            memcpy(keys, s->few, sizeof s->few);
        s->keys = keys;
        s->room *= 2;
    }
    return &s->keys[s->count++];
}

/* Orders two strings by their code points, unescaped, which is also the order of UTF-8's bytes. */
static int string_order(const void *left, const void *right)
{
    const struct json_value *a = left, *b = right;
    const char *p = a->at + 1, *q = b->at + 1;
    const char *p_end = a->at + a->len - 1, *q_end = b->at + b->len - 1;
    if (!a->escaped && !b->escaped) {
        int order = memcmp(p, q, (a->len < b->len ? a->len : b->len) - 2);
        return order ? order : (a->len > b->len) - (a->len < b->len);
    }
    while (p < p_end && q < q_end) {
        uint32_t left_point, right_point;
        p += string_point(p, p_end, &left_point);
        q += string_point(q, q_end, &right_point);
        if (left_point != right_point)
            return left_point < right_point ? -1 : 1;
    }
    return (p < p_end) - (q < q_end);
}

/* Whether two keys are the same; most are not, and their lengths tell. */
static bool is_same(const struct json_value *a, const struct json_value *b)
{
    return (a->len == b->len || a->escaped || b->escaped) && string_order(a, b) == 0;
}

static bool has_duplicates(struct json_value *keys, size_t count)
{
    if (count > KEYS_FEW) {
        qsort(keys, count, sizeof *keys, string_order);
        for (size_t i = 1; i < count; i++)
            if (is_same(&keys[i - 1], &keys[i]))
                return true;
        return false;
    }
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (is_same(&keys[i], &keys[j]))
                return true;
    return false;
}

static int scan_member(struct scan *s, int depth)
{
    size_t nth = s->count;
    struct json_value value, *key = add_key(s);
    if (!key)
        return ERROR_NOMEM;
    int rc = next_char(s) == '"' ? scan_string(s, key) : ERROR_HEADER;
    if (rc)
        return rc;
    if (next_char(s) != ':')
        return ERROR_HEADER;
    s->at++;
    if (!s->notes || depth > 1 || nth >= JSON_NOTES)
        return scan_value(s, depth, &value);
    s->notes->count = nth + 1;
    rc = scan_value(s, depth, &s->notes->members[nth].value);
    s->notes->members[nth].key = s->keys[nth];
    return rc;
}

static int scan_container(struct scan *s, int depth, struct json_value *value)
{
    bool object = *s->at == '{';
    char close = object ? '}' : ']';
    *value = (struct json_value){.kind = object ? JSON_OBJECT : JSON_ARRAY, .at = s->at++};
    if (depth == JSON_DEPTH)
        return ERROR_HEADER;
    size_t first = s->count;
    if (next_char(s) != close) {
        for (;;) {
            struct json_value element;
            int rc = object ? scan_member(s, depth + 1) : scan_value(s, depth + 1, &element);
            if (rc)
                return rc;
            if (next_char(s) != ',')
                break;
            s->at++;
        }
        if (next_char(s) != close)
            return ERROR_HEADER;
    }
    value->len = (size_t)(++s->at - value->at);
    if (has_duplicates(s->keys + first, s->count - first))
        return ERROR_HEADER;
    s->count = first;
    return 0;
}

/* Scans a value inside `depth` containers. */
static int scan_value(struct scan *s, int depth, struct json_value *value)
{
    switch (next_char(s)) {
    case '{':
    case '[': return scan_container(s, depth, value);
    case '"': return scan_string(s, value);
    case 't': return scan_word(s, JSON_TRUE, "true", value);
    case 'f': return scan_word(s, JSON_FALSE, "false", value);
    case 'n': return scan_word(s, JSON_NULL, "null", value);
    default: return scan_number(s, value);
    }
}

int json_scan_noting(const char *text, size_t len, struct json_notes *notes,
                     struct json_value *object)
{
    struct scan s;
    s.at = text;
    s.end = text + len;
    s.keys = s.few;
    s.count = 0;
    s.room = KEYS_FEW;
    s.notes = notes;
    if (notes)
        notes->count = 0;
    int rc = next_char(&s) == '{' ? scan_container(&s, 0, object) : ERROR_HEADER;
    if (rc == 0 && (next_char(&s) || s.at < s.end))
        rc = ERROR_HEADER;
    object->notes = notes;
    if (s.keys != s.few)
        free(s.keys);
    return rc;
}

int json_scan(const char *text, size_t len, struct json_value *object)
{
    return json_scan_noting(text, len, NULL, object);
}

bool json_equals(const struct json_value *string, const char *s)
{
    const char *at = string->at + 1, *end = string->at + string->len - 1;
    while (at < end && *s) {
        uint32_t cp;
        char utf8[4];
        if (*at != '\\') {
            if (*at++ != *s++)
                return false;
            continue;
        }
        at += string_point(at, end, &cp);
        size_t len = text_encode(cp, utf8);
        if (strncmp(s, utf8, len) != 0)
            return false;
        s += len;
    }
    return at == end && *s == '\0';
}
