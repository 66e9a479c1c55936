#include "process.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static cpu_set_t server_cores;
static pid_t running; /* 0: none */

static void kill_running(void)
{
    if (running > 0)
        kill(running, SIGTERM);
}

void process_raise_limits(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int process_choose_cores(void)
{
    cpu_set_t all, one;
    int found = 0;
    if (sched_getaffinity(0, sizeof all, &all))
        err(1, "sched_getaffinity");
    server_cores = all;
    for (int i = 0; i < CPU_SETSIZE && found < 2; i++) {
        if (!CPU_ISSET(i, &all))
            continue;
        CPU_ZERO(&one);
        CPU_SET(i, &one);
        if (found++ == 0)
            server_cores = one;
    }
    if (sched_setaffinity(0, sizeof one, &one))
        err(1, "sched_setaffinity");
    return found;
}

/* Reads the server's standard output up to its first address, a byte at a time. */
static void read_address(int fd, char address[PROCESS_ADDRESS_MAX])
{
    static const char says[] = "listening on ";
    char line[sizeof says - 1 + PROCESS_ADDRESS_MAX] = "";
    size_t len = 0;
    while (len < sizeof line - 1 && read(fd, line + len, 1) == 1 && line[len] != '\n')
        len++;
    if (strncmp(line, says, strlen(says)) != 0)
        errx(1, "the server did not start");
    line[len] = '\0';
    snprintf(address, PROCESS_ADDRESS_MAX, "%s", line + strlen(says));
}

pid_t process_start(char **command, char address[PROCESS_ADDRESS_MAX])
{
    int ends[2];
    if (pipe(ends))
        err(1, "pipe");
    pid_t parent = getpid(), pid = fork();
    if (pid < 0)
        err(1, "fork");
    if (pid == 0) {
        if (CPU_COUNT(&server_cores) > 0 &&
            sched_setaffinity(0, sizeof server_cores, &server_cores))
            err(1, "sched_setaffinity");
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent)
            _exit(1);
        if (address)
            dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execvp(command[0], command);
        err(1, "%s", command[0]);
    }
    running = pid;
    atexit(kill_running); /* where something goes wrong */
    close(ends[1]);
    if (address)
        read_address(ends[0], address);
    close(ends[0]);
    return pid;
}

void process_stop(pid_t pid)
{
    int status;
    running = 0;
    kill(pid, SIGTERM);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            err(1, "waitpid");
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM)
        return;
    if (status)
        warnx("the server ended with status %#x", (unsigned)status);
}

uint64_t process_cpu_ns(pid_t pid)
{
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t))
        errx(1, "the server is gone");
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t process_resident(pid_t pid)
{
    char path[64];
    uint64_t pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *f = fopen(path, "r");
    if (!f || fscanf(f, "%*u %" SCNu64, &pages) != 1)
        errx(1, "cannot read %s", path);
    fclose(f);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t process_idle_ns(void)
{
    uint64_t idle, waiting; /* for a disk: nothing to do either */
    FILE *f = fopen("/proc/stat", "r");
    if (!f || fscanf(f, "cpu %*u %*u %*u %" SCNu64 " %" SCNu64, &idle, &waiting) != 2)
        errx(1, "cannot read /proc/stat");
    fclose(f);
    return (idle + waiting) * (1000000000 / (uint64_t)sysconf(_SC_CLK_TCK));
}
