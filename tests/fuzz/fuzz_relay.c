/*
 * A script of what up to eight connections send, of what the edge does and of what becomes of the
 * disk, for one relay. Whatever it is: what goes out are frames of the protocol; nobody gets a
 * message that was not sent to them, in that form; no more than a window is ahead of the receipts;
 * what is said to be stored is on disk; and a pair in another room talks all the while.
 */
#include "header.h"
#include "relay.h"
#include "relay_disk.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum {
    CONNECTIONS = 8,
    CANARIES = 2, /* the last of them */
    NICKS = 3,
    STREAMS = 4,
    MANY_MAX = 3,
    BYTES_MAX = 2 << 20,
};

struct connection {
    struct relay_client *client;
    bool deaf;
    int nick;       /* of its last hello; -1 for none */
    uint64_t ahead; /* cost of the messages that came since its last receipt */

    uint8_t bytes[BYTES_MAX]; /* not yet taken apart */
    size_t len;
};

struct world {
    struct relay *r;
    struct relay_options options;
    struct connection connections[CONNECTIONS];
    uint64_t now_ms;
    uint64_t next[NICKS][STREAMS]; /* the n to send */
    bool touched[STREAMS];         /* a receipt came, or a seat was freed: less may be on disk */
    bool undone;                   /* a full disk: messages may be served again */
    uint64_t canary;               /* messages between the canaries */
    int many;                      /* how often many streams were asked for */
};

static struct world w;
static const uint8_t *script, *script_end;

static uint8_t take(void)
{
    return script < script_end ? *script++ : 0;
}

static void close_connection(struct connection *c)
{
    if (c->client)
        relay_close(w.r, c->client, w.now_ms);
    c->client = NULL;
    c->len = 0;
}

/* Contents say what they are, so that whoever gets one can tell whether it is right. */
static size_t make_content(char *content, int nick, uint64_t stream, uint64_t n, size_t len)
{
    int used = snprintf(content, 64, "%d %ju %ju %zu", nick, (uintmax_t)stream, (uintmax_t)n, len);
    if (len <= (size_t)used + 1)
        return (size_t)used + 1;
    memset(content + used + 1, 'x', len - (size_t)used - 1);
    return len;
}

static void check_message(const struct header *h, const struct frame *frame)
{
    static char expected[FRAME_CONTENT_MAX];
    int nick;
    uintmax_t stream, n;
    size_t len;
    if (frame->content_len == 0 || memchr(frame->content, 0, frame->content_len) == NULL)
        return; /* made of the script's own bytes */
    if (sscanf((const char *)frame->content, "%d %ju %ju %zu", &nick, &stream, &n, &len) != 4)
        return;
    assert(stream == h->stream && n == h->n && h->peer.len == 1 && h->peer.at[0] == 'a' + nick);
    assert(make_content(expected, nick, stream, n, len) == frame->content_len);
    assert(memcmp(expected, frame->content, frame->content_len) == 0);
}

static void check_frame(struct connection *c, const struct frame *frame)
{
    struct header_decoder decoder;
    struct header h;
    header_decoder_init(&decoder);
    assert(header_decode(&decoder, HEADER_FROM_RELAY, frame, &h) == 0);
    assert(h.type != HEADER_UNKNOWN);
    assert(h.type != HEADER_ERROR || h.fatal == header_code_is_fatal(h.code));
    if (h.type == HEADER_MESSAGE) {
        check_message(&h, frame);
        c->ahead += frame->content_len + RELAY_MESSAGE_COST;
        assert(c->ahead <= RELAY_WINDOW || w.undone);
    }
    if (h.type == HEADER_MESSAGE && c >= &w.connections[CONNECTIONS - CANARIES])
        assert(h.n == ++w.canary);
    if (h.type == HEADER_STORED && h.stream < STREAMS && !w.touched[h.stream])
        for (uint64_t n = h.first; n <= h.n; n++)
            assert(relay_disk_has(h.stream, n));
    header_decoder_clear(&decoder);
}

static void take_apart(struct connection *c)
{
    size_t at = 0;
    struct frame frame;
    int used;
    while ((used = frame_decode(c->bytes + at, c->len - at, &frame)) > 0) {
        check_frame(c, &frame);
        at += (size_t)used;
    }
    assert(used == 0);
    c->len -= at;
    memmove(c->bytes, c->bytes + at, c->len);
}

static void write_out(struct connection *c, size_t most)
{
    size_t len;
    const uint8_t *bytes;
    while (c->client && !c->deaf && (bytes = relay_output(w.r, c->client, &len))) {
        size_t part = len < most ? len : most;
        assert(c->len + part <= BYTES_MAX);
        memcpy(c->bytes + c->len, bytes, part);
        c->len += part;
        relay_consume(w.r, c->client, part, w.now_ms);
    }
    assert(!c->client || c->deaf || !relay_wants_output(c->client));
    take_apart(c);
}

static void turn(size_t most)
{
    struct relay_event event;
    do {
        while (relay_next(w.r, &event)) {
            struct connection *c = event.owner;
            if (event.type == RELAY_DROP)
                close_connection(c);
            else if (event.type == RELAY_FINISH)
                relay_finished(w.r, c->client, w.now_ms);
            else if (event.type != RELAY_WANT && event.type != RELAY_LOG)
                relay_disk_carry_out(w.r, &event, w.now_ms);
        }
    } while (relay_disk_commit(w.r, w.now_ms));
    for (size_t i = 0; i < CONNECTIONS; i++)
        write_out(&w.connections[i], most);
    if (relay_deadline(w.r) <= w.now_ms)
        relay_tick(w.r, w.now_ms);
}

static void send_frame(struct connection *c, const char *header, const char *content, size_t len)
{
    static uint8_t bytes[FRAME_MAX];
    size_t header_len = strlen(header);
    if (!c->client)
        return;
    frame_write_prefix(bytes, header_len, len);
    memcpy(bytes + FRAME_PREFIX, header, header_len);
    if (len > 0)
        memcpy(bytes + FRAME_PREFIX + header_len, content, len);
    relay_input(w.r, c->client, bytes, FRAME_PREFIX + header_len + len, w.now_ms);
}

static void open_connection(struct connection *c)
{
    close_connection(c);
    c->deaf = false;
    c->nick = -1;
    c->ahead = 0;
    assert(relay_open(w.r, c, w.now_ms, &c->client) == 0);
}

static void hello(struct connection *c, int nick, const char *room, int identity)
{
    char header[256], keys[64] = "";
    if (!c->client)
        open_connection(c);
    if (identity > 0)
        snprintf(keys, sizeof keys, ",\"keys\":{\"identity\":\"%d\"}", identity);
    snprintf(header, sizeof header,
             "{\"type\":\"hello\",\"version\":1,\"nick\":\"%c\",\"room\":\"%s\"%s}", 'a' + nick,
             room, keys);
    c->nick = nick;
    send_frame(c, header, NULL, 0);
}

static void say_hello(struct connection *c)
{
    int who = take();
    hello(c, who % NICKS, who & 8 ? "one" : "two", who >> 4 & 3);
}

static void send_message(struct connection *c)
{
    static char content[FRAME_CONTENT_MAX];
    static const size_t sizes[] = {0, 1, 1000, 60000};
    char header[256];
    int what = take();
    int nick = c->nick < 0 ? 0 : c->nick;
    uint64_t stream = (uint64_t)what % STREAMS, *next = &w.next[nick][stream];
    if (what & 4)
        *next += (uint64_t)(take() % 5) - 2; /* a repeat, or a hole */
    if (*next == 0 || *next > 1000)
        *next = 1;
    size_t len = make_content(content, nick, stream, *next, sizes[what >> 6]);
    snprintf(header, sizeof header,
             "{\"type\":\"message\",\"to\":\"%c\",\"stream\":\"%016jx\",\"n\":%ju}",
             'a' + (what >> 4 & 3), (uintmax_t)stream, (uintmax_t)*next);
    ++*next;
    send_frame(c, header, content, len);
}

static void send_receipt(struct connection *c)
{
    char header[256];
    int what = take();
    uint64_t stream = (uint64_t)what % STREAMS;
    if (c->client)
        w.touched[stream] = true;
    write_out(c, SIZE_MAX);
    c->ahead = 0;
    snprintf(header, sizeof header,
             "{\"type\":\"receipt\",\"to\":\"%c\",\"stream\":\"%016jx\",\"n\":%d,\"resend\":%s}",
             'a' + (what >> 4 & 3), (uintmax_t)stream, take(), what & 8 ? "true" : "false");
    send_frame(c, header, NULL, 0);
}

/* Asks for about as many streams as the relay remembers of a seat. */
static void ask_for_many(struct connection *c)
{
    char header[256];
    int what = take(), count = RELAY_STREAMS_EXPECTED - 6 + what % 8;
    if (++w.many > MANY_MAX) /* it takes its time */
        return;
    for (int i = 0; i < count; i++) {
        snprintf(header, sizeof header,
                 "{\"type\":\"receipt\",\"to\":\"%c\",\"stream\":\"%016x\",\"n\":1,"
                 "\"resend\":true}",
                 'a' + (what >> 4 & 3), (unsigned)(STREAMS + i));
        send_frame(c, header, NULL, 0);
    }
}

static void send_other(struct connection *c)
{
    static const char *const headers[] = {
        "{\"type\":\"ping\",\"id\":1}",
        "{\"type\":\"signal\",\"to\":\"a\"}",
        "{\"type\":\"signal\",\"to\":\"b\"}",
        "{\"type\":\"keys\",\"keys\":{\"identity\":\"1\"}}",
        "{\"type\":\"nonsense\"}",
        "{\"type\":\"pong\"}",
        "{\"type\":\"bye\"}",
        "{\"type\":\"bye\",\"leave\":true}",
    };
    int which = take() % 8;
    if (which == 7)
        memset(w.touched, true, sizeof w.touched);
    send_frame(c, headers[which], headers[which], which == 1 || which == 2 ? 20 : 0);
}

static void send_bytes(struct connection *c)
{
    size_t len = take() % 64;
    if (len > (size_t)(script_end - script))
        len = (size_t)(script_end - script);
    if (c->client)
        relay_input(w.r, c->client, script, len, w.now_ms);
    script += len;
}

static void end(struct connection *c)
{
    if (c->client)
        relay_end(w.r, c->client, w.now_ms);
}

static void hear(struct connection *c)
{
    c->deaf = !c->deaf;
}

static void wait(struct connection *c)
{
    (void)c;
    w.now_ms += (uint64_t)take() * take();
    if (relay_deadline(w.r) <= w.now_ms) {
        memset(w.touched, true, sizeof w.touched); /* seats may be freed */
        relay_tick(w.r, w.now_ms);
    }
}

static void fill_disk(struct connection *c)
{
    (void)c;
    w.undone = true;
    relay_disk_fill();
}

static void start(void)
{
    assert(relay_new(&w.r, &w.options) == 0);
    relay_set_wall(w.r, w.now_ms, 1000000 + w.now_ms);
    assert(relay_disk_restore(w.r) == 0);
    w.canary = 0;
}

static void crash(struct connection *c)
{
    (void)c;
    for (size_t i = 0; i < CONNECTIONS; i++) {
        w.connections[i].client = NULL;
        w.connections[i].len = 0;
    }
    relay_free(w.r);
    relay_disk_crash();
    start();
}

static void some_turn(struct connection *c)
{
    (void)c;
    turn(1 + (size_t)take() * 100);
}

static void (*const steps[])(struct connection *c) = {
    open_connection,
    say_hello,
    say_hello,
    send_message,
    send_message,
    send_message,
    send_receipt,
    send_receipt,
    send_other,
    send_bytes,
    end,
    close_connection,
    hear,
    wait,
    fill_disk,
    some_turn,
    crash,
    ask_for_many,
};

/* Both canaries come anew, and say something to each other. */
static void sing(void)
{
    struct connection *c = &w.connections[CONNECTIONS - CANARIES];
    char header[256];
    for (int i = 0; i < CANARIES; i++) {
        open_connection(&c[i]);
        hello(&c[i], i, "canaries", 7);
    }
    uint64_t before = w.canary;
    for (int i = 0; i < CANARIES; i++) {
        snprintf(header, sizeof header,
                 "{\"type\":\"message\",\"to\":\"%c\",\"stream\":\"00000000000000cc\",\"n\":%ju}",
                 'a' + !i, (uintmax_t)before + 1 + (uintmax_t)i);
        send_frame(&c[i], header, NULL, 0);
        turn(SIZE_MAX);
        turn(SIZE_MAX);
        snprintf(header, sizeof header,
                 "{\"type\":\"receipt\",\"to\":\"%c\",\"stream\":\"00000000000000cc\",\"n\":%ju}",
                 'a' + i, (uintmax_t)before + 1 + (uintmax_t)i);
        send_frame(&c[!i], header, NULL, 0);
        turn(SIZE_MAX);
    }
    assert(w.canary == before + CANARIES);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    script = bytes;
    script_end = bytes + len;
    for (size_t i = 0; i < CONNECTIONS; i++) {
        w.connections[i].client = NULL;
        w.connections[i].len = 0;
    }
    memset(w.next, 0, sizeof w.next);
    memset(w.touched, 0, sizeof w.touched);
    w.undone = false;
    w.many = 0;
    w.now_ms = 1;
    relay_disk_clear();
    w.options = (struct relay_options){
        .hello_timeout_ms = 10000,
        .ping_interval_ms = 30000,
        .seat_ttl_ms = 60000,
        .queue_ttl_ms = 100000,
        .queue_max = 1 << 20,
        .store_max = 3 << 20,
        .clients_max = CONNECTIONS,
        .durable = take() & 1,
        .agent = "fuzz",
    };
    start();
    sing();
    while (script < script_end) {
        uint8_t what = take();
        steps[(what & 31) % (sizeof steps / sizeof steps[0])](
            &w.connections[(what >> 5) % (CONNECTIONS - CANARIES)]);
    }
    sing();
    relay_free(w.r);
    return 0;
}
