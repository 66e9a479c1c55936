#include "notify.h"

#include "error.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    WORDS_MAX_COUNT = 32,
    COMMAND_MAX = 1024,
    TEXT_MAX = 1024,
};

/* In the child: runs it, or tells the parent why not. */
static void run(char *const *words, int tell_fd)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    setsid();
    signal(SIGPIPE, SIG_DFL);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        dup2(null, fd);
    if (fork() > 0)
        _exit(0); /* so that it is nobody's child, and no zombie */
    execvp(words[0], words);
    int error = errno;
    (void)!write(tell_fd, &error, sizeof error);
    _exit(127);
}

static int spawn(char *const *words)
{
    int tell[2], error = 0;
    if (pipe2(tell, O_CLOEXEC))
        return ERROR_SYSTEM;
    pid_t child = fork();
    if (child == 0)
        run(words, tell[1]);
    if (child < 0)
        error = errno;
    close(tell[1]);
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    if (child > 0 && read(tell[0], &error, sizeof error) != sizeof error)
        error = 0;
    close(tell[0]);
    errno = error;
    return error ? ERROR_SYSTEM : 0;
}

int notify_run(const char *command, const char *who, const char *text)
{
    char copy[COMMAND_MAX], safe[TEXT_MAX], *words[WORDS_MAX_COUNT + 3], *rest = copy, *word;
    size_t count = 0;
    snprintf(copy, sizeof copy, "%s", command);
    while (count < WORDS_MAX_COUNT && (word = strsep(&rest, " ")))
        if (*word)
            words[count++] = word;
    if (count == 0) {
        errno = ENOENT;
        return ERROR_SYSTEM;
    }
    /* What the other person writes must not be an option of the command. */
    snprintf(safe, sizeof safe, "%s%s", *text == '-' ? " " : "", text);
    words[count++] = (char *)(uintptr_t)who;
    words[count++] = safe;
    words[count] = NULL;
    return spawn(words);
}
