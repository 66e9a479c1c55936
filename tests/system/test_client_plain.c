/* What --plain prints of messages that are about other ones. */
#include "client.h"
#include "scratch.h"
#include "server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct server server;
static struct client alice, bob;

static int set_up(void **state)
{
    (void)state;
    server_start_tls(&server, "", NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    process_clear(&alice.process);
    process_clear(&bob.process);
    process_clear(&server.process);
    return 0;
}

static void start(struct client *c, const char *nick, const char *state)
{
    client_start(c, &(struct client_options){nick, server.addresses[0], state, "--plain", NULL});
}

static void start_pair(const char *state)
{
    start(&alice, "alice", state);
    client_expect_told(&alice, "nobody else is in the room");
    start(&bob, "bob", state);
    client_expect_told(&bob, "alice is here");
    client_expect_told(&alice, "bob is here");
}

/* Says a line, of which both see what is said. */
static void say(struct client *c, const char *line, const char *said)
{
    client_say(c, line);
    client_expect_said(&alice, said);
    client_expect_said(&bob, said);
}

static void end(struct client *c)
{
    client_end_input(c);
    client_expect_exit(c, 0);
}

static void test_what_a_message_is_about(void **state)
{
    (void)state;
    start_pair("about");
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
    end(&alice);
    end(&bob);
}

static void test_it_is_quoted_as_it_was(void **state)
{
    (void)state;
    start_pair("was");
    say(&alice, "old", "alice: old");
    end(&bob);
    client_expect_told(&alice, "bob is offline");
    client_say(&alice, "/edit newer");
    client_say(&alice, "/edit newest");
    client_expect_said(&alice, "alice changed \"old\": newer");
    client_expect_said(&alice, "alice changed \"newer\": newest");
    start(&bob, "bob", "was"); /* both come in one turn */
    client_expect_said(&bob, "alice changed \"old\": newer");
    client_expect_said(&bob, "alice changed \"newer\": newest");
    end(&alice);
    end(&bob);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_a_message_is_about),
        TEST(test_it_is_quoted_as_it_was),
    };
    return cmocka_run_group_tests(tests, client_make_scratch, scratch_remove);
}
