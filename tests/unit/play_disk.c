#include "play_disk.h"

#include <stdlib.h>
#include <string.h>

/* The world's own memory does not run out (torture.h). */
void *__real_malloc(size_t size);
void *__real_realloc(void *at, size_t size);

static void *copy_bytes(const void *bytes, size_t len)
{
    return memcpy(__real_malloc(len ? len : 1), bytes, len);
}

static char *copy_string(const char *s)
{
    return copy_bytes(s, strlen(s) + 1);
}

static void put_peer(struct play_disk *d, const struct session_peer_row *row)
{
    size_t i = 0;
    while (i < d->peers_count && d->peers[i].id != row->id)
        i++;
    if (i == d->peers_count) {
        d->peers = __real_realloc(d->peers, ++d->peers_count * sizeof *d->peers);
    } else {
        free((char *)(uintptr_t)d->peers[i].nick);
        free((char *)(uintptr_t)d->peers[i].identity);
    }
    d->peers[i] = (struct session_peer_row){
        .id = row->id, .nick = copy_string(row->nick), .identity = copy_string(row->identity)};
}

static void put_stream(struct play_disk *d, const struct session_stream_row *row)
{
    size_t i = 0;
    while (i < d->streams_count &&
           (d->streams[i].peer != row->peer || d->streams[i].stream != row->stream))
        i++;
    if (i == d->streams_count)
        d->streams = __real_realloc(d->streams, ++d->streams_count * sizeof *d->streams);
    d->streams[i] = *row;
}

static bool is_same(const struct session_message_row *a, const struct session_message_row *b)
{
    return a->id == b->id &&
           (a->id > 0 || (a->peer == b->peer && a->stream == b->stream && a->n == b->n));
}

static void put_message(struct play_disk *d, const struct session_message_row *row)
{
    size_t i = 0;
    while (i < d->messages_count && !is_same(&d->messages[i], row))
        i++;
    if (i == d->messages_count)
        d->messages = __real_realloc(d->messages, ++d->messages_count * sizeof *d->messages);
    else
        free((uint8_t *)(uintptr_t)d->messages[i].payload);
    d->messages[i] = *row;
    d->messages[i].payload = copy_bytes(row->payload, row->payload_len);
}

static void free_file(struct transfer_row *file)
{
    free((char *)(uintptr_t)file->id);
    free((char *)(uintptr_t)file->name);
    free((char *)(uintptr_t)file->digest);
    free((char *)(uintptr_t)file->path);
}

static void put_file(struct play_disk *d, const struct transfer_row *row)
{
    size_t i = 0;
    while (i < d->files_count && d->files[i].message != row->message)
        i++;
    if (i == d->files_count)
        d->files = __real_realloc(d->files, ++d->files_count * sizeof *d->files);
    else
        free_file(&d->files[i]);
    d->files[i] = *row;
    d->files[i].id = copy_string(row->id);
    d->files[i].name = copy_string(row->name);
    d->files[i].digest = copy_string(row->digest);
    d->files[i].path = copy_string(row->path);
}

void play_disk_clear(struct play_disk *d)
{
    for (size_t i = 0; i < d->peers_count; i++) {
        free((char *)(uintptr_t)d->peers[i].nick);
        free((char *)(uintptr_t)d->peers[i].identity);
    }
    for (size_t i = 0; i < d->messages_count; i++)
        free((uint8_t *)(uintptr_t)d->messages[i].payload);
    for (size_t i = 0; i < d->files_count; i++)
        free_file(&d->files[i]);
    free(d->files);
    free(d->peers);
    free(d->streams);
    free(d->messages);
    *d = (struct play_disk){0};
}

void play_disk_drop(struct play_disk *d, uint64_t id)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->messages_count; i++) {
        if (d->messages[i].id == id)
            free((uint8_t *)(uintptr_t)d->messages[i].payload);
        else
            d->messages[kept++] = d->messages[i];
    }
    d->messages_count = kept;
}

void play_disk_copy(struct play_disk *to, const struct play_disk *from)
{
    play_disk_clear(to);
    for (size_t i = 0; i < from->peers_count; i++)
        put_peer(to, &from->peers[i]);
    for (size_t i = 0; i < from->streams_count; i++)
        put_stream(to, &from->streams[i]);
    for (size_t i = 0; i < from->messages_count; i++)
        put_message(to, &from->messages[i]);
    for (size_t i = 0; i < from->files_count; i++)
        put_file(to, &from->files[i]);
}

static void put_seen(struct play_disk *d, const struct session_event *e)
{
    uint64_t id = 0;
    for (size_t i = 0; i < d->messages_count; i++) {
        const struct session_message_row *m = &d->messages[i];
        if (m->mine && m->peer == e->load.peer && m->stream == e->load.stream && m->n <= e->load.n)
            id = m->id;
    }
    for (size_t i = 0; i < d->messages_count; i++) {
        struct session_message_row *m = &d->messages[i];
        if (m->mine && m->peer == e->load.peer && m->id <= id && m->mark == SESSION_DELIVERED)
            m->mark = SESSION_SEEN;
    }
}

bool play_disk_save(struct play_disk *d, const struct session_event *e)
{
    switch (e->type) {
    case SESSION_SAVE_PEER: put_peer(d, &e->peer_row); return true;
    case SESSION_SAVE_STREAM: put_stream(d, &e->stream_row); return true;
    case SESSION_SAVE_MESSAGE:
    case SESSION_SAVE_CHUNK: put_message(d, &e->message_row); return true;
    case SESSION_SAVE_FILE: put_file(d, &e->file_row); return true;
    case SESSION_SAVE_SEEN: put_seen(d, e); return true;
    case SESSION_SAVE_MARK:
        for (size_t i = 0; i < d->messages_count; i++)
            if (d->messages[i].id == e->id)
                d->messages[i].mark = e->mark;
        return true;
    case SESSION_SAVE_PREKEY:
    case SESSION_DROP_PREKEYS: return true;
    default: return false;
    }
}
