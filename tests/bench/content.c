#include "content.h"

#include <assert.h>
#include <string.h>

enum {
    TIME_DIGITS = 16,
    WORD_DIGITS = 8, /* of the author, and of the number */
    TURNS = 61,      /* fillings that differ; a prime */
};

/* Letters that do not repeat with a short period; a filling begins somewhere in the first TURNS. */
static const char *letters(uint32_t turn)
{
    static char text[TURNS + CONTENT_MAX];
    if (!text[0]) {
        uint32_t state = 1;
        for (size_t i = 0; i < sizeof text; i++) {
            state = state * 1103515245 + 12345;
            text[i] = (char)('a' + (state >> 16) % 26);
        }
    }
    return text + turn % TURNS;
}

void content_put_hex(char *at, size_t digits, uint64_t value)
{
    for (; digits > 0; value >>= 4)
        at[--digits] = "0123456789abcdef"[value & 15];
}

bool content_get_hex(const char *at, size_t digits, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < digits; i++) {
        unsigned digit = (unsigned char)at[i];
        digit = digit <= '9' ? digit - '0' : digit - 'a' + 10;
        if (digit > 15)
            return false;
        *value = *value << 4 | digit;
    }
    return true;
}

void content_put(char *at, size_t len, const struct content *content)
{
    assert(len >= CONTENT_MIN && len <= CONTENT_MAX);
    content_put_hex(at, TIME_DIGITS, content->sent_ns);
    content_put_hex(at + TIME_DIGITS, WORD_DIGITS, content->author);
    content_put_hex(at + TIME_DIGITS + WORD_DIGITS, WORD_DIGITS, content->n);
    memcpy(at + CONTENT_MIN, letters(content->n), len - CONTENT_MIN);
}

bool content_get(const char *at, size_t len, struct content *content)
{
    uint64_t author, n;
    if (len < CONTENT_MIN || len > CONTENT_MAX ||
        !content_get_hex(at, TIME_DIGITS, &content->sent_ns) ||
        !content_get_hex(at + TIME_DIGITS, WORD_DIGITS, &author) ||
        !content_get_hex(at + TIME_DIGITS + WORD_DIGITS, WORD_DIGITS, &n))
        return false;
    content->author = (uint32_t)author;
    content->n = (uint32_t)n;
    return memcmp(at + CONTENT_MIN, letters(content->n), len - CONTENT_MIN) == 0;
}
