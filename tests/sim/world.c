#include "world.h"

#include "check.h"
#include "client_rows.h"
#include "host_files.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEAL_MS = 4 * 3600 * 1000, /* the longest that healing may take, in simulated time */
    CALM_MS = 200000,          /* after everything arrived: time for something to arrive twice */
    STEPS_MAX = 2000000,
    REST_STEPS_MAX = 300,
    WIDE_AT_ONCE = 20, /* large messages that are written one after the other */
    LATE_TURNS = 40,   /* that a commit may wait */
};

void world_say(struct world *w, const char *format, ...)
{
    if (!w->trace)
        return;
    printf("%10.3f  ", (double)w->now_ms / 1000);
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

void world_fail(struct world *w, const char *format, ...)
{
    if (w->failure[0])
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(w->failure, sizeof w->failure, format, args);
    va_end(args);
    world_say(w, "BROKEN: %s", w->failure);
}

bool world_fault(struct world *w, unsigned n)
{
    return !w->healing && rng_one_in(&w->rng, n);
}

bool world_waits(struct world *w, unsigned *waits)
{
    if (world_fault(w, w->faults.late))
        *waits = (unsigned)rng_below(&w->rng, LATE_TURNS);
    if (w->healing || *waits == 0)
        return false;
    --*waits;
    return true;
}

/* Draws how much of what goes wrong in this history: of each kind nothing, a little or much. */
static void draw_faults(struct world *w)
{
    unsigned *const all[] = {
        &w->faults.cut,       &w->faults.stick,     &w->faults.crash_client, &w->faults.crash_relay,
        &w->faults.refuse,    &w->faults.stop,      &w->faults.commit_fails, &w->faults.disk_full,
        &w->faults.jump_wall, &w->faults.old_store, &w->faults.lost_store,   &w->faults.old_client,
        &w->faults.forget,    &w->faults.quit,
    };
    static const unsigned chances[] = {0, 0, 100, 30, 10};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        *all[i] = chances[rng_below(&w->rng, sizeof chances / sizeof chances[0])];
    if (rng_one_in(&w->rng, 3)) /* nothing is missing between two messages then: watch.c */
        w->faults.old_store = w->faults.lost_store = w->faults.old_client = w->faults.forget =
            w->faults.quit = 0;
    w->faults.late = rng_one_in(&w->rng, 3) ? 2 + (unsigned)rng_below(&w->rng, 10) : 0;
}

static void advance(struct world *w, uint64_t now_ms)
{
    if (now_ms > w->now_ms) {
        w->wall_ms += now_ms - w->now_ms;
        w->now_ms = now_ms;
    }
}

static uint64_t earliest(const struct world *w)
{
    uint64_t at = w->relay ? relay_deadline(w->relay) : w->relay_starts_ms;
    for (int i = 0; i < CLIENTS; i++) {
        const struct host_client *c = &w->clients[i];
        uint64_t deadline = c->session ? session_deadline(c->session) : c->starts_ms;
        if (deadline < at)
            at = deadline;
    }
    return at;
}

/* Does what is due. False where nothing was. */
static bool tick(struct world *w)
{
    if (!w->relay && w->relay_starts_ms <= w->now_ms) {
        host_relay_start(w);
        return true;
    }
    if (w->relay && (relay_deadline(w->relay) <= w->now_ms ||
                     (w->healing && simdisk_is_dirty(&w->relay_disk)))) {
        relay_tick(w->relay, w->now_ms);
        host_relay_turn(w);
        return true;
    }
    for (int i = 0; i < CLIENTS; i++) {
        struct host_client *c = &w->clients[i];
        if (!c->session && c->starts_ms <= w->now_ms) {
            host_client_start(w, i);
            return true;
        }
        if (c->session && c->wants_link) {
            net_connect(w, i);
            host_client_turn(w, i);
            return true;
        }
        if (c->session && (session_deadline(c->session) <= w->now_ms ||
                           (w->healing && simdisk_is_dirty(&c->disk)))) {
            int rc = session_tick(c->session, w->now_ms);
            assert(rc == 0);
            host_client_turn(w, i);
            return true;
        }
    }
    return false;
}

static void cut_link(struct world *w, struct link *link)
{
    world_say(w, "link %d is cut", (int)(link - w->links));
    link->up.broken = link->relay_end;
    link->down.broken = link->client_end;
    buffer_clear(&link->up.bytes);
    buffer_clear(&link->down.bytes);
}

static void cut(struct world *w)
{
    if (w->links_count > 0)
        cut_link(w, &w->links[rng_below(&w->rng, w->links_count)]);
}

static void stick(struct world *w)
{
    if (w->links_count == 0)
        return;
    struct link *link = &w->links[rng_below(&w->rng, w->links_count)];
    world_say(w, "link %d is half-dead", (int)(link - w->links));
    link->stuck = true;
}

/* An old copy of the relay's disk, or none, is put in its place while it is down. */
static void old_store(struct world *w, bool lost)
{
    if (w->relay)
        host_relay_crash(w, lost ? "its disk is lost" : "an old copy of its disk is put back");
    size_t points = w->relay_disk.points_count;
    simdisk_restore(&w->relay_disk, lost ? 0 : (size_t)rng_below(&w->rng, points + 1));
}

/* The same with a client's disk. What it had written since is lost: nobody can ask for that. */
static void old_client(struct world *w, int client)
{
    struct host_client *c = &w->clients[client];
    if (c->forgetful)
        return; /* what came back would be older than what was gone on from */
    if (c->session)
        host_client_crash(w, client, "an old copy of its disk is put back");
    simdisk_restore(&c->disk, (size_t)rng_below(&w->rng, c->disk.points_count + 1));
    bool kept[MESSAGES_MAX] = {false};
    for (size_t i = 0; i < c->disk.count; i++) {
        const struct simdisk_row *row = &c->disk.rows[i];
        if (row->table != CLIENT_MESSAGE)
            continue;
        int writer;
        int number = check_row_number(row, &writer);
        if (writer == client)
            kept[number] = true;
    }
    for (unsigned number = 0; number < c->written; number++)
        w->lost[client][number] |= !kept[number];
}

/* A client's disk loses the oldest of what that one wrote, and nothing else. */
static void forget(struct world *w, int client)
{
    struct host_client *c = &w->clients[client];
    if (c->session)
        host_client_crash(w, client, "its disk loses its oldest messages");
    c->forgetful = true;
    uint64_t end = rng_below(&w->rng, c->written + 1) + 1;
    for (struct simdisk_row *next, *row = simdisk_next(&c->disk, CLIENT_MESSAGE, NULL); row;
         row = next) {
        next = simdisk_next(&c->disk, CLIENT_MESSAGE, row);
        const struct session_message_row message = client_rows_message(row);
        int writer, number = check_row_number(row, &writer);
        if (!message.mine || message.id >= end)
            continue;
        w->lost[client][number] = true;
        simdisk_delete(&c->disk, row);
    }
    simdisk_commit(&c->disk);
}

static void jump_wall(struct world *w)
{
    w->wall_ms += rng_below(&w->rng, 20 * 24 * 3600) * 1000;
    w->wall_ms -= rng_below(&w->rng, 20 * 24 * 3600) * 1000;
    world_say(w, "the wall clock jumps");
    if (w->relay)
        relay_set_wall(w->relay, w->now_ms, w->wall_ms);
    for (int i = 0; i < CLIENTS; i++)
        if (w->clients[i].session)
            session_set_wall(w->clients[i].session, w->now_ms, w->wall_ms);
}

/* Something goes wrong, perhaps. */
static void fault(struct world *w)
{
    int client = (int)rng_below(&w->rng, CLIENTS);
    const struct faults *f = &w->faults;
    if (world_fault(w, f->cut))
        cut(w);
    if (world_fault(w, f->stick))
        stick(w);
    if (world_fault(w, f->jump_wall))
        jump_wall(w);
    if (world_fault(w, f->crash_client) && w->clients[client].session)
        host_client_crash(w, client, "killed");
    if (world_fault(w, f->quit) && w->clients[client].session && !w->clients[client].quits)
        host_client_quit(w, client, rng_one_in(&w->rng, 2));
    if (world_fault(w, f->crash_relay) && w->relay)
        host_relay_crash(w, "killed");
    if (world_fault(w, f->stop) && w->relay)
        host_relay_stop(w);
    if (world_fault(w, f->old_store))
        old_store(w, false);
    if (world_fault(w, f->lost_store))
        old_store(w, true);
    if (world_fault(w, f->old_client))
        old_client(w, client);
    if (world_fault(w, f->forget))
        forget(w, client);
}

static bool write_one(struct world *w)
{
    int client = (int)rng_below(&w->rng, CLIENTS);
    for (int i = 0; i < CLIENTS; i++, client = (client + 1) % CLIENTS) {
        struct host_client *c = &w->clients[client];
        if (c->session && !c->quits && c->written < c->to_write) {
            for (unsigned most = w->wide ? WIDE_AT_ONCE : 1; most > 0 && c->session; most--)
                if (c->written < c->to_write)
                    host_client_write(w, client);
            return true;
        }
    }
    return false;
}

static bool act_on_files(struct world *w)
{
    int client = (int)rng_below(&w->rng, CLIENTS);
    for (int i = 0; i < CLIENTS; i++, client = (client + 1) % CLIENTS)
        if (host_files_act(w, client)) {
            host_client_turn(w, client);
            return true;
        }
    return false;
}

/* Lets come what is on its way. Where all is quiet then, the marks must be true. */
static void rest(struct world *w)
{
    for (int steps = 0; steps < REST_STEPS_MAX; steps++)
        if (!net_step(w) && !tick(w)) {
            check_marks(w);
            check_nothing_rests(w);
            return;
        }
}

static void random_step(struct world *w)
{
    if (rng_one_in(&w->rng, 50))
        rest(w);
    if (w->busy && rng_one_in(&w->rng, 3))
        write_one(w);
    if (w->files && rng_one_in(&w->rng, 3))
        act_on_files(w);
    switch (rng_below(&w->rng, 8)) {
    case 0: write_one(w); break;
    case 1: fault(w); break;
    case 2: advance(w, w->now_ms + rng_below(&w->rng, 3000)); break;
    case 3:
        if (rng_one_in(&w->rng, 4) && earliest(w) != UINT64_MAX)
            advance(w, earliest(w));
        break;
    case 4: tick(w); break;
    default: net_step(w); break;
    }
}

/* Whether the clients think that nothing is left to do. */
static bool all_done(struct world *w, char *why, size_t size)
{
    for (int i = 0; i < CLIENTS; i++) {
        const struct host_client *c = &w->clients[i];
        if (c->session && c->written == c->to_write && session_undelivered(c->session) == 0)
            continue;
        snprintf(why, size, "%c does not know that everything arrived", 'a' + i);
        return false;
    }
    return host_files_are_done(w, why, size);
}

/* Nothing goes wrong any more: everything must arrive, and then stay as it is. */
static void heal(struct world *w)
{
    w->healing = true;
    world_say(w, "everything heals");
    for (size_t i = 0; w->hostile && i < w->links_count; i++) /* it lied about who is there */
        cut_link(w, &w->links[i]);
    uint64_t end = w->now_ms + HEAL_MS, calm_end = UINT64_MAX;
    char why[128] = "";
    while (!w->failure[0] && w->steps++ < STEPS_MAX) {
        if (net_step(w) || tick(w) || write_one(w) || (w->files && act_on_files(w)))
            continue;
        check_marks(w);
        check_nothing_rests(w);
        bool done = all_done(w, why, sizeof why);
        bool arrived = (done || calm_end != UINT64_MAX) && check_arrived(w, why, sizeof why);
        if (!arrived && calm_end != UINT64_MAX)
            world_fail(w, "after everything had arrived: %s", why);
        else if (!done) /* a relay that lost its disk takes a `stored` back */
            calm_end = UINT64_MAX;
        else if (arrived && calm_end == UINT64_MAX)
            calm_end = w->now_ms + CALM_MS;
        if (w->now_ms >= calm_end)
            return;
        if (w->now_ms >= end || earliest(w) == UINT64_MAX) {
            world_fail(w, "it does not heal: %s", why);
            return;
        }
        advance(w, earliest(w));
    }
    if (!w->failure[0])
        world_fail(w, "it does not come to rest");
}

static void clear(struct world *w)
{
    relay_free(w->relay);
    simdisk_clear(&w->relay_disk);
    for (size_t i = 0; i < LINKS_MAX; i++)
        net_clear(&w->links[i]);
    for (int i = 0; i < CLIENTS; i++) {
        session_free(w->clients[i].session);
        simdisk_clear(&w->clients[i].disk);
        keys_identity_free(w->clients[i].identity);
    }
    hostile_clear(w);
}

/* Two people who seal what they say, and perhaps a relay that is not what it should be. */
static void draw_sealing(struct world *w)
{
    w->sealed = rng_one_in(&w->rng, 3);
    if (!w->sealed) {
        w->garbled = rng_one_in(&w->rng, 4) ? 8 : 0;
        return;
    }
    if (rng_one_in(&w->rng, 2))
        w->hostile = 2 + (unsigned)rng_below(&w->rng, 20);
    /* Keys made by a clock that was set back, on a disk that was put back, look like old ones that
       the relay brings again, until the clock has caught up. */
    if (w->faults.old_client)
        w->faults.jump_wall = 0;
    for (int i = 0; i < CLIENTS; i++) {
        uint8_t seed[KEYS_LEN] = {0};
        for (size_t j = 0; j < 8; j++)
            seed[j] = (uint8_t)rng_next(&w->rng);
        int rc = keys_identity_new(&w->clients[i].identity, seed);
        assert(rc == 0);
        if (w->hostile) /* they met before: whoever is first could be anybody */
            keys_text_format(keys_identity_public(w->clients[i].identity), w->clients[1 - i].pin);
    }
    hostile_init(w);
}

/* Not where some messages cannot be read: who waits for one of those waits for ever. */
static void draw_files(struct world *w)
{
    w->files = !w->garbled && rng_one_in(&w->rng, 8);
    if (!w->files)
        return;
    w->faults.forget = 0; /* the messages about a file would be lost, too */
    w->faults.cancel = rng_one_in(&w->rng, 2) ? 30 : 0;
    w->faults.vanish = rng_one_in(&w->rng, 4) ? 30 : 0;
    for (int i = 0; i < CLIENTS; i++)
        w->clients[i].to_offer = (unsigned)rng_below(&w->rng, FILES_MAX);
}

bool world_run(struct world *w, uint64_t seed, bool trace)
{
    memset(w, 0, sizeof *w);
    w->seed = seed;
    w->rng.state = seed;
    w->trace = trace;
    w->now_ms = 1000;
    w->wall_ms = UINT64_C(1700000000000);
    w->durable = !rng_one_in(&w->rng, 4);
    w->narrow = rng_one_in(&w->rng, 4);
    w->wide = rng_one_in(&w->rng, 40);
    w->busy = rng_one_in(&w->rng, 20);
    draw_faults(w);
    draw_sealing(w);
    draw_files(w);
    simdisk_init(&w->relay_disk);
    for (int i = 0; i < CLIENTS; i++) {
        simdisk_init(&w->clients[i].disk);
        unsigned most = w->wide ? 400 : w->busy ? 200 : 20;
        w->clients[i].to_write = (unsigned)rng_below(&w->rng, most);
        w->clients[i].starts_ms = w->now_ms + rng_below(&w->rng, 5000);
    }
    w->relay_starts_ms = w->now_ms;
    for (uint64_t steps = rng_below(&w->rng, 600); steps > 0 && !w->failure[0]; steps--, w->steps++)
        random_step(w);
    if (!w->failure[0])
        heal(w);
    clear(w);
    return !w->failure[0];
}
