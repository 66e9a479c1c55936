#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What a person can choose, in one table: the configuration file (settings_file.h), /set, and
 * chat-config(5) all follow it.
 */
enum {
    SETTINGS_VALUE_MAX = 200, /* with its NUL */
    SETTINGS_WHY_MAX = 256,
};

enum setting {
    SETTING_NICK,
    SETTING_ROOM,
    SETTING_SERVER,
    SETTING_THEME,
    SETTING_EMOJI,
    SETTING_SPLIT,
    SETTING_GRACE,
    SETTING_BELL,
    SETTING_TITLE,
    SETTING_ALERT,
    SETTING_NOTIFY,
    SETTING_NOTIFY_TEXT,
    SETTING_TYPING,
    SETTING_SEEN,
    SETTING_SAVE,
    SETTING_COUNT,
};

enum settings_kind {
    SETTINGS_SWITCH,  /* on or off */
    SETTINGS_CHOICE,  /* one of `choices` */
    SETTINGS_COMMAND, /* words, of which the first is a program; or off */
    SETTINGS_FOLDER,  /* a path, or auto */
    SETTINGS_START,   /* any text; counts at the start of the program alone */
};

struct settings_option {
    const char *name;
    enum settings_kind kind;
    const char *initial;
    const char *choices; /* words with a space between them; NULL but for SETTINGS_CHOICE */
    const char *help;    /* one line without a full stop */
};

struct settings {
    char values[SETTING_COUNT][SETTINGS_VALUE_MAX];
};

/* Everything as the table has it. There is nothing to clear. */
void settings_init(struct settings *s);

const struct settings_option *settings_option(enum setting setting);

/* The setting of that name; SETTING_COUNT for none. */
enum setting settings_find(const char *name, size_t len);

/* ERROR_STATE: the setting has no such value, and stays; `why` is a sentence that says what it
 * takes. */
int settings_set(struct settings *s, enum setting setting, const char *value, size_t len,
                 char why[SETTINGS_WHY_MAX]);

/* The value as it is written; "" only for a SETTINGS_START that was not set. */
const char *settings_value(const struct settings *s, enum setting setting);

/* Not `off`: of a switch or a command. */
bool settings_is_on(const struct settings *s, enum setting setting);

/* Which of its choices it is, from 0. */
size_t settings_choice(const struct settings *s, enum setting setting);

#endif
