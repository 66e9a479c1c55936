#ifndef PROCESS_H
#define PROCESS_H

#include <stddef.h>
#include <sys/types.h>

/*
 * The real programs as child processes. Whatever is waited for has a deadline, after which the test
 * fails and says what it waited for.
 */
enum {
    PROCESS_DEADLINE_MS = 30000,
    PROCESS_TEXT_MAX = 65536,
};

/* What a process wrote and nobody read yet. */
struct process_stream {
    int fd;
    char text[PROCESS_TEXT_MAX];
    size_t len;
    char line[PROCESS_TEXT_MAX];
};

struct process {
    pid_t pid; /* 0 once it was waited for */
    int in;    /* its standard input; -1 once it was closed */
    struct process_stream out, err;
};

/* Starts a program: `argv[0]` is its path, NULL ends it. `prepare` runs in the child before, or is
 * NULL. */
void process_start(struct process *p, const char *const argv[], void (*prepare)(void));

/* The next line of a stream, without its newline; borrowed until the next one of that stream. NULL
 * at its end. */
const char *process_line(struct process_stream *s);

/* Reads lines until one has `text` in it, and gives it; fails at the end of the stream. */
const char *process_line_with(struct process_stream *s, const char *text);

/* Takes no further notice of what it wrote until now: what nobody reads fills the pipe. */
void process_skip(struct process_stream *s);

/* Waits for the end. Gives the exit code, or 128 and the signal. */
int process_wait(struct process *p);

/* Sends a signal and waits for the end; gives the same. */
int process_stop(struct process *p, int signal);

/* Kills it if it is there still, and closes what is open: for clean-up. */
void process_clear(struct process *p);

/* Open descriptors of a process. */
size_t process_descriptors(const struct process *p);

/* Processor time that it has used, in milliseconds. */
long process_cpu_ms(const struct process *p);

#endif
