#include "error.h"
#include "keyfile.h"
#include "scratch.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    NOBODY = 65534,
};

static char folder[PATH_MAX], file[PATH_MAX + 8], why[KEYFILE_WHY_MAX];

static int make_folder(void **state)
{
    umask(077);
    if (scratch_make(state))
        return -1;
    snprintf(folder, sizeof folder, "%s", scratch_folder());
    snprintf(file, sizeof file, "%s/key", folder);
    why[0] = '\0';
    return 0;
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

static void expect_refusal(const char *about)
{
    struct keys_identity *identity;
    assert_int_equal(keyfile_load(&identity, folder, "key", why), ERROR_KEY);
    assert_null(identity);
    assert_non_null(strstr(why, about));
    assert_non_null(strstr(why, file));
}

static void test_a_key_is_drawn_once_and_kept(void **state)
{
    (void)state;
    struct keys_identity *first, *again, *other;
    struct stat st;
    assert_int_equal(keyfile_load(&first, folder, "key", why), 0);
    assert_int_equal(lstat(file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(keyfile_load(&again, folder, "key", why), 0);
    assert_memory_equal(keys_identity_seed(first), keys_identity_seed(again), KEYS_LEN);
    assert_int_equal(keyfile_load(&other, folder, "another", why), 0);
    assert_memory_not_equal(keys_identity_seed(first), keys_identity_seed(other), KEYS_LEN);
    keys_identity_free(first);
    keys_identity_free(again);
    keys_identity_free(other);
}

static void test_the_seed_is_what_lies_there(void **state)
{
    (void)state;
    static const uint8_t seed[KEYS_LEN] = {1, 2, 3};
    struct keys_identity *identity;
    write_file(file, KEYS_LEN, 0400);
    assert_int_equal(keyfile_load(&identity, folder, "key", why), 0);
    assert_memory_equal(keys_identity_seed(identity), seed, KEYS_LEN);
    keys_identity_free(identity);
}

static void test_a_file_that_is_not_right_is_refused_and_left_alone(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        mode_t mode;
        const char *about;
    } rows[] = {
        {KEYS_LEN - 1, 0600, "length"}, {0, 0600, "length"},
        {KEYS_LEN + 1, 0600, "length"}, {KEYS_LEN, 0644, "chmod 600"},
        {KEYS_LEN, 0620, "chmod 600"},  {KEYS_LEN, 0601, "chmod 600"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_file(file, rows[i].len, rows[i].mode);
        expect_refusal(rows[i].about);
        struct stat st;
        assert_int_equal(stat(file, &st), 0);
        assert_int_equal(st.st_size, (off_t)rows[i].len);
        assert_int_equal(st.st_mode & 07777, rows[i].mode);
    }
}

static void test_a_file_that_cannot_be_read_is_refused(void **state)
{
    (void)state;
    struct keys_identity *identity;
    bool is_root = geteuid() == 0; /* who reads everything */
    write_file(file, KEYS_LEN, 0);
    assert_int_equal(chdir(folder), 0); /* the way there may be root's alone */
    if (is_root) {
        assert_int_equal(chown(".", NOBODY, NOBODY), 0);
        assert_int_equal(chown("key", NOBODY, NOBODY), 0);
        assert_int_equal(seteuid(NOBODY), 0);
    }
    assert_int_equal(keyfile_load(&identity, ".", "key", why), ERROR_KEY);
    assert_non_null(strstr(why, "./key cannot be used: Permission denied"));
    assert_true(!is_root || seteuid(0) == 0);
    assert_int_equal(chdir("/"), 0);
}

static void test_links_pipes_and_folders_are_no_key(void **state)
{
    (void)state;
    char elsewhere[PATH_MAX + 16];
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", folder);
    write_file(elsewhere, KEYS_LEN, 0600);
    assert_int_equal(symlink(elsewhere, file), 0);
    expect_refusal("symbolic link");

    assert_int_equal(unlink(file), 0);
    assert_int_equal(mkfifo(file, 0600), 0);
    expect_refusal("not a file");

    assert_int_equal(unlink(file), 0);
    assert_int_equal(mkdir(file, 0700), 0);
    expect_refusal("not a file");
}

static void test_a_folder_that_is_not_there(void **state)
{
    (void)state;
    struct keys_identity *identity;
    assert_int_equal(keyfile_load(&identity, file, "key", why), ERROR_SYSTEM);
    assert_non_null(strstr(why, file));
}

static void test_nothing_is_left_behind(void **state)
{
    (void)state;
    char draft[PATH_MAX + 64];
    struct keys_identity *identity;
    snprintf(draft, sizeof draft, "%s/key.%ld", folder, (long)getpid());
    write_file(draft, 5, 0600); /* of a process that died in the middle of it */
    assert_int_equal(keyfile_load(&identity, folder, "key", why), 0);
    assert_int_equal(access(draft, F_OK), -1);
    keys_identity_free(identity);
}

/* The steps in which a key is made, of which one fails, or does half of its work. */
static int steps_left = -1;

static bool step_fails(void)
{
    errno = EIO;
    return steps_left >= 0 && steps_left-- == 0;
}

ssize_t __real_getrandom(void *at, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *at, size_t len, unsigned flags);
ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_linkat(int from, const char *name, int to, const char *link, int flags);
int __wrap_linkat(int from, const char *name, int to, const char *link, int flags);

ssize_t __wrap_getrandom(void *at, size_t len, unsigned flags)
{
    return step_fails() ? -1 : __real_getrandom(at, len, flags);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
    if (step_fails())
        return -1;
    return step_fails() ? __real_write(fd, bytes, len / 2) : __real_write(fd, bytes, len);
}

int __wrap_fsync(int fd)
{
    return step_fails() ? -1 : __real_fsync(fd);
}

int __wrap_linkat(int from, const char *name, int to, const char *link, int flags)
{
    return step_fails() ? -1 : __real_linkat(from, name, to, link, flags);
}

static void test_a_key_that_is_not_safe_is_none(void **state)
{
    (void)state;
    static const char *const whys[] = {
        "Input/output error", /* no random bytes, */
        "Input/output error", /* no write, */
        "No space left",      /* half of one, */
        "Input/output error", /* no sync, no name, no sync of that */
        "Input/output error", "Input/output error",
    };
    struct keys_identity *identity;
    for (size_t i = 0; i < sizeof whys / sizeof whys[0]; i++) {
        steps_left = (int)i;
        assert_int_equal(keyfile_load(&identity, folder, "key", why), ERROR_SYSTEM);
        assert_null(identity);
        assert_int_equal(steps_left, -1);
        assert_non_null(strstr(why, "cannot write the key"));
        assert_non_null(strstr(why, whys[i]));
        assert_int_equal(access(file, F_OK), i < 5 ? -1 : 0);
    }
    assert_int_equal(keyfile_load(&identity, folder, "key", why), 0);
    keys_identity_free(identity);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    struct keys_identity *identity;
    write_file(file, KEYS_LEN, 0600);
    for (size_t n = 0; torture_begin(n); n++) {
        int rc = keyfile_load(&identity, folder, "key", why);
        torture_end();
        assert_int_equal(rc, torture_failed() ? ERROR_NOMEM : 0);
        assert_int_equal(identity == NULL, rc != 0);
        keys_identity_free(identity);
    }
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(test_a_key_is_drawn_once_and_kept),
        WITH_FOLDER(test_the_seed_is_what_lies_there),
        WITH_FOLDER(test_a_file_that_is_not_right_is_refused_and_left_alone),
        WITH_FOLDER(test_a_file_that_cannot_be_read_is_refused),
        WITH_FOLDER(test_links_pipes_and_folders_are_no_key),
        WITH_FOLDER(test_a_folder_that_is_not_there),
        WITH_FOLDER(test_nothing_is_left_behind),
        WITH_FOLDER(test_a_key_that_is_not_safe_is_none),
        WITH_FOLDER(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
