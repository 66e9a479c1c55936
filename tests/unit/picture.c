#include "picture.h"

#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is in one column: a cluster, or nothing where the one before it is wide. */
struct column {
    const char *text;
    size_t len;
    struct style style;
};

static void put_run(struct column *columns, int count, const struct canvas_run *run)
{
    int at = run->column;
    for (size_t done = 0; done < run->len;) {
        struct text_cluster c = text_next(run->text + done, run->len - done);
        assert(at + c.width <= count);
        if (c.width > 0)
            columns[at] = (struct column){run->text + done, c.len, run->style};
        else if (at > 0)
            columns[at - 1].len += c.len;
        if (c.width == 2)
            columns[at + 1] = (struct column){"", 0, run->style};
        at += c.width;
        done += c.len;
    }
    assert(at == run->column + run->width);
}

static char style_letter(struct style style)
{
    if (style.colour >= 0)
        return "0123456789abcdef"[(int)style.colour];
    return style.attributes & STYLE_REVERSE     ? 'r'
           : style.attributes & STYLE_BOLD      ? 'b'
           : style.attributes & STYLE_UNDERLINE ? 'u'
           : style.attributes & STYLE_DIM       ? 'd'
                                                : '.';
}

static char *render(const struct canvas *canvas, bool styles)
{
    int rows = canvas_rows(canvas), width = canvas_columns(canvas), row, column;
    char *out;
    size_t len;
    FILE *file = open_memstream(&out, &len);
    struct column *columns = malloc((size_t)width * sizeof *columns);
    assert(file && columns);
    for (row = 0; row < rows; row++) {
        size_t count;
        const struct canvas_run *runs = canvas_row(canvas, row, &count);
        for (int i = 0; i < width; i++)
            columns[i] = (struct column){" ", 1, {-1, 0}};
        for (size_t i = 0; i < count; i++)
            put_run(columns, width, &runs[i]);
        int end = width;
        while (!styles && end > 0 && strcmp(columns[end - 1].text, " ") == 0)
            end--;
        for (int i = 0; i < end; i++)
            if (styles)
                fputc(style_letter(columns[i].style), file);
            else
                fwrite(columns[i].text, 1, columns[i].len, file);
        fputc('\n', file);
    }
    if (canvas_cursor(canvas, &row, &column))
        fprintf(file, "cursor %d %d\n", row, column);
    else
        fprintf(file, "no cursor\n");
    fclose(file);
    free(columns);
    return out;
}

char *picture_of(const struct canvas *canvas)
{
    return render(canvas, false);
}

char *picture_of_styles(const struct canvas *canvas)
{
    return render(canvas, true);
}

void picture_check(const char *name, const char *picture)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/screens/%s", TEST_DATA, name);
    FILE *file = fopen(path, getenv("CHAT_WRITE_SCREENS") ? "w" : "r");
    if (!file)
        fail_msg("%s cannot be opened", path);
    if (getenv("CHAT_WRITE_SCREENS")) {
        fputs(picture, file);
        fclose(file);
        return;
    }
    char *expected = calloc(1, 1 << 20);
    size_t len = fread(expected, 1, (1 << 20) - 1, file);
    expected[len] = '\0';
    fclose(file);
    if (strcmp(expected, picture) != 0) {
        fprintf(stderr, "%s:\n%s\nbut it is:\n%s\n", name, expected, picture);
        fail_msg("the screen is not that of %s", path);
    }
    free(expected);
}
