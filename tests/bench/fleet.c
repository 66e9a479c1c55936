#include "fleet.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    JOINING_MAX = 32, /* pairs that join at the same time: less than any listen queue */
    EVENTS_MAX = 256,
    JOIN_S = 60,
};

void fleet_init(struct fleet *f, const struct client_run *run, size_t max, bool spins)
{
    *f = (struct fleet){.run = *run, .max = max, .spins = spins};
    f->clients = calloc(max + 1, sizeof *f->clients);
    f->run.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!f->clients || f->run.epoll < 0)
        err(1, "cannot begin");
}

void fleet_clear(struct fleet *f)
{
    for (size_t i = 0; i < f->count; i++)
        client_close(&f->clients[i]);
    free(f->clients);
    close(f->run.epoll);
}

void fleet_turn(struct fleet *f, uint64_t until_ns)
{
    struct epoll_event events[EVENTS_MAX];
    int ready;
    do {
        uint64_t now_ns = client_now_ns();
        if (now_ns >= until_ns)
            return;
        int timeout_ms = f->spins ? 0 : (int)((until_ns - now_ns) / 1000000) + 1;
        ready = epoll_wait(f->run.epoll, events, EVENTS_MAX, timeout_ms);
        if (ready < 0 && errno != EINTR)
            err(1, "epoll_wait");
    } while (ready <= 0);
    for (int i = 0; i < ready; i++)
        client_serve(events[i].data.ptr);
}

static void open_pair(struct fleet *f, size_t at, const enum client_role roles[2])
{
    unsigned room = ++f->rooms;
    for (int side = 0; side < 2; side++)
        client_open(&f->clients[at + side], &f->run, roles[side], room, side);
}

static bool has_met(const struct client *pair)
{
    return pair[0].met && pair[1].met;
}

void fleet_add(struct fleet *f, size_t pairs, const enum client_role roles[2])
{
    uint64_t until_ns = client_now_ns() + JOIN_S * UINT64_C(1000000000);
    size_t met = f->count, end = f->count + 2 * pairs;
    while (met < end) {
        while (f->count < end && f->count - met < 2 * JOINING_MAX) {
            open_pair(f, f->count, roles);
            f->count += 2;
        }
        fleet_turn(f, until_ns);
        while (met < f->count && has_met(&f->clients[met]))
            met += 2;
        if (client_now_ns() >= until_ns)
            errx(1, "not every client could join");
    }
}

void fleet_come_and_go(struct fleet *f, size_t first, uint64_t until_ns)
{
    static const enum client_role idle[2] = {CLIENT_IDLE, CLIENT_IDLE};
    while (client_now_ns() < until_ns) {
        fleet_turn(f, until_ns);
        for (size_t i = first; i < f->count; i += 2) {
            if (!has_met(&f->clients[i]))
                continue;
            f->joins += 2;
            client_close(&f->clients[i]);
            client_close(&f->clients[i + 1]);
            open_pair(f, i, idle);
        }
    }
}
