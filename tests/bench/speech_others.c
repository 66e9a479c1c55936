/*
 * To what people would run instead: IRC servers, an MQTT broker, `ncat --chat`. None of them tells
 * when the peer is there, or that a message arrived; so the clients greet each other ("hi",
 * answered with "ho"), and a receipt is a message too: an r and the number.
 */
#include "content.h"
#include "speech.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RECEIPT_LEN = 1 + 16,
    MQTT_CONNECT = 0x10,
    MQTT_CONNACK = 0x20,
    MQTT_PUBLISH = 0x30,
    MQTT_SUBSCRIBE = 0x82,
    MQTT_SUBACK = 0x90,
};

static void put(const struct speech_client *c, const char *bytes, size_t len)
{
    if (buffer_put(c->out, bytes, len))
        abort();
}

static void put_string(const struct speech_client *c, const char *s)
{
    put(c, s, strlen(s));
}

static void say_number(const struct speech_client *c, uint64_t n,
                       void (*say)(const struct speech_client *c, const char *text, size_t len))
{
    char text[RECEIPT_LEN] = "r";
    content_put_hex(text + 1, RECEIPT_LEN - 1, n);
    say(c, text, sizeof text);
}

/* What a text means that came from the peer. */
static void understand(const struct speech_client *c, const char *text, size_t len,
                       void (*say)(const struct speech_client *c, const char *text, size_t len),
                       struct speech_event *event)
{
    *event = (struct speech_event){.type = SPEECH_MESSAGE, .content = text, .len = len};
    if (len == 2) {
        event->type = SPEECH_MET;
        if (text[1] == 'i')
            say(c, "ho", 2);
    } else if (len == RECEIPT_LEN && content_get_hex(text + 1, len - 1, &event->n)) {
        event->type = SPEECH_RECEIPT;
    }
}

/* The nick, or topic, of one of the pair. */
static const char *name_of(const struct speech_client *c, int side)
{
    static char name[16];
    snprintf(name, sizeof name, "%c%u", "ab"[side], c -> room);
    return name;
}

/* The line that the bytes begin with, without its end. Gives its length with it; 0 for none. */
static size_t take_line(const uint8_t *bytes, size_t len, const char **line, size_t *line_len)
{
    const char *end = memchr(bytes, '\n', len);
    if (!end)
        return 0;
    *line = (const char *)bytes;
    *line_len = (size_t)(end - *line);
    if (*line_len > 0 && end[-1] == '\r')
        --*line_len;
    return (size_t)(end - *line) + 1;
}

static void irc_say(const struct speech_client *c, const char *text, size_t len)
{
    put_string(c, "PRIVMSG ");
    put_string(c, name_of(c, !c->side));
    put(c, " :", 2);
    put(c, text, len);
    put(c, "\r\n", 2);
}

static void irc_say_hello(const struct speech_client *c)
{
    const char *name = name_of(c, c->side);
    put_string(c, "NICK ");
    put_string(c, name);
    put_string(c, "\r\nUSER ");
    put_string(c, name);
    put_string(c, " 0 * :bench\r\n");
}

static void irc_say_message(const struct speech_client *c, uint64_t n, const char *content,
                            size_t len)
{
    (void)n;
    irc_say(c, content, len);
}

static void irc_say_receipt(const struct speech_client *c, uint64_t n)
{
    say_number(c, n, irc_say);
}

/* `:nick!user@host PRIVMSG me :text` */
static int irc_hear(const struct speech_client *c, const uint8_t *bytes, size_t len,
                    struct speech_event *event)
{
    const char *line;
    size_t line_len, taken = take_line(bytes, len, &line, &line_len);
    *event = (struct speech_event){.type = SPEECH_NOTHING};
    if (taken == 0)
        return 0;
    if (line_len > 5 && memcmp(line, "PING ", 5) == 0) {
        put_string(c, "PONG ");
        put(c, line + 5, line_len - 5);
        put_string(c, "\r\n");
        return (int)taken;
    }
    const char *command = memchr(line, ' ', line_len);
    if (!command)
        return (int)taken;
    size_t rest = line_len - (size_t)(++command - line);
    if (rest > 4 && memcmp(command, "001 ", 4) == 0) {
        event->type = SPEECH_JOINED;
        irc_say(c, "hi", 2);
    } else if (rest > 8 && memcmp(command, "PRIVMSG ", 8) == 0) {
        const char *text = memchr(command, ':', rest);
        if (text)
            understand(c, text + 1, rest - (size_t)(text + 1 - command), irc_say, event);
    } else if (memcmp(line, "ERROR", line_len < 5 ? line_len : 5) == 0) {
        *event = (struct speech_event){.type = SPEECH_REFUSED, .content = line, .len = line_len};
    }
    return (int)taken;
}

const struct speech speech_irc = {
    .name = "irc",
    .say_hello = irc_say_hello,
    .say_message = irc_say_message,
    .say_receipt = irc_say_receipt,
    .hear = irc_hear,
};

static void ncat_say(const struct speech_client *c, const char *text, size_t len)
{
    put(c, text, len);
    put(c, "\n", 1);
}

static void ncat_say_hello(const struct speech_client *c)
{
    ncat_say(c, "hi", 2);
}

static void ncat_say_message(const struct speech_client *c, uint64_t n, const char *content,
                             size_t len)
{
    (void)n;
    ncat_say(c, content, len);
}

static void ncat_say_receipt(const struct speech_client *c, uint64_t n)
{
    say_number(c, n, ncat_say);
}

/*
 * `<user4> text`, to everyone else: there can be one pair only. Of lines that were read together
 * only the first has the name.
 */
static int ncat_hear(const struct speech_client *c, const uint8_t *bytes, size_t len,
                     struct speech_event *event)
{
    const char *line;
    size_t line_len, taken = take_line(bytes, len, &line, &line_len);
    *event = (struct speech_event){.type = SPEECH_NOTHING};
    if (taken == 0 || (line_len > 9 && memcmp(line, "<announce", 9) == 0))
        return (int)taken;
    const char *text =
        line_len > 5 && memcmp(line, "<user", 5) == 0 ? memchr(line, ' ', line_len) : NULL;
    text = text ? text + 1 : line;
    understand(c, text, line_len - (size_t)(text - line), ncat_say, event);
    return (int)taken;
}

const struct speech speech_ncat = {
    .name = "ncat",
    .say_hello = ncat_say_hello,
    .say_message = ncat_say_message,
    .say_receipt = ncat_say_receipt,
    .hear = ncat_hear,
};

/* A length of MQTT: seven bits a byte, the lowest first. */
static void mqtt_put_length(const struct speech_client *c, size_t len)
{
    do {
        char byte = (char)((len & 127) | (len > 127 ? 128 : 0));
        put(c, &byte, 1);
    } while (len >>= 7);
}

/* Puts a packet's beginning: its first byte, its length, then `extra`, then a string. */
static void mqtt_put(const struct speech_client *c, int first, const char *extra, size_t extra_len,
                     const char *name, size_t after)
{
    char byte = (char)first;
    size_t len = strlen(name);
    char name_len[2] = {(char)(len >> 8), (char)len};
    put(c, &byte, 1);
    mqtt_put_length(c, extra_len + sizeof name_len + len + after);
    put(c, extra, extra_len);
    put(c, name_len, sizeof name_len);
    put(c, name, len);
}

static void mqtt_say(const struct speech_client *c, const char *text, size_t len)
{
    mqtt_put(c, MQTT_PUBLISH, "", 0, name_of(c, !c->side), len);
    put(c, text, len);
}

static void mqtt_say_hello(const struct speech_client *c)
{
    static const char connect[] = {0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0}; /* a clean session */
    static const char id[] = {0, 1}, quality = 0;
    mqtt_put(c, MQTT_CONNECT, connect, sizeof connect, name_of(c, c->side), 0);
    mqtt_put(c, MQTT_SUBSCRIBE, id, sizeof id, name_of(c, c->side), 1);
    put(c, &quality, 1);
}

static void mqtt_say_message(const struct speech_client *c, uint64_t n, const char *content,
                             size_t len)
{
    (void)n;
    mqtt_say(c, content, len);
}

static void mqtt_say_receipt(const struct speech_client *c, uint64_t n)
{
    say_number(c, n, mqtt_say);
}

static int mqtt_hear(const struct speech_client *c, const uint8_t *bytes, size_t len,
                     struct speech_event *event)
{
    size_t rest = 0, at = 1;
    *event = (struct speech_event){.type = SPEECH_NOTHING};
    do {
        if (at == len || len == 0 || at > 4)
            return at > 4 ? -1 : 0;
        rest |= (size_t)(bytes[at] & 127) << 7 * (at - 1);
    } while (bytes[at++] & 128);
    if (len < at + rest)
        return 0;
    const char *body = (const char *)bytes + at;
    if (bytes[0] == MQTT_SUBACK) {
        event->type = SPEECH_JOINED;
        mqtt_say(c, "hi", 2);
    } else if ((bytes[0] & 0xf0) == MQTT_PUBLISH && rest >= 2) {
        size_t topic_len = 2 + ((size_t)(uint8_t)body[0] << 8 | (uint8_t)body[1]);
        if (topic_len > rest)
            return -1;
        understand(c, body + topic_len, rest - topic_len, mqtt_say, event);
    } else if (bytes[0] == MQTT_CONNACK && rest >= 2 && body[1]) {
        *event = (struct speech_event){.type = SPEECH_REFUSED, .content = "CONNACK", .len = 7};
    }
    return (int)(at + rest);
}

const struct speech speech_mqtt = {
    .name = "mqtt",
    .say_hello = mqtt_say_hello,
    .say_message = mqtt_say_message,
    .say_receipt = mqtt_say_receipt,
    .hear = mqtt_hear,
};
