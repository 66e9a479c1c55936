#ifndef SERVER_H
#define SERVER_H

#include "process.h"
#include "wire.h"

enum {
    SERVER_LISTENERS_MAX = 4,
    SERVER_ADDRESS_MAX = 160,
};

/* A chat-server, and where it says that it listens. */
struct server {
    struct process process;
    char addresses[SERVER_LISTENERS_MAX][SERVER_ADDRESS_MAX];
};

/*
 * Starts one in plaintext with these options besides (blank-separated; no `--state` in them means
 * `--memory`, no `--listen` a free port of 127.0.0.1), and waits until it listens. `prepare` as
 * process_start.
 */
void server_start(struct server *s, const char *options, void (*prepare)(void));

/*
 * The same with TLS, and a key in the scratch folder (scratch.h) where `--state` is not there:
 * always the same one for the same `s`.
 */
void server_start_tls(struct server *s, const char *options, void (*prepare)(void));

/* Stops it with SIGTERM: it must exit with 0, and have said nothing more on standard output. */
void server_stop(struct server *s);

/* Two people who must be able to talk, whatever happens beside them. */
struct canary {
    struct wire a, b;
    unsigned n;
};

/* They join a room of their own at an address. */
void canary_start(struct canary *c, const char *address, const char *room);

/* Each sends the other a message and a receipt for what it got. */
void canary_talk(struct canary *c);

void canary_stop(struct canary *c);

#endif
