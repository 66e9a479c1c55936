#include "log.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static time_t now_s; /* the monotonic clock */

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    if (clock != CLOCK_MONOTONIC)
        return __real_clock_gettime(clock, now);
    *now = (struct timespec){.tv_sec = now_s};
    return 0;
}

static int standard_error = -1; /* the real one, while a pipe is in its place */
static int reader = -1;

static void capture_in(int fds[2])
{
    log_flush(); /* what an earlier test left */
    standard_error = dup(STDERR_FILENO);
    dup2(fds[1], STDERR_FILENO);
    close(fds[1]);
    reader = fds[0];
    fcntl(reader, F_SETFL, O_NONBLOCK);
    now_s += 1000;
}

static void capture(void)
{
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    capture_in(fds);
}

static size_t captured(char *out, size_t size)
{
    ssize_t len = read(reader, out, size - 1);
    out[len > 0 ? len : 0] = '\0';
    return len > 0 ? (size_t)len : 0;
}

static void release(void)
{
    dup2(standard_error, STDERR_FILENO);
    close(standard_error);
    close(reader);
}

/* What was logged since the last call, without the time that each line begins with. */
static void assert_logged(const char *expected)
{
    char got[65536], bare[65536], *end = bare;
    captured(got, sizeof got);
    for (char *line = strtok(got, "\n"); line; line = strtok(NULL, "\n")) {
        assert_int_equal(line[4], '-');
        assert_int_equal(line[13], ':');
        assert_int_equal(line[19], ' ');
        end += sprintf(end, "%s\n", line + 20);
    }
    *end = '\0';
    assert_string_equal(bare, expected);
}

static void test_levels(void **state)
{
    (void)state;
    capture();
    log_init("prog", LOG_LEVEL_INFO);
    log_error("a %d", 1);
    log_warning("b");
    log_info("c");
    log_debug("d");
    assert_logged("prog: error: a 1\nprog: warning: b\nprog: c\n");
    assert_true(log_wants(LOG_LEVEL_INFO));
    assert_false(log_wants(LOG_LEVEL_DEBUG));
    log_init("prog", LOG_LEVEL_DEBUG);
    log_debug("e");
    log_init("prog", LOG_LEVEL_ERROR);
    log_warning("f");
    assert_logged("prog: debug: e\n");
    release();
}

static void test_the_journal_gets_its_prefixes(void **state)
{
    (void)state;
    struct stat st;
    char stream[64], got[1024];
    capture();
    assert_int_equal(fstat(STDERR_FILENO, &st), 0);
    snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    log_init("prog", LOG_LEVEL_DEBUG);
    log_error("a");
    log_warning("b");
    log_info("c");
    log_debug("Zo\u00eb");
    captured(got, sizeof got);
    assert_string_equal(got, "<3>a\n<4>b\n<6>c\n<7>Zo\u00eb\n");
    setenv("JOURNAL_STREAM", "1:1", 1);
    log_init("prog", LOG_LEVEL_INFO);
    log_info("d");
    assert_logged("prog: d\n");
    unsetenv("JOURNAL_STREAM");
    release();
}

static void test_nothing_controls_the_terminal(void **state)
{
    (void)state;
    capture();
    log_init("prog", LOG_LEVEL_INFO);
    log_info("joined as '%s'", "\033[2J\nprog: error: forged\x9b\xff");
    assert_logged("prog: joined as '^[[2J^Jprog: error: forged\ufffd\ufffd'\n");
    release();
}

static void test_other_locales_get_ascii(void **state)
{
    (void)state;
    capture();
    setlocale(LC_CTYPE, "C");
    log_init("prog", LOG_LEVEL_INFO);
    log_info("Zo\u00eb");
    assert_logged("prog: Zo<U+00EB>\n");
    setlocale(LC_CTYPE, "C.UTF-8");
    release();
}

static void test_long_lines_are_cut(void **state)
{
    (void)state;
    char text[3000], got[4096];
    capture();
    log_init("prog", LOG_LEVEL_INFO);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    log_info("%s", text);
    assert_int_equal(captured(got, sizeof got), 1024);
    assert_int_equal(got[1023], '\n');
    memset(text, 7, sizeof text - 1);
    log_info("%s", text);
    assert_true(captured(got, sizeof got) <= 1024);
    release();
}

static void test_repeats_are_counted(void **state)
{
    (void)state;
    capture();
    log_init("prog", LOG_LEVEL_INFO);
    for (int i = 0; i < 5; i++)
        log_warning("no descriptors");
    assert_logged("prog: warning: no descriptors\n");
    log_info("no descriptors"); /* another level is another line */
    assert_logged("prog: warning: repeats of the line above: 4\nprog: no descriptors\n");
    now_s += 59;
    log_info("no descriptors");
    assert_logged("");
    now_s += 1;
    log_info("no descriptors");
    assert_logged("prog: repeats of the line above: 1\nprog: no descriptors\n");
    log_flush();
    assert_logged("");
    log_info("no descriptors");
    assert_logged("prog: no descriptors\n");
    log_info("no descriptors");
    log_flush();
    log_flush();
    assert_logged("prog: repeats of the line above: 1\n");
    release();
}

static void fill(int fd)
{
    static const char chunk[4096];
    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (write(fd, chunk, sizeof chunk) > 0)
        ;
    fcntl(fd, F_SETFL, 0);
}

static void drain(void)
{
    char chunk[4096];
    while (captured(chunk, sizeof chunk) > 0)
        ;
}

static void assert_survives_being_full(void)
{
    log_init("prog", LOG_LEVEL_INFO);
    log_info("before");
    fill(STDERR_FILENO);
    for (int i = 0; i < 1000; i++)
        log_info("lost %d", i);
    drain();
    log_info("after");
    assert_logged("prog: warning: lines of this log that were lost here: 1000\nprog: after\n");
    release();
}

static void test_a_full_pipe_blocks_nothing(void **state)
{
    (void)state;
    capture();
    assert_survives_being_full();
}

static void test_a_full_socket_blocks_nothing(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    capture_in(fds);
    assert_survives_being_full();
}

static void test_a_closed_pipe_kills_nothing(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_DFL);
    capture();
    close(reader);
    reader = -1;
    log_init("prog", LOG_LEVEL_INFO);
    log_info("nobody reads this");
    log_flush();
    release();
}

static void test_out_of_memory_loses_a_line(void **state)
{
    (void)state;
    capture();
    log_init("prog", LOG_LEVEL_INFO);
    torture_begin(0);
    log_info("a");
    torture_end();
    log_info("b");
    assert_logged("prog: warning: lines of this log that were lost here: 1\nprog: b\n");
    release();
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_the_journal_gets_its_prefixes),
        cmocka_unit_test(test_nothing_controls_the_terminal),
        cmocka_unit_test(test_other_locales_get_ascii),
        cmocka_unit_test(test_long_lines_are_cut),
        cmocka_unit_test(test_repeats_are_counted),
        cmocka_unit_test(test_a_full_pipe_blocks_nothing),
        cmocka_unit_test(test_a_full_socket_blocks_nothing),
        cmocka_unit_test(test_a_closed_pipe_kills_nothing),
        cmocka_unit_test(test_out_of_memory_loses_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
