#ifndef UNDO_H
#define UNDO_H

#include <stdbool.h>
#include <stddef.h>

/* What was changed in a text, so that it can be taken back, newest first. */
struct undo_step {
    size_t at;       /* byte at which something was replaced */
    size_t inserted; /* bytes that stand there now, */
    size_t removed;  /* and how many stood there before: `text` */
    size_t cursor;   /* where the cursor was */
    bool typed;      /* letters: more of them may join this step */
    char text[];
};

enum {
    UNDO_MAX = 256, /* steps that are kept */
};

struct undo {
    struct undo_step *steps[UNDO_MAX];
    size_t count;
};

void undo_clear(struct undo *u);

/*
 * Makes a step of `step` and its removed text (copied), which is not yet recorded. NULL: out of
 * memory. undo_push then records it; the oldest one goes where there are too many.
 */
struct undo_step *undo_step_new(const struct undo_step *step, const char *removed);
void undo_push(struct undo *u, struct undo_step *step);

/* The newest step, borrowed; NULL for none. */
struct undo_step *undo_last(struct undo *u);

/* Takes the newest step out; the caller frees it. NULL for none. */
struct undo_step *undo_pop(struct undo *u);

#endif
