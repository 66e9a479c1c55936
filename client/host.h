#ifndef HOST_H
#define HOST_H

enum {
    HOST_MAX = 256,
};

/*
 * What others on the network can call this machine, as the HOST of an address: the address that its
 * packets to the world have, IPv4 rather than IPv6; else its first on a network; else its name.
 * Gives `out`.
 */
const char *host_find(char out[HOST_MAX]);

#endif
