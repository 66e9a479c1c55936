/* A whole conversation, in which the n-th allocation fails. */
#include "error.h"
#include "play.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* Everything that a session can meet, once. */
static void converse(struct play *p)
{
    play_say(p, "one");
    play_join_alone(p);
    play_relay(p, "{'type':'presence','nick':'bob','state':'online','time':1,"
                  "'keys':{'identity':'\\u006fne'}}");
    play_turn(p);
    play_bob_says(p, 'w', 1, "uno");
    play_bob_says(p, 'w', 3, "tres");
    play_turn(p);
    play_bob_says(p, 'w', 2, "dos");
    play_bob_says(p, 'w', 3, "tres");
    play_say(p, "two");
    play_turn(p);
    play_bob_has(p, 'A', 1);
    play_relay(p, "{'type':'stored','to':'bob','stream':#A,'first':2,'n':2}");
    play_relay(p, "{'type':'error','code':'quota','text':'full','fatal':false,'stream':#A,'n':2}");
    play_relay(p, "{'type':'error','code':'odd','text':'\\u202e','fatal':false}");
    play_relay_payload(p, "{'type':'signal','from':'bob','time':1}",
                       "{'kind':'typing','active':true}");
    play_relay_payload(p, "{'type':'message','from':'BOB','stream':#w,'n':4,'time':1}",
                       "{'kind':'read','stream':#A,'n':1}");
    play_relay(p, "{'type':'presence','nick':'bobby','state':'online','time':1,"
                  "'keys':{'identity':'one'}}");
    play_turn(p);
    play_bob_has(p, 'A', 2);
    play_turn(p);
    play_lose(p, 1);
    play_relay_payload(p, "{'type':'receipt','from':'bob','stream':#A,'n':0,'resend':true}",
                       "{'kind':'receipt'}");
    play_turn(p);
    const struct payload away = {.kind = PAYLOAD_AWAY, .active = true};
    if (p->error == 0)
        session_signal(p->s, &away, p->now_ms);
    play_relay(p, "{'type':'presence','nick':'carol','state':'online','time':1}");
    play_say(p, "three");
    play_turn(p);
    if (p->error == 0)
        play_cut(p);
    play_join(p);
    play_relay(p, "{'type':'error','code':'internal','text':'oh','fatal':true}");
    play_turn(p);
    if (p->error == 0)
        play_restart(p);
    play_join(p);
    play_say(p, "four");
    play_turn(p);
    if (p->error == 0)
        session_quit(p->s, false, p->now_ms);
    play_turn(p);
}

/* Comes back from the disk and brings everything to an end. */
static void finish(struct play *p)
{
    p->error = 0;
    play_restart(p);
    play_join_alone(p);
    play_relay(p, "{'type':'presence','nick':'bob','state':'online','time':1,"
                  "'keys':{'identity':'one'}}");
    play_bob_says(p, 'w', 1, "uno");
    play_bob_says(p, 'w', 2, "dos");
    play_bob_says(p, 'w', 3, "tres");
    play_turn(p);
    size_t shown[4] = {0};
    for (size_t i = 0; i < p->disk.messages_count; i++) {
        const struct session_message_row *row = &p->disk.messages[i];
        if (!row->mine && row->n < 4)
            shown[row->n]++;
    }
    for (uint64_t n = 1; n < 4; n++)
        assert_int_equal(shown[n], 1);
    for (size_t i = 0; i < p->ours_count; i++)
        play_bob_has(p, (char)('A' + i), 9);
    play_turn(p);
    assert_int_equal(p->error, 0);
}

static void test_memory_runs_out_at_any_moment(void **state)
{
    (void)state;
    static struct play play, *p = &play;
    size_t failures = 0;
    for (size_t n = 0; torture_begin(n); n++) {
        play_init(p);
        p->quiet = true;
        converse(p);
        torture_end();
        /* Not every one matters: what shrinks may stay large. */
        assert_true(p->error == 0 || (p->error == ERROR_NOMEM && torture_failed()));
        failures += p->error != 0;
        finish(p);
        play_clear(p);
    }
    assert_in_range(failures, 100, 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_memory_runs_out_at_any_moment)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
