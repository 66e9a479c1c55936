/*
 * load [OPTION ...] -- SERVER [ARGUMENT ...]: starts a server, talks to it as many clients do, and
 * prints one line of what that cost and what became of the messages. Exits with 1 where a message
 * was lost, repeated, reordered or damaged.
 */
#include "backlog.h"
#include "bundle.h"
#include "content.h"
#include "fleet.h"
#include "header.h"
#include "process.h"

#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    COMING_PAIRS = 16, /* that join at the same time, where joins are measured */
    STALL_MS = 20000,  /* without a message: the rest is lost */
    QUEUED = 100000,   /* where a queue drains */
};

#define MS UINT64_C(1000000) /* in nanoseconds */

enum mode {
    MODE_PLAY,  /* pairs play ping-pong */
    MODE_FLOOD, /* one of each pair floods the other */
    MODE_QUEUE, /* one of each pair floods the other, who is away */
    MODE_JOIN,  /* pairs come and go */
    MODE_DRAIN, /* ping-pong, while somebody comes back to whom much was said */
    MODES,
};

static const struct {
    const char *name;
    enum client_role roles[2];
} modes[MODES] = {
    [MODE_PLAY] = {"play", {CLIENT_PLAYER, CLIENT_PLAYER}},
    [MODE_FLOOD] = {"flood", {CLIENT_SOURCE, CLIENT_SINK}},
    [MODE_QUEUE] = {"queue", {CLIENT_SOURCE, CLIENT_SINK}},
    [MODE_JOIN] = {"join", {CLIENT_IDLE, CLIENT_IDLE}},
    [MODE_DRAIN] = {"drain", {CLIENT_PLAYER, CLIENT_PLAYER}},
};

static const struct speech *const speeches[] = {
    &speech_bare, &speech_chat, &speech_irc, &speech_mqtt, &speech_ncat,
};

struct load {
    enum mode mode;
    size_t pairs, idle; /* idle connections */
    uint64_t warm_ms, measure_ms;
    const char *address; /* where the server does not say it itself */
    char **command;
    struct client_run run;
    struct tally tally;
};

/* A moment of a run; two of them make a measure. */
struct moment {
    uint64_t at_ns, server_ns, own_ns, idle_ns, received, acked, joins;
};

static struct moment moment_now(const struct fleet *f, pid_t server)
{
    struct moment m = {
        .at_ns = client_now_ns(),
        .server_ns = process_cpu_ns(server),
        .own_ns = process_cpu_ns(0),
        .idle_ns = process_idle_ns(),
        .received = f->run.tally->received,
        .joins = f->joins,
    };
    for (size_t i = 0; i < f->count; i++)
        m.acked += f->clients[i].acked;
    return m;
}

static void run_until(struct fleet *f, size_t active, enum mode mode, uint64_t until_ns)
{
    if (mode == MODE_JOIN)
        fleet_come_and_go(f, active, until_ns);
    else
        while (client_now_ns() < until_ns)
            fleet_turn(f, until_ns);
}

/* Lets what is on its way arrive. Gives how many messages did not. */
static uint64_t drain(struct fleet *f, enum mode mode)
{
    const struct tally *t = f->run.tally;
    uint64_t stall_ns = 0, before = 0;
    f->run.going = false;
    for (;;) {
        uint64_t came = t->received;
        for (size_t i = 0; mode == MODE_QUEUE && i < f->count; i++)
            came += f->clients[i].acked;
        if (came + t->damaged >= t->sent)
            return 0;
        uint64_t now_ns = client_now_ns();
        if (came != before || stall_ns == 0)
            stall_ns = now_ns + STALL_MS * MS;
        if (now_ns >= stall_ns)
            return t->sent - came;
        before = came;
        fleet_turn(f, stall_ns);
    }
}

/* Prints what happened between two moments. The names are those that tests/bench/report knows. */
static void print_measure(const struct load *l, const struct moment *a, const struct moment *b,
                          int cores)
{
    uint64_t wall_ns = b->at_ns - a->at_ns;
    uint64_t units = l->mode == MODE_JOIN    ? b->joins - a->joins
                     : l->mode == MODE_QUEUE ? b->acked - a->acked
                                             : b->received - a->received;
    double seconds = (double)wall_ns / 1e9, server_ns = (double)(b->server_ns - a->server_ns);
    double others = (double)wall_ns * cores - (double)(b->idle_ns - a->idle_ns) - server_ns -
                    (double)(b->own_ns - a->own_ns);
    printf("count=%" PRIu64 " seconds=%.3f rate=%.0f cpu_us=%.3f server_pct=%.0f others_pct=%.1f ",
           units, seconds, (double)units / seconds, units ? server_ns / 1e3 / (double)units : 0.0,
           100 * server_ns / (double)wall_ns, 100 * others / ((double)wall_ns * cores));
    printf("p50_us=%.2f p99_us=%.2f ", (double)tally_time(&l->tally, 0.5) / 1e3,
           (double)tally_time(&l->tally, 0.99) / 1e3);
}

/* Prints what became of the messages. False where it was not each of them once and in order. */
static bool print_losses(const struct tally *t, uint64_t lost)
{
    printf("sent=%" PRIu64 " lost=%" PRIu64 " repeated=%" PRIu64 " reordered=%" PRIu64
           " damaged=%" PRIu64 "\n",
           t->sent, lost, t->repeated, t->reordered, t->damaged);
    return lost + t->repeated + t->reordered + t->damaged == 0;
}

/* Adds the idle connections, and prints how much memory each of them costs the server. */
static void add_idle(struct fleet *f, pid_t server, size_t pairs)
{
    static const enum client_role idle[2] = {CLIENT_IDLE, CLIENT_IDLE};
    if (pairs < 2)
        return;
    fleet_add(f, 1, idle); /* what only the first one costs is left out */
    uint64_t before = process_resident(server);
    fleet_add(f, pairs - 1, idle);
    printf("idle_bytes=%.0f ",
           ((double)process_resident(server) - (double)before) / (2 * (double)(pairs - 1)));
}

static void start(struct fleet *f, size_t active, enum mode mode)
{
    f->run.going = true;
    for (size_t i = active; i < f->count; i += 2) {
        if (mode == MODE_QUEUE)
            client_close(&f->clients[i + 1]);
        else
            client_start(&f->clients[i + 1]);
        client_start(&f->clients[i]);
    }
}

/* Prints how much memory of the server a message on its disk costs. */
static void fill_backlog(struct backlog *b, struct fleet *f, pid_t server)
{
    uint64_t before = process_resident(server);
    backlog_fill(b, f, QUEUED);
    printf("queued_bytes=%.1f ", ((double)process_resident(server) - (double)before) / QUEUED);
}

/* Has them go to the one who was away. They count beside the others, but for the time. */
static void drain_backlog(struct backlog *b, struct fleet *f)
{
    uint64_t stall_ns = client_now_ns() + STALL_MS * MS;
    backlog_return(b);
    while (!backlog_is_drained(b) && client_now_ns() < stall_ns)
        fleet_turn(f, stall_ns);
    backlog_clear(b, f->run.tally);
}

/* Waits until a server that does not say so accepts connections. */
static void wait_for(const struct address_socket *server)
{
    const struct timespec pause = {.tv_nsec = 200000000};
    for (int tries = 0; tries < 100; tries++) {
        int fd = address_connect(server);
        struct pollfd polled = {.fd = fd, .events = POLLOUT};
        bool connected = fd >= 0 && poll(&polled, 1, 1000) == 1 && address_connect_error(fd) == 0;
        nanosleep(&pause, NULL); /* ncat ends when somebody is gone as soon as he came */
        if (fd >= 0)
            close(fd);
        if (connected)
            return;
    }
    errx(1, "the server does not accept connections");
}

/* Starts the server, and finds where it is. */
static pid_t start_server(struct load *l)
{
    char address[PROCESS_ADDRESS_MAX], why[ADDRESS_ERROR_MAX];
    struct address parsed;
    pid_t server = process_start(l->command, l->address ? NULL : address);
    if (address_parse(l->address ? l->address : address, &parsed, why) ||
        address_resolve(&parsed, false, &l->run.server, 1, why) < 0)
        errx(1, "%s", why);
    if (l->address)
        wait_for(&l->run.server);
    return server;
}

static bool run_load(struct load *l)
{
    struct fleet f;
    int cores = process_choose_cores();
    pid_t server = start_server(l);
    l->run.tally = &l->tally;
    size_t pairs = l->mode == MODE_JOIN ? COMING_PAIRS : l->pairs;
    fleet_init(&f, &l->run, l->idle + 2 * pairs, cores > 1);

    add_idle(&f, server, l->idle / 2);
    size_t active = f.count;
    fleet_add(&f, pairs, modes[l->mode].roles);
    struct backlog backlog;
    if (l->mode == MODE_DRAIN)
        fill_backlog(&backlog, &f, server);
    start(&f, active, l->mode);
    run_until(&f, active, l->mode, client_now_ns() + l->warm_ms * MS);
    tally_forget_times(&l->tally);
    struct moment begin = moment_now(&f, server);
    if (l->mode == MODE_DRAIN)
        drain_backlog(&backlog, &f);
    else
        run_until(&f, active, l->mode, begin.at_ns + l->measure_ms * MS);
    struct moment end = moment_now(&f, server);
    print_measure(l, &begin, &end, cores);
    bool good = print_losses(&l->tally, drain(&f, l->mode));
    fleet_clear(&f);
    tls_free(l->run.tls);
    process_stop(server);
    return good;
}

static const struct option options[] = {
    {"speech", required_argument, NULL, 's'}, {"mode", required_argument, NULL, 'm'},
    {"pairs", required_argument, NULL, 'p'},  {"idle", required_argument, NULL, 'i'},
    {"window", required_argument, NULL, 'w'}, {"size", required_argument, NULL, 'z'},
    {"ms", required_argument, NULL, 't'},     {"at", required_argument, NULL, 'a'},
    {"tls", no_argument, NULL, 'T'},          {0},
};

static uint32_t number(const char *text, uint32_t min, uint32_t max)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    if (end == text || *end || n < min || n > max)
        errx(2, "'%s' is not a number from %u to %u", text, min, max);
    return (uint32_t)n;
}

static enum mode mode_find(const char *name)
{
    for (int i = 0; i < MODES; i++)
        if (strcmp(modes[i].name, name) == 0)
            return (enum mode)i;
    errx(2, "there is no mode '%s'", name);
}

static const struct speech *speech_find(const char *name)
{
    for (size_t i = 0; i < sizeof speeches / sizeof *speeches; i++)
        if (strcmp(speeches[i]->name, name) == 0)
            return speeches[i];
    errx(2, "there is no speech '%s'", name);
}

/* All clients are one identity: the server cares for nothing else. */
static void start_tls(struct load *l)
{
    static const uint8_t seed[KEYS_LEN] = {1}, secret[KEYS_LEN] = {2};
    static struct buffer keys;
    struct keys_identity *identity;
    struct keys_ring *ring;
    buffer_init(&keys, HEADER_KEYS_MAX);
    if (tls_new(&l->run.tls, seed) || keys_identity_new(&identity, seed) || keys_ring_new(&ring) ||
        keys_ring_add(ring, secret, 1) || bundle_put(&keys, identity, keys_ring_newest(ring), ""))
        errx(1, "cannot make keys");
    l->run.keys = (struct json_string){(const char *)keys.bytes, keys.len};
    keys_ring_free(ring);
    keys_identity_free(identity);
}

static void parse(struct load *l, int argc, char **argv)
{
    int option;
    while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
        switch (option) {
        case 's': l->run.speech = speech_find(optarg); break;
        case 'm': l->mode = mode_find(optarg); break;
        case 'p': l->pairs = number(optarg, 1, 10000); break;
        case 'i': l->idle = number(optarg, 0, 60000); break;
        case 'w': l->run.window = number(optarg, 1, 100000); break;
        case 'z': l->run.message_len = number(optarg, CONTENT_MIN, CONTENT_MAX); break;
        case 't': l->measure_ms = number(optarg, 1, 600000); break;
        case 'a': l->address = optarg; break;
        case 'T': start_tls(l); break;
        default: exit(2);
        }
    }
    l->command = argv + optind;
    if (!*l->command)
        errx(2, "usage: load [OPTION ...] -- SERVER [ARGUMENT ...]");
    l->warm_ms = l->measure_ms / 8;
    l->run.counts_stored = l->mode == MODE_QUEUE;
}

int main(int argc, char **argv)
{
    static struct load l = {
        .pairs = 1,
        .measure_ms = 1000,
        .run = {.speech = &speech_chat, .message_len = 64, .window = 1},
    };
    parse(&l, argc, argv);
    process_raise_limits();
    return run_load(&l) ? 0 : 1;
}
