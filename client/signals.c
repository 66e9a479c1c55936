#include "signals.h"

#include "error.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static int pipe_fds[2];

static void handle(int signal)
{
    (void)signal;
    int error = errno;
    ssize_t n = write(pipe_fds[1], "", 1);
    (void)n; /* a full pipe says it too */
    errno = error;
}

int signals_init(void)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
    if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK))
        return ERROR_SYSTEM;
    struct sigaction action = {.sa_handler = handle};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct sigaction before;
        if (sigaction(ends[i], NULL, &before))
            return ERROR_SYSTEM;
        /* nohup, or a shell's background job: whoever started us wants them ignored. */
        if (before.sa_handler != SIG_IGN && sigaction(ends[i], &action, NULL))
            return ERROR_SYSTEM;
    }
    sigset_t none;
    sigemptyset(&none); /* whoever started us may have blocked some */
    sigprocmask(SIG_SETMASK, &none, NULL);
    action.sa_handler = SIG_DFL; /* or ignored some: then children end unseen */
    if (sigaction(SIGCHLD, &action, NULL))
        return ERROR_SYSTEM;
    action.sa_handler = SIG_IGN;
    return sigaction(SIGPIPE, &action, NULL) ? ERROR_SYSTEM : pipe_fds[0];
}
