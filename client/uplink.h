#ifndef UPLINK_H
#define UPLINK_H

#include "session.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The connection to the relay, as a session has it: when to connect, whether it lives, when it is
 * given up and when to try again.
 */
struct uplink {
    enum session_state state;
    uint64_t began_ms; /* of connecting, or of leaving */
    uint64_t heard_ms; /* when the relay last said something */
    uint64_t retry_ms; /* in SESSION_OFFLINE */
    unsigned attempts; /* that failed, since the last good connection */
    uint64_t taken_ms; /* the first `nick-taken` of a row of them; UINT64_MAX: none */
    bool welcomed;     /* once at least, in this run; the last time: */
    uint64_t welcomed_ms;

    bool pinging;
    uint64_t ping_id, ping_ms, round_trip_ms;

    bool quitting; /* the person asked for the end */
    bool leave;    /* and gives the seat up */
    bool bye_put;
};

void uplink_init(struct uplink *u);

void uplink_start(struct session *s);
void uplink_retry(struct session *s);
void uplink_connected(struct session *s);
void uplink_welcomed(struct session *s);
void uplink_heard(struct session *s);
void uplink_pong(struct session *s, uint64_t id);
void uplink_quit(struct session *s, bool leave);
void uplink_tick(struct session *s);
uint64_t uplink_deadline(const struct session *s);

/* The connection is gone; `why` is a phrase for the person. */
void uplink_lost(struct session *s, const char *why);

/* The same, and it is not tried again. */
void uplink_stop(struct session *s, const char *why);

/* The relay broke the protocol: ends the connection. */
void uplink_broken(struct session *s, const char *why);

/* The relay ended the connection with an error. */
void uplink_refused(struct session *s, enum header_code code, const char *text);

/* Says bye once everything else is written. */
void uplink_say_bye(struct session *s);

/* Whether frames come; whether we may speak to the peer. */
bool uplink_is_up(const struct session *s);
bool uplink_is_joined(const struct session *s);

#endif
