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

const struct view_status person_status = {
    .room = "lobby",
    .peer = "bob",
    .presence = VIEW_HERE,
    .round_trip_ms = -1,
};

const struct ui_options person_options = {.theme = {THEME_DARK, 16}, .keep = 1000};

void person_press(struct ui *ui, enum input_kind kind)
{
    assert_int_equal(ui_input(ui, &(struct input){.kind = kind}), 0);
}

void person_control(struct ui *ui, char letter)
{
    struct input in = {.kind = INPUT_CHAR, .code = letter & 0x1fu};
    assert_int_equal(ui_input(ui, &in), 0);
}

void person_type(struct ui *ui, const char *text)
{
    for (; *text; text++) {
        struct input in = {.kind = INPUT_CHAR, .code = (unsigned char)*text};
        assert_int_equal(ui_input(ui, &in), 0);
    }
}

void person_paste(struct ui *ui, const char *text, size_t len)
{
    struct input in = {.kind = INPUT_PASTE, .text = text, .len = len};
    assert_int_equal(ui_input(ui, &in), 0);
}

struct ui *person_start(int rows, int columns)
{
    struct ui *ui = ui_new(&person_options);
    struct input size = {.kind = INPUT_RESIZE, .rows = rows, .columns = columns};
    assert_int_equal(ui_set_status(ui, &person_status), 0);
    assert_int_equal(ui_input(ui, &size), 0);
    assert_non_null(ui_draw(ui));
    return ui;
}

void person_theirs(struct ui *ui, uint64_t id, const char *text)
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
const char *person_events(struct ui *ui)
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

const char *person_draft(struct ui *ui)
{
    size_t len;
    return editor_text(ui_editor(ui), &len);
}

bool person_shows(struct ui *ui, const char *text)
{
    char *picture = picture_of(ui_draw(ui));
    bool found = strstr(picture, text);
    free(picture);
    return found;
}
