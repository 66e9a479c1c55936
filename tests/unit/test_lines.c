#include "error.h"
#include "lines.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    MAX = 8,
};

/* Feeds `bytes` in pieces of `step` and writes down what comes out: `<line>` or `!` for each. */
static void run(const char *bytes, size_t len, size_t step, char *out)
{
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    struct lines l;
    lines_init(&l, fds[0], MAX);
    *out = '\0';
    for (size_t at = 0; !lines_ended(&l); at += step) {
        if (at < len)
            assert_int_equal(write(fds[1], bytes + at, len - at < step ? len - at : step),
                             (ssize_t)(len - at < step ? len - at : step));
        else if (at < len + step)
            close(fds[1]);
        int rc = lines_read(&l);
        assert_true(rc > 0 || rc == ERROR_CLOSED);
        const char *line;
        size_t n;
        while ((rc = lines_next(&l, &line, &n)) != 0) {
            assert_true(rc == 1 || rc == ERROR_LIMIT);
            out += rc == 1 ? sprintf(out, "<%.*s>", (int)n, line) : sprintf(out, "!");
        }
    }
    lines_clear(&l);
    close(fds[0]);
}

static void test_lines_come_whole_however_they_were_cut(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *lines;
    } rows[] = {
        {"", ""},
        {"\n", "<>"},
        {"one\ntwo\n", "<one><two>"},
        {"one\ntwo", "<one><two>"},
        {"\n\nx\n\n", "<><><x><>"},
        {"12345678\n", "<12345678>"},
        {"123456789\nx\n", "!<x>"},
        {"123456789", "!"},
        {"12345678", "<12345678>"},
        {"one\r\n\r\ntwo\r\rx\r\n", "<one><><two\r\rx>"},
        {"12345678\r\n12345678\r", "<12345678>!"},
        {"123456789\r\nx\r", "!<x\r>"},
        {"a\n1234567890123456789012345678901234567890\nb\n123456789012\n\nc", "<a>!<b>!<><c>"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t step = 1; step < 50; step++) {
            char out[256];
            run(rows[i].bytes, strlen(rows[i].bytes), step, out);
            assert_string_equal(out, rows[i].lines);
        }
}

static void test_lines_are_numbered(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], "a\n123456789\nc\n", 14), 14);
    struct lines l;
    lines_init(&l, fds[0], MAX);
    assert_int_equal(lines_read(&l), 14);
    const char *line;
    size_t len;
    assert_int_equal(lines_next(&l, &line, &len), 1);
    assert_int_equal(l.number, 1);
    assert_int_equal(lines_next(&l, &line, &len), ERROR_LIMIT);
    assert_int_equal(l.number, 2);
    assert_int_equal(lines_next(&l, &line, &len), 1);
    assert_int_equal(l.number, 3);
    assert_int_equal(lines_next(&l, &line, &len), 0);
    assert_false(lines_ended(&l));
    lines_clear(&l);
    close(fds[0]);
    close(fds[1]);
}

static void test_a_descriptor_that_cannot_be_read_is_an_end(void **state)
{
    (void)state;
    struct lines l;
    lines_init(&l, -1, MAX);
    assert_int_equal(lines_read(&l), ERROR_SYSTEM);
    assert_true(lines_ended(&l));
    lines_clear(&l);
}

static void test_out_of_memory_loses_nothing(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], "a\n", 2), 2);
    struct lines l;
    lines_init(&l, fds[0], MAX);
    bool refused = false;
    for (size_t n = 0; torture_begin(n); n++) {
        int rc = lines_read(&l);
        torture_end();
        refused = refused || rc == ERROR_NOMEM;
        assert_true(rc == (torture_failed() ? ERROR_NOMEM : 2));
    }
    assert_true(refused);
    const char *line;
    size_t len;
    assert_int_equal(lines_next(&l, &line, &len), 1);
    lines_clear(&l);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_come_whole_however_they_were_cut),
        cmocka_unit_test(test_lines_are_numbered),
        cmocka_unit_test(test_out_of_memory_loses_nothing),
        cmocka_unit_test(test_a_descriptor_that_cannot_be_read_is_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
