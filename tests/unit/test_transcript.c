#include "error.h"
#include "torture.h"
#include "transcript.h"
#include "wrap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct transcript_entry message(uint64_t id, const char *text)
{
    return (struct transcript_entry){
        .id = id,
        .kind = id % 2 ? TRANSCRIPT_MINE : TRANSCRIPT_THEIRS,
        .author = id % 2 ? "alice" : "bob",
        .text = text,
        .text_len = strlen(text),
        .day = 1,
        .day_text = "Friday",
        .minute = (int)id,
        .time_text = "09:14",
    };
}

static struct transcript *filled(int count, int rows, int columns)
{
    struct transcript *t = transcript_new(SIZE_MAX);
    assert_int_equal(transcript_set_size(t, rows, columns), 0);
    for (int i = 1; i <= count; i++) {
        char text[32];
        snprintf(text, sizeof text, "message %d", i);
        struct transcript_entry e = message((uint64_t)i, text);
        assert_int_equal(transcript_append(t, &e), 0);
    }
    return t;
}

/* The view as text: a letter for each part, then the row's text. */
static const char *view_of(struct transcript *t)
{
    static char out[4096];
    const struct transcript_row *rows;
    size_t count = transcript_view(t, &rows), used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(out + used, sizeof out - used, "%c%s%s%s%s %.*s\n",
                                 " DNQTFWN"[rows[i].part], rows[i].first ? "f" : "",
                                 rows[i].time ? "t" : "", rows[i].last ? "l" : "",
                                 rows[i].word ? "w" : "", (int)rows[i].len, rows[i].text);
    return out;
}

static void test_what_an_entry_shows(void **state)
{
    (void)state;
    struct transcript *t = transcript_new(100);
    assert_int_equal(transcript_set_size(t, 30, 20), 0);
    struct transcript_entry e = message(2, "hello");
    transcript_append(t, &e);
    e = message(4, "same minute, but this one is long");
    e.minute = 2;
    transcript_append(t, &e);
    e = message(5, "another author");
    e.minute = 2;
    e.mark = TRANSCRIPT_WAITING;
    e.word = "queue"; /* 14 + 1 + 5 columns */
    e.quote = "hello";
    transcript_append(t, &e);
    transcript_set_new(t, 5);
    e = message(7, "another author");
    e.word = "refused: no room"; /* does not fit beside */
    e.day = 2;
    transcript_append(t, &e);
    e = message(8, "waves");
    e.action = true;
    e.day = 2;
    transcript_append(t, &e);
    e = (struct transcript_entry){.kind = TRANSCRIPT_NOTICE, .text = "bob\nleft", .text_len = 8};
    e.day = 2;
    transcript_append(t, &e);
    assert_string_equal(view_of(t), "D Friday\n"
                                    "  \n"
                                    "Tftl hello\n"
                                    "Tf same minute, but\n"
                                    "Tl this one is long\n"
                                    "N \n"
                                    "Qft hello\n"
                                    "Tlw another author\n"
                                    "  \n"
                                    "D Friday\n"
                                    "  \n"
                                    "Tftl another author\n"
                                    "W refused: no room\n"
                                    "Tftl bob waves\n"
                                    "Tf bob\n"
                                    "Tl left\n");
    assert_int_equal(transcript_author_width(t), 5);
    assert_int_equal(transcript_count(t), 6);
    transcript_clear(t);
    assert_string_equal(view_of(t), "");
    transcript_free(t);
}

/* As by a key that was pressed before the first screen. */
static void test_it_scrolls_before_it_has_a_size(void **state)
{
    (void)state;
    struct transcript *t = transcript_new(100);
    for (uint64_t id = 1; id <= 3; id++) {
        struct transcript_entry e = message(id, "hello");
        assert_int_equal(transcript_append(t, &e), 0);
    }
    transcript_set_newer(t, true);
    transcript_top(t);
    assert_int_equal(transcript_set_size(t, 3, 20), 0);
    assert_string_equal(view_of(t), "D Friday\n  \nTftl hello\n");
    transcript_free(t);
}

static void test_entries_change(void **state)
{
    (void)state;
    struct transcript *t = filled(9, 3, 40);
    assert_int_equal(transcript_set_mark(t, 8, TRANSCRIPT_STORED, NULL), 0);
    assert_int_equal(transcript_find(t, 8)->mark, TRANSCRIPT_STORED);
    assert_int_equal(transcript_set_mark(t, 8, TRANSCRIPT_REFUSED, "quota"), 0);
    assert_string_equal(transcript_find(t, 8)->word, "quota");
    assert_int_equal(transcript_set_mark(t, 8, TRANSCRIPT_DELIVERED, "quota"), 0);
    assert_int_equal(transcript_find(t, 8)->mark, TRANSCRIPT_DELIVERED);
    struct transcript_entry other = *transcript_find(t, 8);
    other.text = "other";
    other.text_len = 5;
    other.note = "edited";
    other.mark = TRANSCRIPT_NONE;
    assert_int_equal(transcript_replace(t, &other), 0);
    assert_int_equal(transcript_find(t, 8)->mark, TRANSCRIPT_DELIVERED);
    assert_string_equal(transcript_find(t, 8)->word, "quota");
    assert_string_equal(transcript_find(t, 8)->text, "other");
    assert_string_equal(transcript_find(t, 8)->author, "bob");
    assert_string_equal(view_of(t), "Tftlw other\nN edited\nTftl message 9\n");
    assert_int_equal(transcript_set_mark(t, 10, TRANSCRIPT_SEEN, NULL), 0);
    other.id = 10;
    assert_int_equal(transcript_replace(t, &other), 0);
    assert_null(transcript_find(t, 10));
    assert_null(transcript_find(t, 0));
    transcript_free(t);
}

static void test_quotes_follow_what_they_quote(void **state)
{
    (void)state;
    struct transcript *t = filled(3, 9, 40);
    struct transcript_entry e = message(4, "yes");
    e.quote = "message 2";
    e.answers = 2;
    transcript_append(t, &e);
    e = message(5, "no");
    e.quote = "message 3";
    e.answers = 3;
    transcript_append(t, &e);
    assert_int_equal(transcript_set_quote(t, 2, "deleted"), 0);
    assert_int_equal(transcript_set_quote(t, 7, "nobody's"), 0);
    assert_string_equal(view_of(t), "D Friday\n  \nTftl message 1\nTftl message 2\nTftl message 3\n"
                                    "Qft deleted\nTl yes\nQft message 3\nTl no\n");
    transcript_free(t);
}

static void test_messages_that_crossed(void **state)
{
    (void)state;
    struct transcript *t = transcript_new(100);
    assert_int_equal(transcript_set_size(t, 9, 40), 0);
    struct transcript_entry mine = {.kind = TRANSCRIPT_MINE, .author = "alice", .text = ""};
    struct transcript_entry theirs = {.kind = TRANSCRIPT_THEIRS, .author = "bob", .text = ""};
    static const uint64_t after[] = {0, 3, 2, 5}; /* of 6 to 9 */
    for (size_t i = 0; i < 4; i++) {
        theirs.id = 6 + i;
        theirs.after = after[i];
        assert_int_equal(transcript_append(t, &theirs), 0);
    }
    const struct transcript_row *rows;
    assert_int_equal(transcript_view(t, &rows), 4);
    for (size_t i = 0; i < 4; i++) /* nothing of mine is loaded that could have crossed */
        assert_int_equal(rows[i].mark, TRANSCRIPT_NONE);
    mine.id = 4;
    assert_int_equal(transcript_prepend(t, &mine), 0);
    mine.id = 2;
    assert_int_equal(transcript_prepend(t, &mine), 0);
    assert_int_equal(transcript_view(t, &rows), 6);
    static const enum transcript_mark marks[] = {TRANSCRIPT_NONE,    TRANSCRIPT_NONE,
                                                 TRANSCRIPT_NONE,    TRANSCRIPT_CROSSED,
                                                 TRANSCRIPT_CROSSED, TRANSCRIPT_NONE};
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(rows[i].mark, marks[i]);
    transcript_free(t);
}

static void test_a_message_is_chosen(void **state)
{
    (void)state;
    struct transcript *t = filled(9, 3, 40);
    transcript_choose_next(t, 1);
    assert_int_equal(transcript_chosen(t), 0);
    static const struct {
        int direction;
        uint64_t chosen;
    } steps[] = {{-1, 9}, {-1, 8}, {1, 9}, {1, 0}, {-1, 9}, {-1, 8}, {-1, 7}, {-1, 6}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        transcript_choose_next(t, steps[i].direction);
        assert_int_equal(transcript_chosen(t), steps[i].chosen);
    }
    const struct transcript_row *rows;
    size_t count = transcript_view(t, &rows), chosen = 0;
    for (size_t i = 0; i < count; i++)
        chosen += rows[i].chosen;
    assert_int_equal(chosen, 1); /* it came into view */
    for (int i = 0; i < 20; i++)
        transcript_choose_next(t, -1);
    assert_int_equal(transcript_chosen(t), 1);
    transcript_choose(t, 0);
    assert_int_equal(transcript_chosen(t), 0);
    transcript_free(t);
}

static void test_entries_without_an_id_do_not_hide_others(void **state)
{
    (void)state;
    struct transcript *t = transcript_new(100);
    struct transcript_entry notice = {.kind = TRANSCRIPT_NOTICE, .text = "", .text_len = 0}, e;
    transcript_append(t, &notice);
    for (uint64_t id = 10; id < 20; id += 2) {
        e = message(id, "x");
        transcript_append(t, &e);
        transcript_append(t, &notice);
    }
    for (uint64_t id = 8; id > 0; id -= 2) {
        e = message(id, "x");
        transcript_prepend(t, &e);
        transcript_prepend(t, &notice);
    }
    for (uint64_t id = 1; id < 20; id++)
        assert_int_equal(transcript_find(t, id) != NULL, id % 2 == 0);
    transcript_free(t);
}

static void test_scrolling(void **state)
{
    (void)state;
    struct transcript *t = filled(100, 10, 40);
    assert_true(transcript_at_bottom(t));
    assert_int_equal(transcript_below(t), 0);
    transcript_scroll(t, -1);
    assert_false(transcript_at_bottom(t));
    assert_int_equal(transcript_below(t), 1);
    transcript_page(t, -1);
    assert_int_equal(transcript_below(t), 9);
    struct transcript_entry e = message(101, "new");
    transcript_append(t, &e);
    assert_int_equal(transcript_below(t), 10);
    assert_non_null(strstr(view_of(t), "message 82\n"));
    transcript_scroll(t, 10);
    assert_true(transcript_at_bottom(t));
    transcript_scroll(t, -1000000);
    assert_non_null(strstr(view_of(t), "D Friday\n"));
    assert_int_equal(transcript_below(t), 93);
    transcript_top(t);
    assert_int_equal(transcript_below(t), 93);
    transcript_show(t, 50);
    assert_non_null(strstr(view_of(t), "message 50\n"));
    assert_non_null(strstr(view_of(t), "message 47\n"));
    transcript_show(t, 51); /* in view: nothing moves */
    assert_non_null(strstr(view_of(t), "message 47\n"));
    transcript_bottom(t);
    assert_non_null(strstr(view_of(t), "new\n"));
    transcript_free(t);
}

static void test_a_place_outlives_the_transcript(void **state)
{
    (void)state;
    struct transcript *t = filled(40, 10, 20);
    assert_int_equal(transcript_place(t), 0);
    transcript_scroll(t, -5);
    assert_int_equal(transcript_place(t), 26);
    transcript_free(t);

    t = transcript_new(SIZE_MAX); /* the next one has no size yet when it is filled */
    assert_int_equal(transcript_place(t), 0);
    for (int i = 1; i <= 40; i++) {
        struct transcript_entry e = message((uint64_t)i, "message");
        e.quote = i == 26 ? "quoted" : NULL;
        transcript_append(t, &e);
    }
    transcript_set_place(t, 77); /* is not there */
    assert_int_equal(transcript_place(t), 0);
    transcript_set_place(t, 26);
    struct transcript_entry e = message(41, "came meanwhile");
    transcript_append(t, &e);
    assert_int_equal(transcript_set_size(t, 3, 20), 0);
    assert_string_equal(view_of(t), "Qft quoted\nTl message\nTftl message\n");
    assert_int_equal(transcript_place(t), 26);
    assert_int_equal(transcript_below(t), 14);
    assert_int_equal(transcript_set_size(t, 30, 20), 0); /* all that follows it has room */
    assert_int_equal(transcript_place(t), 0);
    transcript_free(t);
}

static void test_older_entries_are_asked_for_once(void **state)
{
    (void)state;
    struct transcript *t = filled(100, 10, 40);
    assert_false(transcript_wants_older(t));
    transcript_set_older(t, true);
    assert_false(transcript_wants_older(t));
    assert_string_equal(transcript_find(t, 1)->text, "message 1");
    transcript_scroll(t, -79);
    assert_false(transcript_wants_older(t));
    transcript_scroll(t, -2);
    assert_true(transcript_wants_older(t));
    assert_false(transcript_wants_older(t));
    transcript_top(t);
    transcript_set_older(t, true);
    assert_string_equal(view_of(t) + 5, "message 1\n"
                                        "Tftl message 2\nTftl message 3\nTftl message 4\n"
                                        "Tftl message 5\nTftl message 6\nTftl message 7\n"
                                        "Tftl message 8\nTftl message 9\nTftl message 10\n");
    transcript_free(t);
}

static void test_the_oldest_go_while_nobody_looks(void **state)
{
    (void)state;
    struct transcript *t = transcript_new(50);
    transcript_set_size(t, 10, 40);
    assert_int_equal(transcript_oldest(t), 0);
    for (uint64_t id = 1; id <= 60; id++) {
        struct transcript_entry e = message(id, "x");
        transcript_append(t, &e);
    }
    assert_int_equal(transcript_count(t), 50);
    assert_null(transcript_find(t, 10));
    assert_int_equal(transcript_oldest(t), 11);
    transcript_scroll(t, -5);
    for (uint64_t id = 61; id <= 70; id++) {
        struct transcript_entry e = message(id, "x");
        transcript_append(t, &e);
    }
    assert_int_equal(transcript_count(t), 50);
    assert_false(transcript_wants_older(t));
    transcript_top(t);
    assert_true(transcript_wants_older(t));
    transcript_free(t);
}

static void test_what_is_far_below_goes_and_comes_back(void **state)
{
    (void)state;
    struct transcript *t = transcript_new(50);
    transcript_set_size(t, 10, 40);
    for (uint64_t id = 101; id <= 150; id++) {
        struct transcript_entry e = message(id, "x");
        transcript_append(t, &e);
    }
    transcript_top(t);
    assert_false(transcript_has_newer(t));
    for (uint64_t id = 100; id > 90; id--) {
        struct transcript_entry e = message(id, "x");
        transcript_prepend(t, &e);
    }
    assert_true(transcript_has_newer(t));
    assert_int_equal(transcript_count(t), 50);
    assert_int_equal(transcript_oldest(t), 91);
    assert_int_equal(transcript_newest(t), 140);
    assert_int_equal(transcript_below(t), 30); /* of those that are loaded */
    assert_false(transcript_wants_newer(t));
    transcript_scroll(t, 1000);
    assert_false(transcript_at_bottom(t));
    assert_true(transcript_wants_newer(t));
    assert_false(transcript_wants_newer(t));
    for (uint64_t id = 141; id <= 150; id++) {
        struct transcript_entry e = message(id, "x");
        transcript_append(t, &e);
    }
    assert_int_equal(transcript_oldest(t), 101);
    assert_int_equal(transcript_below(t), 10); /* the view stayed */
    transcript_set_newer(t, false);
    transcript_scroll(t, 1000);
    assert_true(transcript_at_bottom(t));
    transcript_set_newer(t, true); /* as after a jump */
    struct transcript_entry e = message(151, "x");
    transcript_append(t, &e);
    assert_int_equal(transcript_below(t), 1);
    transcript_free(t);
}

static void test_a_flood_while_somebody_reads_at_the_top(void **state)
{
    (void)state;
    struct transcript *t = transcript_new(50);
    transcript_set_size(t, 10, 40);
    uint64_t id = 1;
    for (; id <= 50; id++) {
        struct transcript_entry e = message(id, "x");
        transcript_append(t, &e);
    }
    transcript_top(t);
    for (; id <= 1000 && !transcript_has_newer(t); id++) {
        struct transcript_entry e = message(id, "x");
        transcript_append(t, &e);
    }
    assert_int_equal(transcript_count(t), 50);
    assert_int_equal(transcript_newest(t), 50);
    assert_int_equal(transcript_oldest(t), 1);
    transcript_free(t);
}

/* A text that is one letter would be compared with itself at each of its places. */
static void test_a_long_needle_costs_no_more_than_a_short_one(void **state)
{
    (void)state;
    static char text[16001], needle[4001];
    memset(text, 'x', sizeof text - 1);
    memset(needle, 'x', sizeof needle - 1);
    needle[257] = 'y';
    struct transcript *t = filled(1, 10, 30);
    struct transcript_entry e = message(2, text);
    assert_int_equal(transcript_append(t, &e), 0);
    assert_int_equal(transcript_search(t, needle, sizeof needle - 1), 0);
    assert_true(transcript_search_next(t, -1)); /* by its beginning */
    needle[100] = 'y';
    assert_int_equal(transcript_search(t, needle, sizeof needle - 1), 0);
    assert_false(transcript_search_next(t, -1));
    transcript_free(t);
}

static void test_searching(void **state)
{
    (void)state;
    struct transcript *t = filled(60, 10, 11);
    assert_false(transcript_search_next(t, -1));
    assert_int_equal(transcript_search(t, "\xff", 1), ERROR_UTF8);
    assert_int_equal(transcript_search(t, "MESSAGE 1", 9), 0);
    assert_true(transcript_search_next(t, -1));
    assert_non_null(strstr(view_of(t), "message 19\n"));
    for (int i = 18; i >= 10; i--)
        assert_true(transcript_search_next(t, -1));
    assert_true(transcript_search_next(t, -1));
    assert_non_null(strstr(view_of(t), "message 1\n"));
    assert_false(transcript_search_next(t, -1));
    assert_true(transcript_search_next(t, 1));
    assert_non_null(strstr(view_of(t), "message 10\n"));
    assert_int_equal(transcript_search(t, "Grüße", strlen("Grüße")), 0);
    assert_false(transcript_search_next(t, -1));
    struct transcript_entry e = message(61, "viele GRU\u0308SSE an dich");
    transcript_append(t, &e);
    transcript_bottom(t);
    assert_true(transcript_search_next(t, -1));
    const struct transcript_row *rows;
    size_t count = transcript_view(t, &rows), start, len;
    const struct transcript_row *first = &rows[count - 2]; /* "viele", "GRÜSSE an", "dich" */
    assert_true(transcript_matched(t, first, 0, &start, &len));
    assert_int_equal(start, 0);
    assert_int_equal(len, 8);
    assert_false(transcript_matched(t, first, 8, &start, &len));
    assert_false(transcript_matched(t, first - 1, 0, &start, &len));
    assert_false(transcript_matched(t, first + 1, 0, &start, &len));
    assert_int_equal(transcript_search(t, "le gr", 5), 0); /* across a break */
    assert_true(transcript_matched(t, first - 1, 0, &start, &len));
    assert_int_equal(start, 3);
    assert_int_equal(len, 2);
    assert_true(transcript_matched(t, first, 0, &start, &len));
    assert_int_equal(start, 0);
    assert_int_equal(len, 2);
    assert_int_equal(transcript_search(t, "e grüsse a", strlen("e grüsse a")), 0);
    assert_true(transcript_matched(t, first, 0, &start, &len));
    assert_int_equal(start, 0);
    assert_int_equal(len, 10);
    transcript_free(t);
}

/* What a row has of matches is looked for around it, not in all of a long message. */
static void test_matches_of_a_row_cost_what_is_in_it(void **state)
{
    (void)state;
    char text[16384];
    for (size_t i = 0; i + 3 < sizeof text; i += 3)
        memcpy(text + i, i % 3000 ? "漢" : "字", 4);
    struct transcript *t = transcript_new(10);
    transcript_set_size(t, 50, 80);
    struct transcript_entry e = message(1, text);
    assert_int_equal(transcript_append(t, &e), 0);
    assert_int_equal(transcript_search(t, "漢字", 6), 0);
    const struct transcript_row *rows;
    size_t count = transcript_view(t, &rows), start, len, marked = 0;
    torture_begin(0);
    assert_int_equal(transcript_search(t, "other", 5), ERROR_NOMEM);
    torture_begin(50000); /* a cluster that is not ASCII costs allocations: so many are enough */
    for (size_t i = 0; i < count; i++)
        for (size_t from = 0; transcript_matched(t, &rows[i], from, &start, &len); marked += len)
            from = start + len;
    torture_end();
    assert_false(torture_failed());
    assert_int_equal(marked, 2 * 6);
    transcript_free(t);
}

static void test_a_million_entries(void **state)
{
    (void)state;
    struct transcript *t = transcript_new(SIZE_MAX);
    transcript_set_size(t, 50, 80);
    for (uint64_t id = 1; id <= 1000000; id++) {
        struct transcript_entry e = message(id, "a line of conversation that is never wrapped");
        assert_int_equal(transcript_append(t, &e), 0);
    }
    transcript_top(t);
    assert_int_equal(transcript_below(t), 1000000 - 48);
    transcript_bottom(t);
    for (int i = 0; i < 10000; i++)
        transcript_page(t, i < 5000 ? -1 : 1);
    assert_true(transcript_at_bottom(t));
    transcript_free(t);
}

static void test_out_of_memory_changes_nothing(void **state)
{
    (void)state;
    for (size_t n = 0; torture_begin(n); n++) {
        struct transcript *t = transcript_new(100);
        size_t expected = 0;
        bool sized = t && transcript_set_size(t, 5, 20) == 0;
        for (uint64_t id = 1; sized && id <= 70; id++) {
            struct transcript_entry e = message(200 - id, "text");
            expected += transcript_prepend(t, &e) == 0;
        }
        int marked = sized ? transcript_set_mark(t, 150, TRANSCRIPT_REFUSED, "why") : 0;
        int searched = sized ? transcript_search(t, "\u00e9TE", 4) : 0;
        bool resized = sized && transcript_set_size(t, 50, 30) == 0;
        torture_end();
        if (sized) {
            assert_int_equal(transcript_count(t), expected);
            bool all = expected == 70 && marked == 0 && searched == 0 && resized;
            assert_true(all || torture_failed());
            const struct transcript_row *rows;
            assert_int_equal(transcript_view(t, &rows), resized ? 50 : 5);
        }
        transcript_free(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_an_entry_shows),
        cmocka_unit_test(test_it_scrolls_before_it_has_a_size),
        cmocka_unit_test(test_entries_change),
        cmocka_unit_test(test_quotes_follow_what_they_quote),
        cmocka_unit_test(test_messages_that_crossed),
        cmocka_unit_test(test_a_message_is_chosen),
        cmocka_unit_test(test_entries_without_an_id_do_not_hide_others),
        cmocka_unit_test(test_scrolling),
        cmocka_unit_test(test_a_place_outlives_the_transcript),
        cmocka_unit_test(test_older_entries_are_asked_for_once),
        cmocka_unit_test(test_the_oldest_go_while_nobody_looks),
        cmocka_unit_test(test_what_is_far_below_goes_and_comes_back),
        cmocka_unit_test(test_a_flood_while_somebody_reads_at_the_top),
        cmocka_unit_test(test_a_long_needle_costs_no_more_than_a_short_one),
        cmocka_unit_test(test_searching),
        cmocka_unit_test(test_matches_of_a_row_cost_what_is_in_it),
        cmocka_unit_test(test_a_million_entries),
        cmocka_unit_test(test_out_of_memory_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
