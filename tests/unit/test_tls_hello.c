#include "tls_hello.h"

#include "error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Records by type, length, and the length of the message that their first bytes claim. */
static const struct {
    const char *what;
    uint8_t type;
    size_t record, message, here;
    int expected; /* 0; ERROR_TLS; or 1 for the length of the record */
} cases[] = {
    {"a whole hello", 22, 300, 296, 305, 1},
    {"a hello and more", 22, 300, 296, 400, 1},
    {"all but the last byte", 22, 300, 296, 304, 0},
    {"nothing", 22, 300, 296, 0, 0},
    {"part of the record's header", 22, 300, 296, 4, 0},
    {"the record's header", 22, 300, 296, 5, 0},
    {"a message longer than its record", 22, 300, 297, 305, ERROR_TLS},
    {"a message shorter than its record", 22, 300, 295, 305, ERROR_TLS},
    {"a message of 16 MB", 22, 300, 0xffffff, 305, ERROR_TLS},
    {"a record without a whole message header", 22, 3, 0, 8, ERROR_TLS},
    {"an empty record", 22, 0, 0, 5, ERROR_TLS},
    {"the longest", 22, TLS_HELLO_MAX, TLS_HELLO_MAX - 4, 5 + TLS_HELLO_MAX, 1},
    {"one longer, judged by its header", 22, TLS_HELLO_MAX + 1, 0, 5, ERROR_TLS},
    {"an alert", 21, 2, 0, 7, 1},
    {"a change of cipher", 20, 1, 0, 6, 1},
    {"too long an alert", 21, 0xffff, 0, 5, ERROR_TLS},
};

static void test_records(void **state)
{
    static uint8_t bytes[TLS_RECORD_HEADER + TLS_HELLO_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memset(bytes, 0, sizeof bytes);
        bytes[0] = cases[i].type;
        bytes[3] = (uint8_t)(cases[i].record >> 8);
        bytes[4] = (uint8_t)cases[i].record;
        bytes[6] = (uint8_t)(cases[i].message >> 16);
        bytes[7] = (uint8_t)(cases[i].message >> 8);
        bytes[8] = (uint8_t)cases[i].message;
        const char *why = NULL;
        int rc = tls_hello_judge(cases[i].here ? bytes : NULL, cases[i].here, &why);
        int expected = cases[i].expected > 0 ? (int)(5 + cases[i].record) : cases[i].expected;
        if (rc != expected)
            fail_msg("%s: %d, not %d", cases[i].what, rc, expected);
        if (rc < 0)
            assert_non_null(why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_records)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
