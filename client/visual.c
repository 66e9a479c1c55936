#include "visual.h"

#include "error.h"
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    FILE_MAX = 1 << 20, /* bytes that are read; far more than can be sent */
    END_MS = 1000,      /* that an editor has to end in when it is asked to */
};

void visual_init(struct visual *v)
{
    *v = (struct visual){.fd = -1};
}

static const char *command(void)
{
    static const char *const names[] = {"VISUAL", "EDITOR"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value && value[strspn(value, " ")])
            return value;
    }
    return "vi";
}

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno != EINTR)
            return false;
        bytes += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

static int write_file(const char *path, const char *text, size_t len)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return ERROR_SYSTEM;
    bool done = write_all(fd, text, len) && write_all(fd, "\n", 1);
    return close(fd) == 0 && done ? 0 : ERROR_SYSTEM;
}

/* In the child. SIGTTOU is blocked: it takes the terminal without being stopped for it. */
static void run(const struct program *program, int tell_fd)
{
    setpgid(0, 0);
    tcsetpgrp(STDIN_FILENO, getpid());
    dup2(STDOUT_FILENO, STDERR_FILENO); /* which may be the log */
    program_exec(program, tell_fd);
}

/* The terminal and the signals are ours again. */
static void settle(struct visual *v)
{
    tcsetpgrp(STDIN_FILENO, getpgrp());
    sigprocmask(SIG_SETMASK, &v->mask, NULL);
    if (v->fd >= 0)
        close(v->fd);
    v->fd = -1;
}

static int spawn(struct visual *v, const struct program *program)
{
    int tell[2], error;
    sigset_t blocked, child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    blocked = child;
    sigaddset(&blocked, SIGTTOU);
    if (pipe2(tell, O_CLOEXEC))
        return ERROR_SYSTEM;
    sigprocmask(SIG_BLOCK, &blocked, &v->mask);
    v->fd = signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC);
    v->pid = v->fd >= 0 ? fork() : -1;
    if (v->pid == 0)
        run(program, tell[1]);
    error = v->pid < 0 ? errno : 0;
    close(tell[1]);
    if (v->pid > 0) {
        setpgid(v->pid, v->pid); /* whoever comes first */
        error = program_hear(tell[0]);
    }
    close(tell[0]);
    if (v->pid > 0 && error)
        waitpid(v->pid, NULL, 0);
    if (error)
        settle(v);
    errno = error;
    return error ? ERROR_SYSTEM : 0;
}

int visual_start(struct visual *v, const char *path, const char *text, size_t len,
                 char why[VISUAL_WHY_MAX])
{
    struct program program;
    bool again = v->kept && strcmp(v->path, path) == 0;
    program_init(&program, command());
    snprintf(v->path, sizeof v->path, "%s", path);
    program_add(&program, v->path);
    if (!again && write_file(path, text, len)) {
        snprintf(why, VISUAL_WHY_MAX, "cannot write %s: %s", path, strerror(errno));
        return ERROR_SYSTEM;
    }
    if (spawn(v, &program)) {
        snprintf(why, VISUAL_WHY_MAX, "cannot run %.60s: %s ($VISUAL, $EDITOR)", program.words[0],
                 strerror(errno));
        if (!again)
            unlink(path);
        return ERROR_SYSTEM;
    }
    v->kept = false;
    return 0;
}

/* How a program ended, as a sentence. */
static void explain(int status, char why[VISUAL_WHY_MAX])
{
    if (WIFSIGNALED(status))
        snprintf(why, VISUAL_WHY_MAX, "the editor was ended by signal %d", WTERMSIG(status));
    else
        snprintf(why, VISUAL_WHY_MAX, "the editor ended with status %d", WEXITSTATUS(status));
}

enum visual_news visual_look(struct visual *v, char why[VISUAL_WHY_MAX])
{
    struct signalfd_siginfo info;
    int status;
    while (read(v->fd, &info, sizeof info) > 0)
        ;
    if (waitpid(v->pid, &status, WNOHANG | WUNTRACED) <= 0)
        return VISUAL_RUNS;
    if (WIFSTOPPED(status))
        return VISUAL_STOPPED;
    settle(v);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return VISUAL_ENDED;
    explain(status, why);
    return VISUAL_FAILED;
}

/* Where the shell kept the terminal, this stops us as any use of it does, until it is ours. */
void visual_continue(const struct visual *v)
{
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTTOU);
    if (tcgetpgrp(STDIN_FILENO) != v->pid) {
        sigprocmask(SIG_UNBLOCK, &stops, NULL);
        tcsetpgrp(STDIN_FILENO, v->pid);
        sigprocmask(SIG_BLOCK, &stops, NULL);
    }
    kill(-v->pid, SIGCONT);
}

void visual_end(struct visual *v)
{
    if (v->fd < 0)
        return;
    struct pollfd fd = {.fd = v->fd, .events = POLLIN};
    char why[VISUAL_WHY_MAX];
    kill(-v->pid, SIGTERM);
    kill(-v->pid, SIGCONT);
    while (visual_look(v, why) < VISUAL_ENDED && poll(&fd, 1, END_MS) > 0)
        ;
    if (v->fd < 0)
        return;
    kill(-v->pid, SIGKILL);
    waitpid(v->pid, NULL, 0);
    settle(v);
}

static size_t tidy(char *text, size_t len)
{
    size_t kept = 0;
    for (size_t i = 0; i < len; i++)
        if (text[i] != '\r' || i + 1 == len || text[i + 1] != '\n')
            text[kept++] = text[i];
    while (kept > 0 && text[kept - 1] == '\n')
        kept--;
    text[kept] = '\0';
    return kept;
}

int visual_read(const char *path, char **text, size_t *len)
{
    int rc = 0, fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    *text = fd >= 0 ? malloc(FILE_MAX + 1) : NULL;
    if (!*text)
        rc = fd < 0 ? ERROR_SYSTEM : ERROR_NOMEM;
    *len = 0;
    while (rc == 0) {
        ssize_t n = read(fd, *text + *len, FILE_MAX + 1 - *len);
        if (n == 0)
            break;
        *len += n > 0 ? (size_t)n : 0;
        if (n < 0 && errno != EINTR)
            rc = ERROR_SYSTEM;
        else if (*len > FILE_MAX)
            rc = ERROR_LIMIT;
    }
    if (fd >= 0)
        close(fd);
    if (rc == 0) {
        *len = tidy(*text, *len);
        return 0;
    }
    free(*text);
    *text = NULL;
    return rc;
}
