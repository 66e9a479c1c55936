#include "address.h"

#include "error.h"
#include "quote.h"
#include "text.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

static const char unix_prefix[] = "unix:";

__attribute__((format(printf, 2, 3))) static int fail(char *why, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why, ADDRESS_ERROR_MAX, format, args);
    va_end(args);
    return ERROR_ADDRESS;
}

static int parse_unix(const char *text, struct address *a, char *why)
{
    char q[QUOTE_MAX];
    const char *path = text + strlen(unix_prefix);
    size_t len = strlen(path);
    if (len == 0)
        return fail(why, "no path follows 'unix:'; write unix:PATH");
    if (len > ADDRESS_PATH_MAX)
        return fail(why,
                    "the path in '%s' is %zu bytes long, and that of a Unix socket is at most %d; "
                    "choose a shorter one",
                    quote_text(text, strlen(text), q), len, ADDRESS_PATH_MAX);
    a->is_unix = true;
    memcpy(a->path, path, len + 1);
    return 0;
}

/* `s` is what follows the host: nothing, or a colon and the port. */
static int parse_port(const char *text, const char *s, struct address *a, char *why)
{
    char q[QUOTE_MAX], p[QUOTE_MAX];
    if (!*s)
        return 0;
    const char *digits = s + 1;
    size_t len = strlen(digits);
    quote_text(text, strlen(text), q);
    if (len == 0)
        return fail(why, "no port follows the colon in '%s'; write a number", q);
    unsigned long port = strtoul(digits, NULL, 10);
    if (strspn(digits, "0123456789") != len || len > 5 || port > UINT16_MAX)
        return fail(why, "port %s in '%s' is not a number from 0 to 65535",
                    quote_text(digits, len, p), q);
    a->port = (uint16_t)port;
    a->has_port = true;
    return 0;
}

static bool is_ipv6(const char *host)
{
    char digits[INET6_ADDRSTRLEN];
    size_t len = strcspn(host, "%"); /* a zone may follow */
    if (len >= sizeof digits)
        return false;
    memcpy(digits, host, len);
    digits[len] = '\0';
    return inet_pton(AF_INET6, digits, &(struct in6_addr){0}) == 1;
}

/* Names of hosts are the same in either case; those of IPv6 zones are not. */
static void make_lower(char *host)
{
    for (; *host && *host != '%'; host++)
        if (*host >= 'A' && *host <= 'Z')
            *host += 'a' - 'A';
}

static int parse_ip(const char *text, struct address *a, char *why)
{
    char q[QUOTE_MAX];
    quote_text(text, strlen(text), q);
    bool brackets = text[0] == '[';
    const char *host = text + brackets;
    const char *end = brackets ? strchr(host, ']') : host + strcspn(host, ":");
    if (!end)
        return fail(why, "the '[' in '%s' has no ']'; write [V6]:PORT", q);
    size_t len = (size_t)(end - host);
    if (len > ADDRESS_HOST_MAX)
        return fail(why, "the host in '%s' is longer than %d bytes", q, ADDRESS_HOST_MAX);
    memcpy(a->host, host, len);
    a->host[len] = '\0';
    make_lower(a->host);
    const char *rest = end + brackets;
    if (!brackets && *rest && strchr(rest + 1, ':'))
        return fail(why, "'%s' has more than one colon; write an IPv6 address as [V6]:PORT", q);
    if (brackets && !is_ipv6(a->host))
        return fail(why, "there is no IPv6 address in the brackets of '%s'; write [V6]:PORT", q);
    if (strchr(a->host, '/'))
        return fail(why, "'%s' looks like a path; for a Unix socket write unix:PATH", q);
    if (*rest && *rest != ':')
        return fail(why, "in '%s' only a colon and a port may follow the ']'", q);
    return parse_port(text, rest, a, why);
}

/* Whether people can be told of it as it is, which they are. */
static bool is_text(const char *s)
{
    uint32_t cp = ' ';
    const char *end = s + strlen(s);
    for (int n; s < end; s += n) {
        n = text_decode(s, (size_t)(end - s), &cp);
        if (n < 0 || cp < ' ' || (cp >= 0x7f && cp < 0xa0))
            return false;
    }
    return true;
}

int address_parse(const char *text, struct address *a, char why[ADDRESS_ERROR_MAX])
{
    struct address parsed = {.port = ADDRESS_PORT};
    if (!*text)
        return fail(why, "the address is empty; write HOST:PORT, [V6]:PORT, :PORT or unix:PATH");
    bool is_path = strncmp(text, unix_prefix, strlen(unix_prefix)) == 0;
    int rc = is_path ? parse_unix(text, &parsed, why) : parse_ip(text, &parsed, why);
    char q[QUOTE_MAX];
    if (rc == 0 && !is_text(text))
        rc = fail(why, "'%s' is no address: it has bytes that are not text",
                  quote_text(text, strlen(text), q));
    if (rc == 0)
        *a = parsed;
    return rc;
}

void address_format(const struct address *a, char out[ADDRESS_TEXT_MAX])
{
    if (a->is_unix)
        snprintf(out, ADDRESS_TEXT_MAX, "%s%s", unix_prefix, a->path);
    else
        snprintf(out, ADDRESS_TEXT_MAX, strchr(a->host, ':') ? "[%s]:%u" : "%s:%u", a->host,
                 a->port);
}

void address_socket_format(const struct address_socket *s, char out[ADDRESS_TEXT_MAX])
{
    struct address a = {.is_unix = s->at.ss_family == AF_UNIX};
    if (a.is_unix) {
        const struct sockaddr_un *un = (const struct sockaddr_un *)&s->at;
        size_t room = s->len - offsetof(struct sockaddr_un, sun_path);
        memcpy(a.path, un->sun_path,
               strnlen(un->sun_path, room < ADDRESS_PATH_MAX ? room : ADDRESS_PATH_MAX));
    } else {
        char port[NI_MAXSERV];
        int rc = getnameinfo((const struct sockaddr *)&s->at, s->len, a.host, sizeof a.host, port,
                             sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
        assert(rc == 0);
        a.port = (uint16_t)strtoul(port, NULL, 10);
        static const char mapped[] = "::ffff:";
        if (strncmp(a.host, mapped, strlen(mapped)) == 0 && strchr(a.host, '.'))
            memmove(a.host, a.host + strlen(mapped), strlen(a.host + strlen(mapped)) + 1);
    }
    address_format(&a, out);
}

static struct address_socket unix_socket(const struct address *a)
{
    struct address_socket s = {.len = sizeof(struct sockaddr_un)};
    struct sockaddr_un *un = (struct sockaddr_un *)&s.at;
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, a->path, strlen(a->path) + 1);
    return s;
}

int address_resolve(const struct address *a, bool passive, struct address_socket *out, size_t max,
                    char why[ADDRESS_ERROR_MAX])
{
    assert(max > 0);
    if (a->is_unix) {
        out[0] = unix_socket(a);
        return 1;
    }
    char port[8], q[QUOTE_MAX];
    snprintf(port, sizeof port, "%u", a->port);
    const struct addrinfo hints = {
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0),
    };
    struct addrinfo *list;
    int rc = getaddrinfo(*a->host ? a->host : NULL, port, &hints, &list);
    quote_text(a->host, strlen(a->host), q);
    if (rc == EAI_NONAME || rc == EAI_NODATA)
        return fail(why, "there is no host named '%s'; check the name", q);
    if (rc == EAI_AGAIN)
        return fail(why,
                    "cannot look up the host '%s': the name service does not answer; try again", q);
    if (rc)
        return fail(why, "cannot look up the host '%s': %s", q,
                    rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc));
    int count = 0;
    for (struct addrinfo *i = list; i && (size_t)count < max; i = i->ai_next) {
        out[count].len = i->ai_addrlen;
        memcpy(&out[count++].at, i->ai_addr, i->ai_addrlen);
    }
    freeaddrinfo(list);
    return count;
}

int address_connect(const struct address_socket *s)
{
    int fd = socket(s->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return ERROR_SYSTEM;
    if (connect(fd, (const struct sockaddr *)&s->at, s->len) == 0 || errno == EINPROGRESS)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return ERROR_SYSTEM;
}

int address_connect_error(int fd)
{
    int error = 0;
    socklen_t len = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) ? errno : error;
}
