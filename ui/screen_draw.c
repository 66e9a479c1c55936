#include "screen_internal.h"

#include "text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

void screen_forget(struct screen *s)
{
    if (s->drawn)
        memset(s->drawn, 0, (size_t)s->drawn_rows * sizeof s->drawn[0]);
}

void screen_redraw(struct screen *s)
{
    s->bare = false;
    clearok(curscr, TRUE);
    screen_forget(s);
}

/* Makes room to remember that many rows; what was drawn is not trusted then. */
static bool remember(struct screen *s, int rows)
{
    if (rows == s->drawn_rows)
        return true;
    uint64_t *drawn = calloc((size_t)rows, sizeof *drawn);
    bool *overlaid = calloc((size_t)rows, sizeof *overlaid);
    bool *fresh = calloc((size_t)rows, sizeof *fresh);
    if (!drawn || !overlaid || !fresh) {
        free(drawn);
        free(overlaid);
        free(fresh);
        return false;
    }
    free(s->drawn);
    free(s->overlaid);
    free(s->fresh);
    s->drawn = drawn;
    s->overlaid = overlaid;
    s->fresh = fresh;
    s->drawn_rows = rows;
    clearok(curscr, TRUE);
    return true;
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t len)
{
    const unsigned char *b = bytes;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ b[i]) * 1099511628211u; /* FNV-1a */
    return hash;
}

/* Never 0, which stands for a row that was not drawn. */
static uint64_t hash_of(const struct canvas_run *runs, size_t count)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < count; i++) {
        int key[] = {runs[i].column, runs[i].width, runs[i].style.colour, runs[i].style.attributes};
        hash = mix(mix(hash, key, sizeof key), runs[i].text, runs[i].len);
        hash = mix(hash, runs[i].link, runs[i].link_len);
    }
    return hash | 1;
}

attr_t screen_attributes(struct style style)
{
    return (style.attributes & STYLE_BOLD ? A_BOLD : 0) |
           (style.attributes & STYLE_DIM ? A_DIM : 0) |
           (style.attributes & STYLE_UNDERLINE ? A_UNDERLINE : 0) |
           (style.attributes & STYLE_REVERSE ? A_REVERSE : 0);
}

short screen_pair(const struct screen *s, struct style style)
{
    if (style.attributes & STYLE_ON_BLACK)
        return s->colours > 0 ? (short)(s->colours + 1) : 0; /* the last colour is white */
    return style.colour >= 0 && style.colour < s->colours ? (short)(style.colour + 1) : 0;
}

wchar_t screen_char(uint32_t cp, int columns)
{
    char bytes[MB_LEN_MAX];
    mbstate_t state = {0};
    wchar_t c = (wchar_t)cp;
    int width = wcwidth(c);
    return wcrtomb(bytes, c, &state) != (size_t)-1 && width > 0 && width <= columns ? c : L'?';
}

struct screen_cell screen_cell(const struct screen *s, const char *text,
                               struct text_cluster cluster)
{
    struct screen_cell cell = {.whole = true};
    size_t count = 0, at = 0;
    while (at < cluster.len) {
        uint32_t cp;
        at += (size_t)text_decode(text + at, cluster.len - at, &cp);
        if (!s->utf8) {
            cell.chars[0] = screen_char(cp, cluster.width);
            return cell;
        }
        wchar_t c = (wchar_t)cp;
        if (count == CCHARW_MAX || wcwidth(c) != (count == 0 ? cluster.width : 0)) {
            cell.whole = false;
            return cell;
        }
        cell.chars[count++] = c;
    }
    return cell;
}

/* ASCII at the start of a run goes in one call. */
static size_t plain(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && text[n] >= ' ' && text[n] <= '~')
        n++;
    return n > 0 && n < len ? n - 1 : n; /* the last one may have marks on it */
}

/* Gives whether there was a cluster that ncurses has no way to draw: it leaves its columns blank.
 */
static bool draw_run(const struct screen *s, int row, const struct canvas_run *run)
{
    attr_t attributes = screen_attributes(run->style);
    short pair = screen_pair(s, run->style);
    bool overlay = false;
    attr_set(attributes, pair, NULL);
    int column = run->column;
    for (size_t at = 0; at < run->len;) {
        size_t n = plain(run->text + at, run->len - at);
        mvaddnstr(row, column, run->text + at, (int)n);
        column += (int)n;
        at += n;
        if (at == run->len)
            break;
        struct text_cluster cluster = text_next(run->text + at, run->len - at);
        struct screen_cell cell = screen_cell(s, run->text + at, cluster);
        cchar_t drawn;
        if (cell.whole && cluster.width > 0 &&
            setcchar(&drawn, cell.chars, attributes, pair, NULL) == OK)
            mvadd_wch(row, column, &drawn);
        else
            mvaddnstr(row, column, "  ", cluster.width), overlay = overlay || cluster.width > 0;
        column += cluster.width;
        at += cluster.len;
    }
    return overlay;
}

static void draw_row(struct screen *s, int row, const struct canvas_run *runs, size_t count)
{
    if (s->overlaid[row])
        wredrawln(stdscr, row, 1);
    attr_set(A_NORMAL, 0, NULL);
    move(row, 0);
    clrtoeol();
    s->overlaid[row] = false;
    for (size_t i = 0; i < count; i++)
        s->overlaid[row] |= draw_run(s, row, &runs[i]);
}

static bool has_link(const struct canvas_run *runs, size_t count)
{
    while (count > 0)
        if (runs[--count].link_len > 0)
            return true;
    return false;
}

void screen_draw(struct screen *s, const struct canvas *canvas)
{
    int rows = canvas_rows(canvas) < LINES ? canvas_rows(canvas) : LINES;
    if (!s->taken || s->bare || !remember(s, rows))
        return;
    for (int row = 0; row < rows; row++) {
        size_t count;
        const struct canvas_run *runs = canvas_row(canvas, row, &count);
        uint64_t hash = hash_of(runs, count);
        if (hash == s->drawn[row])
            continue;
        s->drawn[row] = hash;
        draw_row(s, row, runs, count);
        s->fresh[row] = s->overlaid[row] || (s->linked && has_link(runs, count));
    }
    int row, column;
    curs_set(canvas_cursor(canvas, &row, &column));
    if (row >= 0)
        move(row, column);
    refresh();
    screen_overlay(s, canvas);
}
