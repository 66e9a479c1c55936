#ifndef PLAIN_H
#define PLAIN_H

#include "face.h"

/*
 * The face of --plain: what is said as lines on standard output, what happens on standard error.
 * `stop_fd` is readable when the program is to end. ERROR_NOMEM.
 */
int plain_new(struct face **f, int stop_fd);

#endif
