#include "error.h"
#include "qr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static const char digits[] = "012345678901234567890123456789012345678901234567890123456789";

#define QUIET "████"

static void test_a_code_has_its_corners_and_light_around_it(void **state)
{
    (void)state;
    char out[QR_TEXT_MAX];
    assert_int_equal(qr_draw(digits, out, sizeof out), 0);
    size_t rows = 0;
    for (const char *line = out, *end; (end = strchr(line, '\n')); line = end + 1, rows++) {
        assert_memory_equal(line, rows < 16 ? QUIET : "▀▀▀▀", strlen(QUIET));
        if (rows == 3 || rows == 12) { /* through the corners on the left */
            static const char corner[] = QUIET " █   █ █";
            assert_memory_equal(line, corner, strlen(corner));
        }
    }
    assert_int_equal(rows, 17); /* 25 modules, and 4 on each side */
}

static void test_what_does_not_fit_is_not_drawn(void **state)
{
    (void)state;
    char out[QR_TEXT_MAX];
    int rc = ERROR_LIMIT;
    for (size_t size = 1; rc; size++) {
        assert_true(size < sizeof out);
        rc = qr_draw(digits, out, size);
        assert_true(rc == 0 || (rc == ERROR_LIMIT && out[0] == '\0'));
        assert_true(strlen(out) < size);
    }
    static char large[8192];
    memset(large, 'a', sizeof large - 1);
    assert_int_equal(qr_draw(large, out, sizeof out), ERROR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_code_has_its_corners_and_light_around_it),
        cmocka_unit_test(test_what_does_not_fit_is_not_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
