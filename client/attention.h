#ifndef ATTENTION_H
#define ATTENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whether somebody looks at the terminal, as far as that is known, and what came meanwhile. Until a
 * sign says otherwise somebody does. All zero to begin with.
 */
enum {
    ATTENTION_CALM_MS = 3000,  /* no two calls are closer */
    ATTENTION_AWAY_MS = 60000, /* who was away for less needs no summary */
    ATTENTION_SUMMARY_MAX = 80,
};

enum attention_sign {
    ATTENTION_KEY, /* a person's hand */
    ATTENTION_FOCUS_IN,
    ATTENTION_FOCUS_OUT,
    ATTENTION_ATTACHED, /* the terminal multiplexer to a terminal */
    ATTENTION_DETACHED,
    ATTENTION_CONTINUED, /* the program, */
    ATTENTION_STOPPED,   /* as by ^Z */
};

struct attention {
    unsigned reasons;      /* why nobody looks; 0: somebody does */
    uint64_t left_ms;      /* since when; */
    uint64_t away_ms;      /* and for how long, once somebody is back */
    uint64_t back_wall_ms; /* what was written before this came late; 0: nothing does */
    uint64_t calm_ms;      /* no call before this */
    size_t count;          /* messages since they left, */
    uint64_t first;        /* and the id of the first */
};

/* Nobody looks. Nobody could: detached or stopped. */
bool attention_is_away(const struct attention *a);
bool attention_is_gone(const struct attention *a);

/* Takes a sign. True where somebody is back: it is time for the summary. */
bool attention_see(struct attention *a, enum attention_sign sign, uint64_t now_ms,
                   uint64_t wall_ms);

enum attention_wish {
    ATTENTION_NOTHING,
    ATTENTION_CALL,    /* call the person */
    ATTENTION_SUMMARY, /* it belongs to the summary, and comes after it */
};

/* A message of the other person's comes that was written at `wall_ms`. */
enum attention_wish attention_message(struct attention *a, uint64_t id, uint64_t wall_ms,
                                      uint64_t now_ms);

/* "3 h away: 12 messages"; false where that is not worth saying. */
bool attention_summary(const struct attention *a, char out[ATTENTION_SUMMARY_MAX]);

#endif
