#ifndef DIALOGUE_H
#define DIALOGUE_H

#include <stddef.h>

/*
 * Literal dialogues with the relay. A dialogue is a list of steps, ended by NULL; each begins with
 * the letter of a connection (`a` to `d`) and what is done:
 *
 *     a+         connects
 *     a> FRAME   sends a frame: its header and, after a newline, its content
 *     a# HEX     sends bytes
 *     a< FRAME   expects exactly this frame next (`*`: any characters but quotation marks)
 *     a-         ends its sending half
 *     a.         expects the end of the stream
 *     a!         resets the connection
 *
 * In frames `'` stands for `"`, and ROOM for a room that no dialogue had before.
 */
struct dialogue {
    const char *name;
    const char *const *steps;
};

/* Runs the first `count` steps, then ends the connections that are left: with a reset or not. */
void dialogue_run(const struct dialogue *d, size_t count, const char *address, int reset);

size_t dialogue_len(const struct dialogue *d);

#endif
