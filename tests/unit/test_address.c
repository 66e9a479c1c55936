#include "address.h"
#include "error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

int __real_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **list);
int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **list);

static int lookup_error; /* what the name service says; 0: the real one is asked */

int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **list)
{
    errno = EIO;
    return lookup_error ? lookup_error : __real_getaddrinfo(host, port, hints, list);
}

#define TEN     "0123456789"
#define FIFTY   TEN TEN TEN TEN TEN
#define HUNDRED FIFTY FIFTY

static void test_good_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct address address;
        const char *format;
    } table[] = {
        {"den", {.host = "den", .port = 12121}, "den:12121"},
        {"den:80", {.host = "den", .port = 80}, "den:80"},
        {"127.0.0.1:0", {.host = "127.0.0.1", .port = 0}, "127.0.0.1:0"},
        {"den:65535", {.host = "den", .port = 65535}, "den:65535"},
        {"Den.LOCAL", {.host = "den.local", .port = 12121}, "den.local:12121"},
        {"[FE80::1%Eth0]:9", {.host = "fe80::1%Eth0", .port = 9}, "[fe80::1%Eth0]:9"},
        {"den:00080", {.host = "den", .port = 80}, "den:80"},
        {":12", {.port = 12}, ":12"},
        {"[::1]", {.host = "::1", .port = 12121}, "[::1]:12121"},
        {"[::]:9", {.host = "::", .port = 9}, "[::]:9"},
        {"[fe80::1%eth0]:9", {.host = "fe80::1%eth0", .port = 9}, "[fe80::1%eth0]:9"},
        {"unix:/run/chat/sock", {.is_unix = true, .path = "/run/chat/sock"}, "unix:/run/chat/sock"},
        {"unix:sock", {.is_unix = true, .path = "sock"}, "unix:sock"},
        {"unix:a:b", {.is_unix = true, .path = "a:b"}, "unix:a:b"},
        {"unix:" HUNDRED "0123456",
         {.is_unix = true, .path = HUNDRED "0123456"},
         "unix:" HUNDRED "0123456"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct address a;
        char why[ADDRESS_ERROR_MAX], text[ADDRESS_TEXT_MAX];
        assert_int_equal(address_parse(table[i].text, &a, why), 0);
        assert_int_equal(a.is_unix, table[i].address.is_unix);
        assert_string_equal(a.host, table[i].address.host);
        assert_string_equal(a.path, table[i].address.path);
        if (!a.is_unix)
            assert_int_equal(a.port, table[i].address.port);
        address_format(&a, text);
        assert_string_equal(text, table[i].format);
    }
}

static void test_bad_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } table[] = {
        {"", "the address is empty; write HOST:PORT, [V6]:PORT, :PORT or unix:PATH"},
        {":", "no port follows the colon in ':'; write a number"},
        {"den:", "no port follows the colon in 'den:'; write a number"},
        {"den:70000", "port 70000 in 'den:70000' is not a number from 0 to 65535"},
        {"den:65536", "port 65536 in 'den:65536' is not a number from 0 to 65535"},
        {"den:18446744073709551617",
         "port 18446744073709551617 in 'den:18446744073709551617' is not a number from 0 to 65535"},
        {"den:x", "port x in 'den:x' is not a number from 0 to 65535"},
        {"den:-1", "port -1 in 'den:-1' is not a number from 0 to 65535"},
        {"den: 1", "port  1 in 'den: 1' is not a number from 0 to 65535"},
        {"den:1\n2", "port 1^J2 in 'den:1^J2' is not a number from 0 to 65535"},
        {"::1", "'::1' has more than one colon; write an IPv6 address as [V6]:PORT"},
        {"fe80::1:80", "'fe80::1:80' has more than one colon; write an IPv6 address as [V6]:PORT"},
        {"[::1", "the '[' in '[::1' has no ']'; write [V6]:PORT"},
        {"[]:80", "there is no IPv6 address in the brackets of '[]:80'; write [V6]:PORT"},
        {"[den]:80", "there is no IPv6 address in the brackets of '[den]:80'; write [V6]:PORT"},
        {"[127.0.0.1]",
         "there is no IPv6 address in the brackets of '[127.0.0.1]'; write [V6]:PORT"},
        {"[::1]80", "in '[::1]80' only a colon and a port may follow the ']'"},
        {"[::1]:", "no port follows the colon in '[::1]:'; write a number"},
        {"/run/sock", "'/run/sock' looks like a path; for a Unix socket write unix:PATH"},
        {"de\033[31mn", "'de^[[31mn' is no address: it has bytes that are not text"},
        {"den\377:80", "'den�:80' is no address: it has bytes that are not text"},
        {"unix:/run/\302\2332J",
         "'unix:/run/<9B>2J' is no address: it has bytes that are not text"},
        {"unix:", "no path follows 'unix:'; write unix:PATH"},
        {"unix:" HUNDRED "01234567", "the path in 'unix:" HUNDRED
                                     "01234567' is 108 bytes long, and that of a Unix socket is at "
                                     "most 107; choose a shorter one"},
        {HUNDRED HUNDRED FIFTY "0123",
         "the host in '" HUNDRED FIFTY "012345…' is longer than 253 bytes"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct address a = {.port = 7};
        char why[ADDRESS_ERROR_MAX] = "";
        assert_int_equal(address_parse(table[i].text, &a, why), ERROR_ADDRESS);
        assert_string_equal(why, table[i].why);
        assert_int_equal(a.port, 7);
    }
}

static void test_resolving_numbers_and_paths(void **state)
{
    (void)state;
    static const struct {
        const char *text, *format;
        bool passive;
    } table[] = {
        {"127.0.0.1:80", "127.0.0.1:80", false},
        {"[::1]:80", "[::1]:80", false},
        {"unix:/run/chat/sock", "unix:/run/chat/sock", false},
        {"unix:" HUNDRED "0123456", "unix:" HUNDRED "0123456", true},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct address a;
        struct address_socket s[4];
        char why[ADDRESS_ERROR_MAX], text[ADDRESS_TEXT_MAX];
        assert_int_equal(address_parse(table[i].text, &a, why), 0);
        assert_int_equal(address_resolve(&a, table[i].passive, s, 4, why), 1);
        address_socket_format(&s[0], text);
        assert_string_equal(text, table[i].format);
    }
}

static void test_an_empty_host_is_this_host(void **state)
{
    (void)state;
    struct address a = {.port = 5};
    struct address_socket s[4];
    char why[ADDRESS_ERROR_MAX], text[ADDRESS_TEXT_MAX];
    assert_true(address_resolve(&a, false, s, 4, why) >= 1);
    address_socket_format(&s[0], text);
    assert_true(strcmp(text, "127.0.0.1:5") == 0 || strcmp(text, "[::1]:5") == 0);
    assert_int_equal(address_resolve(&a, true, s, 1, why), 1);
    address_socket_format(&s[0], text);
    assert_true(strcmp(text, "0.0.0.0:5") == 0 || strcmp(text, "[::]:5") == 0);
}

static void test_failed_lookups(void **state)
{
    (void)state;
    static const struct {
        int error;
        const char *why;
    } table[] = {
        {EAI_NONAME, "there is no host named 'd^[en'; check the name"},
        {EAI_NODATA, "there is no host named 'd^[en'; check the name"},
        {EAI_AGAIN, "cannot look up the host 'd^[en': the name service does not answer; try again"},
        {EAI_SYSTEM, "cannot look up the host 'd^[en': Input/output error"},
        {EAI_MEMORY, "cannot look up the host 'd^[en': Memory allocation failure"},
    };
    const struct address a = {.host = "d\033en", .port = 5};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct address_socket s;
        char why[ADDRESS_ERROR_MAX] = "";
        lookup_error = table[i].error;
        assert_int_equal(address_resolve(&a, false, &s, 1, why), ERROR_ADDRESS);
        assert_string_equal(why, table[i].why);
    }
    lookup_error = 0;
}

static void test_socket_addresses_as_text(void **state)
{
    (void)state;
    char text[ADDRESS_TEXT_MAX];
    struct address_socket s = {.len = sizeof(struct sockaddr_in6)};
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&s.at;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(9);
    assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.7", &v6->sin6_addr), 1);
    address_socket_format(&s, text);
    assert_string_equal(text, "192.0.2.7:9");
    assert_int_equal(inet_pton(AF_INET6, "::", &v6->sin6_addr), 1);
    address_socket_format(&s, text);
    assert_string_equal(text, "[::]:9");

    s = (struct address_socket){.at.ss_family = AF_UNIX, .len = sizeof(sa_family_t)};
    address_socket_format(&s, text);
    assert_string_equal(text, "unix:");
    /* The kernel need not end the path with a NUL. */
    struct sockaddr_un *un = (struct sockaddr_un *)&s.at;
    memset(un->sun_path, 'x', sizeof un->sun_path);
    s.len = offsetof(struct sockaddr_un, sun_path) + 3;
    address_socket_format(&s, text);
    assert_string_equal(text, "unix:xxx");
}

/* A listening socket on a port of 127.0.0.1, and its address. */
static int listener(struct address_socket *s)
{
    const struct sockaddr_in at = {.sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    s->len = sizeof at;
    memcpy(&s->at, &at, sizeof at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&s->at, s->len), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&s->at, &s->len), 0);
    return fd;
}

/* The errno of connecting, at once or later. */
static int connect_to(const struct address_socket *s)
{
    int fd = address_connect(s);
    if (fd < 0)
        return errno;
    struct pollfd pfd = {.fd = fd, .events = POLLOUT};
    assert_int_equal(poll(&pfd, 1, 10000), 1);
    int error = address_connect_error(fd);
    close(fd);
    return error;
}

static void test_connecting(void **state)
{
    (void)state;
    struct address_socket s;
    int fd = listener(&s);
    assert_int_equal(connect_to(&s), 0);
    close(fd);
    assert_int_equal(connect_to(&s), ECONNREFUSED);

    struct address a = {.is_unix = true, .path = "/nonexistent/sock"};
    char why[ADDRESS_ERROR_MAX];
    assert_int_equal(address_resolve(&a, false, &s, 1, why), 1);
    assert_int_equal(connect_to(&s), ENOENT);
    assert_int_equal(address_connect_error(-1), EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_addresses),
        cmocka_unit_test(test_bad_addresses),
        cmocka_unit_test(test_resolving_numbers_and_paths),
        cmocka_unit_test(test_an_empty_host_is_this_host),
        cmocka_unit_test(test_failed_lookups),
        cmocka_unit_test(test_socket_addresses_as_text),
        cmocka_unit_test(test_connecting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
