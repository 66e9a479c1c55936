#ifndef TALK_H
#define TALK_H

#include "address.h"
#include "face.h"
#include "payload.h"
#include "session.h"
#include "settings.h"
#include "words.h"

#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The conversation: joins the session, the history and the connection, and shows a face what comes
 * of it. A turn of the loop: talk_turn, the face's input, talk_settle. What fails there for good
 * ends the program: talk_exit says how.
 */
enum {
    TALK_WAITING_MAX = 4096, /* messages not yet delivered, beyond which no lines are taken */
};

/* How the program ends (chat-client(1), "EXIT STATUS"). */
enum talk_exit {
    TALK_FINE = 0,
    TALK_FAILED = 1,
    TALK_USAGE = 2,
    TALK_REFUSED = 3,
    TALK_WRONG_KEY = 4,
};

/* Strings are borrowed for the life of the talk. */
struct talk_options {
    const char *nick, *room; /* as they are spelt */
    const char *room_key;    /* name.key */
    const char *folder;      /* of this nick, in the state folder */
    const char *keys;        /* for hello, with `open` */
    const struct keys_identity *identity;
    const char *config;              /* path of the configuration file; "" for none */
    const struct settings *settings; /* as at the start; copied by talk_new */
    const char *fingerprint;         /* the only relay key to accept; "" for the one pinned */
    bool plaintext, open;            /* --plaintext, --no-seal */
    bool demo;                       /* --demo */
    struct face *face;
};

struct talk;

/* Nothing is opened yet: talk_connect does. ERROR_NOMEM. */
int talk_new(struct talk **t, const struct talk_options *options);
void talk_free(struct talk *t);

/*
 * Goes to a relay, away from the one before, with the history of that one; NULL: as link_new. Where
 * that cannot be, gives an error with a sentence in `why`, and everything stays as it was.
 */
int talk_connect(struct talk *t, const struct address *relay, uint64_t now_ms, char why[WORDS_MAX]);

struct pollfd talk_poll(const struct talk *t);
uint64_t talk_deadline(const struct talk *t);

/* Takes what the connection brings, where `revents` or the deadline say so. */
int talk_turn(struct talk *t, short revents, uint64_t now_ms);

/* Carries out and shows what the session asks for, commits, and writes to the relay. */
int talk_settle(struct talk *t, uint64_t now_ms);

/*
 * Everything up to this message has reached the person, and is not shown as missed at the next
 * start. Who dies before this call shows it again, with the same id.
 */
void talk_note_shown(struct talk *t, uint64_t message);

/* Commits what is noted, at a good end. */
int talk_close(struct talk *t);

/*
 * Says something. `text` is of kind PAYLOAD_TEXT or PAYLOAD_ACTION. ERROR_PAYLOAD where it is too
 * long, ERROR_UTF8 where it is no text; then it is not sent.
 */
int talk_say(struct talk *t, enum payload_kind kind, const char *text, size_t len, uint64_t now_ms);

/* A line as a person types it: a message, or a command. As talk_say; ERROR_STATE for a command that
 * does not exist or cannot be done, which the face is told. */
int talk_line(struct talk *t, const char *line, size_t len, uint64_t now_ms);

/* Tells the peer of something that passes (typing, away), where they are here and the settings do
 * not forbid it. So does talk_seen. */
int talk_signal(struct talk *t, enum payload_kind kind, bool active, uint64_t now_ms);

/* Tells the peer that their messages up to this id were seen, unless they were told before. */
int talk_seen(struct talk *t, uint64_t id, uint64_t now_ms);

/* Connects at once: where it waits for that, and where it was stopped by others than the person. */
void talk_retry(struct talk *t, uint64_t now_ms);

/* Connects at once where it waits for that. */
void talk_hurry(struct talk *t, uint64_t now_ms);

/* This host's network changed: the same, also where the connection was lost by that. */
int talk_change_network(struct talk *t, uint64_t now_ms);

/*
 * Messages of earlier, with ids below `before`, newest first, at most `max`. Gives how many, or
 * what `show` gave where that is not 0, or ERROR_STORE, ERROR_NOMEM.
 */
typedef int talk_show(void *context, const struct face_message *m);
int talk_walk(struct talk *t, uint64_t before, size_t max, talk_show *show, void *context);

/* The same upwards: ids of `from` and above, oldest first. */
int talk_walk_up(struct talk *t, uint64_t from, size_t max, talk_show *show, void *context);

/* The newest message of theirs that they were told to be seen: its id, 0 for none. */
int talk_get_last_seen(struct talk *t, uint64_t *id);

/* Gives `show` the message with this id, where there is one; what it gave, or an error. */
int talk_get(struct talk *t, uint64_t id, talk_show *show, void *context);

/* Messages that history_search finds, until `show` ends it; what that gave, or an error. */
struct history_query;
int talk_search(struct talk *t, const struct history_query *query, talk_show *show, void *context);

/*
 * What was being written, and the message that the screen was scrolled to (0: the newest), kept
 * over the end of the program. `*draft` is the caller's to free.
 */
void talk_keep_place(struct talk *t, const char *draft, size_t len, uint64_t message);
int talk_get_place(struct talk *t, char **draft, size_t *len, uint64_t *message);

/*
 * The text that /edit would change, as it is now; the caller's to free. ERROR_STATE where there is
 * none, which the face is told; ERROR_STORE, ERROR_NOMEM.
 */
int talk_get_own_text(struct talk *t, char **text, size_t *len, uint64_t now_ms);

/*
 * A file of this room's for the line that is being written, while another program has it.
 * ERROR_SYSTEM, with a sentence in `why`.
 */
int talk_line_path(const struct talk *t, char path[PATH_MAX], char why[WORDS_MAX]);

/* A file of ours (`mine`) or theirs that is on its way, or read for that. False for none. */
struct talk_work {
    uint64_t message;  /* that offers it; 0: none does yet */
    const char *doing; /* "reading ", "checking ", or "" */
    const char *name;  /* as its sender has it, borrowed until the next call */
    uint64_t done, size;
};
bool talk_get_work(const struct talk *t, bool mine, struct talk_work *work);

/* Whether more lines are wanted now. */
bool talk_wants_lines(const struct talk *t);

/* Ends the conversation, politely but within SESSION_LEAVE_MS; `leave` gives the seat up. */
int talk_quit(struct talk *t, bool leave, uint64_t now_ms);

/* No more input will come: quits once everything is delivered, or it is clear that nothing goes. */
int talk_finish(struct talk *t, uint64_t now_ms);

/* Whether the person asked for the end; whether it has come: the session ended for good. */
bool talk_is_quitting(const struct talk *t);
bool talk_is_over(const struct talk *t);

/* The exit status, and a sentence that explains it ("" for none). */
enum talk_exit talk_exit(const struct talk *t, char why[WORDS_MAX]);

/* What a face may want to know. /set changes the settings. */
const struct settings *talk_settings(const struct talk *t);
struct words talk_words(const struct talk *t);
const struct session *talk_session(const struct talk *t);

#endif
