#include "complete.h"

#include "commands.h"
#include "emoji.h"
#include "error.h"
#include "filename.h"
#include "settings.h"
#include "text.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    CHOICES_MAX = 500,
    EMOJI_TYPED_MIN = 2, /* the colon and a letter: there are times with a colon too */
};

/* The word that is to be completed. */
struct word {
    const char *at;
    size_t len;
};

void complete_clear(struct complete *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->strings[i]);
    free(c->strings);
    free(c->choices);
    *c = (struct complete){0};
}

static bool begins(const char *name, struct word word)
{
    return strncmp(name, word.at, word.len) == 0;
}

/* Adds a choice (copied) where it begins as the word does. */
static int add(struct complete *c, struct word word, const struct offer_choice *choice)
{
    if (!begins(choice->name, word) || c->count == CHOICES_MAX)
        return 0;
    if (!c->choices) {
        c->choices = malloc(CHOICES_MAX * sizeof c->choices[0]);
        c->strings = malloc(CHOICES_MAX * sizeof c->strings[0]);
    }
    size_t name = strlen(choice->name) + 1, text = strlen(choice->text) + 1, label;
    char *safe = text_sanitise(choice->label, strlen(choice->label), 0, &label);
    char *strings = safe ? malloc(name + text + label + 1) : NULL;
    if (c->choices && c->strings && strings) {
        memcpy(strings, choice->name, name);
        memcpy(strings + name, choice->text, text);
        memcpy(strings + name + text, safe, label + 1);
        c->choices[c->count] =
            (struct offer_choice){strings, strings + name, strings + name + text};
        c->strings[c->count++] = strings;
        free(safe);
        return 0;
    }
    free(strings);
    free(safe);
    return ERROR_NOMEM;
}

static int add_commands(struct complete *c, struct word word)
{
    size_t count;
    const struct command *table = commands_table(&count);
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        char name[32], text[32], label[160];
        snprintf(name, sizeof name, "/%s", table[i].name);
        snprintf(text, sizeof text, "/%s%s", table[i].name,
                 table[i].arguments == COMMAND_ALONE ? "" : " ");
        snprintf(label, sizeof label, "%-20s %s", table[i].usage, table[i].help);
        rc = add(c, word, &(struct offer_choice){name, text, label});
    }
    return rc;
}

static int add_command_names(struct complete *c, struct word word)
{
    size_t count;
    const struct command *table = commands_table(&count);
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = add(c, word, &(struct offer_choice){table[i].name, table[i].name, table[i].name});
    return rc;
}

static int add_setting_names(struct complete *c, struct word word)
{
    int rc = 0;
    for (enum setting i = 0; i < SETTING_COUNT && rc == 0; i++) {
        const struct settings_option *option = settings_option(i);
        char text[64], label[160];
        if (option->kind == SETTINGS_START)
            continue;
        snprintf(text, sizeof text, "%s ", option->name);
        snprintf(label, sizeof label, "%-14s %s", option->name, option->help);
        rc = add(c, word, &(struct offer_choice){option->name, text, label});
    }
    return rc;
}

static int by_name(const void *a, const void *b)
{
    const struct offer_choice *left = a, *right = b;
    return strcmp(left->name, right->name);
}

static bool is_folder(DIR *dir, const struct dirent *entry)
{
    struct stat st;
    if (entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

enum which {
    EVERY_FILE,
    FOLDERS,
};

/* The files of a folder whose path begins as the word does. */
static int add_files(struct complete *c, struct word word, enum which which)
{
    size_t folder_len = word.len;
    while (folder_len > 0 && word.at[folder_len - 1] != '/')
        folder_len--;
    char folder[PATH_MAX];
    if (filename_expand(word.at, folder_len, folder))
        return 0;
    DIR *dir = opendir(*folder ? folder : ".");
    const struct dirent *entry;
    int rc = 0;
    while (dir && rc == 0 && (entry = readdir(dir))) {
        char name[PATH_MAX + NAME_MAX + 1], text[sizeof name + 1];
        const char *own = entry->d_name;
        bool hidden = own[0] == '.' && (folder_len == word.len || word.at[folder_len] != '.');
        bool deeper = is_folder(dir, entry);
        if (hidden || strcmp(own, ".") == 0 || strcmp(own, "..") == 0 ||
            (which == FOLDERS && !deeper))
            continue;
        snprintf(name, sizeof name, "%.*s%s", (int)folder_len, word.at, own);
        snprintf(text, sizeof text, "%s%s", name, deeper ? "/" : "");
        if (text_is_utf8(name, strlen(name)))
            rc = add(c, word, &(struct offer_choice){name, text, text + folder_len});
    }
    if (dir)
        closedir(dir);
    if (c->count > 0)
        qsort(c->choices, c->count, sizeof c->choices[0], by_name);
    return rc;
}

/* The values of the setting that is named before the word. */
static int add_values(struct complete *c, struct word word, struct word before)
{
    enum setting setting = settings_find(before.at, before.len);
    if (setting == SETTING_COUNT)
        return 0;
    if (setting == SETTING_NOTIFY)
        return add_files(c, word, EVERY_FILE);
    if (setting == SETTING_SAVE)
        return add_files(c, word, FOLDERS);
    const struct settings_option *option = settings_option(setting);
    const char *choices = option->kind == SETTINGS_SWITCH ? "on off" : option->choices;
    int rc = 0;
    while (choices && *choices && rc == 0) {
        char value[SETTINGS_VALUE_MAX];
        size_t len = strcspn(choices, " ");
        snprintf(value, sizeof value, "%.*s", (int)len, choices);
        rc = add(c, word, &(struct offer_choice){value, value, value});
        choices += len + (choices[len] == ' ');
    }
    return rc;
}

static int add_emoji(struct complete *c, struct word word)
{
    size_t count;
    const struct emoji *table = emoji_table(&count);
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        char name[64], label[128];
        snprintf(name, sizeof name, ":%s:", table[i].name);
        snprintf(label, sizeof label, "%s  %s", table[i].sign, name);
        rc = add(c, word, &(struct offer_choice){name, table[i].sign, label});
    }
    return rc;
}

static bool is(struct word word, const char *name)
{
    return strlen(name) == word.len && memcmp(name, word.at, word.len) == 0;
}

/* What a command takes, behind its name. */
static int add_arguments(struct complete *c, struct word command, struct word word,
                         struct word before)
{
    bool slash = word.len > 0 && word.at[0] == '/';
    if (is(command, "/help"))
        return slash ? add_commands(c, word) : add_command_names(c, word);
    if (is(command, "/send"))
        return add_files(c, word, EVERY_FILE);
    if (is(command, "/save"))
        return add_files(c, word, FOLDERS);
    if (is(command, "/theme"))
        return add_values(c, word, (struct word){"theme", 5});
    if (!is(command, "/set"))
        return 0;
    return before.len > 0 ? add_values(c, word, before) : add_setting_names(c, word);
}

/* Where the word at the cursor begins: a path goes from the command to the end of the line. */
static size_t find_word(const char *line, size_t cursor, struct word command)
{
    size_t at = cursor;
    if (cursor > command.len && (is(command, "/send") || is(command, "/save"))) {
        at = command.len + strspn(line + command.len, " ");
        return at < cursor ? at : cursor;
    }
    while (at > 0 && line[at - 1] != ' ' && line[at - 1] != '\n')
        at--;
    return at;
}

int complete_find(struct complete *c, const char *line, size_t cursor)
{
    struct word command = {line, strcspn(line, " \n")};
    *c = (struct complete){.at = find_word(line, cursor, command)};
    struct word word = {line + c->at, cursor - c->at};
    int rc = 0;
    if (word.len >= EMOJI_TYPED_MIN && word.at[0] == ':')
        rc = add_emoji(c, word);
    else if (line[0] == '/' && c->at == 0)
        rc = add_commands(c, word);
    else if (line[0] == '/' && c->at > command.len) {
        struct word before = {line + command.len + 1, 0};
        if (c->at > command.len + 2)
            before.len = c->at - command.len - 2;
        while (before.len > 0 && before.at[before.len - 1] == ' ')
            before.len--;
        rc = add_arguments(c, command, word, before);
    }
    if (rc)
        complete_clear(c);
    return rc;
}
