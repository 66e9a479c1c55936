#include "error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void test_every_error_has_a_text_of_its_own(void **state)
{
    (void)state;
    for (int a = ERROR_NOMEM; a >= ERROR_FULL; a--) {
        assert_string_not_equal(error_text(a), "unknown error");
        for (int b = ERROR_NOMEM; b > a; b--)
            assert_string_not_equal(error_text(a), error_text(b));
    }
}

static void test_other_numbers_are_unknown(void **state)
{
    (void)state;
    const int numbers[] = {1, ERROR_FULL - 1, INT32_MIN};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        assert_string_equal(error_text(numbers[i]), "unknown error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_error_has_a_text_of_its_own),
        cmocka_unit_test(test_other_numbers_are_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
