#ifndef TALLY_H
#define TALLY_H

#include "content.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Counts what became of messages, and how long they took. */
enum {
    TALLY_FINE = 7, /* bits of a time that are kept: to 1 in 128 */
    TALLY_BUCKETS = (64 - TALLY_FINE + 1) << TALLY_FINE,
};

struct tally {
    uint64_t sent, received; /* received: each message once */
    uint64_t repeated, reordered, damaged;
    uint64_t times[TALLY_BUCKETS];
    uint64_t timed; /* the sum of `times` */
};

/* What one receiver has of one sender: messages that came before it were not there at all. */
struct tally_place {
    uint32_t author;
    uint32_t n;      /* the newest message */
    uint32_t missed; /* below it, those that did not come yet */
};

/* A message came. False where it is no new one, and nothing was counted as received. */
bool tally_message(struct tally *t, struct tally_place *place, const char *content, size_t len,
                   uint64_t now_ns);

/* Adds the counts of another tally, not its times. */
void tally_add(struct tally *t, const struct tally *other);

/* Forgets the times, not the counts. */
void tally_forget_times(struct tally *t);

/* The time in nanoseconds within which this share (0 to 1) of the messages came; 0 for none. */
uint64_t tally_time(const struct tally *t, double share);

#endif
