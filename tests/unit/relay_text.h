#ifndef RELAY_TEXT_H
#define RELAY_TEXT_H

#include "frame.h"

#include <stdbool.h>
#include <stddef.h>

/* Frames as lines of text, in both directions: see relay_harness.h for how they are written. */
enum {
    RELAY_LINE_MAX = 4096,
};

/* Makes the frame that a line stands for; FRAME_MAX bytes of room. Gives its length. */
size_t relay_text_write(const char *line, uint8_t *bytes);

/* The line that stands for a frame from the relay. */
void relay_text_read(const struct frame *frame, char line[RELAY_LINE_MAX]);

/* Adds to a line. */
void relay_text_append(char *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes the next word of a line, cut to `size`. False at its end. */
bool relay_text_word(const char **at, char *word, size_t size);

#endif
