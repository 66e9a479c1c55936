#ifndef OFFER_H
#define OFFER_H

#include "editor.h"

/* What a word that is being written can become, of which one is chosen. */
struct offer_choice {
    const char *name;  /* what was typed is its beginning: "/he" of "/help" */
    const char *text;  /* goes into the line: "/help " */
    const char *label; /* is shown, sanitised: "/help  lists the commands" */
};

struct offer {
    struct offer_choice *choices; /* with their strings; NULL: nothing is offered */
    size_t count, chosen;         /* chosen is `count` while nothing is */
    size_t at, len;               /* what stands in the line now */
    char *typed;                  /* before something was chosen */
};

/*
 * Completes the word from byte `at` of the line to its cursor, as far as all choices have it in
 * common; whole where there is but one, else they are offered (copied). ERROR_LIMIT, ERROR_NOMEM:
 * nothing changed, and nothing is offered.
 */
int offer_begin(struct offer *o, struct editor *e, size_t at, const struct offer_choice *choices,
                size_t count);

/* Puts the next choice (1) or the one before (-1) into the line. Errors likewise. */
int offer_next(struct offer *o, struct editor *e, int direction);

/* Puts back what was typed. Errors likewise. */
int offer_undo(struct offer *o, struct editor *e);

void offer_clear(struct offer *o);

#endif
