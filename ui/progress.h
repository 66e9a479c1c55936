#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Long work as a bar: how far it is, how fast it goes, and when it will be done. The pace is that
 * of what really moved, smoothed. It asks to be drawn a few times a second while something moves,
 * once more where nothing does any more, and not at all after that.
 */
enum {
    PROGRESS_DRAW_MS = 250,   /* no two pictures are closer */
    PROGRESS_STALL_MS = 3000, /* after that long nothing moves, and there is no pace */
    PROGRESS_SIZE_MAX = 24,
    PROGRESS_LINE_MAX = 512, /* a line, with its NUL */
};

struct progress {
    uint64_t done, total;          /* bytes, each below 2^53 */
    uint64_t drawn_done, drawn_ms; /* of the last picture */
    uint64_t pace;                 /* bytes a second; 0: not known, or nothing moves */
};

/* Begins, or begins again, where so much is there already. */
void progress_begin(struct progress *p, uint64_t done, uint64_t total, uint64_t now_ms);

/* So much is done now. */
void progress_move(struct progress *p, uint64_t done, uint64_t now_ms);

/* When progress_tick has something to do, UINT64_MAX for never; whether it is to be drawn anew. */
uint64_t progress_deadline(const struct progress *p);
bool progress_tick(struct progress *p, uint64_t now_ms);

/*
 * Writes a line of at most that many columns: `what` (sanitised), the bar, 41 %, 12.3 of 30.1 MB,
 * 2.1 MB/s, 9 s left, /cancel. Where room is short, what matters least is left out, and `what` is
 * cut. Gives `out`.
 */
const char *progress_format(const struct progress *p, const char *what, int columns, bool ascii,
                            char out[PROGRESS_LINE_MAX]);

/* A size for a person: "30.1 MB", "1 byte". Gives `out`. */
const char *progress_size(uint64_t bytes, char out[PROGRESS_SIZE_MAX]);

#endif
