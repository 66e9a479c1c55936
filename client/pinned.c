#include "pinned.h"

#include "error.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void pinned_clear(struct pinned *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->keys[i].nick);
    free(p->keys);
    *p = (struct pinned){0};
}

struct pinned_key *pinned_find(const struct pinned *p, const char *nick)
{
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->keys[i].nick, nick) == 0)
            return &p->keys[i];
    return NULL;
}

static struct pinned_key *add(struct pinned *p, const char *nick)
{
    if (p->count == p->size) {
        size_t size = p->size ? 2 * p->size : 4;
        struct pinned_key *keys = realloc(p->keys, size * sizeof *keys);
        if (!keys)
            return NULL;
        p->keys = keys;
        p->size = size;
    }
    struct pinned_key *key = &p->keys[p->count];
    *key = (struct pinned_key){.nick = strdup(nick)};
    p->count += key->nick != NULL;
    return key->nick ? key : NULL;
}

int pinned_put(struct pinned *p, const char *nick, const char *identity, bool verified)
{
    assert(strlen(identity) < KEYS_TEXT_SIZE);
    struct pinned_key *key = pinned_find(p, nick);
    if (!key)
        key = add(p, nick);
    if (!key)
        return ERROR_NOMEM;
    memcpy(key->identity, identity, strlen(identity) + 1);
    key->verified = verified;
    return 0;
}
