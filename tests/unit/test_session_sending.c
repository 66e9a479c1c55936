#include "play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct play play;

static int set_up(void **state)
{
    *state = &play;
    play_init(&play);
    return 0;
}

static int tear_down(void **state)
{
    play_clear(*state);
    return 0;
}

static void test_a_message_is_sent_and_shown_only_when_it_is_on_disk(void **state)
{
    struct play *p = *state;
    play_join(p);
    p->manual = p->trace_saves = true;
    play_say(p, "hi");
    play_expect(p,
                "save peer 1 bob ''\n"
                "save stream 1:A1 order 1 receipted 0\n"
                "save 1 1:A1 waiting {'kind':'text','text':'hi'}\n",
                "");
    play_commit(p);
    play_expect(p, "show 1 1:A1 waiting {'kind':'text','text':'hi'}\n",
                "message bob A1 {'kind':'text','text':'hi'}\n");
}

static void test_a_receipt_delivers(void **state)
{
    struct play *p = *state;
    play_join(p);
    play_say(p, "one");
    play_say(p, "two");
    play_turn(p);
    play_forget(p);
    play_bob_has(p, 'A', 2);
    play_expect(p, "mark 1 delivered\nmark 2 delivered\n", "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_message_is_sent_and_shown_only_when_it_is_on_disk),
        TEST(test_a_receipt_delivers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
