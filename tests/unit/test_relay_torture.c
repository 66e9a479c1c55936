/* Every allocation of whole conversations fails once; the relay stays whole. */
#include "error.h"
#include "relay_harness.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char talk[] = "alice> hello alice id=A\n"
                           "bob> hello bob id=B\n"
                           "alice> message bob a 1 x\n"
                           "bob> message alice b 1 y\n"
                           "bob> receipt alice a 1 proof\n"
                           "bob> raw {'type':'signal','to':'al\\u0069ce'}|s\n"
                           "bob> ping 1\n"
                           "bob> keys id=B\n"
                           "bob> raw {'type':'keys','keys':{'identity':'B','a':1,'b':1,'c':1,"
                           "'d':1,'e':1,'f':1,'g':1,'h':1,'i':1,'j':1,'k':1,'l':1,'m':1,'n':1,"
                           "'o':1,'p':1}}\n"
                           "bob> raw {'type':'nonsense'}\n"
                           "bob> message nobody b 2 y\n"
                           "bob bytes 0000\n"
                           "bob bytes 0015000b\n"
                           "alice> receipt bob b 0 resend\n"
                           "bob2> hello bob id=B\n"
                           "bob2> message alice b 1 y\n"
                           "bob2> message alice b 2 y\n"
                           "cleo> hello cleo\n"
                           "tick 30000\n"
                           "bob2 deaf\n"
                           "alice> signal bob *20000\n"
                           "bob2> bye\n"
                           "bob2 hears\n"
                           "alice> message bob a 2 x\n"
                           "alice> message bob a 3 x\n"
                           "alice> message bob a 3 x\n"
                           "bob3> hello bob id=B\n"
                           "alice> message bob a 4 x\n"
                           "bob3> receipt alice a 3\n"
                           "alice deaf\n"
                           "bob3> message alice b 3 *20000\n"
                           "alice hears\n"
                           "alice lost\n"
                           "bob3> receipt alice a 4\n"
                           "bob3> message alice b 4 y\n"
                           "alice> hello alice id=A\n"
                           "alice> receipt bob b 4\n"
                           "alice> bye leave\n"
                           "bob3 end\n"
                           "tick 700000\n";

static const char restarts[] = "alice> hello alice id=A\n"
                               "bob> hello bob id=B\n"
                               "alice> message bob a 1 x\n"
                               "bob lost\n"
                               "alice> message bob a 2 x\n"
                               "full\n"
                               "alice> message bob a 3 x\n"
                               "crash\n"
                               "bob> hello bob id=B\n"
                               "alice> hello alice id=A\n"
                               "alice lost\n"
                               "bob> receipt alice a 1\n"
                               "restart\n"
                               "alice> hello alice id=A\n"
                               "bob> hello bob id=B\n"
                               "bob> receipt alice a 2\n";

static const char afterwards[] = "x> hello x room=after\n"
                                 "x< welcome x after 0\n"
                                 "y> hello y room=after\n"
                                 "y< welcome y after 0 x online\n"
                                 "x< presence y online\n"
                                 "x> message y a 1 hi\n"
                                 "y< message x a 1 hi\n"
                                 "y> receipt x a 1\n"
                                 "x< receipt y a 1\n"
                                 "y lost\n"
                                 "x< presence y offline\n"
                                 "x> message y a 2 hi\n";

static void play(const char *script, bool durable)
{
    for (size_t n = 0; torture_begin(n); n++) {
        const struct relay_options o = harness_options(durable);
        harness_start(&o);
        harness_run_blindly(script);
        torture_end();
        if (harness_relay()) {
            harness_run_some(afterwards);
            harness_run_some(durable ? "x< stored y a 2-2\n" : "x< error quota a 2\n");
        }
        harness_stop();
    }
}

static void test_in_memory(void **state)
{
    (void)state;
    play(talk, false);
}

static void test_with_a_disk(void **state)
{
    (void)state;
    play(talk, true);
    play(restarts, true);
}

static void test_single_calls(void **state)
{
    (void)state;
    static const char *const identities[] = {"B", "A"};
    const struct relay_options o = harness_options(false);
    for (size_t n = 0; torture_begin(n); n++) {
        struct relay *r;
        struct relay_client *c = NULL;
        int rc = relay_new(&r, &o);
        if (rc == 0)
            rc = relay_set_allowed(r, identities, 2);
        if (rc == 0)
            rc = relay_open(r, NULL, 0, &c);
        if (rc == 0)
            rc = relay_prove(r, c, "A");
        torture_end();
        assert_int_equal(rc, torture_failed() ? ERROR_NOMEM : 0);
        relay_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_memory),
        cmocka_unit_test(test_with_a_disk),
        cmocka_unit_test(test_single_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
