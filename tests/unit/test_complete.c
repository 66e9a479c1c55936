#include "complete.h"
#include "error.h"
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

/* What a line can become, with a `|` before each text; the cursor is at its end. */
static const char *found(const char *line)
{
    static char out[4096];
    struct complete c;
    size_t len = (size_t)snprintf(out, sizeof out, "0");
    assert_int_equal(complete_find(&c, line, strlen(line)), 0);
    len = (size_t)snprintf(out, sizeof out, "%zu", c.at);
    for (size_t i = 0; i < c.count; i++)
        len += (size_t)snprintf(out + len, sizeof out - len, "|%s", c.choices[i].text);
    complete_clear(&c);
    return out;
}

static void test_what_can_be_completed(void **state)
{
    (void)state;
    static const struct {
        const char *line, *found;
    } cases[] = {
        {"", "0"},
        {"hello", "0"},
        {"/he", "0|/help "},
        {"/q", "0|/quit"},
        {"/re", "0|/reply |/react "},
        {"/nothing", "0"},
        {" /he", "1"},
        {"/help qu", "6|quit"},
        {"/help /qu", "6|/quit"},
        {"/set the", "5|theme "},
        {"/set theme ", "11|dark|light|mono"},
        {"/theme m", "7|mono"},
        {"/set theme l", "11|light"},
        {"/set theme  l", "12|light"},
        {"/set nothing ", "13"},
        {"/me /he", "4"},
        {"at 12:30", "3"},
        {":", "0"},
        {"yes :tad", "4|🎉"},
        {"/react :thumbs", "7|👎|👍"},
        {"two\n:tad", "4|🎉"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(found(cases[i].line), cases[i].found);
}

static void test_files(void **state)
{
    (void)state;
    char folder[] = "/tmp/complete.XXXXXX", command[256], line[128], expected[512];
    assert_non_null(mkdtemp(folder));
    snprintf(command, sizeof command,
             "cd %s && mkdir box && ln -s box link && touch 'a b.txt' b a.txt .hidden \"$(printf "
             "'bad\\377')\"",
             folder);
    assert_int_equal(system(command), 0);
    snprintf(line, sizeof line, "/set notify %s/", folder);
    snprintf(expected, sizeof expected, "12|%s/a b.txt|%s/a.txt|%s/b|%s/box/|%s/link/", folder,
             folder, folder, folder, folder);
    assert_string_equal(found(line), expected);
    snprintf(line, sizeof line, "/set notify %s/.h", folder);
    snprintf(expected, sizeof expected, "12|%s/.hidden", folder);
    assert_string_equal(found(line), expected);
    assert_string_equal(found("/set notify /nothing/at/all"), "12");
    snprintf(line, sizeof line, "/save %s/", folder);
    snprintf(expected, sizeof expected, "6|%s/box/|%s/link/", folder, folder);
    assert_string_equal(found(line), expected);
    snprintf(line, sizeof line, "/send  %s/a b", folder); /* a name may have spaces */
    snprintf(expected, sizeof expected, "7|%s/a b.txt", folder);
    assert_string_equal(found(line), expected);
    setenv("HOME", folder, 1);
    assert_string_equal(found("/send ~/bo"), "6|~/box/");
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static void test_out_of_memory_is_told(void **state)
{
    (void)state;
    bool more = true;
    for (size_t n = 0; more; n++) {
        struct complete c;
        more = torture_begin(n);
        int rc = complete_find(&c, "/re", 3);
        torture_end();
        assert_int_equal(rc, torture_failed() ? ERROR_NOMEM : 0);
        complete_clear(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_can_be_completed),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_out_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
