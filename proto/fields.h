#ifndef FIELDS_H
#define FIELDS_H

#include "buffer.h"
#include "json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A JSON object to the members of a struct and back, both by one constant table: what headers and
 * payloads have in common. A table ends with a field without a name and has at most 32.
 */
enum field_form {
    FIELD_STRING,  /* struct json_string: `min` to `max` bytes */
    FIELD_LABEL,   /* struct json_string: at most `max` code points */
    FIELD_HEX,     /* struct json_string: `max` lowercase hex digits */
    FIELD_STREAM,  /* uint64_t: 16 lowercase hex digits */
    FIELD_INTEGER, /* uint64_t: at least `min` */
    FIELD_BOOL,    /* bool */
    FIELD_WORD,    /* an enum: which of `words`; where `min` is 1, the first one for any other */
    FIELD_KEYS,    /* struct json_string: an object as written, strings and integers, `max` bytes */
    FIELD_OBJECT,  /* the members that `fields` says */
    FIELD_LIST,    /* an array of `max` structs of `size` bytes, each as `fields` says */
    FIELD_REFUSED, /* must not be there */
};

enum {
    FIELD_OPTIONAL = 1, /* may be missing: then `has` is false, or the value zero (the first word)
                           or without `at` */
    FIELD_NULL = 2,     /* null stands for what `has` says is missing */
    FIELD_TOGETHER = 4, /* all of those with this flag, or none */
};

struct field {
    const char *name;
    enum field_form form;
    unsigned flags;
    size_t at;  /* offset of the member; of a FIELD_OBJECT's members from the same struct */
    size_t has; /* offset of a bool, or of a list's size_t count; 0 for none */
    size_t min, max;
    const struct field *fields;
    const char *const *words; /* ends with NULL */
    size_t size;
};

/*
 * Reads the members of a scanned object into `out`, which was zeroed. Members that the table does
 * not have are ignored. Strings are borrowed as json_get_string says. ERROR_HEADER where a field is
 * missing or not of its form, ERROR_NOMEM, ERROR_LIMIT; then `out` is of no use.
 */
int fields_read(const struct field *fields, const struct json_value *object, struct buffer *scratch,
                void *out);

/*
 * Writes the fields of `in` as members of the object that is open in `w`. A string that is too long
 * or too short is a failure of the writer, ERROR_LIMIT; the rest must be of its form.
 */
void fields_write(const struct field *fields, struct json_writer *w, const void *in);

/* The index of a word in a list that ends with NULL; -1 where it is not there. */
int fields_find_word(const char *const *words, const char *s, size_t len);

#endif
