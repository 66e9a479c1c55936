#ifndef PLAY_NOTES_H
#define PLAY_NOTES_H

#include "frame.h"
#include "header.h"
#include "play.h"

/* What a session does, written down for comparison. */

/* The letter of a stream, given to ours as they appear; the stream of a letter. */
char play_letter_of(struct play *p, uint64_t stream);
uint64_t play_stream_of(const struct play *p, char letter);

void play_note_event(struct play *p, const struct session_event *e);
void play_note_frame(struct play *p, const struct header *h, const struct frame *f);

#endif
