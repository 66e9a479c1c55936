#include "network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a network of its own: 0 where a change of it is told, and told once. */
static int look(void)
{
    if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
        return 1;
    int fd = network_open(), control = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0 || control < 0 || network_changed(fd))
        return 2;
    struct ifreq lo = {.ifr_name = "lo"};
    lo.ifr_flags = IFF_UP;
    if (ioctl(control, SIOCSIFFLAGS, &lo))
        return 3;
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    if (poll(&poll_fd, 1, 10000) != 1 || !network_changed(fd))
        return 4;
    while (poll(&poll_fd, 1, 100) == 1) /* the addresses of the interface come after it */
        network_changed(fd);
    return network_changed(fd) ? 5 : 0;
}

static int set_address(int control, const char *text)
{
    struct ifreq lo = {.ifr_name = "lo"};
    struct sockaddr_in at = {.sin_family = AF_INET};
    inet_pton(AF_INET, text, &at.sin_addr);
    memcpy(&lo.ifr_addr, &at, sizeof at);
    return ioctl(control, SIOCSIFADDR, &lo);
}

/* There, too: 0 where it is noticed that the address of a connection goes, and comes back. */
static int lose_address(void)
{
    if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
        return 1;
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    inet_pton(AF_INET, "10.1.0.1", &at.sin_addr);
    struct ifreq lo = {.ifr_name = "lo"};
    lo.ifr_flags = IFF_UP;
    int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);
    if (ioctl(fd, SIOCSIFFLAGS, &lo) || set_address(fd, "10.1.0.1"))
        return 2;
    if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 1) ||
        getsockname(listener, (struct sockaddr *)&at, &len))
        return 3;
    if (connect(fd, (struct sockaddr *)&at, sizeof at) || !network_has_address_of(fd))
        return 4;
    if (set_address(listener, "172.16.0.1") || network_has_address_of(fd))
        return 5;
    return set_address(listener, "10.1.0.1") || !network_has_address_of(fd) ? 6 : 0;
}

static void assert_in_child(int (*run)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(run());
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void test_an_interface_that_comes_up_is_told(void **state)
{
    (void)state;
    assert_in_child(look);
}

static void test_an_address_that_goes_is_noticed(void **state)
{
    (void)state;
    assert_in_child(lose_address);
}

static void test_a_socket_without_an_address_is_left_alone(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_true(network_has_address_of(fds[0]));
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_interface_that_comes_up_is_told),
        cmocka_unit_test(test_an_address_that_goes_is_noticed),
        cmocka_unit_test(test_a_socket_without_an_address_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
