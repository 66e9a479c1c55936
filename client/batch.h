#ifndef BATCH_H
#define BATCH_H

#include "face.h"
#include "lines.h"
#include "output.h"

/*
 * What the two faces without a screen share: standard input line by line, standard output, and the
 * count of lines that were refused.
 */
struct batch {
    struct face face;
    struct lines in;
    struct output out;
    bool was_tried; /* to connect: what to do where that fails was told */
    /* Takes one line; or what is wrong with it, ERROR_LIMIT where it was too long (and is not
     * there). */
    int (*take_line)(struct batch *b, const char *line, size_t len, uint64_t now_ms);
};

/* `stop_fd` is readable when the program is to end. NULL: out of memory. */
struct batch *batch_new(const struct face_ops *ops, size_t line_max, int stop_fd);

/* A message with this id was put out whole. */
int batch_end_message(struct batch *b, uint64_t id);

/* For the ops of a face that begins with a struct batch. */
int batch_begin(struct face *f, uint64_t now_ms);
int batch_show_help(struct face *f, const char *commands);
void batch_poll(const struct face *f, struct pollfd fds[FACE_FDS]);
uint64_t batch_deadline(const struct face *f);
int batch_take_input(struct face *f, const struct pollfd fds[FACE_FDS], uint64_t now_ms);
int batch_end_turn(struct face *f, uint64_t now_ms);
bool batch_is_ended(const struct face *f);
void batch_clear(struct face *f);
uint64_t batch_chosen(const struct face *f);
void batch_free(struct face *f);

#endif
