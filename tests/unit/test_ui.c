#include "person.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_the_ways_to_quit(void **state)
{
    (void)state;
    struct ui *ui = person_start(24, 80);
    person_type(ui, "text");
    person_control(ui, 'C');
    assert_string_equal(person_draft(ui), "");
    assert_string_equal(person_events(ui), "D ");
    person_control(ui, '_');
    assert_string_equal(person_draft(ui), "text");
    person_control(ui, 'C');
    person_control(ui, 'C');
    assert_true(person_shows(ui, "quit? (y/n)"));
    person_type(ui, "n");
    assert_false(person_shows(ui, "quit?"));
    person_control(ui, 'C');
    person_type(ui, "hello"); /* no answer: one goes on writing */
    assert_string_equal(person_draft(ui), "hello");
    assert_string_equal(person_events(ui), "D ");
    person_control(ui, 'D');
    assert_string_equal(person_draft(ui), "hello");
    person_control(ui, 'U');
    person_control(ui, 'C');
    person_control(ui, 'C');
    person_control(ui, 'C');
    person_type(ui, "y");
    person_control(ui, 'U');
    person_control(ui, 'D');
    assert_string_equal(person_events(ui), "Q Q Q D ");
    ui_free(ui);
}

static void test_a_page_lies_over_the_conversation(void **state)
{
    (void)state;
    struct ui *ui = person_start(10, 40);
    person_theirs(ui, 1, "hello");
    static const char text[] = "1\n2\n3\n4\n5\n6\n7\n8\n9\nlast";
    assert_int_equal(ui_open_page(ui, text, strlen(text)), 0);
    assert_true(person_shows(ui, " 1\n"));
    assert_false(person_shows(ui, "hello"));
    assert_string_equal(person_events(ui), ""); /* and what is under it is not seen */
    person_press(ui, INPUT_END);
    assert_true(person_shows(ui, " last\n"));
    person_press(ui, INPUT_HOME);
    person_press(ui, INPUT_DOWN);
    assert_true(person_shows(ui, " 2\n"));
    assert_false(person_shows(ui, " 1\n"));
    person_type(ui, "\033");
    assert_true(person_shows(ui, "hello"));
    ui_open_page(ui, text, strlen(text));
    person_press(ui, INPUT_F1);
    assert_true(person_shows(ui, "hello"));
    ui_open_page(ui, text, strlen(text));
    person_type(ui, "sent\r");
    assert_true(person_shows(ui, "hello"));
    ui_free(ui);
}

static void test_the_second_column_of_a_page_hangs(void **state)
{
    (void)state;
    static const char text[] = "Keys\n\n  ^R, M-r     searches what was said, and goes there\n"
                               "  longer than anything  so it hangs\n  a word\nend  ";
    struct ui *ui = person_start(16, 40);
    assert_int_equal(ui_open_page(ui, text, strlen(text)), 0);
    assert_true(person_shows(ui, "\n Keys\n\n   ^R, M-r     searches what was said,\n"
                                 "               and goes there\n"
                                 "   longer than anything  so it hangs\n   a word\n end\n"));
    ui_input(ui, &(struct input){.kind = INPUT_RESIZE, .rows = 16, .columns = 24});
    assert_true(person_shows(ui,
                             "\n   ^R, M-r\n     searches what was\n     said, and goes\n"
                             "     there\n   longer than anything\n     so it hangs\n   a word\n"));
    ui_input(ui, &(struct input){.kind = INPUT_RESIZE, .rows = 9, .columns = 24});
    person_press(ui, INPUT_END);
    assert_true(person_shows(ui, "\n     so it hangs\n   a word\n end\n"));
    ui_input(ui, &(struct input){.kind = INPUT_RESIZE, .rows = 9, .columns = 60});
    assert_true(person_shows(ui, "\n end\n"));
    ui_free(ui);
}

static void test_a_page_is_read_as_in_a_pager(void **state)
{
    (void)state;
    static const char text[] = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\nlast";
    struct ui *ui = person_start(10, 40);
    person_theirs(ui, 1, "hello");
    ui_open_page(ui, text, strlen(text));
    person_type(ui, " ");
    assert_false(person_shows(ui, " one\n"));
    person_type(ui, "q");
    assert_true(person_shows(ui, "hello"));
    assert_string_equal(person_draft(ui), "");
    ui_open_page(ui, text, strlen(text));
    person_type(ui, "w q");
    assert_true(person_shows(ui, " one\n"));
    assert_string_equal(person_draft(ui), "w q");
    person_events(ui);
    person_control(ui, 'R');
    person_type(ui, "nin");
    assert_true(person_shows(ui, "▌nine\n"));
    person_control(ui, 'R');
    assert_true(person_shows(ui, "no older match"));
    assert_string_equal(person_events(ui), "");
    person_control(ui, '[');
    assert_true(person_shows(ui, "nine\n"));
    person_control(ui, '[');
    assert_true(person_shows(ui, "hello"));
    ui_free(ui);
}

static void test_the_manual_explains_every_mark(void **state)
{
    (void)state;
    struct ui *ui = person_start(10, 40);
    char *text = ui_marks_text(ui);
    assert_non_null(text);
    for (int i = TRANSCRIPT_WAITING; i <= TRANSCRIPT_CROSSED; i++) {
        assert_non_null(strstr(text, view_mark_sign((enum transcript_mark)i, false)));
        assert_non_null(strstr(text, view_mark_help((enum transcript_mark)i)));
    }
    free(text);
    ui_free(ui);
}

static void test_a_long_message_opens(void **state)
{
    (void)state;
    struct ui *ui = person_start(14, 60);
    person_theirs(ui, 1, "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\nend");
    assert_true(person_shows(ui, "… 5 more lines (M-o opens)"));
    struct input fold = {.kind = INPUT_CHAR, .code = 'o', .meta = true};
    assert_int_equal(ui_input(ui, &fold), 0);
    assert_false(person_shows(ui, "more lines"));
    assert_true(person_shows(ui, "1\n"));
    assert_int_equal(ui_input(ui, &fold), 0);
    assert_true(person_shows(ui, "… 5 more lines (M-o opens)"));
    size_t len;
    char *bare = ui_bare_text(ui, &len);
    assert_non_null(strstr(bare, "\nend\n"));
    free(bare);
    person_theirs(ui, 2, "short");
    transcript_choose(ui_transcript(ui), 2);
    assert_int_equal(ui_input(ui, &fold), 0);
    assert_true(person_shows(ui, "nothing here is folded"));
    ui_free(ui);
}

static void test_seen_means_that_a_person_was_there(void **state)
{
    (void)state;
    struct ui *ui = person_start(10, 40);
    person_theirs(ui, 1, "one");
    assert_string_equal(person_events(ui), ""); /* not drawn */
    ui_draw(ui);
    assert_string_equal(person_events(ui), ""); /* nobody known to be there */
    person_press(ui, INPUT_UNKNOWN);
    assert_string_equal(person_events(ui), "S1 ");
    person_press(ui, INPUT_FOCUS_IN);
    person_theirs(ui, 2, "two");
    ui_draw(ui);
    assert_string_equal(person_events(ui), "S2 ");
    person_press(ui, INPUT_FOCUS_OUT);
    person_theirs(ui, 3, "three");
    ui_draw(ui);
    assert_string_equal(person_events(ui), "");
    person_theirs(ui, 4, "four");
    person_press(ui, INPUT_FOCUS_IN);
    assert_string_equal(person_events(ui), "S3 ");
    ui_draw(ui);
    assert_string_equal(person_events(ui), "S4 ");
    for (uint64_t id = 5; id < 30; id++)
        person_theirs(ui, id, "more");
    ui_draw(ui);
    assert_string_equal(person_events(ui), "S29 ");
    person_press(ui, INPUT_PAGE_UP);
    person_theirs(ui, 30, "below");
    ui_draw(ui);
    assert_string_equal(person_events(ui), "");
    struct input small = {.kind = INPUT_RESIZE, .rows = 2, .columns = 10};
    ui_input(ui, &small);
    person_press(ui, INPUT_END);
    ui_draw(ui);
    assert_string_equal(person_events(ui), ""); /* too small to show anything */
    ui_free(ui);
}

static void test_seen_below_what_is_read(void **state)
{
    (void)state;
    struct ui *ui = person_start(24, 40); /* 19 rows; split, 15 and 3 */
    for (uint64_t id = 1; id <= 40; id++)
        person_theirs(ui, id, "said before");
    ui_set_split(ui, true);
    ui_set_seen(ui, 38);
    person_press(ui, INPUT_FOCUS_IN);
    ui_draw(ui);
    assert_string_equal(person_events(ui), "S40 ");
    person_press(ui, INPUT_PAGE_UP);
    person_theirs(ui, 41, "below");
    assert_true(person_shows(ui, "below"));
    assert_true(person_shows(ui, "▼ 15 more"));
    assert_string_equal(person_events(ui), "S41 ");
    person_press(ui, INPUT_FOCUS_OUT);
    for (uint64_t id = 42; id <= 46; id++) {
        person_theirs(ui, id, "while nobody looks");
        ui_draw(ui);
    }
    person_press(ui, INPUT_FOCUS_IN);
    ui_draw(ui);
    assert_string_equal(person_events(ui), ""); /* the first two of them are hidden */
    person_theirs(ui, 47, "still");
    ui_draw(ui);
    assert_string_equal(person_events(ui), "");
    person_press(ui, INPUT_END);
    ui_draw(ui);
    assert_string_equal(person_events(ui), "S47 ");
    ui_free(ui);
}

static void test_the_newest_stay_where_a_place_far_back_is_loaded(void **state)
{
    (void)state;
    struct ui *ui = person_start(24, 40);
    for (uint64_t id = 101; id <= 130; id++)
        transcript_append(ui_transcript(ui), &(struct transcript_entry){
                                                 .id = id,
                                                 .kind = TRANSCRIPT_THEIRS,
                                                 .author = "bob",
                                                 .text = "newest",
                                                 .text_len = 6,
                                             });
    assert_int_equal(ui_loaded_newest(ui), 0);
    ui_set_split(ui, true);
    transcript_clear(ui_transcript(ui));
    for (uint64_t id = 1; id <= 40; id++)
        transcript_append(ui_transcript(ui), &(struct transcript_entry){
                                                 .id = id,
                                                 .kind = TRANSCRIPT_THEIRS,
                                                 .author = "bob",
                                                 .text = "far",
                                                 .text_len = 3,
                                             });
    transcript_set_newer(ui_transcript(ui), true);
    transcript_top(ui_transcript(ui));
    assert_true(person_shows(ui, "▼ 25+ more"));
    assert_true(person_shows(ui, "newest"));
    person_theirs(ui, 131, "came now");
    assert_true(person_shows(ui, "came now"));
    assert_string_equal(ui_find(ui, 131)->text, "came now");
    assert_string_equal(ui_find(ui, 40)->text, "far");
    assert_null(ui_find(ui, 41));
    assert_int_equal(ui_set_mark(ui, 131, TRANSCRIPT_REFUSED, "a word"), 0);
    assert_true(person_shows(ui, "a word"));
    ui_set_split(ui, false);
    assert_false(person_shows(ui, "came now"));
    assert_true(person_shows(ui, "more below"));
    ui_clear(ui);
    ui_set_split(ui, true);
    assert_false(person_shows(ui, "came now"));
    assert_false(person_shows(ui, "more"));
    ui_free(ui);
}

static void test_what_goes_to_the_bottom(void **state)
{
    (void)state;
    struct ui *ui = person_start(10, 40);
    struct transcript_entry said = {
        .id = 41, .kind = TRANSCRIPT_MINE, .author = "alice", .text = "mine", .text_len = 4};
    struct transcript_entry told = {.kind = TRANSCRIPT_NOTICE, .text = "told", .text_len = 4};
    for (uint64_t id = 1; id <= 40; id++)
        person_theirs(ui, id, "x");
    ui_draw(ui);
    person_press(ui, INPUT_PAGE_UP);
    person_type(ui, "/set\r");
    assert_int_equal(ui_append(ui, &told), 0);  /* out of view, */
    assert_true(person_shows(ui, "\n told\n")); /* so it is a note, too */
    person_press(ui, INPUT_UNKNOWN);
    assert_false(person_shows(ui, "told"));
    assert_true(person_shows(ui, "more below"));
    assert_int_equal(ui_append(ui, &said), 0);
    assert_true(person_shows(ui, "alice  mine"));
    assert_true(person_shows(ui, "--     told"));
    ui_free(ui);
}

static void test_the_oldest_are_asked_for(void **state)
{
    (void)state;
    struct ui *ui = person_start(10, 40);
    for (uint64_t id = 1; id <= 40; id++)
        person_theirs(ui, id, id == 1 ? "first" : "x");
    ui_draw(ui);
    transcript_set_older(ui_transcript(ui), true);
    person_press(ui, INPUT_HOME);
    assert_string_equal(person_events(ui), "A S40 ");
    transcript_set_older(ui_transcript(ui), false);
    person_press(ui, INPUT_HOME);
    assert_string_equal(person_events(ui), "");
    assert_true(person_shows(ui, "first"));
    ui_free(ui);
}

static void test_what_is_new_is_marked_once(void **state)
{
    (void)state;
    struct ui *ui = person_start(24, 40);
    person_theirs(ui, 1, "one");
    assert_false(person_shows(ui, " new "));
    person_press(ui, INPUT_FOCUS_OUT);
    person_theirs(ui, 2, "two");
    person_theirs(ui, 3, "three");
    assert_true(person_shows(ui, "─\n bob  two\n bob  three"));
    person_press(ui, INPUT_FOCUS_IN);
    person_theirs(ui, 4, "four");
    assert_true(person_shows(ui, "─\n bob  two\n bob  three"));
    person_press(ui, INPUT_FOCUS_OUT);
    assert_true(person_shows(ui, "─\n bob  two\n bob  three"));
    person_theirs(ui, 5, "five");
    assert_true(person_shows(ui, "─\n bob  five"));
    for (uint64_t id = 6; id < 60; id++)
        person_theirs(ui, id, "more");
    assert_false(person_shows(ui, "five"));
    struct input in = {.kind = INPUT_CHAR, .code = 'u', .meta = true};
    assert_int_equal(ui_input(ui, &in), 0);
    assert_true(person_shows(ui, "─\n bob  five"));
    ui_free(ui);
}

static void test_older_ones_are_asked_for(void **state)
{
    (void)state;
    struct ui *ui = ui_new(&person_options);
    transcript_set_older(ui_transcript(ui), true);
    assert_string_equal(person_events(ui), ""); /* its size is not known */
    ui_free(ui);
    ui = person_start(10, 40);
    transcript_set_older(ui_transcript(ui), true);
    assert_string_equal(person_events(ui), "O ");
    assert_string_equal(person_events(ui), "");
    ui_free(ui);
}

static void test_searching(void **state)
{
    (void)state;
    struct ui *ui = person_start(10, 40);
    for (uint64_t id = 1; id <= 40; id++) {
        char text[16];
        snprintf(text, sizeof text, "message %d", (int)id);
        person_theirs(ui, id, text);
    }
    person_type(ui, "draft");
    ui_draw(ui);
    person_events(ui);
    person_control(ui, 'R');
    person_type(ui, "E 1");
    assert_true(person_shows(ui, "search: E 1"));
    assert_true(person_shows(ui, "message 19"));
    for (int i = 0; i < 10; i++)
        person_control(ui, 'R');
    assert_true(person_shows(ui, "message 1\n"));
    assert_string_equal(person_events(ui), "S40 ");
    person_control(ui, 'R');
    assert_string_equal(person_events(ui), "FE 1^ ");
    assert_int_equal(ui_found(ui, 0), 0);
    assert_true(person_shows(ui, "no older match"));
    person_control(ui, 'S');
    assert_true(person_shows(ui, "message 10"));
    person_type(ui, "x");
    assert_string_equal(person_events(ui), "FE 1x^ ");
    person_control(ui, 'S');
    assert_string_equal(person_events(ui), "FE 1x ");
    assert_int_equal(ui_found(ui, 0), 0);
    assert_true(person_shows(ui, "no newer match"));
    person_press(ui, INPUT_UP);
    assert_string_equal(person_events(ui), "FE 1x^ ");
    assert_int_equal(ui_found(ui, 10), 0);
    person_type(ui, "\r");
    assert_int_equal(transcript_chosen(ui_transcript(ui)), 10);
    assert_true(person_shows(ui, " › draft"));
    assert_true(person_shows(ui, "message 10\n"));
    assert_string_equal(person_events(ui), "");
    assert_string_equal(person_draft(ui), "draft");
    ui_free(ui);
}

static void test_reading_goes_on_with_the_arrows(void **state)
{
    (void)state;
    struct ui *ui = person_start(10, 40);
    for (uint64_t id = 1; id <= 40; id++)
        person_theirs(ui, id, "message");
    person_type(ui, "sent\r");
    ui_draw(ui);
    person_press(ui, INPUT_WHEEL_UP);
    person_press(ui, INPUT_UP);
    assert_true(person_shows(ui, "2 more below"));
    person_press(ui, INPUT_DOWN);
    assert_true(person_shows(ui, "1 more below"));
    person_press(ui, INPUT_WHEEL_DOWN);
    person_press(ui, INPUT_UP);
    assert_true(person_shows(ui, " › sent"));
    ui_free(ui);
}

/* The colour that the rule above the input has. */
static int rule_colour(struct ui *ui)
{
    size_t count;
    const struct canvas *c = ui_draw(ui);
    return canvas_row(c, canvas_rows(c) - 2, &count)->style.colour;
}

static void test_choosing_a_theme(void **state)
{
    (void)state;
    struct ui *ui = person_start(24, 80);
    person_type(ui, "draft");
    int dark = rule_colour(ui);
    ui_choose_theme(ui);
    person_events(ui);
    assert_true(person_shows(ui, "theme: dark"));
    assert_int_equal(rule_colour(ui), dark);
    person_press(ui, INPUT_DOWN);
    assert_true(person_shows(ui, "theme: light"));
    person_type(ui, "x\t");
    person_control(ui, 'U');
    assert_true(person_shows(ui, "theme: mono"));
    assert_int_equal(rule_colour(ui), -1);
    person_press(ui, INPUT_DOWN);
    person_press(ui, INPUT_UP);
    person_press(ui, INPUT_PAGE_UP);
    assert_true(person_shows(ui, "theme: mono"));
    person_control(ui, '[');
    assert_false(person_shows(ui, "theme:"));
    assert_int_equal(rule_colour(ui), dark);
    assert_string_equal(person_events(ui), "");
    ui_choose_theme(ui);
    person_press(ui, INPUT_BACKTAB);
    person_type(ui, "\r");
    assert_string_equal(person_events(ui), "Tmono ");
    assert_int_equal(rule_colour(ui), dark); /* until ui_set_theme */
    assert_string_equal(person_draft(ui), "draft");
    ui_free(ui);
}

/* A path may be in it, and it may be cut within a character. */
static void test_what_the_program_says_may_be_any_bytes(void **state)
{
    (void)state;
    static const char bytes[] = "\033[31m\377é\303";
    struct ui *ui = person_start(24, 80);
    assert_int_equal(ui_set_note(ui, bytes), 0);
    assert_true(person_shows(ui, "^[[31m\ufffdé\ufffd"));
    person_type(ui, "a");
    assert_int_equal(ui_open_page(ui, bytes, strlen(bytes)), 0);
    assert_true(person_shows(ui, "^[[31m\ufffdé\ufffd"));
    ui_free(ui);
}

/* Whatever fails for want of memory: no line is lost or sent twice, and it goes on. */
static void test_a_bar_is_there_until_its_end(void **state)
{
    (void)state;
    const struct progress half = {.done = 50, .total = 100};
    char name[] = "notes.txt";
    struct ui *ui = person_start(24, 80);
    assert_int_equal(ui_set_bar(ui, 1, name, &half), 0);
    memset(name, 'x', 5); /* it was copied */
    assert_true(person_shows(ui, "notes.txt  ▰▰▰▰▱▱▱▱  50 %"));
    assert_int_equal(ui_set_note(ui, "a note hides it until the next key"), 0);
    assert_false(person_shows(ui, "notes.txt"));
    person_type(ui, "a");
    assert_true(person_shows(ui, "notes.txt"));
    assert_int_equal(ui_set_bar(ui, 1, NULL, NULL), 0);
    assert_false(person_shows(ui, "notes.txt"));
    ui_free(ui);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    static const char page[] = "a page\nof two lines";
    char lines[100];
    memset(lines, '\n', sizeof lines);
    bool more = true;
    for (size_t n = 0; more; n++) {
        struct ui *ui = person_start(24, 80);
        more = torture_begin(n);
        static const char keys[] = "some text\033\r\022text\033\003\003n";
        for (const char *key = keys; *key; key++) {
            struct input in = {.kind = INPUT_CHAR, .code = (unsigned char)*key};
            ui_input(ui, &in);
        }
        struct input in = {.kind = INPUT_PASTE, .text = lines, .len = sizeof lines};
        ui_input(ui, &in);
        ui_input(ui, &(struct input){.kind = INPUT_CHAR, .code = 'n'});
        ui_open_page(ui, page, strlen(page));
        ui_set_note(ui, "note");
        ui_set_bar(ui, 0, "work", &(struct progress){.total = 1});
        ui_set_status(ui, &person_status);
        ui_draw(ui);
        torture_end();
        size_t lines_sent = 0;
        struct ui_event e;
        while (ui_next(ui, &e) == 1)
            lines_sent += e.type == UI_LINE;
        assert_true(lines_sent <= 1 && (lines_sent == 1 || torture_failed()));
        assert_non_null(ui_draw(ui));
        person_type(ui, "x");
        assert_non_null(strchr(person_draft(ui), 'x'));
        ui_free(ui);
    }
    for (size_t n = 0; torture_begin(n); n++) {
        struct ui *ui = ui_new(&person_options);
        torture_end();
        assert_int_equal(ui != NULL, !torture_failed());
        ui_free(ui);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_ways_to_quit),
        cmocka_unit_test(test_a_page_lies_over_the_conversation),
        cmocka_unit_test(test_the_second_column_of_a_page_hangs),
        cmocka_unit_test(test_a_page_is_read_as_in_a_pager),
        cmocka_unit_test(test_the_manual_explains_every_mark),
        cmocka_unit_test(test_a_long_message_opens),
        cmocka_unit_test(test_seen_means_that_a_person_was_there),
        cmocka_unit_test(test_seen_below_what_is_read),
        cmocka_unit_test(test_the_newest_stay_where_a_place_far_back_is_loaded),
        cmocka_unit_test(test_what_goes_to_the_bottom),
        cmocka_unit_test(test_the_oldest_are_asked_for),
        cmocka_unit_test(test_what_is_new_is_marked_once),
        cmocka_unit_test(test_older_ones_are_asked_for),
        cmocka_unit_test(test_searching),
        cmocka_unit_test(test_reading_goes_on_with_the_arrows),
        cmocka_unit_test(test_choosing_a_theme),
        cmocka_unit_test(test_a_bar_is_there_until_its_end),
        cmocka_unit_test(test_what_the_program_says_may_be_any_bytes),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
