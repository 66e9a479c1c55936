#ifndef CLIENT_H
#define CLIENT_H

#include "process.h"

#include <stdbool.h>
#include <stddef.h>

/* A chat-client without a screen, with a state folder of its own below a scratch folder. */
struct client {
    struct process process;
};

/* As scratch_make, and the test survives the end of its clients. */
int client_make_scratch(void **state);

/*
 * Starts `chat-client --nick NICK --server ADDRESS --state SCRATCH/STATE` with these options
 * besides (blank-separated, or NULL). Without a server it is found on the LAN: that is for
 * test_lan.c alone.
 */
struct client_options {
    const char *nick, *server, *state, *more;
    void (*prepare)(void); /* runs in the child before, or NULL */
};

void client_start(struct client *c, const struct client_options *options);

/* Writes a line to its standard input, or ends that. */
void client_say(struct client *c, const char *line);
void client_end_input(struct client *c);

/* The next line of its standard output must be this, after the time and a blank. */
void client_expect_said(struct client *c, const char *said);

/* Its standard error must come to a line with this text. */
void client_expect_told(struct client *c, const char *text);

/* Waits for the end, which must have this exit status. */
void client_expect_exit(struct client *c, int status);

#endif
