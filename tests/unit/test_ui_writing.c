#include "person.h"
#include "picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_lines_go_out_in_order(void **state)
{
    (void)state;
    struct ui *ui = person_start(24, 80);
    assert_string_equal(person_events(ui), "");
    person_press(ui, INPUT_CHAR);
    person_type(ui, "\r");
    assert_string_equal(person_events(ui), "");
    person_type(ui, "one\rtwo\n\rthree");
    assert_string_equal(person_events(ui), "Lone Ltwo D ");
    person_type(ui, "\025 \n\r");
    assert_true(person_shows(ui, "nothing but white space"));
    assert_string_equal(person_events(ui), "D ");
    person_type(ui, "\025\025three");
    assert_string_equal(person_events(ui), "D ");
    assert_string_equal(person_draft(ui), "three");
    person_control(ui, 'E');
    assert_string_equal(person_events(ui), "");
    assert_int_equal(ui_set_draft(ui, "draft", 5), 0);
    assert_string_equal(person_events(ui), "");
    person_type(ui, "\t");
    person_control(ui, 'L');
    person_control(ui, 'Z');
    person_press(ui, INPUT_SUSPEND);
    person_press(ui, INPUT_F1);
    assert_string_equal(person_events(ui), "C R Z Z H ");
    ui_free(ui);
}

static void test_cancelling_forgets_what_was_recalled(void **state)
{
    (void)state;
    struct ui *ui = person_start(24, 80);
    person_type(ui, "one\rtwo\r");
    person_press(ui, INPUT_UP);
    person_press(ui, INPUT_UP);
    person_type(ui, " changed");
    assert_string_equal(person_draft(ui), "one changed");
    person_control(ui, 'C');
    person_press(ui, INPUT_UP);
    assert_string_equal(person_draft(ui), "two");
    person_press(ui, INPUT_UP);
    assert_string_equal(person_draft(ui), "one");
    ui_free(ui);
}

static void test_pastes(void **state)
{
    (void)state;
    struct ui *ui = person_start(24, 80);
    person_paste(ui, "one\ntwo", 7);
    person_paste(ui, "", 0);
    assert_string_equal(person_draft(ui), "one\ntwo");
    person_paste(ui, "\xff-\0-\xc3", 5);
    assert_string_equal(person_draft(ui), "one\ntwo--");
    assert_true(person_shows(ui, "were left out"));
    person_control(ui, 'C');

    char lines[61], expected[64];
    for (int i = 0; i < 60; i++)
        lines[i] = i % 2 ? '\n' : 'x';
    person_paste(ui, lines, 41);
    assert_string_equal(person_draft(ui), "");
    assert_true(person_shows(ui, "paste 21 lines? (y/n, s: send"));
    person_type(ui, "abc");
    person_paste(ui, "more", 4);
    assert_string_equal(person_draft(ui), "");
    person_type(ui, "\r");
    assert_int_equal(strlen(person_draft(ui)), 41);
    assert_string_equal(person_events(ui), "D ");
    person_control(ui, 'C');
    static const char no[] = {'n', 27, 3, 4};
    for (size_t i = 0; i < sizeof no; i++) {
        person_paste(ui, lines, 60);
        person_type(ui, (char[]){no[i], '\0'});
        assert_false(person_shows(ui, "paste"));
        assert_string_equal(person_draft(ui), "");
    }
    person_paste(ui, lines, 60);
    person_events(ui);
    person_control(ui, 'Z');
    person_control(ui, 'L');
    assert_string_equal(person_events(ui), "Z R ");
    assert_true(person_shows(ui, "paste 30 lines?"));
    person_type(ui, "n");
    person_paste(ui, lines, 40); /* 20 lines */
    assert_int_equal(strlen(person_draft(ui)), 40);
    person_events(ui);
    person_type(ui, "\r");
    snprintf(expected, sizeof expected, "L%.39s D ", lines);
    assert_string_equal(person_events(ui), expected);
    ui_free(ui);
}

static void test_a_paste_that_is_not_marked_is_not_sent(void **state)
{
    (void)state;
    struct ui *ui = person_start(24, 80);
    struct input enter = {.kind = INPUT_CHAR, .code = '\r', .pasted = true};
    person_type(ui, "one");
    assert_int_equal(ui_input(ui, &enter), 0);
    person_type(ui, "two");
    assert_string_equal(person_draft(ui), "one\ntwo");
    person_control(ui, 'R');
    person_type(ui, "x");
    assert_int_equal(ui_input(ui, &enter), 0);
    assert_string_equal(person_draft(ui), "one\ntwo");
    person_events(ui);
    enter.pasted = false;
    assert_int_equal(ui_input(ui, &enter), 0);
    assert_string_equal(person_events(ui), "Lone\ntwo D ");
    ui_free(ui);
}

static void test_a_paste_is_sent_as_one_block(void **state)
{
    (void)state;
    struct ui *ui = person_start(24, 80);
    char lines[64] = "/quit", feeds[30];
    memset(lines + 5, '\n', 25);
    memset(feeds, '\n', sizeof feeds);
    lines[29] = 'x';
    person_type(ui, "draft");
    person_paste(ui, lines, 30);
    assert_true(person_shows(ui, "s: send as one block"));
    person_type(ui, "s");
    lines[30] = ' ';
    char expected[64];
    snprintf(expected, sizeof expected, "K%.*s D ", 30, lines);
    assert_string_equal(person_events(ui), expected);
    assert_string_equal(person_draft(ui), "draft");
    person_press(ui, INPUT_UP);
    assert_int_equal(strlen(person_draft(ui)), 30);
    person_control(ui, 'C');
    person_paste(ui, feeds, sizeof feeds);
    person_type(ui, "s"); /* there is nothing in it */
    assert_false(person_shows(ui, "paste"));
    assert_string_equal(person_events(ui), "D ");
    ui_free(ui);
}

static void test_what_was_sent_is_taken_back(void **state)
{
    (void)state;
    struct ui *ui = person_start(24, 80);
    assert_int_equal(ui_set_held(ui, "hello"), 0);
    assert_true(person_shows(ui, "↶ Esc takes it back: hello"));
    person_type(ui, "x\033");
    person_press(ui, INPUT_UP); /* something is written: it is no time for that */
    assert_string_equal(person_events(ui), "D ");
    person_control(ui, 'C');
    person_type(ui, "\033");
    person_press(ui, INPUT_UP);
    assert_string_equal(person_events(ui), "G G D ");
    assert_int_equal(ui_set_line(ui, "hello", 5), 0);
    assert_string_equal(person_draft(ui), "hello");
    person_control(ui, 'C');
    person_events(ui);
    assert_int_equal(ui_set_held(ui, NULL), 0);
    assert_false(person_shows(ui, "hello"));
    person_type(ui, "\033");
    assert_string_equal(person_events(ui), "");
    ui_free(ui);
}

static void test_what_is_too_long_is_refused(void **state)
{
    (void)state;
    struct ui *ui = person_start(24, 80);
    char *text = malloc(EDITOR_MAX + 1);
    memset(text, '\n', EDITOR_MAX + 1);
    person_paste(ui, text, EDITOR_MAX + 1);
    assert_true(person_shows(ui, "too long"));
    struct input in = {.kind = INPUT_PASTE, .text = text, .len = 100, .cut = true};
    ui_input(ui, &in);
    assert_true(person_shows(ui, "too long"));
    memset(text, 'x', EDITOR_MAX);
    person_paste(ui, text, EDITOR_MAX);
    person_press(ui, INPUT_HOME);
    assert_false(person_shows(ui, "too long"));
    person_type(ui, "y");
    assert_true(person_shows(ui, "too long"));
    assert_int_equal(strlen(person_draft(ui)), EDITOR_MAX);
    free(text);
    ui_free(ui);
}

static void test_completing(void **state)
{
    (void)state;
    static const struct offer_choice choices[] = {
        {"/reply", "/reply ", "/reply text"},
        {"/react", "/react ", "/react :emoji:"},
        {"/redo", "/redo", "/redo"},
    };
    struct ui *ui = person_start(10, 40);
    person_type(ui, "/r\t");
    assert_string_equal(person_events(ui), "C D ");
    assert_int_equal(ui_offer(ui, 0, choices, 3), 0);
    assert_string_equal(person_draft(ui), "/re");
    assert_true(person_shows(ui, "/react :emoji:\n"));
    person_type(ui, "\t\t");
    assert_string_equal(person_draft(ui), "/react ");
    char *picture = picture_of_styles(ui_draw(ui));
    picture_check("offer-styles-40x10", picture);
    free(picture);
    picture = picture_of(ui_draw(ui));
    picture_check("offer-40x10", picture);
    free(picture);
    person_press(ui, INPUT_BACKTAB);
    person_press(ui, INPUT_BACKTAB);
    assert_string_equal(person_draft(ui), "/redo");
    person_type(ui, "\033");
    assert_string_equal(person_draft(ui), "/r");
    assert_false(person_shows(ui, "emoji"));
    assert_int_equal(ui_offer(ui, 0, choices, 3), 0);
    person_type(ui, "\t:");
    assert_string_equal(person_draft(ui), "/reply :");
    assert_false(person_shows(ui, "emoji"));
    assert_int_equal(ui_offer(ui, 7, choices, 0), 0);
    assert_true(person_shows(ui, "nothing that can be completed"));
    assert_int_equal(ui_offer(ui, 7, &(struct offer_choice){":a:", "A", "a"}, 1), 0);
    assert_string_equal(person_draft(ui), "/reply A");
    ui_free(ui);
}

static void test_a_narrow_list_shows_no_halves(void **state)
{
    (void)state;
    static const struct offer_choice choices[] = {
        {"/help", "/help ", "/help [command]      shows this"},
        {"/hi", "/hi", "👋  :hi:"},
    };
    struct ui *ui = person_start(14, 30);
    assert_int_equal(ui_offer(ui, 0, choices, 2), 0);
    assert_true(person_shows(ui, " /help [command]\n"));
    assert_true(person_shows(ui, " 👋  :hi:\n"));
    assert_true(person_shows(ui, "2 choices"));
    struct input size = {.kind = INPUT_RESIZE, .rows = 14, .columns = 60};
    assert_int_equal(ui_input(ui, &size), 0);
    assert_true(person_shows(ui, " /help [command]      shows this\n"));
    person_type(ui, "\t");
    assert_true(person_shows(ui, "1 of 2"));
    ui_free(ui);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_go_out_in_order),
        cmocka_unit_test(test_cancelling_forgets_what_was_recalled),
        cmocka_unit_test(test_pastes),
        cmocka_unit_test(test_a_paste_that_is_not_marked_is_not_sent),
        cmocka_unit_test(test_a_paste_is_sent_as_one_block),
        cmocka_unit_test(test_what_was_sent_is_taken_back),
        cmocka_unit_test(test_what_is_too_long_is_refused),
        cmocka_unit_test(test_completing),
        cmocka_unit_test(test_a_narrow_list_shows_no_halves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
