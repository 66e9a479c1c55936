#include "bundle.h"
#include "payload.h"
#include "seal.h"
#include "world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a relay could try with a frame for a client. */
enum mischief {
    DROP,
    TWICE,
    FLIP,     /* a bit of the content */
    EXCHANGE, /* the content for another one that it saw: older, of the other side, of other type */
    RENUMBER, /* the content under another number */
    RESTREAM, /* or in another stream */
    OWN_NICK, /* as if the client had written it itself */
    OPEN,     /* a payload of the relay's own, in the open */
    MALLORY,  /* one that somebody else sealed for the client */
    REPLAY,   /* something that it saw before, once more */
    RESEND,   /* a receipt that asks, or does not ask */
    STORED,   /* a lie about its disk */
    KEYS,     /* of somebody else, older ones, broken ones, or none, for the peer's */
    MISCHIEFS, /* a frame that it makes no sense for is passed on */
};

struct evil {
    struct world *w;
    struct link *link;
    struct buffer *out;
};

static const char *nick_of(int client)
{
    return client ? "bob" : "alice";
}

void hostile_init(struct world *w)
{
    uint8_t seed[KEYS_LEN];
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)rng_next(&w->rng);
    int rc = keys_identity_new(&w->mallory, seed);
    assert(rc == 0);
}

void hostile_clear(struct world *w)
{
    for (size_t i = 0; i < CAPTURED_MAX; i++)
        free(w->captured[i].content);
    keys_identity_free(w->mallory);
}

static struct captured *capture(struct world *w, int from, const struct header *h)
{
    struct captured *c = &w->captured[w->captured_count++ % CAPTURED_MAX];
    free(c->content);
    *c = (struct captured){.type = h->type, .from = from, .stream = h->stream, .n = h->n};
    return c;
}

/* The next frame in what went one way; false for none. */
static bool next(struct frame_reader *reader, enum header_side side, struct header_decoder *decoder,
                 struct frame *frame, struct header *h)
{
    if (frame_reader_next(reader, frame) != 1)
        return false;
    int rc = header_decode(decoder, side, frame, h);
    assert(rc == 0);
    return true;
}

void hostile_see(struct world *w, struct link *link, const uint8_t *bytes, size_t len)
{
    struct header_decoder decoder;
    struct header h;
    struct frame frame;
    header_decoder_init(&decoder);
    frame_reader_feed(&link->evil_up, bytes, len);
    while (next(&link->evil_up, HEADER_FROM_CLIENT, &decoder, &frame, &h)) {
        bool tells_keys = h.type == HEADER_HELLO || h.type == HEADER_KEYS;
        if (frame.content_len == 0 && !tells_keys)
            continue;
        struct captured *c = capture(w, link->client, &h);
        if (tells_keys) {
            snprintf(c->keys, sizeof c->keys, "%.*s", (int)h.keys.len, h.keys.at);
            continue;
        }
        c->content = malloc(frame.content_len);
        c->content_len = frame.content_len;
        memcpy(c->content, frame.content, frame.content_len);
    }
    int rc = frame_reader_keep(&link->evil_up);
    assert(rc == 0);
    header_decoder_clear(&decoder);
}

/* Something that was seen, with keys or with a content; NULL for none. */
static const struct captured *remember(struct world *w, bool with_keys)
{
    size_t count = w->captured_count < CAPTURED_MAX ? w->captured_count : CAPTURED_MAX;
    for (int tries = 0; count && tries < 20; tries++) {
        const struct captured *c = &w->captured[rng_below(&w->rng, count)];
        if (with_keys ? *c->keys != '\0' : c->content != NULL)
            return c;
    }
    return NULL;
}

/* Cuts what is too long for a frame of its type: no client would take that as one. */
static void put(const struct evil *e, const struct header *h, const uint8_t *content, size_t len)
{
    if (h->type == HEADER_RECEIPT && len > HEADER_RECEIPT_CONTENT_MAX)
        len = HEADER_RECEIPT_CONTENT_MAX;
    int rc = header_put(e->out, HEADER_FROM_RELAY, h, content, len);
    assert(rc == 0);
}

static void put_buffer(const struct evil *e, const struct header *h, struct buffer *content)
{
    size_t len;
    const uint8_t *bytes = buffer_peek(content, &len);
    put(e, h, bytes, len);
    buffer_clear(content);
}

/* A text as if the peer had written it. */
static void put_text(const struct evil *e, struct buffer *payload)
{
    char text[] = {(char)('a' + 1 - e->link->client), '0', '\0'};
    const struct payload p = {.kind = PAYLOAD_TEXT, .text = {text, 2}};
    int rc = payload_put(payload, &p);
    assert(rc == 0);
}

static void pass_open(const struct evil *e, const struct header *h)
{
    struct buffer content;
    buffer_init(&content, FRAME_CONTENT_MAX);
    const uint8_t format = PAYLOAD_OPEN;
    int rc = buffer_put(&content, &format, 1);
    assert(rc == 0);
    put_text(e, &content);
    put_buffer(e, h, &content);
}

/* Seals like the peer would, but for the key, which the relay does not have. */
static bool pass_mallory(const struct evil *e, const struct header *h)
{
    const struct captured *c = remember(e->w, true);
    struct bundle b;
    if (!c || c->from != e->link->client || bundle_get(&b, c->keys, strlen(c->keys), "lobby"))
        return false;
    const struct seal_parties parties = {
        .room = "lobby",
        .sender = nick_of(1 - c->from),
        .receiver = nick_of(c->from),
        .sender_identity = keys_identity_public(e->w->mallory),
        .receiver_identity = b.identity,
    };
    struct seal_sender *sender;
    struct buffer payload, content;
    uint8_t ephemeral[KEYS_LEN];
    size_t len;
    for (size_t i = 0; i < sizeof ephemeral; i++)
        ephemeral[i] = (uint8_t)rng_next(&e->w->rng);
    int rc = seal_sender_new(&sender, e->w->mallory, &parties, b.prekey, ephemeral);
    assert(rc == 0);
    buffer_init(&payload, FRAME_CONTENT_MAX);
    buffer_init(&content, FRAME_CONTENT_MAX);
    put_text(e, &payload);
    const uint8_t *bytes = buffer_peek(&payload, &len);
    rc =
        seal_put(sender, &(struct seal_place){SEAL_MESSAGE, h->stream, h->n}, bytes, len, &content);
    assert(rc == 0);
    put_buffer(e, h, &content);
    buffer_clear(&payload);
    seal_sender_free(sender);
    return true;
}

static void make_mallory_keys(struct world *w, char keys[512])
{
    struct keys_ring *ring;
    struct buffer out;
    uint8_t secret[KEYS_LEN] = {(uint8_t)rng_next(&w->rng), 1};
    size_t len;
    buffer_init(&out, 511);
    int rc = keys_ring_new(&ring);
    assert(rc == 0);
    rc = keys_ring_add(ring, secret, w->wall_ms + 1);
    assert(rc == 0);
    rc = bundle_put(&out, w->mallory, keys_ring_newest(ring), "lobby");
    assert(rc == 0);
    const uint8_t *bytes = buffer_peek(&out, &len);
    snprintf(keys, 512, "%.*s", (int)len, (const char *)bytes);
    buffer_clear(&out);
    keys_ring_free(ring);
}

static bool pass_keys(const struct evil *e, struct header *h)
{
    struct json_string *place = h->type == HEADER_WELCOME ? &h->peer_keys : &h->keys;
    const struct captured *c = remember(e->w, true);
    char keys[512] = "";
    if ((h->type != HEADER_WELCOME && h->type != HEADER_PRESENCE) || !place->at)
        return false;
    unsigned how = (unsigned)rng_below(&e->w->rng, 4);
    if (how == 0 || !c)
        make_mallory_keys(e->w, keys);
    else if (how < 3)
        snprintf(keys, sizeof keys, "%s", c->keys);
    if (how == 2) {
        char *at = strstr(keys, "made\":");
        if (at)
            at[6] = at[6] == '1' ? '2' : '1';
    }
    *place = (struct json_string){*keys ? keys : NULL, strlen(keys)};
    put(e, h, NULL, 0);
    return true;
}

static bool has_content(const struct header *h)
{
    return h->type == HEADER_MESSAGE || h->type == HEADER_RECEIPT || h->type == HEADER_SIGNAL;
}

static void replay(const struct evil *e)
{
    const struct captured *c = remember(e->w, false);
    if (!c)
        return;
    const char *nick = nick_of(1 - e->link->client);
    bool theirs = c->from == e->link->client && c->type == HEADER_MESSAGE;
    const struct header h = {
        .type = theirs ? HEADER_RECEIPT : c->type, /* as if the peer had it */
        .peer = {nick, strlen(nick)},
        .stream = c->stream,
        .n = c->n,
        .time = e->w->wall_ms,
        .resend = rng_one_in(&e->w->rng, 2),
    };
    put(e, &h, c->content, c->content_len);
}

/* Does something to a frame with a content. */
static void spoil(const struct evil *e, enum mischief how, struct header *h,
                  const struct frame *frame)
{
    struct rng *rng = &e->w->rng;
    const struct captured *c = remember(e->w, false);
    const char *own = nick_of(e->link->client);
    uint8_t content[FRAME_CONTENT_MAX];
    size_t len = frame->content_len;
    memcpy(content, frame->content, len);
    switch (how) {
    case FLIP: content[rng_below(rng, len)] ^= (uint8_t)(1 << rng_below(rng, 8)); break;
    case EXCHANGE:
        if (!c)
            break;
        len = c->content_len;
        memcpy(content, c->content, len);
        break;
    case RENUMBER: h->n = 1 + rng_below(rng, h->n + 2); break;
    case RESTREAM: h->stream = c && c->stream ? c->stream : 1; break;
    case OWN_NICK: h->peer = (struct json_string){own, strlen(own)}; break;
    case RESEND: h->resend = !h->resend; break;
    default: break;
    }
    put(e, h, content, len);
}

static void do_mischief(const struct evil *e, struct header *h, const struct frame *frame)
{
    enum mischief how = (enum mischief)rng_below(&e->w->rng, MISCHIEFS);
    const struct captured *c = remember(e->w, false);
    world_say(e->w, "relay: mischief %d with what goes to client %d", (int)how, e->link->client);
    if (how == DROP && h->type != HEADER_WELCOME)
        return;
    if (how == REPLAY && h->type != HEADER_WELCOME)
        replay(e);
    if (how == STORED && c && h->type != HEADER_WELCOME) {
        const char *nick = nick_of(1 - e->link->client);
        const struct header lie = {
            .type = HEADER_STORED,
            .peer = {nick, strlen(nick)},
            .stream = c->stream ? c->stream : 1,
            .first = 1,
            .n = 1 + rng_below(&e->w->rng, 20),
        };
        put(e, &lie, NULL, 0);
    }
    if (how == KEYS && pass_keys(e, h))
        return;
    if (how == OPEN && h->type == HEADER_MESSAGE) {
        pass_open(e, h);
        return;
    }
    if (how == MALLORY && h->type == HEADER_MESSAGE && pass_mallory(e, h))
        return;
    if (how == TWICE && has_content(h))
        put(e, h, frame->content, frame->content_len);
    if (has_content(h) && frame->content_len)
        spoil(e, how, h, frame);
    else
        put(e, h, frame->content, frame->content_len);
}

/*
 * What a client with a fault would have sent: an edit that does not say of what, whenever this
 * message comes.
 */
static void garble(const struct evil *e, const struct header *h, const struct frame *frame)
{
    static const char kind[] = "\"kind\":\"text\"", wrong[] = "\"kind\":\"edit\"";
    uint8_t content[FRAME_CONTENT_MAX];
    memcpy(content, frame->content, frame->content_len);
    uint8_t *at = memmem(content, frame->content_len, kind, sizeof kind - 1);
    if (at)
        memcpy(at, wrong, sizeof wrong - 1);
    put(e, h, content, frame->content_len);
}

void hostile_pass(struct world *w, struct link *link, const uint8_t *bytes, size_t len,
                  struct buffer *out)
{
    const struct evil e = {w, link, out};
    struct header_decoder decoder;
    struct header h;
    struct frame frame;
    header_decoder_init(&decoder);
    frame_reader_feed(&link->evil_down, bytes, len);
    while (next(&link->evil_down, HEADER_FROM_RELAY, &decoder, &frame, &h)) {
        if (h.type != HEADER_ERROR && world_fault(w, w->hostile)) {
            do_mischief(&e, &h, &frame);
            continue;
        }
        if (h.type == HEADER_MESSAGE && w->garbled && (h.stream + h.n) % w->garbled == 0) {
            garble(&e, &h, &frame);
            continue;
        }
        int rc = frame_put(out, &frame);
        assert(rc == 0);
    }
    int rc = frame_reader_keep(&link->evil_down);
    assert(rc == 0);
    header_decoder_clear(&decoder);
}
