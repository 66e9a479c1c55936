#ifndef PEOPLE_H
#define PEOPLE_H

#include "client.h"
#include "server.h"

/* Two people in front of lines, and their relay. With screens: pair.h. */
extern struct server server;
extern struct client alice, bob;
extern char address[SERVER_ADDRESS_MAX]; /* where people_start goes */

/* Sets `address` to a Unix socket in the scratch folder (scratch.h); starts nothing. */
int people_set_up(void **state);

/* Sets it to that of a relay with TLS, which it starts. */
int people_set_up_relay(void **state);

/* Kills what still runs of the three. */
int people_tear_down(void **state);

void people_start(struct client *c, const char *nick, const char *state, const char *more);

/* Starts alice, then bob; each is told of the other. */
void people_meet(const char *state, const char *more);

/* Ends their input; they must end with this status. */
void people_end(struct client *c, int status);

#endif
