#include "error.h"
#include "filename.h"
#include "scratch.h"
#include "sink.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[PATH_MAX], final[PATH_MAX];

/* A part file with these bytes in it. */
static void make(const char *name, const char *bytes)
{
    struct sink s;
    assert_int_equal(sink_make(&s, scratch_folder(), name, path), 0);
    assert_int_equal(sink_write(&s, 0, bytes, strlen(bytes)), 0);
    assert_int_equal(sink_sync(&s), 0);
    sink_close(&s);
}

static const char *content(const char *of)
{
    static char bytes[64];
    int fd = open(of, O_RDONLY);
    assert_true(fd >= 0);
    ssize_t n = read(fd, bytes, sizeof bytes - 1);
    assert_true(n >= 0);
    bytes[n] = '\0';
    close(fd);
    return bytes;
}

static void assert_named(const char *name, const char *expected)
{
    assert_int_equal(sink_name(path, name, final), 0);
    assert_string_equal(filename_of(final), expected);
    assert_memory_equal(final, scratch_folder(), strlen(scratch_folder()));
}

static void test_a_part_file_is_hidden_and_ours_alone(void **state)
{
    (void)state;
    struct stat st;
    make("../photo.jpg", "abc");
    assert_int_equal(strlen(filename_of(path)), strlen(".photo.jpg.01234567.part"));
    assert_memory_equal(filename_of(path), ".photo.jpg.", 11);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode, S_IFREG | 0600);
    char first[PATH_MAX];
    strcpy(first, path);
    make("../photo.jpg", "abc");
    assert_string_not_equal(first, path);
}

static void test_nothing_is_written_over(void **state)
{
    (void)state;
    make("photo.jpg", "one");
    assert_named("photo.jpg", "photo.jpg");
    sink_remove(path);
    make("photo.jpg", "two");
    assert_int_equal(symlink("/etc/passwd", scratch_path("photo (2).jpg")), 0);
    assert_named("photo.jpg", "photo (3).jpg");
    assert_named("photo.jpg", "photo (3).jpg"); /* the same one again: it died in between */
    sink_remove(path);
    sink_remove(path);
    assert_string_equal(content(scratch_path("photo.jpg")), "one");
    assert_string_equal(content(final), "two");
    assert_int_equal(sink_name(path, "photo.jpg", final), ERROR_STATE); /* it is gone */
}

static void test_it_goes_on_from_what_is_there(void **state)
{
    (void)state;
    struct sink s;
    uint64_t offset = 3;
    make("a", "abcdef");
    assert_int_equal(sink_open(&s, path, &offset), 0);
    assert_int_equal(offset, 3);
    assert_string_equal(content(path), "abc"); /* what is beyond was not safe */
    assert_int_equal(sink_write(&s, 3, "DE", 2), 0);
    sink_close(&s);
    assert_string_equal(content(path), "abcDE");
    offset = 100;
    assert_int_equal(sink_open(&s, path, &offset), 0);
    assert_int_equal(offset, 5);
    sink_close(&s);
}

static void test_what_is_no_part_file_is_not_opened(void **state)
{
    (void)state;
    struct sink s;
    uint64_t offset = 0;
    make("a", "abc");
    const char *link = scratch_path("link"), *pipe = scratch_path("pipe");
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_int_equal(sink_open(&s, link, &offset), ERROR_SYSTEM);
    assert_int_equal(sink_open(&s, pipe, &offset), ERROR_SYSTEM);
    assert_int_equal(sink_open(&s, scratch_folder(), &offset), ERROR_SYSTEM);
    assert_int_equal(sink_open(&s, scratch_path("none"), &offset), ERROR_SYSTEM);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(s.fd, -1);
    assert_string_equal(content(path), "abc");
}

static void test_a_folder_that_cannot_take_it(void **state)
{
    (void)state;
    struct sink s;
    char folder[PATH_MAX];
    assert_int_equal(sink_make(&s, scratch_path("none"), "a", path), ERROR_SYSTEM);
    assert_int_equal(errno, ENOENT);
    memset(folder, '/', sizeof folder);
    folder[PATH_MAX - 1] = '\0';
    assert_int_equal(sink_make(&s, folder, "a", path), ERROR_SYSTEM);
    assert_int_equal(errno, ENAMETOOLONG);
    assert_int_equal(sink_name(scratch_path("none/a"), "a", final), ERROR_STATE);
}

static void test_the_longest_name(void **state)
{
    (void)state;
    char name[1001] = "", longest[FILENAME_SIZE];
    for (int i = 0; i < 250; i++)
        memcpy(name + 4 * i, "👍", 5);
    make(name, "abc");
    assert_int_equal(sink_name(path, name, final), 0);
    assert_string_equal(filename_of(final), filename_make(name, 1000, 1, longest));
    sink_remove(path);
    make(name, "abc");
    assert_int_equal(sink_name(path, name, final), 0);
    assert_string_equal(filename_of(final), filename_make(name, 1000, 2, longest));
}

static void test_out_of_memory_is_told(void **state)
{
    (void)state;
    struct sink s;
    torture_begin(0);
    assert_int_equal(sink_make(&s, scratch_folder(), "a", path), ERROR_NOMEM);
    torture_end();
    make("a", "abc");
    torture_begin(0);
    assert_int_equal(sink_name(path, "a", final), ERROR_NOMEM);
    torture_end();
    assert_named("a", "a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_part_file_is_hidden_and_ours_alone, scratch_make,
                                        scratch_remove),
        cmocka_unit_test_setup_teardown(test_nothing_is_written_over, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(test_it_goes_on_from_what_is_there, scratch_make,
                                        scratch_remove),
        cmocka_unit_test_setup_teardown(test_what_is_no_part_file_is_not_opened, scratch_make,
                                        scratch_remove),
        cmocka_unit_test_setup_teardown(test_a_folder_that_cannot_take_it, scratch_make,
                                        scratch_remove),
        cmocka_unit_test_setup_teardown(test_the_longest_name, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(test_out_of_memory_is_told, scratch_make, scratch_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
