#include "notify.h"

#include "error.h"
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    TEXT_MAX = 1024,
};

/* In the child: runs it, or tells the parent why not. */
static void run(const struct program *program, int tell_fd)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    setsid();
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        dup2(null, fd);
    pid_t child = fork();
    if (child > 0)
        _exit(0); /* so that it is nobody's child, and no zombie */
    if (child < 0)
        program_fail(tell_fd);
    program_exec(program, tell_fd);
}

static int spawn(const struct program *program)
{
    int tell[2], error = 0;
    if (pipe2(tell, O_CLOEXEC))
        return ERROR_SYSTEM;
    pid_t child = fork();
    if (child == 0)
        run(program, tell[1]);
    if (child < 0)
        error = errno;
    close(tell[1]);
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    if (child > 0)
        error = program_hear(tell[0]);
    close(tell[0]);
    errno = error;
    return error ? ERROR_SYSTEM : 0;
}

int notify_run(const char *command, const char *who, const char *text)
{
    struct program program;
    char safe[TEXT_MAX];
    int rc = program_init(&program, command);
    if (rc)
        return rc;
    /* What the other person writes must not be an option of the command. */
    snprintf(safe, sizeof safe, "%s%s", *text == '-' ? " " : "", text);
    program_add(&program, who);
    program_add(&program, safe);
    return spawn(&program);
}
