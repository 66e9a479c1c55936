#include "wire.h"

#include "address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void wait_for(int fd, short events, const char *what)
{
    struct pollfd pfd = {.fd = fd, .events = events};
    int rc;
    do {
        rc = poll(&pfd, 1, WIRE_DEADLINE_MS);
    } while (rc < 0 && errno == EINTR);
    if (rc != 1)
        fail_msg("waited in vain %s", what);
}

void wire_open(struct wire *w, const char *address)
{
    struct address a;
    struct address_socket s;
    char why[ADDRESS_ERROR_MAX];
    assert_int_equal(address_parse(address, &a, why), 0);
    /* The address of a socket that listens on every address reaches it too. */
    assert_true(address_resolve(&a, false, &s, 1, why) == 1);
    w->len = 0;
    w->fd = address_connect(&s);
    assert_true(w->fd >= 0);
    wait_for(w->fd, POLLOUT, "to be connected");
    assert_int_equal(address_connect_error(w->fd), 0);
    fcntl(w->fd, F_SETFL, 0);
    const int on = 1; /* or small frames would wait for each other; no matter in a Unix socket */
    setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void wire_close(struct wire *w)
{
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
}

void wire_reset(struct wire *w)
{
    const struct linger now = {.l_onoff = 1};
    setsockopt(w->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    wire_close(w);
}

void wire_finish(struct wire *w)
{
    shutdown(w->fd, SHUT_WR);
}

void wire_send_bytes(struct wire *w, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    while (len > 0) {
        wait_for(w->fd, POLLOUT, "to send");
        ssize_t put = send(w->fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (put < 0 && errno == EAGAIN)
            continue;
        if (put < 0)
            return; /* the relay closed: what it said is what the test looks at */
        at += put;
        len -= (size_t)put;
    }
}

size_t wire_encode(const char *header, const void *content, size_t content_len,
                   uint8_t out[WIRE_SIZE])
{
    size_t header_len = strlen(header), n = 2 + header_len + content_len;
    assert_true(n + 4 <= WIRE_SIZE);
    const uint8_t prefix[] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16),         (uint8_t)(n >> 8),
                              (uint8_t)n,         (uint8_t)(header_len >> 8), (uint8_t)header_len};
    memcpy(out, prefix, sizeof prefix);
    memcpy(out + sizeof prefix, header, header_len);
    if (content_len)
        memcpy(out + sizeof prefix + header_len, content, content_len);
    return n + 4;
}

void wire_send(struct wire *w, const char *header, const char *content)
{
    static uint8_t frame[WIRE_SIZE];
    wire_send_bytes(w, frame, wire_encode(header, content, content ? strlen(content) : 0, frame));
}

/* Reads more; false at the end of the stream, or where it is lost (errno) if `may_be_lost`. */
static bool fill(struct wire *w, bool may_be_lost, const char *what)
{
    assert_true(w->len < sizeof w->bytes);
    wait_for(w->fd, POLLIN, what);
    ssize_t got = recv(w->fd, w->bytes + w->len, sizeof w->bytes - w->len, 0);
    if (got < 0 && !may_be_lost)
        fail_msg("connection lost (%s), waiting %s", strerror(errno), what);
    if (got <= 0)
        return false;
    w->len += (size_t)got;
    return true;
}

/* The length of the frame that has come whole, or 0. */
static size_t whole(const struct wire *w)
{
    if (w->len < 6)
        return 0;
    size_t n = (size_t)w->bytes[0] << 24 | (size_t)w->bytes[1] << 16 | (size_t)w->bytes[2] << 8 |
               w->bytes[3];
    return w->len >= n + 4 ? n + 4 : 0;
}

static bool matches(const char *pattern, const char *s, size_t len)
{
    if (*pattern == '*')
        return matches(pattern + 1, s, len) ||
               (len > 0 && *s != '"' && matches(pattern, s + 1, len - 1));
    if (!*pattern || len == 0)
        return !*pattern && len == 0;
    return *pattern == *s && matches(pattern + 1, s + 1, len - 1);
}

static void drop_frame(struct wire *w, size_t len)
{
    w->len -= len;
    memmove(w->bytes, w->bytes + len, w->len);
}

void wire_expect(struct wire *w, const char *header, const char *content)
{
    size_t len;
    while ((len = whole(w)) == 0)
        if (!fill(w, false, header))
            fail_msg("the stream ended instead of %s", header);
    size_t header_len = (size_t)w->bytes[4] << 8 | w->bytes[5], content_len = len - 6 - header_len;
    const char *got = (const char *)w->bytes + 6;
    if (!matches(header, got, header_len))
        fail_msg("got %.*s\nwanted %s", (int)header_len, got, header);
    assert_int_equal(content_len, content ? strlen(content) : 0);
    if (content_len)
        assert_memory_equal(got + header_len, content, content_len);
    drop_frame(w, len);
}

void wire_expect_later(struct wire *w, const char *header)
{
    for (bool found = false; !found;) {
        size_t len;
        while ((len = whole(w)) == 0)
            if (!fill(w, false, header))
                fail_msg("the stream ended without %s", header);
        size_t header_len = (size_t)w->bytes[4] << 8 | w->bytes[5];
        found = matches(header, (const char *)w->bytes + 6, header_len);
        drop_frame(w, len);
    }
}

void wire_expect_end(struct wire *w)
{
    if (w->len > 0 || fill(w, false, "for the end"))
        fail_msg("got %.*s instead of the end", w->len > 6 ? (int)w->len - 6 : 0,
                 (const char *)w->bytes + 6);
}

void wire_expect_gone(struct wire *w)
{
    while (fill(w, true, "for the end"))
        w->len = 0;
}
