#include "theme.h"

#include <stdbool.h>
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

/* On white, green, cyan, yellow and the bright ones of most palettes are too pale to read. */
static const struct role roles[ROLE_COUNT] = {
    [ROLE_TEXT] = {DEFAULT, DEFAULT, 0, 0},
    [ROLE_STATUS] = {DEFAULT, DEFAULT, STYLE_BOLD, STYLE_BOLD},
    [ROLE_HERE] = {BRIGHT_GREEN, BLUE, 0, 0},
    [ROLE_GONE] = {GREY, GREY, 0, STYLE_DIM},
    [ROLE_WARNING] = {BRIGHT_RED, RED, STYLE_REVERSE, STYLE_REVERSE},
    [ROLE_RULE] = {GREY, GREY, 0, STYLE_DIM},
    [ROLE_TIME] = {GREY, GREY, 0, STYLE_DIM},
    [ROLE_DAY] = {CYAN, BLUE, 0, STYLE_BOLD},
    [ROLE_NEW] = {BRIGHT_YELLOW, MAGENTA, 0, STYLE_BOLD},
    [ROLE_QUOTE] = {GREY, GREY, 0, STYLE_DIM},
    [ROLE_NOTICE] = {CYAN, BLUE, 0, STYLE_DIM},
    [ROLE_ERROR] = {BRIGHT_RED, RED, 0, STYLE_BOLD},
    [ROLE_MARK] = {GREY, GREY, 0, STYLE_DIM},
    [ROLE_SEEN] = {BRIGHT_GREEN, BLUE, 0, 0},
    [ROLE_REFUSED] = {BRIGHT_RED, RED, STYLE_BOLD, STYLE_BOLD},
    [ROLE_FOUND] = {DEFAULT, DEFAULT, STYLE_REVERSE, STYLE_REVERSE},
    [ROLE_INFO] = {CYAN, BLUE, 0, STYLE_DIM},
    [ROLE_PICTURE] = {DEFAULT, DEFAULT, STYLE_ON_BLACK, 0},
    [ROLE_QUESTION] = {BRIGHT_YELLOW, MAGENTA, STYLE_BOLD, STYLE_REVERSE},
    [ROLE_PROMPT] = {BRIGHT_CYAN, BLUE, STYLE_BOLD, STYLE_BOLD},
    [ROLE_INPUT] = {DEFAULT, DEFAULT, 0, 0},
};

/* Of theirs and of mine, so that the two never look alike. Red and grey have a meaning. */
static const signed char authors[][2][3] = {
    [THEME_DARK] = {{BRIGHT_YELLOW, BRIGHT_MAGENTA, YELLOW},
                    {BRIGHT_GREEN, BRIGHT_BLUE, BRIGHT_CYAN}},
    [THEME_LIGHT] = {{MAGENTA, MAGENTA, MAGENTA}, {BLUE, BRIGHT_BLUE, BLUE}},
};

static bool has_colours(const struct theme *theme)
{
    return theme->colours >= 8 && theme->name != THEME_MONO;
}

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

const char *theme_title(enum theme_name name)
{
    static const char *const titles[] = {
        [THEME_DARK] = "dark",
        [THEME_LIGHT] = "light",
        [THEME_MONO] = "mono",
    };
    return titles[name];
}

struct style theme_style(const struct theme *theme, enum theme_role role)
{
    const struct role *r = &roles[role];
    if (!has_colours(theme))
        return (struct style){DEFAULT, r->mono};
    return coloured(theme, theme->name == THEME_LIGHT ? r->light : r->dark, r->attributes);
}

struct style theme_author(const struct theme *theme, const char *name, size_t len, bool mine)
{
    if (!has_colours(theme))
        return (struct style){DEFAULT, STYLE_BOLD};
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    return coloured(theme, authors[theme->name][mine][hash % 3], 0);
}
