#include "scratch.h"
#include "server.h"
#include "shim.h"
#include "talker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/*
 * Two programs pipe thousands of lines at each other through real clients and a real relay, which
 * are killed again and again: alone, or with the power; or which have a full disk, or one that
 * fails. In the end every line was printed once on either side, in order.
 */
enum {
    LINES = 3000,
    EVENTS = 120,      /* how often something goes wrong */
    AWAY_MAX_MS = 300, /* how long something stays dead */
    STUCK_MS = 60000,
};

enum part {
    RELAY,
    ALICE,
    BOB,
    PARTS,
};

static const char *const names[PARTS] = {"relay", "alice", "bob"};

/* What goes wrong, beside the killing. */
enum trouble {
    JUST_KILLS,
    POWER_CUTS,   /* what was not synced is lost with the process, or some of it */
    FULL_DISKS,   /* a disk is full for a while */
    BROKEN_SYNCS, /* a sync fails, and what it was for may be lost */
};

static char folders[PARTS][64], controls[PARTS][256], address[64];
static struct shim *shims[PARTS]; /* NULL where the disks are real */
static struct server server;
static struct talker talkers[2];
static uint64_t random_state;

/* A run. */
struct schedule {
    enum trouble trouble;
    uint64_t starts_ms[PARTS]; /* when what is dead is started again; 0: it lives */
    uint64_t mends_ms;         /* when the relay's disk has place again; 0: it has */
    uint64_t next;             /* the progress at which something happens */
    unsigned kills, cuts, failures;
    char log[4096];      /* what the relay logged last */
    bool relay_was_full; /* and said so */
};

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* SplitMix64: what is done comes of a seed, though not what the system makes of it. */
static uint64_t below(uint64_t n)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % n;
}

static void preload(enum part part)
{
    if (!shims[part])
        return;
    setenv("SHIM_CONTROL", controls[part], 1);
    setenv("LD_PRELOAD", SHIM, 1);
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
}

static void preload_relay(void)
{
    preload(RELAY);
}

static void preload_alice(void)
{
    preload(ALICE);
}

static void preload_bob(void)
{
    preload(BOB);
}

static void start(enum part part)
{
    char options[256];
    if (shims[part])
        shim_mend(shims[part]);
    if (part != RELAY) {
        talker_start(&talkers[part - ALICE]);
        return;
    }
    snprintf(options, sizeof options, "--state %s --listen %s", folders[RELAY], address);
    server_start_tls(&server, options, preload_relay);
    fcntl(server.process.err.fd, F_SETFL, O_NONBLOCK);
}

static struct process *process_of(enum part part)
{
    return part == RELAY ? &server.process : &talkers[part - ALICE].process;
}

static bool lives(enum part part)
{
    return process_of(part)->pid != 0;
}

static uint64_t progress(void)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < 2; i++)
        sum += talkers[i].accepted + talkers[i].heard;
    return sum;
}

/* A part is dead, in whichever way. */
static void bury(struct schedule *s, enum part part)
{
    s->starts_ms[part] = now_ms() + below(AWAY_MAX_MS);
    if (part == RELAY)
        s->mends_ms = 0;
    if (!shims[part] || below(3) == 0)
        return;
    shim_cut_power(shims[part], below(2) ? 0 : 1 + below(1 << 20));
    s->cuts++;
}

/* A program has ended on its own. */
static void judge_end(struct schedule *s, enum part part, int status)
{
    bool may = part == RELAY ? s->trouble == BROKEN_SYNCS : s->trouble >= FULL_DISKS;
    if (!may || status != 1)
        fail_msg("%s ends with %d: %s", names[part], status,
                 part == RELAY ? s->log : talkers[part - ALICE].said);
    s->failures++;
}

static void do_kill(struct schedule *s, enum part part)
{
    if (!lives(part))
        return;
    int status = part == RELAY ? process_stop(&server.process, SIGKILL)
                               : talker_kill(&talkers[part - ALICE]);
    if (status == 128 + SIGKILL)
        s->kills++;
    else
        judge_end(s, part, status);
    bury(s, part);
}

/* Lets a disk fail soon. */
static void trouble(struct schedule *s, enum part part)
{
    struct shim *shim = shims[part];
    if (s->trouble == FULL_DISKS) {
        shim->full_from = shim->writes + 1 + below(20);
        shim->full_until = UINT64_MAX;
        if (part != RELAY)
            return;
        s->mends_ms = now_ms() + 2 * AWAY_MAX_MS;
        do_kill(s, ALICE + (enum part)below(2)); /* else it has nothing to write */
    } else {
        shim->broken_loses = below(2);
        shim->broken_from = shim->syncs + 1 + below(3);
        shim->broken_until = shim->broken_from + 1 + below(2);
    }
}

static void act(struct schedule *s)
{
    if (progress() < s->next)
        return;
    s->next = progress() + 1 + below(2 * 4 * LINES / EVENTS);
    enum part part = (enum part)below(PARTS);
    if (s->trouble >= FULL_DISKS && below(2) && lives(part))
        trouble(s, part);
    else
        do_kill(s, part);
    if (below(4) == 0)
        do_kill(s, (enum part)below(PARTS));
}

/* Reads what the relay logs. */
static void look_at_relay(struct schedule *s)
{
    ssize_t n = 1;
    while (lives(RELAY) && (n = read(server.process.err.fd, s->log, sizeof s->log - 1)) > 0) {
        s->log[n] = '\0';
        s->relay_was_full |= strstr(s->log, "the disk is full") != NULL;
    }
    if (n != 0)
        return;
    judge_end(s, RELAY, process_wait(&server.process));
    bury(s, RELAY);
}

static void look_at_talkers(struct schedule *s)
{
    for (size_t i = 0; i < 2; i++) {
        struct talker *t = &talkers[i];
        if (t->process.pid || s->starts_ms[ALICE + i])
            continue;
        judge_end(s, ALICE + (enum part)i, t->exit);
        bury(s, ALICE + (enum part)i);
    }
}

static void revive(struct schedule *s)
{
    uint64_t now = now_ms();
    for (enum part part = RELAY; part < PARTS; part++)
        if (s->starts_ms[part] && s->starts_ms[part] <= now) {
            s->starts_ms[part] = 0;
            start(part);
        }
    if (s->mends_ms && s->mends_ms <= now) {
        s->mends_ms = 0;
        shim_mend(shims[RELAY]);
    }
}

static bool is_done(void)
{
    for (size_t i = 0; i < 2; i++)
        if (talkers[i].accepted < LINES || talkers[i].heard < LINES || !talkers[i].process.pid ||
            !talkers[i].was_online)
            return false;
    return lives(RELAY);
}

static void make_parts(struct schedule *s)
{
    static void (*const prepares[])(void) = {preload_alice, preload_bob};
    static unsigned number;
    number++;
    for (enum part part = RELAY; part < PARTS; part++) {
        snprintf(folders[part], sizeof folders[part], "%s/%u.%s", scratch_folder(), number,
                 names[part]);
        snprintf(controls[part], sizeof controls[part], "%s.control", folders[part]);
        assert_int_equal(mkdir(folders[part], 0700), 0);
        shims[part] = s->trouble == JUST_KILLS ? NULL : shim_new(folders[part], controls[part]);
    }
    snprintf(address, sizeof address, "unix:%s/%u.socket", scratch_folder(), number);
    for (size_t i = 0; i < 2; i++)
        talkers[i] = (struct talker){
            .name = names[ALICE + i],
            .first = names[ALICE + i][0],
            .server = address,
            .state = folders[ALICE + i],
            .prepare = prepares[i],
            .lines = LINES,
        };
    for (enum part part = RELAY; part < PARTS; part++)
        start(part);
}

/*
 * Ends the input of one of them, and waits for its end: it has everything delivered then. The other
 * one is there to say so: a receipt may have been lost with a relay that was killed.
 */
static void finish(size_t i)
{
    struct talker *t = &talkers[i];
    for (size_t j = 0; j < 2; j++)
        if (!talkers[j].process.pid)
            talker_start(&talkers[j]);
    close(t->process.in);
    t->process.in = -1;
    uint64_t end_ms = now_ms() + STUCK_MS;
    while (t->process.pid) {
        talker_turn(talkers, 2, 20);
        if (now_ms() > end_ms)
            fail_msg("%s does not end", t->name);
    }
    if (t->exit)
        fail_msg("%s ends with %d: %s %s", t->name, t->exit, t->code, t->said);
}

/* Kills a client that has printed everything and did something since: the next one says nothing
 * twice. */
static void kill_idle(struct talker *t)
{
    static const char command[] = "{\"command\":\"/info\"}\n";
    unsigned answers = t->answers, repeated = t->repeated;
    assert_int_equal(write(t->process.in, command, sizeof command - 1), sizeof command - 1);
    while (t->process.pid && t->answers == answers)
        talker_turn(talkers, 2, 20);
    assert_int_equal(talker_kill(t), 128 + SIGKILL);
    talker_start(t);
    while (t->process.pid && !t->is_ready)
        talker_turn(talkers, 2, 20);
    assert_int_equal(t->repeated, repeated);
}

/* Everything was said and heard: nothing comes twice, neither now nor at the next start. */
static void end_parts(enum trouble trouble)
{
    for (enum part part = RELAY; part < PARTS; part++)
        if (shims[part])
            shim_mend(shims[part]);
    for (size_t i = 0; i < 2; i++)
        if (trouble < FULL_DISKS)
            kill_idle(&talkers[i]); /* that could note what it printed */
        else
            talker_kill(&talkers[i]); /* its disk may have failed at the last moment */
    for (int again = 0; again < 2; again++)
        for (size_t i = 0; i < 2; i++) {
            finish(i);
            assert_int_equal(talkers[i].heard, LINES);
            assert_int_equal(talkers[i].accepted, LINES);
        }
    talker_finish(&talkers[0]); /* who kept the other one company */
    server_stop(&server);
    for (enum part part = RELAY; part < PARTS; part++)
        if (shims[part])
            shim_free(shims[part]);
}

static void run(enum trouble trouble)
{
    struct schedule s = {.trouble = trouble, .next = 1};
    const char *seed = getenv("KILL_SEED");
    random_state = seed ? strtoull(seed, NULL, 10) : now_ms();
    print_message("KILL_SEED=%ju\n", (uintmax_t)random_state);
    make_parts(&s);
    uint64_t moved_ms = now_ms(), last = 0;
    while (!is_done()) {
        talker_turn(talkers, 2, 20);
        look_at_relay(&s);
        look_at_talkers(&s);
        act(&s);
        revive(&s);
        if (progress() > last)
            moved_ms = now_ms();
        last = progress();
        if (now_ms() - moved_ms > STUCK_MS)
            fail_msg("nothing moves: alice %u, %u; bob %u, %u", talkers[0].accepted,
                     talkers[0].heard, talkers[1].accepted, talkers[1].heard);
    }
    unsigned repeated = talkers[0].repeated + talkers[1].repeated;
    print_message("%u killed, %u with the power, %u failed; %u printed something again\n", s.kills,
                  s.cuts, s.failures, repeated);
    assert_true(s.kills + s.failures > EVENTS / 5); /* the schedule runs ahead of the deaths */
    assert_true(trouble == JUST_KILLS || s.cuts > 0);
    assert_true(trouble < FULL_DISKS || s.failures > 0);
    assert_int_equal(s.relay_was_full, trouble == FULL_DISKS);
    end_parts(trouble);
}

static void test_kills(void **state)
{
    (void)state;
    run(JUST_KILLS);
}

static void test_power_cuts(void **state)
{
    (void)state;
    run(POWER_CUTS);
}

static void test_full_disks(void **state)
{
    (void)state;
    run(FULL_DISKS);
}

static void test_broken_syncs(void **state)
{
    (void)state;
    run(BROKEN_SYNCS);
}

static int set_up(void **state)
{
    signal(SIGPIPE, SIG_IGN);
    return scratch_make(state);
}

static int stop_all(void **state)
{
    (void)state;
    for (enum part part = RELAY; part < PARTS; part++)
        process_clear(process_of(part));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_kills, stop_all),
        cmocka_unit_test_teardown(test_power_cuts, stop_all),
        cmocka_unit_test_teardown(test_full_disks, stop_all),
        cmocka_unit_test_teardown(test_broken_syncs, stop_all),
    };
    return cmocka_run_group_tests(tests, set_up, scratch_remove);
}
