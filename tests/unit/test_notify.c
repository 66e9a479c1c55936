#include "error.h"
#include "notify.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

pid_t __real_fork(void);
pid_t __wrap_fork(void);

static int forks_left; /* before there are too many processes, in the child as here */

pid_t __wrap_fork(void)
{
    if (forks_left-- > 0)
        return __real_fork();
    errno = EAGAIN;
    return -1;
}

/* Gives what the command wrote once all of it is there. */
static const char *wait_for_output(const char *fifo)
{
    static char output[64];
    int fd = open(fifo, O_RDONLY | O_CLOEXEC);
    ssize_t n, len = 0;
    while ((n = read(fd, output + len, sizeof output - 1 - (size_t)len)) > 0)
        len += n;
    output[len] = '\0';
    close(fd);
    return output;
}

static void test_runs_a_command_with_both_texts(void **state)
{
    (void)state;
    char command[512];
    const char *fifo = scratch_path("fifo");
    FILE *script = fopen(scratch_path("script"), "w");
    assert_non_null(script);
    fprintf(script, "printf '%%s|' \"$@\" > %s\n", fifo);
    assert_int_equal(fclose(script), 0);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    snprintf(command, sizeof command, " /bin/sh  %s  -a ", scratch_path("script"));
    forks_left = 2;
    assert_int_equal(notify_run(command, "bob", "-x $(y)"), 0);
    assert_string_equal(wait_for_output(fifo), "-a|bob| -x $(y)|");
}

static void test_what_cannot_run_is_told(void **state)
{
    (void)state;
    forks_left = 2;
    assert_int_equal(notify_run("/nowhere/bin", "bob", "text"), ERROR_SYSTEM);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(notify_run("  ", "bob", "text"), ERROR_SYSTEM);
    for (int forks = 0; forks < 2; forks++) {
        forks_left = forks;
        assert_int_equal(notify_run("/bin/true", "bob", "text"), ERROR_SYSTEM);
        assert_int_equal(errno, EAGAIN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_a_command_with_both_texts),
        cmocka_unit_test(test_what_cannot_run_is_told),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
