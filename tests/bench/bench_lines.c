/*
 * bench_lines ADDRESS CLIENT FOLDER LINES: what is said, from one client to the other, with TLS and
 * sealing, over the relay at this address. Everybody's state is in new FOLDER, whose name is that
 * of the room, too. Prints one line:
 *
 *   enter_us  from Enter to the peer's screen, median
 *   lines_s   lines a second through --json, each on both disks and with its receipt
 *   send_us   time on a core that a line takes the one who sends it; take_us: who takes it
 */
#include "terminal.h"

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    MESSAGES = 25,
    ROWS = 40,
    COLUMNS = 120,
    PATH_LEN = 256,
};

static const char *address, *client, *folder, *room;

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double middle(double *times, size_t count)
{
    qsort(times, count, sizeof *times, compare);
    return times[count / 2];
}

/* A path in the folder; the caller's to free. */
static char *in_folder(const char *name)
{
    char *path = malloc(PATH_LEN);
    if (!path)
        err(1, "malloc");
    snprintf(path, PATH_LEN, "%s/%s", folder, name);
    return path;
}

static struct terminal *start(const char *nick)
{
    char *state = in_folder(nick);
    const char *argv[] = {client, "--nick",  nick,  "--server", address,     "--room",
                          room,   "--state", state, "--config", "/dev/null", NULL};
    struct terminal *t =
        terminal_start(&(struct terminal_options){.argv = argv, .rows = ROWS, .columns = COLUMNS});
    free(state);
    return t;
}

static void see(struct terminal *t, const char *text)
{
    if (!terminal_wait(t, text))
        errx(1, "no '%s' on the screen:\n%s", text, terminal_text(t));
}

static void quit(struct terminal *t)
{
    terminal_send(t, "\025/quit\r");
    terminal_wait_exit(t);
    terminal_free(t);
}

static void measure_messages(struct terminal *from, struct terminal *to)
{
    double times[MESSAGES];
    for (int i = 0; i < MESSAGES; i++) {
        char text[32];
        snprintf(text, sizeof text, "message %d.", i);
        terminal_send(from, text);
        see(from, text);
        double start_ms = now_ms();
        terminal_send(from, "\r");
        see(to, text);
        times[i] = now_ms() - start_ms;
    }
    printf("enter_us=%.0f", middle(times, MESSAGES) * 1e3);
}

/* A client with --json; its standard input is `in`. */
static pid_t start_json(const char *nick, int in, const char *out)
{
    pid_t pid = fork();
    if (pid < 0)
        err(1, "fork");
    if (pid > 0)
        return pid;
    int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    dup2(in, STDIN_FILENO);
    dup2(fd, STDOUT_FILENO);
    execl(client, client, "--json", "--nick", nick, "--server", address, "--room", room, "--state",
          in_folder(nick), "--config", "/dev/null", (char *)NULL);
    err(1, "%s", client);
}

static int write_lines(int lines)
{
    char *path = in_folder("lines");
    FILE *f = fopen(path, "w+");
    if (!f)
        err(1, "%s", path);
    for (int i = 0; i < lines; i++)
        fprintf(f, "{\"text\":\"line %d of a pipe, as long as many a line of a log is\"}\n", i);
    fflush(f);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    fclose(f);
    free(path);
    return fd;
}

/* Its end, and the time on a core that it took. */
static double wait_us(pid_t pid)
{
    int status;
    struct rusage used;
    if (wait4(pid, &status, 0, &used) != pid || status)
        errx(1, "a client ended with status %#x", (unsigned)status);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

static void measure_json(int lines)
{
    int open_ends[2];
    if (pipe2(open_ends, O_CLOEXEC))
        err(1, "pipe");
    pid_t bob = start_json("bob", open_ends[0], in_folder("bob.out"));
    int in = write_lines(lines);
    double start_ms = now_ms();
    pid_t alice = start_json("alice", in, in_folder("alice.out"));
    double send_us = wait_us(alice), taken_s = (now_ms() - start_ms) / 1e3;
    close(open_ends[1]);
    printf(" lines_s=%.0f send_us=%.2f take_us=%.2f\n", lines / taken_s, send_us / lines,
           wait_us(bob) / lines);
    close(open_ends[0]);
    close(in);
}

int main(int argc, char **argv)
{
    if (argc != 5 || !strrchr(argv[3], '/'))
        errx(2, "usage: bench_lines ADDRESS CLIENT FOLDER LINES");
    address = argv[1];
    client = argv[2];
    folder = argv[3];
    room = strrchr(folder, '/') + 1;
    if (mkdir(folder, 0700))
        err(1, "%s", folder);
    struct terminal *alice = start("alice"), *bob = start("bob");
    see(alice, "bob ● here");
    see(bob, "alice ● here");
    measure_messages(alice, bob);
    quit(alice);
    quit(bob);
    measure_json(atoi(argv[4]));
    return 0;
}
