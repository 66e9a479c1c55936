/* bench_pace RATE: that many lines a second for chat-client --json, evenly, until nobody reads. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
    long rate = argc > 1 ? atol(argv[1]) : 0;
    if (rate <= 0)
        return 2;
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (long i = 0; !ferror(stdout); i++) {
        printf("{\"text\":\"line %ld: somebody has much to say, and says it at once\"}\n", i);
        fflush(stdout);
        next.tv_nsec += 1000000000 / rate;
        next.tv_sec += next.tv_nsec / 1000000000;
        next.tv_nsec %= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
    return 0;
}
