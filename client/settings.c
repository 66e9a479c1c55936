#include "settings.h"

#include "error.h"
#include "text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const struct settings_option table[SETTING_COUNT] = {
    [SETTING_NICK] = {"nick", SETTINGS_START, "", NULL, "who you are"},
    [SETTING_ROOM] = {"room", SETTINGS_START, "", NULL, "the table for two to sit down at"},
    [SETTING_SERVER] = {"server", SETTINGS_START, "", NULL, "the relay to go to"},
    [SETTING_THEME] = {"theme", SETTINGS_CHOICE, "dark", "dark light mono",
                       "colours for a dark or a light background, or none"},
    [SETTING_EMOJI] = {"emoji", SETTINGS_CHOICE, "full", "full simple text",
                       "emoji as they are, without their sequences, or by name"},
    [SETTING_SPLIT] = {"split", SETTINGS_SWITCH, "on", NULL,
                       "the newest lines stay in view while you read back"},
    [SETTING_GRACE] = {"grace", SETTINGS_CHOICE, "0", "0 1 2 3 4 5 6 7 8 9 10",
                       "seconds in which Esc takes back what was sent"},
    [SETTING_BELL] = {"bell", SETTINGS_SWITCH, "on", NULL, "rings when a message comes unseen"},
    [SETTING_TITLE] = {"title", SETTINGS_SWITCH, "on", NULL,
                       "the window's title says with whom, and how much is unseen"},
    [SETTING_ALERT] = {"alert", SETTINGS_SWITCH, "on", NULL,
                       "the terminal shows a note when a message comes unseen (OSC 9)"},
    [SETTING_NOTIFY] = {"notify", SETTINGS_COMMAND, "off", NULL,
                        "a command that is run when a message comes unseen"},
    [SETTING_NOTIFY_TEXT] = {"notify-text", SETTINGS_SWITCH, "on", NULL,
                             "alert and notify say what was written"},
    [SETTING_TYPING] = {"typing", SETTINGS_SWITCH, "on", NULL,
                        "you both see when the other one writes"},
    [SETTING_SEEN] = {"seen", SETTINGS_SWITCH, "on", NULL,
                      "you both see what the other one has seen"},
    [SETTING_SAVE] = {"save", SETTINGS_FOLDER, "auto", NULL,
                      "the folder for files that you /accept; auto: that for downloads"},
};

void settings_init(struct settings *s)
{
    for (int i = 0; i < SETTING_COUNT; i++)
        snprintf(s->values[i], sizeof s->values[i], "%s", table[i].initial);
}

const struct settings_option *settings_option(enum setting setting)
{
    return &table[setting];
}

enum setting settings_find(const char *name, size_t len)
{
    int i = 0;
    while (i < SETTING_COUNT &&
           (strlen(table[i].name) != len || memcmp(table[i].name, name, len) != 0))
        i++;
    return (enum setting)i;
}

/* The place of a word among words with a space between them; SIZE_MAX for none. */
static size_t find_word(const char *words, const char *word, size_t len)
{
    for (size_t place = 0;; place++) {
        const char *end = strchr(words, ' ');
        size_t own_len = end ? (size_t)(end - words) : strlen(words);
        if (own_len == len && memcmp(words, word, len) == 0)
            return place;
        if (!end)
            return SIZE_MAX;
        words = end + 1;
    }
}

static bool is_one_line(const char *value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)value[i] < ' ' || value[i] == 0x7f)
            return false;
    return text_is_utf8(value, len);
}

/* What may be its value, or NULL where everything may. */
static const char *choices_of(const struct settings_option *option)
{
    return option->kind == SETTINGS_SWITCH ? "on off" : option->choices;
}

int settings_set(struct settings *s, enum setting setting, const char *value, size_t len,
                 char why[SETTINGS_WHY_MAX])
{
    const struct settings_option *option = &table[setting];
    const char *choices = choices_of(option);
    if (choices && find_word(choices, value, len) == SIZE_MAX)
        snprintf(why, SETTINGS_WHY_MAX, "%s can be one of: %s", option->name, choices);
    else if (len == 0 || len >= SETTINGS_VALUE_MAX || !is_one_line(value, len))
        snprintf(why, SETTINGS_WHY_MAX, "%s needs one line of at most %d bytes of text",
                 option->name, SETTINGS_VALUE_MAX - 1);
    else {
        memcpy(s->values[setting], value, len);
        s->values[setting][len] = '\0';
        return 0;
    }
    return ERROR_STATE;
}

const char *settings_value(const struct settings *s, enum setting setting)
{
    return s->values[setting];
}

bool settings_is_on(const struct settings *s, enum setting setting)
{
    return strcmp(s->values[setting], "off") != 0;
}

size_t settings_choice(const struct settings *s, enum setting setting)
{
    const char *value = s->values[setting];
    return find_word(table[setting].choices, value, strlen(value));
}
