#include "torture_lines.h"

#include <errno.h>
#include <stdio.h>

int torture_lines = -1;

ssize_t __real___getdelim(char **line, size_t *size, int end, FILE *file);
ssize_t __wrap___getdelim(char **line, size_t *size, int end, FILE *file);
ssize_t __wrap_getline(char **line, size_t *size, FILE *file);

ssize_t __wrap___getdelim(char **line, size_t *size, int end, FILE *file)
{
    if (torture_lines < 0 || torture_lines-- > 0)
        return __real___getdelim(line, size, end, file);
    errno = ENOMEM;
    return -1;
}

/* The one above is called by this one, or instead of it where it is inline. */
ssize_t __wrap_getline(char **line, size_t *size, FILE *file)
{
    return __wrap___getdelim(line, size, '\n', file);
}
