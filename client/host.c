#include "host.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Whether others can reach this address; then it is in `out`. */
static bool take(const struct sockaddr *at, char out[HOST_MAX])
{
    char text[INET6_ADDRSTRLEN];
    const struct in_addr *v4 = &((const struct sockaddr_in *)(const void *)at)->sin_addr;
    const struct in6_addr *v6 = &((const struct sockaddr_in6 *)(const void *)at)->sin6_addr;
    bool is_v6 = at->sa_family == AF_INET6;
    bool is_local = is_v6 ? IN6_IS_ADDR_LOOPBACK(v6) || IN6_IS_ADDR_LINKLOCAL(v6)
                          : ntohl(v4->s_addr) >> 24 == IN_LOOPBACKNET;
    if (is_local || !inet_ntop(at->sa_family, is_v6 ? (const void *)v6 : v4, text, sizeof text))
        return false;
    snprintf(out, HOST_MAX, is_v6 ? "[%s]" : "%s", text);
    return true;
}

/* The address that goes out into the world: no bridge of containers has that. Nothing is sent. */
static bool take_route(int family, char out[HOST_MAX])
{
    struct sockaddr_storage at = {.ss_family = (sa_family_t)family};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&at;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&at;
    socklen_t len = family == AF_INET ? sizeof *v4 : sizeof *v6;
    v4->sin_port = htons(9); /* in the same place in either */
    if (family == AF_INET)
        inet_pton(family, "203.0.113.1", &v4->sin_addr); /* anywhere: an address for examples */
    else
        inet_pton(family, "2001:db8::1", &v6->sin6_addr);
    int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool found = fd >= 0 && connect(fd, (struct sockaddr *)&at, len) == 0 &&
                 getsockname(fd, (struct sockaddr *)&at, &len) == 0 &&
                 take((struct sockaddr *)&at, out);
    if (fd >= 0)
        close(fd);
    return found;
}

/* Where there is no way out: the first network. */
static bool take_interface(int family, const struct ifaddrs *all, char out[HOST_MAX])
{
    for (const struct ifaddrs *at = all; at; at = at->ifa_next)
        if (at->ifa_addr && at->ifa_addr->sa_family == family && (at->ifa_flags & IFF_UP) &&
            take(at->ifa_addr, out))
            return true;
    return false;
}

const char *host_find(char out[HOST_MAX])
{
    struct ifaddrs *all = NULL;
    if (getifaddrs(&all))
        all = NULL;
    bool found = take_route(AF_INET, out) || take_route(AF_INET6, out) ||
                 take_interface(AF_INET, all, out) || take_interface(AF_INET6, all, out);
    if (all)
        freeifaddrs(all);
    if (!found && gethostname(out, HOST_MAX))
        snprintf(out, HOST_MAX, "localhost");
    out[HOST_MAX - 1] = '\0';
    return out;
}
