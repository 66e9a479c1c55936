/* Two people at their screens: what marks say, and what was said before. */
#include "client.h"
#include "pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define FOCUS_IN  "\033[I"
#define FOCUS_OUT "\033[O"
#define F1        "\033OP"

static void test_seen_is_seen_by_somebody(void **state)
{
    (void)state;
    pair_start("seen");
    terminal_send(alice, "is somebody there?\r");
    assert_true(terminal_wait(bob, "alice  is somebody there?"));
    pair_assert_mark(alice, "is somebody", "✓✓");
    terminal_send(bob, FOCUS_OUT);
    terminal_drain(alice, 200); /* nothing may come of it */
    pair_assert_mark(alice, "is somebody", "✓✓");
    terminal_send(bob, FOCUS_IN);
    pair_assert_mark(alice, "is somebody", "●");
    terminal_send(alice, "while you look\r"); /* and nobody presses a key */
    pair_assert_mark(alice, "while you look", "●");
    terminal_send(bob, F1); /* the manual is before it now */
    assert_true(terminal_wait(bob, "/connect"));
    terminal_send(alice, "behind the manual\r");
    pair_assert_mark(alice, "behind the manual", "✓✓");
    terminal_send(bob, F1);
    pair_assert_mark(alice, "behind the manual", "●");
    pair_quit(alice);
    pair_quit(bob);
}

static void test_keys_that_come_at_once_keep_their_order(void **state)
{
    (void)state;
    pair_start("order");
    terminal_send(alice, "/m\twaves\rsecond\r");
    assert_true(terminal_wait(bob, "alice waves"));
    assert_true(terminal_wait(bob, "alice  second"));
    pair_quit(alice);
    pair_quit(bob);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pair_set_up, pair_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_seen_is_seen_by_somebody),
        TEST(test_keys_that_come_at_once_keep_their_order),
    };
    return cmocka_run_group_tests(tests, client_make_scratch, client_remove_scratch);
}
