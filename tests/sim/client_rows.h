#ifndef CLIENT_ROWS_H
#define CLIENT_ROWS_H

#include "session.h"
#include "simdisk.h"

/* The rows of a session (session.h) on a client's simulated disk. */
enum {
    CLIENT_PEER,
    CLIENT_STREAM,
    CLIENT_MESSAGE,
    CLIENT_PREKEY,
    CLIENT_CHUNK,
    CLIENT_FILE,
};

void client_rows_put_peer(struct simdisk *d, const struct session_peer_row *row);
void client_rows_put_stream(struct simdisk *d, const struct session_stream_row *row);
void client_rows_put_message(struct simdisk *d, const struct session_message_row *row);
void client_rows_put_chunk(struct simdisk *d, const struct session_message_row *row);
void client_rows_put_file(struct simdisk *d, const struct transfer_row *row);
void client_rows_put_mark(struct simdisk *d, uint64_t id, enum session_mark mark);
void client_rows_put_prekey(struct simdisk *d, const struct session_prekey_row *row);
void client_rows_drop_prekeys(struct simdisk *d, uint64_t made_ms);

/* What a row holds; borrowed from it. */
struct session_peer_row client_rows_peer(const struct simdisk_row *row);
struct session_message_row client_rows_message(const struct simdisk_row *row); /* or a chunk */
struct transfer_row client_rows_file(const struct simdisk_row *row);

/* NULL for none. */
struct simdisk_row *client_rows_find_message(const struct simdisk *d, uint64_t id);

#endif
