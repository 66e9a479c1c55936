#include "network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <net/if.h>
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

static void test_an_interface_that_comes_up_is_told(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(look());
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_interface_that_comes_up_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
