#include "ui_internal.h"

#include <stdlib.h>
#include <string.h>

/* Adds strings to one that has room for them. */
static void add(char **at, const char *s, const char *end)
{
    *at = stpcpy(*at, s);
    *at = stpcpy(*at, end);
}

char *ui_bare_text(struct ui *ui, size_t *len)
{
    const struct transcript_row *rows;
    size_t count = transcript_view(ui->transcript, &rows), size = 1;
    for (size_t i = 0; i < count; i++) {
        const struct transcript_entry *e = rows[i].entry;
        size += e->text_len + (e->author ? strlen(e->author) : 0) + 16;
    }
    char *text = malloc(size), *at = text;
    if (!text)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        const struct transcript_entry *e = rows[i].entry;
        if (i > 0 && e == rows[i - 1].entry)
            continue;
        if (e->time_text)
            add(&at, e->time_text, " ");
        if (e->author)
            add(&at, e->author, e->action ? " " : ": ");
        add(&at, e->text, "\n");
    }
    *len = (size_t)(at - text);
    return text;
}
