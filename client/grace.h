#ifndef GRACE_H
#define GRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Lines that somebody sent and may take back for a while, in their order. All zero to begin with.
 */
struct grace_line {
    struct grace_line *next;
    uint64_t due_ms; /* when it goes out */
    bool as_is;      /* a message, whatever it begins with */
    size_t len;
    char text[]; /* NUL-terminated */
};

struct grace {
    struct grace_line *first; /* the oldest, and first due */
    size_t count, bytes;      /* of all texts */
};

/* Adds a line (copied), never due before the one that was added before it. ERROR_NOMEM. */
int grace_put(struct grace *g, const char *text, size_t len, bool as_is, uint64_t due_ms);

/* Takes the oldest or the newest line out; it is the caller's to free. NULL where there is none. */
struct grace_line *grace_take_oldest(struct grace *g);
struct grace_line *grace_take_newest(struct grace *g);

/* The newest one, borrowed; NULL for none. */
const struct grace_line *grace_newest(struct grace *g);

/* When the first is due; UINT64_MAX for never. */
uint64_t grace_deadline(const struct grace *g);

/*
 * Everything that would be lost with the program: the lines, then what is being written, with a
 * line feed between any two. A new string of `*joined_len` bytes that the caller frees; NULL: out
 * of memory.
 */
char *grace_join(const struct grace *g, const char *text, size_t len, size_t *joined_len);

void grace_clear(struct grace *g);

#endif
