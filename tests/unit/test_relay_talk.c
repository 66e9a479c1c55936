#include "relay_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int start_in_memory(void **state)
{
    (void)state;
    const struct relay_options options = harness_options(false);
    harness_start(&options);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    harness_stop();
    return 0;
}

static void test_two_people_talk(void **state)
{
    (void)state;
    harness_run("alice> hello alice\n"
                "alice< welcome alice lobby 0\n"
                "bob> hello Bob\n"
                "bob< welcome Bob lobby 0 alice online\n"
                "alice< presence Bob online\n"
                "alice> message bob a 1 hi\n"
                "bob< message alice a 1 hi\n"
                "bob> receipt alice a 1 yes\n"
                "alice< receipt Bob a 1 yes\n"
                "bob> signal ALICE typing\n"
                "alice< signal Bob typing\n"
                "bob> ping 7\n"
                "bob< pong 7\n"
                "bob> ping\n"
                "bob< pong\n"
                "bob> bye\n"
                "bob< finish\n"
                "alice< presence Bob offline\n"
                "alice> bye leave\n"
                "alice< finish\n"
                "tick 1000\n"
                "alice< drop\n"
                "bob< drop\n"
                "bob2> hello bob\n"
                "bob2< welcome bob lobby 0\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_two_people_talk, start_in_memory, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
