#include "error.h"
#include "listen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch[] = "/tmp/chat-listen-XXXXXX";

static int no_ipv6; /* as on a host without it */
static int bind_error;

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __real_bind(int fd, const struct sockaddr *at, socklen_t len);
int __wrap_bind(int fd, const struct sockaddr *at, socklen_t len);

int __wrap_socket(int domain, int type, int protocol)
{
    errno = EAFNOSUPPORT;
    return no_ipv6 && domain == AF_INET6 ? -1 : __real_socket(domain, type, protocol);
}

int __wrap_bind(int fd, const struct sockaddr *at, socklen_t len)
{
    errno = bind_error;
    return bind_error ? -1 : __real_bind(fd, at, len);
}

static struct address parse(const char *text)
{
    struct address a;
    char why[ADDRESS_ERROR_MAX];
    assert_int_equal(address_parse(text, &a, why), 0);
    return a;
}

/* The address unix:SCRATCH/NAME. */
static struct address in_scratch(const char *name)
{
    char text[128];
    snprintf(text, sizeof text, "unix:%s/%s", scratch, name);
    return parse(text);
}

static void open_listeners(struct listeners *l, const struct address *a, size_t count)
{
    char why[ADDRESS_ERROR_MAX] = "";
    int rc = listen_init(l, a, count, 16, why);
    assert_string_equal(why, "");
    assert_int_equal(rc, 0);
}

/* `expected` has SCRATCH where the scratch folder is named. */
static void assert_refused(const struct address *a, const char *expected)
{
    struct listeners l;
    char why[ADDRESS_ERROR_MAX] = "", text[ADDRESS_ERROR_MAX];
    assert_int_equal(listen_init(&l, a, 1, 16, why), ERROR_ADDRESS);
    const char *at = strstr(expected, "SCRATCH");
    if (at)
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - expected), expected, scratch, at + 7);
    assert_string_equal(why, at ? text : expected);
    assert_int_equal(l.count, 0);
}

/* Connects to a listener, and gives the address that it was reached at. */
static void connect_to(const char *address, char reached[ADDRESS_TEXT_MAX])
{
    struct address a = parse(address);
    struct address_socket s;
    char why[ADDRESS_ERROR_MAX];
    assert_int_equal(address_resolve(&a, false, &s, 1, why), 1);
    int fd = socket(s.at.ss_family, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&s.at, s.len), 0);
    s.len = sizeof s.at;
    assert_int_equal(getpeername(fd, (struct sockaddr *)&s.at, &s.len), 0);
    address_socket_format(&s, reached);
    close(fd);
}

/* Not every machine that tests has it. */
static bool has_ipv6(void)
{
    const struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = __real_socket(AF_INET6, SOCK_STREAM, 0);
    bool has = fd >= 0 && __real_bind(fd, (const struct sockaddr *)&at, sizeof at) == 0;
    if (fd >= 0)
        close(fd);
    return has;
}

static void test_a_port_is_picked(void **state)
{
    (void)state;
    struct listeners l;
    const struct address a[] = {parse("127.0.0.1:0"), parse("[::1]:0")};
    char name[ADDRESS_TEXT_MAX], reached[ADDRESS_TEXT_MAX];
    size_t count = has_ipv6() ? 2 : 1;
    open_listeners(&l, a, count);
    assert_int_equal(l.count, count);
    for (size_t i = 0; i < count; i++) {
        listen_format(&l, i, name);
        assert_memory_equal(name, i == 0 ? "127.0.0.1:" : "[::1]:", i == 0 ? 10 : 6);
        assert_string_not_equal(strrchr(name, ':'), ":0");
        connect_to(name, reached);
        assert_string_equal(reached, name);
        assert_true(fcntl(l.fds[i], F_GETFL) & O_NONBLOCK);
        assert_true(fcntl(l.fds[i], F_GETFD) & FD_CLOEXEC);
    }
    listen_clear(&l);
}

static void test_every_address_is_one_socket_for_both_families(void **state)
{
    (void)state;
    struct listeners l;
    const struct address a = parse(":0");
    char name[ADDRESS_TEXT_MAX], reached[ADDRESS_TEXT_MAX], v4[ADDRESS_TEXT_MAX + 16];
    open_listeners(&l, &a, 1);
    assert_int_equal(l.count, 1);
    listen_format(&l, 0, name);
    if (has_ipv6()) {
        assert_memory_equal(name, "[::]:", 5);
        snprintf(v4, sizeof v4, "127.0.0.1:%s", name + 5);
        connect_to(v4, reached);
    }
    listen_clear(&l);

    no_ipv6 = 1;
    open_listeners(&l, &a, 1);
    listen_format(&l, 0, name);
    assert_memory_equal(name, "0.0.0.0:", 8);
    listen_clear(&l);
    no_ipv6 = 0;
}

static void test_a_name_whose_ipv6_address_is_not_there(void **state)
{
    (void)state;
    struct listeners l;
    const struct address a = parse("localhost:0");
    no_ipv6 = 1;
    open_listeners(&l, &a, 1);
    assert_int_equal(l.count, 1);
    listen_clear(&l);
    no_ipv6 = 0;
}

static void test_an_address_in_use_is_refused(void **state)
{
    (void)state;
    struct listeners l;
    const struct address any = parse("127.0.0.1:0");
    char name[ADDRESS_TEXT_MAX], why[ADDRESS_ERROR_MAX];
    open_listeners(&l, &any, 1);
    listen_format(&l, 0, name);
    const struct address taken = parse(name);
    snprintf(why, sizeof why,
             "cannot listen on %s: another program listens there; stop it, or choose another",
             name);
    assert_refused(&taken, why);
    listen_clear(&l);
}

static void test_sentences_of_failures(void **state)
{
    (void)state;
    static const struct {
        int error;
        const char *address, *why;
    } table[] = {
        {EACCES, "127.0.0.1:80",
         "cannot listen on 127.0.0.1:80: permission denied; choose a port above 1023"},
        {EACCES, "unix:/proc/none",
         "cannot listen on unix:/proc/none: permission denied; choose a folder that you may "
         "write "
         "to"},
        {EADDRNOTAVAIL, "192.0.2.1:80",
         "cannot listen on 192.0.2.1:80: this host does not have that address; choose one that it "
         "has"},
        {0, "192.0.2.1:80",
         "cannot listen on 192.0.2.1:80: this host does not have that address; choose one that it "
         "has"},
        {0, "unix:/proc/none/sock",
         "cannot listen on unix:/proc/none/sock: there is no such folder; make it first"},
        {EROFS, "unix:/proc/none", "cannot listen on unix:/proc/none: Read-only file system"},
        {EADDRINUSE, ":80",
         "cannot listen on :80: another program listens there; stop it, or choose another"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct address a = parse(table[i].address);
        bind_error = table[i].error;
        assert_refused(&a, table[i].why);
    }
    bind_error = 0;
}

static void test_a_failure_closes_what_was_open(void **state)
{
    (void)state;
    const struct address a[] = {in_scratch("first"), parse("192.0.2.1:80")};
    struct listeners l;
    char why[ADDRESS_ERROR_MAX];
    int before = dup(0);
    close(before);
    assert_int_equal(listen_init(&l, a, 2, 16, why), ERROR_ADDRESS);
    assert_int_equal(access(a[0].path, F_OK), -1);
    int after = dup(0);
    close(after);
    assert_int_equal(before, after);
}

static void test_a_unix_socket_is_for_everyone_and_goes_at_the_end(void **state)
{
    (void)state;
    struct listeners l;
    struct stat st;
    const struct address a = in_scratch("sock");
    char name[ADDRESS_TEXT_MAX], expected[ADDRESS_TEXT_MAX], reached[ADDRESS_TEXT_MAX];
    umask(077);
    open_listeners(&l, &a, 1);
    assert_int_equal(umask(077), 077);
    assert_int_equal(stat(a.path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0666);
    listen_format(&l, 0, name);
    address_format(&a, expected);
    assert_string_equal(name, expected);
    connect_to(name, reached);
    listen_clear(&l);
    assert_int_equal(access(a.path, F_OK), -1);
}

static void test_a_stale_unix_socket_is_replaced_and_a_live_one_is_not(void **state)
{
    (void)state;
    struct listeners l;
    const struct address a = in_scratch("stale");
    open_listeners(&l, &a, 1);
    assert_refused(&a,
                   "cannot listen on unix:SCRATCH/stale: another program listens there; stop it, "
                   "or choose another");
    close(l.fds[0]); /* as a relay that was killed */
    assert_int_equal(access(a.path, F_OK), 0);
    struct listeners next;
    open_listeners(&next, &a, 1);
    char reached[ADDRESS_TEXT_MAX], name[ADDRESS_TEXT_MAX];
    address_format(&a, name);
    connect_to(name, reached);

    /* The killed one comes to its senses and cleans up: the socket is another's now. */
    l.count = 0;
    listen_clear(&l);
    connect_to(name, reached);
    listen_clear(&next);
    assert_int_equal(access(a.path, F_OK), -1);
}

static void test_a_live_one_that_is_too_busy_to_answer_stays(void **state)
{
    (void)state;
    struct listeners l;
    struct address_socket s;
    char why[ADDRESS_ERROR_MAX] = "";
    const struct address a = in_scratch("busy");
    assert_int_equal(listen_init(&l, &a, 1, 0, why), 0);
    assert_int_equal(address_resolve(&a, true, &s, 1, NULL), 1);
    int waiting[8], count = 0;
    while ((waiting[count] = address_connect(&s)) >= 0)
        assert_in_range(++count, 1, 7);
    assert_int_equal(errno, EAGAIN);
    assert_refused(&a,
                   "cannot listen on unix:SCRATCH/busy: another program listens there; stop it, "
                   "or choose another");
    while (count > 0)
        close(waiting[--count]);
    listen_clear(&l);
}

static void test_other_files_stay(void **state)
{
    (void)state;
    const struct address a = in_scratch("file"), link = in_scratch("link");
    int fd = open(a.path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_refused(&a, "cannot listen on unix:SCRATCH/file: a file that is no socket is there; "
                       "remove it, or choose another path");
    assert_int_equal(access(a.path, F_OK), 0);
    assert_int_equal(symlink("nowhere", link.path), 0);
    assert_refused(&link, "cannot listen on unix:SCRATCH/link: a file that is no socket is there; "
                          "remove it, or choose another path");
    unlink(link.path);
    unlink(a.path);
}

static int setup(void **state)
{
    (void)state;
    return mkdtemp(scratch) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    return rmdir(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_port_is_picked),
        cmocka_unit_test(test_every_address_is_one_socket_for_both_families),
        cmocka_unit_test(test_a_name_whose_ipv6_address_is_not_there),
        cmocka_unit_test(test_an_address_in_use_is_refused),
        cmocka_unit_test(test_sentences_of_failures),
        cmocka_unit_test(test_a_failure_closes_what_was_open),
        cmocka_unit_test(test_a_unix_socket_is_for_everyone_and_goes_at_the_end),
        cmocka_unit_test(test_a_stale_unix_socket_is_replaced_and_a_live_one_is_not),
        cmocka_unit_test(test_a_live_one_that_is_too_busy_to_answer_stays),
        cmocka_unit_test(test_other_files_stay),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
