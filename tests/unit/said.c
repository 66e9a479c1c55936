#include "said.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

char said[1 << 16];
int said_answer;

int say(const char *format, ...)
{
    size_t len = strlen(said);
    va_list args;
    va_start(args, format);
    vsnprintf(said + len, sizeof said - len, format, args);
    va_end(args);
    return said_answer;
}

void assert_said(const char *expected)
{
    assert_string_equal(said, expected);
    said[0] = '\0';
}
