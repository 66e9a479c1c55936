#ifndef DUET_H
#define DUET_H

#include "header.h"
#include "session.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Two real sessions, and a relay that knows as much as passing on takes. What happens to a session
 * is written down, a line for each event that matters to trust; what it sends can be looked at and
 * changed on the way.
 */
enum {
    DUET_TEXT = 1 << 14,
    DUET_PREKEYS = 16,
    DUET_KEPT = 64,
};

struct duet_frame {
    struct header header; /* its strings are borrowed: only those of a sender's own frame */
    uint8_t *content;     /* owned */
    size_t content_len;
};

struct person {
    struct session *s;
    struct keys_identity *identity;
    const char *nick;
    bool open;
    char events[DUET_TEXT];
    size_t events_len;
    char keys[1024]; /* as it told them last */
    bool joined, away_from_relay;
    uint64_t now_ms, wall_ms;
    bool hold_commits;
    bool dirty;
    struct session_pin_row pin; /* at most one; `nick` NULL: none */
    char pin_identity[KEYS_TEXT_SIZE];
    uint8_t secrets[DUET_PREKEYS][KEYS_LEN];
    uint64_t made[DUET_PREKEYS];
    size_t prekeys_count;
    struct duet_frame kept[DUET_KEPT]; /* the contents that it sent */
    size_t kept_count;
};

extern struct person alice, bob;

/* Sets the two up, with identities of their own, and frees what they have. */
int duet_set_up(void **state);
int duet_tear_down(void **state);

/* Starts a session; with what it knows of prekeys and pins. Stops it as a crash does. */
void duet_start(struct person *p);
void duet_stop(struct person *p);

/* Gives somebody another identity, before duet_start. */
void duet_identity(struct person *p, uint8_t seed);

/* Connects, as far as welcome; the other one, where they joined, is shown with `keys`. */
void duet_join(struct person *p);
void duet_leave(struct person *p);

/* Shows somebody the other one, online, with these keys (NULL: none). */
void duet_show(struct person *to, const char *keys);

/* Goes on until nothing happens. */
void duet_settle(void);

/* Lets time pass for somebody. */
void duet_wait(struct person *p, uint64_t ms);

uint64_t duet_say(struct person *p, const char *text);

/* Gives somebody a frame as from the other one. */
void duet_give(struct person *to, const struct header *h, const uint8_t *content, size_t len);

/* What was written down since the last time must be this. */
void duet_expect(struct person *p, const char *events);

/* How many frames of a type with content it sent since it was set up; the last of them. */
size_t duet_sent(const struct person *p, enum header_type type);
const struct duet_frame *duet_last(const struct person *p, enum header_type type);

#endif
