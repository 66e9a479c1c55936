#ifndef CLIENT_H
#define CLIENT_H

#include "address.h"
#include "conn.h"
#include "speech.h"
#include "tally.h"
#include "tls.h"

#include <stdbool.h>

/*
 * A client of the load generator: one end of a pair. Whatever it cannot go on from ends the
 * program with a sentence.
 */
enum client_role {
    CLIENT_IDLE,   /* joins and is silent */
    CLIENT_PLAYER, /* answers each message with one of its own */
    CLIENT_SOURCE, /* keeps `window` messages on their way */
    CLIENT_SINK,   /* gives receipts, one for a burst */
};

/* What all clients of a run share. */
struct client_run {
    const struct speech *speech;
    struct address_socket server;
    struct tls *tls;         /* NULL in plaintext */
    struct json_string keys; /* in TLS: those of its key */
    struct tally *tally;
    size_t message_len;
    uint32_t window;
    bool counts_stored; /* what the server has on disk is not on its way */
    bool going;         /* new messages are sent */
    int epoll;
};

struct client {
    struct client_run *run;
    struct conn *conn;
    struct buffer in, out;
    enum client_role role;
    struct speech_client speaks;
    bool met;
    short events;             /* that epoll watches for */
    uint32_t sent, acked;     /* the newest message, and the newest that is not on its way */
    uint32_t receipted;       /* the newest message of the peer's that it gave a receipt for */
    struct tally_place heard; /* the peer's messages */
};

/* Begins to connect, and to join room `room` as its side 0 or 1. */
void client_open(struct client *c, struct client_run *run, enum client_role role, unsigned room,
                 int side);
void client_close(struct client *c);

/* Sends what its role has to send now: a player serves when `serves`. */
void client_start(struct client *c);

/* Its socket is ready. */
void client_serve(struct client *c);

/* Messages of its own on their way. */
uint32_t client_owed(const struct client *c);

uint64_t client_now_ns(void);

#endif
