#include "allow.h"
#include "error.h"
#include "keyfile.h"
#include "lan.h"
#include "log.h"
#include "loop.h"
#include "options.h"
#include "privilege.h"
#include "quote.h"
#include "signals.h"
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    EXIT_USAGE = 2,
    DESCRIPTORS_OURS = 64, /* what is not a client's connection */
};

/* What has to be undone at the end. */
struct server {
    struct options options;
    struct state state;
    struct listeners listeners;
    struct lan lan;
    struct relay *relay;
    struct store *store;
    struct ready *ready;
    struct tls *tls; /* NULL: plaintext */
    struct dispatch *dispatch;
};

/* A closed standard descriptor would be given to a socket or the database. */
static int open_standard(void)
{
    int fd;
    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd < 0)
        return ERROR_SYSTEM;
    close(fd);
    return 0;
}

static void raise_descriptors(size_t clients)
{
    struct rlimit limit;
    rlim_t want = clients + DESCRIPTORS_OURS;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= want)
        return;
    rlim_t hard = limit.rlim_max;
    limit.rlim_cur = want;
    if (hard < want)
        limit.rlim_max = want; /* which root may, but not everywhere */
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
        return;
    limit.rlim_cur = limit.rlim_max = hard;
    setrlimit(RLIMIT_NOFILE, &limit);
    log_warning("only %ju descriptors for --max-clients %zu: raise the limit of open files",
                (uintmax_t)limit.rlim_cur, clients);
}

/* Whoever started us waits for what was written to it. */
static int flush_output(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    log_error("cannot write to standard output: %s", strerror(errno));
    return ERROR_SYSTEM;
}

static int announce(const struct listeners *l)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < l->count; i++) {
        char name[ADDRESS_TEXT_MAX];
        listen_format(l, i, name);
        printf("listening on %s\n", name);
        rc = flush_output();
    }
    return rc;
}

/* Everything that needs the rights that the program was started with. */
static int open_outside(struct server *s, char *why)
{
    struct options *o = &s->options;
    bool has_state = o->state || !o->memory || !o->plaintext;
    int rc = 0;
    if (has_state)
        rc = state_init(&s->state, o->state, why);
    if (rc == 0 && has_state)
        rc = state_lock(&s->state, why);
    if (rc == 0)
        rc = listen_init(&s->listeners, o->listen, o->listen_count, (int)o->backlog, why);
    if (rc == 0)
        lan_open(&s->lan, &s->listeners);
    if (rc == 0 && privilege_drop(has_state ? &s->state : NULL, why))
        log_warning("%s", why);
    return rc;
}

/* The sentence for an error of which nothing more is known. */
static int fail(int error, const char *what, char *why)
{
    snprintf(why, OPTIONS_ERROR_MAX, "%s: %s", what,
             error == ERROR_SYSTEM ? strerror(errno) : error_text(error));
    return error;
}

/* The relay's key; it is made at the first start. */
static int load_key(struct server *s, struct keys_identity **key, char *fingerprint, char *why)
{
    int rc = keyfile_load(key, s->state.path, "key", why);
    if (rc == 0)
        keys_fingerprint_format(keys_identity_public(*key), fingerprint);
    return rc;
}

static int open_tls(struct server *s, char *why)
{
    struct keys_identity *key;
    char fingerprint[KEYS_FINGERPRINT_SIZE];
    int rc = load_key(s, &key, fingerprint, why);
    if (rc)
        return rc;
    log_info("the fingerprint of this relay's key is %s", fingerprint);
    lan_set_key(&s->lan, fingerprint);
    rc = tls_new(&s->tls, keys_identity_seed(key));
    keys_identity_free(key);
    return rc ? fail(rc, "cannot use TLS", why) : 0;
}

static int open_queue(struct server *s, char *why)
{
    char path[PATH_MAX + 16], q[QUOTE_MAX];
    snprintf(path, sizeof path, "%s/queue.db", s->state.path);
    int rc = store_open(&s->store, path, why);
    if (rc)
        return rc;
    rc = store_restore(s->store, s->relay);
    if (rc == ERROR_STATE)
        snprintf(why, OPTIONS_ERROR_MAX,
                 "queue.db in the state folder '%s' is damaged: move it away and start again; the "
                 "senders still have what waited in it",
                 quote_text(s->state.path, strlen(s->state.path), q));
    else if (rc)
        fail(rc, "cannot read the queue", why);
    return rc;
}

static int open_inside(struct server *s, char *why)
{
    const struct options *o = &s->options;
    int rc = relay_new(&s->relay, &o->relay);
    if (rc)
        return fail(rc, "cannot start", why);
    relay_set_wall(s->relay, loop_now_ms(), loop_wall_ms());
    if (o->allow)
        rc = allow_load(o->allow, s->relay, why);
    if (rc == 0 && o->relay.durable)
        rc = open_queue(s, why);
    if (rc == 0 && !o->plaintext)
        rc = open_tls(s, why);
    if (rc)
        return rc;
    rc = ready_new(&s->ready);
    const struct dispatch_parts parts = {s->relay, s->store, s->ready, s->tls};
    if (rc == 0)
        rc = dispatch_new(&s->dispatch, &parts);
    return rc ? fail(rc, "cannot start", why) : 0;
}

static void close_all(struct server *s)
{
    dispatch_free(s->dispatch);
    tls_free(s->tls);
    ready_free(s->ready);
    store_close(s->store);
    relay_free(s->relay);
    listen_clear(&s->listeners);
    lan_close(&s->lan);
    state_clear(&s->state);
}

static int serve(struct server *s)
{
    char why[OPTIONS_ERROR_MAX];
    int signals = signals_open(s->options.allow != NULL);
    int rc = signals < 0 ? fail(signals, "cannot start", why) : 0;
    raise_descriptors(s->options.relay.clients_max);
    if (rc == 0)
        rc = open_outside(s, why);
    if (rc == 0)
        rc = open_inside(s, why);
    if (rc) {
        log_error("%s", why);
    } else {
        struct loop loop = {s->relay, s->dispatch,      s->ready, &s->listeners,
                            &s->lan,  s->options.allow, signals};
        rc = announce(&s->listeners);
        if (rc == 0)
            rc = loop_run(&loop);
    }
    close_all(s);
    log_flush();
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int print_fingerprint(struct server *s)
{
    struct keys_identity *key = NULL;
    char why[OPTIONS_ERROR_MAX], fingerprint[KEYS_FINGERPRINT_SIZE];
    int rc = state_init(&s->state, s->options.state, why);
    if (rc == 0 && privilege_drop(&s->state, why))
        log_warning("%s", why);
    if (rc == 0)
        rc = load_key(s, &key, fingerprint, why);
    keys_identity_free(key);
    if (rc)
        log_error("%s", why);
    else
        puts(fingerprint);
    return rc || flush_output() ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int print(const char *text)
{
    fputs(text, stdout);
    return flush_output() ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
    char why[OPTIONS_ERROR_MAX];
    struct server s = {.state.lock = -1, .lan = {.fds = {-1, -1, -1}}};
    if (open_standard())
        return EXIT_FAILURE;
    umask(077);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0}); /* the key would be in it */
    setlocale(LC_CTYPE, "");
    enum options_action action = options_parse(argc, argv, &s.options, why);
    log_init("chat-server", (enum log_level)s.options.log_last);
    switch (action) {
    case OPTIONS_HELP: return print(options_help);
    case OPTIONS_VERSION: return print("chat-server " CHAT_VERSION "\n");
    case OPTIONS_FINGERPRINT: return print_fingerprint(&s);
    case OPTIONS_WRONG:
        fprintf(stderr, "chat-server: %s (chat-server --help says more)\n", why);
        return EXIT_USAGE;
    case OPTIONS_RUN: break;
    }
    s.options.relay.proven = !s.options.plaintext;
    s.options.relay.agent = "chat-server " CHAT_VERSION;
    if (getentropy(s.options.relay.hash_key, sizeof s.options.relay.hash_key)) {
        perror("chat-server: no randomness");
        return EXIT_FAILURE;
    }
    return serve(&s);
}
