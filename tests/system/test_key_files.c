#include "client.h"
#include "scratch.h"
#include "server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Key files that are not what they should be: each program says so in one sentence, ends with 1,
 * and leaves the file as it is.
 */
enum {
    KEY_LEN = 32,
    NOBODY = 65534,
};

static void write_file(const char *path, size_t len)
{
    static const char bytes[2 * KEY_LEN] = {1, 2, 3};
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    close(fd);
}

static void make_short(const char *path)
{
    write_file(path, KEY_LEN - 1);
}

static void make_long(const char *path)
{
    write_file(path, KEY_LEN + 1);
}

static void make_empty(const char *path)
{
    write_file(path, 0);
}

static void make_open(const char *path)
{
    write_file(path, KEY_LEN);
    assert_int_equal(chmod(path, 0644), 0);
}

static void make_link(const char *path)
{
    char target[512];
    snprintf(target, sizeof target, "%s.target", path);
    unlink(target);
    write_file(target, KEY_LEN);
    assert_int_equal(symlink(target, path), 0);
}

static void make_dangling(const char *path)
{
    assert_int_equal(symlink("/nowhere/at/all", path), 0);
}

static void make_pipe(const char *path)
{
    assert_int_equal(mkfifo(path, 0600), 0);
}

static void make_folder(const char *path)
{
    assert_int_equal(mkdir(path, 0700), 0);
}

/* Of somebody else; who is not root cannot make that, but one that they may not read. */
static void make_foreign(const char *path)
{
    write_file(path, KEY_LEN);
    assert_int_equal(geteuid() == 0 ? chown(path, NOBODY, NOBODY) : chmod(path, 0), 0);
}

static const struct {
    void (*make)(const char *path);
    const char *about;
} keys[] = {
    {make_short, "does not have the length of a key"},
    {make_long, "does not have the length of a key"},
    {make_empty, "does not have the length of a key"},
    {make_open, "others can read it"},
    {make_link, "it is a symbolic link"},
    {make_dangling, "it is a symbolic link"},
    {make_pipe, "it is not a file"},
    {make_folder, "it is not a file"},
    {make_foreign, NULL},
};

static void expect_refusal(const char *const argv[], const char *path, const char *about)
{
    struct process p;
    char sentence[512];
    process_start(&p, argv, NULL);
    const char *line = process_line_with(&p.err, "cannot be used");
    snprintf(sentence, sizeof sentence, "the key %s cannot be used: ", path);
    assert_non_null(strstr(line, sentence));
    assert_non_null(strstr(line, about));
    assert_null(process_line(&p.err));
    assert_null(process_line(&p.out));
    assert_int_equal(process_wait(&p), 1);
}

/* Starts a program in each way in which it needs its key. */
static void try_all(const char *const starts[][8], const char *path)
{
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *about = keys[i].about;
        if (!about)
            about = geteuid() == 0 ? "it belongs to another user" : "Permission denied";
        struct stat before, after;
        keys[i].make(path);
        assert_int_equal(lstat(path, &before), 0);
        for (size_t s = 0; starts[s][0]; s++)
            expect_refusal(starts[s], path, about);
        assert_int_equal(lstat(path, &after), 0);
        assert_int_equal(after.st_ino, before.st_ino);
        assert_int_equal(after.st_mode, before.st_mode);
        assert_int_equal(after.st_size, before.st_size);
        assert_int_equal(S_ISDIR(before.st_mode) ? rmdir(path) : unlink(path), 0);
    }
}

static void test_the_relay(void **state)
{
    (void)state;
    char folder[256], listen[300], path[300];
    snprintf(folder, sizeof folder, "%s", scratch_path("relay"));
    snprintf(path, sizeof path, "%s/key", folder);
    snprintf(listen, sizeof listen, "unix:%s/socket", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    const char *const starts[][8] = {
        {CHAT_SERVER, "--quiet", "--state", folder, "--listen", listen, NULL},
        {CHAT_SERVER, "--quiet", "--state", folder, "--fingerprint", NULL},
        {NULL},
    };
    try_all(starts, path);
}

static void test_the_client(void **state)
{
    (void)state;
    char folder[256], path[300];
    snprintf(folder, sizeof folder, "%s", scratch_path("clients"));
    snprintf(path, sizeof path, "%s/alice", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/alice/identity", folder);
    const char *const starts[][8] = {
        {CHAT_CLIENT, "--plain", "--nick", "alice", "--state", folder, NULL},
        {CHAT_CLIENT, "--identity", "--nick", "alice", "--state", folder, NULL},
        {NULL},
    };
    try_all(starts, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_relay),
        cmocka_unit_test(test_the_client),
    };
    return cmocka_run_group_tests(tests, client_make_scratch, scratch_remove);
}
