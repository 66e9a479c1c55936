#ifndef PAIR_H
#define PAIR_H

#include "server.h"
#include "terminal.h"

#include <stdbool.h>

/* A relay, and two people at their screens; for tests between client_make_scratch and its end. */
enum {
    PAIR_ROWS = 20,
    PAIR_COLUMNS = 78,
};

extern struct server server;
extern struct terminal *alice, *bob;
extern char address[SERVER_ADDRESS_MAX]; /* of the relay */

/* For cmocka, around each test: the relay alone; and the end of everything. */
int pair_set_up(void **state);
int pair_tear_down(void **state);

/* A client with a screen. What is not said: no settings, the size above, nothing else. */
struct pair_options {
    const char *nick, *folder;
    const char *config;             /* what the configuration file says */
    const char *const *environment; /* besides; as in terminal_options, at most 6 */
    int rows, columns;
    bool plaintext;
};

struct terminal *pair_start_with(const struct pair_options *options);

/* Starts a client with a screen; both of them, until they see each other. */
struct terminal *pair_start_one(const char *nick, const char *folder);
void pair_start(const char *folder);

/* Ends one, which must leave the terminal as it was. */
void pair_quit(struct terminal *t);

/* Waits until the row with a text ends in this mark. */
void pair_assert_mark(struct terminal *t, const char *text, const char *mark);

#endif
