#ifndef WORDS_H
#define WORDS_H

#include "finder.h"
#include "payload.h"
#include "progress.h"
#include "session.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What happens, in sentences for the person; the same words in every face. */
enum {
    WORDS_MAX = 1024, /* any of the sentences, with its NUL */
    WORDS_CLOCK_MAX = 16,
};

/* Whom and what the words are about. All of it is sanitised, `peer` may be NULL. */
struct words {
    const char *relay, *room, *nick, *peer;
    bool plaintext, open; /* --plaintext, --no-seal */
    bool demo;            /* the other person is a script */
    bool on_lan;          /* no relay was named; and one was found there: */
    bool is_found;
    const char *file, *size, *path; /* words_file sets them */
};

/* "reconnecting in 2 s (refused by den:12121)". */
void words_status(const struct words *w, const struct session_event *status, uint64_t now_ms,
                  char out[WORDS_MAX]);

/* Why there is no connection, and what to do where there was none yet. */
void words_unreachable(const struct words *w, const struct session_event *status,
                       char out[WORDS_MAX]);

/*
 * Which relays answer on the LAN, and what to type: where there are several, else where none of
 * them has the right key.
 */
void words_which(const struct finder *f, bool several, char out[WORDS_MAX]);

/* Why the session stopped for good, after an error of the relay's, and what to do. */
void words_stopped(const struct words *w, enum header_code code, char out[WORDS_MAX]);

/*
 * How private it is, and what to do where it is not: "" for nothing to say; and in a few words,
 * what matters most first, or NULL.
 */
void words_trust(const struct words *w, enum session_trust trust, char out[WORDS_MAX]);
const char *words_trust_short(const struct words *w, enum session_trust trust);

/* What is not private with --plaintext. */
void words_without_tls(const struct words *w, char out[WORDS_MAX]);

/* "bob is here". */
void words_presence(const struct words *w, const struct session_event *presence,
                    char out[WORDS_MAX]);

/* Why a message was not taken for now: a sentence, and a few words. */
void words_refused(const struct words *w, enum header_code code, char out[WORDS_MAX]);
const char *words_refused_short(enum header_code code);

/* That the peer cannot send what came before. */
void words_missing(const struct words *w, char out[WORDS_MAX]);

/* What became of a file: a sentence, and a few words to stand below its offer. */
void words_file(const struct words *w, const struct transfer_row *file, char out[WORDS_MAX]);
void words_file_short(const struct words *w, const struct transfer_row *file, char out[WORDS_MAX]);

/* What to do where nothing was ever said: three lines. `host` is what others call this machine. */
void words_greeting(const struct words *w, const char *host, char out[WORDS_MAX]);

/* How a message is told. */
struct words_said {
    bool shown;                        /* false: it says nothing to a person */
    bool action;                       /* "* bob waves", and not "bob: hello" */
    bool one_line;                     /* whatever is in it */
    const char *before;                /* ours: "changed a message: " */
    struct json_string text;           /* as it came, behind that */
    char after[PROGRESS_SIZE_MAX + 4]; /* ours: " (30.1 MB)" */
};

struct words_said words_said(const struct payload *p);

/* "3 messages were not delivered; they go out at the next start". */
void words_undelivered(size_t count, char out[WORDS_MAX]);

/* "1 file is not through; it goes on at the next start". */
void words_unfinished(size_t count, char out[WORDS_MAX]);

/* "3 messages wait for somebody to come; ^C ends this, and they go out at the next start". */
void words_waiting(size_t count, char out[WORDS_MAX]);

/* The time of day in the local zone: "09:14". */
void words_clock(uint64_t wall_ms, char out[WORDS_CLOCK_MAX]);

#endif
