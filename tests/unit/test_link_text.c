#include "link_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static void test_links(void **state)
{
    (void)state;
    static const struct {
        const char *text, *links; /* each with a blank behind it */
    } cases[] = {
        {"", ""},
        {"no link", ""},
        {"http://a.example", "http://a.example "},
        {"see https://a.example/b?c=d#e, or", "https://a.example/b?c=d#e "},
        {"(https://a.example/x)", "https://a.example/x "},
        {"https://a.example/x_(y)", "https://a.example/x_(y) "},
        {"<https://a.example>.", "https://a.example "},
        {"https://a.example... https://b.example!\nhttp://c",
         "https://a.example https://b.example http://c "},
        {"xhttps://a.example", ""},
        {"https:// and http://", ""},
        {"ftp://a javascript:x file:///etc", ""},
        {"HTTPS://A", ""},
        {"https://ä.example/x", ""},
        {"https://a.example/ä", ""},
        {"https://.", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct link_text link;
        size_t from = 0, len = strlen(cases[i].text);
        char found[256] = "";
        while (link_text_next(cases[i].text, len, from, &link)) {
            strncat(found, cases[i].text + link.start, link.end - link.start);
            strcat(found, " ");
            from = link.end;
        }
        assert_string_equal(found, cases[i].links);
    }
}

static void test_a_link_is_found_from_inside(void **state)
{
    (void)state;
    struct link_text link;
    static const char text[] = "at https://a.example/b there";
    assert_true(link_text_next(text, sizeof text - 1, 10, &link));
    assert_int_equal(link.start, 3);
    assert_int_equal(link.end, 22);
    assert_false(link_text_next(text, sizeof text - 1, 22, &link));
}

static void test_what_is_too_long_is_none(void **state)
{
    (void)state;
    static char text[LINK_TEXT_MAX + 1];
    struct link_text link;
    memset(text, 'x', sizeof text);
    memcpy(text, "https://", 8);
    assert_true(link_text_next(text, LINK_TEXT_MAX, 0, &link));
    assert_false(link_text_next(text, LINK_TEXT_MAX + 1, 0, &link));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_a_link_is_found_from_inside),
        cmocka_unit_test(test_what_is_too_long_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
