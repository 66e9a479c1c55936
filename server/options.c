#include "options.h"

#include "log.h"
#include "quote.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char options_help[] =
    "Usage: chat-server [OPTION]...\n"
    "Passes messages between two people with chat-client, and reads none of them.\n"
    "\n"
    "  -l, --listen ADDR      HOST:PORT, [V6]:PORT, :PORT or unix:PATH; for more than\n"
    "                         one, again (:12121)\n"
    "  -s, --state DIR        the folder for the relay's key and queue\n"
    "      --memory           keep no queue on disk\n"
    "      --plaintext        no TLS\n"
    "      --allow FILE       let in only the identities in FILE: a key, and perhaps\n"
    "                         a comment, on each line\n"
    "      --max-clients N    connections at most (4096)\n"
    "      --backlog N        length of the queue of those that connect (128)\n"
    "      --hello-timeout T  time until a client must have said who it is (10s)\n"
    "      --ping-interval T  silence until a client is asked; gone after 2.5 T (30s)\n"
    "      --seat-ttl T       how long the seat of someone who is gone is kept (10m)\n"
    "      --queue-ttl T      how long messages wait for someone who is gone (7d)\n"
    "      --queue-max SIZE   how much may wait for one seat (64M)\n"
    "      --store-max SIZE   how much may wait in all (1G)\n"
    "      --fingerprint      print the fingerprint of the relay's key and exit\n"
    "  -v, --verbose          say more on standard error\n"
    "  -q, --quiet            say less\n"
    "  -h, --help             print this and exit\n"
    "  -V, --version          print the version and exit\n"
    "\n"
    "Times are like 30s, 10m, 12h or 7d; sizes like 64M or 1G. See chat-server(1).\n";

/* A letter that may follow a number, and what it multiplies by. */
struct unit {
    char letter; /* NUL: none needed */
    uint64_t factor;
};

static const struct unit time_units[] = {
    {'\0', 1000}, {'s', 1000}, {'m', 60 * 1000}, {'h', 3600 * 1000}, {'d', 86400 * 1000}, {0},
};
static const struct unit size_units[] = {
    {'\0', 1}, {'K', UINT64_C(1) << 10}, {'M', UINT64_C(1) << 20}, {'G', UINT64_C(1) << 30}, {0},
};
static const struct unit no_units[] = {{'\0', 1}, {0}};

/* What a number in an option may be; `text` ends the sentence "it is not …". */
struct form {
    const struct unit *units;
    uint64_t min, max;
    const char *text;
};

static const struct form form_time = {time_units, 1000, UINT64_C(3650) * 86400 * 1000,
                                      "a time from 1s to 3650d, like 30s, 10m, 12h or 7d"},
                         form_size = {size_units, 0, UINT64_C(1) << 50,
                                      "a size up to 1048576G, like 64M or 1G"},
                         form_clients = {no_units, 1, OPTIONS_CLIENTS_MAX,
                                         "a number from 1 to 1000000"},
                         form_backlog = {no_units, 1, OPTIONS_BACKLOG_MAX,
                                         "a number from 1 to 65535"};

enum kind {
    KIND_LISTEN,
    KIND_STRING, /* const char * at `offset` */
    KIND_FLAG,   /* bool at `offset` */
    KIND_NUMBER, /* uint64_t at `offset` */
    KIND_LEVEL,  /* `value` is the log's level */
    KIND_ACTION, /* `value` is what to do instead of running */
};

static const struct spec {
    const char *name;
    char letter; /* NUL for none */
    enum kind kind;
    size_t offset;
    const struct form *form;
    int value;
} specs[] = {
    {"listen", 'l', KIND_LISTEN, 0, NULL, 0},
    {"state", 's', KIND_STRING, offsetof(struct options, state), NULL, 0},
    {"memory", 0, KIND_FLAG, offsetof(struct options, memory), NULL, 0},
    {"plaintext", 0, KIND_FLAG, offsetof(struct options, plaintext), NULL, 0},
    {"allow", 0, KIND_STRING, offsetof(struct options, allow), NULL, 0},
    {"max-clients", 0, KIND_NUMBER, offsetof(struct options, clients_max), &form_clients, 0},
    {"backlog", 0, KIND_NUMBER, offsetof(struct options, backlog), &form_backlog, 0},
    {"hello-timeout", 0, KIND_NUMBER, offsetof(struct options, relay.hello_timeout_ms), &form_time,
     0},
    {"ping-interval", 0, KIND_NUMBER, offsetof(struct options, relay.ping_interval_ms), &form_time,
     0},
    {"seat-ttl", 0, KIND_NUMBER, offsetof(struct options, relay.seat_ttl_ms), &form_time, 0},
    {"queue-ttl", 0, KIND_NUMBER, offsetof(struct options, relay.queue_ttl_ms), &form_time, 0},
    {"queue-max", 0, KIND_NUMBER, offsetof(struct options, relay.queue_max), &form_size, 0},
    {"store-max", 0, KIND_NUMBER, offsetof(struct options, relay.store_max), &form_size, 0},
    {"fingerprint", 0, KIND_ACTION, 0, NULL, OPTIONS_FINGERPRINT},
    {"verbose", 'v', KIND_LEVEL, 0, NULL, LOG_LEVEL_DEBUG},
    {"quiet", 'q', KIND_LEVEL, 0, NULL, LOG_LEVEL_WARNING},
    {"help", 'h', KIND_ACTION, 0, NULL, OPTIONS_HELP},
    {"version", 'V', KIND_ACTION, 0, NULL, OPTIONS_VERSION},
};

enum {
    SPECS = sizeof specs / sizeof specs[0],
    VALUE_FIRST = 256, /* above every letter */
};

static int has_value(const struct spec *spec)
{
    bool has = spec->kind == KIND_LISTEN || spec->kind == KIND_STRING || spec->kind == KIND_NUMBER;
    return has ? required_argument : no_argument;
}

__attribute__((format(printf, 2, 3))) static enum options_action wrong(char *why,
                                                                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why, OPTIONS_ERROR_MAX, format, args);
    va_end(args);
    return OPTIONS_WRONG;
}

static bool parse_number(const char *s, const struct form *form, uint64_t *out)
{
    size_t digits = strspn(s, "0123456789");
    if (digits == 0 || digits > 16 || (s[digits] && s[digits + 1]))
        return false;
    uint64_t n = strtoull(s, NULL, 10);
    for (const struct unit *u = form->units; u->factor; u++) {
        if (u->letter != s[digits])
            continue;
        if (n > form->max / u->factor || n * u->factor < form->min)
            return false;
        *out = n * u->factor;
        return true;
    }
    return false;
}

static enum options_action take_listen(struct options *o, char *why)
{
    char reason[ADDRESS_ERROR_MAX], q[QUOTE_MAX];
    if (o->listen_count == OPTIONS_LISTEN_MAX)
        return wrong(why, "--listen: more than %d addresses", OPTIONS_LISTEN_MAX);
    struct address *a = &o->listen[o->listen_count];
    if (address_parse(optarg, a, reason))
        return wrong(why, "--listen: %s", reason);
    if (!a->is_unix && !a->has_port)
        return wrong(why, "--listen: '%s' has no port; write HOST:PORT, [V6]:PORT or :PORT",
                     quote_text(optarg, strlen(optarg), q));
    o->listen_count++;
    return OPTIONS_RUN;
}

static enum options_action take(const struct spec *spec, struct options *o, char *why)
{
    char q[QUOTE_MAX];
    void *at = (char *)o + spec->offset;
    switch (spec->kind) {
    case KIND_LISTEN: return take_listen(o, why);
    case KIND_STRING: *(const char **)at = optarg; break;
    case KIND_FLAG: *(bool *)at = true; break;
    case KIND_NUMBER:
        if (!parse_number(optarg, spec->form, at))
            return wrong(why, "--%s: '%s' is not %s", spec->name,
                         quote_text(optarg, strlen(optarg), q), spec->form->text);
        break;
    case KIND_LEVEL: o->log_last = spec->value; break;
    case KIND_ACTION: return (enum options_action)spec->value;
    }
    return OPTIONS_RUN;
}

/* Finds what getopt_long gave: a letter, or VALUE_FIRST and an index. */
static const struct spec *find(int value)
{
    for (int i = 0; i < SPECS; i++)
        if (value == VALUE_FIRST + i || (value > 0 && value == specs[i].letter))
            return &specs[i];
    return NULL;
}

/* What getopt_long refused. */
static enum options_action refuse(int value, const char *argument, char *why)
{
    char q[QUOTE_MAX];
    const char letter[] = {'-', (char)optopt, '\0'};
    const struct spec *spec = find(optopt);
    if (spec)
        return wrong(why, value == ':' ? "--%s needs a value" : "--%s takes no value", spec->name);
    if (optopt)
        argument = letter;
    return wrong(why, "there is no option '%s'", quote_text(argument, strlen(argument), q));
}

static void set_defaults(struct options *o)
{
    *o = (struct options){
        .backlog = 128,
        .clients_max = 4096,
        .log_last = LOG_LEVEL_INFO,
        .relay = {.hello_timeout_ms = 10 * 1000,
                  .ping_interval_ms = 30 * 1000,
                  .seat_ttl_ms = 10 * 60 * 1000,
                  .queue_ttl_ms = 7 * 86400 * 1000,
                  .queue_max = 64 << 20,
                  .store_max = 1 << 30},
    };
}

static void finish(struct options *o)
{
    if (o->listen_count == 0)
        o->listen[o->listen_count++] = (struct address){.port = ADDRESS_PORT};
    o->relay.clients_max = o->clients_max;
    o->relay.durable = !o->memory;
}

enum options_action options_parse(int argc, char *const argv[], struct options *o,
                                  char why[OPTIONS_ERROR_MAX])
{
    char q[QUOTE_MAX];
    struct option longs[SPECS + 1] = {0};
    for (int i = 0; i < SPECS; i++)
        longs[i] = (struct option){
            .name = specs[i].name, .has_arg = has_value(&specs[i]), .val = VALUE_FIRST + i};
    set_defaults(o);
    enum options_action later = OPTIONS_RUN;
    optind = 0; /* begin anew, also after an earlier call */
    opterr = 0;
    int value;
    while ((value = getopt_long(argc, argv, ":l:s:vqhV", longs, NULL)) >= 0) {
        const struct spec *spec = find(value);
        if (!spec)
            return refuse(value, argv[optind - 1], why);
        enum options_action action = take(spec, o, why);
        if (action == OPTIONS_FINGERPRINT)
            later = action; /* --state may follow */
        else if (action != OPTIONS_RUN)
            return action;
    }
    if (optind < argc)
        return wrong(why, "'%s' is not an option, and nothing else belongs there",
                     quote_text(argv[optind], strlen(argv[optind]), q));
    finish(o);
    return later;
}
