#ifndef OPTIONS_H
#define OPTIONS_H

#include "address.h"
#include "relay.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    OPTIONS_LISTEN_MAX = 16,
    OPTIONS_CLIENTS_MAX = 1000000,
    OPTIONS_BACKLOG_MAX = 65535,
    OPTIONS_ERROR_MAX = 640,
};

/* The command line of chat-server (chat-server(1)). Strings are borrowed from argv. */
struct options {
    struct address listen[OPTIONS_LISTEN_MAX];
    size_t listen_count;
    const char *state; /* NULL where it was not given */
    const char *allow; /* NULL for everyone */
    bool memory, plaintext;
    uint64_t backlog, clients_max;
    int log_last;               /* enum log_level */
    struct relay_options relay; /* its times and limits */
};

enum options_action {
    OPTIONS_RUN,
    OPTIONS_FINGERPRINT,
    OPTIONS_HELP,
    OPTIONS_VERSION,
    OPTIONS_WRONG, /* wrong usage */
};

/* The text of --help. */
extern const char options_help[];

/*
 * Reads the command line. Gives what is to be done; with OPTIONS_WRONG, `why` is one sentence for
 * the person who typed it, and `*o` means nothing.
 */
enum options_action options_parse(int argc, char *const argv[], struct options *o,
                                  char why[OPTIONS_ERROR_MAX]);

#endif
