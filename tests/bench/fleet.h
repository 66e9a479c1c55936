#ifndef FLEET_H
#define FLEET_H

#include "client.h"

/* The clients of one run, in one loop. */
struct fleet {
    struct client_run run;
    struct client *clients; /* of them `count` are open */
    size_t count, max;
    bool spins;     /* never sleeps: it has a core for itself */
    unsigned rooms; /* so many were used */
    uint64_t joins;
};

/* For at most `max` clients; `run` is filled in by the caller but for its epoll. */
void fleet_init(struct fleet *f, const struct client_run *run, size_t max, bool spins);
void fleet_clear(struct fleet *f);

/* Adds pairs, each in a room of its own, in the roles for side 0 and 1; waits until all met. */
void fleet_add(struct fleet *f, size_t pairs, const enum client_role roles[2]);

/* Serves whoever is ready, until `until_ns` or until something came. */
void fleet_turn(struct fleet *f, uint64_t until_ns);

/* Until `until_ns`: whenever a pair of the clients from `first` on has met, another takes its
 * place. */
void fleet_come_and_go(struct fleet *f, size_t first, uint64_t until_ns);

#endif
