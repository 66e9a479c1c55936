#include "property.h"

#include "error.h"
#include "text.h"

#include <stdlib.h>

#include <utf8proc.h>

struct range {
    uint32_t first, last;
};

/*
 * Default_Ignorable_Code_Point, which utf8proc does not tell, and three that draw as blanks without
 * having it: two Egyptian letters and the Khitan filler.
 */
static const struct range ignorable[] = {
    {0xad, 0xad},       {0x34f, 0x34f},     {0x61c, 0x61c},     {0x115f, 0x1160},
    {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x200b, 0x200f},   {0x202a, 0x202e},
    {0x2060, 0x206f},   {0x3164, 0x3164},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
    {0xffa0, 0xffa0},   {0xfff0, 0xfff8},   {0x13441, 0x13442}, {0x16fe4, 0x16fe4},
    {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

#define CATEGORY(name) (1u << UTF8PROC_CATEGORY_##name)

enum {
    LETTERS = CATEGORY(LU) | CATEGORY(LL) | CATEGORY(LT) | CATEGORY(LM) | CATEGORY(LO),
    MARKS = CATEGORY(MN) | CATEGORY(MC) | CATEGORY(ME),
    NUMBERS = CATEGORY(ND) | CATEGORY(NL) | CATEGORY(NO),
    OTHERS =
        CATEGORY(CN) | CATEGORY(CC) | CATEGORY(CF) | CATEGORY(CS) | CATEGORY(ZL) | CATEGORY(ZP),
};

static bool is_in(uint32_t cp, unsigned categories)
{
    return 1u << utf8proc_category((utf8proc_int32_t)cp) & categories;
}

bool text_is_letter_or_mark(uint32_t cp)
{
    return is_in(cp, LETTERS | MARKS);
}

bool text_is_mark(uint32_t cp)
{
    return is_in(cp, MARKS);
}

bool text_is_decimal(uint32_t cp)
{
    return is_in(cp, CATEGORY(ND));
}

bool text_is_space(uint32_t cp)
{
    return cp == '\t' || cp == '\n' || is_in(cp, CATEGORY(ZS));
}

bool text_is_word(uint32_t cp)
{
    return cp == '_' || is_in(cp, LETTERS | MARKS | NUMBERS);
}

bool text_is_ignorable(uint32_t cp)
{
    size_t i = 0;
    while (i < sizeof ignorable / sizeof ignorable[0] && ignorable[i].last < cp)
        i++;
    return i < sizeof ignorable / sizeof ignorable[0] && ignorable[i].first <= cp;
}

static int boundclass(uint32_t cp)
{
    return utf8proc_get_property((utf8proc_int32_t)cp)->boundclass;
}

bool text_is_break(uint32_t a, uint32_t b, int32_t *state)
{
    return utf8proc_grapheme_break_stateful((utf8proc_int32_t)a, (utf8proc_int32_t)b, state);
}

bool text_is_pictograph(uint32_t cp)
{
    return boundclass(cp) == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

bool text_is_graphic(uint32_t cp)
{
    return !is_in(cp, OTHERS) || boundclass(cp) == UTF8PROC_BOUNDCLASS_PREPEND;
}

/*
 * utf8proc's width but where terminals, and wcwidth (by which ncurses draws), have another: spacing
 * marks and signs before digits take a column of their own, and two blocks of symbols take two.
 */
int text_columns(uint32_t cp)
{
    int columns = utf8proc_charwidth((utf8proc_int32_t)cp);
    if (columns == 0 && (is_in(cp, CATEGORY(MC)) || boundclass(cp) == UTF8PROC_BOUNDCLASS_PREPEND))
        return 1;
    if ((cp >= 0x3248 && cp <= 0x324f) || (cp >= 0x4dc0 && cp <= 0x4dff))
        return 2;
    return columns;
}

enum {
    NFC = UTF8PROC_STABLE | UTF8PROC_COMPOSE,
    NFKC = NFC | UTF8PROC_COMPAT,
    CASEFOLD = UTF8PROC_CASEFOLD,
};

/* Maps in an array of code points, which then becomes the string. */
static int map(const char *s, size_t len, int flags, char **out, size_t *out_len)
{
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)s;
    utf8proc_option_t options = (utf8proc_option_t)flags;
    utf8proc_ssize_t n = utf8proc_decompose(bytes, (utf8proc_ssize_t)len, NULL, 0, options);
    *out = NULL;
    *out_len = 0;
    if (n < 0)
        return n == UTF8PROC_ERROR_INVALIDUTF8 ? ERROR_UTF8 : ERROR_NOMEM;
    utf8proc_int32_t *points = malloc(((size_t)n + 1) * sizeof *points);
    if (!points)
        return ERROR_NOMEM;
    utf8proc_decompose(bytes, (utf8proc_ssize_t)len, points, n, options);
    *out_len = (size_t)utf8proc_reencode(points, n, options);
    char *fitted = realloc(points, *out_len + 1);
    *out = fitted ? fitted : (char *)points;
    return 0;
}

int text_nfc(const char *s, size_t len, char **out, size_t *out_len)
{
    return map(s, len, NFC, out, out_len);
}

int text_fold(const char *s, size_t len, char **out, size_t *out_len)
{
    char *plain, *folded = NULL;
    size_t plain_len, folded_len;
    *out = NULL;
    *out_len = 0;
    int rc = map(s, len, NFKC, &plain, &plain_len);
    if (!rc)
        rc = map(plain, plain_len, CASEFOLD, &folded, &folded_len);
    if (!rc)
        rc = map(folded, folded_len, NFKC, out, out_len);
    free(plain);
    free(folded);
    return rc;
}
