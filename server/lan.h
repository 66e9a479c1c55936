#ifndef LAN_H
#define LAN_H

#include "listen.h"
#include "mdns.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Lets clients find this relay on the LAN (PROTOCOL.md, "Finding a relay"): answers those who ask,
 * on the same link alone, and says nothing by itself. Somebody else on this host may answer there
 * for other services.
 */
enum {
    LAN_V4,
    LAN_V6,
    LAN_NETWORK, /* tells when interfaces come and go */
    LAN_FDS,
};

struct lan {
    int fds[LAN_FDS]; /* to poll for reading; -1 for none */
    struct lan_listener {
        sa_family_t family;
        bool any, dual; /* every address; of IPv4 too, though it is of IPv6 */
        struct in_addr v4;
        struct in6_addr v6;
        uint16_t port;
    } listeners[LISTEN_MAX];
    size_t count;
    struct mdns_relay relay; /* without addresses: who asks gets those that they reach */
    uint64_t second_ms;      /* when the second began in which so many were answered, at most */
    unsigned answered;
};

/*
 * Begins to answer for those of the sockets that others can reach: no Unix sockets, no loopback
 * addresses; of several ports the first. Where there are none, or it cannot be, which is logged,
 * nobody is answered.
 */
void lan_open(struct lan *l, const struct listeners *listeners);
void lan_close(struct lan *l);

/* The fingerprint of the relay's key; without it, it is one in plaintext. */
void lan_set_key(struct lan *l, const char *fingerprint);

/* Takes what came at one of the descriptors; whether more may be there. */
bool lan_turn(struct lan *l, const int *fd, uint64_t now_ms);

#endif
