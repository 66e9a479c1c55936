#include "text.h"
#include "wrap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The rows of a text, each between bars. */
static void rows_of(const char *s, size_t len, int columns, char *out, size_t size)
{
    size_t at = 0, used = 0;
    struct wrap_row row;
    do {
        row = wrap_next(s + at, len - at, columns);
        assert_int_equal(text_width(s + at, row.len), row.width);
        used += (size_t)snprintf(out + used, size - used, "%.*s|", (int)row.len, s + at);
        assert_true(used < size);
        at += row.next;
    } while (row.hard || at < len);
    assert_int_equal(at, len);
}

static void test_rows(void **state)
{
    (void)state;
    static const struct {
        int columns;
        const char *text, *rows;
    } cases[] = {
        {10, "", "|"},
        {10, "one", "one|"},
        {10, "one two three four", "one two|three four|"},
        {10, "exactly 10 columns", "exactly 10|columns|"},
        {10, "exactly 100 columns", "exactly|100|columns|"},
        {10, "one   two", "one   two|"},
        {10, "many        spaces", "many|spaces|"},
        {10, "end   ", "end|"},
        {10, "    indented text", "|indented|text|"},
        {10, "  indented text", "  indented|text|"},
        {10, "one\ntwo", "one|two|"},
        {10, "one\n\ntwo\n", "one||two||"},
        {10, "\n", "||"},
        {10, "one \ntwo", "one|two|"},
        {10, "one two th          \nfour", "one two th|four|"},
        {4, "longwords break", "long|word|s|brea|k|"},
        {10, "a longwordhere and", "a|longwordhe|re and|"},
        {1, "one", "o|n|e|"},
        {1, "a b", "a|b|"},
        {2, "a bc", "a|bc|"},
        {5, "中文中文中文", "中文|中文|中文|"},
        {5, "ab中文cd", "ab中|文cd|"},
        {1, "中文", "中|文|"},
        {2, "中a文", "中|a|文|"},
        {5, "中文。中文，中", "中|文。|中|文，|中|"},
        {6, "中文中。文", "中文|中。文|"},
        {6, "e\u0301e\u0301 e\u0301e\u0301e\u0301e\u0301",
         "e\u0301e\u0301|e\u0301e\u0301e\u0301e\u0301|"},
        {2, "e\u0301e\u0301e\u0301", "e\u0301e\u0301|e\u0301|"},
        {5, "hi 👨‍👩‍👧‍👦👨‍👩‍👧‍👦 there",
         "hi 👨‍👩‍👧‍👦|👨‍👩‍👧‍👦|there|"},
        {3, "👍🏽👍🏽", "👍🏽|👍🏽|"},
        {1, "👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦|"},
        {4, "🇩🇪🇩🇪🇩🇪", "🇩🇪🇩🇪|🇩🇪|"},
        {12, "yes 👍!", "yes 👍!|"},
        {6, "yes 👍!", "yes|👍!|"},
        {20, "see https://a.b/c/d for it", "see https://a.b/c/d|for it|"},
        {16, "see https://a.b/c/d for", "see|https://a.b/c/d|for|"},
        {16, "https://a.b/文中文中", "https://a.b/文中|文中|"},
        {20, "go https://a.b/文中文", "go|https://a.b/文中文|"},
        {10, "https://a.b/c/d/e/f", "https://a.|b/c/d/e/f|"},
        {4, "ab \u0301 cd", "ab \u0301|cd|"},
        {3, "1 🏽2", "1 🏽|2|"},
        {6, "no\u00a0break here", "no\u00a0bre|ak|here|"},
        {3, "\u200b\u200b\u200bab\u200bcd", "\u200b\u200b\u200bab\u200bc|d|"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char rows[256];
        rows_of(cases[i].text, strlen(cases[i].text), cases[i].columns, rows, sizeof rows);
        if (strcmp(rows, cases[i].rows) != 0)
            fail_msg("case %zu: \"%s\" in %d: %s", i, cases[i].text, cases[i].columns, rows);
    }
}

static void test_very_wide_panes_and_long_gaps(void **state)
{
    (void)state;
    enum {
        LEN = 100000
    };
    char *s = malloc(LEN);
    memset(s, ' ', LEN);
    s[0] = 'a';
    s[LEN - 1] = 'b';
    assert_int_equal(wrap_count(s, LEN, 80), 2);
    assert_int_equal(wrap_count(s, LEN, LEN), 1);
    memset(s, 'x', LEN);
    assert_int_equal(wrap_count(s, LEN, 80), LEN / 80);
    assert_int_equal(wrap_count(s, LEN, 1), LEN);
    free(s);
}

static const char *const pieces[] = {
    "a",       "b",       "word",     " ",
    " ",       "  ",      "\n",       "中",
    "é",       "e\u0301", "👍🏽", "👨‍👩‍👧",
    "。",      ",",       "🇩",        "https://x.y/",
    "http://", "-",       "\u200d",   "\u0301",
    "\u3000",
};

static size_t random_text(char *out, size_t pieces_max)
{
    size_t len = 0;
    for (size_t n = (size_t)rand() % (pieces_max + 1); n > 0; n--) {
        const char *piece = pieces[(size_t)rand() % (sizeof pieces / sizeof pieces[0])];
        memcpy(out + len, piece, strlen(piece));
        len += strlen(piece);
    }
    return len;
}

/* Columns of the first word of `s`, up to the next place to break at. */
static int first_word(const char *s, size_t len)
{
    size_t at = 0;
    while (at < len && s[at] != '\n') {
        size_t cluster = text_next(s + at, len - at).len;
        if (s[at] == ' ' && cluster == 1)
            break;
        at += cluster;
    }
    return (int)text_width(s, at);
}

/* What must hold of the row that `s` begins with, given what the row before left. */
static void check_row(const char *s, size_t len, struct wrap_row row, int columns)
{
    size_t at = 0, clusters = 0;
    while (at < row.len) {
        at += text_next(s + at, len - at).len;
        clusters++;
    }
    assert_int_equal(at, row.len); /* no cluster is torn */
    assert_true(row.width <= columns || clusters == 1 || text_next(s, len).width == 0);
    assert_null(memchr(s, '\n', row.len));
    for (at = row.len; at < row.next - row.hard; at++)
        assert_int_equal(s[at], ' ');
    if (row.hard)
        assert_int_equal(s[row.next - 1], '\n');
    bool ended = row.hard || row.next == len;
    if (ended || row.next == row.len || row.len == 0)
        return;
    /* It broke at spaces: the next word would not have fitted. */
    int gap = (int)(row.next - row.len);
    const char *next = s + row.next;
    bool wide = text_next(next, len - row.next).width == 2;
    if (!wide)
        assert_true(row.width + gap + first_word(next, len - row.next) > columns);
}

static void test_what_holds_for_every_text(void **state)
{
    (void)state;
    srand(1);
    for (int i = 0; i < 20000; i++) {
        char s[60 * 32];
        size_t len = random_text(s, 60), at = 0, rows = 0;
        int columns = 1 + rand() % 30;
        struct wrap_row row;
        do {
            row = wrap_next(s + at, len - at, columns);
            assert_true(row.next > 0 || at == len);
            check_row(s + at, len - at, row, columns);
            at += row.next;
            rows++;
        } while (row.hard || at < len);
        assert_int_equal(at, len);
        assert_int_equal(rows, wrap_count(s, len, columns));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_very_wide_panes_and_long_gaps),
        cmocka_unit_test(test_what_holds_for_every_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
