/*
 * A script of keys, pastes, messages and sizes. Bytes below 0x80 are typed as they are; 0x80 and up
 * are the keys of enum input_kind; from 0xc0 on they are what `others` says, some with arguments
 * behind them. After all but plain keys the screen is drawn, and nothing on it may be what a
 * terminal obeys.
 */
#include "text.h"
#include "ui.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct script {
    const uint8_t *bytes;
    size_t len;
    struct ui *ui;
    uint64_t newest, oldest;
};

static unsigned take(struct script *s)
{
    if (s->len == 0)
        return 0;
    s->len--;
    return *s->bytes++;
}

/* A length, then as many bytes, as far as there are any. */
static const char *take_text(struct script *s, size_t *len)
{
    *len = take(s);
    if (*len > s->len)
        *len = s->len;
    const char *text = (const char *)s->bytes;
    s->bytes += *len;
    s->len -= *len;
    return text;
}

static void press(struct script *s, const struct input *in)
{
    assert(ui_input(s->ui, in) == 0);
}

static void resize(struct script *s)
{
    struct input in = {.kind = INPUT_RESIZE, .rows = 1 + (int)take(s)};
    in.columns = 1 + 2 * (int)take(s);
    press(s, &in);
}

static void paste(struct script *s)
{
    struct input in = {.kind = INPUT_PASTE};
    in.text = take_text(s, &in.len);
    press(s, &in);
}

static void type_code_point(struct script *s)
{
    uint32_t code = (uint32_t)take(s) << 16 | (uint32_t)take(s) << 8 | (uint32_t)take(s);
    if (code < 0x110000 && (code < 0xd800 || code > 0xdfff))
        press(s, &(struct input){.kind = INPUT_CHAR, .code = code});
}

static void type_meta(struct script *s)
{
    press(s, &(struct input){.kind = INPUT_CHAR, .code = take(s), .meta = true});
}

static void add(struct script *s, enum transcript_kind kind, bool old)
{
    size_t len, safe_len;
    const char *text = take_text(s, &len);
    char *safe = text_sanitise(text, len, TEXT_LINES, &safe_len);
    struct transcript_entry e = {
        .id = old ? --s->oldest : ++s->newest,
        .kind = kind,
        .author = kind == TRANSCRIPT_MINE ? "alice" : "bob",
        .action = len % 7 == 0,
        .text = safe,
        .text_len = safe_len,
        .quote = len % 5 ? NULL : "quoted",
        .day = old ? 0 : (int64_t)(s->newest / 16),
        .day_text = "Friday",
        .time_text = "09:14",
        .mark = (enum transcript_mark)(len % 6),
        .word = len % 3 ? NULL : "a reason of some length",
    };
    struct transcript *t = ui_transcript(s->ui);
    assert((old ? transcript_prepend(t, &e) : ui_append(s->ui, &e)) == 0);
    free(safe);
}

static void add_theirs(struct script *s)
{
    add(s, TRANSCRIPT_THEIRS, false);
}

static void add_mine(struct script *s)
{
    add(s, TRANSCRIPT_MINE, false);
}

static void add_older(struct script *s)
{
    add(s, TRANSCRIPT_THEIRS, true);
}

static void open_page(struct script *s)
{
    size_t len, safe_len;
    const char *text = take_text(s, &len);
    char *safe = text_sanitise(text, len, TEXT_LINES, &safe_len);
    assert(ui_open_page(s->ui, safe, safe_len) == 0);
    free(safe);
}

static void set_mark(struct script *s)
{
    uint64_t id = s->oldest + take(s);
    ui_set_mark(s->ui, id, TRANSCRIPT_REFUSED, "refused for a reason");
}

static void set_older(struct script *s)
{
    transcript_set_older(ui_transcript(s->ui), take(s) % 2);
}

static void set_split(struct script *s)
{
    ui_set_split(s->ui, take(s) % 2);
}

static void (*const others[])(struct script *) = {
    resize,    paste,     type_code_point, type_meta, add_theirs, add_mine,
    add_older, open_page, set_mark,        set_older, set_split,
};

static void check_run(const struct canvas *c, const struct canvas_run *run)
{
    assert(run->column >= 0 && run->column + run->width <= canvas_columns(c));
    assert(text_is_utf8(run->text, run->len));
    for (size_t i = 0; i < run->len; i++) {
        unsigned char b = (unsigned char)run->text[i];
        bool c1 = b == 0xc2 && (unsigned char)run->text[i + 1] < 0xa0;
        assert(b >= ' ' && b != 0x7f && !c1);
    }
}

static void draw(struct script *s)
{
    const struct canvas *c = ui_draw(s->ui);
    int row, column;
    assert(c);
    for (row = 0; row < canvas_rows(c); row++) {
        size_t count;
        const struct canvas_run *runs = canvas_row(c, row, &count);
        for (size_t i = 0; i < count; i++)
            check_run(c, &runs[i]);
    }
    bool large = canvas_rows(c) >= LAYOUT_ROWS_MIN && canvas_columns(c) >= LAYOUT_COLUMNS_MIN;
    assert(canvas_cursor(c, &row, &column) == large);
    struct ui_event event;
    while (ui_next(s->ui, &event) == 1)
        assert(event.type != UI_LINE || (event.len > 0 && text_is_utf8(event.text, event.len)));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const struct view_status status = {.room = "lobby", .peer = "bob", .round_trip_ms = 2};
    struct ui_options options = {.theme = {THEME_DARK, 16}, .keep = 50};
    struct script s = {bytes, len, ui_new(&options), 1 << 20, 1 << 20};
    s.newest--;
    ui_set_status(s.ui, &status);
    while (s.len > 0) {
        unsigned op = take(&s);
        if (op < 0x80)
            press(&s, &(struct input){.kind = INPUT_CHAR, .code = op});
        else if (op < 0xc0)
            press(&s, &(struct input){.kind = (enum input_kind)((op - 0x80) % INPUT_PASTE)});
        else if (op < 0xf0)
            others[(op - 0xc0) % (sizeof others / sizeof others[0])](&s);
        else if (op == 0xff)
            ui_choose_theme(s.ui);
        else
            press(&s, &(struct input){.kind = op % 2 ? INPUT_FOCUS_IN : INPUT_FOCUS_OUT});
        if (op < ' ' || op >= 0x80)
            draw(&s);
    }
    draw(&s);
    ui_free(s.ui);
    return 0;
}
