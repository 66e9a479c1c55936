#include "editor_internal.h"

#include "error.h"
#include "text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    COLUMNS_FIRST = 80, /* until the first editor_wrap */
};

struct editor *editor_new(void)
{
    struct editor *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->goal = -1;
    e->columns = COLUMNS_FIRST;
    return e;
}

void editor_free(struct editor *e)
{
    if (!e)
        return;
    undo_clear(&e->undo);
    kills_clear(&e->kills);
    recall_clear(&e->recall);
    free(e->shown);
    free(e->lines);
    free(e);
}

const char *editor_text(const struct editor *e, size_t *len)
{
    *len = e->len;
    return e->text;
}

size_t editor_cursor(const struct editor *e)
{
    return e->cursor;
}

/* Whether typed letters go on with the last step: within a word and the spaces after it. */
static bool joins(struct editor *e, const struct editor_change *change)
{
    const struct undo_step *last = undo_last(&e->undo);
    if (!change->typed || change->len > 0 || !last || !last->typed)
        return false;
    if (last->at + last->inserted != change->at || e->cursor != change->at)
        return false;
    char before = e->text[change->at - 1], first = change->text[0];
    return before != '\n' && first != '\n' && (before != ' ' || first == ' ');
}

static void splice(struct editor *e, size_t at, size_t len, const char *text, size_t text_len)
{
    memmove(e->text + at + text_len, e->text + at + len, e->len - at - len + 1);
    memcpy(e->text + at, text, text_len);
    e->len += text_len - len;
}

int editor_change(struct editor *e, const struct editor_change *change)
{
    assert(change->at <= e->len && change->len <= e->len - change->at);
    if (change->text_len > EDITOR_MAX - (e->len - change->len))
        return ERROR_LIMIT;
    if (joins(e, change)) {
        undo_last(&e->undo)->inserted += change->text_len;
    } else {
        struct undo_step step = {
            .at = change->at,
            .inserted = change->text_len,
            .removed = change->len,
            .cursor = e->cursor,
            .typed = change->typed,
        };
        struct undo_step *copy = undo_step_new(&step, e->text + change->at);
        if (!copy)
            return ERROR_NOMEM;
        undo_push(&e->undo, copy);
    }
    splice(e, change->at, change->len, change->text, change->text_len);
    e->cursor = change->at + change->text_len;
    return 0;
}

int editor_replace(struct editor *e, size_t at, size_t len, const char *text, size_t text_len)
{
    if (!text_is_utf8(text, text_len) || memchr(text, '\0', text_len))
        return ERROR_UTF8;
    if (len == 0 && text_len == 0)
        return 0;
    struct editor_change change = {at, len, text, text_len, len == 0 && text_len <= 4};
    e->last = ACTION_NONE;
    e->goal = -1;
    return editor_change(e, &change);
}

int editor_insert(struct editor *e, const char *text, size_t len)
{
    return editor_replace(e, e->cursor, 0, text, len);
}

int editor_set(struct editor *e, const char *text, size_t len)
{
    return editor_replace(e, 0, e->len, text, len);
}

int editor_remember(struct editor *e, const char *text, size_t len)
{
    return recall_add(&e->recall, text, len);
}

int editor_cancel(struct editor *e)
{
    int rc = editor_set(e, "", 0);
    if (rc == 0)
        recall_reset(&e->recall);
    return rc;
}

void editor_sent(struct editor *e)
{
    (void)recall_add(&e->recall, e->text, e->len);
    undo_clear(&e->undo);
    e->len = e->cursor = 0;
    e->text[0] = '\0';
    e->last = ACTION_NONE;
    e->goal = -1;
}
