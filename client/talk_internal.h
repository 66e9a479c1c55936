#ifndef TALK_INTERNAL_H
#define TALK_INTERNAL_H

#include "history.h"
#include "link.h"
#include "talk.h"
#include "talk_files.h"

enum {
    TALK_READ_BLOCK = 64 << 10,
};

/* What belongs to one relay. */
struct talk_parts {
    struct link *link;
    struct history *history;
    struct session *session;
};

struct talk {
    struct talk_options options;
    struct settings settings;
    struct talk_parts parts;
    struct talk_files files;
    struct buffer scratch;               /* of payloads that are shown */
    struct buffer change, edited, quote; /* of what talk_look found */
    struct transfer_row file; /* what became of the offer that is looked at, with no string but */
    char file_path[PATH_MAX];
    char reactions[2][PAYLOAD_EMOJI_MAX + 1];
    bool unsaved;   /* something waits for a commit that must not wait long */
    uint64_t shown; /* id of the newest message that was noted as shown */
    bool is_peer_here;
    bool was_online; /* at this relay */
    bool has_failed; /* a connection came to nothing */
    bool has_warned; /* of strangers on the LAN */
    bool is_quitting, told_waiting;
    bool is_refused; /* by the relay, for good */
    enum talk_exit exit;
    char why[WORDS_MAX]; /* why it failed for good, or why there is no connection now */
    uint8_t block[TALK_READ_BLOCK];
};

/* Decodes a message and says who is who in it; borrowed from the row and the talk. ERROR_NOMEM. */
int talk_read(struct talk *t, const struct session_message_row *row, struct payload *payload,
              struct face_message *m);

/* The same, and with what the history knows besides. ERROR_STORE, too. */
int talk_look(struct talk *t, const struct session_message_row *row, struct payload *payload,
              struct face_message *m);

/* The same as talk_read, and with what the message that it answers or changes said before it. */
int talk_look_at_subject(struct talk *t, const struct session_message_row *row,
                         struct payload *payload, struct face_message *m);

/* Tells the session what the wall clock shows. */
void talk_set_wall(struct session *s, uint64_t now_ms);

/* Connects, with what is pinned at this relay. */
int talk_open_link(struct talk *t, uint64_t now_ms);

/*
 * It is not clear which relay on the LAN it is, as link_turn said with `error`: tells the person.
 */
int talk_ask_which(struct talk *t, int error, uint64_t now_ms);

/* The connection stands: judges the relay's key before anything is said. */
int talk_greet_relay(struct talk *t, uint64_t now_ms);

/* Carries out SESSION_SAVE_PIN. What it gives ends the program. */
int talk_save_pin(struct talk *t, const struct session_event *e, uint64_t now_ms);

/* Shows a message. */
int talk_show_row(struct talk *t, const struct session_message_row *row);

/*
 * At the start: finds out what was shown before, and shows a face that prints every message once
 * what the one before it may have missed, because it died between the disk and its output.
 */
int talk_show_missed(struct talk *t);

#endif
