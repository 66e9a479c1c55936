#include "filename.h"

#include "error.h"
#include "text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EXTENSION_MAX = 16, /* bytes, with its dot; what is longer is part of the name */
    NUMBER_MAX = 16,
};

const char *filename_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_direction_mark(uint32_t cp)
{
    return cp == 0x61c || cp == 0x200e || cp == 0x200f;
}

/* Nobody sees them, and in a name nobody needs them. */
static void drop_direction_marks(char *s, size_t len)
{
    size_t kept = 0;
    uint32_t cp;
    for (size_t at = 0, n; at < len; at += n) {
        n = (size_t)text_decode(s + at, len - at, &cp);
        if (is_direction_mark(cp))
            continue;
        memmove(s + kept, s + at, n);
        kept += n;
    }
    s[kept] = '\0';
}

/* Where the extension begins, or the end. */
static size_t find_extension(const char *s, size_t len)
{
    const char *dot = strrchr(s, '.');
    bool is_one = dot && dot > s && len - (size_t)(dot - s) <= EXTENSION_MAX;
    return is_one ? (size_t)(dot - s) : len;
}

/* The length of as many whole clusters as fit. */
static size_t cut(const char *s, size_t len, size_t max)
{
    size_t kept = 0, next;
    while (kept < len && (next = kept + text_next(s + kept, len - kept).len) <= max)
        kept = next;
    return kept;
}

const char *filename_make(const char *name, size_t len, unsigned number, char out[FILENAME_SIZE])
{
    const char *slash = memrchr(name, '/', len);
    size_t skipped = slash ? (size_t)(slash + 1 - name) : 0;
    char numbered[NUMBER_MAX] = "";
    char *safe = text_sanitise(name + skipped, len - skipped, 0, &len);
    if (!safe)
        return NULL;
    drop_direction_marks(safe, len);
    if (*safe && strchr(".- ~", *safe))
        *safe = '_';
    const char *made = *safe ? safe : "file";
    if (number > 1)
        snprintf(numbered, sizeof numbered, " (%u)", number);
    size_t stem = find_extension(made, strlen(made));
    const char *extension = made + stem;
    stem = cut(made, stem, FILENAME_SIZE - 1 - strlen(extension) - strlen(numbered));
    snprintf(out, FILENAME_SIZE, "%.*s%s%s", (int)stem, made, numbered, extension);
    free(safe);
    return out;
}

int filename_expand(const char *typed, size_t len, char out[PATH_MAX])
{
    const char *home = getenv("HOME");
    if (memchr(typed, '\0', len))
        return ERROR_STATE;
    if (len > 1 && strchr("\"'", typed[0]) && typed[len - 1] == typed[0]) {
        typed++;
        len -= 2;
    }
    bool is_at_home = home && len > 0 && typed[0] == '~' && (len == 1 || typed[1] == '/');
    int n = snprintf(out, PATH_MAX, "%s%.*s", is_at_home ? home : "", (int)(len - is_at_home),
                     typed + is_at_home);
    return n < PATH_MAX ? 0 : ERROR_LIMIT;
}
