#include "discovery.h"

#include "error.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    TAKEN_MAX = 32, /* answers of one turn */
    HOPS = 255,     /* what RFC 6762 asks for */
};

struct discovery {
    struct finder finder;
    int v4, v6; /* -1 for none */
    int epoll;  /* readable where one of them is */
    uint16_t id;
};

static void watch(struct discovery *d, int fd)
{
    struct epoll_event event = {.events = EPOLLIN};
    if (fd >= 0)
        epoll_ctl(d->epoll, EPOLL_CTL_ADD, fd, &event);
}

static int open_sockets(struct discovery *d)
{
    const int hops = HOPS;
    d->epoll = epoll_create1(EPOLL_CLOEXEC);
    d->v4 = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    d->v6 = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (d->epoll < 0 || (d->v4 < 0 && d->v6 < 0) ||
        getrandom(&d->id, sizeof d->id, 0) != sizeof d->id)
        return ERROR_SYSTEM;
    setsockopt(d->v4, IPPROTO_IP, IP_MULTICAST_TTL, &hops, sizeof hops);
    setsockopt(d->v6, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof hops);
    watch(d, d->v4);
    watch(d, d->v6);
    return 0;
}

/* Asks at an interface, from its address. Where that fails there is nobody to hear of it. */
static void ask_at(const struct discovery *d, const struct ifaddrs *at, const uint8_t *question,
                   size_t len)
{
    unsigned interface = if_nametoindex(at->ifa_name);
    if (at->ifa_addr->sa_family == AF_INET) {
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(MDNS_PORT)};
        const struct ip_mreqn from = {
            .imr_address = ((const struct sockaddr_in *)(const void *)at->ifa_addr)->sin_addr,
            .imr_ifindex = (int)interface,
        };
        inet_pton(AF_INET, MDNS_GROUP_V4, &to.sin_addr);
        if (setsockopt(d->v4, IPPROTO_IP, IP_MULTICAST_IF, &from, sizeof from) == 0)
            (void)!sendto(d->v4, question, len, 0, (const struct sockaddr *)&to, sizeof to);
    } else if (IN6_IS_ADDR_LINKLOCAL(
                   &((const struct sockaddr_in6 *)(const void *)at->ifa_addr)->sin6_addr)) {
        struct sockaddr_in6 to = {
            .sin6_family = AF_INET6,
            .sin6_port = htons(MDNS_PORT),
            .sin6_scope_id = interface,
        };
        inet_pton(AF_INET6, MDNS_GROUP_V6, &to.sin6_addr);
        (void)!sendto(d->v6, question, len, 0, (const struct sockaddr *)&to, sizeof to);
    }
}

static void ask(const struct discovery *d)
{
    uint8_t question[DNS_MESSAGE_MAX];
    struct ifaddrs *all;
    size_t len = mdns_ask(d->id, question);
    if (getifaddrs(&all))
        return;
    for (const struct ifaddrs *at = all; at; at = at->ifa_next) {
        int family = at->ifa_addr ? at->ifa_addr->sa_family : AF_UNSPEC;
        if ((at->ifa_flags & IFF_UP) && (family == AF_INET || family == AF_INET6))
            ask_at(d, at, question, len);
    }
    freeifaddrs(all);
}

int discovery_new(struct discovery **out, const struct finder_wish *wish, uint64_t now_ms)
{
    *out = NULL;
    struct discovery *d = calloc(1, sizeof *d);
    if (!d)
        return ERROR_NOMEM;
    finder_init(&d->finder, wish, now_ms);
    if (open_sockets(d)) {
        discovery_free(d);
        return ERROR_SYSTEM;
    }
    discovery_turn(d, now_ms);
    *out = d;
    return 0;
}

void discovery_free(struct discovery *d)
{
    if (!d)
        return;
    const int fds[] = {d->v4, d->v6, d->epoll};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    free(d);
}

int discovery_fd(const struct discovery *d)
{
    return d->epoll;
}

uint64_t discovery_deadline(const struct discovery *d)
{
    return finder_deadline(&d->finder);
}

static void hear(struct discovery *d, int fd)
{
    uint8_t bytes[DNS_MESSAGE_MAX];
    struct sockaddr_in6 from = {0};
    struct mdns_relay relay;
    for (int i = 0; i < TAKEN_MAX; i++) {
        socklen_t from_len = sizeof from;
        ssize_t len =
            recvfrom(fd, bytes, sizeof bytes, MSG_TRUNC, (struct sockaddr *)&from, &from_len);
        if (len < 0)
            return;
        if ((size_t)len <= sizeof bytes && mdns_read_answer(bytes, (size_t)len, d->id, &relay) == 0)
            finder_input(&d->finder, &relay, from.sin6_family == AF_INET6 ? from.sin6_scope_id : 0);
    }
}

enum finder_outcome discovery_turn(struct discovery *d, uint64_t now_ms)
{
    hear(d, d->v4);
    hear(d, d->v6);
    if (finder_asks(&d->finder, now_ms))
        ask(d);
    return finder_outcome(&d->finder, now_ms);
}

const struct finder *discovery_finder(const struct discovery *d)
{
    return &d->finder;
}

struct address_socket discovery_socket(const struct finder_relay *relay, size_t i)
{
    const struct finder_address *a = &relay->at[i];
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(relay->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(relay->port)};
    struct address_socket s = {.len = a->is_v6 ? sizeof v6 : sizeof v4};
    v4.sin_addr = a->v4;
    v6.sin6_addr = a->v6;
    v6.sin6_scope_id = a->interface;
    memcpy(&s.at, a->is_v6 ? (const void *)&v6 : &v4, s.len);
    return s;
}
