#include "theme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static const int counts[] = {0, 8, 16};

static void test_colours_are_those_of_the_terminal(void **state)
{
    (void)state;
    for (int name = THEME_DARK; name <= THEME_LIGHT; name++)
        for (size_t c = 0; c < 3; c++) {
            struct theme theme = {(enum theme_name)name, counts[c]};
            for (int role = 0; role < ROLE_COUNT; role++) {
                struct style style = theme_style(&theme, (enum theme_role)role);
                assert_true(style.colour >= -1 && style.colour < counts[c]);
            }
            assert_in_range(theme_author(&theme, "bob", 3).colour + 1, 0, counts[c]);
        }
}

/* What matters differs from plain text by attributes too. */
static void test_meaning_is_never_in_colour_only(void **state)
{
    (void)state;
    static const enum theme_role roles[] = {ROLE_WARNING, ROLE_NEW,    ROLE_ERROR,
                                            ROLE_REFUSED, ROLE_FOUND,  ROLE_QUESTION,
                                            ROLE_PROMPT,  ROLE_STATUS, ROLE_NOTICE};
    struct theme theme = {THEME_DARK, 0};
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        assert_true(theme_style(&theme, roles[i]).attributes);
    assert_true(theme_author(&theme, "bob", 3).attributes);
}

static void test_an_author_keeps_the_colour(void **state)
{
    (void)state;
    struct theme theme = {THEME_DARK, 16};
    struct style alice = theme_author(&theme, "alice", 5), bob = theme_author(&theme, "bob", 3);
    assert_int_equal(alice.colour, theme_author(&theme, "alice", 5).colour);
    assert_int_not_equal(alice.colour, bob.colour);
    int seen[16] = {0}, different = 0;
    for (int i = 0; i < 100; i++) {
        char name[16];
        size_t len = (size_t)snprintf(name, sizeof name, "nick%d", i);
        int colour = theme_author(&theme, name, len).colour;
        different += seen[colour]++ == 0;
        assert_int_not_equal(colour, 1);
        assert_int_not_equal(colour, 9); /* red means that something is wrong */
    }
    assert_int_equal(different, 6);
}

static void test_with_8_colours_bright_ones_are_bold(void **state)
{
    (void)state;
    struct theme theme = {THEME_DARK, 8};
    struct style style = theme_style(&theme, ROLE_HERE);
    assert_int_equal(style.colour, 2);
    assert_int_equal(style.attributes, STYLE_BOLD);
    assert_int_equal(theme_style(&theme, ROLE_TIME).attributes, STYLE_DIM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_colours_are_those_of_the_terminal),
        cmocka_unit_test(test_meaning_is_never_in_colour_only),
        cmocka_unit_test(test_an_author_keeps_the_colour),
        cmocka_unit_test(test_with_8_colours_bright_ones_are_bold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
