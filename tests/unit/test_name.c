#include "error.h"
#include "name.h"
#include "text.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void assert_refused(int (*init)(struct name *, const char *, size_t), const char *s,
                           size_t len)
{
    struct name name;
    assert_int_equal(init(&name, s, len), ERROR_NAME);
    assert_null(name.text);
    assert_null(name.key);
    name_clear(&name);
}

/* Gives a string of `count` times `piece`; the caller frees it. */
static char *repeat(const char *piece, size_t count)
{
    size_t len = strlen(piece);
    char *s = malloc(len * count + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(s + i * len, piece, len);
    s[len * count] = '\0';
    return s;
}

static void test_spelling_and_key(void **state)
{
    (void)state;
    static const struct {
        const char *in, *text, *key;
    } table[] = {
        {"alice", "alice", "alice"},
        {"Bob", "Bob", "bob"},
        {"7", "7", "7"},
        {"_", "_", "_"},
        {"__-..-", "__-..-", "__-..-"},
        {"Zoe\xcc\x88", "Zo\xc3\xab", "zo\xc3\xab"},
        {"ZO\xc3\x8b", "ZO\xc3\x8b", "zo\xc3\xab"},
        {"\xd0\x9e\xd0\xbb\xd1\x8f", "\xd0\x9e\xd0\xbb\xd1\x8f", "\xd0\xbe\xd0\xbb\xd1\x8f"},
        {"\xe0\xa4\xb8\xe0\xa5\x80\xe0\xa4\xa4\xe0\xa4\xbe", /* with vowel signs, which are marks */
         "\xe0\xa4\xb8\xe0\xa5\x80\xe0\xa4\xa4\xe0\xa4\xbe",
         "\xe0\xa4\xb8\xe0\xa5\x80\xe0\xa4\xa4\xe0\xa4\xbe"},
        {"\xd9\xa3", "\xd9\xa3", "\xd9\xa3"}, /* an Arabic digit */
        {"\xe5\x8f\xaf\xe4\xb9\x90", "\xe5\x8f\xaf\xe4\xb9\x90", "\xe5\x8f\xaf\xe4\xb9\x90"},
        {"\xef\xbd\x81\xef\xbc\x91", "\xef\xbd\x81\xef\xbc\x91", "a1"}, /* fullwidth */
        {"\xe2\x84\xaa", "K", "k"},                                     /* Kelvin sign */
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct name nick, room;
        assert_int_equal(name_init_nick(&nick, table[i].in, strlen(table[i].in)), 0);
        assert_string_equal(nick.text, table[i].text);
        assert_string_equal(nick.key, table[i].key);
        assert_int_equal(name_init_room(&room, table[i].in, strlen(table[i].in)), 0);
        assert_true(name_equal(&nick, &room));
        name_clear(&nick);
        name_clear(&room);
        assert_null(nick.text);
    }
}

static void test_what_the_rules_forbid(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "-a",
        ".a",
        "a b",
        " a",
        "a\n",
        "a\x7f",
        "a\xff",
        "a\xed\xa0\x80",
        "a/b",
        "a@b",
        "a'b",
        "a\xc2\xa0",         /* no-break space */
        "a\xc2\xb2",         /* superscript two: No */
        "\xe2\x85\xa0",      /* Roman numeral one: Nl */
        "a\xe2\x91\xa0",     /* circled digit one, though its NFKC is 1 */
        "a\xe2\x80\xbf",     /* undertie: a Pc other than _ */
        "a\xef\xbc\xbf",     /* fullwidth low line */
        "\xcc\x88oe",        /* starts with a mark */
        "\xe0\xa4\xbe",      /* */
        "a\xc2\xad",         /* soft hyphen */
        "a\xcd\x8f",         /* combining grapheme joiner, a mark */
        "a\xe2\x80\x8b",     /* zero width space */
        "a\xe2\x80\x8d",     /* zero width joiner */
        "a\xe2\x80\xae",     /* right-to-left override */
        "a\xef\xb8\x8f",     /* variation selector, a mark */
        "\xe3\x85\xa4",      /* Hangul fillers, letters */
        "a\xe1\x85\x9f",     /* */
        "a\xe1\x85\xa0",     /* */
        "a\xef\xbe\xa0",     /* */
        "\xf0\x93\x91\x81",  /* a blank hieroglyph */
        "a\xf3\xa0\x84\x80", /* variation selector 17 */
        "a\xf3\xa0\x81\xa1", /* tag letter */
        "\xf0\x9f\x98\x80",  /* emoji */
        "a\xcd\xb8",         /* unassigned */
        "a\xee\x80\x80",     /* private use */
        "\xe1\xbf\xaf",      /* NFC is ` */
        "\xe2\x80\xa6"
        "a",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_refused(name_init_nick, bad[i], strlen(bad[i]));
        assert_refused(name_init_room, bad[i], strlen(bad[i]));
    }
    assert_refused(name_init_nick, "a\0b", 3);
    assert_refused(name_init_nick, "a\0", 2);
}

static void test_lengths_are_those_of_the_nfc(void **state)
{
    (void)state;
    static const struct {
        const char *piece;
        size_t nick, room; /* how many are allowed */
    } table[] = {
        {"a", 32, 64},
        {"\xc3\xab", 32, 64},                             /* 2 bytes */
        {"e\xcc\x88", 32, 64},                            /* 3 bytes of which NFC makes 2 */
        {"\xe1\xbe\xbe\xcc\x88\xcd\x81", 32, 64},         /* 7 bytes of which NFC makes 2 */
        {"\xe2\x84\xaa", 32, 64},                         /* 3 bytes of which NFC makes 1 */
        {"\xe5\x8f\xaf", 21, 42},                         /* 3 bytes: the bytes count */
        {"\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8", 21, 42}, /* 9 bytes of which NFC makes 3 */
        {"\xf0\xa0\x80\x80", 16, 32},                     /* 4 bytes */
        {"\xe0\xa5\x98", 10, 21},                         /* 3 bytes of which NFC makes 6 */
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const char *piece = table[i].piece;
        char *s = repeat(piece, 200);
        struct name name;
        assert_int_equal(name_init_nick(&name, s, table[i].nick * strlen(piece)), 0);
        assert_true(strlen(name.text) <= NAME_NICK_BYTES);
        name_clear(&name);
        assert_refused(name_init_nick, s, (table[i].nick + 1) * strlen(piece));
        assert_int_equal(name_init_room(&name, s, table[i].room * strlen(piece)), 0);
        assert_true(strlen(name.text) <= NAME_ROOM_BYTES);
        name_clear(&name);
        assert_refused(name_init_room, s, (table[i].room + 1) * strlen(piece));
        free(s);
    }
    char *marks = repeat("\xcc\x88\xcc\xa3", 1 << 20); /* nothing that should be normalised */
    marks[0] = 'a', marks[1] = 'b';
    assert_refused(name_init_room, marks, 4 << 20);
    free(marks);
}

/* What name.c relies on: no NFC is shorter than a quarter of a string. */
static void test_nfc_does_not_shrink_more(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
        if (cp == 0xd800)
            cp = 0xe000;
        char bytes[4], *nfc;
        size_t len = text_encode(cp, bytes), nfc_len;
        assert_int_equal(text_nfc(bytes, len, &nfc, &nfc_len), 0);
        assert_true(2 * len <= 7 * nfc_len);
        assert_true(text_is_utf8(nfc, nfc_len));
        free(nfc);
    }
}

static void test_no_key_is_longer_than_its_bound(void **state)
{
    (void)state;
    char *s = repeat("\xef\xb7\xba", 42);
    struct name name;
    assert_int_equal(name_init_room(&name, s, 126), 0);
    assert_int_equal(strlen(name.key), 42 * 33);
    assert_true(strlen(name.key) <= NAME_KEY_BYTES);
    name_clear(&name);
    free(s);
}

static void test_matching(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        bool is;
    } table[] = {
        {"Stra\xc3\x9f"
         "e",
         true},
        {"STRASSE", true},
        {"strasse", true},
        {"Stra\xe1\xba\x9e"
         "e",
         true},
        {"\xef\xbc\xb3trasse", true},
        {"strase", false},
        {"strasse_", false},
        {"", false},
        {"stra\xc5\xbfse", true},      /* long s */
        {"\xe2\x93\xa2trasse", false}, /* circled s: no name, though it folds to the same */
        {"strasse\xff", false},
    };
    struct name name, copy;
    assert_int_equal(name_init_nick(&name,
                                    "Stra\xc3\x9f"
                                    "e",
                                    7),
                     0);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_int_equal(name_matches(&name, table[i].s, strlen(table[i].s)), table[i].is);
    assert_false(name_matches(&name,
                              "Stra\xc3\x9f"
                              "e\0",
                              8));
    assert_int_equal(name_init_copy(&copy, &name), 0);
    assert_string_equal(copy.text, name.text);
    assert_true(name_equal(&copy, &name));
    name_clear(&name);
    assert_true(name_matches(&copy, "strasse", 7));
    name_clear(&copy);
    name_clear(&copy);
}

static void test_out_of_memory_leaves_an_empty_name(void **state)
{
    (void)state;
    struct name name;
    assert_int_equal(name_init_nick(&name, "Zoe\xcc\x88", 5), 0);
    size_t turns = 0;
    for (; torture_begin(turns); turns++) {
        struct name nick, copy;
        int made = name_init_nick(&nick, "Zoe\xcc\x88", 5);
        int copied = name_init_copy(&copy, &name);
        bool same = name_matches(&name, "Zo\xc3\xab", 4);
        bool folded = name_matches(&name, "ZOE\xcc\x88", 5);
        torture_end();
        assert_true(made == 0 ? nick.text && nick.key : made == ERROR_NOMEM && !nick.text);
        assert_true(copied == 0 ? copy.text && copy.key : copied == ERROR_NOMEM && !copy.text);
        assert_true(same);
        assert_true(folded || torture_failed());
        name_clear(&nick);
        name_clear(&copy);
    }
    assert_true(turns > 10);
    name_clear(&name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spelling_and_key),
        cmocka_unit_test(test_what_the_rules_forbid),
        cmocka_unit_test(test_lengths_are_those_of_the_nfc),
        cmocka_unit_test(test_nfc_does_not_shrink_more),
        cmocka_unit_test(test_no_key_is_longer_than_its_bound),
        cmocka_unit_test(test_matching),
        cmocka_unit_test(test_out_of_memory_leaves_an_empty_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
