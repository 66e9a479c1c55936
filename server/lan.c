#include "lan.h"

#include "log.h"
#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    TAKEN_MAX = 16,   /* packets of one turn, */
    ANSWERS_MAX = 20, /* and answers of one second: the others ask again */
    SECOND_MS = 1000,
    HOPS = 255, /* what RFC 6762 asks for */
    CONTROL_MAX = CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo)),
};

union place {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* A packet that came, and how. */
struct packet {
    uint8_t bytes[DNS_MESSAGE_MAX];
    size_t len;
    union place from;
    unsigned interface; /* 0: it is for us alone, which is not how to ask */
};

static const union place *place_of(const struct sockaddr *at)
{
    return (const union place *)(const void *)at;
}

/* Takes down a socket that others can reach. */
static void add_listener(struct lan *l, int fd)
{
    union place at;
    socklen_t len = sizeof at;
    int v6_only = 1;
    socklen_t v6_only_len = sizeof v6_only;
    if (getsockname(fd, &at.any, &len))
        return;
    struct lan_listener *new = &l->listeners[l->count];
    *new = (struct lan_listener){.family = at.any.sa_family};
    if (at.any.sa_family == AF_INET && ntohl(at.v4.sin_addr.s_addr) >> 24 != IN_LOOPBACKNET) {
        new->v4 = at.v4.sin_addr;
        new->any = at.v4.sin_addr.s_addr == INADDR_ANY;
        new->port = ntohs(at.v4.sin_port);
        l->count++;
    } else if (at.any.sa_family == AF_INET6 && !IN6_IS_ADDR_LOOPBACK(&at.v6.sin6_addr)) {
        getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, &v6_only_len);
        new->v6 = at.v6.sin6_addr;
        new->any = IN6_IS_ADDR_UNSPECIFIED(&at.v6.sin6_addr);
        new->dual = !v6_only;
        new->port = ntohs(at.v6.sin6_port);
        l->count++;
    }
}

/* Whether who connects to that address of this host comes to the listener. */
static bool covers(const struct lan_listener *l, const struct sockaddr *at)
{
    if (at->sa_family == AF_INET)
        return l->family == AF_INET ? l->any || l->v4.s_addr == place_of(at)->v4.sin_addr.s_addr
                                    : l->any && l->dual;
    return at->sa_family == AF_INET6 && l->family == AF_INET6 &&
           (l->any || IN6_ARE_ADDR_EQUAL(&l->v6, &place_of(at)->v6.sin6_addr));
}

static bool set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

static bool set_v4(int fd)
{
    return set(fd, IPPROTO_IP, IP_PKTINFO, 1) && set(fd, IPPROTO_IP, IP_TTL, HOPS) &&
           set(fd, IPPROTO_IP, IP_MULTICAST_TTL, HOPS);
}

static bool set_v6(int fd)
{
    return set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) && set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) &&
           set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, HOPS) &&
           set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, HOPS);
}

/* A socket that shares mDNS's port. IPv4's hears only what is for everybody. */
static int open_socket(sa_family_t family)
{
    union place at = {.v6.sin6_family = family}; /* in the same place in either */
    bool is_v6 = family == AF_INET6;
    *(is_v6 ? &at.v6.sin6_port : &at.v4.sin_port) = htons(MDNS_PORT);
    if (!is_v6)
        inet_pton(family, MDNS_GROUP_V4, &at.v4.sin_addr);
    int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && set(fd, SOL_SOCKET, SO_REUSEADDR, 1) && set(fd, SOL_SOCKET, SO_REUSEPORT, 1) &&
        (is_v6 ? set_v6(fd) : set_v4(fd)) &&
        bind(fd, &at.any, is_v6 ? sizeof at.v6 : sizeof at.v4) == 0)
        return fd;
    int error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    return -1;
}

/* Listens on every interface that there is now; where it does already, nothing changes. */
static void join(struct lan *l)
{
    struct ifaddrs *all;
    struct ip_mreqn v4 = {0};
    struct ipv6_mreq v6;
    inet_pton(AF_INET, MDNS_GROUP_V4, &v4.imr_multiaddr);
    inet_pton(AF_INET6, MDNS_GROUP_V6, &v6.ipv6mr_multiaddr);
    if (getifaddrs(&all))
        return;
    for (const struct ifaddrs *at = all; at; at = at->ifa_next) {
        int family = at->ifa_addr ? at->ifa_addr->sa_family : AF_UNSPEC;
        v4.imr_ifindex = (int)if_nametoindex(at->ifa_name);
        v6.ipv6mr_interface = (unsigned)v4.imr_ifindex;
        if (family == AF_INET)
            setsockopt(l->fds[LAN_V4], IPPROTO_IP, IP_ADD_MEMBERSHIP, &v4, sizeof v4);
        else if (family == AF_INET6)
            setsockopt(l->fds[LAN_V6], IPPROTO_IPV6, IPV6_JOIN_GROUP, &v6, sizeof v6);
    }
    freeifaddrs(all);
}

void lan_open(struct lan *l, const struct listeners *listeners)
{
    char host[256] = "";
    uint64_t random;
    *l = (struct lan){.fds = {-1, -1, -1}};
    for (size_t i = 0; i < listeners->count; i++)
        add_listener(l, listeners->fds[i]);
    if (l->count == 0)
        return;
    l->fds[LAN_V4] = open_socket(AF_INET);
    int error = errno;
    l->fds[LAN_V6] = open_socket(AF_INET6);
    if (getentropy(&random, sizeof random) || (l->fds[LAN_V4] < 0 && l->fds[LAN_V6] < 0)) {
        log_warning("clients on the LAN do not find this relay by themselves, and need --server: "
                    "port %d cannot be had: %s",
                    MDNS_PORT, strerror(error));
        lan_close(l);
        return;
    }
    gethostname(host, sizeof host - 1);
    mdns_make_name(host, l->relay.name);
    l->relay.port = l->listeners[0].port;
    snprintf(l->relay.host, sizeof l->relay.host, "chat-%016" PRIx64, random);
    l->fds[LAN_NETWORK] = network_open();
    join(l);
}

void lan_close(struct lan *l)
{
    for (int i = 0; i < LAN_FDS; i++) {
        if (l->fds[i] >= 0)
            close(l->fds[i]);
        l->fds[i] = -1;
    }
}

void lan_set_key(struct lan *l, const char *fingerprint)
{
    snprintf(l->relay.key, sizeof l->relay.key, "%s", fingerprint);
}

/* The interface at which a packet for everybody came. */
static unsigned get_interface(struct msghdr *m)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        struct in_pktinfo v4;
        struct in6_pktinfo v6;
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            memcpy(&v4, CMSG_DATA(c), sizeof v4);
            return (unsigned)v4.ipi_ifindex;
        }
        if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            memcpy(&v6, CMSG_DATA(c), sizeof v6);
            return IN6_IS_ADDR_MULTICAST(&v6.ipi6_addr) ? v6.ipi6_ifindex : 0;
        }
    }
    return 0;
}

/* Receives a packet; false: there are no more. */
static bool receive(int fd, struct packet *p)
{
    _Alignas(struct cmsghdr) uint8_t control[CONTROL_MAX];
    struct iovec bytes = {p->bytes, sizeof p->bytes};
    struct msghdr m = {
        .msg_name = &p->from,
        .msg_namelen = sizeof p->from,
        .msg_iov = &bytes,
        .msg_iovlen = 1,
        .msg_control = control,
        .msg_controllen = sizeof control,
    };
    ssize_t len = recvmsg(fd, &m, 0);
    if (len < 0)
        return false;
    p->len = (size_t)len;
    p->interface = m.msg_flags & MSG_TRUNC ? 0 : get_interface(&m);
    return true;
}

static bool is_same_net(const uint8_t *a, const uint8_t *b, const uint8_t *mask, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((a[i] ^ b[i]) & mask[i])
            return false;
    return true;
}

/* Whether somebody is on the link of this address of ours. */
static bool is_on_link(const union place *from, const struct ifaddrs *ours)
{
    if (!ours->ifa_addr || !ours->ifa_netmask || ours->ifa_addr->sa_family != from->any.sa_family)
        return false;
    const union place *at = place_of(ours->ifa_addr), *mask = place_of(ours->ifa_netmask);
    if (from->any.sa_family == AF_INET)
        return is_same_net((const uint8_t *)&from->v4.sin_addr, (const uint8_t *)&at->v4.sin_addr,
                           (const uint8_t *)&mask->v4.sin_addr, sizeof at->v4.sin_addr);
    return is_same_net(from->v6.sin6_addr.s6_addr, at->v6.sin6_addr.s6_addr,
                       mask->v6.sin6_addr.s6_addr, sizeof at->v6.sin6_addr);
}

/* Whether the relay is to be had at that address of this host. */
static bool is_served(const struct lan *l, const struct sockaddr *at)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->listeners[i].port == l->relay.port && covers(&l->listeners[i], at))
            return true;
    return false;
}

static void add_address(const struct sockaddr *at, struct mdns_relay *relay)
{
    if (at->sa_family == AF_INET && relay->v4_count < MDNS_ADDRESSES_MAX)
        relay->v4[relay->v4_count++] = place_of(at)->v4.sin_addr;
    else if (at->sa_family == AF_INET6 && relay->v6_count < MDNS_ADDRESSES_MAX)
        relay->v6[relay->v6_count++] = place_of(at)->v6.sin6_addr;
}

/*
 * The relay as who asks there reaches it; false where they are not on that link, or do not reach
 * it.
 */
static bool look_around(const struct lan *l, const struct packet *p, struct mdns_relay *relay)
{
    struct ifaddrs *all;
    char name[IF_NAMESIZE];
    bool on_link = false;
    *relay = l->relay;
    if (!if_indextoname(p->interface, name) || getifaddrs(&all))
        return false;
    for (const struct ifaddrs *at = all; at; at = at->ifa_next) {
        if (strcmp(at->ifa_name, name) != 0 || !at->ifa_addr)
            continue;
        on_link |= is_on_link(&p->from, at);
        if (is_served(l, at->ifa_addr))
            add_address(at->ifa_addr, relay);
    }
    freeifaddrs(all);
    return on_link && relay->v4_count + relay->v6_count > 0;
}

/* Who asks from mDNS's own port wants everybody on the link to hear the answer. */
static union place destination(int fd, const struct packet *p, bool alone)
{
    union place to = p->from;
    const struct ip_mreqn from = {.imr_ifindex = (int)p->interface};
    if (alone)
        return to;
    if (to.any.sa_family == AF_INET) {
        inet_pton(AF_INET, MDNS_GROUP_V4, &to.v4.sin_addr);
        setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &from, sizeof from);
    } else {
        inet_pton(AF_INET6, MDNS_GROUP_V6, &to.v6.sin6_addr);
        to.v6.sin6_scope_id = p->interface;
    }
    return to;
}

/* Whether one more may be answered now; then it counts, whatever comes of it. */
static bool may_answer(struct lan *l, uint64_t now_ms)
{
    if (now_ms - l->second_ms >= SECOND_MS) {
        l->second_ms = now_ms;
        l->answered = 0;
    }
    return l->answered++ < ANSWERS_MAX;
}

static void take(struct lan *l, int fd, const struct packet *p, uint64_t now_ms)
{
    struct mdns_relay relay;
    struct mdns_question q;
    uint8_t answer[DNS_MESSAGE_MAX];
    if (!p->interface || mdns_read_question(p->bytes, p->len, &l->relay, &q) || !q.wants ||
        !may_answer(l, now_ms) || !look_around(l, p, &relay))
        return;
    bool is_v6 = p->from.any.sa_family == AF_INET6;
    bool legacy = ntohs(is_v6 ? p->from.v6.sin6_port : p->from.v4.sin_port) != MDNS_PORT;
    size_t len = mdns_answer(&q, legacy, &relay, answer);
    union place to = destination(fd, p, legacy || q.alone);
    if (len > 0)
        (void)!sendto(fd, answer, len, 0, &to.any, is_v6 ? sizeof to.v6 : sizeof to.v4);
}

bool lan_turn(struct lan *l, const int *fd, uint64_t now_ms)
{
    struct packet p;
    if (fd == &l->fds[LAN_NETWORK]) {
        if (network_changed(*fd))
            join(l);
        return false;
    }
    for (int i = 0; i < TAKEN_MAX; i++) {
        if (!receive(*fd, &p))
            return false;
        take(l, *fd, &p, now_ms);
    }
    return true;
}
