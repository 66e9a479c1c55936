#ifndef LOOP_H
#define LOOP_H

#include "talk.h"

/* Milliseconds on a clock that goes on while the machine sleeps and is never set. */
uint64_t loop_now_ms(void);

/*
 * Runs the talk with its face until it ends, or until `stop_fd` is readable. 0, or what the talk or
 * the face gave; ERROR_STATE where a signal cut it short.
 */
int loop_run(struct talk *talk, struct face *face, int stop_fd);

#endif
