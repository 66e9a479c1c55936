/* Decoding against utf8proc's; clusters forward and back; the door, with the first byte's flags. */
#include "text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_decoding(const char *s, size_t len)
{
    size_t at = 0;
    while (at < len) {
        uint32_t cp = 0;
        utf8proc_int32_t theirs;
        int n = text_decode(s + at, len - at, &cp);
        utf8proc_ssize_t m = utf8proc_iterate((const utf8proc_uint8_t *)s + at,
                                              (utf8proc_ssize_t)(len - at), &theirs);
        assert(n > 0 ? n == m && cp == (uint32_t)theirs : m < 0);
        if (n < 0)
            break;
        char again[4];
        assert(text_encode(cp, again) == (size_t)n && memcmp(again, s + at, (size_t)n) == 0);
        at += (size_t)n;
    }
    assert(text_is_utf8(s, len) == (at == len));
    assert(text_fit(s, len, SIZE_MAX) == at);
    size_t half = text_fit(s, len, len / 2);
    assert(half <= len / 2 && (half == at || half + 4 > len / 2));
}

static void check_clusters(const char *s, size_t len)
{
    size_t columns = 0;
    for (size_t start = 0, end; start < len; start = end) {
        struct text_cluster cluster = text_next(s + start, len - start);
        assert(cluster.len > 0 && cluster.len <= len - start);
        assert(cluster.width >= 0 && cluster.width <= 2);
        columns += (size_t)cluster.width;
        end = start + cluster.len;
        char base[TEXT_EMOJI_BASE_MAX];
        size_t base_len = text_emoji_base(s + start, cluster.len, base);
        assert(base_len <= cluster.len && text_is_utf8(base, base_len));
        assert(base_len == 0 || text_width(base, base_len) > 0);
        uint32_t cp;
        size_t middle = start + (size_t)text_decode(s + start, len - start, &cp);
        assert(text_prev(s, middle) == start && text_prev(s, end) == start);
    }
    assert(text_width(s, len) == columns);
}

static void check_door(const char *s, size_t len, unsigned flags)
{
    size_t out_len, again_len;
    char *out = text_sanitise(s, len, flags, &out_len);
    assert(out_len <= 8 * len && strlen(out) == out_len && text_is_utf8(out, out_len));
    uint32_t cp, last = '\n';
    for (size_t at = 0; at < out_len; last = cp) {
        at += (size_t)text_decode(out + at, out_len - at, &cp);
        assert((cp >= ' ' && cp < 0x7f) || cp >= 0xa0 || (cp == '\n' && flags & TEXT_LINES));
        assert(cp < 0x7f || !(flags & TEXT_ASCII));
        assert(!(last == '\n' && text_is_mark(cp)));
        assert(!(cp >= 0x2028 && cp <= 0x202e) && !(cp >= 0x2066 && cp <= 0x2069));
    }
    char *again = text_sanitise(out, out_len, flags, &again_len);
    assert(again_len == out_len && memcmp(again, out, out_len) == 0);
    check_clusters(out, out_len);
    free(again);
    free(out);
}

/* Where the first byte has its top bit, the others choose code points that matter to the rules. */
static size_t choose(const uint8_t *bytes, size_t len, char *s)
{
    static const uint32_t points[] = {
        'a',     '1',     '<',     ' ',     '\n',    '\t',    0x1b,    0x85,    0xad,
        0x301,   0x323,   0x34f,   0x600,   0x6dd,   0x627,   0x64b,   0x903,   0x915,
        0x94d,   0x102b,  0x1100,  0x1160,  0x1161,  0x11a8,  0xac00,  0xac01,  0x180b,
        0x180e,  0x1820,  0x200b,  0x200c,  0x200d,  0x200e,  0x200f,  0x2028,  0x202e,
        0x20e3,  0x231a,  0x25cc,  0x2764,  0x302e,  0x3164,  0x4e00,  0xd7b0,  0xe0b0,
        0xfe00,  0xfe0e,  0xfe0f,  0xff9e,  0xfffd,  0xfffe,  0x1f1e6, 0x1f3f4, 0x1f3fb,
        0x1f468, 0xe0001, 0xe0067, 0xe0031, 0xe007f, 0xe0100, 0x11f02, 0x16fe4, 0x1d165,
    };
    size_t used = 0;
    for (size_t i = 0; i < len; i++)
        used += text_encode(points[bytes[i] % (sizeof points / sizeof points[0])], s + used);
    return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0 || len > 4096)
        return 0;
    char chosen[4 * 4096];
    const char *s = (const char *)bytes + 1;
    len--;
    if (bytes[0] & 0x80) {
        len = choose(bytes + 1, len, chosen);
        s = chosen;
    }
    check_decoding(s, len);
    check_clusters(s, text_fit(s, len, len));
    check_door(s, len, bytes[0] & (TEXT_LINES | TEXT_ASCII));
    return 0;
}
