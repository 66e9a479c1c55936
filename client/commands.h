#ifndef COMMANDS_H
#define COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The slash commands, in one table, and what a line that a person typed is: a message or a command.
 * No line that might be meant as a command is ever taken for a message.
 */
enum command_id {
    COMMAND_HELP,
    COMMAND_QUIT,
    COMMAND_LEAVE,
    COMMAND_ME,
    COMMAND_CLEAR,
    COMMAND_INFO,
    COMMAND_CONNECT,
    COMMAND_SET,
    COMMAND_THEME,
    COMMAND_REPLY,
    COMMAND_EDIT,
    COMMAND_DELETE,
    COMMAND_REACT,
    COMMAND_SEND,
    COMMAND_ACCEPT,
    COMMAND_CANCEL,
    COMMAND_SAVE,
    COMMAND_VERIFY,
    COMMAND_TRUST,
    COMMAND_SEARCH,
};

enum command_arguments {
    COMMAND_ALONE,    /* takes none */
    COMMAND_OPTIONAL, /* takes some, or none */
    COMMAND_REQUIRED,
};

struct command {
    enum command_id id;
    const char *name; /* without its slash */
    enum command_arguments arguments;
    const char *usage; /* as it is typed: "/me text" */
    const char *help;  /* what it does, one line without a full stop */
};

/* The table, in the order in which help lists it. */
const struct command *commands_table(size_t *count);

/* The command of a name, without or with its slash; NULL for none. */
const struct command *commands_find(const char *name, size_t len);

/*
 * The command that a line which is none may be meant as, where somebody types it: with a space
 * before its slash, or how one leaves elsewhere ("exit", ":q"); NULL for none.
 */
const struct command *commands_find_meant(const char *line, size_t len);

enum commands_kind {
    COMMANDS_MESSAGE, /* `text` is to be sent (it may be empty) */
    COMMANDS_COMMAND, /* `command`, with the arguments in `text` */
    COMMANDS_MISUSED, /* `command`, with arguments that it does not take, or without those it needs
                       */
    COMMANDS_UNKNOWN, /* no command: `text` is its name as typed, `command` a near one, or NULL */
    COMMANDS_SPACED,  /* `command`, but with white space before its slash: meant as which? */
};

struct commands_line {
    enum commands_kind kind;
    const struct command *command;
    const char *text; /* borrowed from the line */
    size_t text_len;
};

/*
 * Says what a line is. `//` at its start is a `/` at the start of a message; white space around
 * arguments is not part of them.
 */
void commands_parse(const char *line, size_t len, struct commands_line *out);

#endif
