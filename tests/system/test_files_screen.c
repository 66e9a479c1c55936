/* What somebody at the screen sees of files. */
#include "client.h"
#include "pair.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LARGE = 50 << 20,
};

/* Both have their home in the scratch folder, and a folder for files in it. */
static struct terminal *start_one(const char *nick, const char *state)
{
    char home[PATH_MAX], config[2 * PATH_MAX];
    snprintf(home, sizeof home, "HOME=%s", scratch_folder());
    snprintf(config, sizeof config, "save = %s\n", scratch_path("in"));
    mkdir(scratch_path("in"), 0700);
    return pair_start_with(&(struct pair_options){
        .nick = nick,
        .folder = state,
        .config = config,
        .environment = (const char *const[]){home, NULL},
    });
}

static void start(const char *state)
{
    alice = start_one("alice", state);
    assert_true(terminal_wait(alice, "nobody else is here yet"));
    bob = start_one("bob", state);
    assert_true(terminal_wait(bob, "alice ● here"));
    assert_true(terminal_wait(alice, "bob ● here"));
}

/* A file of nothing but zeros, with a space in its name. */
static void make_file(const char *name, off_t size)
{
    FILE *file = fopen(scratch_path(name), "w");
    assert_non_null(file);
    assert_int_equal(ftruncate(fileno(file), size), 0);
    fclose(file);
}

/* What they said before has arrived, too, when both end. */
static void end(void)
{
    terminal_send(alice, "so long\r");
    pair_assert_mark(alice, "so long", "✓✓");
    terminal_send(bob, "good-bye\r");
    pair_assert_mark(bob, "good-bye", "✓✓");
    pair_quit(alice);
    pair_quit(bob);
}

static void test_a_file_comes(void **state)
{
    (void)state;
    char saved[PATH_MAX];
    snprintf(saved, sizeof saved, "%s/in/so large", scratch_folder());
    make_file("so large", LARGE);
    start("comes");
    terminal_send(alice, "/send ~/so\t");
    assert_true(terminal_wait(alice, "/send ~/so large"));
    terminal_send(alice, "\r");
    assert_true(terminal_wait(bob, "alice offers a file: so large (52.4 MB)"));
    assert_true(terminal_wait(bob, "/accept to take it"));
    assert_true(terminal_wait(alice, "not taken yet"));
    assert_int_equal(access(saved, F_OK), -1);
    terminal_send(bob, "/acc\t\r");
    assert_true(terminal_wait(bob, "on its way"));
    assert_true(terminal_wait(bob, "of 52.4 MB"));
    assert_true(terminal_wait(alice, "of 52.4 MB"));
    terminal_send(alice, "while it goes\r");
    assert_true(terminal_wait(bob, "alice  while it goes"));
    assert_true(terminal_find(bob, "so large is here", NULL) < 0);
    assert_true(terminal_wait(bob, "so large is here:"));
    assert_true(terminal_wait(bob, "saved:"));
    assert_true(terminal_wait(alice, "bob has so large"));
    assert_true(terminal_wait_gone(bob, "of 52.4 MB"));
    assert_true(terminal_wait_gone(alice, "/cancel"));
    assert_int_equal(access(saved, F_OK), 0);
    terminal_send(bob, "back soon\r");
    pair_assert_mark(bob, "back soon", "✓✓");
    pair_quit(bob);
    terminal_free(bob);
    bob = start_one("bob", "comes"); /* what became of it is known after the end, too */
    assert_true(terminal_wait(bob, "saved:"));
    end();
}

static void test_the_chosen_one_is_taken(void **state)
{
    (void)state;
    make_file("older", 1);
    make_file("newer", 1);
    start("chosen");
    terminal_send(alice, "/send ~/older\r/send ~/newer\r");
    assert_true(terminal_wait(bob, "newer (1 byte)"));
    terminal_send(bob, "\033p\033p/accept\r");
    assert_true(terminal_wait(bob, "older is here"));
    terminal_send(bob, "\033p/cancel\r");
    assert_true(terminal_wait(bob, "you cancelled newer"));
    assert_true(terminal_wait(alice, "bob does not want newer"));
    end();
}

static void test_a_file_is_cancelled(void **state)
{
    (void)state;
    make_file("cancelled", LARGE);
    start("ended");
    terminal_send(alice, "/send ~/cancelled\r");
    assert_true(terminal_wait(bob, "/accept to take it"));
    terminal_send(bob, "/accept\r");
    assert_true(terminal_wait(alice, "of 52.4 MB"));
    terminal_send(alice, "/cancel\r");
    assert_true(terminal_wait(alice, "you cancelled cancelled"));
    assert_true(terminal_wait(bob, "alice cancelled cancelled"));
    assert_true(terminal_wait(bob, "alice cancelled it"));
    assert_true(terminal_wait_gone(bob, "of 52.4 MB"));
    end();
}

static void test_the_folder_for_files(void **state)
{
    (void)state;
    char line[PATH_MAX], config[PATH_MAX];
    start("folder");
    assert_int_equal(mkdir(scratch_path("box"), 0700), 0);
    terminal_send(bob, "/save ~/bo\t\r");
    assert_true(terminal_wait(bob, "/box, kept in"));
    snprintf(line, sizeof line, "save = %s\n", scratch_path("box"));
    FILE *file = fopen(scratch_path("bob-config"), "r");
    assert_non_null(file);
    assert_non_null(fgets(config, sizeof config, file));
    fclose(file);
    assert_string_equal(config, line);
    terminal_send(bob, "/save\r");
    assert_true(terminal_wait(bob, "files that you accept go into"));
    terminal_send(bob, "/save ~/none\r");
    assert_true(terminal_wait(bob, "cannot save files in ~/none: No such file or directory"));
    end();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pair_set_up, pair_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_file_comes),
        TEST(test_the_chosen_one_is_taken),
        TEST(test_a_file_is_cancelled),
        TEST(test_the_folder_for_files),
    };
    return cmocka_run_group_tests(tests, client_make_scratch, scratch_remove);
}
