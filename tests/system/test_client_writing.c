#include "client.h"
#include "pair.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>

#define ESCAPE "\033"
#define UP     "\033OA"

static const struct pair_options slow = {.nick = "alice", .config = "grace = 10\n"};
static const struct pair_options quick = {.nick = "alice", .config = "grace = 1\n"};

static void start_with(struct pair_options options, const char *folder)
{
    options.folder = folder;
    alice = pair_start_with(&options);
    assert_true(terminal_wait(alice, "nobody else is here yet"));
    bob = pair_start_one("bob", folder);
    assert_true(terminal_wait(alice, "bob ● here"));
}

static void test_what_was_sent_goes_out_after_its_time(void **state)
{
    (void)state;
    start_with(quick, "due");
    terminal_send(alice, "first\rsecond\r");
    assert_true(terminal_wait(alice, "↶ Esc takes it back: second"));
    assert_true(terminal_wait(bob, "alice  second"));
    assert_true(terminal_wait_gone(alice, "takes it back"));
    assert_true(terminal_find(bob, "second", NULL) > terminal_find(bob, "first", NULL));
    pair_quit(alice);
    pair_quit(bob);
}

static void test_it_is_taken_back_and_a_command_sends_the_rest(void **state)
{
    (void)state;
    start_with(slow, "back");
    terminal_send(alice, "one\rtwo\rthree\r");
    assert_true(terminal_wait(alice, "back: three"));
    terminal_send(alice, ESCAPE);
    assert_true(terminal_wait(alice, "› three"));
    terminal_send(alice, "\025" UP); /* the line is empty again */
    assert_true(terminal_wait(alice, "› two"));
    assert_true(terminal_wait(alice, "back: one"));
    terminal_send(alice, "\025/me waves\r");
    assert_true(terminal_wait(bob, "alice waves"));
    assert_true(terminal_find(bob, "alice  one", NULL) < terminal_find(bob, "waves", NULL));
    assert_true(terminal_find(bob, "two", NULL) < 0);
    assert_true(terminal_find(bob, "three", NULL) < 0);
    pair_quit(alice);
    pair_quit(bob);
}

static void test_no_end_loses_what_waits(void **state)
{
    (void)state;
    start_with(slow, "ends");
    terminal_send(alice, "before the end\r/quit\r");
    terminal_wait_exit(alice);
    assert_true(terminal_wait(bob, "before the end"));
    terminal_free(alice);

    alice = pair_start_with(
        &(struct pair_options){.nick = "alice", .folder = "ends", .config = "grace = 10\n"});
    assert_true(terminal_wait(alice, "bob ● here"));
    terminal_send(alice, "two\rlines\rdraft");
    assert_true(terminal_wait(alice, "› draft"));
    terminal_drain(alice, 1500);
    kill(terminal_pid(alice), SIGKILL);
    assert_int_equal(terminal_wait_exit(alice), 128 + SIGKILL);
    terminal_free(alice);
    alice = pair_start_one("alice", "ends");
    assert_true(terminal_wait(alice, "… two"));
    assert_true(terminal_wait(alice, "   draft"));
    terminal_send(alice, "\r");
    assert_true(terminal_wait(bob, "draft"));
    pair_quit(alice);
    pair_quit(bob);
}

static void test_what_was_sent_is_no_draft_after_a_kill(void **state)
{
    (void)state;
    pair_start("sent");
    terminal_send(alice, "written and kept");
    terminal_drain(alice, 1500);
    terminal_send(alice, "\r");
    pair_assert_mark(alice, "written and kept", "✓✓");
    kill(terminal_pid(alice), SIGKILL);
    terminal_wait_exit(alice);
    terminal_free(alice);
    alice = pair_start_one("alice", "sent");
    assert_true(terminal_wait(alice, "bob ● here"));
    assert_true(terminal_find(alice, "› written", NULL) < 0);
    pair_quit(alice);
    pair_quit(bob);
}

static void test_what_may_be_meant_as_a_command_is_asked(void **state)
{
    (void)state;
    pair_start("meant");
    terminal_send(alice, " /quit\r");
    assert_true(terminal_wait(alice, "/quit is the command; Enter again sends the line"));
    assert_true(terminal_wait(alice, "›  /quit"));
    terminal_send(alice, "\025exit\r");
    assert_true(terminal_wait(alice, "› exit"));
    terminal_send(alice, "\025exit\r"); /* written anew: asked anew */
    assert_true(terminal_wait(alice, "/quit is the command"));
    assert_true(terminal_find(bob, "exit", NULL) < 0);
    terminal_send(alice, "\r");
    assert_true(terminal_wait(bob, "alice  exit"));
    terminal_send(alice, "//leave\r");
    assert_true(terminal_wait(bob, " /leave"));
    pair_assert_mark(alice, " /leave", "✓✓");
    pair_quit(alice);
    pair_quit(bob);
}

static void test_tab_gives_the_old_text_to_edit(void **state)
{
    (void)state;
    pair_start("edit");
    terminal_send(alice, "/edit \t");
    assert_true(terminal_wait(alice, "there is no message of yours yet"));
    terminal_send(alice, "\025a typpo\r");
    assert_true(terminal_wait(bob, "a typpo"));
    terminal_send(alice, "/edit \t");
    assert_true(terminal_wait(alice, "/ /edit a typpo"));
    terminal_send(alice, "\b\bo\r");
    assert_true(terminal_wait(bob, "alice  a typo"));
    terminal_send(alice, "three\r/edit \tfold\r"); /* all at once */
    assert_true(terminal_wait(bob, "threefold"));
    pair_quit(alice);
    pair_quit(bob);
}

static void test_what_was_sent_is_recalled_in_the_next_run(void **state)
{
    (void)state;
    pair_start("recall");
    terminal_send(alice, "one\r//two\r/me waves\r/delete\r/me nods\r");
    assert_true(terminal_wait(bob, "alice nods"));
    pair_assert_mark(alice, "alice nods", "✓✓");
    pair_quit(alice);
    terminal_free(alice);
    alice = pair_start_one("alice", "recall");
    assert_true(terminal_wait(alice, "bob ● here"));
    static const char *const lines[] = {"/ /me nods", "› //two", "› one"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        terminal_send(alice, UP);
        assert_true(terminal_wait(alice, lines[i]));
    }
    pair_quit(alice);
    pair_quit(bob);
}

static void test_a_long_paste_is_one_folded_message(void **state)
{
    (void)state;
    pair_start("block");
    terminal_send(alice, "\033[200~");
    for (int i = 0; i < 24; i++)
        terminal_send(alice, "one of many\r");
    terminal_send(alice, "last of all\033[201~");
    assert_true(terminal_wait(alice, "paste 25 lines? (y/n, s: send as one block)"));
    terminal_send(alice, "s");
    assert_true(terminal_wait(alice, "… 17 more lines (M-o opens)"));
    assert_true(terminal_wait(bob, "… 17 more lines (M-o opens)"));
    terminal_send(bob, "\022last of"); /* ^R */
    assert_true(terminal_wait(bob, "last of all"));
    assert_true(terminal_wait(bob, "search:"));
    pair_quit(alice);
    terminal_send(bob, ESCAPE);
    assert_true(terminal_wait_gone(bob, "search:"));
    pair_quit(bob);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pair_set_up, pair_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_was_sent_goes_out_after_its_time),
        TEST(test_it_is_taken_back_and_a_command_sends_the_rest),
        TEST(test_no_end_loses_what_waits),
        TEST(test_what_was_sent_is_no_draft_after_a_kill),
        TEST(test_what_may_be_meant_as_a_command_is_asked),
        TEST(test_tab_gives_the_old_text_to_edit),
        TEST(test_what_was_sent_is_recalled_in_the_next_run),
        TEST(test_a_long_paste_is_one_folded_message),
    };
    return cmocka_run_group_tests(tests, client_make_scratch, scratch_remove);
}
