/* Files that are cancelled, whose sender or receiver is killed, and that find no room. */
#include "courier.h"
#include "scratch.h"
#include "shim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void test_either_side_can_end_it(void **state)
{
    (void)state;
    courier_meet(NULL);
    courier_begin_large();
    client_say(&alice, "/cancel");
    client_expect_told(&alice, "you cancelled large");
    client_expect_told(&bob, "alice cancelled large");
    assert_int_equal(courier_count(), 0);
    courier_begin_large();
    client_say(&bob, "/cancel large");
    client_expect_told(&bob, "you cancelled large");
    client_expect_told(&alice, "bob does not want large");
    assert_int_equal(courier_count(), 0);
    courier_send(courier_make_file("small", 10)); /* and nothing of that is in the way */
    client_say(&bob, "/accept");
    client_expect_told(&bob, "small is here");
    courier_part();
}

static void test_whoever_is_killed_it_goes_on(void **state)
{
    (void)state;
    courier_meet(NULL);
    const char *path = courier_begin_large();
    kill(bob.process.pid, SIGTERM);
    client_expect_told(&bob, "1 file is not through; it goes on at the next start");
    client_expect_exit(&bob, 1);
    courier_start(&bob, "bob", "--plain", NULL);
    courier_wait_for(COURIER_LARGE / 5);
    process_stop(&bob.process, SIGKILL);
    courier_start(&bob, "bob", "--plain", NULL);
    courier_wait_for(COURIER_LARGE / 3);
    process_stop(&server.process, SIGKILL);
    courier_start_relay();
    courier_wait_for(COURIER_LARGE / 2);
    process_stop(&alice.process, SIGKILL);
    courier_start(&alice, "alice", "--plain", NULL);
    courier_expect_large(path);
    courier_part();
}

static void test_a_file_that_changes_is_told_on_both_sides(void **state)
{
    (void)state;
    courier_meet(NULL);
    assert_int_equal(truncate(courier_begin_large(), COURIER_LARGE / 2), 0);
    client_expect_told(&alice, "large changed while it was sent");
    client_expect_told(&bob, "large changed at alice's while it was sent");
    assert_int_equal(courier_count(), 0);
    courier_part();
}

static void preload_shim(void)
{
    setenv("SHIM_CONTROL", scratch_path("control"), 1);
    setenv("LD_PRELOAD", SHIM, 1);
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
}

static void test_a_full_disk_is_survived(void **state)
{
    (void)state;
    struct shim *shim = shim_new(courier_inbox(), scratch_path("control"));
    courier_meet(preload_shim);
    const char *path = courier_make_file("large", COURIER_LARGE);
    shim->full_from = shim->writes + 100;
    shim->full_until = UINT64_MAX;
    courier_send(path);
    client_say(&bob, "/accept");
    client_expect_told(&bob, "No space left on device");
    client_say(&alice, "hello"); /* nothing else is the worse for it */
    client_expect_said(&bob, "alice: hello");
    shim_mend(shim);
    client_say(&bob, "/accept");
    courier_expect_large(path);
    courier_part();
    shim_free(shim);
}

/* What was not synced is gone with the machine: what is said to be there is. */
static void test_a_power_cut_is_survived(void **state)
{
    (void)state;
    struct shim *shim = shim_new(courier_inbox(), scratch_path("control"));
    courier_meet(preload_shim);
    const char *path = courier_begin_large();
    for (uint64_t seed = 0; seed < 3; seed++) {
        process_stop(&bob.process, SIGKILL);
        shim_cut_power(shim, seed);
        courier_start(&bob, "bob", "--plain", preload_shim);
        client_expect_told(&bob, "alice is here");
        courier_wait_for(COURIER_LARGE * (seed + 2) / 6);
    }
    courier_expect_large(path);
    courier_part();
    shim_free(shim);
}

/* Memory that a process has of its own, in KiB. */
static long memory_kb(const struct process *p)
{
    char path[64], line[256];
    long kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)p->pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        sscanf(line, "RssAnon: %ld", &kb);
    fclose(file);
    return kb;
}

static void test_nothing_grows(void **state)
{
    (void)state;
    setenv("ASAN_OPTIONS", "quarantine_size_mb=0:thread_local_quarantine_size_kb=0", 1);
    courier_meet(NULL);
    unsetenv("ASAN_OPTIONS");
    const char *path = courier_make_file("file", 5 << 20);
    size_t descriptors[2] = {0};
    long kb[2] = {0};
    for (int i = 0; i < 12; i++) {
        courier_send(path);
        client_say(&bob, "/accept");
        client_expect_told(&bob, "is here");
        client_expect_told(&alice, "bob has file");
        struct client *const people[] = {&alice, &bob};
        for (int p = 0; p < 2; p++) {
            size_t now = process_descriptors(&people[p]->process);
            long now_kb = memory_kb(&people[p]->process);
            if (i < 4) {
                descriptors[p] = now;
                kb[p] = now_kb;
            }
            assert_true(now <= descriptors[p]);
            assert_true(now_kb <= kb[p] + 1024);
        }
    }
    courier_part();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, courier_set_up, courier_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_either_side_can_end_it),
        TEST(test_whoever_is_killed_it_goes_on),
        TEST(test_a_file_that_changes_is_told_on_both_sides),
        TEST(test_a_full_disk_is_survived),
        TEST(test_a_power_cut_is_survived),
        TEST(test_nothing_grows),
    };
    return cmocka_run_group_tests(tests, client_make_scratch, scratch_remove);
}
