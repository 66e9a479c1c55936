#include "transcript.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

enum {
    ROWS = 14,
    COLUMNS = 20,
};

/* Adds a message of that many lines: "1", "2", … */
static void add(struct transcript *t, uint64_t id, enum transcript_kind kind, int lines)
{
    char text[1024];
    size_t len = 0;
    for (int i = 1; i <= lines; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%d", i > 1 ? "\n" : "", i);
    struct transcript_entry e = {.id = id, .kind = kind, .text = text, .text_len = len};
    e.author = "bob";
    assert_int_equal(transcript_append(t, &e), 0);
}

static struct transcript *new_transcript(void)
{
    struct transcript *t = transcript_new(100);
    assert_non_null(t);
    assert_int_equal(transcript_set_size(t, ROWS, COLUMNS), 0);
    return t;
}

/* The view in one line: the texts of its rows, and "+N" for N hidden lines. */
static const char *view_of(struct transcript *t)
{
    static char out[1024];
    const struct transcript_row *rows;
    size_t count = transcript_view(t, &rows), used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count; i++)
        if (rows[i].part == TRANSCRIPT_ROW_FOLD)
            used += (size_t)snprintf(out + used, sizeof out - used, "+%zu ", rows[i].hidden);
        else
            used += (size_t)snprintf(out + used, sizeof out - used, "%.*s%s ", (int)rows[i].len,
                                     rows[i].text, rows[i].last ? "|" : "");
    return out;
}

static void test_only_messages_of_many_lines_are_folded(void **state)
{
    (void)state;
    struct transcript *t = new_transcript();
    add(t, 1, TRANSCRIPT_MINE, 12);
    assert_string_equal(view_of(t), "1 2 3 4 5 6 7 8 9 10 11 12| ");
    assert_false(transcript_toggle_fold(t));
    transcript_clear(t);
    assert_false(transcript_toggle_fold(t));
    add(t, 1, TRANSCRIPT_THEIRS, 13);
    assert_string_equal(view_of(t), "1 2 3 4 5 6 7 8| +5 ");
    transcript_clear(t);
    add(t, 0, TRANSCRIPT_NOTICE, 14);
    assert_string_equal(view_of(t), "1 2 3 4 5 6 7 8 9 10 11 12 13 14| ");
    transcript_free(t);
}

static void test_it_opens_at_its_first_line_and_folds_again(void **state)
{
    (void)state;
    struct transcript *t = new_transcript();
    add(t, 1, TRANSCRIPT_THEIRS, 40);
    add(t, 2, TRANSCRIPT_MINE, 1);
    assert_string_equal(view_of(t), "1 2 3 4 5 6 7 8| +32 1| ");
    assert_true(transcript_toggle_fold(t));
    assert_string_equal(view_of(t), "1 2 3 4 5 6 7 8 9 10 11 12 13 14 ");
    transcript_scroll(t, 20);
    assert_true(transcript_toggle_fold(t));
    assert_string_equal(view_of(t), "1 2 3 4 5 6 7 8| +32 1| ");
    assert_true(transcript_at_bottom(t));
    transcript_free(t);
}

static void test_the_chosen_message_goes_before_the_last(void **state)
{
    (void)state;
    struct transcript *t = new_transcript();
    add(t, 1, TRANSCRIPT_THEIRS, 13);
    add(t, 2, TRANSCRIPT_THEIRS, 14);
    add(t, 3, TRANSCRIPT_MINE, 1);
    transcript_choose(t, 3);
    assert_false(transcript_toggle_fold(t));
    transcript_choose(t, 1);
    assert_true(transcript_toggle_fold(t));
    assert_string_equal(view_of(t), "1 2 3 4 5 6 7 8 9 10 11 12 13| 1 ");
    transcript_free(t);
}

static void test_one_in_view_goes_before_the_newest(void **state)
{
    (void)state;
    struct transcript *t = new_transcript();
    add(t, 1, TRANSCRIPT_THEIRS, 13);
    for (uint64_t id = 2; id < 40; id++)
        add(t, id, TRANSCRIPT_MINE, 1);
    add(t, 40, TRANSCRIPT_THEIRS, 14);
    transcript_top(t);
    assert_true(transcript_toggle_fold(t));
    assert_string_equal(view_of(t), "1 2 3 4 5 6 7 8 9 10 11 12 13| 1| ");
    transcript_scroll(t, 15);
    assert_true(transcript_toggle_fold(t));
    assert_non_null(strstr(view_of(t), "1 2 3 4 5 6 7 8 9 10"));
    transcript_free(t);
}

static void test_what_is_changed_stays_as_it_was_opened(void **state)
{
    (void)state;
    struct transcript *t = new_transcript();
    add(t, 1, TRANSCRIPT_MINE, 13);
    assert_int_equal(transcript_set_mark(t, 1, TRANSCRIPT_REFUSED, "no"), 0);
    assert_string_equal(view_of(t), "1 2 3 4 5 6 7 8| +5 ");
    assert_true(transcript_toggle_fold(t));
    assert_int_equal(transcript_set_mark(t, 1, TRANSCRIPT_STORED, NULL), 0);
    assert_string_equal(view_of(t), "1 2 3 4 5 6 7 8 9 10 11 12 13| ");
    const char *twice = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13";
    struct transcript_entry e = {.id = 2, .kind = TRANSCRIPT_MINE, .text = "short", .text_len = 5};
    transcript_clear(t);
    assert_int_equal(transcript_append(t, &e), 0);
    e.text = twice;
    e.text_len = strlen(twice);
    assert_int_equal(transcript_replace(t, &e), 0);
    assert_string_equal(view_of(t), "1 2 3 4 5 6 7 8| +5 ");
    transcript_free(t);
}

static void test_the_place_holds_behind_the_fold(void **state)
{
    (void)state;
    struct transcript *t = new_transcript();
    add(t, 1, TRANSCRIPT_THEIRS, 13);
    for (uint64_t id = 2; id < 30; id++)
        add(t, id, TRANSCRIPT_MINE, 1);
    transcript_top(t);
    transcript_scroll(t, 8);
    const char *expected = "+5 1| 1| 1| 1| 1| 1| 1| 1| 1| 1| 1| 1| 1| ";
    assert_string_equal(view_of(t), expected);
    assert_int_equal(transcript_set_size(t, ROWS, 2 * COLUMNS), 0);
    assert_string_equal(view_of(t), expected);
    transcript_free(t);
}

static void test_a_search_opens_what_it_finds(void **state)
{
    (void)state;
    struct transcript *t = new_transcript();
    add(t, 1, TRANSCRIPT_THEIRS, 40);
    assert_int_equal(transcript_search(t, "3", 1), 0);
    assert_true(transcript_search_next(t, -1)); /* in what is shown */
    assert_string_equal(view_of(t), "1 2 3 4 5 6 7 8| +32 ");
    assert_int_equal(transcript_search(t, "31", 2), 0);
    assert_true(transcript_search_next(t, -1));
    assert_non_null(strstr(view_of(t), " 30 31 32 "));
    transcript_clear(t);
    add(t, 1, TRANSCRIPT_THEIRS, 40);
    transcript_set_found(t, 1);
    assert_non_null(strstr(view_of(t), " 30 31 32 "));
    transcript_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_messages_of_many_lines_are_folded),
        cmocka_unit_test(test_it_opens_at_its_first_line_and_folds_again),
        cmocka_unit_test(test_the_chosen_message_goes_before_the_last),
        cmocka_unit_test(test_one_in_view_goes_before_the_newest),
        cmocka_unit_test(test_what_is_changed_stays_as_it_was_opened),
        cmocka_unit_test(test_the_place_holds_behind_the_fold),
        cmocka_unit_test(test_a_search_opens_what_it_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
