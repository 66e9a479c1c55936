/* The editor under random keys, against a model that keeps every state and looks at each cluster.
 */
#include "editor.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_MAX = 4096,
    STATES_MAX = 4000,
    KILLS_MAX = 16,
};

struct state {
    char text[TEXT_MAX];
    size_t cursor;
};

static struct state now, states[STATES_MAX];
static size_t state_count;
static char kills[KILLS_MAX][TEXT_MAX]; /* newest first */
static size_t kill_count;
static size_t typed_end; /* where typed letters may go on; SIZE_MAX: nowhere */
static enum action last;
static size_t yank_start;

static size_t length(void)
{
    return strlen(now.text);
}

/* Starts of all clusters, and the end. */
static size_t boundaries(size_t *out)
{
    size_t count = 0, at = 0;
    while (at < length()) {
        out[count++] = at;
        at += text_next(now.text + at, length() - at).len;
    }
    out[count++] = at;
    return count;
}

static size_t before(size_t at)
{
    size_t all[TEXT_MAX], count = boundaries(all), found = 0;
    for (size_t i = 0; i < count && all[i] < at; i++)
        found = all[i];
    return found;
}

static size_t behind(size_t at)
{
    return at + text_next(now.text + at, length() - at).len;
}

static bool is_word(size_t at)
{
    uint32_t cp;
    return text_decode(now.text + at, length() - at, &cp) > 0 && text_is_word(cp);
}

static bool is_space(size_t at)
{
    uint32_t cp;
    return text_decode(now.text + at, length() - at, &cp) > 0 && text_is_space(cp);
}

static void change(size_t from, size_t to, const char *text, bool typed)
{
    assert_true(state_count < STATES_MAX && length() + strlen(text) < TEXT_MAX);
    bool joins = typed && typed_end == from && now.cursor == from && from == to &&
                 now.text[from - 1] != '\n' && *text != '\n' &&
                 (now.text[from - 1] != ' ' || *text == ' ');
    if (!joins)
        states[state_count++] = now;
    struct state next;
    snprintf(next.text, sizeof next.text, "%.*s%s%s", (int)from, now.text, text, now.text + to);
    next.cursor = from + strlen(text);
    now = next;
    typed_end = typed ? now.cursor : SIZE_MAX;
}

static void cut(size_t from, size_t to, bool backwards)
{
    if (from == to)
        return;
    char text[TEXT_MAX];
    snprintf(text, sizeof text, "%.*s", (int)(to - from), now.text + from);
    if (last >= ACTION_KILL_WORD_LEFT && last <= ACTION_KILL_LINE_END && kill_count > 0) {
        char joined[2 * TEXT_MAX];
        snprintf(joined, sizeof joined, "%s%s", backwards ? text : kills[0],
                 backwards ? kills[0] : text);
        assert_true(strlen(joined) < TEXT_MAX);
        strcpy(kills[0], joined);
    } else {
        kill_count += kill_count < KILLS_MAX;
        memmove(kills + 1, kills, (kill_count - 1) * sizeof kills[0]);
        strcpy(kills[0], text);
    }
    change(from, to, "", false);
}

static void move_to_word(bool forward)
{
    bool seen = false;
    while (forward ? now.cursor < length() : now.cursor > 0) {
        size_t next = forward ? now.cursor : before(now.cursor);
        if (seen && !is_word(next))
            return;
        seen = seen || is_word(next);
        now.cursor = forward ? behind(now.cursor) : next;
    }
}

static size_t word_place(bool forward)
{
    size_t cursor = now.cursor;
    move_to_word(forward);
    size_t place = now.cursor;
    now.cursor = cursor;
    return place;
}

static size_t line_start(void)
{
    size_t at = now.cursor;
    while (at > 0 && now.text[at - 1] != '\n')
        at--;
    return at;
}

static size_t line_end(void)
{
    return now.cursor + strcspn(now.text + now.cursor, "\n");
}

static size_t space_start(void)
{
    size_t at = now.cursor;
    while (at > 0 && is_space(before(at)))
        at = before(at);
    while (at > 0 && !is_space(before(at)))
        at = before(at);
    return at;
}

static void transpose(void)
{
    size_t middle = now.cursor == line_end() ? before(now.cursor) : now.cursor;
    size_t start = before(middle), end = behind(middle);
    if (middle <= line_start() || start == middle)
        return;
    char text[TEXT_MAX];
    snprintf(text, sizeof text, "%.*s%.*s", (int)(end - middle), now.text + middle,
             (int)(middle - start), now.text + start);
    change(start, end, text, false);
}

static void yank_older(void)
{
    if ((last != ACTION_YANK && last != ACTION_YANK_OLDER) || kill_count == 0)
        return;
    size_t end = yank_start + strlen(kills[0]);
    char newest[TEXT_MAX];
    strcpy(newest, kills[0]);
    memmove(kills, kills + 1, (kill_count - 1) * sizeof kills[0]);
    strcpy(kills[kill_count - 1], newest);
    change(yank_start, end, kills[0], false);
}

static void undo(void)
{
    if (state_count > 0)
        now = states[--state_count];
    typed_end = SIZE_MAX;
}

static void model(enum action action)
{
    size_t cursor = now.cursor, at;
    switch (action) {
    case ACTION_NEWLINE: change(cursor, cursor, "\n", false); break;
    case ACTION_LEFT: now.cursor = before(cursor); break;
    case ACTION_RIGHT: now.cursor = behind(cursor); break;
    case ACTION_WORD_LEFT: move_to_word(false); break;
    case ACTION_WORD_RIGHT: move_to_word(true); break;
    case ACTION_LINE_START: now.cursor = line_start(); break;
    case ACTION_LINE_END: now.cursor = line_end(); break;
    case ACTION_ERASE_LEFT:
        if (cursor > 0)
            change(before(cursor), cursor, "", false);
        break;
    case ACTION_ERASE_RIGHT:
        if (cursor < length())
            change(cursor, behind(cursor), "", false);
        break;
    case ACTION_KILL_WORD_LEFT: cut(word_place(false), cursor, true); break;
    case ACTION_KILL_WORD_RIGHT: cut(cursor, word_place(true), false); break;
    case ACTION_KILL_SPACE_LEFT: cut(space_start(), cursor, true); break;
    case ACTION_KILL_LINE_START:
        at = line_start();
        cut(at == cursor && at > 0 ? at - 1 : at, cursor, true);
        break;
    case ACTION_KILL_LINE_END:
        at = line_end();
        cut(cursor, at == cursor && at < length() ? at + 1 : at, false);
        break;
    case ACTION_YANK:
        if (kill_count > 0) {
            yank_start = cursor;
            change(cursor, cursor, kills[0], false);
        }
        break;
    case ACTION_YANK_OLDER: yank_older(); break;
    case ACTION_TRANSPOSE: transpose(); break;
    case ACTION_UNDO: undo(); break;
    default: break;
    }
}

static const char *const pieces[] = {
    "a", "b",      "c", " ", " ",  "\n",   "é", "\u0301", "中", "👍🏽", "👨‍👩‍👧",
    "🇩", "\u200d", "_", "-", "\t", "\033",
};

/* Something that is not one of the model's: it must only keep its promises. */
static void move_by_row(struct editor *e, enum action action)
{
    size_t row, new_row, len;
    int column, new_column;
    assert_int_equal(editor_wrap(e, 2 + rand() % 30), 0);
    editor_cursor_at(e, &row, &column);
    size_t rows = editor_rows(e);
    int moved = editor_do(e, action);
    editor_cursor_at(e, &new_row, &new_column);
    assert_true(!moved || (action == ACTION_UP ? row > 0 : row + 1 < rows));
    assert_string_equal(editor_text(e, &len), now.text);
    if (!moved)
        return;
    size_t from = now.cursor;
    now.cursor = editor_cursor(e);
    assert_int_equal(editor_wrap(e, 2 + rand() % 30), 0);
    assert_true(action == ACTION_UP ? now.cursor < from : now.cursor > from);
}

static void step(struct editor *e)
{
    char text[64] = "";
    enum action action = (enum action)(1 + rand() % ACTION_EDIT_LAST);
    int kind = rand() % 4;
    if (action == ACTION_UP || action == ACTION_DOWN) {
        move_by_row(e, action);
        last = ACTION_NONE;
    } else if (kind < 2 || action == ACTION_INSERT) {
        for (int n = kind ? 1 : 1 + rand() % 4; n > 0; n--)
            strcat(text, pieces[(size_t)rand() % (sizeof pieces / sizeof pieces[0])]);
        if (length() > 300)
            return;
        assert_int_equal(editor_insert(e, text, strlen(text)), 0);
        change(now.cursor, now.cursor, text, strlen(text) <= 4);
        last = ACTION_NONE;
    } else if (length() < 300 || action != ACTION_YANK) {
        int done = editor_do(e, action);
        assert_true(done >= 0);
        model(action);
        last = done ? action : ACTION_NONE;
    }
}

static void test_the_editor_is_what_the_model_says(void **state)
{
    (void)state;
    srand(3);
    for (int round = 0; round < 100; round++) {
        struct editor *e = editor_new();
        now = (struct state){0};
        state_count = kill_count = 0;
        typed_end = SIZE_MAX;
        last = ACTION_NONE;
        for (int i = 0; i < 250; i++) {
            step(e);
            size_t len;
            assert_string_equal(editor_text(e, &len), now.text);
            assert_int_equal(len, length());
            assert_int_equal(editor_cursor(e), now.cursor);
        }
        while (editor_do(e, ACTION_UNDO) == 1) {
            size_t len;
            undo();
            assert_string_equal(editor_text(e, &len), now.text);
        }
        assert_int_equal(state_count, 0);
        editor_free(e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_editor_is_what_the_model_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
