#include "property.h"
#include "text.h"

#include <assert.h>
#include <string.h>

enum {
    KEYCAP = 0x20e3,
    SELECTOR_TEXT = 0xfe0e,
    SELECTOR_EMOJI = 0xfe0f,
    JOINER = 0x200d,
    PICTOGRAPH = 0x1f600, /* any will do */
    REGIONAL_A = 0x1f1e6, /* to Z */
};

static bool is_keycap_base(uint32_t cp)
{
    return (cp >= '0' && cp <= '9') || cp == '#' || cp == '*';
}

/* The width of a cluster that was `width` wide and begins with `first`, with `cp` added. */
static int add_width(int width, uint32_t first, uint32_t before, uint32_t cp)
{
    if (cp == SELECTOR_EMOJI && (text_is_pictograph(before) || is_keycap_base(before)))
        return 2;
    if (cp == SELECTOR_TEXT && before == first && text_is_pictograph(first))
        return 1;
    if (cp == KEYCAP && is_keycap_base(first))
        return 2;
    width += text_columns(cp);
    return width < 2 ? width : 2;
}

struct text_cluster text_next(const char *s, size_t len)
{
    if (len == 0)
        return (struct text_cluster){0, 0};
    bool ascii_next = len == 1 || (unsigned char)s[1] < 0x80;
    if (s[0] >= ' ' && s[0] < 0x7f && ascii_next)
        return (struct text_cluster){1, 1};
    uint32_t first, before, cp;
    int n = text_decode(s, len, &first);
    assert(n > 0);
    struct text_cluster cluster = {(size_t)n, text_columns(first)};
    int32_t state = 0;
    for (before = first; cluster.len < len; before = cp) {
        n = text_decode(s + cluster.len, len - cluster.len, &cp);
        assert(n > 0);
        if (text_is_break(before, cp, &state))
            break;
        cluster.width = add_width(cluster.width, first, before, cp);
        cluster.len += (size_t)n;
    }
    return cluster;
}

/* Whether a cluster ends between two neighbours whatever comes before them. */
static bool is_sure_break(uint32_t a, uint32_t b)
{
    int32_t state = 0;
    if (a == JOINER) /* at worst it joins pictographs */
        text_is_break(PICTOGRAPH, JOINER, &state);
    return text_is_break(a, b, &state);
}

/* Where the code point before `at` begins. */
static size_t point_before(const char *s, size_t at, uint32_t *cp)
{
    size_t start = at - 1;
    while (start > 0 && ((unsigned char)s[start] & 0xc0) == 0x80)
        start--;
    int n = text_decode(s + start, at - start, cp);
    assert(n > 0);
    return start;
}

size_t text_prev(const char *s, size_t at)
{
    if (at == 0)
        return 0;
    uint32_t a, b;
    size_t start = point_before(s, at, &b);
    while (start > 0) {
        size_t before = point_before(s, start, &a);
        if (is_sure_break(a, b))
            break;
        start = before;
        b = a;
    }
    for (;;) {
        size_t len = text_next(s + start, at - start).len;
        if (start + len == at)
            return start;
        start += len;
    }
}

static bool is_regional(uint32_t cp)
{
    return cp >= REGIONAL_A && cp < REGIONAL_A + 26;
}

size_t text_emoji_base(const char *s, size_t len, char out[TEXT_EMOJI_BASE_MAX])
{
    uint32_t first, second = 0;
    size_t first_len = (size_t)text_decode(s, len, &first);
    text_decode(s + first_len, len - first_len, &second);
    if (is_regional(first)) { /* the letters of a flag */
        out[0] = (char)('A' + first - REGIONAL_A);
        out[1] = (char)('A' + second - REGIONAL_A);
        return is_regional(second) ? 2 : 1;
    }
    bool keycap = is_keycap_base(first) && (second == SELECTOR_EMOJI || second == KEYCAP);
    if (!keycap && !text_is_pictograph(first))
        return 0;
    memcpy(out, s, first_len);
    return first_len;
}

size_t text_width(const char *s, size_t len)
{
    size_t width = 0;
    for (size_t at = 0; at < len;) {
        struct text_cluster cluster = text_next(s + at, len - at);
        at += cluster.len;
        width += (size_t)cluster.width;
    }
    return width;
}
