#include "view_internal.h"

#include "link_text.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

static const struct sign rule = {"─", "-"}, bar = {"┃ ", "| "}, chosen = {"▌", ">"},
                         dots = {"…", "..."};

enum {
    OFFERED_MAX = 8,    /* rows */
    LABEL_COLUMNS = 35, /* in fewer, a choice and what it means have no room together */
};

static const struct {
    struct sign sign;
    enum theme_role role;
    const char *help;
} marks[] = {
    [TRANSCRIPT_NONE] = {{"", ""}, ROLE_MARK, NULL},
    [TRANSCRIPT_WAITING] = {{"⧖", "~"}, ROLE_MARK, "only here"},
    [TRANSCRIPT_STORED] = {{"✓", "+"}, ROLE_MARK, "on the relay's disk"},
    [TRANSCRIPT_DELIVERED] = {{"✓✓", "++"}, ROLE_MARK, "on the other person's machine"},
    [TRANSCRIPT_SEEN] = {{"●", "*"}, ROLE_SEEN, "seen by them"},
    [TRANSCRIPT_REFUSED] = {{"!", "!"}, ROLE_REFUSED, "refused for now, and why"},
    [TRANSCRIPT_CROSSED] = {{"⤫", "x"}, ROLE_MARK, "theirs, written before they saw yours above"},
};

const char *view_mark_sign(enum transcript_mark mark, bool ascii)
{
    return ascii ? marks[mark].sign.ascii : marks[mark].sign.full;
}

const char *view_mark_help(enum transcript_mark mark)
{
    return marks[mark].help;
}

/* The row that is being drawn, and where its text is. */
struct line {
    const struct transcript_row *row;
    struct transcript *transcript;
    int at, text, columns;
};

/* Whether a line of a page begins with a block, full or of an upper half. */
static bool is_picture(const struct transcript_entry *e)
{
    return e->kind == TRANSCRIPT_PAGE &&
           (strncmp(e->text, "\u2588", 3) == 0 || strncmp(e->text, "\u2580", 3) == 0);
}

static enum theme_role role_of(const struct transcript_entry *e)
{
    return e->gone                        ? ROLE_QUOTE
           : is_picture(e)                ? ROLE_PICTURE
           : e->kind == TRANSCRIPT_NOTICE ? ROLE_NOTICE
           : e->kind == TRANSCRIPT_ERROR  ? ROLE_ERROR
                                          : ROLE_TEXT;
}

static void draw_across(struct pen *pen, int at, enum theme_role role, const char *text, size_t len)
{
    struct style style = theme_style(&pen->view->theme, role);
    int width = (int)text_width(text, len), columns = pen->layout.columns;
    int column = width < columns ? (columns - width) / 2 : 0;
    canvas_put(pen->canvas, (struct canvas_at){at, column, columns - column}, style, text, len);
}

static void draw_new(struct pen *pen, int at)
{
    struct style style = theme_style(&pen->view->theme, ROLE_NEW);
    canvas_fill(pen->canvas, (struct canvas_at){at, 0, pen->layout.columns}, style,
                view_sign(pen, rule));
    draw_across(pen, at, ROLE_NEW, " new ", 5);
}

static void draw_margin(struct pen *pen, const struct line *line)
{
    const struct transcript_entry *e = line->row->entry;
    const struct layout *l = &pen->layout;
    if (line->row->time && l->time >= 0)
        view_put(pen, (struct canvas_at){line->at, l->time, l->author - l->time - 1}, ROLE_TIME,
                 e->time_text);
    if (!line->row->first)
        return;
    struct canvas_at at = {line->at, l->author, l->author_columns};
    if (e->kind == TRANSCRIPT_NOTICE || e->kind == TRANSCRIPT_ERROR)
        view_put(pen, at, role_of(e), e->kind == TRANSCRIPT_ERROR ? "!!" : "--");
    if (!e->author)
        return;
    bool mine = e->kind == TRANSCRIPT_MINE;
    struct style style = theme_author(&pen->view->theme, e->author, strlen(e->author), mine);
    const char *name = e->action ? "*" : e->author;
    view_put_cut(pen, at, style, name, strlen(name));
}

/* The row's text as it is being put, stretch by stretch. */
struct stretches {
    struct pen *pen;
    struct canvas_at at;
    const struct transcript_row *row;
    size_t done;
};

/* Puts a piece up to byte `end`. Gives whether it took columns. */
static bool put_piece(struct stretches *s, size_t end, struct style style)
{
    const char *text = s->row->text + s->done;
    int width = canvas_put(s->pen->canvas, s->at, style, text, end - s->done);
    s->at.column += width;
    s->at.columns -= width;
    s->done = end;
    return width > 0;
}

/* Puts what is left up to byte `end`, links as such. */
static void put_until(struct stretches *s, size_t end, struct style style)
{
    const struct transcript_row *row = s->row;
    size_t start = row->whole ? (size_t)(row->text - row->whole) : 0; /* of the row */
    struct link_text link;
    while (row->whole && s->done < end &&
           link_text_next(row->whole, row->whole_len, start + s->done, &link) &&
           link.start < start + end) {
        if (link.start > start + s->done)
            put_piece(s, link.start - start, style);
        if (put_piece(s, link.end < start + end ? link.end - start : end, style))
            canvas_link(s->pen->canvas, row->whole + link.start, link.end - link.start);
    }
    put_piece(s, end, style);
}

static void draw_text(struct pen *pen, const struct line *line)
{
    const struct transcript_row *row = line->row;
    const struct transcript_entry *e = row->entry;
    const struct theme *theme = &pen->view->theme;
    struct style plain = theme_style(theme, role_of(e)), found = theme_style(theme, ROLE_FOUND);
    struct stretches s = {pen, {line->at, line->text, line->columns}, row, 0};
    size_t author = e->action && row->first ? strlen(e->author) : 0, start, len;
    if (author > 0 && author < row->len)
        put_until(&s, author, theme_author(theme, e->author, author, e->kind == TRANSCRIPT_MINE));
    while (transcript_matched(line->transcript, row, s.done, &start, &len)) {
        put_until(&s, start, plain);
        put_until(&s, start + len, found);
    }
    put_until(&s, row->len, plain);
}

static void draw_mark(struct pen *pen, const struct line *line)
{
    const struct transcript_entry *e = line->row->entry;
    enum transcript_mark mark = line->row->mark;
    const char *sign = view_sign(pen, marks[mark].sign);
    int column = pen->layout.mark + 1, right = column + 2;
    if (line->row->word) {
        int width = (int)text_width(e->word, strlen(e->word));
        struct canvas_at at = {line->at, right - width, width};
        view_put(pen, at, marks[mark].role, e->word);
        column = right - width - 1 - (int)text_width(sign, strlen(sign));
    }
    view_put(pen, (struct canvas_at){line->at, column, right - column}, marks[mark].role, sign);
}

static void draw_quote(struct pen *pen, const struct line *line)
{
    struct style style = theme_style(&pen->view->theme, ROLE_QUOTE);
    struct canvas_at at = {line->at, line->text, line->columns};
    int width = view_put(pen, at, ROLE_QUOTE, view_sign(pen, bar));
    at.column += width;
    at.columns -= width;
    view_put_cut(pen, at, style, line->row->text, line->row->len);
}

static void draw_fold(struct pen *pen, const struct line *line)
{
    char text[64];
    int len = snprintf(text, sizeof text, "%s %zu more lines (M-o opens)", view_sign(pen, dots),
                       line->row->hidden);
    view_put_cut(pen, (struct canvas_at){line->at, line->text, line->columns},
                 theme_style(&pen->view->theme, ROLE_QUOTE), text, (size_t)len);
}

static void draw_row(struct pen *pen, const struct line *line)
{
    const struct transcript_row *row = line->row;
    if (row->chosen)
        view_put(pen, (struct canvas_at){line->at, 0, 1}, ROLE_QUESTION, view_sign(pen, chosen));
    draw_margin(pen, line);
    switch (row->part) {
    case TRANSCRIPT_ROW_BLANK: break;
    case TRANSCRIPT_ROW_DAY: draw_across(pen, line->at, ROLE_DAY, row->text, row->len); break;
    case TRANSCRIPT_ROW_NEW: draw_new(pen, line->at); break;
    case TRANSCRIPT_ROW_QUOTE: draw_quote(pen, line); break;
    case TRANSCRIPT_ROW_TEXT:
        draw_text(pen, line);
        if (row->last && row->mark != TRANSCRIPT_NONE)
            draw_mark(pen, line);
        break;
    case TRANSCRIPT_ROW_FOLD: draw_fold(pen, line); break;
    case TRANSCRIPT_ROW_WORD:
        canvas_put(pen->canvas, (struct canvas_at){line->at, line->text, line->columns},
                   theme_style(&pen->view->theme, marks[row->entry->mark].role), row->text,
                   row->len);
        break;
    case TRANSCRIPT_ROW_NOTE:
        view_put_cut(pen, (struct canvas_at){line->at, line->text, line->columns},
                     theme_style(&pen->view->theme, ROLE_QUOTE), row->text, row->len);
        break;
    }
}

/* How many rows of choices lie over the conversation. */
static size_t offered_rows(const struct pen *pen)
{
    size_t room = (size_t)pen->layout.view_rows / 2;
    size_t count = pen->view->offer ? pen->view->offer->count : 0;
    room = room < OFFERED_MAX ? room : OFFERED_MAX;
    return count < room ? count : room;
}

/* Bytes of a label to show: where little more than its first column fits, that alone. */
static size_t label_len(const char *label, int columns)
{
    size_t len = strlen(label);
    const char *gap = memmem(label, len, "  ", 2);
    bool fits = text_width(label, len) <= (size_t)columns;
    return gap && !fits && columns < LABEL_COLUMNS ? (size_t)(gap - label) : len;
}

static void draw_offer(struct pen *pen, size_t visible)
{
    const struct offer *o = pen->view->offer;
    const struct layout *l = &pen->layout;
    size_t last = o->chosen < o->count ? o->chosen : 0;
    size_t first = last < visible ? 0 : last - visible + 1;
    for (size_t i = 0; i < visible; i++) {
        const struct offer_choice *choice = &o->choices[first + i];
        enum theme_role role = first + i == o->chosen ? ROLE_FOUND : ROLE_INFO;
        struct style style = theme_style(&pen->view->theme, role);
        struct canvas_at at = {l->view + l->view_rows - (int)(visible - i), l->input_column,
                               l->columns - l->input_column - VIEW_MARGIN};
        view_put_cut(pen, at, style, choice->label, label_len(choice->label, at.columns));
    }
}

/* The rows of a transcript from that of the line on, down to row `end`. */
static void draw_pane(struct pen *pen, struct line line, int end)
{
    const struct transcript_row *rows;
    size_t count = transcript_view(line.transcript, &rows);
    for (size_t i = 0; i < count && line.at < end; i++, line.at++) {
        line.row = &rows[i];
        draw_row(pen, &line);
    }
}

/* Messages that begin in view. */
static size_t begun(struct transcript *t)
{
    const struct transcript_row *rows;
    size_t count = transcript_view(t, &rows), begun = 0;
    for (size_t i = 0; i < count; i++)
        begun += rows[i].first && rows[i].entry->id != 0;
    return begun;
}

/* The newest lines, below a rule that counts what lies between. */
static void draw_latest(struct pen *pen, struct line line, int end)
{
    const struct view *view = pen->view;
    char text[VIEW_MORE_MAX + 2] = " ";
    size_t count = transcript_below(view->transcript);
    if (!transcript_has_newer(view->transcript))
        count -= begun(view->latest);
    line.at = pen->layout.view + transcript_view_rows(view->transcript);
    if (line.at < end) {
        view_draw_rule(pen, line.at);
        if (view_more(pen, count, " more ", text + 1))
            draw_across(pen, line.at, ROLE_INFO, text, strlen(text));
    }
    line.at++;
    line.transcript = view->latest;
    draw_pane(pen, line, end);
}

void view_draw_rows(struct pen *pen)
{
    const struct layout *l = &pen->layout;
    const struct view *view = pen->view;
    size_t offered = offered_rows(pen);
    int end = l->view + l->view_rows - (int)offered;
    struct line line = {.transcript = view->transcript, .at = l->view};
    line.text = l->text;
    line.columns = l->text_columns;
    if (view->page) {
        line.transcript = view->page;
        line.text = VIEW_MARGIN;
        line.columns = l->columns - 2 * VIEW_MARGIN;
    }
    draw_pane(pen, line, end);
    if (!view->page && transcript_is_split(view->transcript))
        draw_latest(pen, line, end);
    if (offered > 0)
        draw_offer(pen, offered);
}
