#include "output.h"

#include "error.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

void output_init(struct output *o, int fd, int stop_fd)
{
    *o = (struct output){.fd = fd, .stop_fd = stop_fd};
    buffer_init(&o->bytes, OUTPUT_MAX);
}

void output_clear(struct output *o)
{
    buffer_clear(&o->bytes);
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

int output_flush(struct output *o)
{
    size_t len;
    const uint8_t *bytes;
    while ((bytes = buffer_peek(&o->bytes, &len))) {
        int rc = wait_for_reader(o);
        if (rc < 0)
            return rc;
        /* A pipe that has room takes this much without blocking. */
        ssize_t n = write(o->fd, bytes, len < PIPE_BUF ? len : PIPE_BUF);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return errno == EPIPE ? ERROR_CLOSED : ERROR_SYSTEM;
        if (n > 0)
            buffer_consume(&o->bytes, (size_t)n);
    }
    o->stuck = false;
    return 0;
}

int output_relieve(struct output *o)
{
    return o->bytes.len >= OUTPUT_FLUSH ? output_flush(o) : 0;
}
