#include "allow.h"
#include "error.h"
#include "scratch.h"
#include "torture.h"
#include "torture_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define ALICE "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define BOB   "PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw="

static const char *path;
static char handed[1024]; /* what the relay was given, joined by blanks */

int relay_set_allowed(struct relay *r, const char *const *identities, size_t count)
{
    assert_null(r);
    assert_non_null(identities); /* else everybody may join */
    *handed = '\0';
    for (size_t i = 0; i < count; i++) {
        strcat(handed, identities[i]);
        strcat(handed, " ");
    }
    return 0;
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    strcpy(handed, "nothing");
}

static void test_good_files(void **state)
{
    (void)state;
    static const struct {
        const char *text, *handed;
    } table[] = {
        {"", ""},
        {ALICE, ALICE " "},
        {ALICE "\n", ALICE " "},
        {ALICE " alice's laptop\n" BOB "\tbob\r\n", ALICE " " BOB " "},
        {"# people\n\n   \n  " BOB "\n\n", BOB " "},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char why[ALLOW_ERROR_MAX] = "";
        write_file(table[i].text);
        assert_int_equal(allow_load(path, NULL, why), 0);
        assert_string_equal(why, "");
        assert_string_equal(handed, table[i].handed);
    }
}

static void test_a_bad_line_is_named_and_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned line;
    } table[] = {
        {"alice\n", 1},
        {ALICE "\n\n" ALICE "x\n", 3},
        {ALICE "\nx" ALICE "\n", 2},
        {"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo\n", 1},  /* no padding */
        {"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURp=\n", 1}, /* bits that mean nothing */
        {"11qYAYKxCrfVS-7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n", 1},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char why[ALLOW_ERROR_MAX] = "", expected[ALLOW_ERROR_MAX];
        write_file(table[i].text);
        assert_int_equal(allow_load(path, NULL, why), ERROR_KEY);
        snprintf(expected, sizeof expected,
                 "line %u of '%s' does not begin with a key; write a key (44 characters of base64) "
                 "and a comment on each line",
                 table[i].line, path);
        assert_string_equal(why, expected);
        assert_string_equal(handed, "nothing");
    }
}

static void test_a_file_that_cannot_be_read(void **state)
{
    (void)state;
    char why[ALLOW_ERROR_MAX] = "";
    assert_int_equal(allow_load("/nonexistent/friends", NULL, why), ERROR_SYSTEM);
    assert_string_equal(why, "cannot read the list of identities '/nonexistent/friends': No such "
                             "file or directory");
    assert_int_equal(allow_load("/", NULL, why), ERROR_SYSTEM);
    assert_string_equal(why, "cannot read the list of identities '/': Is a directory");
}

static void test_out_of_memory(void **state)
{
    (void)state;
    write_file(ALICE "\n" BOB "\n");
    for (size_t n = 0; torture_begin(n); n++) {
        strcpy(handed, "nothing");
        char why[ALLOW_ERROR_MAX] = "";
        int rc = allow_load(path, NULL, why);
        torture_end();
        if (!torture_failed() || rc == 0)
            continue;
        assert_int_equal(rc, ERROR_NOMEM);
        assert_string_equal(why, "out of memory");
        assert_string_equal(handed, "nothing");
    }
    assert_string_equal(handed, ALICE " " BOB " ");
}

static void test_half_a_list_is_none(void **state)
{
    (void)state;
    char why[ALLOW_ERROR_MAX] = "";
    write_file(ALICE "\n" BOB "\n");
    torture_lines = 1;
    assert_int_equal(allow_load(path, NULL, why), ERROR_SYSTEM);
    assert_non_null(strstr(why, "Cannot allocate memory"));
    assert_string_equal(handed, "nothing");
}

static int set_up(void **state)
{
    int rc = scratch_make(state);
    path = scratch_path("list");
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_files),
        cmocka_unit_test(test_a_bad_line_is_named_and_changes_nothing),
        cmocka_unit_test(test_a_file_that_cannot_be_read),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_half_a_list_is_none),
    };
    return cmocka_run_group_tests(tests, set_up, scratch_remove);
}
