#include "peers.h"

#include "error.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void free_peer(struct peer *peer)
{
    envelope_clear(&peer->envelope);
    name_clear(&peer->nick);
    free(peer->identity);
    free(peer->flights);
    streams_clear(&peer->streams);
    free(peer);
}

void peers_clear(struct peers *p)
{
    for (size_t i = 0; i < p->count; i++)
        free_peer(p->items[i]);
    free(p->items);
    *p = (struct peers){0};
}

int peers_add(struct peers *p, const struct session_peer_row *row, struct peer **out)
{
    if (p->count == p->size) {
        size_t size = p->size ? 2 * p->size : 4;
        struct peer **items = realloc(p->items, size * sizeof *items);
        if (!items)
            return ERROR_NOMEM;
        p->items = items;
        p->size = size;
    }
    struct peer *peer = calloc(1, sizeof *peer);
    if (!peer)
        return ERROR_NOMEM;
    int rc = row->nick[0] ? name_init_nick(&peer->nick, row->nick, strlen(row->nick)) : 0;
    peer->identity = strdup(row->identity);
    if (rc || !peer->identity) {
        free_peer(peer);
        return rc ? rc : ERROR_NOMEM;
    }
    peer->id = row->id ? row->id : p->last_id + 1;
    if (peer->id > p->last_id)
        p->last_id = peer->id;
    peers_bind(peer);
    if (row->has_prekey)
        envelope_set_prekey(&peer->envelope, row->prekey, row->made_ms);
    *out = p->items[p->count++] = peer;
    return 0;
}

bool peers_is_known(const struct peer *peer)
{
    return peer->nick.text != NULL;
}

void peers_bind(struct peer *peer)
{
    uint8_t identity[KEYS_LEN];
    if (peers_is_known(peer) &&
        keys_text_parse(peer->identity, strlen(peer->identity), identity) == 0)
        envelope_set_peer(&peer->envelope, peer->nick.key, identity);
}

struct peer *peers_find(const struct peers *p, uint32_t id)
{
    for (size_t i = p->count; i-- > 0;)
        if (p->items[i]->id == id)
            return p->items[i];
    return NULL;
}

struct peer *peers_match(const struct peers *p, const struct name *nick, const char *identity)
{
    struct peer *nameless = NULL;
    for (size_t i = p->count; i-- > 0;) {
        struct peer *peer = p->items[i];
        if (identity[0] && strcmp(peer->identity, identity) == 0)
            return peer;
        if (!nameless && !peer->identity[0] &&
            (!peers_is_known(peer) || name_equal(&peer->nick, nick)))
            nameless = peer;
    }
    return nameless;
}

struct peer *peers_find_unknown(const struct peers *p)
{
    for (size_t i = 0; i < p->count; i++)
        if (!peers_is_known(p->items[i]))
            return p->items[i];
    return NULL;
}

struct peer *peers_find_same(const struct peers *p, const struct name *nick, const char *identity)
{
    for (size_t i = p->count; i-- > 0;) {
        struct peer *peer = p->items[i];
        if (peers_is_known(peer) && name_equal(&peer->nick, nick) &&
            strcmp(peer->identity, identity) == 0)
            return peer;
    }
    return NULL;
}

struct peer *peers_find_author(const struct peers *p, const struct name *nick, uint64_t stream)
{
    struct peer *best = NULL;
    int best_rank = -1;
    for (size_t i = p->count; i-- > 0;) {
        struct peer *peer = p->items[i];
        if (!peers_is_known(peer) || !name_equal(&peer->nick, nick))
            continue;
        bool knows = streams_find_theirs(&peer->streams, stream) != NULL;
        if (peer->identity[0] && !peer->trusted && !knows)
            continue;
        int rank = 2 * peer->trusted + knows;
        if (rank > best_rank) {
            best = peer;
            best_rank = rank;
        }
    }
    return best;
}

struct peer *peers_find_stream(const struct peers *p, uint64_t stream, size_t *at)
{
    for (size_t i = p->count; i-- > 0;)
        if (streams_find_ours(&p->items[i]->streams, stream, at))
            return p->items[i];
    return NULL;
}

void peers_touch(struct peers *p, struct peer *peer)
{
    size_t at = p->count - 1;
    while (p->items[at] != peer)
        at--;
    memmove(p->items + at, p->items + at + 1, (p->count - at - 1) * sizeof *p->items);
    p->items[p->count - 1] = peer;
}

void peers_drop(struct peers *p, struct peer *peer)
{
    assert(!peer->saved);
    size_t at = 0;
    while (p->items[at] != peer)
        at++;
    memmove(p->items + at, p->items + at + 1, (p->count - at - 1) * sizeof *p->items);
    p->count--;
    free_peer(peer);
}

void peers_trim(struct peers *p, const struct peer *keep, const struct peer *also)
{
    size_t kept = 0, left = p->count;
    for (size_t i = 0; i < p->count; i++, left--) {
        struct peer *peer = p->items[i];
        bool blank = !peer->saved && !peer->changed;
        bool above = kept + left > PEERS_MAX;
        if (peer != keep && peer != also && peer->streams.ours_count == 0 && (blank || above))
            free_peer(peer);
        else
            p->items[kept++] = peer;
    }
    p->count = kept;
}
