#ifndef DISK_H
#define DISK_H

#include "queue.h"

/* Saves a message that is in no run. */
void disk_save_message(struct relay *r, struct message *m);

/*
 * Its holder is gone: what is in the run is saved, or only forgotten where it is on disk already.
 * For what the disk has no place for, the sender is told `quota`.
 */
void disk_save_run(struct relay *r, struct seat *s);

/* A message that is being saved is not wanted any more. */
void disk_forget_message(struct relay *r, struct message *m);

/* The open transaction changes how much the seat has on disk. */
void disk_change(struct relay *r, struct seat *s, int64_t count, int64_t cost);

/* Saves the seat's row, so that it has one from now on. */
void disk_save_seat(struct relay *r, struct seat *s);

/* Something of what its row says changed: saves that anew, where it has one. */
void disk_update_seat(struct relay *r, struct seat *s);

/* Deletes what it has on disk, or frees it where it has nothing there: it is nobody's any more. */
void disk_delete_seat(struct relay *r, struct seat *s);

/* Deletes messages of a stream up to `n`, where the seat has any on disk. ERROR_NOMEM. */
int disk_delete_messages(struct relay *r, struct seat *s, uint64_t stream, uint64_t n);

/* Saves a receipt that waits for the seat; forgets those that waited. */
struct control;
void disk_save_receipt(struct relay *r, struct seat *s, struct control *receipt);
void disk_delete_receipts(struct relay *r, struct seat *s);

/* Asks for messages where the seat's holder can be sent more than is in memory. */
void disk_load_more(struct relay *r, struct seat *s);

/* What was loaded is not in memory any more: loading begins anew. */
void disk_load_anew(struct seat *s);

/* The same after a full disk: in a while, or when there is place again. */
void disk_load_later(struct relay *r, struct seat *s);
void disk_load_all(struct relay *r);

/* Frees the seats of a list: they are nobody's any more, and not on disk either. */
void disk_free_seats(struct link *list);

/* The next action for the edge; false where there is none. */
bool disk_next(struct relay *r, struct relay_event *event);

#endif
