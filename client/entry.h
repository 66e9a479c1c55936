#ifndef ENTRY_H
#define ENTRY_H

#include "emoji.h"
#include "face.h"
#include "transcript.h"

enum {
    ENTRY_NOTE_MAX = 1024, /* "edited", what became of a file, two reactions and two names; what is
                              more is cut */
};

/* An entry of the screen's transcript, with the strings that it needs. */
struct entry {
    struct transcript_entry shown;
    enum emoji_style style;
    char *author, *text, *quote; /* owned */
    char note[ENTRY_NOTE_MAX];
    char clock[16], day[64];
};

/*
 * Makes the entry of a message. 1; 0 where the message is nothing to show; ERROR_NOMEM. With
 * anything but 1 there is nothing to clear.
 */
int entry_init_message(struct entry *e, const struct face_message *m, enum emoji_style style);

/* Makes the entry of something that the program says. ERROR_NOMEM. */
int entry_init_notice(struct entry *e, enum transcript_kind kind, const char *text);

/* One line of a message, for those that answer it: the caller's to free; NULL: out of memory. */
char *entry_quote(const struct face_message *m, enum emoji_style style);

void entry_clear(struct entry *e);

/* The transcript's mark for one of the session's. */
enum transcript_mark entry_mark(enum session_mark mark);

#endif
