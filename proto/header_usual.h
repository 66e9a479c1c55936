#ifndef HEADER_USUAL_H
#define HEADER_USUAL_H

#include "header.h"

/*
 * The headers of messages and receipts as they usually are: of these fields in this order, without
 * white space or escapes, the name in ASCII. Nearly all traffic is these, and to read and write
 * them without a detour costs a tenth. What is read or written here, the table of header.c would
 * read and write the same; for all else it is asked.
 */
enum {
    HEADER_USUAL_MAX = 256, /* bytes of such a header */
};

/*
 * Reads one into a cleared `*h`, and gives where its stream and `n` stand in `text`, as
 * header_decoder has it. False where it is not usual; then what was given is of no use.
 */
bool header_usual_read(enum header_side side, const char *text, size_t len, struct header *h,
                       struct json_string *numbers);

/* Writes one. Gives its length, 0 where it is not usual. */
size_t header_usual_write(enum header_side side, const struct header *h,
                          char text[HEADER_USUAL_MAX]);

#endif
