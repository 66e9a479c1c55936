#include "error.h"
#include "filename.h"
#include "text.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static const char *make(const char *name, unsigned number)
{
    static char out[FILENAME_SIZE];
    assert_non_null(filename_make(name, strlen(name), number, out));
    assert_null(strchr(out, '/'));
    assert_true(*out && *out != '.');
    return out;
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned number;
        const char *made;
    } cases[] = {
        {"photo.jpg", 1, "photo.jpg"},
        {"photo.jpg", 2, "photo (2).jpg"},
        {"archive.tar.gz", 12, "archive.tar (12).gz"},
        {"README", 3, "README (3)"},
        {"Zoë 🎉.png", 1, "Zoë 🎉.png"},
        {"", 1, "file"},
        {"", 2, "file (2)"},
        {".", 1, "_"},
        {"..", 1, "_."},
        {"...", 2, "_. (2)."},
        {"/", 1, "file"},
        {"../../etc/passwd", 1, "passwd"},
        {"/etc/cron.d/job", 1, "job"},
        {"folder/", 1, "file"},
        {".bashrc", 1, "_bashrc"},
        {".profile", 2, "_profile (2)"},
        {"-rf", 1, "_rf"},
        {" ", 1, "_"},
        {"~", 1, "_"},
        {"two\nlines", 1, "two^Jlines"},
        {"\033]0;title\a.txt", 1, "^[]0;title^G.txt"},
        {"invoice\u202egpj.exe", 1, "invoice<U+202E>gpj.exe"},
        {"a\u200eb\u200fc\u061c", 1, "abc"},
        {"\u200e.hidden", 1, "_hidden"},
        {"\u200f", 2, "file (2)"},
        {"bad\377bytes", 1, "bad\ufffdbytes"},
        {"name.an extension that is none", 2, "name.an extension that is none (2)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(make(cases[i].name, cases[i].number), cases[i].made);
}

static void test_a_long_name_is_cut_before_its_extension(void **state)
{
    (void)state;
    char name[1001] = "", expected[FILENAME_SIZE];
    memset(name, 'x', 300);
    strcpy(name + 300, ".jpeg");
    memset(expected, 'x', 250);
    strcpy(expected + 250, ".jpeg");
    assert_string_equal(make(name, 1), expected);
    strcpy(expected + 246, " (2).jpeg");
    assert_string_equal(make(name, 2), expected);
    for (int i = 0; i < 100; i++)
        memcpy(name + 8 * i, "👍🏽", 9);
    assert_int_equal(strlen(make(name, 1)), 248);
    assert_true(text_is_utf8(make(name, 7), 248));
    assert_string_equal(make(name, 7) + 248, " (7)");
}

/* Direction marks stand between what would be one cluster, too long for any name, without them. */
static void test_no_cluster_is_the_whole_name(void **state)
{
    (void)state;
    static const char joined[] = "\u1100\u1100\u1100\u1100\u1100\u1100\u1100\u1100\u200e";
    char name[1000] = "";
    for (int i = 0; i < 20; i++)
        strcat(name, joined);
    strcat(name, ".bashrc");
    const char *made = make(name, 1);
    assert_true(strlen(made) > 200);
    assert_string_equal(made + strlen(made) - 7, ".bashrc");
}

static void test_the_end_of_a_path(void **state)
{
    (void)state;
    assert_string_equal(filename_of("photo.jpg"), "photo.jpg");
    assert_string_equal(filename_of("/home/zoë/photo.jpg"), "photo.jpg");
    assert_string_equal(filename_of("folder/"), "");
}

static void test_paths_as_they_are_typed(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *path;
    } cases[] = {
        {"a b.txt", "a b.txt"},
        {"~", "/home/zoë"},
        {"~/a", "/home/zoë/a"},
        {"~bob/a", "~bob/a"},
        {"'/tmp/a b'", "/tmp/a b"},
        {"\"~/a b\"", "/home/zoë/a b"},
        {"'", "'"},
        {"'a\"", "'a\""},
        {"", ""},
    };
    char path[PATH_MAX], longest[PATH_MAX + 1];
    setenv("HOME", "/home/zoë", 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(filename_expand(cases[i].typed, strlen(cases[i].typed), path), 0);
        assert_string_equal(path, cases[i].path);
    }
    memset(longest, 'x', sizeof longest);
    assert_int_equal(filename_expand(longest, PATH_MAX - 1, path), 0);
    assert_int_equal(filename_expand(longest, PATH_MAX, path), ERROR_LIMIT);
    assert_int_equal(filename_expand("a\0b", 3, path), ERROR_STATE);
}

static void test_out_of_memory_is_told(void **state)
{
    (void)state;
    char out[FILENAME_SIZE];
    for (size_t i = 0; i < 2; i++) {
        torture_begin(i);
        assert_null(filename_make("a", 1, 1, out));
        torture_end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_a_long_name_is_cut_before_its_extension),
        cmocka_unit_test(test_no_cluster_is_the_whole_name),
        cmocka_unit_test(test_the_end_of_a_path),
        cmocka_unit_test(test_paths_as_they_are_typed),
        cmocka_unit_test(test_out_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
