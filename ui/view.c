#include "view_internal.h"

#include "error.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

enum {
    GAP = 2,      /* columns between two things in a row */
    BAR_MIN = 30, /* the least columns for what takes long, where something else wants some */
};

static const struct sign rule = {"─", "-"}, ellipsis = {"…", "~"}, takeable = {"↶", "<"};
static const struct sign prompts[] = {{"›", ">"}, {"…", "+"}};

const char *view_sign(const struct pen *pen, struct sign sign)
{
    return pen->view->ascii ? sign.ascii : sign.full;
}

int view_columns(const char *s)
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
    if (at.columns <= 0)
        return 0;
    if (text_width(text, len) <= (size_t)at.columns)
        return canvas_put(pen->canvas, at, style, text, len);
    at.columns--;
    int width = canvas_put(pen->canvas, at, style, text, len);
    at.column += width;
    at.columns = 1;
    return width + canvas_put(pen->canvas, at, style, view_sign(pen, ellipsis),
                              strlen(view_sign(pen, ellipsis)));
}

bool view_more(const struct pen *pen, size_t count, const char *what, char out[VIEW_MORE_MAX])
{
    static const struct sign below = {"▼", "v"};
    bool uncounted = transcript_has_newer(pen->view->transcript);
    snprintf(out, VIEW_MORE_MAX, "%s %zu%s%s", view_sign(pen, below), count, uncounted ? "+" : "",
             what);
    return count > 0 || uncounted;
}

void view_draw_rule(struct pen *pen, int row)
{
    struct style style = theme_style(&pen->view->theme, ROLE_RULE);
    struct canvas_at at = {row, 0, pen->layout.columns};
    canvas_fill(pen->canvas, at, style, view_sign(pen, rule));
}

struct canvas_at view_advance(struct pen *pen, struct canvas_at at, enum theme_role role,
                              const char *s)
{
    struct style style = theme_style(&pen->view->theme, role);
    int width = view_put_cut(pen, at, style, s, strlen(s));
    at.column += width;
    at.columns -= width;
    return at;
}

/* Puts what takes long, side by side where there is room. */
static void draw_bars(struct pen *pen, struct canvas_at at)
{
    const struct view_bar *bars = pen->view->bars;
    char line[PROGRESS_LINE_MAX];
    bool both = bars[0].what && bars[1].what && at.columns >= 2 * BAR_MIN + GAP;
    int columns = both ? (at.columns - GAP) / 2 : at.columns;
    for (int i = 0; i < VIEW_BARS; i++) {
        if (!bars[i].what)
            continue;
        const struct progress *p = &bars[i].progress;
        view_put(pen, (struct canvas_at){at.row, at.column, columns}, ROLE_INFO,
                 progress_format(p, bars[i].what, columns, pen->view->ascii, line));
        if (!both)
            return;
        at.column += columns + GAP;
    }
}

/* Puts "bob is writing…" at the right end, and gives the columns that are left. */
static int draw_writing(struct pen *pen, struct canvas_at at, int least)
{
    const struct view *view = pen->view;
    if (!view->writing || !view->status->peer)
        return at.columns;
    const char *verb = view->ascii ? " is writing..." : " is writing…";
    int width = view_columns(view->status->peer) + view_columns(verb);
    int left = at.columns - width - GAP;
    if (left < least)
        return at.columns;
    at.column += at.columns - width;
    at.columns = width;
    at = view_advance(pen, at, ROLE_INFO, view->status->peer);
    view_advance(pen, at, ROLE_INFO, verb);
    return left;
}

/* "▼ 3 more below" to the left, then what takes long, "bob is writing…" to the right. */
static void draw_news(struct pen *pen, struct canvas_at at)
{
    const struct view *view = pen->view;
    char text[VIEW_MORE_MAX];
    bool busy = view->bars && (view->bars[0].what || view->bars[1].what);
    if (!transcript_is_split(view->transcript) &&
        view_more(pen, transcript_below(view->transcript), busy ? "  " : " more below", text))
        at = view_advance(pen, at, ROLE_INFO, text);
    at.columns = draw_writing(pen, at, busy ? BAR_MIN : 0);
    if (busy)
        draw_bars(pen, at);
}

/* Not all of the list may have found room. */
static void draw_offered(struct pen *pen, struct canvas_at at)
{
    const struct offer *o = pen->view->offer;
    char text[64];
    if (o->chosen < o->count)
        snprintf(text, sizeof text, "%zu of %zu", o->chosen + 1, o->count);
    else
        snprintf(text, sizeof text, "%zu choices", o->count);
    at = view_advance(pen, at, ROLE_INFO, text);
    view_advance(pen, at, ROLE_INFO, "   Tab: next   Esc: back");
}

static void draw_held(struct pen *pen, struct canvas_at at)
{
    at = view_advance(pen, at, ROLE_MARK, view_sign(pen, takeable));
    at = view_advance(pen, at, ROLE_INFO, " Esc takes it back: ");
    view_advance(pen, at, ROLE_TEXT, pen->view->held);
}

static void draw_info(struct pen *pen)
{
    const struct view *view = pen->view;
    int columns = pen->layout.columns - 2 * VIEW_MARGIN;
    struct canvas_at at = {pen->layout.info, VIEW_MARGIN, columns};
    if (view->question)
        view_advance(pen, at, ROLE_QUESTION, view->question);
    else if (view->note)
        view_advance(pen, at, ROLE_INFO, view->note);
    else if (view->offer)
        draw_offered(pen, at);
    else if (view->page)
        view_advance(pen, at, ROLE_INFO, "q: back   ^R: search   PageUp, PageDown: read on");
    else if (view->held)
        draw_held(pen, at);
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
    view_put(pen, (struct canvas_at){l->input, VIEW_MARGIN, l->input_column}, ROLE_PROMPT,
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
    int input_column =
        view->prompt ? view_columns(view->prompt) + 2 * VIEW_MARGIN : l->input_column;
    int rc = editor_wrap(view->editor, columns - input_column);
    if (rc)
        return rc;
    *l = layout_make(rows, columns, (int)editor_rows(view->editor), authors);
    l->input_column = input_column;
    bool split = view->split && l->latest_rows > 0;
    transcript_set_split(view->transcript, split ? l->latest_rows + 1 : 0);
    rc = transcript_set_size(view->transcript, l->view_rows, l->text_columns);
    if (rc == 0 && split)
        rc = transcript_set_size(view->latest, l->latest_rows, l->text_columns);
    if (rc == 0 && view->page)
        rc = transcript_set_size(view->page, l->view_rows, columns - 2 * VIEW_MARGIN);
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
    view_draw_status(&pen);
    if (pen.layout.top_rule >= 0)
        view_draw_rule(&pen, pen.layout.top_rule);
    view_draw_rows(&pen);
    draw_info(&pen);
    if (pen.layout.bottom_rule >= 0)
        view_draw_rule(&pen, pen.layout.bottom_rule);
    draw_input(&pen);
    return canvas_end(canvas);
}
