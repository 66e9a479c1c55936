#ifndef LOOP_H
#define LOOP_H

#include "dispatch.h"
#include "lan.h"
#include "listen.h"
#include "ready.h"
#include "relay.h"

/* The clock that everything runs on, and that of the wall, in milliseconds. */
uint64_t loop_now_ms(void);
uint64_t loop_wall_ms(void);

/* What the loop runs; all borrowed. */
struct loop {
    struct relay *relay;
    struct dispatch *dispatch;
    struct ready *ready;
    struct listeners *listeners; /* cleared when the relay stops */
    struct lan *lan;             /* closed then, too */
    const char *allow;           /* the file that SIGHUP has read again; NULL: SIGHUP stops it */
    int signals;                 /* as signals_open gave it */
};

/*
 * Runs the relay until SIGTERM or SIGINT stopped it in good order, within a bounded time; a second
 * one stops it at once. 0; or what failed, logged.
 */
int loop_run(struct loop *l);

#endif
