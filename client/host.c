#include "host.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* Whether others can reach this address; then it is in `out`. */
static bool take(const struct ifaddrs *at, int family, char out[HOST_MAX])
{
    char text[INET6_ADDRSTRLEN];
    if (!at->ifa_addr || at->ifa_addr->sa_family != family || (at->ifa_flags & IFF_LOOPBACK) ||
        !(at->ifa_flags & IFF_UP))
        return false;
    const struct in6_addr *v6 =
        &((const struct sockaddr_in6 *)(const void *)at->ifa_addr)->sin6_addr;
    const struct in_addr *v4 = &((const struct sockaddr_in *)(const void *)at->ifa_addr)->sin_addr;
    if (family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(v6))
        return false;
    if (!inet_ntop(family, family == AF_INET6 ? (const void *)v6 : v4, text, sizeof text))
        return false;
    snprintf(out, HOST_MAX, family == AF_INET6 ? "[%s]" : "%s", text);
    return true;
}

const char *host_find(char out[HOST_MAX])
{
    static const int families[] = {AF_INET, AF_INET6};
    struct ifaddrs *all = NULL;
    bool found = false;
    if (getifaddrs(&all))
        all = NULL;
    for (int i = 0; i < 2; i++)
        for (const struct ifaddrs *at = all; at && !found; at = at->ifa_next)
            found = take(at, families[i], out);
    if (all)
        freeifaddrs(all);
    if (!found && gethostname(out, HOST_MAX))
        snprintf(out, HOST_MAX, "localhost");
    out[HOST_MAX - 1] = '\0';
    return out;
}
