#ifndef JSON_H
#define JSON_H

#include "buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * JSON as PROTOCOL.md has it: one object (RFC 8259) in valid UTF-8, no BOM, only white space after
 * it, no duplicate keys at any depth (judged after unescaping), no NUL in a string, no lone
 * surrogates, nesting bounded. A strict scan of the bytes comes first and decides; it also says
 * where the members of the object lie. What a scanned value means is read from its bytes where that
 * is plain (digits, a string without escapes) and by cJSON otherwise. The only file that knows
 * cJSON.
 */
enum {
    JSON_DEPTH = 8,         /* the object itself is depth 1 */
    JSON_INTEGER_BITS = 53, /* integers are at most 2^53 - 1 */
    JSON_NOTES = 8,
};

#define JSON_INTEGER_MAX ((UINT64_C(1) << JSON_INTEGER_BITS) - 1)

enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

/* A value within scanned text, as written; borrowed from that text. */
struct json_value {
    const char *at; /* strings: with their quotes */
    size_t len;
    const struct json_notes *notes; /* an object whose members are noted, or NULL */
    enum json_kind kind;
    bool escaped; /* a string with a backslash in it */
};

struct json_member {
    struct json_value key, value;
};

/* Where the first members of an object lie, so that a walk need not look for them again. */
struct json_notes {
    size_t count;
    struct json_member members[JSON_NOTES];
};

/* A walk over the members of an object or the elements of an array. */
struct json_iter {
    const char *at, *end;
    bool object;
    const struct json_member *noted;
    size_t noted_left;
};

/*
 * Scans `text`, which must be one object by the rules above. 0 and `*object` borrowing from `text`;
 * ERROR_HEADER, ERROR_NOMEM. Time and memory are O(len log len) at most, whatever the text.
 */
int json_scan(const char *text, size_t len, struct json_value *object);

/* The same, noting members in `*notes`, which must live as long as `*object`. */
int json_scan_noting(const char *text, size_t len, struct json_notes *notes,
                     struct json_value *object);

/* Walks a scanned object or array. json_next is false at the end; an array leaves `*key` alone. */
struct json_iter json_iter_init(const struct json_value *container);
bool json_next(struct json_iter *iter, struct json_value *key, struct json_value *value);

/* Whether a scanned string is `s`, unescaped and case-sensitive. */
bool json_equals(const struct json_value *string, const char *s);

/* Whether a byte of a string stands for itself, whatever is around it. */
static inline bool json_is_plain(char c)
{
    return (unsigned char)(c - 0x20) < 0x60 && c != '"' && c != '\\';
}

/* Finds a member of a scanned object by its key, unescaped and case-sensitive. */
bool json_find(const struct json_value *object, const char *key, struct json_value *value);

/*
 * A value as an integer: digits alone, at most JSON_INTEGER_MAX, no leading zeros. ERROR_HEADER
 * where it is anything else.
 */
int json_get_integer(const struct json_value *value, uint64_t *out);

int json_get_bool(const struct json_value *value, bool *out);

/* A string: bytes that lie in the scanned text or were unescaped into `scratch`. */
struct json_string {
    const char *at; /* not NUL-terminated */
    size_t len;
};

/*
 * A value as a string. Where it has escapes, the unescaped bytes are put behind what `scratch`
 * holds, so `*out` is borrowed from the text, or from `scratch` until that is emptied or grows.
 * Where several strings are to stay, buffer_reserve room for the whole text first: then it does not
 * grow. ERROR_HEADER where the value is no string, ERROR_NOMEM, ERROR_LIMIT.
 */
int json_get_string(const struct json_value *value, struct buffer *scratch,
                    struct json_string *out);

/*
 * Writing. A writer puts one object or array behind what a buffer holds; it remembers the first
 * failure, and its calls do nothing after it; what it had written by then stays in the buffer.
 * Strings must be UTF-8 without NUL and come out with the shortest escapes; a string that is not is
 * a failure, ERROR_UTF8. The others are ERROR_LIMIT and ERROR_NOMEM.
 */
struct json_writer {
    struct buffer *out;
    int error;
    bool comma; /* the next value needs one before it */
};

void json_writer_init(struct json_writer *w, struct buffer *out);
/*
 * `key` is a C string that needs no escaping; NULL for an element of an array and for the outermost
 * bracket.
 */
void json_put_string(struct json_writer *w, const char *key, const char *s, size_t len);
void json_put_integer(struct json_writer *w, const char *key, uint64_t n);
void json_put_bool(struct json_writer *w, const char *key, bool b);
void json_put_null(struct json_writer *w, const char *key);
void json_put_raw(struct json_writer *w, const char *key, const char *json, size_t len);
void json_open(struct json_writer *w, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json_writer *w, char bracket);                 /* '}' or ']' */

#endif
