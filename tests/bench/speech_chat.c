/* To chat-server: proto/PROTOCOL.md. */
#include "error.h"
#include "frame.h"
#include "header.h"
#include "speech.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROOM_MAX = 16,
};

static const char *const nicks[] = {"alice", "bob"};

static struct json_string string(const char *s)
{
    return (struct json_string){s, strlen(s)};
}

static void put(const struct speech_client *c, const struct header *h, const char *content,
                size_t len)
{
    if (header_put(c->out, HEADER_FROM_CLIENT, h, (const uint8_t *)content, len))
        abort();
}

static uint64_t stream_of(unsigned room, int side)
{
    return (uint64_t)room << 1 | (uint64_t)side;
}

static void say_hello(const struct speech_client *c)
{
    char room[ROOM_MAX];
    snprintf(room, sizeof room, "r%u", c->room);
    const struct header h = {
        .type = HEADER_HELLO,
        .version = PROTOCOL_VERSION,
        .nick = string(nicks[c->side]),
        .room = string(room),
        .keys = c->keys,
    };
    put(c, &h, NULL, 0);
}

static void say_message(const struct speech_client *c, uint64_t n, const char *content, size_t len)
{
    const struct header h = {
        .type = HEADER_MESSAGE,
        .peer = string(nicks[!c->side]),
        .stream = stream_of(c->room, c->side),
        .n = n,
    };
    put(c, &h, content, len);
}

static void say_receipt(const struct speech_client *c, uint64_t n)
{
    const struct header h = {
        .type = HEADER_RECEIPT,
        .peer = string(nicks[!c->side]),
        .stream = stream_of(c->room, !c->side),
        .n = n,
    };
    put(c, &h, NULL, 0);
}

static void understand(const struct speech_client *c, const struct header *h,
                       struct speech_event *event)
{
    event->n = h->n;
    switch (h->type) {
    case HEADER_WELCOME:
        event->type = h->has_peer && h->peer_state == HEADER_ONLINE ? SPEECH_MET : SPEECH_JOINED;
        break;
    case HEADER_PRESENCE:
        if (h->state == HEADER_ONLINE)
            event->type = SPEECH_MET;
        break;
    case HEADER_MESSAGE: event->type = SPEECH_MESSAGE; break;
    case HEADER_RECEIPT: event->type = SPEECH_RECEIPT; break;
    case HEADER_STORED: event->type = SPEECH_STORED; break;
    case HEADER_ERROR:
        event->type = SPEECH_REFUSED;
        event->content = h->text.at;
        event->len = h->text.len;
        break;
    case HEADER_PING:
        put(c, &(struct header){.type = HEADER_PONG, .has_id = h->has_id, .id = h->id}, NULL, 0);
        break;
    default: break;
    }
}

static int hear(const struct speech_client *c, const uint8_t *bytes, size_t len,
                struct speech_event *event)
{
    static struct header_decoder decoder;
    if (decoder.scratch.max == 0)
        header_decoder_init(&decoder);
    struct frame frame;
    struct header h;
    int taken = frame_decode(bytes, len, &frame);
    if (taken <= 0)
        return taken;
    int rc = header_decode(&decoder, HEADER_FROM_RELAY, &frame, &h);
    if (rc)
        return rc;
    *event =
        (struct speech_event){.content = (const char *)frame.content, .len = frame.content_len};
    understand(c, &h, event);
    return taken;
}

const struct speech speech_chat = {
    .name = "chat",
    .answers_both = true,
    .say_hello = say_hello,
    .say_message = say_message,
    .say_receipt = say_receipt,
    .hear = hear,
};
