#include "error.h"
#include "pins.h"
#include "scratch.h"
#include "trust.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const uint8_t key[KEYS_LEN] = {1}, other[KEYS_LEN] = {2};

static char folder[PATH_MAX], why[WORDS_MAX], key_fp[KEYS_FINGERPRINT_SIZE],
    other_fp[KEYS_FINGERPRINT_SIZE];

static int make_folder(void **state)
{
    umask(077);
    keys_fingerprint_format(key, key_fp);
    keys_fingerprint_format(other, other_fp);
    int rc = scratch_make(state);
    snprintf(folder, sizeof folder, "%s", scratch_folder());
    return rc;
}

static int judge(const char *relay, const char *fingerprint, const uint8_t *identity)
{
    why[0] = '\0';
    return trust_judge_relay(folder, relay, fingerprint, identity, why);
}

static void test_the_first_key_is_kept_and_another_refused(void **state)
{
    (void)state;
    assert_int_equal(judge("den:12121", "", key), 0);
    assert_int_equal(judge("den:12121", "", key), 0);
    assert_int_equal(judge("den:12121", "", other), ERROR_KEY);
    assert_non_null(strstr(why, key_fp));
    assert_non_null(strstr(why, other_fp));
    assert_non_null(strstr(why, "remove line 2, 'relay den:12121', of "));
    assert_non_null(strstr(why, folder));
    assert_int_equal(judge("den:12121", "", key), 0);
    assert_int_equal(judge("den:12122", "", other), 0);
}

static void test_who_is_found_has_the_key_that_it_announced(void **state)
{
    (void)state;
    assert_int_equal(trust_judge_found(key_fp, key, why), 0);
    assert_int_equal(trust_judge_found(key_fp, other, why), ERROR_KEY);
    assert_non_null(strstr(why, key_fp));
    assert_non_null(strstr(why, other_fp));
}

static void test_a_fingerprint_that_is_given_decides(void **state)
{
    (void)state;
    assert_int_equal(judge("den:12121", key_fp, other), ERROR_KEY);
    assert_non_null(strstr(why, key_fp));
    assert_non_null(strstr(why, other_fp));
    assert_int_equal(judge("den:12121", "", other), 0); /* nothing was pinned by that */
    assert_int_equal(judge("den:12121", key_fp, key), 0);
    assert_int_equal(judge("den:12121", "", key), 0);
    assert_int_equal(judge("den:12121", "", other), ERROR_KEY);
}

static void test_pins_that_cannot_be_read_trust_nobody(void **state)
{
    (void)state;
    char path[PATH_MAX + 8];
    snprintf(path, sizeof path, "%s/pins", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs("relay den:12121", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(judge("den:12121", "", key), ERROR_KEY);
    assert_non_null(strstr(why, "line 1 of "));
    assert_int_equal(judge("den:12121", key_fp, key), ERROR_KEY);
    folder[strlen(folder) - 1] ^= 1;
    assert_int_equal(judge("den:12121", "", key), ERROR_SYSTEM);
    folder[strlen(folder) - 1] ^= 1;
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(test_the_first_key_is_kept_and_another_refused),
        WITH_FOLDER(test_who_is_found_has_the_key_that_it_announced),
        WITH_FOLDER(test_a_fingerprint_that_is_given_decides),
        WITH_FOLDER(test_pins_that_cannot_be_read_trust_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
