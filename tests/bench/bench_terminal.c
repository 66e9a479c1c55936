/*
 * bench_terminal [-s COLUMNSxROWS] [-j TEXT] [-k KEYS] [-i SECONDS] PROGRAM [ARGUMENT ...]: runs a
 * program in a pseudo-terminal and prints what a person waits for, in one line:
 *
 *   first_ms   from the start to the last byte before it first says nothing for a while
 *   cpu_ms     time on a core until then
 *   joined_ms  from the start to the TEXT
 *   rss_kib    memory resident then; pss_kib: each shared page divided by those who share it
 *   key_us     from a key to its echo: median; key99_us: 99th percentile; load_pct: of a core
 *   wakeups    how often one of its threads is scheduled in a second in which nothing happens
 */
#include "process.h"

#include <dirent.h>
#include <err.h>
#include <inttypes.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    QUIET_MS = 200,
    START_MS = 2000,     /* a start takes no longer; perhaps it goes on to write what comes */
    PATIENCE_MS = 10000, /* nothing that is waited for takes longer */
    CLEAR_MS = 1200,     /* until a line is cleared, on the disk too */
    KEY_EVERY_US = 4700, /* no multiple of anybody's ticks */
    LINE = 40,           /* keys until they are taken back */
    KEYS_MAX = 10000,
};

/* No part of what a terminal is commanded with. Two, so that none is where the other is drawn. */
static const char *const keys_typed[] = {"~", "^"};
static const char take_back[] = "\025";

static pid_t pid;
static int master;
static char seen[1 << 16]; /* the newest of what it wrote */
static size_t seen_len;

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void stop(void)
{
    if (pid > 0)
        kill(pid, SIGKILL);
}

/* Takes what it writes; false where it wrote nothing for so long. */
static bool take(int64_t wait_us)
{
    struct pollfd fd = {.fd = master, .events = POLLIN};
    struct timespec wait = {.tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000};
    if (wait_us < 0 || ppoll(&fd, 1, &wait, NULL) <= 0)
        return false;
    if (seen_len > sizeof seen / 2) {
        memmove(seen, seen + seen_len / 2, seen_len - seen_len / 2);
        seen_len -= seen_len / 2;
    }
    ssize_t n = read(master, seen + seen_len, sizeof seen - seen_len);
    if (n <= 0)
        errx(1, "the program ended: %.*s", (int)seen_len, seen);
    seen_len += (size_t)n;
    return true;
}

/* Takes what it writes until this text is among it. */
static void wait_for(const char *text)
{
    int64_t until_us = now_us() + PATIENCE_MS * 1000;
    while (!memmem(seen, seen_len, text, strlen(text)))
        if (!take(until_us - now_us()))
            errx(1, "no '%s' in '%.*s'", text, (int)seen_len, seen);
}

static void start(char **argv, struct winsize size)
{
    pid = forkpty(&master, NULL, NULL, &size);
    if (pid < 0)
        err(1, "no pseudo-terminal");
    if (pid == 0) {
        setenv("TERM", "xterm-256color", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        execvp(argv[0], argv);
        _exit(127);
    }
    atexit(stop);
}

static void measure_start(int64_t begun_us, const char *joined)
{
    int64_t last_us = begun_us, joined_us = 0;
    while (last_us < begun_us + START_MS * 1000 &&
           take(seen_len ? QUIET_MS * 1000 : PATIENCE_MS * 1000)) {
        last_us = now_us();
        if (joined && !joined_us && memmem(seen, seen_len, joined, strlen(joined)))
            joined_us = last_us;
    }
    printf("first_ms=%.1f cpu_ms=%.1f", (double)(last_us - begun_us) / 1e3,
           (double)process_cpu_ns(pid) / 1e6);
    if (joined && !joined_us) {
        wait_for(joined);
        joined_us = now_us();
    }
    if (joined)
        printf(" joined_ms=%.1f", (double)(joined_us - begun_us) / 1e3);
}

/* The sum of a number over lines "NAME  123 kB" of a file of /proc. */
static long sum(const char *path, const char *name)
{
    char line[256];
    long value = 0;
    FILE *file = fopen(path, "r");
    if (!file)
        err(1, "%s", path);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            value += strtol(line + strlen(name), NULL, 10);
    fclose(file);
    return value;
}

static void measure_memory(void)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    printf(" rss_kib=%ld pss_kib=%ld", sum(path, "Rss:"), sum(path, "Pss:"));
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t echo_us(const char *key)
{
    seen_len = 0;
    int64_t before_us = now_us();
    if (write(master, key, 1) != 1)
        err(1, "write");
    wait_for(key);
    return now_us() - before_us;
}

/* An empty line: there may be a draft of an earlier run on it. */
static void clear_line(void)
{
    if (write(master, take_back, 1) != 1)
        err(1, "write");
    for (int64_t until_us = now_us() + CLEAR_MS * 1000; take(until_us - now_us());)
        ;
}

static void measure_keys(int keys)
{
    static int64_t times[KEYS_MAX];
    clear_line();
    uint64_t cpu_ns = process_cpu_ns(pid);
    int64_t begun_us = now_us();
    for (int i = 0; i < keys; i++) {
        int64_t next_us = now_us() + KEY_EVERY_US;
        if (i % LINE == 0 && write(master, take_back, 1) != 1)
            err(1, "write");
        while (take(next_us - now_us()))
            ;
        times[i] = echo_us(keys_typed[i / LINE % 2]);
    }
    double load = (double)(process_cpu_ns(pid) - cpu_ns) / (double)(now_us() - begun_us) / 10;
    qsort(times, (size_t)keys, sizeof times[0], compare);
    printf(" key_us=%" PRId64 " key99_us=%" PRId64 " load_pct=%.1f", times[keys / 2],
           times[keys * 99 / 100], load);
}

static long wakeups(void)
{
    char path[64];
    long count = 0;
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *threads = opendir(path);
    if (!threads)
        err(1, "%s", path);
    for (struct dirent *thread; (thread = readdir(threads));) {
        if (thread->d_name[0] == '.')
            continue;
        char status[sizeof path + sizeof thread->d_name + sizeof "//status"];
        snprintf(status, sizeof status, "%s/%s/status", path, thread->d_name);
        count += sum(status, "voluntary_ctxt_switches:");
        count += sum(status, "nonvoluntary_ctxt_switches:");
    }
    closedir(threads);
    return count;
}

static void measure_idle(unsigned seconds)
{
    clear_line();
    long before = wakeups();
    sleep(seconds);
    printf(" wakeups=%.1f", (double)(wakeups() - before) / seconds);
}

int main(int argc, char **argv)
{
    struct winsize size = {.ws_col = 80, .ws_row = 24};
    const char *joined = NULL;
    int keys = 0, option;
    unsigned idle_s = 0;
    while ((option = getopt(argc, argv, "+s:j:k:i:")) != -1)
        switch (option) {
        case 's': sscanf(optarg, "%hux%hu", &size.ws_col, &size.ws_row); break;
        case 'j': joined = optarg; break;
        case 'k': keys = atoi(optarg); break;
        case 'i': idle_s = (unsigned)atoi(optarg); break;
        default: return 2;
        }
    if (optind == argc || keys > KEYS_MAX)
        errx(2, "usage: bench_terminal [OPTION ...] PROGRAM [ARGUMENT ...]");
    int64_t begun_us = now_us();
    start(argv + optind, size);
    measure_start(begun_us, joined);
    measure_memory();
    if (keys)
        measure_keys(keys);
    if (idle_s)
        measure_idle(idle_s);
    putchar('\n');
    return 0;
}
