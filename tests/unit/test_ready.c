#include "error.h"
#include "ready.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* A watched socket and its other end. */
struct end {
    int fd, other;
    short revents; /* as the last pass gave them */
    unsigned seen; /* how often it came in that pass */
};

static void open_end(struct end *e)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    *e = (struct end){.fd = fds[0], .other = fds[1]};
}

static void close_end(struct end *e)
{
    close(e->fd);
    if (e->other >= 0)
        close(e->other);
}

static struct ready *new_ready(void)
{
    struct ready *r;
    assert_int_equal(ready_new(&r), 0);
    return r;
}

/* One pass; gives how many were ready. */
static int pass(struct ready *r, struct end *ends, size_t count, int timeout_ms)
{
    for (size_t i = 0; i < count; i++)
        ends[i].seen = 0;
    assert_int_equal(ready_poll(r, timeout_ms), 0);
    void *owner;
    short revents;
    int ready = 0;
    while (ready_next(r, &owner, &revents)) {
        struct end *e = owner;
        e->revents = revents;
        e->seen++;
        ready++;
    }
    return ready;
}

static void test_what_is_ready_is_told_with_its_owner(void **state)
{
    (void)state;
    struct ready *r = new_ready();
    struct end e[3];
    for (int i = 0; i < 3; i++) {
        open_end(&e[i]);
        assert_int_equal(ready_add(r, e[i].fd, POLLIN, &e[i]), 0);
    }
    assert_int_equal(pass(r, e, 3, 0), 0);
    assert_int_equal(write(e[1].other, "x", 1), 1);
    for (int i = 0; i < 2; i++) { /* what was not read is told again where that is asked for */
        assert_int_equal(pass(r, e, 3, -1), 1);
        assert_int_equal(e[1].seen, 1);
        assert_int_equal(e[1].revents, POLLIN);
        assert_int_equal(ready_change(r, e[1].fd, POLLIN, &e[1]), 0);
    }
    assert_int_equal(ready_change(r, e[1].fd, POLLOUT, &e[1]), 0);
    assert_int_equal(ready_change(r, e[2].fd, POLLIN | POLLOUT, &e[2]), 0);
    assert_int_equal(pass(r, e, 3, -1), 2);
    assert_int_equal(e[1].revents, POLLOUT);
    assert_int_equal(e[2].revents, POLLOUT);
    assert_int_equal(ready_change(r, e[1].fd, 0, &e[1]), 0);
    assert_int_equal(ready_change(r, e[2].fd, 0, &e[2]), 0);
    assert_int_equal(pass(r, e, 3, 0), 0);
    for (int i = 0; i < 3; i++) {
        ready_remove(r, e[i].fd);
        close_end(&e[i]);
    }
    ready_free(r);
}

static void test_a_hang_up_is_told_to_those_that_wait_for_nothing(void **state)
{
    (void)state;
    struct ready *r = new_ready();
    struct end e;
    open_end(&e);
    assert_int_equal(ready_add(r, e.fd, 0, &e), 0);
    assert_int_equal(pass(r, &e, 1, 0), 0);
    close(e.other);
    e.other = -1;
    assert_int_equal(pass(r, &e, 1, -1), 1);
    assert_true(e.revents & POLLHUP);
    ready_remove(r, e.fd);
    close_end(&e);
    ready_free(r);
}

/* The descriptor of a removed one is used again at once, within the pass. */
static void test_removed_and_added_within_a_pass(void **state)
{
    (void)state;
    struct ready *r = new_ready();
    struct end e[2];
    for (int i = 0; i < 2; i++) {
        open_end(&e[i]);
        assert_int_equal(write(e[i].other, "x", 1), 1);
        assert_int_equal(ready_add(r, e[i].fd, POLLIN, &e[i]), 0);
    }
    assert_int_equal(ready_poll(r, -1), 0);
    void *owner;
    short revents;
    assert_int_equal(ready_next(r, &owner, &revents), 1);
    for (int i = 0; i < 2; i++)
        ready_remove(r, e[i].fd);
    struct end again = {.fd = dup2(e[0].fd, e[1].fd)};
    assert_int_equal(ready_add(r, again.fd, POLLIN, &again), 0);
    while (ready_next(r, &owner, &revents))
        assert_true(owner == &e[0] || owner == &e[1]); /* those of this pass, if any */
    assert_int_equal(pass(r, &again, 1, -1), 1);
    assert_int_equal(again.seen, 1);
    ready_remove(r, again.fd);
    for (int i = 0; i < 2; i++)
        close_end(&e[i]);
    ready_free(r);
}

static void test_many_come_each_once_and_none_is_forgotten(void **state)
{
    (void)state;
    enum {
        COUNT = 600
    };
    static struct end e[COUNT];
    unsigned total[COUNT] = {0};
    struct ready *r = new_ready();
    for (int i = 0; i < COUNT; i++) {
        open_end(&e[i]);
        assert_int_equal(write(e[i].other, "x", 1), 1);
        assert_int_equal(ready_add(r, e[i].fd, POLLIN, &e[i]), 0);
    }
    for (int turn = 0; turn < 100; turn++) {
        assert_true(pass(r, e, COUNT, -1) > 0);
        for (int i = 0; i < COUNT; i++) {
            assert_true(e[i].seen <= 1);
            total[i] += e[i].seen;
            if (e[i].seen)
                assert_int_equal(ready_change(r, e[i].fd, POLLIN, &e[i]), 0);
        }
    }
    for (int i = 0; i < COUNT; i++) {
        assert_true(total[i] >= 2);
        if (i % 2)
            ready_remove(r, e[i].fd);
    }
    assert_true(pass(r, e, COUNT, -1) > 0);
    for (int i = 0; i < COUNT; i++) {
        assert_true(i % 2 == 0 || e[i].seen == 0);
        close_end(&e[i]);
    }
    ready_free(r);
}

static void handle(int signal)
{
    (void)signal;
}

static void test_a_signal_ends_the_wait(void **state)
{
    (void)state;
    struct ready *r = new_ready();
    struct end e;
    open_end(&e);
    assert_int_equal(ready_add(r, e.fd, POLLIN, &e), 0);
    const struct sigaction action = {.sa_handler = handle};
    sigaction(SIGALRM, &action, NULL);
    /* Again and again, as the first may come before the wait begins. */
    const struct itimerval timer = {.it_interval.tv_usec = 10000, .it_value.tv_usec = 10000};
    setitimer(ITIMER_REAL, &timer, NULL);
    assert_int_equal(ready_poll(r, -1), 0);
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    void *owner;
    short revents;
    assert_int_equal(ready_next(r, &owner, &revents), 0);
    ready_remove(r, e.fd);
    close_end(&e);
    ready_free(r);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    enum {
        COUNT = 300
    };
    static struct end e[COUNT];
    for (int i = 0; i < COUNT; i++)
        open_end(&e[i]);
    for (size_t n = 0; torture_begin(n); n++) {
        struct ready *r;
        int rc = ready_new(&r), added = 0;
        assert_true(rc == 0 || (rc == ERROR_NOMEM && !r));
        for (int i = 0; rc == 0 && i < COUNT; i++) {
            rc = ready_add(r, e[i].fd, POLLOUT, &e[i]);
            added += rc == 0;
        }
        torture_end();
        if (r && added > 0)
            assert_true(pass(r, e, COUNT, -1) > 0);
        assert_int_equal(rc, torture_failed() ? ERROR_NOMEM : 0);
        ready_free(r);
    }
    for (int i = 0; i < COUNT; i++)
        close_end(&e[i]);
}

static void test_no_descriptor_is_an_error(void **state)
{
    (void)state;
    struct rlimit limit, none;
    struct ready *r;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = (struct rlimit){0, limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int rc = ready_new(&r);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(rc == 0 || (rc == ERROR_SYSTEM && !r)); /* poll needs none of its own */
    ready_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_ready_is_told_with_its_owner),
        cmocka_unit_test(test_a_hang_up_is_told_to_those_that_wait_for_nothing),
        cmocka_unit_test(test_removed_and_added_within_a_pass),
        cmocka_unit_test(test_many_come_each_once_and_none_is_forgotten),
        cmocka_unit_test(test_a_signal_ends_the_wait),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_no_descriptor_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
