/*
 * sim [--histories N] [--seed S]: runs N histories from seed S on, and stops at the first in which
 * a rule is broken; --trace shows one history, step by step.
 */
#include "world.h"

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct world world;

/* An assertion of the machines failed: the seed is what is needed to see it again. */
static void say_seed(int signal)
{
    (void)signal;
    printf("seed %" PRIu64 ": an assertion failed\n", world.seed);
    fflush(stdout);
}

static int run(uint64_t seed, uint64_t histories, bool trace)
{
    double start = seconds();
    uint64_t steps = 0;
    for (uint64_t i = 0; i < histories; i++) {
        bool held = world_run(&world, seed + i, trace);
        steps += world.steps;
        if (held)
            continue;
        printf("seed %" PRIu64 ": %s\n", world.seed, world.failure);
        if (!trace)
            printf("to see it: tests/run sim --seed %" PRIu64 " --trace\n", world.seed);
        return 1;
    }
    double took = seconds() - start;
    printf("%" PRIu64 " histories from seed %" PRIu64 " held, %" PRIu64
           " steps, %.0f histories a second\n",
           histories, seed, steps, (double)histories / took);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"histories", required_argument, NULL, 'n'},
        {"seed", required_argument, NULL, 's'},
        {"trace", no_argument, NULL, 't'},
        {0},
    };
    uint64_t histories = 1, seed = 1;
    bool trace = false;
    signal(SIGABRT, say_seed);
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        switch (option) {
        case 'n': histories = strtoull(optarg, NULL, 10); break;
        case 's': seed = strtoull(optarg, NULL, 10); break;
        case 't': trace = true; break;
        default: fputs("usage: sim [--histories N] [--seed S] [--trace]\n", stderr); return 2;
        }
    return run(seed, histories, trace);
}
