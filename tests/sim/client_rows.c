#include "client_rows.h"

#include <stdio.h>
#include <string.h>

enum {
    PAYLOAD_MAX = PAYLOAD_TEXT_MAX + 1024,
};

/* Rows of CLIENT_MESSAGE: value = {peer, mine, stream, n}; the mark and the time are behind the
 * payload. */
struct tail {
    uint64_t wall_ms;
    uint64_t mark;
};

void client_rows_put_peer(struct simdisk *d, const struct session_peer_row *row)
{
    char bytes[1024 + KEYS_LEN];
    size_t nick = strlen(row->nick) + 1, identity = strlen(row->identity) + 1;
    memcpy(bytes, row->nick, nick);
    memcpy(bytes + nick, row->identity, identity);
    memcpy(bytes + nick + identity, row->prekey, KEYS_LEN);
    simdisk_put(d, &(struct simdisk_row){.table = CLIENT_PEER,
                                         .key = {row->id},
                                         .value = {row->has_prekey, row->made_ms},
                                         .bytes = (uint8_t *)bytes,
                                         .len = nick + identity + KEYS_LEN});
}

struct session_peer_row client_rows_peer(const struct simdisk_row *row)
{
    const char *nick = (const char *)row->bytes, *identity = nick + strlen(nick) + 1;
    struct session_peer_row peer = {
        .id = (uint32_t)row->key[0],
        .nick = nick,
        .identity = identity,
        .has_prekey = row->value[0],
        .made_ms = row->value[1],
    };
    memcpy(peer.prekey, identity + strlen(identity) + 1, KEYS_LEN);
    return peer;
}

void client_rows_put_prekey(struct simdisk *d, const struct session_prekey_row *row)
{
    uint8_t secret[KEYS_LEN];
    memcpy(secret, row->secret, KEYS_LEN);
    simdisk_put(
        d, &(struct simdisk_row){
               .table = CLIENT_PREKEY, .key = {row->made_ms}, .bytes = secret, .len = KEYS_LEN});
}

void client_rows_drop_prekeys(struct simdisk *d, uint64_t made_ms)
{
    for (struct simdisk_row *row = NULL; (row = simdisk_next(d, CLIENT_PREKEY, row));)
        if (row->key[0] < made_ms)
            simdisk_delete(d, row);
}

void client_rows_put_stream(struct simdisk *d, const struct session_stream_row *row)
{
    simdisk_put(d, &(struct simdisk_row){.table = CLIENT_STREAM,
                                         .key = {row->peer, row->mine, row->stream},
                                         .value = {row->order, row->last, row->receipted}});
}

static void put_message(struct simdisk *d, int table, const uint64_t key[SIMDISK_KEYS],
                        const struct session_message_row *row)
{
    uint8_t bytes[PAYLOAD_MAX + sizeof(struct tail)];
    const struct tail tail = {.wall_ms = row->wall_ms, .mark = row->mark};
    memcpy(bytes, row->payload, row->payload_len);
    memcpy(bytes + row->payload_len, &tail, sizeof tail);
    simdisk_put(d, &(struct simdisk_row){.table = table,
                                         .key = {key[0], key[1]},
                                         .value = {row->peer, row->mine, row->stream, row->n},
                                         .bytes = bytes,
                                         .len = row->payload_len + sizeof tail});
}

void client_rows_put_message(struct simdisk *d, const struct session_message_row *row)
{
    put_message(d, CLIENT_MESSAGE, (const uint64_t[SIMDISK_KEYS]){row->id}, row);
}

void client_rows_put_chunk(struct simdisk *d, const struct session_message_row *row)
{
    put_message(d, CLIENT_CHUNK, (const uint64_t[SIMDISK_KEYS]){row->stream, row->n}, row);
}

struct session_message_row client_rows_message(const struct simdisk_row *row)
{
    struct tail tail;
    memcpy(&tail, row->bytes + row->len - sizeof tail, sizeof tail);
    return (struct session_message_row){
        .id = row->table == CLIENT_MESSAGE ? row->key[0] : 0,
        .peer = (uint32_t)row->value[0],
        .mine = row->value[1],
        .stream = row->value[2],
        .n = row->value[3],
        .wall_ms = tail.wall_ms,
        .mark = (enum session_mark)tail.mark,
        .payload = row->bytes,
        .payload_len = row->len - sizeof tail,
    };
}

struct simdisk_row *client_rows_find_message(const struct simdisk *d, uint64_t id)
{
    struct simdisk_row *row = NULL;
    while ((row = simdisk_next(d, CLIENT_MESSAGE, row)) && row->key[0] != id)
        ;
    return row;
}

void client_rows_put_mark(struct simdisk *d, uint64_t id, enum session_mark mark)
{
    struct simdisk_row *row = client_rows_find_message(d, id);
    if (!row)
        return;
    struct session_message_row message = client_rows_message(row);
    message.mark = mark;
    uint8_t payload[PAYLOAD_MAX]; /* putting moves the rows */
    memcpy(payload, message.payload, message.payload_len);
    message.payload = payload;
    client_rows_put_message(d, &message);
}

/* Rows of CLIENT_FILE: value = {peer, state, size, offset}; the strings are the bytes. */
void client_rows_put_file(struct simdisk *d, const struct transfer_row *row)
{
    char bytes[1024];
    int len = snprintf(bytes, sizeof bytes, "%s%c%s%c%s%c%s%c%c", row->id, 0, row->name, 0,
                       row->digest, 0, row->path, 0, row->mine ? 'm' : 't');
    simdisk_put(d, &(struct simdisk_row){
                       .table = CLIENT_FILE,
                       .key = {row->message},
                       .value = {row->peer, row->state, row->size, row->offset},
                       .bytes = (uint8_t *)bytes,
                       .len = (size_t)len,
                   });
}

struct transfer_row client_rows_file(const struct simdisk_row *row)
{
    const char *strings[5] = {(const char *)row->bytes};
    for (int i = 1; i < 5; i++)
        strings[i] = strings[i - 1] + strlen(strings[i - 1]) + 1;
    return (struct transfer_row){
        .message = row->key[0],
        .peer = (uint32_t)row->value[0],
        .mine = *strings[4] == 'm',
        .state = (enum transfer_state)row->value[1],
        .id = strings[0],
        .name = strings[1],
        .digest = strings[2],
        .path = strings[3],
        .size = row->value[2],
        .offset = row->value[3],
    };
}
