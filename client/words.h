#ifndef WORDS_H
#define WORDS_H

#include "session.h"

#include <stdint.h>

/* What happens, in sentences for the person; the same words in every face. */
enum {
    WORDS_MAX = 1024, /* any of the sentences, with its NUL */
    WORDS_CLOCK_MAX = 16,
};

/* Whom and what the words are about. All of it is sanitised, `peer` may be NULL. */
struct words {
    const char *relay, *room, *nick, *peer;
};

/* "reconnecting in 2 s (refused by den:12121)". */
void words_status(const struct words *w, const struct session_event *status, uint64_t now_ms,
                  char out[WORDS_MAX]);

/* Why the session stopped for good, after an error of the relay's, and what to do. */
void words_stopped(const struct words *w, enum header_code code, char out[WORDS_MAX]);

/* "bob is here". */
void words_presence(const struct words *w, const struct session_event *presence,
                    char out[WORDS_MAX]);

/* Why a message was not taken for now. */
void words_refused(const struct words *w, enum header_code code, char out[WORDS_MAX]);

/* "3 messages were not delivered; they go out at the next start". */
void words_undelivered(size_t count, char out[WORDS_MAX]);

/* The time of day in the local zone: "09:14". */
void words_clock(uint64_t wall_ms, char out[WORDS_CLOCK_MAX]);

#endif
