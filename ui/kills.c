#include "kills.h"

#include "error.h"

#include <stdlib.h>
#include <string.h>

void kills_clear(struct kills *k)
{
    while (k->count > 0)
        free(k->texts[--k->count]);
}

int kills_add(struct kills *k, enum kills_place place, const char *text, size_t len)
{
    const char *old = place != KILLS_NEW && k->count ? k->texts[0] : "";
    size_t old_len = strlen(old);
    char *joined = malloc(old_len + len + 1);
    if (!joined)
        return ERROR_NOMEM;
    memcpy(joined + (place == KILLS_BEFORE ? len : 0), old, old_len);
    memcpy(joined + (place == KILLS_BEFORE ? 0 : old_len), text, len);
    joined[old_len + len] = '\0';
    if (place != KILLS_NEW && k->count) {
        free(k->texts[0]);
    } else {
        if (k->count == KILLS_MAX)
            free(k->texts[--k->count]);
        memmove(k->texts + 1, k->texts, k->count * sizeof k->texts[0]);
        k->count++;
    }
    k->texts[0] = joined;
    return 0;
}

const char *kills_newest(const struct kills *k)
{
    return k->count ? k->texts[0] : NULL;
}

void kills_rotate(struct kills *k)
{
    if (k->count < 2)
        return;
    char *newest = k->texts[0];
    memmove(k->texts, k->texts + 1, (k->count - 1) * sizeof k->texts[0]);
    k->texts[k->count - 1] = newest;
}
