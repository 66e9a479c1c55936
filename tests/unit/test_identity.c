#include "error.h"
#include "identity.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_scratch(void **state)
{
    umask(077);
    return scratch_make(state);
}

static void join(char *out, const char *folder, const char *name)
{
    assert_true(snprintf(out, PATH_MAX, "%s/%s", folder, name) < PATH_MAX);
}

static void make_folder(const char *name, char folder[PATH_MAX])
{
    char why[IDENTITY_WHY_MAX] = "";
    assert_int_equal(identity_make_folder(scratch_folder(), name, folder, PATH_MAX, why), 0);
}

static unsigned mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode & 07777;
}

static void test_any_text_makes_a_file_name(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name;
    } rows[] = {
        {"alice", "alice"},
        {"zo\xc3\xab", "zo\xc3\xab"},
        {"a.b", "a.b"},
        {".", "%2E"},
        {"..", "%2E."},
        {".hidden", "%2Ehidden"},
        {"a/b\\c d\n", "a%2Fb%5Cc%20d%0A"},
        {"unix:/run/chat", "unix%3A%2Frun%2Fchat"},
        {"100%", "100%25"},
        {"", ""},
    };
    char name[IDENTITY_NAME_MAX];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        identity_file_name(rows[i].text, name);
        assert_string_equal(name, rows[i].name);
    }
}

static void test_long_names_are_cut_and_stay_different(void **state)
{
    (void)state;
    char text[1000], a[IDENTITY_NAME_MAX], b[IDENTITY_NAME_MAX];
    for (size_t len = 1; len < sizeof text; len++) {
        memset(text, len % 3 ? 'x' : '/', len);
        text[len] = '\0';
        identity_file_name(text, a);
        assert_true(strlen(a) < IDENTITY_NAME_MAX);
        text[len - 1] = 'y';
        identity_file_name(text, b);
        assert_string_not_equal(a, b);
    }
}

static void test_folders_are_made_for_us_alone(void **state)
{
    (void)state;
    char deep[PATH_MAX], folder[PATH_MAX], expected[PATH_MAX], why[IDENTITY_WHY_MAX] = "";
    join(deep, scratch_folder(), "a/b/c");
    assert_int_equal(identity_make_folder(deep, "alice", folder, sizeof folder, why), 0);
    join(expected, deep, "alice");
    assert_string_equal(folder, expected);
    assert_int_equal(mode_of(folder), 0700);
    assert_int_equal(mode_of(deep), 0700);
    assert_int_equal(identity_make_folder(deep, "alice", folder, sizeof folder, why), 0);
}

static void test_a_folder_that_others_may_enter_is_refused(void **state)
{
    (void)state;
    char folder[PATH_MAX], target[PATH_MAX], link[PATH_MAX], why[IDENTITY_WHY_MAX] = "";
    make_folder("open", folder);
    assert_int_equal(chmod(folder, 0750), 0);
    assert_int_equal(identity_make_folder(scratch_folder(), "open", folder, sizeof folder, why),
                     ERROR_SYSTEM);
    assert_non_null(strstr(why, "chmod 700"));
    assert_non_null(strstr(why, folder));

    make_folder("target", target);
    join(link, scratch_folder(), "link");
    assert_int_equal(symlink(target, link), 0);
    assert_int_equal(identity_make_folder(scratch_folder(), "link", folder, sizeof folder, why),
                     ERROR_SYSTEM);

    join(link, scratch_folder(), "file");
    close(open(link, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(identity_make_folder(scratch_folder(), "file", folder, sizeof folder, why),
                     ERROR_SYSTEM);
    assert_int_equal(identity_make_folder(link, "x", folder, sizeof folder, why), ERROR_SYSTEM);
    assert_int_equal(identity_make_folder(scratch_folder(), "long", folder, 10, why), ERROR_SYSTEM);
}

static void test_an_identity_lies_in_a_folder_of_ours(void **state)
{
    (void)state;
    char folder[PATH_MAX], why[IDENTITY_WHY_MAX] = "";
    struct keys_identity *first, *again;
    make_folder("kept", folder);
    assert_int_equal(identity_load(folder, &first, why), 0);
    assert_int_equal(identity_load(folder, &again, why), 0);
    assert_memory_equal(keys_identity_public(first), keys_identity_public(again), KEYS_LEN);
    keys_identity_free(first);
    keys_identity_free(again);
    assert_int_equal(chmod(folder, 0750), 0);
    assert_int_equal(identity_load(folder, &first, why), ERROR_SYSTEM);
    assert_null(first);
    assert_non_null(strstr(why, "chmod 700"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_text_makes_a_file_name),
        cmocka_unit_test(test_long_names_are_cut_and_stay_different),
        cmocka_unit_test(test_folders_are_made_for_us_alone),
        cmocka_unit_test(test_a_folder_that_others_may_enter_is_refused),
        cmocka_unit_test(test_an_identity_lies_in_a_folder_of_ours),
    };
    return cmocka_run_group_tests(tests, make_scratch, scratch_remove);
}
