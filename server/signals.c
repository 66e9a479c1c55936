#include "signals.h"

#include "error.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static int ends[2] = {-1, -1};

static void handle(int signal)
{
    int error = errno;
    unsigned char byte = (unsigned char)signal;
    /* Where the pipe is full there are signals enough in it. */
    ssize_t rc = write(ends[1], &byte, 1);
    (void)rc;
    errno = error;
}

int signals_open(bool reload)
{
    static const int caught[] = {SIGTERM, SIGINT, SIGUSR1, SIGHUP};
    sigset_t none;
    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC))
        return ERROR_SYSTEM;
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART}, old;
    for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++) {
        sigaction(caught[i], &action, &old);
        if (caught[i] == SIGHUP && !reload && old.sa_handler == SIG_IGN)
            sigaction(SIGHUP, &old, NULL);
    }
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    sigemptyset(&none); /* whoever started us may have blocked some */
    sigprocmask(SIG_SETMASK, &none, NULL);
    return ends[0];
}

int signals_next(void)
{
    unsigned char byte;
    return read(ends[0], &byte, 1) == 1 ? byte : 0;
}
