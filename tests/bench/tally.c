#include "tally.h"

#include <string.h>

/* Times below 2^TALLY_FINE have a bucket each; above, each power of two has 2^TALLY_FINE. */
static size_t bucket_of(uint64_t time_ns)
{
    int power = 63 - __builtin_clzll(time_ns | 1);
    if (power < TALLY_FINE)
        return time_ns;
    int shift = power - TALLY_FINE;
    return ((size_t)shift << TALLY_FINE) + (time_ns >> shift);
}

static uint64_t time_of(size_t bucket)
{
    if (bucket < 2 << TALLY_FINE)
        return bucket;
    size_t shift = (bucket >> TALLY_FINE) - 1;
    return (bucket - (shift << TALLY_FINE)) << shift;
}

bool tally_message(struct tally *t, struct tally_place *place, const char *content, size_t len,
                   uint64_t now_ns)
{
    struct content c;
    if (!content_get(content, len, &c) || c.author != place->author || c.n == 0) {
        t->damaged++;
        return false;
    }
    if (c.n <= place->n) {
        /* One that was missed, or a repeat: which of them was missed is not kept. */
        if (place->missed == 0) {
            t->repeated++;
            return false;
        }
        t->reordered++;
        place->missed--;
    } else {
        place->missed += c.n - place->n - 1;
        place->n = c.n;
    }
    t->received++;
    t->timed++;
    t->times[bucket_of(now_ns - c.sent_ns)]++;
    return true;
}

void tally_add(struct tally *t, const struct tally *other)
{
    t->sent += other->sent;
    t->received += other->received;
    t->repeated += other->repeated;
    t->reordered += other->reordered;
    t->damaged += other->damaged;
}

void tally_forget_times(struct tally *t)
{
    memset(t->times, 0, sizeof t->times);
    t->timed = 0;
}

uint64_t tally_time(const struct tally *t, double share)
{
    uint64_t below = (uint64_t)((double)t->timed * share), seen = 0;
    for (size_t i = 0; i < TALLY_BUCKETS; i++) {
        seen += t->times[i];
        if (seen > below)
            return time_of(i);
    }
    return 0;
}
