#include "wrap.h"

#include "text.h"

#include <string.h>

/* What is not torn apart where it fits: a word, a link, or one wide cluster. */
struct unit {
    size_t len;
    int width;
};

static bool starts_with(const char *s, size_t len, const char *prefix)
{
    size_t prefix_len = strlen(prefix);
    return len >= prefix_len && memcmp(s, prefix, prefix_len) == 0;
}

static bool is_link(const char *s, size_t len)
{
    return starts_with(s, len, "https://") || starts_with(s, len, "http://");
}

/* Closing punctuation does not begin a row. */
static bool is_closing(const char *s, size_t len)
{
    static const char *const closing[] = {
        ",",  ".",  "!",  "?",  ":",  ";",  ")",  "]",  "、", "。",
        "，", "！", "？", "：", "；", "）", "」", "』", "】", "》",
    };
    for (size_t i = 0; i < sizeof closing / sizeof closing[0]; i++)
        if (starts_with(s, len, closing[i]))
            return true;
    return false;
}

static struct text_cluster cluster_at(const char *s, size_t len)
{
    bool plain = s[0] >= ' ' && s[0] <= '~' && (len == 1 || (s[1] & 0x80) == 0);
    return plain ? (struct text_cluster){1, 1} : text_next(s, len);
}

/* A space that nothing combines with. */
static bool is_space(const char *s, size_t len)
{
    return *s == ' ' && cluster_at(s, len).len == 1;
}

/* The unit that `s` begins with; it is not measured further once it is too long for a row. */
static struct unit unit_at(const char *s, size_t len, int columns)
{
    struct unit unit = {0};
    bool link = is_link(s, len), after_wide = false;
    while (unit.len < len && unit.width <= columns) {
        const char *at = s + unit.len;
        size_t left = len - unit.len;
        if (is_space(at, left) || *at == '\n')
            break;
        struct text_cluster c = cluster_at(at, left);
        bool apart = !link && unit.len > 0 && (after_wide || c.width == 2);
        if (apart && !is_closing(at, left))
            break;
        after_wide = after_wide || c.width == 2;
        unit.len += c.len;
        unit.width += c.width;
    }
    return unit;
}

/* As many clusters as fit, at least one. */
static struct wrap_row tear(const char *s, size_t len, int columns)
{
    struct wrap_row row = {0};
    while (row.len < len && s[row.len] != '\n') {
        struct text_cluster c = cluster_at(s + row.len, len - row.len);
        if (row.len > 0 && row.width + c.width > columns)
            break;
        row.len += c.len;
        row.width += c.width;
    }
    row.next = row.len;
    return row;
}

struct wrap_row wrap_next(const char *s, size_t len, int columns)
{
    struct wrap_row row = {0};
    for (;;) {
        size_t at = row.len;
        while (at < len && is_space(s + at, len - at))
            at++;
        bool hard = at < len && s[at] == '\n';
        row.next = at;
        if (at == len || hard) {
            row.next += hard;
            row.hard = hard;
            return row;
        }
        struct unit unit = unit_at(s + at, len - at, columns);
        size_t gap = at - row.len;
        if (gap > (size_t)columns || row.width + (int)gap + unit.width > columns) {
            bool fits = unit.width <= columns;
            return row.len > 0 || (fits && gap > 0) ? row : tear(s, len, columns);
        }
        row.len = at + unit.len;
        row.width += (int)gap + unit.width;
    }
}

size_t wrap_count(const char *s, size_t len, int columns)
{
    size_t count = 0, at = 0;
    struct wrap_row row;
    do {
        row = wrap_next(s + at, len - at, columns);
        at += row.next;
        count++;
    } while (row.hard || at < len);
    return count;
}
