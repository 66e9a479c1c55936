#include "client.h"
#include "pair.h"
#include "scratch.h"
#include "shim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <sys/stat.h>

/* Starts alice on a disk that can be held. */
static struct shim *start_on_shim(void)
{
    char control[128], preload[SHIM_PATH_MAX + 16];
    snprintf(control, sizeof control, "SHIM_CONTROL=%s", scratch_path("control"));
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", SHIM);
    const char *environment[] = {control, preload, "ASAN_OPTIONS=verify_asan_link_order=0", NULL};
    assert_int_equal(mkdir(scratch_path("disk"), 0700), 0);
    struct shim *shim = shim_new(scratch_path("disk"), control + sizeof "SHIM_CONTROL");
    alice = pair_start_with(
        &(struct pair_options){.nick = "alice", .folder = "disk", .environment = environment});
    assert_true(terminal_wait(alice, "nobody else is here yet"));
    return shim;
}

static void test_the_disk_does_not_keep_keys_waiting(void **state)
{
    (void)state;
    struct shim *shim = start_on_shim();
    uint64_t syncs = shim->syncs;
    shim->held = true;
    terminal_send(alice, "to the disk\r");
    terminal_send(alice, "and on");
    assert_true(terminal_wait(alice, "› and on"));
    terminal_send(alice, "\002\002\177\177");
    assert_true(terminal_wait(alice, "› anon"));
    assert_int_equal(terminal_find(alice, "alice  to the disk", NULL), -1);
    assert_true(shim->syncs == syncs);
    terminal_send(alice, "\005ymous\rnext");
    shim->held = false;
    pair_assert_mark(alice, "to the disk", "⧖");
    pair_assert_mark(alice, "anonymous", "⧖");
    assert_true(terminal_wait(alice, "› next"));
    shim_free(shim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_disk_does_not_keep_keys_waiting, pair_set_up,
                                        pair_tear_down),
    };
    return cmocka_run_group_tests(tests, client_make_scratch, scratch_remove);
}
