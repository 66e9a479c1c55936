#include "finder.h"

#include <stdio.h>
#include <string.h>

/* When each question goes out, counted from the beginning. */
static const uint64_t ask_ms[] = {0, FINDER_AGAIN_MS};

enum {
    ASKS = sizeof ask_ms / sizeof ask_ms[0],
};

void finder_wish_add(struct finder_wish *wish, const char *key)
{
    if (wish->count < FINDER_KEYS_MAX)
        snprintf(wish->keys[wish->count++], sizeof wish->keys[0], "%s", key);
}

void finder_init(struct finder *f, const struct finder_wish *wish, uint64_t now_ms)
{
    *f = (struct finder){.wish = *wish, .began_ms = now_ms};
}

bool finder_asks(struct finder *f, uint64_t now_ms)
{
    if (f->asked == ASKS || now_ms - f->began_ms < ask_ms[f->asked])
        return false;
    f->asked++;
    return true;
}

/* Whether two answers are about one relay. */
static bool is_same(const struct finder_relay *known, const struct mdns_relay *relay)
{
    return strcmp(known->key, relay->key) == 0 &&
           (*relay->key || (strcmp(known->name, relay->name) == 0 && known->port == relay->port));
}

static void add(struct finder_relay *r, const struct finder_address *a)
{
    size_t i = 0;
    while (i < r->count && memcmp(&r->at[i], a, sizeof *a) != 0)
        i++;
    if (i == r->count && i < FINDER_ADDRESSES_MAX)
        r->at[r->count++] = *a;
}

/* Adds the addresses that can be used: a link-local one belongs to an interface. */
static void add_addresses(struct finder_relay *r, const struct mdns_relay *relay,
                          unsigned interface)
{
    struct finder_address a;
    for (size_t i = 0; i < relay->v4_count; i++) {
        memset(&a, 0, sizeof a); /* padding, too: they are compared as they are */
        a.v4 = relay->v4[i];
        add(r, &a);
    }
    for (size_t i = 0; i < relay->v6_count; i++) {
        bool is_local = IN6_IS_ADDR_LINKLOCAL(&relay->v6[i]);
        memset(&a, 0, sizeof a);
        a.is_v6 = true;
        a.v6 = relay->v6[i];
        a.interface = is_local ? interface : 0;
        if (!is_local || interface)
            add(r, &a);
    }
}

static bool is_known(const struct finder *f, const char *key)
{
    for (size_t i = 0; i < f->wish.count; i++)
        if (strcmp(key, f->wish.keys[i]) == 0)
            return true;
    return false;
}

/* A place for a relay that is new: the first for one that is known, whoever stood there. */
static struct finder_relay *make_place(struct finder *f, bool known)
{
    bool is_full = f->count == FINDER_RELAYS_MAX;
    if (is_full && !known)
        return NULL;
    if (!is_full)
        f->relays[f->count++] = f->relays[0];
    return &f->relays[known ? 0 : f->count - 1];
}

void finder_input(struct finder *f, const struct mdns_relay *relay, unsigned interface)
{
    struct finder_relay new = {.port = relay->port};
    if ((*relay->key == '\0') != f->wish.plaintext)
        return;
    for (size_t i = 0; i < f->count; i++)
        if (is_same(&f->relays[i], relay)) {
            add_addresses(&f->relays[i], relay, interface);
            return;
        }
    memcpy(new.name, relay->name, sizeof new.name);
    memcpy(new.key, relay->key, sizeof new.key);
    add_addresses(&new, relay, interface);
    struct finder_relay *place = new.count > 0 ? make_place(f, is_known(f, relay->key)) : NULL;
    if (place)
        *place = new;
}

enum finder_outcome finder_outcome(const struct finder *f, uint64_t now_ms)
{
    uint64_t passed_ms = now_ms - f->began_ms;
    if (f->count > 0 && is_known(f, f->relays[0].key))
        return FINDER_FOUND;
    if (f->count > 0 && !f->wish.only && passed_ms >= FINDER_SETTLE_MS)
        return f->count == 1 ? FINDER_FOUND : FINDER_SEVERAL;
    if (passed_ms < FINDER_END_MS)
        return FINDER_LOOKING;
    return f->count > 0 ? FINDER_STRANGERS : FINDER_NONE;
}

uint64_t finder_deadline(const struct finder *f)
{
    if (f->asked < ASKS)
        return f->began_ms + ask_ms[f->asked];
    return f->began_ms + (f->count > 0 && !f->wish.only ? FINDER_SETTLE_MS : FINDER_END_MS);
}
