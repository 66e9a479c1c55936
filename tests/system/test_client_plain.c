/* What --plain prints of messages that are about other ones. */
#include "people.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Says a line, of which both see what is said. */
static void say(struct client *c, const char *line, const char *said)
{
    client_say(c, line);
    client_expect_said(&alice, said);
    client_expect_said(&bob, said);
}

static void test_what_a_message_is_about(void **state)
{
    (void)state;
    people_meet("about", "--plain");
    say(&alice, "can you pull?", "alice: can you pull?");
    say(&bob, "/reply pulling now", "bob answered \"can you pull?\": pulling now");
    say(&bob, "/edit pulled", "bob changed \"pulling now\": pulled");
    say(&alice, "/react :tada:", "alice reacted to \"pulled\": \xf0\x9f\x8e\x89");
    say(&alice, "/react", "alice took back a reaction to \"pulled\"");
    say(&bob, "/delete", "bob deleted \"pulled\"");
    say(&bob, "a line that has more than forty characters, as some do",
        "bob: a line that has more than forty characters, as some do");
    say(&alice, "/reply so it has",
        "alice answered \"a line that has more than forty characte...\": so it has");
    say(&alice, "bob answered \"x\": y", "alice: bob answered \"x\": y");
    say(&bob, "/me answered \"x\": y", "* bob answered \"x\": y");
    people_end(&alice, 0);
    people_end(&bob, 0);
}

static void test_it_is_quoted_as_it_was(void **state)
{
    (void)state;
    people_meet("was", "--plain");
    say(&alice, "old", "alice: old");
    people_end(&bob, 0);
    client_expect_told(&alice, "bob is offline");
    client_say(&alice, "/edit newer");
    client_say(&alice, "/edit newest");
    client_expect_said(&alice, "alice changed \"old\": newer");
    client_expect_said(&alice, "alice changed \"newer\": newest");
    people_start(&bob, "bob", "was", "--plain"); /* both come in one turn */
    client_expect_said(&bob, "alice changed \"old\": newer");
    client_expect_said(&bob, "alice changed \"newer\": newest");
    people_end(&alice, 0);
    people_end(&bob, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, people_set_up_relay, people_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_a_message_is_about),
        TEST(test_it_is_quoted_as_it_was),
    };
    return cmocka_run_group_tests(tests, client_make_scratch, scratch_remove);
}
