#ifndef PROGRAM_H
#define PROGRAM_H

#include <stddef.h>

/*
 * A command of the person's: words between spaces, of which the first is a program, and arguments
 * of ours behind them. There is no shell.
 */
enum {
    PROGRAM_COMMAND_MAX = 1024, /* bytes of the command, with its NUL; what is more is cut */
    PROGRAM_WORDS_MAX = 32,     /* words of the command; what is more is left out */
    PROGRAM_ADDED_MAX = 2,      /* arguments of ours */
};

struct program {
    char command[PROGRAM_COMMAND_MAX]; /* cut into words */
    char *words[PROGRAM_WORDS_MAX + PROGRAM_ADDED_MAX + 1];
    size_t count;
};

/* Takes a command apart. ERROR_SYSTEM (ENOENT) where it has no word. */
int program_init(struct program *p, const char *command);

/* Adds an argument, borrowed. */
void program_add(struct program *p, const char *argument);

/*
 * In the child: runs it, with no signal blocked, and does not return; program_hear tells the parent
 * why it could not. `tell_fd` is closed on exec.
 */
_Noreturn void program_exec(const struct program *p, int tell_fd);

/* In the child: ends it; program_hear tells the parent why (errno). */
_Noreturn void program_fail(int tell_fd);

/* In the parent, at the other end, waits: 0 once it runs, or the errno of why it does not. */
int program_hear(int hear_fd);

#endif
