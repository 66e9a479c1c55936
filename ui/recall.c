#include "recall.h"

#include "error.h"

#include <stdlib.h>
#include <string.h>

static void forget_edits(struct recall *r)
{
    for (size_t i = 0; i <= r->count; i++) {
        free(r->lines[i].edited);
        r->lines[i].edited = NULL;
    }
}

void recall_clear(struct recall *r)
{
    forget_edits(r);
    for (size_t i = 0; i < r->count; i++)
        free(r->lines[i].sent);
    *r = (struct recall){0};
}

void recall_reset(struct recall *r)
{
    forget_edits(r);
    r->at = r->count;
}

int recall_add(struct recall *r, const char *text, size_t len)
{
    const char *newest = r->count ? r->lines[r->count - 1].sent : "";
    if (len > 0 && (strlen(newest) != len || memcmp(newest, text, len) != 0)) {
        char *sent = strndup(text, len);
        if (!sent)
            return ERROR_NOMEM;
        forget_edits(r);
        if (r->count == RECALL_MAX) {
            free(r->lines[0].sent);
            r->count--;
            memmove(r->lines, r->lines + 1, r->count * sizeof r->lines[0]);
        }
        r->lines[r->count++] = (struct recall_line){.sent = sent};
        r->lines[r->count] = (struct recall_line){0};
    }
    recall_reset(r);
    return 0;
}

const char *recall_sent(const struct recall *r, size_t back)
{
    return back < r->count ? r->lines[r->count - 1 - back].sent : NULL;
}

int recall_go(struct recall *r, int direction, const char *text, size_t len, const char **other)
{
    if (direction < 0 ? r->at == 0 : r->at == r->count)
        return 0;
    char *edited = strndup(text, len);
    if (!edited)
        return ERROR_NOMEM;
    free(r->lines[r->at].edited);
    r->lines[r->at].edited = edited;
    r->at += (size_t)direction;
    const struct recall_line *line = &r->lines[r->at];
    *other = line->edited ? line->edited : line->sent;
    return 1;
}
