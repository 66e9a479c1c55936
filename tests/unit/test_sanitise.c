#include "text.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What holds for every result, whatever came in. */
static void assert_is_safe(const char *s, size_t len, unsigned flags)
{
    assert_true(text_is_utf8(s, len));
    assert_int_equal(strlen(s), len);
    uint32_t cp, last = '\n';
    for (size_t at = 0; at < len; last = cp) {
        at += (size_t)text_decode(s + at, len - at, &cp);
        assert_false(cp < 0x20 && !(cp == '\n' && flags & TEXT_LINES));
        assert_false(cp >= 0x7f && cp < 0xa0);
        assert_false(cp >= 0x202a && cp <= 0x202e);
        assert_false(cp >= 0x2066 && cp <= 0x2069);
        assert_false(cp == 0x2028 || cp == 0x2029);
        assert_false(last == '\n' && text_is_mark(cp));
        assert_false(flags & TEXT_ASCII && cp > 0x7e);
    }
    for (size_t at = 0, end; at < len; at = end) {
        end = at + text_next(s + at, len - at).len;
        size_t marks = 0, others = 0;
        while (at < end) {
            at += (size_t)text_decode(s + at, len - at, &cp);
            if (!text_is_ignorable(cp))
                *(text_is_mark(cp) ? &marks : &others) += 1;
        }
        assert_in_range(marks, 0, 4);
        assert_in_range(others, 0,
                        9); /* a base and 7; and ASCII behind signs that go before digits */
    }
}

/* Gives the result, after checking all that holds for every one. */
static char *sanitise(const char *s, size_t len, unsigned flags)
{
    size_t out_len, again_len;
    char *out = text_sanitise(s, len, flags, &out_len);
    assert_true(out_len <= 8 * len);
    assert_is_safe(out, out_len, flags);
    char *again = text_sanitise(out, out_len, flags, &again_len);
    assert_string_equal(again, out);
    free(again);
    return out;
}

struct row {
    const char *in, *out;
};

static void assert_table(const struct row *rows, size_t count, unsigned flags)
{
    for (size_t i = 0; i < count; i++) {
        char *out = sanitise(rows[i].in, strlen(rows[i].in), flags);
        assert_string_equal(out, rows[i].out ? rows[i].out : rows[i].in);
        free(out);
    }
}

#define TABLE(rows) rows, sizeof rows / sizeof rows[0]

static void test_what_is_dangerous_becomes_visible(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", ""},
        {"\x1b[2Jhi", "^[[2Jhi"},
        {"a\nb\tc\rd", "a^Jb^Ic^Md"},
        {"\x7f\x01", "^?^A"},
        {"\xc2\x9b"
         "31m\xc2\x85\xc2\x9c",
         "<9B>31m<85><9C>"},
        {"a\xff\xfe", "a\ufffd\ufffd"},
        {"\xed\xa0\x80", "\ufffd\ufffd\ufffd"},
        {"\xe2\x82", "\ufffd\ufffd"},
        {"gpj.\u202Eexe", "gpj.<U+202E>exe"},
        {"\u2066a\u2069", "<U+2066>a<U+2069>"},
        {"a\u2028b\u2029", "a<U+2028>b<U+2029>"},
        {"\ufeff", "<U+FEFF>"},
        {"a\u200bb", "a<U+200B>b"},
        {"a\u200cb\u200d", "a<U+200C>b<U+200D>"},
        {"a\u2060\u2064", "a<U+2060><U+2064>"},
        {"\ufff9a\ufffab\ufffb", "<U+FFF9>a<U+FFFA>b<U+FFFB>"},
        {"\ufffe\uffff\ufdd0\U0010ffff", "<U+FFFE><U+FFFF><U+FDD0><U+10FFFF>"},
        {"\u0378", "<U+0378>"}, /* unassigned */
        {"\u3164\u115f\u1160\uffa0", "<U+3164><U+115F><U+1160><U+FFA0>"},
        {"\u1161\u11a8", "<U+1161><U+11A8>"}, /* jamo alone */
        {"a\u034f", "a<U+034F>"},
        {"\U000e0001\U000e0061", "<U+E0001><U+E0061>"},
        {"a\U000e0061\U000e007f", "a<U+E0061><U+E007F>"},
        {"a\ufe00", "a<U+FE00>"},
        {"a\U000e0100", "a<U+E0100>"},
        {"\U0001d173", "<U+1D173>"},
        {"\U00013441", "<U+13441>"},
    };
    assert_table(TABLE(rows), 0);
    char *out = sanitise("a\0b", 3, 0);
    assert_string_equal(out, "a^@b");
    free(out);
}

/* What people write goes through as it is. */
static void test_real_text_stays(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"plain ASCII ~!@#", NULL},
        {"Zürich, Łódź, naïve", NULL},
        {"Zoe\u0308 e\u0301\u0323", NULL},
        {"Việt Nam", NULL},
        {"שָׁלוֹם", NULL},
        {"\u200fשלום\u200e abc", NULL},      /* direction marks */
        {"می\u200cخواهم", NULL},             /* Persian, with ZWNJ */
        {"ه\u200d", NULL},                   /* and with ZWJ */
        {"हिन्दी में क्\u200dष क्\u200cष", NULL}, /* Devanagari */
        {"র\u200d্য", NULL},                  /* Bengali ya-phalaa */
        {"ශ්\u200dරී", NULL},                  /* Sinhala */
        {"ភាសា\u200bខ្មែរ", NULL},            /* Khmer, with ZWSP */
        {"မြန်မာဘာသာ", NULL},                 /* Burmese: vowels that begin a cluster */
        {"ภาษาไทย น้ำ", NULL},
        {"中文、日本語。か\u3099", NULL},
        {"葛\U000e0100", NULL},             /* ideographic variation */
        {"≨\ufe00", NULL},                  /* mathematical variation */
        {"\u1820\u180b\u1821\u180e", NULL}, /* Mongolian */
        {"\u1112\u1161\u11ab", NULL},       /* jamo */
        {"한국어", NULL},
        {"\u06001\u06dd2", NULL}, /* Arabic signs before digits */
        {"😀 👍🏽 ❤️ 1️⃣ 🇩🇪 👨‍👩‍👧‍👦 🏴‍☠️", NULL},
        {"👨🏻‍👩🏻‍👧🏻‍👦🏻 👩🏽‍❤️‍💋‍👩🏿", NULL},
        {"\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", NULL},
        {"\ue0b0 \uf8ff", NULL}, /* private use */
        {"a\u00a0b\u3000c\u2026\u200a", NULL},
        {"\ufffc\u2800", NULL},
    };
    assert_table(TABLE(rows), 0);
    assert_table(TABLE(rows), TEXT_LINES);
}

static void test_lines(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"a\nb\n\n", NULL},
        {"\tif\tx\n", "    if    x\n"},
        {"a\r\nb", "a^M\nb"},
        {"a\n\u0301b", "a\n\u25cc\u0301b"},
        {"\u0301\n\u093e", "\u25cc\u0301\n\u25cc\u093e"},
        {"\u102b", "\u25cc\u102b"}, /* a vowel that begins a cluster */
        {"\u200e\u0301", "\u200e\u25cc\u0301"},
        {" \u0301", NULL},
        {"\x1b\u0301", "^[\u0301"},
    };
    assert_table(TABLE(rows), TEXT_LINES);
}

static void test_ascii(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"Z\u00fcrich\n", "Z<U+00FC>rich^J"},
        {"a\u0301\xff\u00ad\xc2\x85", "a<U+0301><U+FFFD><U+00AD><85>"},
        {"😀", "<U+1F600>"},
    };
    assert_table(TABLE(rows), TEXT_ASCII);
}

static void test_what_is_excessive_is_cut(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"a\u0301\u0302\u0303\u0304\u0305\u0306b\u0307", "a\u0301\u0302\u0303\u0304b\u0307"},
        {"soft\u00adhyphen", "softhyphen"},
        {"a\u00ad\u0301", "a\u0301"},
        {"a\ufe0f \ufe0e", "a "}, /* nothing to select */
        {"❤\ufe0f\ufe0f", "❤\ufe0f"},
        {"葛\U000e0100\U000e0101", "葛\U000e0100<U+E0101>"},
        {"\u200e\u200f\u200e", "\u200e<U+200F>\u200e"},
        {"م\u200c\u200c", "م\u200c<U+200C>"},
        {"😀\u200d", "😀<U+200D>"},
        {"😀\u200da", "😀<U+200D>a"},
        {"😀\u200d\u00ad😀", "😀<U+200D>😀"},
        {"\U0001f3f4\U000e0067\U000e0062\U000e007f", "\U0001f3f4<U+E0067><U+E0062><U+E007F>"},
        {"\U0001f3f4\U000e0067\U000e0062\U000e0073", "\U0001f3f4<U+E0067><U+E0062><U+E0073>"},
        {"\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e007f\U000e0067",
         "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e007f<U+E0067>"},
        {"\u1100\u1100\u1100\u1100\u1100\u1100\u1100\u1100\u1100",
         "\u1100\u1100\u1100\u1100\u1100\u1100\u1100\u1100<U+1100>"},
        {"😀\u200d😀\u200d😀\u200d😀\u200d😀\u200d😀\u200d😀\u200d😀\u200d😀",
         "😀\u200d😀\u200d😀\u200d😀\u200d😀\u200d😀\u200d😀\u200d😀<U+200D>😀"},
    };
    assert_table(TABLE(rows), 0);
}

static void test_every_code_point(void **state)
{
    (void)state;
    static const char *const before[] = {"", "a", "\u1820", "क", "😀", "\U0001f3f4", "\u0600"};
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
        char s[16];
        size_t i = cp % (sizeof before / sizeof before[0]), len = strlen(before[i]);
        memcpy(s, before[i], len);
        if (cp == 0xd800)
            cp = 0xe000;
        len += text_encode(cp, s + len);
        memcpy(s + len, "a\n", 2);
        free(sanitise(s, len + 2, cp & 8 ? TEXT_LINES : 0));
    }
}

static void test_emoji_stay(void **state)
{
    (void)state;
    FILE *file = fopen(TEST_DATA "/unicode/emoji-test.txt", "r");
    assert_non_null(file);
    char line[512];
    size_t lines = 0;
    while (fgets(line, sizeof line, file)) {
        char s[128], *rest = line;
        size_t len = 0;
        if (line[0] == '#')
            continue;
        for (uint32_t cp; (cp = (uint32_t)strtoul(rest, &rest, 16));)
            len += text_encode(cp, s + len);
        s[len] = '\0';
        char *out = sanitise(s, len, 0);
        assert_string_equal(out, s);
        free(out);
        lines++;
    }
    fclose(file);
    assert_int_equal(lines, 3655);
}

static void test_naughty_strings(void **state)
{
    (void)state;
    static char json[1 << 16];
    FILE *file = fopen(TEST_DATA "/naughty/naughty-strings.json", "r");
    assert_non_null(file);
    size_t len = fread(json, 1, sizeof json - 1, file);
    fclose(file);
    json[len] = '\0';
    cJSON *strings = cJSON_Parse(json), *string;
    assert_true(cJSON_GetArraySize(strings) > 500);
    cJSON_ArrayForEach(string, strings)
    {
        const char *s = string->valuestring;
        for (unsigned flags = 0; flags < 4; flags++)
            free(sanitise(s, strlen(s), flags));
    }
    cJSON_Delete(strings);
}

static void test_random_bytes(void **state)
{
    (void)state;
    srand(1);
    for (int turn = 0; turn < 20000; turn++) {
        char s[64];
        for (size_t i = 0; i < sizeof s; i++)
            s[i] = (char)(turn % 2 ? rand()
                                   : "\xcc\x81\xe2\x80\x8d\xf0\x9f\x98\x80\xa7\xd8"[rand() % 11]);
        free(sanitise(s, sizeof s, (unsigned)turn % 4));
    }
}

static void test_out_of_memory(void **state)
{
    (void)state;
    for (size_t n = 0; torture_begin(n); n++) {
        size_t len;
        char *out = text_sanitise("a\x1b", 2, 0, &len);
        torture_end();
        assert_true(out ? len == 3 : torture_failed());
        free(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_dangerous_becomes_visible),
        cmocka_unit_test(test_real_text_stays),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_ascii),
        cmocka_unit_test(test_what_is_excessive_is_cut),
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_emoji_stay),
        cmocka_unit_test(test_naughty_strings),
        cmocka_unit_test(test_random_bytes),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
