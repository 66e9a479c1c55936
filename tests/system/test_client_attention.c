#include "client.h"
#include "pair.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOCUS_IN  "\033[I"
#define FOCUS_OUT "\033[O"

/* Terminals that have a title; without `rep`, which libvterm 0.1 gets wrong. */
static const char *const titled[] = {"TERM=xterm", NULL};

static void start_with(const char *folder, const char *config, const char *const *environment)
{
    alice = pair_start_with(&(struct pair_options){
        .nick = "alice", .folder = folder, .config = config, .environment = environment});
    assert_true(terminal_wait(alice, "nobody else is here yet"));
    bob = pair_start_one("bob", folder);
    assert_true(terminal_wait(alice, "bob ● here"));
}

static bool wrote(struct terminal *t, const char *wanted)
{
    size_t len;
    const char *bytes = terminal_bytes(t, &len);
    return memmem(bytes, len, wanted, strlen(wanted)) != NULL;
}

static bool has_bytes(struct terminal *t, void *wanted)
{
    return wrote(t, wanted);
}

static void wait_bytes(struct terminal *t, const char *wanted)
{
    if (!terminal_wait_until(t, has_bytes, (void *)(uintptr_t)wanted))
        fail_msg("it never wrote '%s'", wanted + 1);
}

static void test_a_bell_a_note_and_a_title_without_focus(void **state)
{
    (void)state;
    start_with("calls", NULL, titled);
    wait_bytes(alice, "\033]2;bob\007");
    terminal_send(bob, "are you there?\r");
    assert_true(terminal_wait(alice, "are you there?"));
    assert_false(wrote(alice, "\033]9;"));
    terminal_send(alice, FOCUS_OUT);
    terminal_send(alice, "\033OP"); /* a key: somebody is, whatever the terminal said */
    assert_true(terminal_wait(alice, "Commands"));
    terminal_send(alice, "\033OP");
    assert_true(terminal_wait_gone(alice, "Commands"));
    terminal_send(bob, "still?\r");
    assert_true(terminal_wait(alice, "still?"));
    assert_false(wrote(alice, "\033]9;"));

    terminal_send(alice, FOCUS_OUT);
    terminal_send(bob, "psst \033[31m\r");
    wait_bytes(alice, "\007\033]9;bob: psst ");
    wait_bytes(alice, "\033]2;(1) bob\007");
    assert_true(terminal_wait(alice, " new "));
    terminal_send(alice, FOCUS_IN);
    terminal_send(bob, "there you are\r");
    assert_true(terminal_wait(alice, "there you are"));
    assert_false(wrote(alice, "\033]9;bob: there"));
    pair_quit(alice);
    pair_quit(bob);
}

static void test_who_reads_may_write_too(void **state)
{
    (void)state;
    pair_start("writing");
    terminal_send(bob, "hello\r");
    assert_true(terminal_wait(alice, "bob  hello"));
    terminal_send(alice, "y"); /* seen, and writing */
    pair_assert_mark(bob, "hello", "●");
    assert_true(terminal_wait(bob, "alice is writing"));
    pair_quit(alice);
    pair_quit(bob);
}

static void test_what_is_switched_off_is_not_done(void **state)
{
    (void)state;
    start_with("silent", "bell = off\nalert=off\ntitle = off\ntyping = off\nseen = off\n", titled);
    terminal_send(alice, FOCUS_OUT);
    terminal_send(bob, "psst\r");
    assert_true(terminal_wait(alice, "bob  psst"));
    terminal_send(alice, "x"); /* would be seen, and typing */
    terminal_send(alice, "\025/me nods\r");
    assert_true(terminal_wait(bob, "alice nods"));
    pair_assert_mark(bob, "psst", "✓✓");
    assert_false(wrote(alice, "\007"));
    assert_false(wrote(alice, "\033]2;"));
    assert_false(wrote(bob, "is writing"));
    terminal_send(bob, "xyz\025"); /* typing, and has seen what alice does */
    terminal_send(bob, "done\r");
    assert_true(terminal_wait(alice, "bob    done"));
    assert_false(wrote(alice, "is writing"));
    pair_assert_mark(alice, "nods", "✓✓");
    terminal_send(alice, "/set title on\r");
    wait_bytes(alice, "\033]2;bob\007");
    pair_quit(alice);
    pair_quit(bob);
}

static bool has_file(struct terminal *t, void *path)
{
    terminal_drain(t, 20);
    return access(path, F_OK) == 0;
}

static void test_a_command_is_run_without_a_shell(void **state)
{
    (void)state;
    char config[512], told[512] = "", path[256];
    snprintf(path, sizeof path, "%s", scratch_path("told"));
    const char *script = scratch_path("script");
    FILE *file = fopen(script, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\nprintf '[%%s]' \"$@\" >'%s.part'\nmv '%s.part' '%s'\n", path, path,
            path);
    fclose(file);
    assert_int_equal(chmod(script, 0700), 0);
    snprintf(config, sizeof config, "notify = %s -a  chat\n", script);
    start_with("notify", config, NULL);
    terminal_send(alice, FOCUS_OUT);
    terminal_send(bob, "--help $(touch /tmp/pwned) 'a\r");
    assert_true(terminal_wait_until(alice, has_file, path));
    file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(told, 1, sizeof told - 1, file) > 0);
    fclose(file);
    assert_string_equal(told, "[-a][chat][bob][ --help $(touch /tmp/pwned) 'a]");

    terminal_send(alice, "/set notify /nowhere/bin\r");
    assert_true(terminal_wait(alice, "notify is /nowhere/bin"));
    terminal_send(alice, FOCUS_OUT);
    terminal_drain(alice, 3100); /* calls are not closer */
    terminal_send(bob, "again\r");
    assert_true(terminal_wait(alice, "cannot run '/nowhere/bin': No such file"));
    pair_quit(alice);
    pair_quit(bob);
}

static void test_detached_is_away(void **state)
{
    (void)state;
    char variable[256];
    const char *socket = scratch_path("tmux");
    FILE *file = fopen(socket, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(chmod(socket, 0700), 0);
    snprintf(variable, sizeof variable, "TMUX=%s,1,0", socket);
    start_with("away", NULL, (const char *const[]){variable, NULL});
    assert_true(terminal_wait(bob, "alice ● here"));
    assert_int_equal(chmod(socket, 0600), 0);
    assert_true(terminal_wait(bob, "alice ◐ away"));
    assert_int_equal(chmod(socket, 0700), 0);
    assert_true(terminal_wait(bob, "alice ● here"));
    pair_quit(alice);
    pair_quit(bob);
}

static void test_suspended_is_away(void **state)
{
    (void)state;
    char command[1024];
    snprintf(command, sizeof command,
             CHAT_CLIENT " --nick alice --server %s --state '%s'; "
                         "echo stopped; read line; fg; echo back: $?",
             address, scratch_path("stop"));
    const char *const argv[] = {"bash", "-mc", command, NULL};
    alice = terminal_start(&(struct terminal_options){argv, NULL, PAIR_ROWS, PAIR_COLUMNS});
    assert_true(terminal_wait(alice, "nobody else is here yet"));
    bob = pair_start_one("bob", "stop");
    assert_true(terminal_wait(bob, "alice ● here"));
    terminal_send(alice, "\032");
    assert_true(terminal_wait(alice, "stopped"));
    assert_true(terminal_wait(bob, "alice ◐ away"));
    terminal_send(bob, "meanwhile\r");
    terminal_send(alice, "\r");
    assert_true(terminal_wait(bob, "alice ● here"));
    assert_true(terminal_wait(alice, "meanwhile"));
    terminal_send(alice, "/quit\r");
    assert_true(terminal_wait(alice, "back: 0"));
    assert_int_equal(terminal_wait_exit(alice), 0);
    pair_quit(bob);
}

struct colour {
    const char *text;
    int colour;
};

static bool has_colour(struct terminal *t, void *data)
{
    const struct colour *wanted = data;
    int column, row = terminal_find(t, wanted->text, &column);
    return row >= 0 && terminal_cell(t, row, column).colour == wanted->colour;
}

static void test_a_theme_is_there_at_once(void **state)
{
    (void)state;
    struct colour dark = {"● here", 10}, light = {"● here", 4};
    pair_start("theme");
    assert_true(terminal_wait_until(alice, has_colour, &dark));
    terminal_send(alice, "/set theme light\r");
    assert_true(terminal_wait_until(alice, has_colour, &light));
    terminal_send(alice, "/set theme dark\r");
    assert_true(terminal_wait_until(alice, has_colour, &dark));
    terminal_send(alice, "/set theme blue\r");
    assert_true(terminal_wait(alice, "theme can be one of: dark light mono"));
    pair_quit(alice);
    pair_quit(bob);
}

static void test_a_bad_line_of_the_file_is_told(void **state)
{
    (void)state;
    alice = pair_start_with(&(struct pair_options){
        .nick = "alice", .folder = "bad", .config = "theme = light\n\nbell = maybe\n"});
    static const char *const words[] = {" 3:", " bell", " off"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) /* wrapped as the path has it */
        assert_true(terminal_wait(alice, words[i]));
    terminal_send(alice, "/set theme\r");
    assert_true(terminal_wait(alice, "theme        light"));
    terminal_send(alice, "/set\r");
    assert_true(terminal_wait(alice, "bell         on"));
    pair_quit(alice);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pair_set_up, pair_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_bell_a_note_and_a_title_without_focus),
        TEST(test_who_reads_may_write_too),
        TEST(test_what_is_switched_off_is_not_done),
        TEST(test_a_command_is_run_without_a_shell),
        TEST(test_detached_is_away),
        TEST(test_suspended_is_away),
        TEST(test_a_theme_is_there_at_once),
        TEST(test_a_bad_line_of_the_file_is_told),
    };
    return cmocka_run_group_tests(tests, client_make_scratch, scratch_remove);
}
