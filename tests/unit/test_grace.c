#include "error.h"
#include "grace.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void put(struct grace *g, const char *text, uint64_t due_ms)
{
    assert_int_equal(grace_put(g, text, strlen(text), false, due_ms), 0);
}

static void assert_joined(const struct grace *g, const char *text, const char *expected)
{
    size_t len;
    char *joined = grace_join(g, text, strlen(text), &len);
    assert_non_null(joined);
    assert_string_equal(joined, expected);
    assert_int_equal(len, strlen(expected));
    free(joined);
}

static void assert_taken(struct grace_line *line, const char *text)
{
    assert_non_null(line);
    assert_string_equal(line->text, text);
    free(line);
}

static void test_lines_keep_their_order(void **state)
{
    (void)state;
    struct grace g = {0};
    assert_int_equal(grace_deadline(&g), UINT64_MAX);
    assert_null(grace_newest(&g));
    assert_null(grace_take_oldest(&g));
    assert_null(grace_take_newest(&g));
    put(&g, "one", 5000);
    put(&g, "two", 3000); /* the time was made shorter in between */
    put(&g, "three", 6000);
    assert_string_equal(grace_newest(&g)->text, "three");
    assert_taken(grace_take_newest(&g), "three");
    assert_int_equal(grace_deadline(&g), 5000);
    assert_taken(grace_take_oldest(&g), "one");
    assert_int_equal(grace_deadline(&g), 5000);
    assert_taken(grace_take_newest(&g), "two");
    assert_int_equal(g.count + g.bytes, 0);
    assert_int_equal(grace_deadline(&g), UINT64_MAX);
}

static void test_what_would_be_lost_is_one_text(void **state)
{
    (void)state;
    struct grace g = {0};
    assert_joined(&g, "", "");
    assert_joined(&g, "draft", "draft");
    put(&g, "one", 1);
    assert_joined(&g, "", "one");
    put(&g, "two\nlines", 1);
    assert_joined(&g, "draft", "one\ntwo\nlines\ndraft");
    grace_clear(&g);
    assert_joined(&g, "draft", "draft");
}

static void test_out_of_memory_changes_nothing(void **state)
{
    (void)state;
    struct grace g = {0};
    size_t len;
    put(&g, "one", 1);
    for (size_t n = 0; torture_begin(n); n++) {
        int rc = grace_put(&g, "two", 3, true, 2);
        if (rc == 0)
            free(grace_take_newest(&g));
        char *joined = grace_join(&g, "", 0, &len);
        bool failed = torture_failed();
        torture_end();
        assert_int_equal(failed, rc == ERROR_NOMEM || !joined);
        free(joined);
    }
    assert_int_equal(g.count, 1);
    assert_joined(&g, "", "one");
    grace_clear(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_keep_their_order),
        cmocka_unit_test(test_what_would_be_lost_is_one_text),
        cmocka_unit_test(test_out_of_memory_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
