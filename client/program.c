#include "program.h"

#include "error.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int program_init(struct program *p, const char *command)
{
    char *rest = p->command, *word;
    p->count = 0;
    snprintf(p->command, sizeof p->command, "%s", command);
    while (p->count < PROGRAM_WORDS_MAX && (word = strsep(&rest, " ")))
        if (*word)
            p->words[p->count++] = word;
    p->words[p->count] = NULL;
    errno = ENOENT;
    return p->count > 0 ? 0 : ERROR_SYSTEM;
}

void program_add(struct program *p, const char *argument)
{
    assert(p->count < PROGRAM_WORDS_MAX + PROGRAM_ADDED_MAX);
    p->words[p->count++] = (char *)(uintptr_t)argument;
    p->words[p->count] = NULL;
}

void program_fail(int tell_fd)
{
    int error = errno;
    (void)!write(tell_fd, &error, sizeof error);
    _exit(127);
}

void program_exec(const struct program *p, int tell_fd)
{
    sigset_t none;
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvp(p->words[0], p->words);
    program_fail(tell_fd);
}

int program_hear(int hear_fd)
{
    int error;
    ssize_t n;
    do
        n = read(hear_fd, &error, sizeof error);
    while (n < 0 && errno == EINTR);
    return n == sizeof error ? error : 0;
}
