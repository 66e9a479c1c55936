#ifndef ADDRESS_H
#define ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * Addresses as they are written in options (COMMANDS.md): HOST, HOST:PORT, [V6], [V6]:PORT, :PORT,
 * unix:PATH. Errors are whole sentences for the person who typed the address.
 */
enum {
    ADDRESS_PORT = 12121, /* where none is written */
    ADDRESS_HOST_MAX = 253,
    ADDRESS_PATH_MAX = 107, /* bytes of sun_path, less its NUL */
    ADDRESS_TEXT_MAX = 320, /* any address as text, with its NUL */
    ADDRESS_ERROR_MAX = 512,
};

struct address {
    bool is_unix;
    char host[ADDRESS_HOST_MAX + 1]; /* empty in `:PORT`: every address */
    uint16_t port;
    bool has_port; /* it was written */
    char path[ADDRESS_PATH_MAX + 1];
};

/* A socket address that an address resolved to. */
struct address_socket {
    struct sockaddr_storage at;
    socklen_t len;
};

/*
 * Parses `text`. ERROR_ADDRESS with a sentence in `why` ("port 70000 in 'den:70000' is not a number
 * from 0 to 65535"); outside text in it is sanitised.
 */
int address_parse(const char *text, struct address *a, char why[ADDRESS_ERROR_MAX]);

/*
 * How the address is written, always with its port: `127.0.0.1:12121`, `[::1]:12121`, `unix:/p`. A
 * path comes out as it is: not sanitised.
 */
void address_format(const struct address *a, char out[ADDRESS_TEXT_MAX]);

/*
 * The same for a bound or connected socket address, IPv4 without `::ffff:`; `unix:` alone where it
 * has no path.
 */
void address_socket_format(const struct address_socket *s, char out[ADDRESS_TEXT_MAX]);

/*
 * Resolves an address to at most `max` socket addresses, in the order in which to try them. It may
 * block on the network's name service, but for a `unix:` address, which cannot fail either: `why`
 * may be NULL then. Gives how many, at least 1; or ERROR_ADDRESS with a sentence in `why`.
 */
int address_resolve(const struct address *a, bool passive, struct address_socket *out, size_t max,
                    char why[ADDRESS_ERROR_MAX]);

/*
 * Begins to connect a non-blocking socket. Gives it (connected or connecting: poll it for writing
 * and ask address_connect_error), or ERROR_SYSTEM with errno.
 */
int address_connect(const struct address_socket *s);

/* What became of a connect: 0, or the errno. */
int address_connect_error(int fd);

#endif
