#include "emoji.h"
#include "settings.h"
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

static const char *shown(enum emoji_style style, const char *s)
{
    static char out[256];
    size_t len;
    char *text = emoji_sanitise(style, s, strlen(s), TEXT_LINES, &len);
    assert_non_null(text);
    assert_int_equal(strlen(text), len);
    snprintf(out, sizeof out, "%s", text);
    free(text);
    return out;
}

static void test_the_table_is_in_order_and_found(void **state)
{
    (void)state;
    size_t count;
    const struct emoji *table = emoji_table(&count);
    for (size_t i = 0; i < count; i++) {
        char name[64], base[TEXT_EMOJI_BASE_MAX];
        int len = snprintf(name, sizeof name, ":%s:", table[i].name);
        assert_true(i == 0 || strcmp(table[i - 1].name, table[i].name) < 0);
        assert_string_equal(emoji_find(name, (size_t)len), table[i].sign);
        assert_string_equal(shown(EMOJI_FULL, table[i].sign), table[i].sign);
        assert_true(text_emoji_base(table[i].sign, strlen(table[i].sign), base) > 0);
        assert_ptr_not_equal(strchr(shown(EMOJI_TEXT, table[i].sign), ':'), NULL);
    }
}

static void test_styles(void **state)
{
    (void)state;
    static const struct {
        const char *full, *simple, *text;
    } rows[] = {
        {"", "", ""},
        {"plain: 7 #1 \nand é", "plain: 7 #1 \nand é", "plain: 7 #1 \nand é"},
        {"on it 👍", "on it 👍", "on it :+1:"},
        {"👍🏽👍🏿", "👍👍", ":+1::+1:"},
        {"❤️", "❤", ":heart:"},
        {"👩‍🚀", "👩", ":woman:"},
        {"👩‍👩‍👧‍👦!", "👩!", ":woman:!"},
        {"🇩🇪🇫🇷", "DEFR", "DEFR"},
        {"1️⃣ *️⃣", "1 *", "1 *"},
        {"🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏴", "🏴"},
        {"a\033b👋", "a^[b👋", "a^[b:wave:"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(shown(EMOJI_SIMPLE, rows[i].full), rows[i].simple);
        assert_string_equal(shown(EMOJI_TEXT, rows[i].full), rows[i].text);
    }
}

static void test_styles_are_the_settings_values(void **state)
{
    (void)state;
    struct settings s;
    char why[SETTINGS_WHY_MAX];
    static const char *const values[] = {"full", "simple", "text"};
    settings_init(&s);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(settings_set(&s, SETTING_EMOJI, values[i], strlen(values[i]), why), 0);
        assert_int_equal(settings_choice(&s, SETTING_EMOJI), i);
    }
}

static void test_out_of_memory(void **state)
{
    (void)state;
    for (size_t n = 0; torture_begin(n); n++) {
        size_t len;
        char *text = emoji_sanitise(EMOJI_TEXT, "👍", 4, 0, &len);
        torture_end();
        assert_true(text || torture_failed());
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_is_in_order_and_found),
        cmocka_unit_test(test_styles),
        cmocka_unit_test(test_styles_are_the_settings_values),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
