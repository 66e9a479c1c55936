#ifndef SHOWN_H
#define SHOWN_H

#include <stdint.h>

/*
 * How far a conversation was shown, in a file of eight bytes: a number that is written as soon as a
 * line was, and not synced. What a program printed before it was killed is so not printed again;
 * after a power cut the number may be an older one, or none. Without the file all this does
 * nothing.
 */

/* Opens or creates the file; -1 where that cannot be. */
int shown_open(const char *path);

void shown_put(int fd, uint64_t message);

/* What was put last; 0 for nothing. */
uint64_t shown_get(int fd);

#endif
