#include "allow.h"

#include "error.h"
#include "keys.h"
#include "quote.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_LEN = KEYS_TEXT_SIZE - 1,
};

struct list {
    char **keys;
    size_t count, size;
};

static int list_add(struct list *l, const char *key)
{
    if (l->count == l->size) {
        size_t size = l->size ? 2 * l->size : 16;
        char **keys = realloc(l->keys, size * sizeof *keys);
        if (!keys)
            return ERROR_NOMEM;
        l->keys = keys;
        l->size = size;
    }
    l->keys[l->count] = strndup(key, KEY_LEN);
    if (!l->keys[l->count])
        return ERROR_NOMEM;
    l->count++;
    return 0;
}

static void list_clear(struct list *l)
{
    while (l->count > 0)
        free(l->keys[--l->count]);
    free(l->keys);
}

/* One line, with its newline if it has one. */
static int take_line(struct list *l, const char *line)
{
    static const char space[] = " \t\r\n";
    uint8_t key[KEYS_LEN];
    line += strspn(line, space);
    if (!*line || *line == '#')
        return 0;
    if (strcspn(line, space) != KEY_LEN || keys_text_parse(line, KEY_LEN, key))
        return ERROR_KEY;
    return list_add(l, line);
}

static int read_list(const char *path, struct list *l, char *why)
{
    char q[QUOTE_MAX];
    quote_text(path, strlen(path), q);
    FILE *file = fopen(path, "re");
    if (!file) {
        snprintf(why, ALLOW_ERROR_MAX, "cannot read the list of identities '%s': %s", q,
                 strerror(errno));
        return ERROR_SYSTEM;
    }
    int rc = 0;
    char *line = NULL;
    size_t size = 0;
    for (unsigned number = 1; rc == 0 && getline(&line, &size, file) >= 0; number++) {
        rc = take_line(l, line);
        if (rc == ERROR_KEY)
            snprintf(why, ALLOW_ERROR_MAX,
                     "line %u of '%s' does not begin with a key; write a key (44 characters of "
                     "base64) and a comment on each line",
                     number, q);
    }
    if (rc == 0 && !feof(file)) {
        rc = ERROR_SYSTEM;
        snprintf(why, ALLOW_ERROR_MAX, "cannot read the list of identities '%s': %s", q,
                 strerror(errno));
    }
    free(line);
    fclose(file);
    return rc;
}

int allow_load(const char *path, struct relay *relay, char why[ALLOW_ERROR_MAX])
{
    static const char *const nobody[1]; /* an empty list is one, and NULL is everybody */
    struct list l = {0};
    int rc = read_list(path, &l, why);
    if (rc == 0)
        rc = relay_set_allowed(relay, l.count > 0 ? (const char *const *)l.keys : nobody, l.count);
    if (rc == ERROR_NOMEM)
        snprintf(why, ALLOW_ERROR_MAX, "%s", error_text(rc));
    list_clear(&l);
    return rc;
}
