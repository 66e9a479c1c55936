#ifndef TALK_INTERNAL_H
#define TALK_INTERNAL_H

#include "history.h"
#include "link.h"
#include "talk.h"

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
    struct talk_parts parts;
    struct buffer scratch; /* of payloads that are shown */
    bool was_online;       /* at this relay */
    bool has_failed;       /* a connection came to nothing */
    bool is_quitting;
    enum header_code stopped_by;
    enum talk_exit exit;
    char why[WORDS_MAX]; /* why it failed for good, or why there is no connection now */
    uint8_t block[TALK_READ_BLOCK];
};

/* Decodes a message and says who is who in it; borrowed from the row and the talk. ERROR_NOMEM. */
int talk_read(struct talk *t, const struct session_message_row *row, struct payload *payload,
              struct face_message *m);

#endif
