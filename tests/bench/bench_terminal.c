/*
 * bench_terminal PROGRAM [ARGUMENT ...]: runs a program with a screen in a pseudo-terminal of 24 by
 * 80 and prints what a person waits for, in one line:
 *
 *   first_ms   from the start to the last byte before it first says nothing for a while
 *   rss_kib    memory resident then
 *   key_us     from a key to the first byte that it writes: median; key99_us: 99th percentile
 *   wakeups    how often it is scheduled in a second in which nothing happens
 */
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    QUIET_MS = 400,
    KEYS = 2000,
    LINE = 40, /* keys until they are taken back */
    KEY_MS = 1000,
    IDLE_MS = 5000,
};

static pid_t pid;
static int master;

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void fail(const char *what)
{
    fprintf(stderr, "bench_terminal: %s\n", what);
    if (pid > 0)
        kill(pid, SIGKILL);
    exit(1);
}

/* Takes what it writes; false where it wrote nothing for so long. */
static bool take(int ms)
{
    char bytes[65536];
    struct pollfd fd = {.fd = master, .events = POLLIN};
    if (poll(&fd, 1, ms) <= 0)
        return false;
    if (read(master, bytes, sizeof bytes) <= 0)
        fail("the program ended");
    return true;
}

static void start(char **argv)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    pid = forkpty(&master, NULL, NULL, &size);
    if (pid < 0)
        fail("no pseudo-terminal");
    if (pid == 0) {
        setenv("TERM", "xterm-256color", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        execvp(argv[0], argv);
        _exit(127);
    }
}

/* A number of /proc/PID/status. */
static long status(const char *name)
{
    char path[64], line[256];
    long value = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    if (!file)
        fail("the program ended");
    while (fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            value = strtol(line + strlen(name), NULL, 10);
    fclose(file);
    return value;
}

static long wakeups(void)
{
    return status("voluntary_ctxt_switches:") + status("nonvoluntary_ctxt_switches:");
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void measure_keys(int64_t times[KEYS])
{
    for (int i = 0; i < KEYS; i++) {
        const char *key = i % (2 * LINE) < LINE ? "x" : "\177";
        int64_t before = now_us();
        if (write(master, key, 1) != 1 || !take(KEY_MS))
            fail("a key had no effect");
        times[i] = now_us() - before;
        while (take(2))
            ;
    }
    qsort(times, KEYS, sizeof times[0], compare);
}

int main(int argc, char **argv)
{
    static int64_t times[KEYS];
    if (argc < 2)
        fail("it is called with a program");
    int64_t begun = now_us(), last = begun;
    start(argv + 1);
    while (take(QUIET_MS))
        last = now_us();
    long resident = status("VmRSS:");
    measure_keys(times);
    while (take(2 * QUIET_MS))
        ;
    long before = wakeups();
    struct timespec idle = {.tv_sec = IDLE_MS / 1000};
    nanosleep(&idle, NULL);
    printf("first_ms=%.1f rss_kib=%ld key_us=%lld key99_us=%lld wakeups=%.1f\n",
           (double)(last - begun) / 1000, resident, (long long)times[KEYS / 2],
           (long long)times[KEYS * 99 / 100], (double)(wakeups() - before) * 1000 / IDLE_MS);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return 0;
}
