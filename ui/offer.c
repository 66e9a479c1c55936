#include "offer.h"

#include "error.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

void offer_clear(struct offer *o)
{
    free(o->choices);
    free(o->typed);
    *o = (struct offer){0};
}

/* Bytes that the names of all choices begin with. */
static size_t common(const struct offer_choice *choices, size_t count)
{
    const char *first = choices[0].name;
    size_t len = strlen(first);
    for (size_t i = 1; i < count; i++)
        for (size_t n = 0; n < len; n++)
            if (choices[i].name[n] != first[n])
                len = n;
    return text_fit(first, len, len);
}

static const char *keep(char **at, const char *s)
{
    const char *copy = *at;
    *at = stpcpy(*at, s) + 1;
    return copy;
}

/* All choices and their strings in one allocation. */
static struct offer_choice *copy(const struct offer_choice *choices, size_t count)
{
    size_t size = count * sizeof *choices;
    for (size_t i = 0; i < count; i++)
        size += strlen(choices[i].name) + strlen(choices[i].text) + strlen(choices[i].label) + 3;
    struct offer_choice *copies = malloc(size);
    char *at = (char *)(copies + (copies ? count : 0));
    for (size_t i = 0; copies && i < count; i++) {
        copies[i].name = keep(&at, choices[i].name);
        copies[i].text = keep(&at, choices[i].text);
        copies[i].label = keep(&at, choices[i].label);
    }
    return copies;
}

static int replace(struct offer *o, struct editor *e, const char *text, size_t len)
{
    int rc = editor_replace(e, o->at, o->len, text, len);
    if (rc == 0)
        o->len = len;
    return rc;
}

int offer_begin(struct offer *o, struct editor *e, size_t at, const struct offer_choice *choices,
                size_t count)
{
    size_t len, typed_len = editor_cursor(e) - at;
    const char *text = editor_text(e, &len);
    offer_clear(o);
    o->at = at;
    o->len = typed_len;
    if (count == 1)
        return replace(o, e, choices[0].text, strlen(choices[0].text));
    o->choices = copy(choices, count);
    o->typed = strndup(text + at, typed_len);
    o->count = o->chosen = count;
    size_t same = common(choices, count);
    int rc = o->choices && o->typed ? 0 : ERROR_NOMEM;
    if (rc == 0 && same > typed_len)
        rc = replace(o, e, choices[0].name, same);
    if (rc)
        offer_clear(o);
    return rc;
}

int offer_next(struct offer *o, struct editor *e, int direction)
{
    size_t next = o->chosen + (direction > 0 ? 1 : o->count - 1);
    if (o->chosen == o->count)
        next = direction > 0 ? 0 : o->count - 1;
    next %= o->count;
    int rc = replace(o, e, o->choices[next].text, strlen(o->choices[next].text));
    if (rc == 0)
        o->chosen = next;
    return rc;
}

int offer_undo(struct offer *o, struct editor *e)
{
    int rc = replace(o, e, o->typed, strlen(o->typed));
    if (rc == 0)
        offer_clear(o);
    return rc;
}
