#include "keymap.h"
#include "ui.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

/* What COMMANDS.md promises. */
static void test_keys_of_the_manual(void **state)
{
    (void)state;
    static const struct {
        struct input in;
        enum action action;
    } cases[] = {
        {{.kind = INPUT_CHAR, .code = 1}, ACTION_LINE_START},
        {{.kind = INPUT_CHAR, .code = 5}, ACTION_LINE_END},
        {{.kind = INPUT_CHAR, .code = 2}, ACTION_LEFT},
        {{.kind = INPUT_CHAR, .code = 6}, ACTION_RIGHT},
        {{.kind = INPUT_CHAR, .code = 'b', .meta = true}, ACTION_WORD_LEFT},
        {{.kind = INPUT_CHAR, .code = 'f', .meta = true}, ACTION_WORD_RIGHT},
        {{.kind = INPUT_CHAR, .code = 'd', .meta = true}, ACTION_KILL_WORD_RIGHT},
        {{.kind = INPUT_CHAR, .code = 23}, ACTION_KILL_SPACE_LEFT},
        {{.kind = INPUT_CHAR, .code = 21}, ACTION_KILL_LINE_START},
        {{.kind = INPUT_CHAR, .code = 11}, ACTION_KILL_LINE_END},
        {{.kind = INPUT_CHAR, .code = 25}, ACTION_YANK},
        {{.kind = INPUT_CHAR, .code = 20}, ACTION_TRANSPOSE},
        {{.kind = INPUT_CHAR, .code = 31}, ACTION_UNDO},
        {{.kind = INPUT_UP}, ACTION_UP},
        {{.kind = INPUT_DOWN}, ACTION_DOWN},
        {{.kind = INPUT_CHAR, .code = 18}, ACTION_SEARCH},
        {{.kind = INPUT_CHAR, .code = 13}, ACTION_ENTER},
        {{.kind = INPUT_CHAR, .code = 13, .meta = true}, ACTION_NEWLINE},
        {{.kind = INPUT_CHAR, .code = 10}, ACTION_NEWLINE},
        {{.kind = INPUT_PAGE_UP}, ACTION_PAGE_UP},
        {{.kind = INPUT_PAGE_DOWN}, ACTION_PAGE_DOWN},
        {{.kind = INPUT_WHEEL_UP}, ACTION_SCROLL_UP},
        {{.kind = INPUT_HOME}, ACTION_HOME},
        {{.kind = INPUT_END}, ACTION_END},
        {{.kind = INPUT_CHAR, .code = 12}, ACTION_REDRAW},
        {{.kind = INPUT_CHAR, .code = 26}, ACTION_SUSPEND},
        {{.kind = INPUT_SUSPEND}, ACTION_SUSPEND},
        {{.kind = INPUT_CHAR, .code = 3}, ACTION_CANCEL},
        {{.kind = INPUT_CHAR, .code = 4}, ACTION_ERASE_OR_QUIT},
        {{.kind = INPUT_CHAR, .code = 9}, ACTION_COMPLETE},
        {{.kind = INPUT_CHAR, .code = 27}, ACTION_ESCAPE},
        {{.kind = INPUT_CHAR, .code = 7}, ACTION_ESCAPE},
        {{.kind = INPUT_F1}, ACTION_HELP},
        {{.kind = INPUT_CHAR, .code = 'x'}, ACTION_INSERT},
        {{.kind = INPUT_CHAR, .code = 0x1f44d}, ACTION_INSERT},
        {{.kind = INPUT_CHAR, .code = 'x', .meta = true}, ACTION_NONE},
        {{.kind = INPUT_CHAR, .code = 0}, ACTION_NONE},
        {{.kind = INPUT_CHAR, .code = 0x9b}, ACTION_NONE},
        {{.kind = INPUT_FOCUS_IN}, ACTION_NONE},
        {{.kind = INPUT_UNKNOWN}, ACTION_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (keymap_find(&cases[i].in, false) != cases[i].action)
            fail_msg("case %zu: %d", i, keymap_find(&cases[i].in, false));
}

static void test_the_prefix_gives_the_next_key_another_meaning(void **state)
{
    (void)state;
    const struct input x = {.kind = INPUT_CHAR, .code = 'X' & 0x1f};
    const struct input e = {.kind = INPUT_CHAR, .code = 'E' & 0x1f};
    const struct input letter = {.kind = INPUT_CHAR, .code = 'e'};
    assert_int_equal(keymap_find(&x, false), ACTION_PREFIX);
    assert_int_equal(keymap_find(&x, true), ACTION_NONE);
    assert_int_equal(keymap_find(&e, true), ACTION_EDITOR);
    assert_int_equal(keymap_find(&letter, true), ACTION_NONE);
}

static void test_no_key_is_there_twice_and_all_are_explained(void **state)
{
    (void)state;
    size_t count;
    const struct keymap_row *rows = keymap_rows(&count);
    for (size_t i = 0; i < count; i++) {
        struct input in = {.kind = rows[i].kind, .meta = rows[i].meta, .code = rows[i].code};
        assert_int_equal(keymap_find(&in, rows[i].prefixed), rows[i].action);
        if (!rows[i].help)
            assert_int_equal(rows[i].action, rows[i - 1].action);
    }
    char *manual = ui_keys_text();
    for (size_t i = 0; i < count; i++) {
        assert_non_null(strstr(manual, rows[i].name));
        assert_true(!rows[i].help || strstr(manual, rows[i].help));
    }
    free(manual);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_of_the_manual),
        cmocka_unit_test(test_the_prefix_gives_the_next_key_another_meaning),
        cmocka_unit_test(test_no_key_is_there_twice_and_all_are_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
