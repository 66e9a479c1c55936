/* What a person sees, against the pictures in tests/data/screens. */
#include "picture.h"
#include "torture.h"
#include "view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct view_status sealed = {
    .room = "lobby",
    .peer = "bob",
    .presence = VIEW_HERE,
    .trust = "sealed · verified",
    .round_trip_ms = 2,
};

struct scene {
    struct view view;
    size_t top;
    struct canvas *canvas;
};

static struct scene new_scene(void)
{
    struct scene s = {.canvas = canvas_new()};
    s.view = (struct view){
        .transcript = transcript_new(1000),
        .editor = editor_new(),
        .theme = {THEME_DARK, 16},
        .status = &sealed,
    };
    return s;
}

static void end_scene(struct scene *s)
{
    transcript_free(s->view.transcript);
    transcript_free(s->view.latest);
    transcript_free(s->view.page);
    editor_free(s->view.editor);
    canvas_free(s->canvas);
}

static void draw(struct scene *s, int rows, int columns)
{
    s->view.editor_top = &s->top;
    assert_int_equal(view_draw(&s->view, rows, columns, s->canvas), 0);
}

static void check(struct scene *s, int rows, int columns, const char *name)
{
    draw(s, rows, columns);
    char *picture = picture_of(s->canvas);
    picture_check(name, picture);
    free(picture);
}

static struct transcript_entry said(uint64_t id, unsigned minute, const char *text)
{
    static char time[64][8];
    snprintf(time[minute % 64], sizeof time[0], "%02u:%02u", minute / 60 % 24, minute % 60);
    return (struct transcript_entry){
        .id = id,
        .kind = TRANSCRIPT_THEIRS,
        .author = "bob",
        .text = text,
        .text_len = strlen(text),
        .day = 1,
        .minute = (int)minute,
        .day_text = "Friday, 20 November 2026",
        .time_text = time[minute % 64],
    };
}

static struct transcript_entry mine(uint64_t id, unsigned minute, const char *text,
                                    enum transcript_mark mark)
{
    struct transcript_entry e = said(id, minute, text);
    e.kind = TRANSCRIPT_MINE;
    e.author = "alice";
    e.mark = mark;
    return e;
}

static void add(struct scene *s, struct transcript_entry e)
{
    assert_int_equal(transcript_append(s->view.transcript, &e), 0);
}

/* The conversation of UI.md. */
static struct scene conversation(void)
{
    struct scene s = new_scene();
    add(&s, mine(1, 554, "morning! the build box is back", TRANSCRIPT_DELIVERED));
    add(&s, mine(2, 554, "can you pull?", TRANSCRIPT_SEEN));
    add(&s, said(3, 555, "pulling now 👍"));
    struct transcript_entry answer =
        said(4, 555,
             "yes. did you see the warning in relay.c? it has been there since Tuesday: "
             "https://intra.example/b/4711");
    answer.quote = "can you pull?";
    add(&s, answer);
    add(&s, said(5, 556, "hello?"));
    transcript_set_new(s.view.transcript, 5);
    struct transcript_entry waiting = mine(6, 556, "sorry, phone", TRANSCRIPT_WAITING);
    waiting.word = "queued";
    add(&s, waiting);
    editor_set(s.view.editor, "fixing it now, gi", 17);
    return s;
}

static void test_the_conversation_at_every_size(void **state)
{
    (void)state;
    static const int sizes[][2] = {{24, 78}, {40, 132}, {18, 60}, {12, 49}, {10, 40},
                                   {7, 30},  {5, 24},   {4, 20},  {4, 19},  {3, 10}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct scene s = conversation();
        char name[64];
        snprintf(name, sizeof name, "conversation-%dx%d", sizes[i][1], sizes[i][0]);
        check(&s, sizes[i][0], sizes[i][1], name);
        end_scene(&s);
    }
}

static void test_reading_back(void **state)
{
    (void)state;
    struct scene s = conversation();
    draw(&s, 12, 78);
    transcript_scroll(s.view.transcript, -3);
    s.view.writing = true;
    check(&s, 12, 78, "reading-back-78x12");
    check(&s, 12, 40, "reading-back-40x12");
    check(&s, 6, 20, "reading-back-20x6");
    check(&s, 12, 78, "reading-back-78x12");
    end_scene(&s);
}

static void test_reading_back_with_the_newest_in_view(void **state)
{
    (void)state;
    struct scene s = conversation();
    for (uint64_t id = 7; id < 30; id++)
        add(&s, said(id, 560 + (unsigned)id / 4, id % 2 ? "news" : "more news"));
    s.view.latest = transcript_new(16);
    s.view.split = true;
    assert_int_equal(transcript_copy_end(s.view.latest, s.view.transcript, 16), 0);
    draw(&s, 22, 60);
    transcript_scroll(s.view.transcript, -1); /* two rows are hidden, and two messages */
    check(&s, 22, 60, "split-60x22");
    transcript_top(s.view.transcript);
    check(&s, 22, 60, "split-top-60x22");
    s.view.ascii = true;
    transcript_set_newer(s.view.transcript, true);
    check(&s, 22, 60, "split-ascii-60x22");
    s.view.ascii = false;
    check(&s, 18, 40, "split-no-room-40x18");
    transcript_set_newer(s.view.transcript, false);
    transcript_bottom(s.view.transcript);
    check(&s, 22, 60, "split-end-60x22");
    end_scene(&s);
}

static void test_without_unicode(void **state)
{
    (void)state;
    struct scene s = conversation();
    draw(&s, 14, 60);
    transcript_scroll(s.view.transcript, -2);
    s.view.ascii = true;
    s.view.writing = true;
    check(&s, 14, 60, "ascii-60x14");
    end_scene(&s);
}

static void test_every_kind_of_entry(void **state)
{
    (void)state;
    struct scene s = new_scene();
    struct transcript_entry e = said(0, 554, "bob is here");
    e.kind = TRANSCRIPT_NOTICE;
    e.author = NULL;
    add(&s, e);
    e = said(1, 554,
             "waves and goes on waving until this line is longer than one row of the pane is");
    e.action = true;
    add(&s, e);
    add(&s, said(2, 554,
                 "three lines:\n    one that is indented\n\nand 中文中文中文 "
                 "👨‍👩‍👧‍👦, "
                 "e\u0301"));
    static const char *const words[] = {
        NULL, "queued", NULL, NULL, NULL, "bob's queue is full: it goes when there is room again"};
    for (int mark = TRANSCRIPT_NONE; mark <= TRANSCRIPT_REFUSED; mark++) {
        e = mine((uint64_t)(3 + mark), 555 + (unsigned)mark, "a message",
                 (enum transcript_mark)mark);
        e.word = words[mark];
        add(&s, e);
    }
    e = said(0, 600, "the disk is full: nothing was sent");
    e.kind = TRANSCRIPT_ERROR;
    e.author = NULL;
    e.day = 2;
    e.day_text = "Saturday, 21 November 2026";
    add(&s, e);
    e = said(20, 601, "my name is long");
    e.author = "Bartholomäus-der-Große";
    e.day = 2;
    e.quote =
        "a quoted line that is much longer than there is room for, so that it is cut at the end";
    add(&s, e);
    check(&s, 34, 72, "kinds-72x34");
    check(&s, 40, 36, "kinds-36x40");
    end_scene(&s);
}

static void test_what_became_of_messages(void **state)
{
    (void)state;
    struct scene s = new_scene();
    struct transcript_entry e = mine(1, 554, "lets meet at four", TRANSCRIPT_SEEN);
    e.note = "edited  👍 bob";
    add(&s, e);
    e = said(2, 555, "deleted");
    e.gone = true;
    add(&s, e);
    add(&s, mine(3, 556, "are you there?", TRANSCRIPT_DELIVERED));
    e = said(4, 556, "I come at five, and the others come at six, so do not wait for us");
    e.after = 1;
    e.quote = "lets meet at four";
    e.note = "edited  👍 alice  and so much more that it cannot be shown in one line";
    add(&s, e);
    transcript_choose(s.view.transcript, 4);
    check(&s, 16, 60, "changes-60x16");
    s.view.ascii = true;
    check(&s, 16, 40, "changes-ascii-40x16");
    end_scene(&s);
}

static void test_the_top_line(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct view_status status;
    } cases[] = {
        {"status-nobody", {.room = "tea", .round_trip_ms = 31}},
        {"status-away",
         {.room = "tea", .peer = "bob", .presence = VIEW_AWAY, .round_trip_ms = 12345}},
        {"status-left", {.room = "tea", .peer = "bob", .presence = VIEW_LEFT, .round_trip_ms = -1}},
        {"status-not-private",
         {.room = "tea",
          .peer = "bob",
          .presence = VIEW_OFFLINE,
          .trust = "NOT PRIVATE",
          .not_private = true,
          .round_trip_ms = 0}},
        {"status-away-not-private",
         {.room = "lobby",
          .peer = "alice",
          .presence = VIEW_AWAY,
          .trust = "NOT PRIVATE",
          .not_private = true,
          .round_trip_ms = 0}},
        {"status-no-tls",
         {.room = "tea",
          .peer = "bob",
          .presence = VIEW_HERE,
          .trust = "sealed · no TLS · not yet verified",
          .round_trip_ms = 2}},
        {"status-trouble",
         {.room = "lobby",
          .peer = "bob",
          .presence = VIEW_HERE,
          .trust = "sealed · verified",
          .trouble = "reconnecting in 4 s (refused by den:12121)",
          .round_trip_ms = 2}},
        {"status-long",
         {.room = "a-room-with-a-very-long-name-that-does-not-fit",
          .peer = "Bartholomäus-der-Große",
          .presence = VIEW_HERE,
          .trouble = "reconnecting in 4 s (refused by den:12121)",
          .round_trip_ms = 2}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene s = new_scene();
        s.view.status = &cases[i].status;
        char *all = calloc(1, 1);
        for (int columns = 80; columns >= 20; columns -= 20) {
            draw(&s, 4, columns);
            char *picture = picture_of(s.canvas);
            picture[strcspn(picture, "\n") + 1] = '\0';
            all = realloc(all, strlen(all) + strlen(picture) + 1);
            strcat(all, picture);
            free(picture);
        }
        picture_check(cases[i].name, all);
        free(all);
        end_scene(&s);
    }
}

static void test_the_input(void **state)
{
    (void)state;
    struct scene s = new_scene();
    static const char text[] =
        "several lines:\n  of which some are longer than the pane is wide, so "
        "that they take two rows\n\tand 中文 too\n4\n5\n6\n7\n8\n9";
    editor_set(s.view.editor, text, strlen(text));
    check(&s, 15, 50, "input-50x15");
    for (int i = 0; i < 8; i++)
        editor_do(s.view.editor, ACTION_UP);
    check(&s, 15, 50, "input-top-50x15");
    editor_set(s.view.editor, "/quit", 5);
    check(&s, 6, 30, "input-command-30x6");
    editor_set(s.view.editor, "//quit", 6);
    check(&s, 6, 30, "input-no-command-30x6");
    s.view.question = "paste 34 lines? (y/n)";
    check(&s, 6, 30, "input-question-30x6");
    s.view.question = NULL;
    s.view.prompt = "search:";
    s.view.note = "no such text in what is loaded";
    check(&s, 6, 40, "input-search-40x6");
    end_scene(&s);
}

static void test_what_takes_long(void **state)
{
    (void)state;
    struct scene s = conversation();
    char photo[] = "photo.jpg", notes[] = "notes";
    struct view_bar bars[VIEW_BARS] = {
        {photo, {.done = 12345678, .total = 30100000, .pace = 2100000}}};
    s.view.bars = bars;
    check(&s, 12, 78, "progress-78x12");
    check(&s, 4, 20, "progress-20x4");
    s.view.writing = true;
    check(&s, 12, 78, "progress-writing-78x12");
    bars[1] = (struct view_bar){notes, {.done = 12, .total = 900}};
    check(&s, 12, 78, "progress-writing-78x12"); /* there is no room for the second one */
    s.view.writing = false;
    check(&s, 12, 78, "progress-both-78x12");
    transcript_scroll(s.view.transcript, -3);
    check(&s, 12, 60, "progress-below-60x12");
    s.view.ascii = true;
    check(&s, 12, 78, "progress-ascii-78x12");
    end_scene(&s);
}

static void test_a_page(void **state)
{
    (void)state;
    struct scene s = conversation();
    static const char text[] =
        "Keys\n\n  ^A        to the start of the line\n  ^E        to its end, "
        "which is a long way to go\n\nCommands\n\n  /quit     ends it";
    s.view.page = transcript_new(1);
    struct transcript_entry e = {.kind = TRANSCRIPT_PAGE, .text = text, .text_len = strlen(text)};
    transcript_append(s.view.page, &e);
    transcript_set_size(s.view.page, 1, 1);
    transcript_top(s.view.page);
    check(&s, 20, 60, "page-60x20");
    check(&s, 8, 40, "page-40x8");
    transcript_bottom(s.view.page);
    check(&s, 8, 40, "page-end-40x8");
    end_scene(&s);
}

static void test_styles(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct theme theme;
    } cases[] = {
        {"styles-dark", {THEME_DARK, 16}},
        {"styles-light", {THEME_LIGHT, 16}},
        {"styles-8-colours", {THEME_DARK, 8}},
        {"styles-mono", {THEME_DARK, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene s = conversation();
        s.view.theme = cases[i].theme;
        transcript_search(s.view.transcript, "PULL", 4);
        draw(&s, 18, 60);
        char *picture = picture_of_styles(s.canvas);
        picture_check(cases[i].name, picture);
        free(picture);
        end_scene(&s);
    }
}

static void test_out_of_memory_is_told(void **state)
{
    (void)state;
    bool more = true;
    for (size_t n = 0; more; n++) {
        struct scene s = conversation();
        s.view.editor_top = &s.top;
        more = torture_begin(n);
        int rc = view_draw(&s.view, 24, 80, s.canvas);
        torture_end();
        assert_int_equal(rc == 0, !torture_failed());
        draw(&s, 24, 80);
        end_scene(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_conversation_at_every_size),
        cmocka_unit_test(test_reading_back),
        cmocka_unit_test(test_reading_back_with_the_newest_in_view),
        cmocka_unit_test(test_without_unicode),
        cmocka_unit_test(test_every_kind_of_entry),
        cmocka_unit_test(test_what_became_of_messages),
        cmocka_unit_test(test_the_top_line),
        cmocka_unit_test(test_the_input),
        cmocka_unit_test(test_what_takes_long),
        cmocka_unit_test(test_a_page),
        cmocka_unit_test(test_styles),
        cmocka_unit_test(test_out_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
