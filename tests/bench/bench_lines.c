/*
 * bench_lines SERVER CLIENT FOLDER [LINES]: what is said, from one client to the other, with TLS
 * and sealing: Enter to the peer's screen, lines through --json, and the start of a client that has
 * them all in its history. Everybody's state is in new FOLDER.
 */
#include "process.h"
#include "terminal.h"

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    LINES = 100000,
    STARTS = 15,
    ROWS = 40,
    COLUMNS = 120,
    PATH_LEN = 256,
};

static char address[PROCESS_ADDRESS_MAX];
static const char *client, *folder;

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
    const char *argv[] = {client,    "--nick", nick,       "--server",  address,
                          "--state", state,    "--config", "/dev/null", NULL};
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

static void measure_starts(void)
{
    double drawn[STARTS], joined[STARTS];
    uint64_t memory = 0;
    for (int i = 0; i < STARTS; i++) {
        double start_ms = now_ms();
        struct terminal *t = start("alice");
        see(t, "›");
        drawn[i] = now_ms() - start_ms;
        see(t, "bob ○ offline");
        joined[i] = now_ms() - start_ms;
        memory = process_resident(terminal_pid(t));
        quit(t);
    }
    printf("start with these in the history: %.1f ms to the screen, %.1f ms until joined, %" PRIu64
           " KiB of memory\n",
           middle(drawn, STARTS), middle(joined, STARTS), memory >> 10);
}

static void measure_messages(struct terminal *from, struct terminal *to)
{
    double times[STARTS];
    for (int i = 0; i < STARTS; i++) {
        char text[32];
        snprintf(text, sizeof text, "message %d.", i);
        terminal_send(from, text);
        see(from, text);
        double start_ms = now_ms();
        terminal_send(from, "\r");
        see(to, text);
        times[i] = now_ms() - start_ms;
    }
    printf("Enter to the peer's screen: %.2f ms\n", middle(times, STARTS));
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
    execl(client, client, "--json", "--nick", nick, "--server", address, "--state", in_folder(nick),
          "--config", "/dev/null", (char *)NULL);
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

static void measure_json(int lines)
{
    int open_ends[2], status;
    if (pipe2(open_ends, O_CLOEXEC))
        err(1, "pipe");
    pid_t bob = start_json("bob", open_ends[0], in_folder("bob.out"));
    int in = write_lines(lines);
    double start_ms = now_ms();
    pid_t alice = start_json("alice", in, in_folder("alice.out"));
    waitpid(alice, &status, 0);
    double taken_s = (now_ms() - start_ms) / 1e3;
    printf(
        "%d lines through --json, each on both disks and with its receipt: %.1f s, %.0f a second\n",
        lines, taken_s, lines / taken_s);
    if (status)
        errx(1, "the sender ended with status %#x", (unsigned)status);
    close(open_ends[1]);
    waitpid(bob, &status, 0);
    close(open_ends[0]);
    close(in);
}

int main(int argc, char **argv)
{
    if (argc < 4)
        errx(2, "usage: bench_lines SERVER CLIENT FOLDER [LINES]");
    static char quiet[] = "--quiet", state[] = "--state", listen[] = "--listen",
                at[] = "127.0.0.1:0";
    client = argv[2];
    folder = argv[3];
    if (mkdir(folder, 0700))
        err(1, "%s", folder);
    char *command[] = {argv[1], quiet, state, in_folder("relay"), listen, at, NULL};
    pid_t server = process_start(command, address);

    struct terminal *alice = start("alice"), *bob = start("bob");
    see(alice, "bob ● here");
    see(bob, "alice ● here");
    measure_messages(alice, bob);
    quit(alice);
    quit(bob);
    measure_json(argc > 4 ? atoi(argv[4]) : LINES);
    measure_starts();
    process_stop(server);
    return 0;
}
