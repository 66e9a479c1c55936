#ifndef LISTEN_H
#define LISTEN_H

#include "address.h"

#include <stddef.h>

enum {
    LISTEN_MAX = 48, /* sockets */
};

/* The sockets on which a relay accepts connections: non-blocking, close-on-exec. */
struct listeners {
    int fds[LISTEN_MAX];
    size_t count;
    const struct address *addresses;
    size_t addresses_count;
};

/*
 * Listens on `count` addresses (borrowed until listen_clear). `:PORT` is one dual-stack socket
 * where the host has IPv6, else one for IPv4; a host gives one for each of its addresses. A Unix
 * socket gets mode 0666; the file of one that nobody listens on is replaced, any other file is not.
 * ERROR_ADDRESS and a sentence in `why` ("cannot listen on den:80: permission denied; choose a port
 * above 1023"); then nothing is left open.
 */
int listen_init(struct listeners *l, const struct address *addresses, size_t count, int backlog,
                char why[ADDRESS_ERROR_MAX]);

/*
 * Closes the sockets, and removes the files of the Unix sockets among them unless somebody else
 * listens there by now.
 */
void listen_clear(struct listeners *l);

/* Writes the address of a socket as it was bound: with the port that was picked. */
void listen_format(const struct listeners *l, size_t i, char out[ADDRESS_TEXT_MAX]);

#endif
