#include "options.h"

#include "error.h"
#include "quote.h"
#include "settings_file.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Options without a letter of their own. */
enum {
    OPT_PLAIN = 256,
    OPT_JSON,
    OPT_PLAINTEXT,
    OPT_NO_SEAL,
    OPT_FINGERPRINT,
    OPT_IDENTITY,
    OPT_STATE,
    OPT_CONFIG,
    OPT_DEMO,
};

static const char short_options[] = ":n:s:r:vhV";

static const struct option long_options[] = {
    {"nick", required_argument, NULL, 'n'},
    {"server", required_argument, NULL, 's'},
    {"room", required_argument, NULL, 'r'},
    {"plain", no_argument, NULL, OPT_PLAIN},
    {"json", no_argument, NULL, OPT_JSON},
    {"plaintext", no_argument, NULL, OPT_PLAINTEXT},
    {"no-seal", no_argument, NULL, OPT_NO_SEAL},
    {"fingerprint", required_argument, NULL, OPT_FINGERPRINT},
    {"identity", no_argument, NULL, OPT_IDENTITY},
    {"state", required_argument, NULL, OPT_STATE},
    {"config", required_argument, NULL, OPT_CONFIG},
    {"demo", no_argument, NULL, OPT_DEMO},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static const char usage[] =
    "Usage: chat-client [OPTION]...\n"
    "Talks to one other person in a room of a relay (chat-server).\n"
    "\n"
    "  -n, --nick NAME       who you are (the setting, else $USER)\n"
    "  -s, --server ADDR     the relay: HOST, HOST:PORT, [V6]:PORT or unix:PATH\n"
    "                        ($CHAT_SERVER, the setting, the one on the LAN,\n"
    "                        localhost:12121)\n"
    "  -r, --room NAME       a table for two (the setting, else lobby)\n"
    "      --plain           no screen: lines of standard input are sent, and what\n"
    "                        happens is printed; as always without a terminal\n"
    "      --json            the same with one JSON object a line\n"
    "      --plaintext       no TLS\n"
    "      --no-seal         no end-to-end sealing\n"
    "      --fingerprint FP  the only relay key to accept, as --fingerprint of\n"
    "                        chat-server prints it (the key that is seen first)\n"
    "      --identity        print your line for chat-server --allow and exit\n"
    "      --state DIR       identity and history ($XDG_STATE_HOME/chat)\n"
    "      --config FILE     settings ($XDG_CONFIG_HOME/chat/config)\n"
    "      --demo            somebody to learn the keys with; needs no relay\n"
    "  -v, --verbose         log to standard error, or to the state folder\n"
    "  -h, --help            print this and exit\n"
    "  -V, --version         print the version and exit\n"
    "\n"
    "Once it runs, /help lists the commands.\n";

/* What is given by name alone until everything is known. */
struct given {
    const char *nick, *server, *room, *state, *config, *fingerprint;
};

__attribute__((format(printf, 3, 4))) static int complain(char why[OPTIONS_ERROR_MAX], int error,
                                                          const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why, OPTIONS_ERROR_MAX, format, args);
    va_end(args);
    return error;
}

static bool is_known(int option)
{
    for (const struct option *o = long_options; o->name; o++)
        if (o->val == option)
            return true;
    return false;
}

static int refuse(int option, char **argv, char why[OPTIONS_ERROR_MAX])
{
    char letter[] = {'-', (char)optopt, '\0'}, quoted[QUOTE_MAX];
    const char *word = argv[optind - 1];
    bool is_letter = option == ':' ? strncmp(word, "--", 2) != 0 : optopt && !is_known(optopt);
    if (is_letter)
        word = letter;
    quote_text(word, strlen(word), quoted);
    if (option == ':')
        return complain(why, ERROR_STATE, "option '%s' needs a value; see chat-client --help",
                        quoted);
    if (is_known(optopt))
        return complain(why, ERROR_STATE, "option '%s' takes no value; see chat-client --help",
                        quoted);
    return complain(why, ERROR_STATE, "unknown option '%s'; chat-client --help lists them", quoted);
}

static int take(struct options *o, struct given *given, int option)
{
    switch (option) {
    case 'n': given->nick = optarg; return 0;
    case 's': given->server = optarg; return 0;
    case 'r': given->room = optarg; return 0;
    case OPT_STATE: given->state = optarg; return 0;
    case OPT_PLAIN:
        if (o->face == OPTIONS_FACE_ANY)
            o->face = OPTIONS_FACE_PLAIN;
        return 0;
    case OPT_JSON: o->face = OPTIONS_FACE_JSON; return 0;
    case OPT_PLAINTEXT: o->plaintext = true; return 0;
    case OPT_NO_SEAL: o->no_seal = true; return 0;
    case OPT_FINGERPRINT: given->fingerprint = optarg; return 0;
    case OPT_IDENTITY: o->action = OPTIONS_IDENTITY; return 0;
    case OPT_CONFIG: given->config = optarg; return 0;
    case OPT_DEMO: o->action = OPTIONS_DEMO; return 0;
    case 'v': o->verbose = true; return 0;
    case 'h': o->action = OPTIONS_HELP; return 0;
    case 'V': o->action = OPTIONS_VERSION; return 0;
    }
    return ERROR_STATE;
}

/* What was given, else the setting, else `otherwise`. */
static const char *choose(const struct options *o, const char *given, enum setting setting,
                          const char *otherwise)
{
    const char *value = settings_value(&o->settings, setting);
    return given ? given : *value ? value : otherwise;
}

static int set_names(struct options *o, const struct given *given, char why[OPTIONS_ERROR_MAX])
{
    char quoted[QUOTE_MAX];
    const char *nick = choose(o, given->nick, SETTING_NICK, getenv("USER"));
    if (!nick || !*nick)
        return complain(why, ERROR_NAME, "there is no nick for you: give one with --nick NAME");
    int rc = name_init_nick(&o->nick, nick, strlen(nick));
    if (rc)
        return complain(why, rc,
                        "'%s' cannot be a nick: 1 to 32 letters, digits, or _ - . inside, as in "
                        "--nick alice",
                        quote_text(nick, strlen(nick), quoted));
    const char *room = choose(o, given->room, SETTING_ROOM, OPTIONS_ROOM);
    rc = name_init_room(&o->room, room, strlen(room));
    if (rc)
        return complain(why, rc,
                        "'%s' cannot be a room: 1 to 64 letters, digits, or _ - . inside, as in "
                        "--room tea",
                        quote_text(room, strlen(room), quoted));
    return 0;
}

int options_parse_relay(const char *text, struct address *relay, char why[OPTIONS_ERROR_MAX])
{
    int rc = address_parse(text, relay, why);
    if (rc)
        return rc;
    char quoted[QUOTE_MAX];
    if (!relay->is_unix && (!*relay->host || relay->port == 0))
        return complain(why, ERROR_ADDRESS,
                        "'%s' names no relay to connect to: write HOST or HOST:PORT",
                        quote_text(text, strlen(text), quoted));
    return 0;
}

static int set_server(struct options *o, const struct given *given, char why[OPTIONS_ERROR_MAX])
{
    const char *server = given->server;
    if (!server) {
        server = getenv("CHAT_SERVER");
        server = choose(o, server && *server ? server : NULL, SETTING_SERVER, NULL);
    }
    o->on_lan = !server;
    return options_parse_relay(server ? server : "localhost", &o->server, why);
}

/* Where something of ours is, unless it was given. */
struct place {
    const char *variable, *below_home, *name;
};

/* Gives the length of the path, which is cut where it is too long; 0: there is none. */
static size_t find_path(const struct place *place, const char *given, char path[PATH_MAX])
{
    const char *base = getenv(place->variable), *home = getenv("HOME");
    int len = 0;
    *path = '\0';
    if (given)
        len = snprintf(path, PATH_MAX, "%s", given);
    else if (base && *base == '/')
        len = snprintf(path, PATH_MAX, "%s/%s", base, place->name);
    else if (home && *home == '/')
        len = snprintf(path, PATH_MAX, "%s/%s/%s", home, place->below_home, place->name);
    return (size_t)len;
}

static int set_state(struct options *o, const struct given *given, char why[OPTIONS_ERROR_MAX])
{
    static const struct place place = {"XDG_STATE_HOME", ".local/state", "chat"};
    size_t len = find_path(&place, given->state, o->state);
    if (len == 0)
        return complain(why, ERROR_STATE,
                        "there is no folder for identity and history: give one with --state DIR");
    /* Room for the names of files in it. */
    if (len > sizeof o->state - 1024)
        return complain(
            why, ERROR_STATE,
            "the path of the state folder is too long: choose another with --state DIR");
    return 0;
}

static int read_config(struct options *o, const struct given *given, char why[OPTIONS_ERROR_MAX])
{
    static const struct place place = {"XDG_CONFIG_HOME", ".config", "chat/config"};
    char quoted[QUOTE_MAX];
    size_t len = find_path(&place, given->config, o->config);
    settings_init(&o->settings);
    if (len == 0 && !given->config)
        return 0;
    errno = ENAMETOOLONG;
    int rc = len < PATH_MAX ? settings_load(&o->settings, o->config, &o->problems) : ERROR_SYSTEM;
    bool absent = rc == ERROR_SYSTEM && (errno == ENOENT || errno == ENOTDIR);
    if (rc == 0 || (absent && !given->config))
        return 0;
    return complain(why, rc, "cannot read the settings in '%s': %s; %s",
                    quote_text(o->config, strlen(o->config), quoted),
                    rc == ERROR_SYSTEM ? strerror(errno) : error_text(rc),
                    given->config ? "name a file that can be read, or leave --config out"
                                  : "make it one that can be read, or move it away");
}

static int set_fingerprint(struct options *o, const struct given *given,
                           char why[OPTIONS_ERROR_MAX])
{
    char quoted[QUOTE_MAX];
    const char *text = given->fingerprint;
    if (!text)
        return 0;
    if (o->plaintext)
        return complain(why, ERROR_STATE, "with --plaintext there is no key for --fingerprint");
    if (keys_fingerprint_parse(text, o->fingerprint))
        return complain(why, ERROR_STATE,
                        "'%s' is no fingerprint: give the 64 hex digits that chat-server "
                        "--fingerprint prints",
                        quote_text(text, strlen(text), quoted));
    return 0;
}

int options_init(struct options *o, int argc, char **argv, char why[OPTIONS_ERROR_MAX])
{
    *o = (struct options){.action = OPTIONS_RUN};
    struct given given = {0};
    opterr = 0;
    optind = 0;
    int option;
    while ((option = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
        if (option == '?' || option == ':')
            return refuse(option, argv, why);
        take(o, &given, option);
        if (o->action == OPTIONS_HELP || o->action == OPTIONS_VERSION)
            return 0;
    }
    char quoted[QUOTE_MAX];
    if (optind < argc)
        return complain(why, ERROR_STATE, "'%s' is not an option; chat-client --help lists them",
                        quote_text(argv[optind], strlen(argv[optind]), quoted));
    int rc = read_config(o, &given, why);
    if (!rc)
        rc = set_names(o, &given, why);
    if (!rc)
        rc = set_server(o, &given, why);
    if (!rc)
        rc = set_state(o, &given, why);
    if (!rc)
        rc = set_fingerprint(o, &given, why);
    if (rc)
        options_clear(o);
    return rc;
}

void options_clear(struct options *o)
{
    name_clear(&o->nick);
    name_clear(&o->room);
    free(o->problems);
    o->problems = NULL;
}

const char *options_usage(void)
{
    return usage;
}
