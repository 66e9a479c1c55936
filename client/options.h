#ifndef OPTIONS_H
#define OPTIONS_H

#include "address.h"
#include "keys.h"
#include "name.h"
#include "settings.h"

#include <limits.h>
#include <stdbool.h>

/*
 * The command line of chat-client (chat-client(1)), with what the environment and the configuration
 * file say where an option is not given: $USER, $CHAT_SERVER, $XDG_STATE_HOME, $XDG_CONFIG_HOME.
 */
enum {
    OPTIONS_ERROR_MAX = ADDRESS_ERROR_MAX,
};

#define OPTIONS_ROOM "lobby" /* where none is given */

enum options_action {
    OPTIONS_RUN,
    OPTIONS_DEMO,
    OPTIONS_IDENTITY,
    OPTIONS_HELP,
    OPTIONS_VERSION,
};

enum options_face {
    OPTIONS_FACE_ANY, /* a screen where there is a terminal, else lines */
    OPTIONS_FACE_PLAIN,
    OPTIONS_FACE_JSON,
};

struct options {
    enum options_action action; /* the fields below are not set for OPTIONS_HELP, OPTIONS_VERSION */
    struct name nick, room;
    struct address server;
    bool on_lan; /* none was named: it is on the LAN, or else where `server` says */
    enum options_face face;
    bool plaintext, no_seal, verbose;
    char fingerprint[KEYS_FINGERPRINT_SIZE]; /* "" for none */
    char state[PATH_MAX];
    char config[PATH_MAX]; /* whether it is there or not; "" where there is no place for one */
    struct settings settings;
    char *problems; /* of lines of that file, as settings_load gives them; NULL for none */
};

/*
 * Reads a command line. 0, or what is wrong with it (ERROR_NAME, ERROR_ADDRESS, ERROR_STATE for
 * anything else, ERROR_NOMEM) with a sentence in `why`; then there is nothing to clear.
 */
int options_init(struct options *o, int argc, char **argv, char why[OPTIONS_ERROR_MAX]);
void options_clear(struct options *o);

/* Parses the address of a relay to connect to. ERROR_ADDRESS and a sentence in `why`. */
int options_parse_relay(const char *text, struct address *relay, char why[OPTIONS_ERROR_MAX]);

/* What --help prints. */
const char *options_usage(void);

#endif
