#ifndef TALKER_H
#define TALKER_H

#include "process.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * A program that pipes numbered lines through a chat-client in --json, and goes on where it was
 * when that dies: what it knows is what the client has printed. A line was accepted when the client
 * has printed it as a message of its own; one that it was given and did not print is given again,
 * unless the next client prints it at its start. What comes is dropped where its id was printed
 * before. So every line must come once, and in order, and everything else fails the test.
 */
enum {
    TALKER_WINDOW = 100, /* lines given to the client and not yet accepted */
};

struct talker {
    const char *name;
    char first; /* what its lines begin with: `a1`, `a2` …; the other one's begin with another */
    const char *server, *state;
    void (*prepare)(void); /* as process_start */
    unsigned lines;        /* to say in all */

    struct process process;
    bool is_ready; /* what an earlier client left unprinted came */
    bool was_online;
    uint64_t id;              /* the last one printed */
    unsigned accepted, heard; /* lines of its own, of the other one */
    unsigned given;           /* lines written to this client, or accepted before it */
    unsigned repeated;        /* clients that printed again what one before them had printed */
    bool repeats;             /* this one does */
    unsigned answers;         /* to commands */
    unsigned refusals;        /* times that the relay did not take a message, for now */
    char code[32];            /* of the last status: why the relay ended the connection, or "" */
    char said[512];           /* the last thing on standard error */
    int exit;                 /* of the last client that ended on its own */
};

void talker_start(struct talker *t);

/* Waits until a talker can be written to or has something to say, or so many milliseconds; gives
 * and takes lines. One whose client has ended on its own has a process.pid of 0 after that. */
void talker_turn(struct talker *talkers, size_t count, int timeout_ms);

/* Kills the client: what it printed before counts. Gives what process_wait does: it may have ended
 * just before. */
int talker_kill(struct talker *t);

/* Ends its input: the client ends when everything is delivered, which it must, with 0. */
void talker_finish(struct talker *t);

#endif
