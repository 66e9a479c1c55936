#include "torture.h"

#include <stdint.h>
#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t max);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t max);

static bool armed, failed;
static size_t left; /* allocations until the one that fails */

bool torture_begin(size_t n)
{
    if (n > 0 && !failed)
        return false;
    armed = true;
    failed = false;
    left = n;
    return true;
}

void torture_end(void)
{
    armed = false;
}

bool torture_failed(void)
{
    return failed;
}

/* Whether this allocation is to fail: one only, as a machine short of memory may well go on. */
bool torture_fails(void)
{
    if (!armed || failed)
        return false;
    if (left-- > 0)
        return false;
    failed = true;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return torture_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return torture_fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *at, size_t size)
{
    return torture_fails() ? NULL : __real_realloc(at, size);
}

char *__wrap_strdup(const char *s)
{
    return torture_fails() ? NULL : __real_strdup(s);
}

char *__wrap_strndup(const char *s, size_t max)
{
    return torture_fails() ? NULL : __real_strndup(s, max);
}
