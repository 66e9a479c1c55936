#include "text.h"

#include "error.h"

#include <string.h>

int text_decode(const char *s, size_t len, uint32_t *cp)
{
    if (len == 0)
        return 0;
    const unsigned char *b = (const unsigned char *)s;
    if (b[0] < 0x80) {
        *cp = b[0];
        return 1;
    }
    if (b[0] < 0xc2 || b[0] > 0xf4)
        return ERROR_UTF8;
    size_t need = b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
    if (len < need)
        return ERROR_UTF8;
    uint32_t point = b[0] & (0x7fu >> need);
    for (size_t i = 1; i < need; i++) {
        if ((b[i] & 0xc0) != 0x80)
            return ERROR_UTF8;
        point = point << 6 | (b[i] & 0x3fu);
    }
    static const uint32_t least[] = {[2] = 0x80, [3] = 0x800, [4] = 0x10000};
    if (point < least[need] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return ERROR_UTF8;
    *cp = point;
    return (int)need;
}

size_t text_encode(uint32_t cp, char out[4])
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    size_t len = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, cp >>= 6)
        out[i] = (char)(0x80 | (cp & 0x3f));
    out[0] = (char)((0xf00 >> len & 0xff) | cp);
    return len;
}

/* Whether the next 8 bytes are all ASCII, as in most text they are. */
static bool is_ascii_8(const char *s)
{
    uint64_t bytes;
    memcpy(&bytes, s, sizeof bytes);
    return (bytes & UINT64_C(0x8080808080808080)) == 0;
}

size_t text_fit(const char *s, size_t len, size_t max)
{
    size_t end = len < max ? len : max, at = 0;
    while (at < end) {
        if (end - at >= 8 && is_ascii_8(s + at)) {
            at += 8;
            continue;
        }
        uint32_t cp;
        int n = text_decode(s + at, end - at, &cp);
        if (n < 0)
            break;
        at += (size_t)n;
    }
    return at;
}

bool text_is_utf8(const char *s, size_t len)
{
    return text_fit(s, len, len) == len;
}
