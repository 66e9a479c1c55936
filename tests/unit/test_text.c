/* Decoding, properties, normal forms. */
#include "error.h"
#include "text.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_every_scalar_value_goes_there_and_back(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
        if (cp == 0xd800)
            cp = 0xe000;
        char bytes[4];
        size_t len = text_encode(cp, bytes);
        uint32_t back = 1;
        assert_int_equal(text_decode(bytes, len, &back), len);
        assert_int_equal(back, cp);
        for (size_t cut = 1; cut < len; cut++)
            assert_int_equal(text_decode(bytes, cut, &back), ERROR_UTF8);
    }
}

static void test_what_is_not_utf8_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\x80",             /* continuation first */
        "\xbf",             /* */
        "\xc0\x80",         /* overlong */
        "\xc1\xbf",         /* */
        "\xe0\x80\x80",     /* */
        "\xe0\x9f\xbf",     /* */
        "\xf0\x80\x80\x80", /* */
        "\xf0\x8f\xbf\xbf", /* */
        "\xed\xa0\x80",     /* U+D800 */
        "\xed\xbf\xbf",     /* U+DFFF */
        "\xf4\x90\x80\x80", /* U+110000 */
        "\xf5\x80\x80\x80", /* */
        "\xfe",             /* */
        "\xff",             /* */
        "\xc3(",            /* continuation missing */
        "\xe2\x82(",        /* */
        "\xf0\x9f\x98(",    /* */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint32_t cp = 7;
        assert_int_equal(text_decode(bad[i], strlen(bad[i]), &cp), ERROR_UTF8);
        assert_int_equal(cp, 7);
        assert_false(text_is_utf8(bad[i], strlen(bad[i])));
        char text[32] = "0123456789abc";
        strcpy(text + 13, bad[i]);
        assert_false(text_is_utf8(text, strlen(text)));
        assert_int_equal(text_fit(text, strlen(text), SIZE_MAX), 13);
    }
    uint32_t cp;
    assert_int_equal(text_decode("", 0, &cp), 0);
    assert_true(text_is_utf8("", 0));
    assert_true(text_is_utf8("a\0b", 3));
    assert_true(text_is_utf8("z\xc3\xbcrich \xf0\x9f\x98\x80, 12345678", 22));
}

static void test_fit_cuts_between_code_points(void **state)
{
    (void)state;
    static const char text[] = "12345678\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"
                               "12345678";
    static const size_t ends[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 13, 17, 18, 25};
    for (size_t max = 0; max <= 25; max++) {
        size_t fit = text_fit(text, sizeof text - 1, max), expected = 0;
        for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
            if (ends[i] <= max)
                expected = ends[i];
        if (max > 17)
            expected = max;
        assert_int_equal(fit, expected);
    }
}

static void test_properties(void **state)
{
    (void)state;
    enum {
        LETTER_OR_MARK = 1,
        MARK = 2,
        DECIMAL = 4,
        SPACE = 8,
        WORD = 16,
        IGNORABLE = 32
    };
    static const struct {
        uint32_t cp;
        unsigned is;
    } table[] = {
        {'a', LETTER_OR_MARK | WORD},
        {'Z', LETTER_OR_MARK | WORD},
        {'7', DECIMAL | WORD},
        {'_', WORD},
        {'-', 0},
        {' ', SPACE},
        {'\t', SPACE},
        {'\n', SPACE},
        {'\r', 0},
        {0, 0},
        {0x7f, 0},
        {0xa0, SPACE},
        {0xad, IGNORABLE},
        {0xdf, LETTER_OR_MARK | WORD},
        {0x301, LETTER_OR_MARK | MARK | WORD},
        {0x488, LETTER_OR_MARK | MARK | WORD},
        {0x93e, LETTER_OR_MARK | MARK | WORD},
        {0x663, DECIMAL | WORD},
        {0x2160, WORD}, /* Nl: neither letter nor decimal */
        {0xb2, WORD},   /* No */
        {0x3000, SPACE},
        {0x200b, IGNORABLE},
        {0x3164, LETTER_OR_MARK | WORD | IGNORABLE},
        {0xfe0f, LETTER_OR_MARK | MARK | WORD | IGNORABLE},
        {0x4e00, LETTER_OR_MARK | WORD},
        {0x1f600, 0},
        {0x378, 0},
        {0xfffe, 0},
        {0x10ffff, 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        uint32_t cp = table[i].cp;
        unsigned is = (text_is_letter_or_mark(cp) ? LETTER_OR_MARK : 0) |
                      (text_is_mark(cp) ? MARK : 0) | (text_is_decimal(cp) ? DECIMAL : 0) |
                      (text_is_space(cp) ? SPACE : 0) | (text_is_word(cp) ? WORD : 0) |
                      (text_is_ignorable(cp) ? IGNORABLE : 0);
        assert_int_equal(is, table[i].is);
    }
}

/* Against Unicode's own list. */
static void test_ignorable_is_what_unicode_says_and_three_blanks_more(void **state)
{
    (void)state;
    static bool expected[0x110000];
    FILE *file = fopen(TEST_DATA "/unicode/default-ignorable.txt", "r");
    assert_non_null(file);
    char line[256];
    while (fgets(line, sizeof line, file)) {
        unsigned first, last;
        int n = sscanf(line, "%x..%x", &first, &last);
        if (line[0] == '#' || n < 1)
            continue;
        for (unsigned cp = first; cp <= (n == 2 ? last : first); cp++)
            expected[cp] = true;
    }
    fclose(file);
    expected[0x13441] = expected[0x13442] = expected[0x16fe4] = true;
    for (uint32_t cp = 0; cp < 0x110000; cp++)
        if (text_is_ignorable(cp) != expected[cp])
            fail_msg("U+%04X", cp);
}

static void test_normal_forms(void **state)
{
    (void)state;
    static const struct {
        const char *in, *nfc, *fold;
    } table[] = {
        {"", "", ""},
        {"Zo\xc3\xab", "Zo\xc3\xab", "zo\xc3\xab"},
        {"Zoe\xcc\x88", "Zo\xc3\xab", "zo\xc3\xab"},
        {"ZO\xc3\x8b", "ZO\xc3\x8b", "zo\xc3\xab"},
        {"Stra\xc3\x9f"
         "e",
         "Stra\xc3\x9f"
         "e",
         "strasse"},
        {"STRASSE", "STRASSE", "strasse"},
        {"\xe1\xba\x9e", "\xe1\xba\x9e", "ss"},                       /* capital sharp s */
        {"\xe2\x84\xaa", "K", "k"},                                   /* Kelvin sign */
        {"\xef\xbc\xa1", "\xef\xbc\xa1", "a"},                        /* fullwidth A */
        {"\xef\xac\x81", "\xef\xac\x81", "fi"},                       /* ligature */
        {"\xce\xa3\xcf\x82\xcf\x83", "\xce\xa3\xcf\x82\xcf\x83",      /* sigmas */
         "\xcf\x83\xcf\x83\xcf\x83"},                                 /* */
        {"\xe0\xa5\x98", "\xe0\xa4\x95\xe0\xa4\xbc",                  /* composition exclusion */
         "\xe0\xa4\x95\xe0\xa4\xbc"},                                 /* */
        {"\xe1\x84\x80\xe1\x85\xa1", "\xea\xb0\x80", "\xea\xb0\x80"}, /* jamo */
        /* alpha, iota subscript, acute: the three steps matter, one pass gives another result */
        {"\xce\xb1\xcd\x85\xcc\x81", "\xe1\xbe\xb4", "\xce\xac\xce\xb9"},
        {"\xe1\xbe\xb4", "\xe1\xbe\xb4", "\xce\xac\xce\xb9"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char *out;
        size_t len;
        assert_int_equal(text_nfc(table[i].in, strlen(table[i].in), &out, &len), 0);
        assert_string_equal(out, table[i].nfc);
        assert_int_equal(len, strlen(table[i].nfc));
        free(out);
        assert_int_equal(text_fold(table[i].in, strlen(table[i].in), &out, &len), 0);
        assert_string_equal(out, table[i].fold);
        assert_int_equal(len, strlen(table[i].fold));
        free(out);
    }
    char *out;
    size_t len;
    assert_int_equal(text_nfc("a\xff", 2, &out, &len), ERROR_UTF8);
    assert_null(out);
    assert_int_equal(text_fold("\xed\xa0\x80", 3, &out, &len), ERROR_UTF8);
    assert_null(out);
    assert_int_equal(text_nfc("a\0b", 3, &out, &len), 0);
    assert_int_equal(len, 3);
    assert_memory_equal(out, "a\0b", 4);
    free(out);
}

static void test_normal_forms_without_memory(void **state)
{
    (void)state;
    for (size_t n = 0; torture_begin(n); n++) {
        char *nfc, *fold;
        size_t nfc_len, fold_len;
        int first = text_nfc("Zoe\xcc\x88", 5, &nfc, &nfc_len);
        int second = text_fold("Zoe\xcc\x88", 5, &fold, &fold_len);
        torture_end();
        assert_true(first == 0 ? nfc_len == 4 : first == ERROR_NOMEM && !nfc);
        assert_true(second == 0 ? fold_len == 4 : second == ERROR_NOMEM && !fold);
        free(nfc);
        free(fold);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_scalar_value_goes_there_and_back),
        cmocka_unit_test(test_what_is_not_utf8_is_refused),
        cmocka_unit_test(test_fit_cuts_between_code_points),
        cmocka_unit_test(test_properties),
        cmocka_unit_test(test_ignorable_is_what_unicode_says_and_three_blanks_more),
        cmocka_unit_test(test_normal_forms),
        cmocka_unit_test(test_normal_forms_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
