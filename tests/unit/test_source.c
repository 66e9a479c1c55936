#include "error.h"
#include "scratch.h"
#include "source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

static const char nothing[] = "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8";

static const char *put_file(const char *name, const void *bytes, size_t len)
{
    const char *path = scratch_path(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
    return path;
}

static struct source open_file(const char *path)
{
    struct source s;
    char why[SOURCE_WHY_MAX];
    assert_int_equal(source_open(&s, path, why), 0);
    return s;
}

static void test_only_regular_files_are_read(void **state)
{
    (void)state;
    struct source s;
    char why[SOURCE_WHY_MAX];
    const char *pipe = scratch_path("pipe"), *link = scratch_path("link");
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_int_equal(symlink(put_file("file", "abc", 3), link), 0);
    const struct {
        const char *path, *why;
    } cases[] = {
        {pipe, "it is no file, but a device, a pipe or the like"},
        {"/dev/zero", "it is no file, but a device, a pipe or the like"},
        {scratch_folder(), "it is a folder; pack it into one file first"},
        {scratch_path("none"), "No such file or directory"},
        {"", "No such file or directory"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(source_open(&s, cases[i].path, why), ERROR_SYSTEM);
        assert_string_equal(why, cases[i].why);
        assert_int_equal(s.fd, -1);
        source_close(&s);
    }
    s = open_file(link); /* what a person names is what they mean */
    assert_int_equal(s.size, 3);
    source_close(&s);
}

static void test_a_file_is_read_from_anywhere(void **state)
{
    (void)state;
    char bytes[8] = "";
    struct source s = open_file(put_file("file", "abcdef", 6));
    assert_int_equal(source_read(&s, 4, bytes, 8), 2);
    assert_string_equal(bytes, "ef");
    assert_int_equal(source_read(&s, 0, bytes, 3), 3);
    assert_memory_equal(bytes, "abc", 3);
    source_close(&s);
}

static void test_a_file_that_changes_is_told(void **state)
{
    (void)state;
    char byte;
    const char *path = put_file("file", "abcdef", 6);
    struct source s = open_file(path);
    assert_int_equal(truncate(path, 3), 0);
    assert_int_equal(source_read(&s, 0, &byte, 1), ERROR_STATE);
    assert_int_equal(source_read(&s, 4, &byte, 1), ERROR_STATE);
    source_close(&s);
    s = open_file(path);
    struct timeval times[2] = {{1, 0}, {1, 0}};
    assert_int_equal(utimes(path, times), 0);
    assert_int_equal(source_read(&s, 0, &byte, 1), ERROR_STATE);
    source_close(&s);
    s = open_file(path);
    assert_int_equal(unlink(path), 0); /* what is open is there */
    assert_int_equal(source_read(&s, 0, &byte, 1), 1);
    source_close(&s);
}

static void test_it_is_judged_in_slices(void **state)
{
    (void)state;
    char digest[DIGEST_TEXT_SIZE], *bytes = calloc(1, 2 * SOURCE_SLICE);
    struct source s = open_file(put_file("file", bytes, 2 * SOURCE_SLICE));
    assert_int_equal(source_judge(&s, digest), 0);
    assert_int_equal(s.judged, SOURCE_SLICE);
    assert_int_equal(source_judge(&s, digest), 1);
    assert_string_equal(digest, "9852d74e002f23d14ba2638b905609419bd16e50843ac147ccf4d509ed2c9dfc");
    source_close(&s);
    s = open_file(put_file("file", "", 0));
    assert_int_equal(source_judge(&s, digest), 1);
    assert_string_equal(digest, nothing);
    source_close(&s);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_only_regular_files_are_read, scratch_make,
                                        scratch_remove),
        cmocka_unit_test_setup_teardown(test_a_file_is_read_from_anywhere, scratch_make,
                                        scratch_remove),
        cmocka_unit_test_setup_teardown(test_a_file_that_changes_is_told, scratch_make,
                                        scratch_remove),
        cmocka_unit_test_setup_teardown(test_it_is_judged_in_slices, scratch_make, scratch_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
