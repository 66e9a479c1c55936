#ifndef PLAIN_H
#define PLAIN_H

#include "batch.h"

/*
 * The face of --plain: what is said as lines on standard output, what happens on standard error.
 * `stop_fd` is readable when the program is to end.
 */
void plain_init(struct batch *b, int stop_fd);

#endif
