#include "output.h"

#include "error.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    MARKS_MAX = OUTPUT_MAX, /* bytes */
};

struct mark {
    uint64_t end; /* in bytes, of all that were ever put */
    uint64_t what;
};

void output_init(struct output *o, int fd, int stop_fd)
{
    *o = (struct output){.fd = fd, .stop_fd = stop_fd};
    buffer_init(&o->bytes, OUTPUT_MAX);
    buffer_init(&o->marks, MARKS_MAX);
}

void output_clear(struct output *o)
{
    buffer_clear(&o->bytes);
    buffer_clear(&o->marks);
}

int output_mark(struct output *o, uint64_t what)
{
    const struct mark mark = {o->written + o->bytes.len, what};
    return buffer_put(&o->marks, &mark, sizeof mark);
}

/* Tells of the last mark that was reached. */
static void pass_marks(struct output *o)
{
    struct mark mark;
    size_t len;
    const uint8_t *at;
    bool any = false;
    while ((at = buffer_peek(&o->marks, &len))) {
        struct mark next;
        memcpy(&next, at, sizeof next);
        if (next.end > o->written)
            break;
        mark = next;
        any = true;
        buffer_consume(&o->marks, sizeof mark);
    }
    if (any)
        o->wrote(o->owner, mark.what);
}

/* 1 when something can be written without waiting. */
static int wait_for_reader(struct output *o)
{
    struct pollfd p[] = {{o->fd, POLLOUT, 0}, {o->stop_fd, POLLIN, 0}};
    for (;;) {
        int n = poll(p, 2, o->stuck ? -1 : OUTPUT_PATIENCE_MS);
        if (n < 0 && errno != EINTR)
            return ERROR_SYSTEM;
        if (n > 0 && p[0].revents)
            return 1;
        if (n > 0)
            return ERROR_STATE;
        if (n == 0) {
            o->stuck = true;
            fputs("-- nobody reads standard output: everything waits for that\n", stderr);
        }
    }
}

/*
 * How much to write at once: a pipe that has room takes this much without blocking, and whole even
 * if the program is killed meanwhile; so only whole lines where they are not longer.
 */
static size_t choose_piece(const uint8_t *bytes, size_t len)
{
    if (len <= PIPE_BUF)
        return len;
    const uint8_t *feed = memrchr(bytes, '\n', PIPE_BUF);
    return feed ? (size_t)(feed + 1 - bytes) : PIPE_BUF;
}

int output_flush(struct output *o)
{
    size_t len;
    const uint8_t *bytes;
    while ((bytes = buffer_peek(&o->bytes, &len))) {
        int rc = wait_for_reader(o);
        if (rc < 0)
            return rc;
        ssize_t n = write(o->fd, bytes, choose_piece(bytes, len));
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return errno == EPIPE ? ERROR_CLOSED : ERROR_SYSTEM;
        if (n > 0) {
            buffer_consume(&o->bytes, (size_t)n);
            o->written += (uint64_t)n;
            pass_marks(o);
        }
    }
    o->stuck = false;
    return 0;
}

int output_relieve(struct output *o)
{
    return o->bytes.len >= OUTPUT_FLUSH ? output_flush(o) : 0;
}
