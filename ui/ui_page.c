#include "ui_internal.h"

#include "error.h"
#include "text.h"
#include "wrap.h"

#include <stdlib.h>
#include <string.h>

enum {
    HANG = 4,         /* of a second column that has no room beside the first */
    COLUMNS_MIN = 18, /* below that nothing is drawn */
};

/* Where the second column of a line begins: behind two spaces and more in it; 0 for none. */
static size_t second_column(const char *line, size_t len)
{
    size_t at = 0;
    while (at < len && line[at] == ' ')
        at++;
    const char *gap = memmem(line + at, len - at, "  ", 2);
    if (!gap)
        return 0;
    for (at = (size_t)(gap - line); at < len && line[at] == ' ';)
        at++;
    return at < len ? at : 0;
}

static char *add(char *at, const char *s, size_t len)
{
    memcpy(at, s, len);
    return at + len;
}

/*
 * A copy of a line, in which the rows of a second column stand below each other; where it is far
 * to the right, below the first one. NULL: out of memory.
 */
static char *hang(const char *line, size_t len, int columns, size_t *out_len)
{
    size_t second = second_column(line, len), rest_len = len - second, at = 0;
    bool fits = second == 0 || text_width(line, len) <= (size_t)columns;
    size_t indent = text_width(line, second);
    bool apart = indent > (size_t)columns / 2;
    indent = apart ? HANG : indent;
    int width = columns - (int)indent;
    const char *rest = line + second;
    size_t rows = fits ? 0 : wrap_count(rest, rest_len, width);
    char *out = malloc(len + rows * (indent + 1) + 1), *end = out;
    if (!out)
        return NULL;
    end = add(end, line, fits ? len : second);
    while (apart && rows > 0 && end[-1] == ' ')
        end--;
    while (rows > 0 && at < rest_len) {
        struct wrap_row row = wrap_next(rest + at, rest_len - at, width);
        if (at > 0 || apart) {
            end = add(end, "\n", 1);
            memset(end, ' ', indent);
            end += indent;
        }
        end = add(end, rest + at, row.len);
        at += row.next;
    }
    *out_len = (size_t)(end - out);
    return out;
}

/* Puts each line of the page's text, one entry each, as it is with that many columns. */
static int put_lines(struct ui *ui, int columns,
                     int (*put)(struct transcript *, const struct transcript_entry *))
{
    const char *line = ui->page_text, *feed;
    int rc = 0;
    for (uint64_t id = 1; rc == 0 && line; id++, line = feed ? feed + 1 : NULL) {
        feed = strchr(line, '\n');
        struct transcript_entry e = {.id = id, .kind = TRANSCRIPT_PAGE};
        char *text = hang(line, feed ? (size_t)(feed - line) : strlen(line), columns, &e.text_len);
        e.text = text;
        rc = text ? put(ui->page, &e) : ERROR_NOMEM;
        free(text);
    }
    ui->page_columns = columns;
    return rc;
}

static int page_columns(const struct ui *ui)
{
    int columns = ui->columns - 2 * VIEW_MARGIN;
    return columns < COLUMNS_MIN ? COLUMNS_MIN : columns;
}

int ui_open_page(struct ui *ui, const char *text, size_t len)
{
    ui_close_page(ui);
    ui->page_text = text_sanitise(text, len, TEXT_LINES, &len);
    ui->page = transcript_new(SIZE_MAX);
    int rc = ui->page && ui->page_text ? 0 : ERROR_NOMEM;
    if (rc == 0)
        rc = put_lines(ui, page_columns(ui), transcript_append);
    if (rc == 0)
        rc = transcript_set_size(ui->page, 1, page_columns(ui));
    if (rc)
        ui_close_page(ui);
    else
        transcript_top(ui->page);
    return rc;
}

void ui_close_page(struct ui *ui)
{
    transcript_free(ui->page);
    free(ui->page_text);
    ui->page = NULL;
    ui->page_text = NULL;
}

int ui_fit_page(struct ui *ui)
{
    int columns = page_columns(ui);
    return !ui->page || columns == ui->page_columns ? 0
                                                    : put_lines(ui, columns, transcript_replace);
}
