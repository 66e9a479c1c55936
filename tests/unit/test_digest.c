#include "digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* As `b2sum -l 256` gives them. */
static void test_pieces_make_the_digest_of_the_whole(void **state)
{
    (void)state;
    struct digest d;
    char text[DIGEST_TEXT_SIZE];
    digest_init(&d);
    digest_end(&d, text);
    assert_string_equal(text, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    digest_init(&d);
    digest_add(&d, "a", 1);
    digest_add(&d, "", 0);
    digest_add(&d, "bc", 2);
    digest_end(&d, text);
    assert_string_equal(text, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_make_the_digest_of_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
