#include "tap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PAIRS = 8,
};

static struct sockaddr_un unix_address(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    return at;
}

/* Passes on what is there; false at the end of it. */
static bool pass(int from, int to, int file)
{
    char bytes[65536];
    ssize_t n = read(from, bytes, sizeof bytes);
    return n > 0 && write(file, bytes, (size_t)n) == n && write(to, bytes, (size_t)n) == n;
}

/* Where a pair that is not in use begins. */
static size_t find_free(const struct pollfd *p)
{
    size_t i = 1;
    while (i < 1 + 2 * PAIRS && p[i].fd >= 0)
        i += 2;
    return i < 1 + 2 * PAIRS ? i : 0;
}

static _Noreturn void run(int listener, const char *relay, int file)
{
    struct pollfd p[1 + 2 * PAIRS] = {{listener, POLLIN, 0}};
    const struct sockaddr_un at = unix_address(relay);
    for (size_t i = 1; i < sizeof p / sizeof p[0]; i++)
        p[i].fd = -1;
    for (;;) {
        poll(p, sizeof p / sizeof p[0], -1);
        for (size_t i = 1; i < sizeof p / sizeof p[0]; i++) {
            size_t other = i % 2 ? i + 1 : i - 1;
            if (p[i].fd < 0 || !p[i].revents || pass(p[i].fd, p[other].fd, file))
                continue;
            close(p[i].fd);
            close(p[other].fd);
            p[i].fd = p[other].fd = -1;
        }
        if (!p[0].revents)
            continue;
        size_t i = find_free(p);
        int near = accept(listener, NULL, NULL), far = socket(AF_UNIX, SOCK_STREAM, 0);
        if (i == 0 || near < 0)
            _exit(1);
        if (connect(far, (const struct sockaddr *)&at, sizeof at)) { /* it is not there now */
            close(near);
            close(far);
            continue;
        }
        p[i] = (struct pollfd){near, POLLIN, 0};
        p[i + 1] = (struct pollfd){far, POLLIN, 0};
    }
}

void tap_start(struct tap *t, const char *path, const char *relay, const char *file)
{
    const struct sockaddr_un at = unix_address(path);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    int record = open(file, O_CREAT | O_WRONLY | O_APPEND, 0600);
    assert_true(record >= 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, PAIRS), 0);
    snprintf(t->address, sizeof t->address, "unix:%s", path);
    t->pid = fork();
    assert_true(t->pid >= 0);
    if (t->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        run(listener, relay + strlen("unix:"), record);
    }
    close(listener);
    close(record);
}

void tap_stop(struct tap *t)
{
    if (t->pid == 0)
        return;
    kill(t->pid, SIGKILL);
    waitpid(t->pid, NULL, 0);
    t->pid = 0;
}
