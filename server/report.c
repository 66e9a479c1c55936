#include "report.h"

#include "address.h"
#include "error.h"
#include "log.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Without the port, what somebody causes again and again is the same line. */
static void describe(const struct conn *c, bool with_port, char out[ADDRESS_TEXT_MAX])
{
    struct address_socket s = {.len = sizeof s.at};
    int fd = conn_fd(c);
    if (getpeername(fd, (struct sockaddr *)&s.at, &s.len)) {
        strcpy(out, "somebody");
        return;
    }
    bool is_unix = s.at.ss_family == AF_UNIX;
    if (is_unix) { /* clients have no path of their own there */
        s.len = sizeof s.at;
        getsockname(fd, (struct sockaddr *)&s.at, &s.len);
    }
    address_socket_format(&s, out);
    if (!is_unix && !with_port)
        *strrchr(out, ':') = '\0';
}

void report_connected(const struct conn *c)
{
    char name[ADDRESS_TEXT_MAX];
    if (!log_wants(LOG_LEVEL_DEBUG))
        return;
    describe(c, true, name);
    log_debug("%s connected", name);
}

bool report_useless(const struct conn *c)
{
    const char *why = conn_why(c);
    if (why)
        log_info("a connection was no use: %s", why);
    return why != NULL;
}

void report_lost(const struct conn *c, int error)
{
    const char *why = error == ERROR_SYSTEM ? strerror(errno) : error_text(error);
    char name[ADDRESS_TEXT_MAX];
    if ((error == ERROR_TLS && report_useless(c)) || !log_wants(LOG_LEVEL_DEBUG))
        return;
    describe(c, true, name);
    log_debug("lost %s: %s", name, why);
}

void report_event(const struct conn *c, const struct relay_event *event)
{
    const struct json_string *about = &event->about;
    char name[ADDRESS_TEXT_MAX] = "";
    if (!log_wants((enum log_level)event->level))
        return;
    if (c)
        describe(c, false, name);
    log_line((enum log_level)event->level, "%s%s%.*s%s%s", name, c && about->at ? ", " : "",
             (int)about->len, about->at ? about->at : "", c || about->at ? ": " : "", event->text);
}
