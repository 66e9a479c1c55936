#include "error.h"
#include "scratch.h"
#include "state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static uid_t user; /* whom the program takes itself for */

uid_t __wrap_geteuid(void);

uid_t __wrap_geteuid(void)
{
    return user;
}

/* A path in the scratch folder; NULL for NULL. */
static const char *in_scratch(const char *name)
{
    static char paths[8][4096];
    static size_t next;
    if (!name)
        return NULL;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s%s", scratch_folder(), name);
    return path;
}

static void set(const char *variable, const char *value)
{
    if (value)
        setenv(variable, value, 1);
    else
        unsetenv(variable);
}

static void assert_mode(const char *path, mode_t mode)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, mode);
}

static void open_state(struct state *s, const char *path)
{
    char why[STATE_ERROR_MAX] = "";
    int rc = state_init(s, path, why);
    assert_string_equal(why, "");
    assert_int_equal(rc, 0);
}

/* `expected` follows the name of the folder. */
static void assert_refused(const char *path, const char *expected)
{
    struct state s;
    char why[STATE_ERROR_MAX] = "", text[STATE_ERROR_MAX];
    assert_int_equal(state_init(&s, path, why), ERROR_SYSTEM);
    snprintf(text, sizeof text, "the state folder '%s' %s", path, expected);
    assert_string_equal(why, text);
}

static void test_where_the_folder_is(void **state)
{
    (void)state;
    static const struct {
        const char *option, *state_directory, *xdg, *home, *path;
    } table[] = {
        {"/a/b", "/b", "/c", "/d", "/a/b"},
        {NULL, "/b/b", "/c", "/d", "/b/b"},
        {NULL, "/two:/of:them", "/c", "/d", "/two"},
        {NULL, NULL, "/c", "/d", "/c/chat-server"},
        {NULL, NULL, NULL, "/d", "/d/.local/state/chat-server"},
    };
    user = 1000;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct state s;
        char why[STATE_ERROR_MAX];
        set("STATE_DIRECTORY", in_scratch(table[i].state_directory));
        set("XDG_STATE_HOME", in_scratch(table[i].xdg));
        set("HOME", in_scratch(table[i].home));
        state_init(&s, in_scratch(table[i].option), why);
        assert_string_equal(s.path, in_scratch(table[i].path));
        assert_mode(s.path, 0700);
    }
    set("STATE_DIRECTORY", "");
    set("XDG_STATE_HOME", "relative");
    set("HOME", "");
    struct state s;
    char why[STATE_ERROR_MAX];
    assert_int_equal(state_init(&s, NULL, why), ERROR_SYSTEM);
    assert_string_equal(why, "no folder for the relay's state: name one with --state");
    user = getuid();
}

static void test_parents_are_made_and_kept_private(void **state)
{
    (void)state;
    struct state s;
    open_state(&s, in_scratch("/new/deep/state/"));
    assert_mode(in_scratch("/new"), 0700);
    assert_mode(in_scratch("/new/deep"), 0700);
    assert_mode(in_scratch("/new/deep/state"), 0700);
    open_state(&s, in_scratch("/new/deep/state"));
}

static void test_folders_that_cannot_be_used(void **state)
{
    (void)state;
    const char *file = in_scratch("/file"), *open = in_scratch("/open");
    FILE *f = fopen(file, "w");
    fclose(f);
    assert_refused(file, "is not a folder; choose another with --state");
    assert_refused(in_scratch("/file/below"),
                   "cannot be made: Not a directory; choose another with --state");
    assert_int_equal(mkdir(open, 0700), 0);
    assert_int_equal(chmod(open, 0770), 0);
    assert_refused(open, "can be written to by others; take that away with chmod go-w, or choose "
                         "another with --state");
    assert_int_equal(chmod(open, 0755), 0);
    struct state s;
    open_state(&s, open);
    user = getuid() + 1;
    assert_refused(open, "belongs to another user; choose another with --state");
    user = getuid();
    assert_refused("", "cannot be used: its name is empty");
    char longer[PATH_MAX + 10], why[STATE_ERROR_MAX];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(state_init(&s, longer, why), ERROR_SYSTEM);
    assert_non_null(strstr(why, "…' cannot be used: its name is too long"));
}

static void test_one_relay_at_a_time(void **state)
{
    (void)state;
    struct state first, second;
    char why[STATE_ERROR_MAX], expected[STATE_ERROR_MAX];
    open_state(&first, in_scratch("/locked"));
    open_state(&second, in_scratch("/locked"));
    assert_int_equal(state_lock(&first, why), 0);
    assert_mode(in_scratch("/locked/lock"), 0600);
    assert_int_equal(state_lock(&second, why), ERROR_SYSTEM);
    snprintf(expected, sizeof expected,
             "the state folder '%s' is in use by another relay; stop that one, or choose another "
             "folder with --state",
             in_scratch("/locked"));
    assert_string_equal(why, expected);
    state_clear(&first);
    assert_int_equal(state_lock(&second, why), 0);
    state_clear(&second);
    state_clear(&second);
}

static void test_a_dead_relay_holds_no_lock(void **state)
{
    (void)state;
    struct state s;
    char why[STATE_ERROR_MAX];
    open_state(&s, in_scratch("/dead"));
    pid_t child = fork();
    if (child == 0)
        _exit(state_lock(&s, why) != 0);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(state_lock(&s, why), 0);
    state_clear(&s);
}

static void test_the_lock_is_no_way_to_other_files(void **state)
{
    (void)state;
    struct state s;
    char why[STATE_ERROR_MAX], expected[STATE_ERROR_MAX];
    open_state(&s, in_scratch("/linked"));
    assert_int_equal(symlink(in_scratch("/target"), in_scratch("/linked/lock")), 0);
    assert_int_equal(state_lock(&s, why), ERROR_SYSTEM);
    snprintf(expected, sizeof expected,
             "the state folder '%s' cannot be used: lock: Too many levels of symbolic links; "
             "mend that, or choose another folder with --state",
             in_scratch("/linked"));
    assert_string_equal(why, expected);
    assert_int_equal(access(in_scratch("/target"), F_OK), -1);
}

static void test_root_keeps_a_folder_with_other_files(void **state)
{
    (void)state;
    struct state s;
    struct stat st;
    char why[STATE_ERROR_MAX];
    open_state(&s, in_scratch("/home"));
    assert_int_equal(state_lock(&s, why), 0);
    FILE *file = fopen(in_scratch("/home/.profile"), "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(state_give(&s, 4242, 4243, why), ERROR_SYSTEM);
    assert_non_null(strstr(why, "/home' holds '.profile', which is none of the relay's files"));
    assert_int_equal(stat(in_scratch("/home"), &st), 0);
    assert_int_equal(st.st_uid, 0);
    assert_int_equal(stat(in_scratch("/home/lock"), &st), 0);
    assert_int_equal(st.st_uid, 0);
    state_clear(&s);
}

static void test_root_gives_its_folder_away_once(void **state)
{
    (void)state;
    struct state s;
    struct stat st;
    char why[STATE_ERROR_MAX];
    open_state(&s, in_scratch("/given"));
    assert_int_equal(state_lock(&s, why), 0);
    assert_int_equal(state_give(&s, 4242, 4243, why), 0);
    assert_int_equal(stat(in_scratch("/given"), &st), 0);
    assert_int_equal(st.st_uid, 4242);
    assert_int_equal(st.st_gid, 4243);
    assert_int_equal(stat(in_scratch("/given/lock"), &st), 0);
    assert_int_equal(st.st_uid, 4242);
    /* What the new owner puts there stays as it is. */
    FILE *file = fopen(in_scratch("/given/trap"), "w");
    fclose(file);
    assert_int_equal(state_give(&s, 4242, 4243, why), 0);
    assert_int_equal(stat(in_scratch("/given/trap"), &st), 0);
    assert_int_equal(st.st_uid, 0);
    assert_int_equal(stat(scratch_folder(), &st), 0);
    assert_int_equal(st.st_uid, 0);
    state_clear(&s);
}

static int names_left = -1; /* that can be read; -1: all of them */

struct dirent *__real_readdir(DIR *dir);
struct dirent *__wrap_readdir(DIR *dir);

struct dirent *__wrap_readdir(DIR *dir)
{
    if (names_left < 0 || names_left-- > 0)
        return __real_readdir(dir);
    errno = EIO;
    return NULL;
}

static void test_root_keeps_a_folder_that_it_cannot_read(void **state)
{
    (void)state;
    struct state s;
    struct stat st;
    char why[STATE_ERROR_MAX];
    open_state(&s, in_scratch("/broken"));
    fclose(fopen(in_scratch("/broken/.profile"), "w"));
    names_left = 0;
    assert_int_equal(state_give(&s, 4242, 4243, why), ERROR_SYSTEM);
    assert_non_null(strstr(why, "/broken' cannot be read: Input/output error"));
    assert_int_equal(stat(in_scratch("/broken"), &st), 0);
    assert_int_equal(st.st_uid, 0);
    /* It is read twice, and half given away is not given. */
    assert_int_equal(unlink(in_scratch("/broken/.profile")), 0);
    names_left = 4;
    assert_int_equal(state_give(&s, 4242, 4243, why), ERROR_SYSTEM);
    assert_int_equal(names_left, -1);
    state_clear(&s);
}

static int setup(void **state)
{
    user = getuid();
    umask(022);
    return scratch_make(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_where_the_folder_is),
        cmocka_unit_test(test_parents_are_made_and_kept_private),
        cmocka_unit_test(test_folders_that_cannot_be_used),
        cmocka_unit_test(test_one_relay_at_a_time),
        cmocka_unit_test(test_a_dead_relay_holds_no_lock),
        cmocka_unit_test(test_the_lock_is_no_way_to_other_files),
    };
    const struct CMUnitTest of_root[] = {
        cmocka_unit_test(test_root_keeps_a_folder_with_other_files),
        cmocka_unit_test(test_root_gives_its_folder_away_once),
        cmocka_unit_test(test_root_keeps_a_folder_that_it_cannot_read),
    };
    int failed = cmocka_run_group_tests(tests, setup, scratch_remove);
    if (getuid() == 0)
        failed += cmocka_run_group_tests(of_root, setup, scratch_remove);
    return failed;
}
