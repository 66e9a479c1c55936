#ifndef RELAY_DISK_H
#define RELAY_DISK_H

#include "relay.h"

/* A disk for a relay, played in memory: transactions, and a crash that loses what is uncommitted.
 */
void relay_disk_clear(void);

/* Carries out a RELAY_SAVE_…, RELAY_DELETE_… or RELAY_LOAD. */
void relay_disk_carry_out(struct relay *r, const struct relay_event *event, uint64_t now_ms);

/* Ends the transaction, or undoes it where the disk is full. False where there was none. */
bool relay_disk_commit(struct relay *r, uint64_t now_ms);

/* The next commit finds the disk full. */
void relay_disk_fill(void);

void relay_disk_crash(void);

/* Hands over what was committed. */
int relay_disk_restore(struct relay *r);

/* How many messages are committed; whether nothing was carried out since this was last asked. */
size_t relay_disk_messages(void);
bool relay_disk_was_quiet(void);

/* Whether this message is committed, for whomever. */
bool relay_disk_has(uint64_t stream, uint64_t n);

#endif
