#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Clusters forward, and that text_prev finds each of them from its end and from within. */
static void assert_walks_agree(const char *s, size_t len)
{
    for (size_t start = 0, end; start < len; start = end) {
        end = start + text_next(s + start, len - start).len;
        assert_in_range(end, start + 1, len);
        uint32_t cp;
        for (size_t at = start; at < end;) {
            at += (size_t)text_decode(s + at, len - at, &cp);
            assert_int_equal(text_prev(s, at), start);
        }
    }
}

/* Reads a line of GraphemeBreakTest: the text, and the offsets of its breaks after the first. */
static size_t parse_line(const char *line, char *s, size_t *breaks, size_t *count)
{
    size_t len = 0;
    *count = 0;
    for (const char *at = line; *at && *at != '\n';) {
        unsigned cp;
        int n = 0;
        if (strncmp(at, "÷", 2) == 0) {
            if (len > 0)
                breaks[(*count)++] = len;
            at += 2;
        } else if (strncmp(at, "×", 2) == 0) {
            at += 2;
        } else if (sscanf(at, "%x%n", &cp, &n) == 1) {
            len += text_encode(cp, s + len);
            at += n;
        }
        while (*at == ' ')
            at++;
    }
    return len;
}

/* utf8proc 2.8 knows Unicode 15.0, which these lines are of: none may differ. */
static void test_breaks_are_those_of_unicode(void **state)
{
    (void)state;
    FILE *file = fopen(TEST_DATA "/unicode/grapheme-break-test.txt", "r");
    assert_non_null(file);
    char line[512], s[256];
    size_t breaks[64], lines = 0, count;
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '#')
            continue;
        size_t len = parse_line(line, s, breaks, &count), at = 0;
        for (size_t i = 0; i < count; i++) {
            at += text_next(s + at, len - at).len;
            if (at != breaks[i])
                fail_msg("break %zu at byte %zu: %s", i, at, line);
        }
        assert_int_equal(at, len);
        assert_walks_agree(s, len);
        lines++;
    }
    fclose(file);
    assert_int_equal(lines, 602);
}

static void test_every_emoji_is_one_cluster_of_two_columns(void **state)
{
    (void)state;
    FILE *file = fopen(TEST_DATA "/unicode/emoji-test.txt", "r");
    assert_non_null(file);
    char line[512], s[256];
    size_t breaks[64], lines = 0, count;
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '#')
            continue;
        size_t len = parse_line(line, s, breaks, &count);
        struct text_cluster cluster = text_next(s, len);
        if (cluster.len != len || cluster.width != 2)
            fail_msg("%zu of %zu bytes, %d columns: %s", cluster.len, len, cluster.width, line);
        assert_int_equal(text_prev(s, len), 0);
        lines++;
    }
    fclose(file);
    assert_int_equal(lines, 3655);
}

/* The columns of the code point at `*at`, by itself; goes past it. */
static int columns_at(const char *s, size_t len, size_t *at)
{
    uint32_t cp;
    size_t n = (size_t)text_decode(s + *at, len - *at, &cp);
    int width = text_next(s + *at, n).width;
    *at += n;
    return width;
}

static bool is_joining(const char *s, size_t len)
{
    uint32_t cp;
    text_decode(s, len, &cp);
    return text_is_ignorable(cp) || text_is_mark(cp) || (cp >= 0x1f1e6 && cp <= 0x1f1ff);
}

static void test_the_base_of_every_emoji_is_one_that_nobody_miscounts(void **state)
{
    (void)state;
    FILE *file = fopen(TEST_DATA "/unicode/emoji-test.txt", "r");
    assert_non_null(file);
    char line[512], s[256], base[TEXT_EMOJI_BASE_MAX], again[TEXT_EMOJI_BASE_MAX];
    size_t breaks[64], lines = 0, count;
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '#')
            continue;
        size_t len = parse_line(line, s, breaks, &count);
        size_t base_len = text_emoji_base(s, len, base);
        int width = 0;
        assert_in_range(base_len, 1, TEXT_EMOJI_BASE_MAX);
        for (size_t at = 0; at < base_len; width += columns_at(base, base_len, &at))
            assert_false(is_joining(base + at, base_len - at));
        if (width != (int)text_width(base, base_len))
            fail_msg("%d columns: %s", width, line);
        size_t again_len = text_emoji_base(base, base_len, again);
        assert_true(again_len == 0 || again_len == base_len); /* letters and digits are none */
        lines++;
    }
    fclose(file);
    assert_int_equal(lines, 3655);
}

static void test_what_is_no_emoji_has_no_base(void **state)
{
    (void)state;
    static const char *const table[] = {"a", "7", "#", "\xc3\xa9", "e\xcc\x88", "\xe5\x8f\xaf"};
    char base[TEXT_EMOJI_BASE_MAX];
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_int_equal(text_emoji_base(table[i], strlen(table[i]), base), 0);
}

static void test_widths(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        int width;
    } table[] = {
        {"a", 1},
        {"~", 1},
        {" ", 1},
        {"\n", 0},
        {"\t", 0},
        {"\r\n", 0},
        {"\x1b", 0},
        {"\x7f", 0},
        {"\xc2\x85", 0},
        {"e\xcc\x88", 1},                                    /* e, diaeresis */
        {"e\xcc\x88\xcc\xa3\xcc\x88\xcc\xa3", 1},            /* and more */
        {"\xcc\x88", 0},                                     /* a mark alone */
        {"\xe5\x8f\xaf", 2},                                 /* Han */
        {"\xe3\x81\x8b\xe3\x82\x99", 2},                     /* ka, voiced mark */
        {"\xef\xbd\xb6\xef\xbe\x9e", 2},                     /* the same, halfwidth */
        {"\xef\xbd\xb6", 1},                                 /* */
        {"\xef\xbc\xa1", 2},                                 /* fullwidth A */
        {"\xe3\x80\x80", 2},                                 /* ideographic space */
        {"\xea\xb0\x81", 2},                                 /* Hangul syllable */
        {"\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8", 2},         /* the same in jamo */
        {"\xe1\x84\x80", 2},                                 /* */
        {"\xe0\xa4\x95\xe0\xa5\x81", 1},                     /* ka, u (nonspacing) */
        {"\xe0\xa4\x95\xe0\xa4\xbe", 2},                     /* ka, aa (spacing) */
        {"\xd8\x80\x31", 2},                                 /* Arabic number sign, 1 */
        {"\xf0\x9f\x98\x80", 2},                             /* grinning face */
        {"\xe2\x9d\xa4", 1},                                 /* heart */
        {"\xe2\x9d\xa4\xef\xb8\x8f", 2},                     /* with VS16 */
        {"\xe2\x9d\xa4\xef\xb8\x8e", 1},                     /* with VS15 */
        {"\xe2\x8c\x9a", 2},                                 /* watch */
        {"\xe2\x8c\x9a\xef\xb8\x8e", 1},                     /* with VS15 */
        {"a\xef\xb8\x8f", 1},                                /* VS16 on a letter */
        {"1\xef\xb8\x8f\xe2\x83\xa3", 2},                    /* keycap */
        {"1\xe2\x83\xa3", 2},                                /* */
        {"a\xe2\x83\xa3", 1},                                /* enclosed a */
        {"\xe2\x98\x9d\xf0\x9f\x8f\xbd", 2},                 /* finger, skin tone */
        {"\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa", 2},             /* flag */
        {"\xf0\x9f\x87\xa9", 1},                             /* half of it */
        {"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb", 2}, /* woman technologist */
        {"\xf0\x9f\x91\xa9\xe2\x80\x8d\xe2\x9d\xa4\xef\xb8\x8e",
         2},                 /* woman, joiner, heart, VS15 */
        {"\xe2\x80\x8e", 0}, /* LRM */
        {"\xe2\x80\x8b", 0}, /* ZWSP */
        {"\xef\xbf\xbd", 1}, /* U+FFFD */
        {"\xe2\x97\x8c", 1}, /* dotted circle */
        {"\xee\x82\xa0", 1}, /* private use */
        {"\xe4\xb7\x80", 2}, /* hexagram: wcwidth says 2 */
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        size_t len = strlen(table[i].s);
        struct text_cluster cluster = text_next(table[i].s, len);
        if (cluster.len != len || cluster.width != table[i].width)
            fail_msg("row %zu: %zu bytes, %d columns", i, cluster.len, cluster.width);
        assert_int_equal(text_width(table[i].s, len), table[i].width);
    }
    assert_int_equal(text_next("", 0).len, 0);
    assert_int_equal(text_prev("", 0), 0);
    assert_int_equal(text_width("", 0), 0);
    assert_int_equal(text_width("a\xe5\x8f\xaf\xcc\x88\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa!", 15), 6);
}

static void test_steps_back(void **state)
{
    (void)state;
    static const char flags[] = "x\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa\xf0\x9f\x87\xab\xf0\x9f\x87\xb7"
                                "\xf0\x9f\x87\xa9";
    assert_int_equal(text_prev(flags, 21), 17);
    assert_int_equal(text_prev(flags, 17), 9);
    assert_int_equal(text_prev(flags, 13), 9); /* from within the second */
    assert_int_equal(text_prev(flags, 9), 1);
    assert_int_equal(text_prev(flags, 1), 0);
    static const char family[] = "ab\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7";
    assert_int_equal(text_prev(family, 13), 2);
    assert_int_equal(text_prev(family, 9), 2);
    assert_int_equal(text_prev(family, 2), 1);
}

/* Strings of code points that matter to the rules. */
static void test_both_ways_agree_on_random_text(void **state)
{
    (void)state;
    static const uint32_t points[] = {
        'a',    '1',    ' ',    '\r',    '\n',    0x301,   0x903,   0x94d,   0x915,  0x1100,
        0x1161, 0x11a8, 0xac00, 0xac01,  0x1f1e6, 0x1f1e7, 0x200d,  0x200c,  0x200b, 0xfe0f,
        0xfe0e, 0x600,  0xa9,   0x1f468, 0x1f3fb, 0x1f3f4, 0xe0067, 0xe007f, 0x20e3, 0xff9e,
    };
    srand(1);
    for (int turn = 0; turn < 20000; turn++) {
        char s[64];
        size_t len = 0, from = (size_t)rand(), kinds = 1 + (size_t)rand() % 8;
        while (len < 60)
            len += text_encode(points[(from + (size_t)rand() % kinds * 7) % 30], s + len);
        assert_walks_agree(s, len);
    }
}

static void test_long_runs(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "\xcc\x88",                                 /* a mark */
        "\xf0\x9f\x91\xa9\xe2\x80\x8d",             /* woman, joiner */
        "\xf0\x9f\x87\xa9",                         /* half a flag */
        "\xf0\x9f\x91\xa9\xe2\x80\x8d\xe2\x80\x8d", /* with two joiners, which break */
        "\xe1\x84\x80",                             /* a leading jamo */
        "\xd8\x80",                                 /* a sign before digits */
    };
    enum {
        COUNT = 100000
    };
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        size_t piece = strlen(pieces[i]), len = piece * COUNT;
        char *s = malloc(len);
        for (size_t n = 0; n < COUNT; n++)
            memcpy(s + n * piece, pieces[i], piece);
        size_t last = 0;
        for (size_t at = 0; at < len; at += text_next(s + at, len - at).len)
            last = at;
        assert_int_equal(text_prev(s, len), last);
        assert_true(text_width(s, len) <= 2 * COUNT);
        free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_breaks_are_those_of_unicode),
        cmocka_unit_test(test_every_emoji_is_one_cluster_of_two_columns),
        cmocka_unit_test(test_the_base_of_every_emoji_is_one_that_nobody_miscounts),
        cmocka_unit_test(test_what_is_no_emoji_has_no_base),
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_steps_back),
        cmocka_unit_test(test_both_ways_agree_on_random_text),
        cmocka_unit_test(test_long_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
