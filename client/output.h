#ifndef OUTPUT_H
#define OUTPUT_H

#include "buffer.h"

#include <stdbool.h>

/*
 * Standard output, gathered and written at the end of each turn. As for any filter, a reader who
 * does not read holds up the whole program, so memory stays bounded; a signal still ends it, and
 * after a while a line on standard error says what it waits for.
 */
enum {
    OUTPUT_FLUSH = 256 << 10, /* gathered bytes that are written within a turn */
    OUTPUT_MAX = 16 << 20,
    OUTPUT_PATIENCE_MS = 10000,
};

struct output {
    struct buffer bytes; /* put here what is to be written */
    struct buffer marks; /* of struct mark, see output_mark */
    uint64_t written;    /* bytes, ever */
    int fd;
    int stop_fd;                               /* readable when the program is to end */
    bool stuck;                                /* it was said that nobody reads */
    void (*wrote)(void *owner, uint64_t what); /* set by the owner before the first mark */
    void *owner;
};

void output_init(struct output *o, int fd, int stop_fd);
void output_clear(struct output *o);

/*
 * What was put last is complete, and called `what`: `wrote` is told as soon as it is written, but
 * only of the last where several are written at once. ERROR_NOMEM.
 */
int output_mark(struct output *o, uint64_t what);

/*
 * Writes everything. ERROR_CLOSED: nobody will ever read it; ERROR_STATE: the program is to end
 * before it was all written; ERROR_SYSTEM (errno).
 */
int output_flush(struct output *o);

/* The same, where much was gathered. */
int output_relieve(struct output *o);

#endif
