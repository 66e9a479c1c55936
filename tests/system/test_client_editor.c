#include "client.h"
#include "pair.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define EDIT "\030\005" /* ^X ^E */

/* Makes a script the editor, for the environment; it gets the file as $1. */
static const char *make_editor(const char *script)
{
    static char editor[512];
    const char *name = scratch_path("editor.sh");
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fputs(script, file);
    fclose(file);
    snprintf(editor, sizeof editor, "EDITOR=/bin/sh %s", name);
    return editor;
}

static void start_with_editor(const char *folder, const char *script)
{
    const char *const environment[] = {"VISUAL", make_editor(script), NULL};
    alice = pair_start_with(
        &(struct pair_options){.nick = "alice", .folder = folder, .environment = environment});
}

static void test_the_line_goes_there_and_back(void **state)
{
    (void)state;
    start_with_editor("there", "cat \"$1\"; echo EDITOR RUNS; read x\n"
                               "printf 'from there\\nline two\\n' > \"$1\"\n");
    assert_true(terminal_wait(alice, "nobody else is here yet"));
    bob = pair_start_one("bob", "there");
    assert_true(terminal_wait(alice, "bob ● here"));
    terminal_send(alice, "begun here" EDIT);
    assert_true(terminal_wait(alice, "begun here"));
    assert_true(terminal_wait(alice, "EDITOR RUNS"));
    assert_true(terminal_is_cooked(alice));
    assert_false(terminal_mode(alice, 2004));
    terminal_send(bob, "meanwhile\r"); /* it is received, and nothing of it drawn */
    pair_assert_mark(bob, "meanwhile", "✓✓");
    assert_true(terminal_find(alice, "meanwhile", NULL) < 0);
    terminal_send(alice, "\n");
    assert_true(terminal_wait(alice, "bob  meanwhile"));
    assert_true(terminal_wait(alice, "… from there"));
    assert_true(terminal_find(bob, "from there", NULL) < 0);
    terminal_send(alice, "\r");
    assert_true(terminal_wait(bob, "alice  from there"));
    pair_quit(alice);
    pair_quit(bob);
}

static void test_what_cannot_be_taken_changes_nothing(void **state)
{
    (void)state;
    start_with_editor("refused", "case $(cat \"$1\") in\n"
                                 "fail) exit 3;;\n"
                                 "killed) echo saved > \"$1\"; kill -9 $$;;\n"
                                 "gone) rm \"$1\";;\n"
                                 "empty) : > \"$1\";;\n"
                                 "bytes) printf 'a\\377b' > \"$1\";;\n"
                                 "esac\n");
    assert_true(terminal_wait(alice, "nobody else is here yet"));
    terminal_send(alice, "fail" EDIT);
    assert_true(terminal_wait(alice, "the editor ended with status 3"));
    assert_true(terminal_wait(alice, "› fail"));
    terminal_send(alice, "\025killed" EDIT);
    assert_true(terminal_wait(alice, "by signal 9; ^X ^E opens what it saved"));
    assert_true(terminal_wait(alice, "› killed"));
    terminal_send(alice, EDIT);
    assert_true(terminal_wait(alice, "› saved"));
    terminal_send(alice, "\025gone" EDIT);
    assert_true(terminal_wait(alice, "the editor left no file that can be read"));
    assert_true(terminal_wait(alice, "› gone"));
    terminal_send(alice, "\025empty" EDIT);
    assert_true(terminal_wait_gone(alice, "empty"));
    terminal_send(alice, "\025bytes" EDIT);
    assert_true(terminal_wait(alice, "that is not text"));
    assert_true(terminal_wait(alice, "› bytes"));
    pair_quit(alice);
    terminal_free(alice);
    alice = pair_start_one("alice", "refused");
    assert_true(terminal_wait(alice, "nobody else is here yet"));
    pair_quit(alice);
    terminal_free(alice);
    const char *const environment[] = {"VISUAL=/nowhere/ed", NULL};
    alice = pair_start_with(
        &(struct pair_options){.nick = "alice", .folder = "refused", .environment = environment});
    assert_true(terminal_wait(alice, "nobody else is here yet"));
    terminal_send(alice, "none" EDIT);
    assert_true(terminal_wait(alice, "cannot run /nowhere/ed"));
    assert_true(terminal_wait(alice, "› none"));
    pair_quit(alice);
}

static void test_a_text_that_is_too_long_is_opened_again(void **state)
{
    (void)state;
    start_with_editor("long", "case $(head -c 1 \"$1\") in\n"
                              "y) echo shorter > \"$1\";;\n"
                              "*) head -c 17000 /dev/zero | tr '\\0' y > \"$1\";;\n"
                              "esac\n");
    assert_true(terminal_wait(alice, "nobody else is here yet"));
    terminal_send(alice, "long" EDIT);
    assert_true(terminal_wait(alice, "at most 16,384 bytes; ^X ^E opens it again"));
    assert_true(terminal_wait(alice, "› long"));
    terminal_send(alice, EDIT);
    assert_true(terminal_wait(alice, "› shorter"));
    terminal_send(alice, "\037"); /* one step of undo */
    assert_true(terminal_wait(alice, "› long"));
    pair_quit(alice);
}

static void test_ends_while_the_editor_runs(void **state)
{
    (void)state;
    static const int signals[] = {SIGTERM, SIGKILL};
    static const char *const left[] = {"› saved once", "› saved twice"};
    for (size_t i = 0; i < 2; i++) {
        start_with_editor("ends", i == 0 ? "echo saved once > \"$1\"; echo EDITOR RUNS; read x\n"
                                         : "echo saved twice > \"$1\"; echo EDITOR RUNS; read x\n");
        assert_true(terminal_wait(alice, "nobody else is here yet"));
        terminal_send(alice, EDIT);
        assert_true(terminal_wait(alice, "EDITOR RUNS"));
        kill(terminal_pid(alice), signals[i]);
        assert_int_equal(terminal_wait_exit(alice), i == 0 ? 0 : 128 + SIGKILL);
        if (i == 0) {
            assert_false(terminal_is_alternate(alice));
            assert_true(terminal_is_cooked(alice));
        }
        terminal_free(alice);
        alice = pair_start_one("alice", "ends");
        assert_true(terminal_wait(alice, left[i]));
        pair_quit(alice);
        terminal_free(alice);
        alice = NULL;
    }
}

static void test_the_terminal_goes_away_while_the_editor_runs(void **state)
{
    (void)state;
    static const char *const traps[] = {"", "trap '' HUP; "};
    for (size_t i = 0; i < sizeof traps / sizeof traps[0]; i++) {
        char script[128];
        snprintf(script, sizeof script, "%secho saved > \"$1\"; echo EDITOR RUNS; read x\n",
                 traps[i]);
        start_with_editor("gone", script);
        assert_true(terminal_wait(alice, "nobody else is here yet"));
        terminal_send(alice, "line" EDIT);
        assert_true(terminal_wait(alice, "EDITOR RUNS"));
        terminal_hang_up(alice);
        assert_int_equal(terminal_wait_exit(alice), 0);
        terminal_free(alice);
        alice = pair_start_one("alice", "gone");
        assert_true(terminal_wait(alice, "› saved"));
        pair_quit(alice);
        terminal_free(alice);
        alice = NULL;
    }
}

static void test_an_editor_that_stops_goes_on(void **state)
{
    (void)state;
    start_with_editor("stops", "kill -STOP $$; echo went on > \"$1\"\n");
    assert_true(terminal_wait(alice, "nobody else is here yet"));
    terminal_send(alice, "line" EDIT); /* no shell is there that could let it go on later */
    assert_true(terminal_wait(alice, "› went on"));
    pair_quit(alice);
}

/* What counts the seconds to the next attempt is not drawn meanwhile, and wakes nobody. */
static void test_sleeps_without_a_relay_while_the_editor_runs(void **state)
{
    (void)state;
    snprintf(address, sizeof address, "unix:%s", scratch_path("nobody"));
    start_with_editor("offline",
                      "spent() { read -r a b c d e f g h i j k l m user system rest\n"
                      "          echo $((user + system)); }\n"
                      "before=$(spent < /proc/$PPID/stat); sleep 2\n"
                      "[ $(($(spent < /proc/$PPID/stat) - before)) -lt 20 ] && echo slept > $1\n"
                      "exit 0\n");
    assert_true(terminal_wait(alice, "reconnecting in"));
    terminal_send(alice, "line" EDIT);
    assert_true(terminal_wait_gone(alice, "reconnecting in"));
    assert_true(terminal_wait(alice, "› slept"));
    pair_quit(alice);
}

/* Who started us may ignore the ends of children, and so would we. */
static void test_an_editor_ends_where_nobody_waits_for_children(void **state)
{
    (void)state;
    struct sigaction ignored = {.sa_handler = SIG_IGN}, before;
    sigaction(SIGCHLD, &ignored, &before);
    start_with_editor("ignored", "echo ended > \"$1\"\n");
    sigaction(SIGCHLD, &before, NULL);
    assert_true(terminal_wait(alice, "nobody else is here yet"));
    terminal_send(alice, "line" EDIT);
    assert_true(terminal_wait(alice, "› ended"));
    pair_quit(alice);
}

static void test_a_shell_stops_both_and_lets_them_go_on(void **state)
{
    (void)state;
    char command[1024];
    const char *argv[] = {"/bin/bash", "--norc", "--noprofile", "-i", NULL};
    const char *const environment[] = {"VISUAL", "PS1=ready> ",
                                       make_editor("kill -STOP $$; echo went on > \"$1\"\n"), NULL};
    alice = terminal_start(&(struct terminal_options){argv, environment, PAIR_ROWS, PAIR_COLUMNS});
    assert_true(terminal_wait(alice, "ready>"));
    snprintf(command, sizeof command,
             "clear; %s --nick alice --server %s --state %s --config /dev/null\r", CHAT_CLIENT,
             address, scratch_path("shell"));
    terminal_send(alice, command);
    assert_true(terminal_wait(alice, "nobody else is here yet"));
    terminal_send(alice, "line" EDIT);
    assert_true(terminal_wait(alice, "Stopped"));
    terminal_send(alice, "bg\r"); /* there it cannot use the terminal, and stops again */
    terminal_send(alice, "clear; wait -n; echo wait over\r");
    assert_true(terminal_wait(alice, "wait over"));
    terminal_send(alice, "fg\r");
    assert_true(terminal_wait(alice, "› went on"));
    terminal_send(alice, "\025/quit\r");
    assert_true(terminal_wait(alice, "wait over")); /* the shell's screen again */
    terminal_send(alice, "exit\r");
    assert_int_equal(terminal_wait_exit(alice), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pair_set_up, pair_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_line_goes_there_and_back),
        TEST(test_what_cannot_be_taken_changes_nothing),
        TEST(test_a_text_that_is_too_long_is_opened_again),
        TEST(test_ends_while_the_editor_runs),
        TEST(test_the_terminal_goes_away_while_the_editor_runs),
        TEST(test_an_editor_that_stops_goes_on),
        TEST(test_sleeps_without_a_relay_while_the_editor_runs),
        TEST(test_an_editor_ends_where_nobody_waits_for_children),
        TEST(test_a_shell_stops_both_and_lets_them_go_on),
    };
    return cmocka_run_group_tests(tests, client_make_scratch, scratch_remove);
}
