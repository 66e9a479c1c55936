#include "network.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

int network_open(void)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
    const struct sockaddr_nl at = {
        .nl_family = AF_NETLINK,
        .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
    };
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&at, sizeof at)) {
        close(fd);
        return -1;
    }
    return fd;
}

bool network_changed(int fd)
{
    char bytes[4096]; /* what exactly came does not matter, nor does what is lost of it */
    bool changed = false;
    ssize_t len;
    while ((len = recv(fd, bytes, sizeof bytes, 0)) > 0 || (len < 0 && errno == ENOBUFS))
        changed = true;
    return changed;
}
