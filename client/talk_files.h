#ifndef TALK_FILES_H
#define TALK_FILES_H

#include "payload.h"
#include "session.h"
#include "sink.h"
#include "source.h"
#include "words.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct talk;

/*
 * Files of a conversation, between its session (transfer.h) and the disk. What is long is done in
 * slices, a turn of the loop each, so that no key waits for it. talk_offer.c has ours, talk_take.c
 * theirs.
 */
enum {
    TALK_OFFERS_MAX = 16, /* files that are being read before they are offered */
};

/* A file that is read for its digest: one of ours before it is offered, or one of theirs, whole. */
struct talk_job {
    struct talk_job *next;
    uint64_t message; /* 0: ours */
    struct source source;
    char path[];
};

struct talk_files {
    struct talk_job *jobs; /* oldest first */
    struct source sending; /* the file that was sent from last, */
    uint64_t sending_of;   /* by its message; 0: none is open */
    struct sink writing;   /* likewise the one that came last */
    uint64_t writing_of;
    uint64_t moved[2];   /* theirs and ours that moved last; 0: none did */
    uint64_t told_ms[2]; /* and when that was told last */
    uint64_t judged;     /* the one of theirs that was judged last, */
    char part[PATH_MAX]; /* and what is to go once the session has noted that */
    uint8_t block[PAYLOAD_CHUNK_MAX];
};

void talk_files_init(struct talk_files *f);
void talk_files_clear(struct talk_files *f);

/* At the start: what was on its way goes on. */
int talk_files_resume(struct talk *t, uint64_t now_ms);

/* Does a slice, where there is one to do (`jobs`). */
int talk_files_turn(struct talk *t, uint64_t now_ms);

/* Whether it is too early for a good end: something is on its way, or can be soon. */
bool talk_files_are_busy(const struct talk *t);

/* What the session asks for. */
int talk_show_file(struct talk *t, const struct session_event *e, uint64_t now_ms);
int talk_read_file(struct talk *t, const struct session_event *e, uint64_t now_ms);
int talk_write_file(struct talk *t, const struct session_event *e, uint64_t now_ms);
int talk_check_file(struct talk *t, const struct session_event *e, uint64_t now_ms);
int talk_save_file(struct talk *t, const struct session_event *e, uint64_t now_ms);

/*
 * The person offers the file at `path`, or takes one of theirs. ERROR_STATE where that cannot be,
 * and a sentence in `why`.
 */
int talk_offer_file(struct talk *t, const char *path, char why[WORDS_MAX]);
int talk_take_file(struct talk *t, uint64_t message, uint64_t now_ms, char why[WORDS_MAX]);

/* The person does not want the file to be offered that is still read, of that name or any. False:
 * there is none. */
bool talk_cancel_offer(struct talk *t, const char *name, size_t len);

/* The same for the files of this module only. */

/* An open one; false where there is none. Borrowed as transfer_get says. */
bool talk_find_file(const struct talk *t, uint64_t message, struct transfer_row *row);

/* Tells the face what became of one, unless that was told before. */
int talk_tell_file(struct talk *t, const struct transfer_row *row, uint64_t now_ms);

/* Reads a file (taken; closed with an error) in slices, then talk_end_offer or talk_end_check. */
int talk_add_job(struct talk *t, uint64_t message, const char *path, struct source *source);

/* The job is done: `judged` is what source_judge gave. */
int talk_end_offer(struct talk *t, const struct talk_job *job, int judged, const char *digest,
                   uint64_t now_ms);
int talk_end_check(struct talk *t, const struct talk_job *job, int judged, const char *digest,
                   uint64_t now_ms);

#endif
