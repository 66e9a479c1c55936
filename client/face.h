#ifndef FACE_H
#define FACE_H

#include "session.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

struct talk;

/* How the program speaks to the person, beside what the session tells. */
enum face_tone {
    FACE_NOTICE, /* something happened */
    FACE_ANSWER, /* what a command asked for; of several lines perhaps */
    FACE_ERROR,  /* something that the person did has no effect */
};

/* A message to show, ours or theirs. */
struct face_message {
    const struct session_message_row *row;
    const char *author, *to;       /* nicks, as they came; `to` is NULL for a peer not yet known */
    const struct payload *payload; /* decoded */
    struct json_string text;       /* what it says; as it was changed last, see below */

    /* Of a face that looks back, and of talk_walk and talk_get. Text and action: */
    bool is_edited, is_deleted;
    const char *reaction_mine, *reaction_theirs; /* "" for none */
    uint64_t answers; /* id of the message that it answers; 0 for none, or where it is not here */
    uint64_t after;   /* theirs: id of ours that its writer had seen last; 0: not known */
    /* What that says; of a face that prints, what the message that this one answers or changes said
     * before. Empty for none. */
    struct json_string quote;
    /* An offer of a file: what became of it; NULL where that is not known. */
    const struct transfer_row *file;
    /* Edit, delete, react: id of the message that it changes; 0 where that is not here */
    uint64_t target;
};

enum {
    FACE_FDS = 4,
};

struct face;

/*
 * A face: what a person, or a program in their place, sees and says. Those that show and tell give
 * 0, or a negative error that ends the program: output that is gone (ERROR_CLOSED), ERROR_NOMEM.
 */
struct face_ops {
    bool stays;      /* it goes on when the session has ended for good, until the person quits */
    bool looks_back; /* it shows what became of messages, and what they answer, */
    bool quotes;     /* or prints what they answer or change */
    /* A conversation with a relay begins, perhaps after another one. */
    int (*begin)(struct face *f, uint64_t now_ms);
    int (*show_message)(struct face *f, const struct face_message *m);
    /* SESSION_STATUS, PRESENCE, TRUST, MARK, SIGNAL, REFUSED, MISSING */
    int (*show_event)(struct face *f, const struct session_event *event, uint64_t now_ms);
    /* What becomes of a file: it `has_changed` its state, or only moved on. */
    int (*show_file)(struct face *f, const struct transfer_row *file, bool has_changed);
    int (*tell)(struct face *f, enum face_tone tone, const char *text);
    /* /help: `commands` lists them, a line each */
    int (*show_help)(struct face *f, const char *commands);
    /* /search: shows where that text was said last; NULL: it is to be told */
    int (*search)(struct face *f, const char *text, size_t len);
    /* /theme: lets the person choose one; NULL: there are no colours */
    int (*choose_theme)(struct face *f);
    /* /clear */
    void (*clear)(struct face *f);
    /* The message that the person chose to speak about: its id, 0 for none. */
    uint64_t (*chosen)(const struct face *f);

    /* What to poll for; fd -1 for nothing. And when to call take_input even so. */
    void (*poll)(const struct face *f, struct pollfd fds[FACE_FDS]);
    uint64_t (*deadline)(const struct face *f);
    /* Takes what the person says, and hands it to the talk. */
    int (*take_input)(struct face *f, const struct pollfd fds[FACE_FDS], uint64_t now_ms);
    /* Everything of this turn was shown. */
    int (*end_turn)(struct face *f, uint64_t now_ms);
    /* The disk works until `done` is readable: takes what the person writes, and shows it. Nothing
     * can be asked of the talk. NULL: it waits. */
    int (*meanwhile)(struct face *f, int done);
    /* Whether no more input will come. */
    bool (*is_ended)(const struct face *f);
    void (*free)(struct face *f);
};

struct face {
    const struct face_ops *ops;
    struct talk *talk; /* set before the first call */
    uint64_t refused;  /* lines of input that could not be sent */
};

#endif
