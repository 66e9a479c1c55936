#include "theme.h"

#include <stdint.h>

enum {
    DEFAULT = -1,
    RED = 1,
    GREEN,
    YELLOW,
    BLUE,
    MAGENTA,
    CYAN,
    WHITE,
    GREY,
    BRIGHT_RED,
    BRIGHT_GREEN,
    BRIGHT_YELLOW,
    BRIGHT_BLUE,
    BRIGHT_MAGENTA,
    BRIGHT_CYAN,
};

struct role {
    signed char dark, light;  /* colour on a dark and on a light background */
    unsigned char attributes; /* with colours */
    unsigned char mono;       /* without: they alone carry the meaning */
};

static const struct role roles[ROLE_COUNT] = {
    [ROLE_TEXT] = {DEFAULT, DEFAULT, 0, 0},
    [ROLE_STATUS] = {DEFAULT, DEFAULT, STYLE_BOLD, STYLE_BOLD},
    [ROLE_HERE] = {BRIGHT_GREEN, GREEN, 0, 0},
    [ROLE_GONE] = {GREY, GREY, 0, STYLE_DIM},
    [ROLE_WARNING] = {BRIGHT_RED, RED, STYLE_REVERSE, STYLE_REVERSE},
    [ROLE_RULE] = {GREY, GREY, 0, STYLE_DIM},
    [ROLE_TIME] = {GREY, GREY, 0, STYLE_DIM},
    [ROLE_DAY] = {CYAN, BLUE, 0, STYLE_BOLD},
    [ROLE_NEW] = {BRIGHT_YELLOW, MAGENTA, 0, STYLE_BOLD},
    [ROLE_QUOTE] = {GREY, GREY, 0, STYLE_DIM},
    [ROLE_NOTICE] = {CYAN, CYAN, 0, STYLE_DIM},
    [ROLE_ERROR] = {BRIGHT_RED, RED, 0, STYLE_BOLD},
    [ROLE_MARK] = {GREY, GREY, 0, STYLE_DIM},
    [ROLE_SEEN] = {BRIGHT_GREEN, GREEN, 0, 0},
    [ROLE_REFUSED] = {BRIGHT_RED, RED, STYLE_BOLD, STYLE_BOLD},
    [ROLE_FOUND] = {DEFAULT, DEFAULT, STYLE_REVERSE, STYLE_REVERSE},
    [ROLE_INFO] = {CYAN, BLUE, 0, STYLE_DIM},
    [ROLE_QUESTION] = {BRIGHT_YELLOW, MAGENTA, STYLE_BOLD, STYLE_REVERSE},
    [ROLE_PROMPT] = {BRIGHT_CYAN, BLUE, STYLE_BOLD, STYLE_BOLD},
    [ROLE_INPUT] = {DEFAULT, DEFAULT, 0, 0},
};

/* Those that read well on a dark and on a light background; red and grey have a meaning. */
static const signed char authors[2][6] = {
    [THEME_DARK] = {BRIGHT_GREEN, BRIGHT_YELLOW, BRIGHT_BLUE, BRIGHT_MAGENTA, BRIGHT_CYAN, YELLOW},
    [THEME_LIGHT] = {GREEN, BLUE, MAGENTA, CYAN, BRIGHT_BLUE, BRIGHT_MAGENTA},
};

/* With 8 colours a bright one is its plain one in bold, and grey is the default made dim. */
static struct style coloured(const struct theme *theme, int colour, unsigned char attributes)
{
    struct style style = {(signed char)colour, attributes};
    if (theme->colours >= 16 || colour <= WHITE)
        return style;
    style.colour = colour == GREY ? DEFAULT : (signed char)(colour - GREY);
    style.attributes |= colour == GREY ? STYLE_DIM : STYLE_BOLD;
    return style;
}

struct style theme_style(const struct theme *theme, enum theme_role role)
{
    const struct role *r = &roles[role];
    if (theme->colours < 8)
        return (struct style){DEFAULT, r->mono};
    return coloured(theme, theme->name == THEME_LIGHT ? r->light : r->dark, r->attributes);
}

struct style theme_author(const struct theme *theme, const char *name, size_t len)
{
    if (theme->colours < 8)
        return (struct style){DEFAULT, STYLE_BOLD};
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    size_t count = sizeof authors[0] / sizeof authors[0][0];
    return coloured(theme, authors[theme->name == THEME_LIGHT][hash % count], 0);
}
