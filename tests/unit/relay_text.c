#include "relay_text.h"

#include "header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void relay_text_append(char *line, const char *format, ...)
{
    va_list args;
    size_t len = strlen(line);
    va_start(args, format);
    vsnprintf(line + len, RELAY_LINE_MAX - len, format, args);
    va_end(args);
}

static void append_string(char *line, const struct json_string *s)
{
    relay_text_append(line, " %.*s", (int)s->len, s->at ? s->at : "");
}

static void append_keys(char *line, const struct json_string *keys)
{
    static const char before[] = "\"identity\":\"";
    if (!keys->at)
        return;
    const char *at = memmem(keys->at, keys->len, before, strlen(before));
    if (at)
        relay_text_append(line, " id=%.*s", (int)strcspn(at + strlen(before), "\""),
                          at + strlen(before));
    else
        relay_text_append(line, " keys");
}

static void append_stored(char *line, const struct header *h)
{
    for (size_t i = 0; i < h->stored_count; i++)
        relay_text_append(line, "%s%jx:%ju-%ju",
                          i ? "," : " stored=", (uintmax_t)h->stored[i].stream,
                          (uintmax_t)h->stored[i].first, (uintmax_t)h->stored[i].n);
}

static void append_content(char *line, const struct frame *frame)
{
    if (frame->content_len > 64)
        relay_text_append(line, " *%zu", frame->content_len);
    else if (frame->content_len > 0)
        relay_text_append(line, " %.*s", (int)frame->content_len, (const char *)frame->content);
}

static void describe(char *line, const struct header *h, const struct frame *frame)
{
    line[0] = '\0';
    relay_text_append(line, "%s", header_type_word(h->type));
    switch (h->type) {
    case HEADER_WELCOME:
        append_string(line, &h->nick);
        append_string(line, &h->room);
        relay_text_append(line, " %ju", (uintmax_t)h->waiting);
        if (h->has_peer) {
            append_string(line, &h->peer_nick);
            relay_text_append(line, " %s", header_state_word(h->peer_state));
            append_keys(line, &h->peer_keys);
            append_stored(line, h);
        }
        break;
    case HEADER_PRESENCE:
        append_string(line, &h->nick);
        relay_text_append(line, " %s", header_state_word(h->state));
        append_keys(line, &h->keys);
        append_stored(line, h);
        break;
    case HEADER_MESSAGE:
    case HEADER_RECEIPT:
        append_string(line, &h->peer);
        relay_text_append(line, " %jx %ju%s", (uintmax_t)h->stream, (uintmax_t)h->n,
                          h->resend ? " resend" : "");
        break;
    case HEADER_STORED:
        append_string(line, &h->peer);
        relay_text_append(line, " %jx %ju-%ju", (uintmax_t)h->stream, (uintmax_t)h->first,
                          (uintmax_t)h->n);
        break;
    case HEADER_SIGNAL: append_string(line, &h->peer); break;
    case HEADER_PING:
    case HEADER_PONG:
        if (h->has_id)
            relay_text_append(line, " %ju", (uintmax_t)h->id);
        break;
    case HEADER_ERROR:
        relay_text_append(line, " %s", header_code_word(h->code));
        if (h->has_message)
            relay_text_append(line, " %jx %ju", (uintmax_t)h->stream, (uintmax_t)h->n);
        assert_true(h->fatal == header_code_is_fatal(h->code));
        break;
    default: break;
    }
    append_content(line, frame);
}

bool relay_text_word(const char **at, char *word, size_t size)
{
    *at += strspn(*at, " ");
    size_t len = strcspn(*at, " ");
    snprintf(word, size, "%.*s", (int)len, *at);
    *at += len;
    return len > 0;
}

static bool take_option(const char **at, const char *option)
{
    const char *rest = *at + strspn(*at, " ");
    size_t len = strlen(option);
    if (strncmp(rest, option, len) != 0)
        return false;
    *at = rest + len;
    return true;
}

static void put_keys(char *json, const char **at)
{
    char word[256];
    if (!take_option(at, "id="))
        return;
    relay_text_word(at, word, sizeof word);
    relay_text_append(json, ",\"keys\":{\"identity\":\"%s\"}", word);
}

static void put_stream(char *json, const char **at)
{
    char stream[32], n[32];
    relay_text_word(at, stream, sizeof stream);
    relay_text_word(at, n, sizeof n);
    relay_text_append(json, ",\"stream\":\"%016jx\",\"n\":%s", strtoumax(stream, NULL, 16), n);
}

static void put_to(char *json, const char **at)
{
    char to[256];
    relay_text_word(at, to, sizeof to);
    relay_text_append(json, ",\"to\":\"%s\"", to);
}

static void put_fields(char *json, const char *type, const char **at)
{
    char word[256];
    if (strcmp(type, "hello") == 0) {
        relay_text_word(at, word, sizeof word);
        relay_text_append(json, ",\"version\":1,\"nick\":\"%s\"", word);
        if (take_option(at, "room=")) {
            relay_text_word(at, word, sizeof word);
            relay_text_append(json, ",\"room\":\"%s\"", word);
        }
        put_keys(json, at);
    } else if (strcmp(type, "keys") == 0) {
        put_keys(json, at);
    } else if (strcmp(type, "message") == 0 || strcmp(type, "receipt") == 0) {
        put_to(json, at);
        put_stream(json, at);
        if (take_option(at, "resend"))
            relay_text_append(json, ",\"resend\":true");
        if (take_option(at, "first"))
            relay_text_append(json, ",\"first\":true");
    } else if (strcmp(type, "signal") == 0) {
        put_to(json, at);
    } else if (strcmp(type, "bye") == 0) {
        if (take_option(at, "leave"))
            relay_text_append(json, ",\"leave\":true");
    } else if (relay_text_word(at, word, sizeof word)) {
        relay_text_append(json, ",\"id\":%s", word);
    }
}

void relay_text_read(const struct frame *frame, char line[RELAY_LINE_MAX])
{
    struct header_decoder decoder;
    struct header h;
    header_decoder_init(&decoder);
    assert_int_equal(header_decode(&decoder, HEADER_FROM_RELAY, frame, &h), 0);
    assert_int_not_equal(h.type, HEADER_UNKNOWN);
    describe(line, &h, frame);
    header_decoder_clear(&decoder);
}

static size_t write_frame(uint8_t *bytes, const char *json, const char *content, size_t content_len)
{
    size_t len = strlen(json);
    frame_write_prefix(bytes, len, content_len);
    for (size_t i = 0; i < len; i++)
        bytes[FRAME_PREFIX + i] = (uint8_t)(json[i] == '\'' ? '"' : json[i]);
    memcpy(bytes + FRAME_PREFIX + len, content, content_len);
    return FRAME_PREFIX + len + content_len;
}

size_t relay_text_write(const char *at, uint8_t *bytes)
{
    static char many[FRAME_CONTENT_MAX];
    char type[32], json[RELAY_LINE_MAX] = "";
    relay_text_word(&at, type, sizeof type);
    if (strcmp(type, "raw") == 0) {
        at += strspn(at, " ");
        size_t len = strcspn(at, "|");
        snprintf(json, sizeof json, "%.*s", (int)len, at);
        at += at[len] ? len + 1 : len;
        return write_frame(bytes, json, at, strlen(at));
    }
    relay_text_append(json, "{\"type\":\"%s\"", type);
    put_fields(json, type, &at);
    relay_text_append(json, "}");
    at += strspn(at, " ");
    if (at[0] != '*')
        return write_frame(bytes, json, at, strlen(at));
    memset(many, 'x', sizeof many);
    return write_frame(bytes, json, many, strtoul(at + 1, NULL, 10));
}
