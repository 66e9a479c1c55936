#include "error.h"
#include "identity.h"

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

static char scratch[PATH_MAX];

static int make_scratch(void **state)
{
    (void)state;
    umask(077);
    snprintf(scratch, sizeof scratch, "%s/identity.XXXXXX",
             getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    return mkdtemp(scratch) ? 0 : -1;
}

static int remove_scratch(void **state)
{
    (void)state;
    char command[PATH_MAX + 16];
    snprintf(command, sizeof command, "rm -rf '%s'", scratch);
    return system(command);
}

static void join(char *out, const char *folder, const char *name)
{
    assert_true(snprintf(out, PATH_MAX, "%s/%s", folder, name) < PATH_MAX);
}

static void make_folder(const char *name, char folder[PATH_MAX])
{
    char why[IDENTITY_WHY_MAX] = "";
    assert_int_equal(identity_make_folder(scratch, name, folder, PATH_MAX, why), 0);
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
    join(deep, scratch, "a/b/c");
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
    assert_int_equal(identity_make_folder(scratch, "open", folder, sizeof folder, why),
                     ERROR_SYSTEM);
    assert_non_null(strstr(why, "chmod 700"));
    assert_non_null(strstr(why, folder));

    make_folder("target", target);
    join(link, scratch, "link");
    assert_int_equal(symlink(target, link), 0);
    assert_int_equal(identity_make_folder(scratch, "link", folder, sizeof folder, why),
                     ERROR_SYSTEM);

    join(link, scratch, "file");
    close(open(link, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(identity_make_folder(scratch, "file", folder, sizeof folder, why),
                     ERROR_SYSTEM);
    assert_int_equal(identity_make_folder(link, "x", folder, sizeof folder, why), ERROR_SYSTEM);
    assert_int_equal(identity_make_folder(scratch, "long", folder, 10, why), ERROR_SYSTEM);
}

static void test_a_seed_is_drawn_once_and_kept(void **state)
{
    (void)state;
    char folder[PATH_MAX], file[PATH_MAX], why[IDENTITY_WHY_MAX] = "";
    uint8_t first[IDENTITY_SEED_LEN], again[IDENTITY_SEED_LEN], other[IDENTITY_SEED_LEN];
    make_folder("kept", folder);
    assert_int_equal(identity_load(folder, first, why), 0);
    join(file, folder, "identity");
    assert_int_equal(mode_of(file), 0600);
    assert_int_equal(identity_load(folder, again, why), 0);
    assert_memory_equal(first, again, sizeof first);
    make_folder("another", folder);
    assert_int_equal(identity_load(folder, other, why), 0);
    assert_memory_not_equal(first, other, sizeof first);
}

static void write_file(const char *path, size_t len, mode_t mode)
{
    uint8_t bytes[64] = {1, 2, 3};
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void test_a_file_that_is_not_right_is_refused_and_left_alone(void **state)
{
    (void)state;
    static const struct {
        const char *folder;
        size_t len;
        mode_t mode;
        const char *about;
    } rows[] = {
        {"short", IDENTITY_SEED_LEN - 1, 0600, "length"},
        {"empty", 0, 0600, "length"},
        {"long", IDENTITY_SEED_LEN + 1, 0600, "length"},
        {"read", IDENTITY_SEED_LEN, 0644, "chmod 600"},
        {"written", IDENTITY_SEED_LEN, 0620, "chmod 600"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char folder[PATH_MAX], file[PATH_MAX], why[IDENTITY_WHY_MAX] = "";
        uint8_t seed[IDENTITY_SEED_LEN];
        make_folder(rows[i].folder, folder);
        join(file, folder, "identity");
        write_file(file, rows[i].len, rows[i].mode);
        assert_int_equal(identity_load(folder, seed, why), ERROR_KEY);
        assert_non_null(strstr(why, rows[i].about));
        assert_non_null(strstr(why, file));
        struct stat st;
        assert_int_equal(stat(file, &st), 0);
        assert_int_equal(st.st_size, (off_t)rows[i].len);
    }
}

static void test_links_pipes_and_folders_are_no_identity(void **state)
{
    (void)state;
    char folder[PATH_MAX], file[PATH_MAX], elsewhere[PATH_MAX], why[IDENTITY_WHY_MAX] = "";
    uint8_t seed[IDENTITY_SEED_LEN];
    join(elsewhere, scratch, "elsewhere");
    write_file(elsewhere, IDENTITY_SEED_LEN, 0600);
    make_folder("linked", folder);
    join(file, folder, "identity");
    assert_int_equal(symlink(elsewhere, file), 0);
    assert_int_equal(identity_load(folder, seed, why), ERROR_KEY);
    assert_non_null(strstr(why, "symbolic link"));

    make_folder("piped", folder);
    join(file, folder, "identity");
    assert_int_equal(mkfifo(file, 0600), 0);
    assert_int_equal(identity_load(folder, seed, why), ERROR_KEY);

    make_folder("nested", folder);
    join(file, folder, "identity");
    assert_int_equal(mkdir(file, 0700), 0);
    assert_int_equal(identity_load(folder, seed, why), ERROR_KEY);
}

static void test_nothing_is_left_behind(void **state)
{
    (void)state;
    char folder[PATH_MAX], draft[PATH_MAX], why[IDENTITY_WHY_MAX] = "", name[64];
    uint8_t seed[IDENTITY_SEED_LEN];
    make_folder("crashed", folder);
    snprintf(name, sizeof name, "identity.%ld", (long)getpid());
    join(draft, folder, name);
    write_file(draft, 5, 0600); /* of a process that died in the middle of it */
    assert_int_equal(identity_load(folder, seed, why), 0);
    assert_int_equal(access(draft, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_text_makes_a_file_name),
        cmocka_unit_test(test_long_names_are_cut_and_stay_different),
        cmocka_unit_test(test_folders_are_made_for_us_alone),
        cmocka_unit_test(test_a_folder_that_others_may_enter_is_refused),
        cmocka_unit_test(test_a_seed_is_drawn_once_and_kept),
        cmocka_unit_test(test_a_file_that_is_not_right_is_refused_and_left_alone),
        cmocka_unit_test(test_links_pipes_and_folders_are_no_identity),
        cmocka_unit_test(test_nothing_is_left_behind),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
