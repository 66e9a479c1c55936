#include "view_internal.h"

#include "../proto/error.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

enum {
    MARGIN = 1, /* columns left free at either side */
};

static const struct sign rule = {"─", "-"}, ellipsis = {"…", "~"}, below = {"▼", "v"};
static const struct sign prompts[] = {{"›", ">"}, {"…", "+"}};

const char *view_sign(const struct pen *pen, struct sign sign)
{
    return pen->view->ascii ? sign.ascii : sign.full;
}

static int columns_of(const char *s)
{
    return (int)text_width(s, strlen(s));
}

int view_put(struct pen *pen, struct canvas_at at, enum theme_role role, const char *s)
{
    struct style style = theme_style(&pen->view->theme, role);
    return canvas_put(pen->canvas, at, style, s, strlen(s));
}

int view_put_cut(struct pen *pen, struct canvas_at at, struct style style, const char *text,
                 size_t len)
{
    if (text_width(text, len) <= (size_t)at.columns)
        return canvas_put(pen->canvas, at, style, text, len);
    at.columns--;
    int width = canvas_put(pen->canvas, at, style, text, len);
    at.column += width;
    at.columns = 1;
    return width + canvas_put(pen->canvas, at, style, view_sign(pen, ellipsis),
                              strlen(view_sign(pen, ellipsis)));
}

static void draw_rule(struct pen *pen, int row)
{
    struct style style = theme_style(&pen->view->theme, ROLE_RULE);
    struct canvas_at at = {row, 0, pen->layout.columns};
    canvas_fill(pen->canvas, at, style, view_sign(pen, rule));
}

/* Puts a string and gives where the next one goes. */
static struct canvas_at advance(struct pen *pen, struct canvas_at at, enum theme_role role,
                                const char *s)
{
    struct style style = theme_style(&pen->view->theme, role);
    int width = view_put_cut(pen, at, style, s, strlen(s));
    at.column += width;
    at.columns -= width;
    return at;
}

static void draw_peer(struct pen *pen, struct canvas_at at)
{
    static const struct {
        struct sign sign;
        const char *word;
        enum theme_role role;
    } presences[] = {
        [VIEW_HERE] = {{"●", "*"}, "here", ROLE_HERE},
        [VIEW_AWAY] = {{"◐", "-"}, "away", ROLE_GONE},
        [VIEW_OFFLINE] = {{"○", "o"}, "offline", ROLE_GONE},
        [VIEW_LEFT] = {{"○", "o"}, "left", ROLE_GONE},
    };
    const struct view_status *status = pen->view->status;
    if (!status->peer || status->presence == VIEW_NOBODY) {
        if (!status->trouble)
            advance(pen, at, ROLE_GONE, "nobody else is here yet");
        return;
    }
    at = advance(pen, at, ROLE_STATUS, status->peer);
    if (status->trouble) /* where they are now is not known */
        return;
    at = advance(pen, at, ROLE_STATUS, " ");
    enum theme_role role = presences[status->presence].role;
    at = advance(pen, at, role, view_sign(pen, presences[status->presence].sign));
    at = advance(pen, at, role, " ");
    advance(pen, at, role, presences[status->presence].word);
}

static void format_round_trip(int64_t ms, char *out, size_t size)
{
    out[0] = '\0';
    if (ms >= 0 && ms < 10000)
        snprintf(out, size, "%d ms", (int)ms);
    else if (ms >= 0)
        snprintf(out, size, "%d s", ms < 1000000 ? (int)(ms / 1000) : 999);
}

static void draw_status(struct pen *pen)
{
    const struct view_status *status = pen->view->status;
    int columns = pen->layout.columns - 2 * MARGIN;
    char round_trip[16];
    format_round_trip(status->trouble ? -1 : status->round_trip_ms, round_trip, sizeof round_trip);
    const char *state = status->trouble ? status->trouble : status->trust ? status->trust : "";
    int gap = *state && *round_trip ? 3 : 0;
    int right = columns_of(state) + gap + columns_of(round_trip);
    int left_least =
        columns_of(status->room) < columns / 3 ? columns_of(status->room) : columns / 3;
    if (right > columns - left_least - 2)
        right = columns - left_least - 2;
    struct canvas_at at = {pen->layout.status, MARGIN, columns - right - 2};
    at = advance(pen, at, ROLE_STATUS, status->room);
    at = advance(pen, at, ROLE_STATUS, "  ");
    draw_peer(pen, at);

    bool warning = status->trouble || status->not_private;
    at = (struct canvas_at){pen->layout.status, MARGIN + columns - right, right};
    at = advance(pen, at, warning ? ROLE_WARNING : ROLE_STATUS, state);
    at = advance(pen, at, ROLE_STATUS, gap ? "   " : "");
    advance(pen, at, ROLE_TIME, round_trip);
}

/* "▼ 3 more below" to the left, "bob is writing…" to the right. */
static void draw_news(struct pen *pen, struct canvas_at at)
{
    const struct view *view = pen->view;
    char text[64];
    size_t count = view->page ? 0 : transcript_below(view->transcript);
    if (count > 0) {
        snprintf(text, sizeof text, "%s %zu more below", view_sign(pen, below), count);
        at = advance(pen, at, ROLE_INFO, text);
    }
    if (!view->writing || !view->status->peer)
        return;
    const char *verb = view->ascii ? " is writing..." : " is writing…";
    int width = columns_of(view->status->peer) + columns_of(verb);
    if (width + 2 > at.columns)
        return;
    at.column += at.columns - width;
    at.columns = width;
    at = advance(pen, at, ROLE_INFO, view->status->peer);
    advance(pen, at, ROLE_INFO, verb);
}

static void draw_info(struct pen *pen)
{
    const struct view *view = pen->view;
    int columns = pen->layout.columns - 2 * MARGIN;
    struct canvas_at at = {pen->layout.info, MARGIN, columns};
    if (view->question)
        advance(pen, at, ROLE_QUESTION, view->question);
    else if (view->note)
        advance(pen, at, ROLE_INFO, view->note);
    else if (view->page)
        advance(pen, at, ROLE_INFO, "PageUp, PageDown: read on   Esc: back");
    else
        draw_news(pen, at);
}

static const char *prompt_of(const struct pen *pen)
{
    if (pen->view->prompt)
        return pen->view->prompt;
    size_t len;
    const char *text = editor_text(pen->view->editor, &len);
    if (text[0] == '/' && text[1] != '/')
        return "/";
    return view_sign(pen, prompts[memchr(text, '\n', len) != NULL]);
}

static void draw_input(struct pen *pen)
{
    const struct layout *l = &pen->layout;
    struct editor *editor = pen->view->editor;
    size_t rows = editor_rows(editor), visible = (size_t)l->input_rows, row;
    size_t *top = pen->view->editor_top;
    int column;
    editor_cursor_at(editor, &row, &column);
    if (*top + visible > rows)
        *top = rows > visible ? rows - visible : 0;
    if (row < *top)
        *top = row;
    if (row >= *top + visible)
        *top = row - visible + 1;

    int width = l->columns - l->input_column;
    struct style style = theme_style(&pen->view->theme, ROLE_INPUT);
    view_put(pen, (struct canvas_at){l->input, MARGIN, l->input_column}, ROLE_PROMPT,
             prompt_of(pen));
    for (size_t i = 0; i < visible && *top + i < rows; i++) {
        size_t len;
        const char *text = editor_row(editor, *top + i, &len);
        struct canvas_at at = {l->input + (int)i, l->input_column, width};
        canvas_put(pen->canvas, at, style, text, len);
    }
    canvas_set_cursor(pen->canvas, l->input + (int)(row - *top), l->input_column + column);
}

/* Gives the models the sizes that they have on a screen of that size. */
static int lay_out(struct pen *pen, int rows, int columns)
{
    const struct view *view = pen->view;
    int authors = transcript_author_width(view->transcript);
    struct layout *l = &pen->layout;
    *l = layout_make(rows, columns, 1, authors);
    if (l->small)
        return 0;
    int input_column = view->prompt ? columns_of(view->prompt) + 2 * MARGIN : l->input_column;
    int rc = editor_wrap(view->editor, columns - input_column);
    if (rc)
        return rc;
    *l = layout_make(rows, columns, (int)editor_rows(view->editor), authors);
    l->input_column = input_column;
    rc = transcript_set_size(view->transcript, l->view_rows, l->text_columns);
    if (rc == 0 && view->page)
        rc = transcript_set_size(view->page, l->view_rows, columns - 2 * MARGIN);
    return rc;
}

int view_draw(const struct view *view, int rows, int columns, struct canvas *canvas)
{
    struct pen pen = {.view = view, .canvas = canvas};
    int rc = canvas_begin(canvas, rows, columns);
    if (rc == 0)
        rc = lay_out(&pen, rows, columns);
    if (rc)
        return rc;
    if (pen.layout.small) {
        view_put(&pen, (struct canvas_at){0, 0, columns}, ROLE_TEXT, "window too small");
        return canvas_end(canvas);
    }
    draw_status(&pen);
    if (pen.layout.top_rule >= 0)
        draw_rule(&pen, pen.layout.top_rule);
    view_draw_rows(&pen);
    draw_info(&pen);
    if (pen.layout.bottom_rule >= 0)
        draw_rule(&pen, pen.layout.bottom_rule);
    draw_input(&pen);
    return canvas_end(canvas);
}
