#include "lines.h"

#include "error.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
    BLOCK = 64 << 10,
};

void lines_init(struct lines *l, int fd, size_t max)
{
    *l = (struct lines){.fd = fd, .max = max};
    buffer_init(&l->bytes, max + 2 + BLOCK);
}

void lines_clear(struct lines *l)
{
    buffer_clear(&l->bytes);
}

static void drop_taken(struct lines *l)
{
    buffer_consume(&l->bytes, l->taken);
    l->taken = 0;
}

int lines_read(struct lines *l)
{
    drop_taken(l);
    uint8_t *at;
    int rc = buffer_reserve(&l->bytes, BLOCK, &at);
    if (rc)
        return rc;
    ssize_t n = read(l->fd, at, BLOCK);
    if (n > 0) {
        buffer_commit(&l->bytes, (size_t)n);
        return (int)n;
    }
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    l->ended = true;
    return n < 0 ? ERROR_SYSTEM : ERROR_CLOSED;
}

static int take(struct lines *l, const char **line, size_t len, size_t with_end)
{
    bool too_long = l->skipping || len > l->max;
    l->taken = with_end;
    l->searched = 0;
    l->skipping = false;
    l->number++;
    if (too_long)
        return ERROR_LIMIT;
    size_t have;
    *line = (const char *)buffer_peek(&l->bytes, &have);
    return 1;
}

int lines_next(struct lines *l, const char **line, size_t *len)
{
    drop_taken(l);
    size_t have;
    const uint8_t *bytes = buffer_peek(&l->bytes, &have);
    const uint8_t *end = NULL;
    if (have > l->searched)
        end = memchr(bytes + l->searched, '\n', have - l->searched);
    if (end) {
        size_t with_end = (size_t)(end - bytes) + 1;
        *len = with_end > 1 && end[-1] == '\r' ? with_end - 2 : with_end - 1;
        return take(l, line, *len, with_end);
    }
    if (l->ended && (have || l->skipping)) {
        *len = have;
        return take(l, line, have, have);
    }
    l->searched = have;
    if (have > l->max + 1) { /* the last might be a carriage return */
        l->skipping = true;
        l->taken = have;
        l->searched = 0;
    }
    return 0;
}

bool lines_ended(const struct lines *l)
{
    return l->ended && l->bytes.len == l->taken && !l->skipping;
}
