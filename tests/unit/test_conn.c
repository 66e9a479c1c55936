#include "conn.h"
#include "error.h"
#include "torture.h"

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
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A connection and the other end of its socket. */
struct pair {
    struct conn *c;
    int other;
};

static void setup_unix(struct pair *p)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(conn_new(&p->c, fds[0]), 0);
    p->other = fds[1];
}

static void setup_tcp(struct pair *p)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
    p->other = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(p->other, (struct sockaddr *)&at, len), 0);
    assert_int_equal(conn_new(&p->c, accept(listener, NULL, NULL)), 0);
    close(listener);
}

static void teardown(struct pair *p)
{
    conn_free(p->c);
    if (p->other >= 0)
        close(p->other);
}

static void wait_for(struct conn *c, short events)
{
    struct pollfd pfd = {.fd = conn_fd(c), .events = events};
    assert_int_equal(poll(&pfd, 1, 10000), 1);
}

static int option(const struct conn *c, int name)
{
    int value = -1;
    socklen_t len = sizeof value;
    assert_int_equal(getsockopt(conn_fd(c), IPPROTO_TCP, name, &value, &len), 0);
    return value;
}

static void test_the_socket_is_prepared(void **state)
{
    (void)state;
    struct pair p;
    setup_tcp(&p);
    assert_true(fcntl(conn_fd(p.c), F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(conn_fd(p.c), F_GETFD) & FD_CLOEXEC);
    assert_true(option(p.c, TCP_NODELAY));
    assert_int_equal(option(p.c, TCP_USER_TIMEOUT), 90000);
    teardown(&p);
}

static void test_bytes_pass_both_ways(void **state)
{
    (void)state;
    struct pair p;
    setup_unix(&p);
    char got[8];
    assert_int_equal(conn_read(p.c, got, sizeof got), 0);
    assert_int_equal(write(p.other, "hello", 5), 5);
    assert_int_equal(conn_read(p.c, got, 2), 2);
    assert_memory_equal(got, "he", 2);
    assert_true(conn_pending(p.c));
    assert_int_equal(conn_read(p.c, got, 3), 3);
    assert_memory_equal(got, "llo", 3);
    assert_true(conn_pending(p.c)); /* as far as it knows */
    assert_int_equal(conn_read(p.c, got, sizeof got), 0);
    assert_false(conn_pending(p.c));
    assert_int_equal(conn_write(p.c, "bye", 3), 3);
    assert_int_equal(read(p.other, got, sizeof got), 3);
    assert_memory_equal(got, "bye", 3);
    teardown(&p);
}

static void test_a_full_socket_takes_nothing_and_harms_nothing(void **state)
{
    (void)state;
    struct pair p;
    setup_unix(&p);
    static char chunk[65536];
    size_t put = 0;
    int rc;
    while ((rc = conn_write(p.c, chunk, sizeof chunk)) > 0)
        put += (size_t)rc;
    assert_int_equal(rc, 0);
    assert_true(put > 0);
    while (put > 0) {
        ssize_t got = read(p.other, chunk, sizeof chunk);
        assert_true(got > 0);
        put -= (size_t)got;
    }
    assert_int_equal(conn_write(p.c, "x", 1), 1);
    teardown(&p);
}

static void test_an_orderly_end_is_told_after_the_bytes(void **state)
{
    (void)state;
    struct pair p;
    setup_unix(&p);
    char got[8];
    assert_int_equal(write(p.other, "last", 4), 4);
    assert_int_equal(shutdown(p.other, SHUT_WR), 0);
    assert_int_equal(conn_read(p.c, got, sizeof got), 4);
    assert_int_equal(conn_read(p.c, got, sizeof got), ERROR_CLOSED);
    assert_int_equal(conn_read(p.c, got, sizeof got), ERROR_CLOSED);
    assert_int_equal(conn_write(p.c, "answer", 6), 6);
    assert_int_equal(read(p.other, got, sizeof got), 6);
    teardown(&p);
}

static void test_finish_ends_the_sending_half_only(void **state)
{
    (void)state;
    struct pair p;
    setup_unix(&p);
    char got[8];
    assert_int_equal(conn_write(p.c, "end", 3), 3);
    assert_int_equal(conn_finish(p.c), 1);
    assert_int_equal(read(p.other, got, sizeof got), 3);
    assert_int_equal(read(p.other, got, sizeof got), 0);
    assert_int_equal(write(p.other, "more", 4), 4);
    assert_int_equal(conn_read(p.c, got, sizeof got), 4);
    teardown(&p);
}

static void test_a_reset_is_a_lost_connection(void **state)
{
    (void)state;
    struct pair p;
    setup_tcp(&p);
    char got[8];
    struct linger now = {.l_onoff = 1};
    assert_int_equal(setsockopt(p.other, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
    close(p.other);
    p.other = -1;
    wait_for(p.c, POLLIN);
    assert_int_equal(conn_read(p.c, got, sizeof got), ERROR_SYSTEM);
    assert_int_equal(errno, ECONNRESET);
    teardown(&p);
}

static void test_writing_to_nobody_raises_no_signal(void **state)
{
    (void)state;
    struct pair p;
    setup_unix(&p);
    close(p.other);
    p.other = -1;
    assert_int_equal(conn_write(p.c, "x", 1), ERROR_SYSTEM);
    assert_int_equal(errno, EPIPE);
    teardown(&p);
}

static void test_events(void **state)
{
    (void)state;
    struct pair p;
    setup_unix(&p);
    assert_int_equal(conn_events(p.c, false, false), 0);
    assert_int_equal(conn_events(p.c, true, false), POLLIN);
    assert_int_equal(conn_events(p.c, false, true), POLLOUT);
    assert_int_equal(conn_events(p.c, true, true), POLLIN | POLLOUT);
    teardown(&p);
}

static void test_a_failure_closes_the_socket(void **state)
{
    (void)state;
    struct conn *c;
    assert_int_equal(conn_new(&c, -1), ERROR_SYSTEM);
    assert_int_equal(errno, EBADF);
    assert_null(c);

    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    torture_begin(0);
    int rc = conn_new(&c, fds[0]);
    torture_end();
    assert_int_equal(rc, ERROR_NOMEM);
    assert_null(c);
    assert_int_equal(fcntl(fds[0], F_GETFD), -1);
    close(fds[1]);
    conn_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_socket_is_prepared),
        cmocka_unit_test(test_bytes_pass_both_ways),
        cmocka_unit_test(test_a_full_socket_takes_nothing_and_harms_nothing),
        cmocka_unit_test(test_an_orderly_end_is_told_after_the_bytes),
        cmocka_unit_test(test_finish_ends_the_sending_half_only),
        cmocka_unit_test(test_a_reset_is_a_lost_connection),
        cmocka_unit_test(test_writing_to_nobody_raises_no_signal),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_a_failure_closes_the_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
