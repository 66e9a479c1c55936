#include "ui_internal.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

enum {
    NAMES_COLUMNS = 22,
};

static char *add(char *at, const char *s)
{
    return stpcpy(at, s);
}

/* The keys of the row and of those below it that do the same; gives the row after them. */
static size_t add_names(char **at, const struct keymap_row *rows, size_t count, size_t row)
{
    const char *start = *at;
    size_t next = row + 1;
    *at = add(*at, rows[row].name);
    for (; next < count && !rows[next].help; next++) {
        if (strcmp(rows[next].name, rows[next - 1].name) == 0)
            continue;
        *at = add(*at, ", ");
        *at = add(*at, rows[next].name);
    }
    while (*at - start < NAMES_COLUMNS)
        *at = add(*at, " ");
    return next;
}

char *ui_keys_text(void)
{
    size_t count, size = 1;
    const struct keymap_row *rows = keymap_rows(&count);
    for (size_t i = 0; i < count; i++)
        size +=
            strlen(rows[i].name) + (rows[i].help ? strlen(rows[i].help) : 0) + NAMES_COLUMNS + 4;
    char *text = malloc(size), *at = text;
    if (!text)
        return NULL;
    *at = '\0';
    for (size_t i = 0; i < count;) {
        const char *help = rows[i].help;
        at = add(at, "  ");
        i = add_names(&at, rows, count, i);
        at = add(at, help);
        at = add(at, "\n");
    }
    return text;
}

char *ui_marks_text(const struct ui *ui)
{
    size_t size = 1;
    for (int i = TRANSCRIPT_WAITING; i <= TRANSCRIPT_CROSSED; i++)
        size += strlen(view_mark_help((enum transcript_mark)i)) + NAMES_COLUMNS + 16;
    char *text = malloc(size), *at = text;
    if (!text)
        return NULL;
    for (int i = TRANSCRIPT_WAITING; i <= TRANSCRIPT_CROSSED; i++) {
        const char *sign = view_mark_sign((enum transcript_mark)i, ui->ascii);
        at = add(add(at, "  "), sign);
        for (size_t width = text_width(sign, strlen(sign)); width < NAMES_COLUMNS; width++)
            at = add(at, " ");
        at = add(add(at, view_mark_help((enum transcript_mark)i)), "\n");
    }
    return text;
}
