#include "commands.h"

#include <stdint.h>
#include <string.h>

enum {
    NAME_MAX_LEN = 16, /* no name is longer, nor is more of an unknown one compared */
};

static const struct command table[] = {
    {COMMAND_HELP, "help", COMMAND_OPTIONAL, "/help [command]",
     "shows this, or what a command does"},
    {COMMAND_QUIT, "quit", COMMAND_ALONE, "/quit",
     "ends the program; your seat is kept for a while"},
    {COMMAND_LEAVE, "leave", COMMAND_ALONE, "/leave", "gives up your seat and ends the program"},
    {COMMAND_ME, "me", COMMAND_REQUIRED, "/me text", "says what you do: /me waves"},
    {COMMAND_CLEAR, "clear", COMMAND_ALONE, "/clear", "clears the screen; nothing is deleted"},
    {COMMAND_INFO, "info", COMMAND_ALONE, "/info",
     "shows the relay, its address, the keys and the round trip"},
    {COMMAND_CONNECT, "connect", COMMAND_OPTIONAL, "/connect [address]",
     "goes to a relay (lan: the one found there), or tries again at once"},
    {COMMAND_SET, "set", COMMAND_OPTIONAL, "/set [name [value]]",
     "lists the settings, or shows or changes one"},
    {COMMAND_THEME, "theme", COMMAND_OPTIONAL, "/theme [name]",
     "shows the themes one after the other, or takes one"},
    {COMMAND_REPLY, "reply", COMMAND_REQUIRED, "/reply text",
     "answers the chosen message (M-p), or their newest"},
    {COMMAND_EDIT, "edit", COMMAND_REQUIRED, "/edit text",
     "changes the chosen message of yours, or your newest"},
    {COMMAND_DELETE, "delete", COMMAND_ALONE, "/delete",
     "takes the chosen message of yours, or your newest, from both screens"},
    {COMMAND_REACT, "react", COMMAND_OPTIONAL, "/react [:emoji:]",
     "puts a sign to the chosen message, or their newest; without one, takes it back"},
    {COMMAND_SEND, "send", COMMAND_REQUIRED, "/send file", "offers a file to the other person"},
    {COMMAND_ACCEPT, "accept", COMMAND_OPTIONAL, "/accept [file]",
     "takes the file that was chosen (M-p), or offered last; or that of a name or number"},
    {COMMAND_CANCEL, "cancel", COMMAND_OPTIONAL, "/cancel [file]",
     "ends what is on its way, or takes an offer back; theirs, too"},
    {COMMAND_SAVE, "save", COMMAND_OPTIONAL, "/save [folder]",
     "says where files go that you accept, or names the folder"},
    {COMMAND_VERIFY, "verify", COMMAND_OPTIONAL, "/verify [yes]",
     "shows the safety number to compare; yes says that it was the same"},
    {COMMAND_TRUST, "trust", COMMAND_ALONE, "/trust",
     "takes the other person's new key, after it changed"},
    {COMMAND_SEARCH, "search", COMMAND_REQUIRED, "/search text",
     "searches the conversation, as ^R does; ^R and ^S go to the next match"},
};

enum {
    COUNT = sizeof table / sizeof table[0]
};

const struct command *commands_table(size_t *count)
{
    *count = COUNT;
    return table;
}

static const struct command *find(const char *name, size_t len)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strlen(table[i].name) == len && memcmp(table[i].name, name, len) == 0)
            return &table[i];
    return NULL;
}

const struct command *commands_find(const char *name, size_t len)
{
    size_t slash = len > 0 && name[0] == '/';
    return find(name + slash, len - slash);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* How many letters must be changed, added or left out to make one word of the other. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t row[NAME_MAX_LEN + 1];
    a_len = least(a_len, NAME_MAX_LEN);
    for (size_t i = 0; i <= a_len; i++)
        row[i] = i;
    for (size_t j = 1; j <= b_len; j++) {
        size_t diagonal = row[0];
        row[0] = j;
        for (size_t i = 1; i <= a_len; i++) {
            size_t changed = diagonal + (lower(a[i - 1]) != b[j - 1]);
            diagonal = row[i];
            row[i] = least(changed, 1 + least(row[i], row[i - 1]));
        }
    }
    return row[a_len];
}

/* Words that end other programs. */
static bool is_leaving(const char *word, size_t len)
{
    static const char *const words[] = {"exit", "quit", ":q", ":q!", ":qa", ":wq", ":x"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i]) == len && memcmp(words[i], word, len) == 0)
            return true;
    return false;
}

/* NULL where more than half of the letters would have to be others. */
static const struct command *find_nearest(const char *name, size_t len)
{
    if (is_leaving(name, len))
        return find("quit", 4);
    const struct command *nearest = NULL;
    size_t nearest_distance = len / 2 + 1;
    for (size_t i = 0; i < COUNT; i++) {
        size_t own_len = strlen(table[i].name);
        bool begins = len <= own_len && memcmp(table[i].name, name, len) == 0;
        size_t d = begins ? 0 : distance(name, len, table[i].name, own_len);
        if (d < nearest_distance) {
            nearest = &table[i];
            nearest_distance = d;
        }
    }
    return nearest;
}

/* Parses what begins with a slash. */
static void parse_command(const char *line, size_t len, struct commands_line *out)
{
    size_t name_len = 1;
    while (name_len < len && !is_space(line[name_len]))
        name_len++;
    size_t start = name_len;
    while (start < len && is_space(line[start]))
        start++;
    while (len > start && is_space(line[len - 1]))
        len--;
    const struct command *command = find(line + 1, name_len - 1);
    if (!command) {
        *out = (struct commands_line){COMMANDS_UNKNOWN, find_nearest(line + 1, name_len - 1),
                                      line + 1, name_len - 1};
        return;
    }
    bool has_arguments = len > start;
    bool misused = has_arguments ? command->arguments == COMMAND_ALONE
                                 : command->arguments == COMMAND_REQUIRED;
    *out = (struct commands_line){misused ? COMMANDS_MISUSED : COMMANDS_COMMAND, command,
                                  line + start, len - start};
}

void commands_parse(const char *line, size_t len, struct commands_line *out)
{
    *out = (struct commands_line){COMMANDS_MESSAGE, NULL, line, len};
    size_t start = 0;
    while (start < len && is_space(line[start]))
        start++;
    if (start == len || line[start] != '/')
        return;
    if (start == 0 && len > 1 && line[1] == '/') {
        out->text++;
        out->text_len--;
        return;
    }
    struct commands_line command;
    parse_command(line + start, len - start, &command);
    if (start == 0)
        *out = command;
    else if (command.kind != COMMANDS_UNKNOWN)
        *out = (struct commands_line){COMMANDS_SPACED, command.command, line, len};
}

const struct command *commands_find_meant(const char *line, size_t len)
{
    struct commands_line parsed;
    commands_parse(line, len, &parsed);
    if (parsed.kind == COMMANDS_SPACED)
        return parsed.command;
    while (len > 0 && is_space(line[0])) {
        line++;
        len--;
    }
    while (len > 0 && is_space(line[len - 1]))
        len--;
    return is_leaving(line, len) ? find("quit", 4) : NULL;
}
