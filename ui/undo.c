#include "undo.h"

#include <stdlib.h>
#include <string.h>

void undo_clear(struct undo *u)
{
    while (u->count > 0)
        free(u->steps[--u->count]);
}

struct undo_step *undo_step_new(const struct undo_step *step, const char *removed)
{
    struct undo_step *copy = malloc(sizeof *copy + step->removed);
    if (!copy)
        return NULL;
    *copy = *step;
    memcpy(copy->text, removed, step->removed);
    return copy;
}

void undo_push(struct undo *u, struct undo_step *step)
{
    if (u->count == UNDO_MAX) {
        free(u->steps[0]);
        u->count--;
        memmove(u->steps, u->steps + 1, u->count * sizeof u->steps[0]);
    }
    u->steps[u->count++] = step;
}

struct undo_step *undo_last(struct undo *u)
{
    return u->count ? u->steps[u->count - 1] : NULL;
}

struct undo_step *undo_pop(struct undo *u)
{
    return u->count ? u->steps[--u->count] : NULL;
}
