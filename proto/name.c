#include "name.h"

#include "error.h"
#include "text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct limits {
    size_t points, bytes;
};

static const struct limits nick_limits = {NAME_NICK_POINTS, NAME_NICK_BYTES};
static const struct limits room_limits = {NAME_ROOM_POINTS, NAME_ROOM_BYTES};

/*
 * No string is more than 3.5 times as long as its NFC (U+1FBE U+0308 U+0341, 7 bytes, is U+0390, 2
 * bytes), so what is above this is too long, and normalising it would be work done for a stranger.
 */
enum {
    SHRINK_MAX = 4
};

static bool is_allowed(uint32_t cp, bool first)
{
    if (cp == '_')
        return true;
    if (cp == '-' || cp == '.' || text_is_mark(cp))
        return !first && !text_is_ignorable(cp);
    return (text_is_letter_or_mark(cp) || text_is_decimal(cp)) && !text_is_ignorable(cp);
}

/* Judges a name in NFC. */
static bool is_valid(const char *s, size_t len, const struct limits *limits)
{
    if (len == 0 || len > limits->bytes)
        return false;
    size_t points = 0;
    for (size_t at = 0; at < len; points++) {
        uint32_t cp;
        at += (size_t)text_decode(s + at, len - at, &cp);
        if (!is_allowed(cp, points == 0))
            return false;
    }
    return points <= limits->points;
}

static int init(struct name *name, const char *s, size_t len, const struct limits *limits)
{
    *name = (struct name){0};
    if (len > SHRINK_MAX * limits->bytes)
        return ERROR_NAME;
    size_t text_len, key_len;
    int rc = text_nfc(s, len, &name->text, &text_len);
    if (!rc && !is_valid(name->text, text_len, limits))
        rc = ERROR_NAME;
    if (!rc)
        rc = text_fold(name->text, text_len, &name->key, &key_len);
    if (rc)
        name_clear(name);
    return rc == ERROR_UTF8 ? ERROR_NAME : rc;
}

int name_init_nick(struct name *name, const char *s, size_t len)
{
    return init(name, s, len, &nick_limits);
}

int name_init_room(struct name *name, const char *s, size_t len)
{
    return init(name, s, len, &room_limits);
}

void name_clear(struct name *name)
{
    free(name->text);
    free(name->key);
    *name = (struct name){0};
}

int name_init_copy(struct name *name, const struct name *from)
{
    *name = (struct name){.text = strdup(from->text), .key = strdup(from->key)};
    if (name->text && name->key)
        return 0;
    name_clear(name);
    return ERROR_NOMEM;
}

bool name_equal(const struct name *a, const struct name *b)
{
    return strcmp(a->key, b->key) == 0;
}

bool name_matches(const struct name *nick, const char *s, size_t len)
{
    if (strlen(nick->text) == len && memcmp(nick->text, s, len) == 0)
        return true;
    struct name other;
    if (name_init_nick(&other, s, len))
        return false;
    bool equal = name_equal(nick, &other);
    name_clear(&other);
    return equal;
}
