#include "people.h"

#include "scratch.h"

#include <stdio.h>

struct server server;
struct client alice, bob;
char address[SERVER_ADDRESS_MAX];

int people_set_up(void **state)
{
    (void)state;
    snprintf(address, sizeof address, "unix:%s", scratch_path("relay"));
    return 0;
}

int people_set_up_relay(void **state)
{
    (void)state;
    server_start_tls(&server, "", NULL);
    snprintf(address, sizeof address, "%s", server.addresses[0]);
    return 0;
}

int people_tear_down(void **state)
{
    (void)state;
    process_clear(&alice.process);
    process_clear(&bob.process);
    process_clear(&server.process);
    return 0;
}

void people_start(struct client *c, const char *nick, const char *state, const char *more)
{
    client_start(c, &(struct client_options){nick, address, state, more, NULL});
}

void people_meet(const char *state, const char *more)
{
    people_start(&alice, "alice", state, more);
    client_expect_told(&alice, "nobody else is in the room");
    people_start(&bob, "bob", state, more);
    client_expect_told(&bob, "alice is here");
    client_expect_told(&alice, "bob is here");
}

void people_end(struct client *c, int status)
{
    client_end_input(c);
    client_expect_exit(c, status);
}
