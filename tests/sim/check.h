#ifndef CHECK_H
#define CHECK_H

#include "world.h"

/* What must hold, whatever goes wrong; world_fail where it does not. */

/* The number that a message's payload says, and whose it is. -1: none that was written here. */
int check_number(const uint8_t *payload, size_t len, int *client);

/* The same for a row of a client's disk, of the table of messages. */
int check_row_number(const struct simdisk_row *row, int *client);

/* The place of a message that client `writer` ever had there, and its number; NULL and -1: none. */
struct place *check_place_at(struct world *w, int writer, uint64_t stream, uint64_t n);
int check_number_at(const struct world *w, int writer, uint64_t stream, uint64_t n);

/* Learns where a message of its own stands, or would, if that were committed. */
void check_note_place(struct world *w, int client, const struct session_message_row *row);

/* Learns which messages of the peer become safe with a commit of a client. */
void check_note_safe(struct world *w, int client);

/* A message is shown when it is safe, and once in the life of a process. */
void check_shown(struct world *w, int client, const struct session_message_row *row);

/* A mark claims nothing that was not true some time before. */
void check_mark(struct world *w, int client, uint64_t id, enum session_mark mark);

/* What the marks say is true now; called while nothing moves. */
void check_marks(struct world *w);

/*
 * Called while nothing moves: where both are there, everything was delivered; but a full queue or
 * disk, or keys that were lost, let them wait.
 */
void check_nothing_rests(struct world *w);

/* Only a relay that lies makes anybody doubt whom they speak with. */
void check_trust(struct world *w, int client);

/*
 * Whether what each client wrote and has on its disk is on the other one's, once and in order; and
 * nothing else, but what its writer lost with its disk. Else `why` says what is missing.
 */
bool check_arrived(struct world *w, char *why, size_t size);

#endif
