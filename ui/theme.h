#ifndef THEME_H
#define THEME_H

#include <stdbool.h>
#include <stddef.h>

/* Colours and attributes by what something is, so that nobody else names a colour. */
enum {
    STYLE_BOLD = 1,
    STYLE_DIM = 2,
    STYLE_UNDERLINE = 4,
    STYLE_REVERSE = 8,
    STYLE_ON_BLACK = 16, /* white on black, whatever the terminal has; `colour` does not count */
};

struct style {
    signed char colour; /* 0 to 15 of the terminal's palette; -1 for its default */
    unsigned char attributes;
};

enum theme_role {
    ROLE_TEXT,
    ROLE_STATUS,  /* the top line */
    ROLE_HERE,    /* the peer's presence in it */
    ROLE_GONE,    /* likewise */
    ROLE_WARNING, /* NOT PRIVATE, reconnecting */
    ROLE_RULE,    /* separators */
    ROLE_TIME,
    ROLE_DAY,
    ROLE_NEW, /* the line above what is new */
    ROLE_QUOTE,
    ROLE_NOTICE,
    ROLE_ERROR,
    ROLE_MARK,    /* on its way, or there */
    ROLE_SEEN,    /* ● */
    ROLE_REFUSED, /* ! and its reason */
    ROLE_FOUND,   /* what a search found */
    ROLE_INFO,    /* the line above the input: more below, writing, notes */
    ROLE_PICTURE, /* drawn with blocks: its light and dark have a meaning */
    ROLE_QUESTION,
    ROLE_PROMPT,
    ROLE_INPUT,
    ROLE_COUNT,
};

enum theme_name {
    THEME_DARK,  /* for a dark background */
    THEME_LIGHT, /* for a light one */
    THEME_MONO,  /* attributes alone */
    THEME_COUNT,
};

struct theme {
    enum theme_name name;
    int colours; /* 16, 8, or 0: attributes alone (monochrome, NO_COLOR) */
};

/* As a person calls it: "dark". */
const char *theme_title(enum theme_name name);

struct style theme_style(const struct theme *theme, enum theme_role role);

/*
 * The style of a name: always the same for the same bytes, and never that of the other person's.
 */
struct style theme_author(const struct theme *theme, const char *name, size_t len, bool mine);

#endif
