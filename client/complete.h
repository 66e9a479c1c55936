#ifndef COMPLETE_H
#define COMPLETE_H

#include "offer.h"

/* What the word before the cursor of a line can become. */
struct complete {
    size_t at; /* byte at which the word begins */
    struct offer_choice *choices;
    char **strings; /* those of a choice in one piece */
    size_t count;
};

/*
 * Commands, what they take (names of commands and settings, values of those, files), and names of
 * emoji. What is found is freed by complete_clear. ERROR_NOMEM.
 */
int complete_find(struct complete *c, const char *line, size_t cursor);
void complete_clear(struct complete *c);

#endif
