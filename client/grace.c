#include "grace.h"

#include "error.h"

#include <stdlib.h>
#include <string.h>

/* Where the pointer to the newest line is, or would be. */
static struct grace_line **newest(struct grace *g)
{
    struct grace_line **at = &g->first;
    while (*at && (*at)->next)
        at = &(*at)->next;
    return at;
}

int grace_put(struct grace *g, const char *text, size_t len, bool as_is, uint64_t due_ms)
{
    struct grace_line *line = malloc(sizeof *line + len + 1), **last = newest(g);
    if (!line)
        return ERROR_NOMEM;
    *line = (struct grace_line){.due_ms = due_ms, .as_is = as_is, .len = len};
    memcpy(line->text, text, len);
    line->text[len] = '\0';
    if (*last && (*last)->due_ms > due_ms)
        line->due_ms = (*last)->due_ms;
    *(*last ? &(*last)->next : last) = line;
    g->count++;
    g->bytes += len;
    return 0;
}

static struct grace_line *take(struct grace *g, struct grace_line **at)
{
    struct grace_line *line = *at;
    if (!line)
        return NULL;
    *at = line->next;
    g->count--;
    g->bytes -= line->len;
    return line;
}

struct grace_line *grace_take_oldest(struct grace *g)
{
    return take(g, &g->first);
}

struct grace_line *grace_take_newest(struct grace *g)
{
    return take(g, newest(g));
}

const struct grace_line *grace_newest(struct grace *g)
{
    return *newest(g);
}

uint64_t grace_deadline(const struct grace *g)
{
    return g->first ? g->first->due_ms : UINT64_MAX;
}

char *grace_join(const struct grace *g, const char *text, size_t len, size_t *joined_len)
{
    char *joined = malloc(g->bytes + g->count + len + 1), *at = joined;
    if (!joined)
        return NULL;
    for (const struct grace_line *line = g->first; line; line = line->next) {
        memcpy(at, line->text, line->len);
        at += line->len;
        *at++ = '\n';
    }
    memcpy(at, text, len);
    at += len;
    if (len == 0 && at > joined)
        at--;
    *at = '\0';
    *joined_len = (size_t)(at - joined);
    return joined;
}

void grace_clear(struct grace *g)
{
    struct grace_line *line;
    while ((line = grace_take_oldest(g)))
        free(line);
}
