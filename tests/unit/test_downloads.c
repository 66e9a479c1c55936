#include "downloads.h"
#include "error.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char found[PATH_MAX];

/* A home without anything in it, where the program works. */
static int go_home(void **state)
{
    if (scratch_make(state) || setenv("HOME", scratch_folder(), 1) || unsetenv("XDG_CONFIG_HOME"))
        return -1;
    return chdir(scratch_folder());
}

static void put_user_dirs(const char *folder, const char *text)
{
    char path[PATH_MAX];
    mkdir(folder, 0700);
    snprintf(path, sizeof path, "%s/user-dirs.dirs", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void assert_found(const char *setting, const char *folder)
{
    char expected[PATH_MAX];
    assert_non_null(realpath(folder, expected));
    assert_int_equal(downloads_find(setting, found), 0);
    assert_string_equal(found, expected);
}

static void test_where_nothing_is_said(void **state)
{
    (void)state;
    assert_found("auto", ".");
    assert_int_equal(mkdir("Downloads", 0700), 0);
    assert_found("auto", "Downloads");
    put_user_dirs(".config", "# XDG_DOWNLOAD_DIR=\"$HOME\"\n"
                             "XDG_DESKTOP_DIR=\"$HOME/Desktop\"\n"
                             "XDG_DOWNLOAD_DIR=\"$HOME/new things\"\n");
    assert_found("auto", "Downloads"); /* for what is named there is not there */
    assert_int_equal(mkdir("new things", 0700), 0);
    assert_found("auto", "new things");
    assert_int_equal(setenv("XDG_CONFIG_HOME", scratch_path("other"), 1), 0);
    put_user_dirs("other", "XDG_DOWNLOAD_DIR=\"/tmp\"\n");
    assert_found("auto", "/tmp");
    static const char *const wrong[] = {"XDG_DOWNLOAD_DIR=\"tmp\"", "XDG_DOWNLOAD_DIR=\"/tmp",
                                        "XDG_DOWNLOAD_DIR=/tmp", "XDG_DOWNLOAD_DIR=\"\"\n", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        put_user_dirs("other", wrong[i]);
        assert_found("auto", "Downloads");
    }
    unsetenv("HOME");
    assert_found("auto", ".");
}

static void test_what_the_person_said(void **state)
{
    (void)state;
    assert_int_equal(mkdir("box", 0700), 0);
    assert_found("box", "box");
    assert_found("~/box", "box");
    assert_found("/tmp", "/tmp");
    assert_int_equal(downloads_find("~/none", found), ERROR_SYSTEM);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(downloads_find("/etc/passwd", found), ERROR_SYSTEM);
    assert_int_equal(errno, ENOTDIR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_where_nothing_is_said, go_home, scratch_remove),
        cmocka_unit_test_setup_teardown(test_what_the_person_said, go_home, scratch_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
