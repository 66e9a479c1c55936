#include "picture.h"
#include "torture.h"
#include "ui.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct view_status status = {
    .room = "lobby",
    .peer = "bob",
    .presence = VIEW_HERE,
    .round_trip_ms = -1,
};

static const struct ui_options options = {.theme = {THEME_DARK, 16}, .keep = 1000};

static void press(struct ui *ui, enum input_kind kind)
{
    assert_int_equal(ui_input(ui, &(struct input){.kind = kind}), 0);
}

static void control(struct ui *ui, char letter)
{
    struct input in = {.kind = INPUT_CHAR, .code = letter & 0x1fu};
    assert_int_equal(ui_input(ui, &in), 0);
}

static void type(struct ui *ui, const char *text)
{
    for (; *text; text++) {
        struct input in = {.kind = INPUT_CHAR, .code = (unsigned char)*text};
        assert_int_equal(ui_input(ui, &in), 0);
    }
}

static void paste(struct ui *ui, const char *text, size_t len)
{
    struct input in = {.kind = INPUT_PASTE, .text = text, .len = len};
    assert_int_equal(ui_input(ui, &in), 0);
}

static struct ui *new_ui(int rows, int columns)
{
    struct ui *ui = ui_new(&options);
    struct input size = {.kind = INPUT_RESIZE, .rows = rows, .columns = columns};
    assert_int_equal(ui_set_status(ui, &status), 0);
    assert_int_equal(ui_input(ui, &size), 0);
    assert_non_null(ui_draw(ui));
    return ui;
}

static void theirs(struct ui *ui, uint64_t id, const char *text)
{
    struct transcript_entry e = {
        .id = id,
        .kind = TRANSCRIPT_THEIRS,
        .author = "bob",
        .text = text,
        .text_len = strlen(text),
    };
    assert_int_equal(ui_append(ui, &e), 0);
}

/* All events that there are, each with a letter: L line, K block, G take back, D draft, O older, S
 * seen, … */
static const char *events(struct ui *ui)
{
    static char out[512];
    struct ui_event e;
    size_t len = 0;
    out[0] = '\0';
    while (ui_next(ui, &e) == 1) {
        const char *text =
            e.type == UI_LINE || e.type == UI_BLOCK || e.type == UI_SEARCH || e.type == UI_THEME
                ? e.text
                : "";
        len += (size_t)snprintf(out + len, sizeof out - len, "%c%s%s",
                                "LKGDONEAJFSCYBTHRZVQ"[e.type], text, e.up ? "^" : "");
        if (e.type == UI_SEEN)
            len += (size_t)snprintf(out + len, sizeof out - len, "%d", (int)e.id);
        len += (size_t)snprintf(out + len, sizeof out - len, " ");
    }
    return out;
}

static const char *draft(struct ui *ui)
{
    size_t len;
    return editor_text(ui_editor(ui), &len);
}

static bool shows(struct ui *ui, const char *text)
{
    char *picture = picture_of(ui_draw(ui));
    bool found = strstr(picture, text);
    free(picture);
    return found;
}

static void test_lines_go_out_in_order(void **state)
{
    (void)state;
    struct ui *ui = new_ui(24, 80);
    assert_string_equal(events(ui), "");
    press(ui, INPUT_CHAR);
    type(ui, "\r");
    assert_string_equal(events(ui), "");
    type(ui, "one\rtwo\n\rthree");
    assert_string_equal(events(ui), "Lone Ltwo\n D ");
    type(ui, "\025 \n\r");
    assert_true(shows(ui, "nothing but white space"));
    assert_string_equal(events(ui), "D ");
    type(ui, "\025\025three");
    assert_string_equal(events(ui), "D ");
    assert_string_equal(draft(ui), "three");
    control(ui, 'E');
    assert_string_equal(events(ui), "");
    assert_int_equal(ui_set_draft(ui, "draft", 5), 0);
    assert_string_equal(events(ui), "");
    type(ui, "\t");
    control(ui, 'L');
    control(ui, 'Z');
    press(ui, INPUT_SUSPEND);
    press(ui, INPUT_F1);
    assert_string_equal(events(ui), "C R Z Z H ");
    ui_free(ui);
}

static void test_the_ways_to_quit(void **state)
{
    (void)state;
    struct ui *ui = new_ui(24, 80);
    type(ui, "text");
    control(ui, 'C');
    assert_string_equal(draft(ui), "");
    assert_string_equal(events(ui), "D ");
    control(ui, '_');
    assert_string_equal(draft(ui), "text");
    control(ui, 'C');
    control(ui, 'C');
    assert_true(shows(ui, "quit? (y/n)"));
    type(ui, "n");
    assert_false(shows(ui, "quit?"));
    control(ui, 'C');
    type(ui, "hello"); /* no answer: one goes on writing */
    assert_string_equal(draft(ui), "hello");
    assert_string_equal(events(ui), "D ");
    control(ui, 'D');
    assert_string_equal(draft(ui), "hello");
    control(ui, 'U');
    control(ui, 'C');
    control(ui, 'C');
    control(ui, 'C');
    type(ui, "y");
    control(ui, 'U');
    control(ui, 'D');
    assert_string_equal(events(ui), "Q Q Q D ");
    ui_free(ui);
}

static void test_cancelling_forgets_what_was_recalled(void **state)
{
    (void)state;
    struct ui *ui = new_ui(24, 80);
    type(ui, "one\rtwo\r");
    press(ui, INPUT_UP);
    press(ui, INPUT_UP);
    type(ui, " changed");
    assert_string_equal(draft(ui), "one changed");
    control(ui, 'C');
    press(ui, INPUT_UP);
    assert_string_equal(draft(ui), "two");
    press(ui, INPUT_UP);
    assert_string_equal(draft(ui), "one");
    ui_free(ui);
}

static void test_a_page_lies_over_the_conversation(void **state)
{
    (void)state;
    struct ui *ui = new_ui(10, 40);
    theirs(ui, 1, "hello");
    static const char text[] = "1\n2\n3\n4\n5\n6\n7\n8\n9\nlast";
    assert_int_equal(ui_open_page(ui, text, strlen(text)), 0);
    assert_true(shows(ui, " 1\n"));
    assert_false(shows(ui, "hello"));
    assert_string_equal(events(ui), ""); /* and what is under it is not seen */
    press(ui, INPUT_END);
    assert_true(shows(ui, " last\n"));
    press(ui, INPUT_HOME);
    press(ui, INPUT_DOWN);
    assert_true(shows(ui, " 2\n"));
    assert_false(shows(ui, " 1\n"));
    type(ui, "\033");
    assert_true(shows(ui, "hello"));
    ui_open_page(ui, text, strlen(text));
    press(ui, INPUT_F1);
    assert_true(shows(ui, "hello"));
    ui_open_page(ui, text, strlen(text));
    type(ui, "sent\r");
    assert_true(shows(ui, "hello"));
    ui_free(ui);
}

static void test_the_second_column_of_a_page_hangs(void **state)
{
    (void)state;
    static const char text[] = "Keys\n\n  ^R, M-r     searches what was said, and goes there\n"
                               "  longer than anything  so it hangs\n  a word\nend  ";
    struct ui *ui = new_ui(16, 40);
    assert_int_equal(ui_open_page(ui, text, strlen(text)), 0);
    assert_true(shows(ui, "\n Keys\n\n   ^R, M-r     searches what was said,\n"
                          "               and goes there\n"
                          "   longer than anything  so it hangs\n   a word\n end\n"));
    ui_input(ui, &(struct input){.kind = INPUT_RESIZE, .rows = 16, .columns = 24});
    assert_true(shows(ui, "\n   ^R, M-r\n     searches what was\n     said, and goes\n"
                          "     there\n   longer than anything\n     so it hangs\n   a word\n"));
    ui_input(ui, &(struct input){.kind = INPUT_RESIZE, .rows = 9, .columns = 24});
    press(ui, INPUT_END);
    assert_true(shows(ui, "\n     so it hangs\n   a word\n end\n"));
    ui_input(ui, &(struct input){.kind = INPUT_RESIZE, .rows = 9, .columns = 60});
    assert_true(shows(ui, "\n end\n"));
    ui_free(ui);
}

static void test_a_page_is_read_as_in_a_pager(void **state)
{
    (void)state;
    static const char text[] = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\nlast";
    struct ui *ui = new_ui(10, 40);
    theirs(ui, 1, "hello");
    ui_open_page(ui, text, strlen(text));
    type(ui, " ");
    assert_false(shows(ui, " one\n"));
    type(ui, "q");
    assert_true(shows(ui, "hello"));
    assert_string_equal(draft(ui), "");
    ui_open_page(ui, text, strlen(text));
    type(ui, "w q");
    assert_true(shows(ui, " one\n"));
    assert_string_equal(draft(ui), "w q");
    events(ui);
    control(ui, 'R');
    type(ui, "nin");
    assert_true(shows(ui, "▌nine\n"));
    control(ui, 'R');
    assert_true(shows(ui, "no older match"));
    assert_string_equal(events(ui), "");
    control(ui, '[');
    assert_true(shows(ui, "nine\n"));
    control(ui, '[');
    assert_true(shows(ui, "hello"));
    ui_free(ui);
}

static void test_the_manual_explains_every_mark(void **state)
{
    (void)state;
    struct ui *ui = new_ui(10, 40);
    char *text = ui_marks_text(ui);
    assert_non_null(text);
    for (int i = TRANSCRIPT_WAITING; i <= TRANSCRIPT_CROSSED; i++) {
        assert_non_null(strstr(text, view_mark_sign((enum transcript_mark)i, false)));
        assert_non_null(strstr(text, view_mark_help((enum transcript_mark)i)));
    }
    free(text);
    ui_free(ui);
}

static void test_pastes(void **state)
{
    (void)state;
    struct ui *ui = new_ui(24, 80);
    paste(ui, "one\ntwo", 7);
    paste(ui, "", 0);
    assert_string_equal(draft(ui), "one\ntwo");
    paste(ui, "\xff-\0-\xc3", 5);
    assert_string_equal(draft(ui), "one\ntwo--");
    assert_true(shows(ui, "were left out"));
    control(ui, 'C');

    char lines[61];
    for (int i = 0; i < 60; i++)
        lines[i] = i % 2 ? '\n' : 'x';
    paste(ui, lines, 40);
    assert_string_equal(draft(ui), "");
    assert_true(shows(ui, "paste 21 lines? (y/n, s: send"));
    type(ui, "abc");
    paste(ui, "more", 4);
    assert_string_equal(draft(ui), "");
    type(ui, "\r");
    assert_int_equal(strlen(draft(ui)), 40);
    assert_string_equal(events(ui), "D ");
    control(ui, 'C');
    static const char no[] = {'n', 27, 3, 4};
    for (size_t i = 0; i < sizeof no; i++) {
        paste(ui, lines, 60);
        type(ui, (char[]){no[i], '\0'});
        assert_false(shows(ui, "paste"));
        assert_string_equal(draft(ui), "");
    }
    paste(ui, lines, 60);
    events(ui);
    control(ui, 'Z');
    control(ui, 'L');
    assert_string_equal(events(ui), "Z R ");
    assert_true(shows(ui, "paste 31 lines?"));
    type(ui, "n");
    paste(ui, lines, 39); /* 20 lines */
    assert_int_equal(strlen(draft(ui)), 39);
    ui_free(ui);
}

static void test_a_paste_is_sent_as_one_block(void **state)
{
    (void)state;
    struct ui *ui = new_ui(24, 80);
    char lines[64] = "/quit", feeds[30];
    memset(lines + 5, '\n', 25);
    memset(feeds, '\n', sizeof feeds);
    lines[29] = 'x';
    type(ui, "draft");
    paste(ui, lines, 30);
    assert_true(shows(ui, "s: send as one block"));
    type(ui, "s");
    lines[30] = ' ';
    char expected[64];
    snprintf(expected, sizeof expected, "K%.*s D ", 30, lines);
    assert_string_equal(events(ui), expected);
    assert_string_equal(draft(ui), "draft");
    press(ui, INPUT_UP);
    assert_int_equal(strlen(draft(ui)), 30);
    control(ui, 'C');
    paste(ui, feeds, sizeof feeds);
    type(ui, "s"); /* there is nothing in it */
    assert_false(shows(ui, "paste"));
    assert_string_equal(events(ui), "D ");
    ui_free(ui);
}

static void test_what_was_sent_is_taken_back(void **state)
{
    (void)state;
    struct ui *ui = new_ui(24, 80);
    assert_int_equal(ui_set_held(ui, "hello"), 0);
    assert_true(shows(ui, "↶ Esc takes it back: hello"));
    type(ui, "x\033");
    press(ui, INPUT_UP); /* something is written: it is no time for that */
    assert_string_equal(events(ui), "D ");
    control(ui, 'C');
    type(ui, "\033");
    press(ui, INPUT_UP);
    assert_string_equal(events(ui), "G G D ");
    assert_int_equal(ui_set_line(ui, "hello", 5), 0);
    assert_string_equal(draft(ui), "hello");
    control(ui, 'C');
    events(ui);
    assert_int_equal(ui_set_held(ui, NULL), 0);
    assert_false(shows(ui, "hello"));
    type(ui, "\033");
    assert_string_equal(events(ui), "");
    ui_free(ui);
}

static void test_a_long_message_opens(void **state)
{
    (void)state;
    struct ui *ui = new_ui(14, 60);
    theirs(ui, 1, "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\nend");
    assert_true(shows(ui, "… 5 more lines (M-o opens)"));
    struct input fold = {.kind = INPUT_CHAR, .code = 'o', .meta = true};
    assert_int_equal(ui_input(ui, &fold), 0);
    assert_false(shows(ui, "more lines"));
    assert_true(shows(ui, "1\n"));
    assert_int_equal(ui_input(ui, &fold), 0);
    assert_true(shows(ui, "… 5 more lines (M-o opens)"));
    size_t len;
    char *bare = ui_bare_text(ui, &len);
    assert_non_null(strstr(bare, "\nend\n"));
    free(bare);
    theirs(ui, 2, "short");
    transcript_choose(ui_transcript(ui), 2);
    assert_int_equal(ui_input(ui, &fold), 0);
    assert_true(shows(ui, "nothing here is folded"));
    ui_free(ui);
}

static void test_what_is_too_long_is_refused(void **state)
{
    (void)state;
    struct ui *ui = new_ui(24, 80);
    char *text = malloc(EDITOR_MAX + 1);
    memset(text, '\n', EDITOR_MAX + 1);
    paste(ui, text, EDITOR_MAX + 1);
    assert_true(shows(ui, "too long"));
    struct input in = {.kind = INPUT_PASTE, .text = text, .len = 100, .cut = true};
    ui_input(ui, &in);
    assert_true(shows(ui, "too long"));
    memset(text, 'x', EDITOR_MAX);
    paste(ui, text, EDITOR_MAX);
    press(ui, INPUT_HOME);
    assert_false(shows(ui, "too long"));
    type(ui, "y");
    assert_true(shows(ui, "too long"));
    assert_int_equal(strlen(draft(ui)), EDITOR_MAX);
    free(text);
    ui_free(ui);
}

static void test_seen_means_that_a_person_was_there(void **state)
{
    (void)state;
    struct ui *ui = new_ui(10, 40);
    theirs(ui, 1, "one");
    assert_string_equal(events(ui), ""); /* not drawn */
    ui_draw(ui);
    assert_string_equal(events(ui), ""); /* nobody known to be there */
    press(ui, INPUT_UNKNOWN);
    assert_string_equal(events(ui), "S1 ");
    press(ui, INPUT_FOCUS_IN);
    theirs(ui, 2, "two");
    ui_draw(ui);
    assert_string_equal(events(ui), "S2 ");
    press(ui, INPUT_FOCUS_OUT);
    theirs(ui, 3, "three");
    ui_draw(ui);
    assert_string_equal(events(ui), "");
    theirs(ui, 4, "four");
    press(ui, INPUT_FOCUS_IN);
    assert_string_equal(events(ui), "S3 ");
    ui_draw(ui);
    assert_string_equal(events(ui), "S4 ");
    for (uint64_t id = 5; id < 30; id++)
        theirs(ui, id, "more");
    ui_draw(ui);
    assert_string_equal(events(ui), "S29 ");
    press(ui, INPUT_PAGE_UP);
    theirs(ui, 30, "below");
    ui_draw(ui);
    assert_string_equal(events(ui), "");
    struct input small = {.kind = INPUT_RESIZE, .rows = 2, .columns = 10};
    ui_input(ui, &small);
    press(ui, INPUT_END);
    ui_draw(ui);
    assert_string_equal(events(ui), ""); /* too small to show anything */
    ui_free(ui);
}

static void test_seen_below_what_is_read(void **state)
{
    (void)state;
    struct ui *ui = new_ui(24, 40); /* 19 rows; split, 15 and 3 */
    for (uint64_t id = 1; id <= 40; id++)
        theirs(ui, id, "said before");
    ui_set_split(ui, true);
    ui_set_seen(ui, 38);
    press(ui, INPUT_FOCUS_IN);
    ui_draw(ui);
    assert_string_equal(events(ui), "S40 ");
    press(ui, INPUT_PAGE_UP);
    theirs(ui, 41, "below");
    assert_true(shows(ui, "below"));
    assert_true(shows(ui, "▼ 15 more"));
    assert_string_equal(events(ui), "S41 ");
    press(ui, INPUT_FOCUS_OUT);
    for (uint64_t id = 42; id <= 46; id++) {
        theirs(ui, id, "while nobody looks");
        ui_draw(ui);
    }
    press(ui, INPUT_FOCUS_IN);
    ui_draw(ui);
    assert_string_equal(events(ui), ""); /* the first two of them are hidden */
    theirs(ui, 47, "still");
    ui_draw(ui);
    assert_string_equal(events(ui), "");
    press(ui, INPUT_END);
    ui_draw(ui);
    assert_string_equal(events(ui), "S47 ");
    ui_free(ui);
}

static void test_the_newest_stay_where_a_place_far_back_is_loaded(void **state)
{
    (void)state;
    struct ui *ui = new_ui(24, 40);
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
    assert_true(shows(ui, "▼ 25+ more"));
    assert_true(shows(ui, "newest"));
    theirs(ui, 131, "came now");
    assert_true(shows(ui, "came now"));
    assert_int_equal(ui_set_mark(ui, 131, TRANSCRIPT_REFUSED, "a word"), 0);
    assert_true(shows(ui, "a word"));
    ui_set_split(ui, false);
    assert_false(shows(ui, "came now"));
    assert_true(shows(ui, "more below"));
    ui_clear(ui);
    ui_set_split(ui, true);
    assert_false(shows(ui, "came now"));
    assert_false(shows(ui, "more"));
    ui_free(ui);
}

static void test_the_oldest_are_asked_for(void **state)
{
    (void)state;
    struct ui *ui = new_ui(10, 40);
    for (uint64_t id = 1; id <= 40; id++)
        theirs(ui, id, id == 1 ? "first" : "x");
    ui_draw(ui);
    transcript_set_older(ui_transcript(ui), true);
    press(ui, INPUT_HOME);
    assert_string_equal(events(ui), "A S40 ");
    transcript_set_older(ui_transcript(ui), false);
    press(ui, INPUT_HOME);
    assert_string_equal(events(ui), "");
    assert_true(shows(ui, "first"));
    ui_free(ui);
}

static void test_what_is_new_is_marked_once(void **state)
{
    (void)state;
    struct ui *ui = new_ui(24, 40);
    theirs(ui, 1, "one");
    assert_false(shows(ui, " new "));
    press(ui, INPUT_FOCUS_OUT);
    theirs(ui, 2, "two");
    theirs(ui, 3, "three");
    assert_true(shows(ui, "─\n bob  two\n bob  three"));
    press(ui, INPUT_FOCUS_IN);
    theirs(ui, 4, "four");
    assert_true(shows(ui, "─\n bob  two\n bob  three"));
    press(ui, INPUT_FOCUS_OUT);
    assert_true(shows(ui, "─\n bob  two\n bob  three"));
    theirs(ui, 5, "five");
    assert_true(shows(ui, "─\n bob  five"));
    for (uint64_t id = 6; id < 60; id++)
        theirs(ui, id, "more");
    assert_false(shows(ui, "five"));
    struct input in = {.kind = INPUT_CHAR, .code = 'u', .meta = true};
    assert_int_equal(ui_input(ui, &in), 0);
    assert_true(shows(ui, "─\n bob  five"));
    ui_free(ui);
}

static void test_older_ones_are_asked_for(void **state)
{
    (void)state;
    struct ui *ui = ui_new(&options);
    transcript_set_older(ui_transcript(ui), true);
    assert_string_equal(events(ui), ""); /* its size is not known */
    ui_free(ui);
    ui = new_ui(10, 40);
    transcript_set_older(ui_transcript(ui), true);
    assert_string_equal(events(ui), "O ");
    assert_string_equal(events(ui), "");
    ui_free(ui);
}

static void test_searching(void **state)
{
    (void)state;
    struct ui *ui = new_ui(10, 40);
    for (uint64_t id = 1; id <= 40; id++) {
        char text[16];
        snprintf(text, sizeof text, "message %d", (int)id);
        theirs(ui, id, text);
    }
    type(ui, "draft");
    ui_draw(ui);
    events(ui);
    control(ui, 'R');
    type(ui, "E 1");
    assert_true(shows(ui, "search: E 1"));
    assert_true(shows(ui, "message 19"));
    for (int i = 0; i < 10; i++)
        control(ui, 'R');
    assert_true(shows(ui, "message 1\n"));
    assert_string_equal(events(ui), "S40 ");
    control(ui, 'R');
    assert_string_equal(events(ui), "FE 1^ ");
    assert_int_equal(ui_found(ui, 0), 0);
    assert_true(shows(ui, "no older match"));
    control(ui, 'S');
    assert_true(shows(ui, "message 10"));
    type(ui, "x");
    assert_string_equal(events(ui), "FE 1x^ ");
    control(ui, 'S');
    assert_string_equal(events(ui), "FE 1x ");
    assert_int_equal(ui_found(ui, 0), 0);
    assert_true(shows(ui, "no newer match"));
    press(ui, INPUT_UP);
    assert_string_equal(events(ui), "FE 1x^ ");
    assert_int_equal(ui_found(ui, 10), 0);
    type(ui, "\r");
    assert_int_equal(transcript_chosen(ui_transcript(ui)), 10);
    assert_true(shows(ui, " › draft"));
    assert_true(shows(ui, "message 10\n"));
    assert_string_equal(events(ui), "");
    assert_string_equal(draft(ui), "draft");
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
    struct ui *ui = new_ui(10, 40);
    type(ui, "/r\t");
    assert_string_equal(events(ui), "C D ");
    assert_int_equal(ui_offer(ui, 0, choices, 3), 0);
    assert_string_equal(draft(ui), "/re");
    assert_true(shows(ui, "/react :emoji:\n"));
    type(ui, "\t\t");
    assert_string_equal(draft(ui), "/react ");
    char *picture = picture_of_styles(ui_draw(ui));
    picture_check("offer-styles-40x10", picture);
    free(picture);
    picture = picture_of(ui_draw(ui));
    picture_check("offer-40x10", picture);
    free(picture);
    press(ui, INPUT_BACKTAB);
    press(ui, INPUT_BACKTAB);
    assert_string_equal(draft(ui), "/redo");
    type(ui, "\033");
    assert_string_equal(draft(ui), "/r");
    assert_false(shows(ui, "emoji"));
    assert_int_equal(ui_offer(ui, 0, choices, 3), 0);
    type(ui, "\t:");
    assert_string_equal(draft(ui), "/reply :");
    assert_false(shows(ui, "emoji"));
    assert_int_equal(ui_offer(ui, 7, choices, 0), 0);
    assert_true(shows(ui, "nothing that can be completed"));
    assert_int_equal(ui_offer(ui, 7, &(struct offer_choice){":a:", "A", "a"}, 1), 0);
    assert_string_equal(draft(ui), "/reply A");
    ui_free(ui);
}

static void test_a_narrow_list_shows_no_halves(void **state)
{
    (void)state;
    static const struct offer_choice choices[] = {
        {"/help", "/help ", "/help [command]      shows this"},
        {"/hi", "/hi", "👋  :hi:"},
    };
    struct ui *ui = new_ui(14, 30);
    assert_int_equal(ui_offer(ui, 0, choices, 2), 0);
    assert_true(shows(ui, " /help [command]\n"));
    assert_true(shows(ui, " 👋  :hi:\n"));
    assert_true(shows(ui, "2 choices"));
    struct input size = {.kind = INPUT_RESIZE, .rows = 14, .columns = 60};
    assert_int_equal(ui_input(ui, &size), 0);
    assert_true(shows(ui, " /help [command]      shows this\n"));
    type(ui, "\t");
    assert_true(shows(ui, "1 of 2"));
    ui_free(ui);
}

static void test_reading_goes_on_with_the_arrows(void **state)
{
    (void)state;
    struct ui *ui = new_ui(10, 40);
    for (uint64_t id = 1; id <= 40; id++)
        theirs(ui, id, "message");
    type(ui, "sent\r");
    ui_draw(ui);
    press(ui, INPUT_WHEEL_UP);
    press(ui, INPUT_UP);
    assert_true(shows(ui, "2 more below"));
    press(ui, INPUT_DOWN);
    assert_true(shows(ui, "1 more below"));
    press(ui, INPUT_WHEEL_DOWN);
    press(ui, INPUT_UP);
    assert_true(shows(ui, " › sent"));
    ui_free(ui);
}

/* Whatever fails for want of memory: no line is lost or sent twice, and it goes on. */
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
    struct ui *ui = new_ui(24, 80);
    type(ui, "draft");
    int dark = rule_colour(ui);
    ui_choose_theme(ui);
    events(ui);
    assert_true(shows(ui, "theme: dark"));
    assert_int_equal(rule_colour(ui), dark);
    press(ui, INPUT_DOWN);
    assert_true(shows(ui, "theme: light"));
    type(ui, "x\t");
    control(ui, 'U');
    assert_true(shows(ui, "theme: mono"));
    assert_int_equal(rule_colour(ui), -1);
    press(ui, INPUT_DOWN);
    press(ui, INPUT_UP);
    press(ui, INPUT_PAGE_UP);
    assert_true(shows(ui, "theme: mono"));
    control(ui, '[');
    assert_false(shows(ui, "theme:"));
    assert_int_equal(rule_colour(ui), dark);
    assert_string_equal(events(ui), "");
    ui_choose_theme(ui);
    press(ui, INPUT_BACKTAB);
    type(ui, "\r");
    assert_string_equal(events(ui), "Tmono ");
    assert_int_equal(rule_colour(ui), dark); /* until ui_set_theme */
    assert_string_equal(draft(ui), "draft");
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
        struct ui *ui = new_ui(24, 80);
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
        ui_set_status(ui, &status);
        ui_draw(ui);
        torture_end();
        size_t lines_sent = 0;
        struct ui_event e;
        while (ui_next(ui, &e) == 1)
            lines_sent += e.type == UI_LINE;
        assert_true(lines_sent <= 1 && (lines_sent == 1 || torture_failed()));
        assert_non_null(ui_draw(ui));
        type(ui, "x");
        assert_non_null(strchr(draft(ui), 'x'));
        ui_free(ui);
    }
    for (size_t n = 0; torture_begin(n); n++) {
        struct ui *ui = ui_new(&options);
        torture_end();
        assert_int_equal(ui != NULL, !torture_failed());
        ui_free(ui);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_go_out_in_order),
        cmocka_unit_test(test_the_ways_to_quit),
        cmocka_unit_test(test_a_page_lies_over_the_conversation),
        cmocka_unit_test(test_the_second_column_of_a_page_hangs),
        cmocka_unit_test(test_a_page_is_read_as_in_a_pager),
        cmocka_unit_test(test_cancelling_forgets_what_was_recalled),
        cmocka_unit_test(test_the_manual_explains_every_mark),
        cmocka_unit_test(test_pastes),
        cmocka_unit_test(test_a_paste_is_sent_as_one_block),
        cmocka_unit_test(test_what_was_sent_is_taken_back),
        cmocka_unit_test(test_a_long_message_opens),
        cmocka_unit_test(test_what_is_too_long_is_refused),
        cmocka_unit_test(test_seen_means_that_a_person_was_there),
        cmocka_unit_test(test_seen_below_what_is_read),
        cmocka_unit_test(test_the_newest_stay_where_a_place_far_back_is_loaded),
        cmocka_unit_test(test_the_oldest_are_asked_for),
        cmocka_unit_test(test_what_is_new_is_marked_once),
        cmocka_unit_test(test_older_ones_are_asked_for),
        cmocka_unit_test(test_searching),
        cmocka_unit_test(test_completing),
        cmocka_unit_test(test_a_narrow_list_shows_no_halves),
        cmocka_unit_test(test_reading_goes_on_with_the_arrows),
        cmocka_unit_test(test_choosing_a_theme),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
