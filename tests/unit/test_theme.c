#include "settings.h"
#include "theme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static const int counts[] = {0, 8, 16};

static void test_colours_are_those_of_the_terminal(void **state)
{
    (void)state;
    for (int name = THEME_DARK; name < THEME_COUNT; name++)
        for (size_t c = 0; c < 3; c++) {
            struct theme theme = {(enum theme_name)name, counts[c]};
            for (int role = 0; role < ROLE_COUNT; role++) {
                struct style style = theme_style(&theme, (enum theme_role)role);
                assert_true(style.colour >= -1 && style.colour < counts[c]);
            }
            assert_in_range(theme_author(&theme, "bob", 3, false).colour + 1, 0, counts[c]);
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
    assert_true(theme_author(&theme, "bob", 3, false).attributes);
}

static void test_an_author_keeps_the_colour(void **state)
{
    (void)state;
    struct theme theme = {THEME_DARK, 16};
    struct style bob = theme_author(&theme, "bob", 3, false);
    assert_int_equal(bob.colour, theme_author(&theme, "bob", 3, false).colour);
    int seen[2][16] = {0}, different = 0;
    for (int i = 0; i < 200; i++) {
        char name[16];
        size_t len = (size_t)snprintf(name, sizeof name, "nick%d", i);
        int colour = theme_author(&theme, name, len, i % 2).colour;
        different += seen[i % 2][colour]++ == 0;
    }
    assert_int_equal(different, 6);
}

static void test_two_people_never_look_alike(void **state)
{
    (void)state;
    for (int name = THEME_DARK; name <= THEME_LIGHT; name++)
        for (char mine = 'a'; mine <= 'z'; mine++)
            for (char theirs = 'a'; theirs <= 'z'; theirs++) {
                struct theme theme = {(enum theme_name)name, 16};
                int colour = theme_author(&theme, &mine, 1, true).colour;
                assert_int_not_equal(colour, theme_author(&theme, &theirs, 1, false).colour);
                assert_int_not_equal(colour, 1);
                assert_int_not_equal(colour, 9); /* red means that something is wrong */
            }
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

static double channel(unsigned c)
{
    return c <= 10 ? c / 255.0 / 12.92 : pow((c / 255.0 + 0.055) / 1.055, 2.4);
}

/* WCAG's contrast of a colour to black or to white. */
static double contrast(unsigned rgb, bool to_white)
{
    double light = 0.2126 * channel(rgb >> 16) + 0.7152 * channel(rgb >> 8 & 0xff) +
                   0.0722 * channel(rgb & 0xff);
    return to_white ? 1.05 / (light + 0.05) : (light + 0.05) / 0.05;
}

static void test_every_colour_is_readable_on_its_ground(void **state)
{
    (void)state;
    static const unsigned palettes[][16] = {
        /* xterm's, the console's, and GNOME's */
        {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5, 0x7f7f7f,
         0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff},
        {0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa, 0x00aaaa, 0xaaaaaa, 0x555555,
         0xff5555, 0x55ff55, 0xffff55, 0x5555ff, 0xff55ff, 0x55ffff, 0xffffff},
        {0x2e3436, 0xcc0000, 0x4e9a06, 0xc4a000, 0x3465a4, 0x75507b, 0x06989a, 0xd3d7cf, 0x555753,
         0xef2929, 0x8ae234, 0xfce94f, 0x729fcf, 0xad7fa8, 0x34e2e2, 0xeeeeec},
    };
    for (size_t p = 0; p < sizeof palettes / sizeof palettes[0]; p++)
        for (int name = THEME_DARK; name <= THEME_LIGHT; name++) {
            struct theme theme = {(enum theme_name)name, 16};
            for (int i = 0; i < ROLE_COUNT + 20; i++) {
                char nick[] = {(char)('a' + i)};
                struct style style = i < ROLE_COUNT ? theme_style(&theme, (enum theme_role)i)
                                                    : theme_author(&theme, nick, 1, i % 2);
                if (style.colour >= 0 &&
                    contrast(palettes[p][style.colour], name == THEME_LIGHT) < 2.75)
                    fail_msg("%s: role %d, colour %d", theme_title(theme.name), i, style.colour);
            }
        }
}

/* The setting's values and the themes are the same, in one order. */
static void test_every_theme_can_be_set(void **state)
{
    (void)state;
    char titles[64] = "";
    for (int name = 0; name < THEME_COUNT; name++) {
        strcat(titles, name ? " " : "");
        strcat(titles, theme_title((enum theme_name)name));
    }
    assert_string_equal(settings_option(SETTING_THEME)->choices, titles);
}

static void test_mono_is_attributes_alone(void **state)
{
    (void)state;
    struct theme mono = {THEME_MONO, 16}, none = {THEME_DARK, 0};
    for (int role = 0; role < ROLE_COUNT; role++) {
        struct style a = theme_style(&mono, (enum theme_role)role);
        struct style b = theme_style(&none, (enum theme_role)role);
        assert_true(a.colour == -1 && a.attributes == b.attributes);
    }
    assert_int_equal(theme_author(&mono, "bob", 3, false).colour, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_colours_are_those_of_the_terminal),
        cmocka_unit_test(test_meaning_is_never_in_colour_only),
        cmocka_unit_test(test_an_author_keeps_the_colour),
        cmocka_unit_test(test_two_people_never_look_alike),
        cmocka_unit_test(test_with_8_colours_bright_ones_are_bold),
        cmocka_unit_test(test_every_colour_is_readable_on_its_ground),
        cmocka_unit_test(test_every_theme_can_be_set),
        cmocka_unit_test(test_mono_is_attributes_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
