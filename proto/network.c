#include "network.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
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

bool network_has_address_of(int connected)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } at;
    socklen_t len = sizeof at;
    if (getsockname(connected, &at.any, &len) ||
        (at.any.sa_family != AF_INET && at.any.sa_family != AF_INET6))
        return true;
    *(at.any.sa_family == AF_INET ? &at.v4.sin_port : &at.v6.sin6_port) = 0;
    int fd = socket(at.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool has = fd < 0 || bind(fd, &at.any, len) == 0 || errno != EADDRNOTAVAIL;
    if (fd >= 0)
        close(fd);
    return has;
}
