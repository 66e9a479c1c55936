#include "editor.h"
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

/* The text with a bar at the cursor. */
static const char *state_of(const struct editor *e)
{
    static char out[EDITOR_MAX + 2];
    size_t len, cursor = editor_cursor(e);
    const char *text = editor_text(e, &len);
    assert_int_equal(strlen(text), len);
    memcpy(out, text, cursor);
    out[cursor] = '|';
    memcpy(out + cursor + 1, text + cursor, len - cursor + 1);
    return out;
}

static struct editor *editor_with(const char *text)
{
    struct editor *e = editor_new();
    assert_int_equal(editor_set(e, text, strlen(text)), 0);
    return e;
}

static void act(struct editor *e, const enum action *actions)
{
    for (; *actions != ACTION_NONE; actions++)
        assert_true(editor_do(e, *actions) >= 0);
}

static void test_actions(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum action actions[8];
        const char *result;
    } cases[] = {
        {"one two", {ACTION_LEFT}, "one tw|o"},
        {"one two", {ACTION_WORD_LEFT}, "one |two"},
        {"one two ..", {ACTION_WORD_LEFT}, "one |two .."},
        {"one two", {ACTION_WORD_LEFT, ACTION_WORD_LEFT, ACTION_WORD_LEFT}, "|one two"},
        {"one-two", {ACTION_LINE_START, ACTION_WORD_RIGHT}, "one|-two"},
        {"one-two", {ACTION_LINE_START, ACTION_WORD_RIGHT, ACTION_WORD_RIGHT}, "one-two|"},
        {"a\nbc", {ACTION_LINE_START}, "a\n|bc"},
        {"a\nbc", {ACTION_LINE_START, ACTION_LEFT, ACTION_LINE_END}, "a|\nbc"},
        {"e\u0301👨‍👩‍👧🇩🇪", {ACTION_LEFT}, "e\u0301👨‍👩‍👧|🇩🇪"},
        {"e\u0301👨‍👩‍👧🇩🇪",
         {ACTION_LEFT, ACTION_LEFT},
         "e\u0301|👨‍👩‍👧🇩🇪"},
        {"e\u0301👨‍👩‍👧🇩🇪", {ACTION_LEFT, ACTION_ERASE_LEFT}, "e\u0301|🇩🇪"},
        {"e\u0301👨‍👩‍👧", {ACTION_ERASE_LEFT, ACTION_ERASE_LEFT}, "|"},
        {"e\u0301x", {ACTION_LINE_START, ACTION_ERASE_RIGHT}, "|x"},
        {"x", {ACTION_ERASE_RIGHT}, "x|"},
        {"one two  ", {ACTION_KILL_SPACE_LEFT}, "one |"},
        {"one t/w-o", {ACTION_KILL_SPACE_LEFT}, "one |"},
        {"one t/w-o", {ACTION_KILL_WORD_LEFT}, "one t/w-|"},
        {"one two", {ACTION_LINE_START, ACTION_KILL_WORD_RIGHT}, "| two"},
        {"one two", {ACTION_WORD_LEFT, ACTION_KILL_LINE_START}, "|two"},
        {"one two", {ACTION_WORD_LEFT, ACTION_KILL_LINE_END}, "one |"},
        {"a\nb", {ACTION_UP, ACTION_KILL_LINE_END}, "a|b"},
        {"a\nb", {ACTION_LINE_START, ACTION_KILL_LINE_START}, "a|b"},
        {"a b c", {ACTION_KILL_SPACE_LEFT, ACTION_KILL_SPACE_LEFT, ACTION_YANK}, "a b c|"},
        {"a b c",
         {ACTION_KILL_SPACE_LEFT, ACTION_LEFT, ACTION_KILL_SPACE_LEFT, ACTION_YANK},
         "a b| "},
        {"a b",
         {ACTION_KILL_SPACE_LEFT, ACTION_LEFT, ACTION_KILL_LINE_START, ACTION_YANK,
          ACTION_YANK_OLDER},
         "b| "},
        {"a b",
         {ACTION_KILL_SPACE_LEFT, ACTION_LEFT, ACTION_KILL_LINE_START, ACTION_YANK,
          ACTION_YANK_OLDER, ACTION_YANK_OLDER},
         "a| "},
        {"a b",
         {ACTION_LINE_START, ACTION_KILL_WORD_RIGHT, ACTION_KILL_WORD_RIGHT, ACTION_YANK},
         "a b|"},
        {"a", {ACTION_YANK_OLDER}, "a|"},
        {"ab cd",
         {ACTION_KILL_SPACE_LEFT, ACTION_YANK, ACTION_UNDO, ACTION_KILL_LINE_START,
          ACTION_YANK_OLDER, ACTION_YANK_OLDER},
         "|"},
        {"ab", {ACTION_TRANSPOSE}, "ba|"},
        {"abc", {ACTION_LEFT, ACTION_TRANSPOSE}, "acb|"},
        {"abc", {ACTION_LINE_START, ACTION_TRANSPOSE}, "|abc"},
        {"a", {ACTION_TRANSPOSE}, "a|"},
        {"x\nab", {ACTION_TRANSPOSE}, "x\nba|"},
        {"x\na", {ACTION_TRANSPOSE}, "x\na|"},
        {"🇩🇪e\u0301", {ACTION_TRANSPOSE}, "e\u0301🇩🇪|"},
        {"ab", {ACTION_NEWLINE, ACTION_UP}, "|ab\n"},
        {"abc\ndefg", {ACTION_UP}, "abc|\ndefg"},
        {"abc\nd\nefg", {ACTION_UP, ACTION_UP, ACTION_DOWN, ACTION_DOWN}, "abc\nd\nefg|"},
        {"one", {ACTION_KILL_LINE_START, ACTION_UNDO}, "one|"},
        {"one", {ACTION_UNDO}, "|"},
        {"one", {ACTION_UNDO, ACTION_UNDO}, "|"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct editor *e = editor_with(cases[i].text);
        act(e, cases[i].actions);
        if (strcmp(state_of(e), cases[i].result) != 0)
            fail_msg("case %zu: %s, not %s", i, state_of(e), cases[i].result);
        editor_free(e);
    }
}

static void type(struct editor *e, const char *text)
{
    for (; *text; text++)
        assert_int_equal(editor_insert(e, text, 1), 0);
}

static void test_undo_goes_by_words(void **state)
{
    (void)state;
    struct editor *e = editor_new();
    type(e, "one two  three");
    static const char *const states[] = {"one two  |", "one |", "|"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(editor_do(e, ACTION_UNDO), 1);
        assert_string_equal(state_of(e), states[i]);
    }
    assert_int_equal(editor_do(e, ACTION_UNDO), 0);
    editor_free(e);
}

static void test_what_was_sent_comes_back(void **state)
{
    (void)state;
    struct editor *e = editor_new();
    static const char *const sent[] = {"first", "second", "second", ""};
    for (size_t i = 0; i < 4; i++) {
        editor_set(e, sent[i], strlen(sent[i]));
        editor_sent(e);
        assert_string_equal(state_of(e), "|");
        assert_int_equal(editor_do(e, ACTION_UNDO), 0);
    }
    assert_int_equal(editor_do(e, ACTION_DOWN), 0);
    type(e, "draft");
    static const struct {
        enum action action;
        const char *state;
    } steps[] = {
        {ACTION_UP, "second|"},       {ACTION_UP, "first|"},    {ACTION_UP, "first|"},
        {ACTION_ERASE_LEFT, "firs|"}, {ACTION_DOWN, "second|"}, {ACTION_DOWN, "draft|"},
        {ACTION_DOWN, "draft|"},      {ACTION_UP, "second|"},   {ACTION_UP, "firs|"},
        {ACTION_UNDO, "second|"},
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        editor_do(e, steps[i].action);
        assert_string_equal(state_of(e), steps[i].state);
    }
    editor_sent(e);
    editor_do(e, ACTION_UP);
    editor_do(e, ACTION_UP);
    assert_string_equal(state_of(e), "first|"); /* what was changed and not sent is forgotten */
    for (int i = 0; i < 300; i++) {
        char line[32];
        snprintf(line, sizeof line, "line %d", i);
        assert_int_equal(editor_remember(e, line, strlen(line)), 0);
    }
    for (int i = 0; i < 300; i++)
        editor_do(e, ACTION_UP);
    assert_string_equal(state_of(e), "line 200|");
    editor_free(e);
}

static void test_the_last_word_of_what_was_sent(void **state)
{
    (void)state;
    struct editor *e = editor_new();
    static const char *const sent[] = {"one", "see https://x.example/a\n", "a\tb  "};
    static const struct {
        enum action action;
        const char *state;
    } steps[] = {
        {ACTION_LAST_WORD, "go b|"},    {ACTION_LAST_WORD, "go https://x.example/a|"},
        {ACTION_LAST_WORD, "go one|"},  {ACTION_LAST_WORD, "go one|"},
        {ACTION_LINE_START, "|go one"}, {ACTION_LAST_WORD, "b|go one"},
        {ACTION_UNDO, "|go one"},
    };
    type(e, "go ");
    assert_int_equal(editor_do(e, ACTION_LAST_WORD), 0);
    for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++)
        assert_int_equal(editor_remember(e, sent[i], strlen(sent[i])), 0);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        editor_do(e, steps[i].action);
        assert_string_equal(state_of(e), steps[i].state);
    }
    editor_free(e);
}

static void test_what_cannot_be_sent_is_refused(void **state)
{
    (void)state;
    struct editor *e = editor_with("text");
    static const struct {
        const char *text;
        size_t len;
    } bad[] = {{"\xff", 1}, {"\xc3", 1}, {"a\0b", 3}, {"\xed\xa0\x80", 3}, {"\xc0\x80", 2}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(editor_insert(e, bad[i].text, bad[i].len), ERROR_UTF8);
    char *large = malloc(EDITOR_MAX + 1);
    memset(large, 'x', EDITOR_MAX + 1);
    assert_int_equal(editor_insert(e, large, EDITOR_MAX - 3), ERROR_LIMIT);
    assert_string_equal(state_of(e), "text|");
    assert_int_equal(editor_insert(e, large, EDITOR_MAX - 4), 0);
    assert_int_equal(editor_insert(e, "x", 1), ERROR_LIMIT);
    assert_int_equal(editor_do(e, ACTION_NEWLINE), ERROR_LIMIT);
    assert_int_equal(editor_set(e, large, EDITOR_MAX + 1), ERROR_LIMIT);
    assert_int_equal(editor_set(e, large, EDITOR_MAX), 0);
    assert_int_equal(editor_replace(e, 10, 5, "0123456", 7), ERROR_LIMIT);
    assert_int_equal(editor_replace(e, 10, 7, "0123456", 7), 0);
    assert_int_equal(editor_cursor(e), 17);
    free(large);
    editor_free(e);
}

static void test_how_it_is_shown(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int columns;
        const char *rows;
        size_t row;
        int column;
    } cases[] = {
        {"", 10, "|", 0, 0},
        {"one two", 10, "one two|", 0, 7},
        {"one two three", 10, "one two|three|", 1, 5},
        {"123456789", 10, "123456789|", 0, 9},
        {"123456789 ", 10, "123456789|", 0, 9},
        {"123456789    ", 10, "123456789|", 0, 9},
        {"1234567890", 10, "123456789|0|", 1, 1},
        {"one\n", 10, "one||", 1, 0},
        {"a\tb", 10, "a    b|", 0, 6},
        {"\033[0m\177", 10, "^[[0m^?|", 0, 7},
        {"a\u202eb", 20, "a<U+202E>b|", 0, 10},
        {"\u0301x", 10, "\u25cc\u0301x|", 0, 2},
        {"e\u0301中👨‍👩‍👧", 10, "e\u0301中👨‍👩‍👧|", 0, 5},
        {"中文", 2, "中|文|", 1, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct editor *e = editor_with(cases[i].text);
        assert_int_equal(editor_wrap(e, cases[i].columns), 0);
        char rows[256] = "";
        for (size_t r = 0; r < editor_rows(e); r++) {
            size_t len;
            const char *row = editor_row(e, r, &len);
            strncat(rows, row, len);
            strcat(rows, "|");
        }
        size_t row;
        int column;
        editor_cursor_at(e, &row, &column);
        if (strcmp(rows, cases[i].rows) != 0 || row != cases[i].row || column != cases[i].column)
            fail_msg("case %zu: %s %zu %d", i, rows, row, column);
        editor_free(e);
    }
}

static void test_rows_are_gone_through_by_what_is_seen(void **state)
{
    (void)state;
    struct editor *e = editor_with("\033\033\033 abc 中文 e\u0301e\u0301e\u0301");
    editor_wrap(e, 8);
    assert_int_equal(editor_rows(e), 3); /* "^[^[^[", "abc 中", "文 ééé" */
    assert_int_equal(editor_do(e, ACTION_UP), 1);
    assert_string_equal(state_of(e), "\033\033\033 abc |中文 e\u0301e\u0301e\u0301");
    assert_int_equal(editor_do(e, ACTION_UP), 1);
    assert_string_equal(state_of(e), "\033\033\033| abc 中文 e\u0301e\u0301e\u0301");
    assert_int_equal(editor_do(e, ACTION_UP), 0);
    editor_free(e);
}

static void test_out_of_memory_changes_nothing(void **state)
{
    (void)state;
    static const enum action actions[] = {ACTION_NEWLINE, ACTION_LAST_WORD, ACTION_KILL_SPACE_LEFT,
                                          ACTION_YANK,    ACTION_TRANSPOSE, ACTION_UP,
                                          ACTION_DOWN,    ACTION_UNDO};
    for (size_t n = 0; torture_begin(n); n++) {
        struct editor *e = editor_new();
        char before[64], after[64];
        bool all = e != NULL;
        if (e) {
            all = editor_remember(e, "sent before", 11) == 0;
            all = editor_insert(e, "e\u0301 one", 7) == 0 && all;
            for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
                strcpy(before, state_of(e));
                bool done = editor_do(e, actions[i]) >= 0;
                strcpy(after, state_of(e));
                if (!done)
                    assert_string_equal(before, after);
                all = done && all;
            }
            all = editor_wrap(e, 5) == 0 && all;
        }
        torture_end();
        assert_int_equal(all, !torture_failed());
        if (e)
            editor_sent(e);
        editor_free(e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_actions),
        cmocka_unit_test(test_undo_goes_by_words),
        cmocka_unit_test(test_what_was_sent_comes_back),
        cmocka_unit_test(test_the_last_word_of_what_was_sent),
        cmocka_unit_test(test_what_cannot_be_sent_is_refused),
        cmocka_unit_test(test_how_it_is_shown),
        cmocka_unit_test(test_rows_are_gone_through_by_what_is_seen),
        cmocka_unit_test(test_out_of_memory_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
