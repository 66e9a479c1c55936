#include "process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void process_start(struct process *p, const char *const argv[], void (*prepare)(void))
{
    int in[2], out[2], err[2];
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(pipe2(err, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nothing running */
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        if (prepare)
            prepare();
        execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    close(err[1]);
    p->pid = pid;
    p->in = in[1];
    p->out.fd = out[0];
    p->err.fd = err[0];
    p->out.len = p->err.len = 0;
}

/* Reads more; 0 at the end. */
static ssize_t fill(struct process_stream *s)
{
    struct pollfd pfd = {.fd = s->fd, .events = POLLIN};
    assert_true(s->len < sizeof s->text);
    if (poll(&pfd, 1, PROCESS_DEADLINE_MS) != 1)
        fail_msg("no line came; so far: %.*s", (int)s->len, s->text);
    ssize_t got = read(s->fd, s->text + s->len, sizeof s->text - s->len);
    assert_true(got >= 0);
    s->len += (size_t)got;
    return got;
}

const char *process_line(struct process_stream *s)
{
    char *end;
    while (!(end = memchr(s->text, '\n', s->len)))
        if (fill(s) == 0)
            return NULL;
    size_t len = (size_t)(end - s->text);
    memcpy(s->line, s->text, len);
    s->line[len] = '\0';
    s->len -= len + 1;
    memmove(s->text, end + 1, s->len);
    return s->line;
}

const char *process_line_with(struct process_stream *s, const char *text)
{
    const char *line;
    do {
        line = process_line(s);
        if (!line)
            fail_msg("the stream ended without a line with '%s'", text);
    } while (!strstr(line, text));
    return line;
}

void process_skip(struct process_stream *s)
{
    struct pollfd pfd = {.fd = s->fd, .events = POLLIN};
    do
        s->len = 0;
    while (poll(&pfd, 1, 0) == 1 && fill(s) > 0);
}

static void close_all(struct process *p)
{
    close(p->in);
    close(p->out.fd);
    close(p->err.fd);
    p->pid = 0;
}

int process_wait(struct process *p)
{
    int status, fd = pidfd_open(p->pid, 0);
    struct pollfd pfd = {.fd = fd, .events = POLLIN};
    if (poll(&pfd, 1, PROCESS_DEADLINE_MS) != 1)
        fail_msg("process %d does not end", (int)p->pid);
    close(fd);
    assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
    close_all(p);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int process_stop(struct process *p, int signal)
{
    assert_int_equal(kill(p->pid, signal), 0);
    return process_wait(p);
}

void process_clear(struct process *p)
{
    if (p->pid == 0)
        return;
    kill(p->pid, SIGKILL);
    waitpid(p->pid, NULL, 0);
    close_all(p);
}

size_t process_descriptors(const struct process *p)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)p->pid);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

long process_cpu_ms(const struct process *p)
{
    char path[64];
    unsigned long user, system;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)p->pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(
        fscanf(file, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system),
        2);
    fclose(file);
    return (long)((user + system) * 1000 / (unsigned long)sysconf(_SC_CLK_TCK));
}
