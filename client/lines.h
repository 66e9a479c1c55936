#ifndef LINES_H
#define LINES_H

#include "buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Lines from a descriptor that may block: it is read in large blocks, only when poll(2) says so.
 */
struct lines {
    struct buffer bytes; /* read and not yet taken */
    size_t searched;     /* bytes at its front that hold no line feed */
    size_t max;          /* length of a line, without its end */
    size_t taken;        /* bytes to drop with the next call */
    int fd;
    bool skipping; /* within a line that is too long */
    bool ended;
    uint64_t number; /* of the line that was taken last, from 1 */
};

void lines_init(struct lines *l, int fd, size_t max);
void lines_clear(struct lines *l);

/*
 * Reads once. How many bytes, 0 for none now, ERROR_CLOSED at the end, ERROR_SYSTEM, ERROR_NOMEM.
 * The lines that are there must have been taken.
 */
int lines_read(struct lines *l);

/*
 * 1 and the next line without its end, a line feed perhaps behind a carriage return, borrowed until
 * the next call; 0 when there is no whole one yet (at the end, what is left counts as one);
 * ERROR_LIMIT for a line that was too long, and is dropped.
 */
int lines_next(struct lines *l, const char **line, size_t *len);

/* Whether everything up to the end was taken. */
bool lines_ended(const struct lines *l);

#endif
