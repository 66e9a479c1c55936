/* Memory for secrets does not come from malloc: here it can fail as if it did. */
#include <stddef.h>
#include <stdlib.h>

void *__real_sodium_malloc(size_t size);
void *__wrap_sodium_malloc(size_t size);

void *__wrap_sodium_malloc(size_t size)
{
    void *volatile probe = malloc(1); /* volatile: or a compiler may do without it */
    free(probe);
    return probe ? __real_sodium_malloc(size) : NULL;
}
