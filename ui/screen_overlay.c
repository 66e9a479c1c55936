#include "screen_internal.h"

#include <string.h>
#include <term.h>

/* What goes to the terminal; ncurses takes a function without an argument for its output. */
static struct {
    char bytes[4096];
    size_t len;
} out;

static void flush_out(void)
{
    screen_write(out.bytes, out.len);
    out.len = 0;
}

static int put(int c)
{
    if (out.len == sizeof out.bytes)
        flush_out();
    out.bytes[out.len++] = (char)c;
    return c;
}

static void put_capability(const char *capability)
{
    if (capability)
        tputs(capability, 1, put);
}

static void put_at(int row, int column, const char *text, size_t len)
{
    put_capability(tparm(cursor_address, row, column));
    for (size_t i = 0; i < len; i++)
        put((unsigned char)text[i]);
}

/* Draws a run from its first cluster that ncurses cannot draw on, or all of it where one came. */
static bool overlay_run(struct screen *s, int row, const struct canvas_run *run, bool begun)
{
    int column = run->column, from_column = column;
    size_t at = 0, from = 0;
    vid_puts(screen_attributes(run->style), screen_pair(s, run->style), NULL, put);
    while (at < run->len) {
        struct text_cluster cluster = text_next(run->text + at, run->len - at);
        if (!screen_cell(s, run->text + at, cluster).whole) {
            if (begun)
                put_at(row, from_column, run->text + from, at - from);
            put_at(row, column, run->text + at, cluster.len);
            from = at + cluster.len;
            from_column = column + cluster.width;
            put_at(row, from_column, "", 0);
            put_capability(clr_eol);
            begun = true;
        }
        at += cluster.len;
        column += cluster.width;
    }
    if (begun)
        put_at(row, from_column, run->text + from, at - from);
    return begun;
}

static void put_string(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        put((unsigned char)s[i]);
}

/*
 * Writes a link again, as one that can be followed (OSC 8). All of it is ASCII. To terminals, what
 * has the same id and the same target is one link, on however many rows.
 */
static void overlay_link(struct screen *s, int row, const struct canvas_run *run)
{
    static const char begin[] = "\033]8;id=1;", none[] = "\033]8;;", end[] = "\033\\";
    put_at(row, run->column, "", 0);
    vid_puts(screen_attributes(run->style), screen_pair(s, run->style), NULL, put);
    put_string(begin, sizeof begin - 1);
    put_string(run->link, run->link_len);
    put_string(end, sizeof end - 1);
    put_string(run->text, run->len);
    put_string(none, sizeof none - 1);
    put_string(end, sizeof end - 1);
}

void screen_overlay(struct screen *s, const struct canvas *canvas)
{
    bool any = false;
    for (int row = 0; row < s->drawn_rows; row++) {
        if (!s->fresh[row])
            continue;
        s->fresh[row] = false;
        if (!any)
            put_capability(exit_am_mode); /* at the edge it must not go to the next row */
        any = true;
        size_t count;
        const struct canvas_run *runs = canvas_row(canvas, row, &count);
        bool begun = false;
        for (size_t i = 0; i < count; i++)
            begun = overlay_run(s, row, &runs[i], begun);
        for (size_t i = 0; i < count && s->linked; i++)
            if (runs[i].link_len > 0)
                overlay_link(s, row, &runs[i]);
    }
    if (!any)
        return;
    vid_puts(A_NORMAL, 0, NULL, put);
    put_capability(enter_am_mode);
    int row, column;
    getyx(stdscr, row, column);
    put_capability(tparm(cursor_address, row, column));
    flush_out();
}
