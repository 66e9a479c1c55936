#ifndef FAKE_H
#define FAKE_H

#include "relay.h"

/* A relay and a store that do what a test says, and write down what is done with them. */
enum {
    FAKE_CLIENTS = 4,
};

struct relay_client {
    void *owner;
    const char *output;
    size_t input_len;
    bool refuses_input;
    bool ending;
    bool open;
};

struct fake {
    struct relay_client clients[FAKE_CLIENTS];
    size_t client_count;
    bool no_memory; /* for relay_open */
    bool save_more; /* after the first commit */
    int commit_result;
    uint64_t deadline;
    char notes[1024];
};
extern struct fake fake;

/* Before each test. */
void fake_init(void);

/* The relay's next event: about a client, or NULL. */
void fake_emit(enum relay_event_type type, struct relay_client *c);

#endif
