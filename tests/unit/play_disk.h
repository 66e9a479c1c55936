#ifndef PLAY_DISK_H
#define PLAY_DISK_H

#include "session.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A client's disk, in memory that does not run out (torture.h). */
struct play_disk {
    struct session_peer_row *peers;
    struct session_stream_row *streams;
    struct session_message_row *messages; /* chunks of files too, with an id of 0 */
    struct transfer_row *files;
    size_t peers_count, streams_count, messages_count, files_count;
};

/* Carries out a SESSION_SAVE_… or DROP_…; false where the event is another one. */
bool play_disk_save(struct play_disk *d, const struct session_event *e);

/* Forgets a message. */
void play_disk_drop(struct play_disk *d, uint64_t id);

/* Makes one the same as another; makes one empty. */
void play_disk_copy(struct play_disk *to, const struct play_disk *from);
void play_disk_clear(struct play_disk *d);

#endif
