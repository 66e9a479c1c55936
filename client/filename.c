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

/*
 * Copies a name without them: nobody sees them, and in a name nobody needs them. What they kept
 * apart may be one cluster now, so it is for the sanitiser to see.
 */
static char *drop_direction_marks(const char *s, size_t len, size_t *kept)
{
    char *out = malloc(len + 1);
    uint32_t cp;
    *kept = 0;
    for (size_t at = 0; out && at < len;) {
        int n = text_decode(s + at, len - at, &cp);
        size_t taken = n > 0 ? (size_t)n : 1;
        if (n <= 0 || !is_direction_mark(cp)) {
            memcpy(out + *kept, s + at, taken);
            *kept += taken;
        }
        at += taken;
    }
    return out;
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
    char *plain = drop_direction_marks(name + skipped, len - skipped, &len);
    char *safe = plain ? text_sanitise(plain, len, 0, &len) : NULL;
    free(plain);
    if (!safe)
        return NULL;
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
