#include "relay_harness.h"

#include "relay_disk.h"
#include "relay_text.h"

#include "error.h"
#include "frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONNECTIONS_MAX = 64,
    BYTES_MAX = 4 << 20, /* not yet taken apart */
    TEXT_MAX = 1 << 18,
};

/* Nothing here is allocated: the tests count the relay's own allocations. */
struct connection {
    char name[16];
    struct relay_client *client; /* NULL: closed */
    bool deaf;
    uint8_t *bytes; /* BYTES_MAX, of `pool` */
    size_t len;
    char text[TEXT_MAX]; /* what came, a line each */
    size_t text_start, text_len;
};

static struct connection connections[CONNECTIONS_MAX];
static uint8_t pool[CONNECTIONS_MAX][BYTES_MAX];
static size_t connections_count;
static struct relay *relay;
static struct relay_options options;
static uint64_t now_ms;
static const uint64_t wall_start_ms = 1000000;
static bool holding, blind;

uint64_t harness_now(void)
{
    return now_ms;
}

struct relay *harness_relay(void)
{
    return relay;
}

struct relay_counters harness_counters(void)
{
    struct relay_counters counters;
    relay_get_counters(relay, &counters);
    return counters;
}

struct relay_options harness_options(bool durable)
{
    return (struct relay_options){
        .hello_timeout_ms = 10000,
        .ping_interval_ms = 30000,
        .seat_ttl_ms = 600000,
        .queue_ttl_ms = 604800000,
        .queue_max = 64 << 20,
        .store_max = 1 << 30,
        .clients_max = 4096,
        .durable = durable,
        .agent = "test",
        .hash_key = {1, 2},
    };
}

static void begin(void)
{
    connections_count = 0;
    if (relay_new(&relay, &options)) {
        relay = NULL;
        return;
    }
    relay_set_wall(relay, now_ms, wall_start_ms + now_ms);
    if (relay_disk_restore(relay)) {
        relay_free(relay);
        relay = NULL;
    }
}

void harness_start(const struct relay_options *o)
{
    options = *o;
    now_ms = 1000;
    holding = blind = false;
    relay_disk_clear();
    begin();
}

void harness_stop(void)
{
    relay_free(relay);
    relay = NULL;
}

static struct connection *find(const char *name)
{
    for (size_t i = connections_count; i > 0; i--)
        if (strcmp(connections[i - 1].name, name) == 0)
            return &connections[i - 1];
    return NULL;
}

static struct connection *get(const char *name)
{
    struct connection *c = find(name);
    if (c)
        return c;
    assert_true(connections_count < CONNECTIONS_MAX);
    c = &connections[connections_count];
    c->bytes = pool[connections_count++];
    c->client = NULL;
    c->deaf = false;
    c->len = c->text_start = c->text_len = 0;
    snprintf(c->name, sizeof c->name, "%s", name);
    if (relay)
        (void)relay_open(relay, c, now_ms, &c->client);
    return c;
}

struct relay_client *harness_client(const char *name)
{
    return get(name)->client;
}

static void add_line(struct connection *c, const char *line)
{
    size_t len = strlen(line);
    if (blind)
        return;
    if (c->text_start == c->text_len)
        c->text_start = c->text_len = 0;
    assert_true(c->text_len + len + 2 < TEXT_MAX);
    memcpy(c->text + c->text_len, line, len);
    c->text_len += len;
    c->text[c->text_len++] = '\n';
}

/* Takes apart what came to a connection. */
static void take_apart(struct connection *c)
{
    size_t at = 0;
    struct frame frame;
    int used;
    while ((used = frame_decode(c->bytes + at, c->len - at, &frame)) > 0) {
        char line[RELAY_LINE_MAX];
        if (!blind) {
            relay_text_read(&frame, line);
            add_line(c, line);
        }
        at += (size_t)used;
    }
    assert_int_equal(used, 0);
    c->len -= at;
    memmove(c->bytes, c->bytes + at, c->len);
}

static void carry_out(const struct relay_event *event)
{
    struct connection *c = event->owner;
    switch (event->type) {
    case RELAY_WANT:
    case RELAY_LOG: break;
    case RELAY_FINISH:
        assert_false(relay_wants_output(c->client));
        add_line(c, "finish");
        relay_finished(relay, c->client, now_ms);
        break;
    case RELAY_DROP:
        add_line(c, "drop");
        relay_close(relay, c->client, now_ms);
        c->client = NULL;
        break;
    default: relay_disk_carry_out(relay, event, now_ms); break;
    }
}

static void write_out(struct connection *c)
{
    size_t len;
    const uint8_t *bytes;
    while (c->client && !c->deaf && (bytes = relay_output(relay, c->client, &len))) {
        size_t part = len > 1000 ? len - len / 3 : len; /* a socket that takes some of it */
        assert_true(c->len + part <= BYTES_MAX);
        memcpy(c->bytes + c->len, bytes, part);
        c->len += part;
        relay_consume(relay, c->client, part, now_ms);
    }
    take_apart(c);
}

static void turn(void)
{
    struct relay_event event;
    bool more = true;
    if (holding || !relay)
        return;
    while (more) {
        do {
            while (relay_next(relay, &event))
                carry_out(&event);
        } while (relay_disk_commit(relay, now_ms));
        for (size_t i = 0; i < connections_count; i++)
            write_out(&connections[i]);
        more = relay_deadline(relay) <= now_ms;
        if (more)
            relay_tick(relay, now_ms);
    }
}

void harness_send(const char *name, const void *bytes, size_t len)
{
    struct connection *c = get(name);
    if (!c->client && c->text_start == c->text_len) {
        c->name[0] = '\0'; /* that one is over: the name is for the next */
        c = get(name);
    }
    if (c->client)
        (void)relay_input(relay, c->client, bytes, len, now_ms);
    turn();
}

static void expect_line(const char *name, const char *expected, const char *script)
{
    struct connection *c = get(name);
    size_t len = strcspn(c->text + c->text_start, "\n");
    char got[RELAY_LINE_MAX] = "(nothing)";
    if (blind)
        return;
    if (c->text_start < c->text_len) {
        snprintf(got, sizeof got, "%.*s", (int)len, c->text + c->text_start);
        c->text_start += len + 1;
    }
    if (strcmp(got, expected) != 0)
        fail_msg("%s expected <%s>, got <%s>; next:\n%.200s", name, expected, got, script);
}

/* Time passes from deadline to deadline. */
static void tick(uint64_t ms)
{
    uint64_t end_ms = now_ms + ms;
    while (relay && relay_deadline(relay) <= end_ms) {
        if (relay_deadline(relay) > now_ms)
            now_ms = relay_deadline(relay);
        relay_tick(relay, now_ms);
        turn();
    }
    now_ms = end_ms;
}

static void restart(bool in_good_order)
{
    if (in_good_order && relay) {
        relay_stop(relay, now_ms);
        turn();
        tick(RELAY_LINGER_MS + RELAY_FLUSH_MS);
        assert_int_equal(harness_counters().clients, 0);
    }
    relay_free(relay);
    relay_disk_crash();
    begin();
}

static void command(const char *word, const char *rest)
{
    if (strcmp(word, "hold") == 0) {
        holding = true;
    } else if (strcmp(word, "turn") == 0) {
        holding = false;
        turn();
    } else if (strcmp(word, "tick") == 0) {
        tick(strtoull(rest, NULL, 10));
    } else if (strcmp(word, "full") == 0) {
        relay_disk_fill();
    } else if (strcmp(word, "crash") == 0 || strcmp(word, "restart") == 0) {
        restart(word[0] == 'r');
    } else if (strcmp(word, "disk") == 0) {
        assert_int_equal(relay_disk_messages(), strtoull(rest, NULL, 10));
        relay_disk_was_quiet();
    } else if (strcmp(word, "quiet") == 0) {
        if (!relay_disk_was_quiet())
            fail_msg("the disk was touched");
    } else {
        fail_msg("unknown command <%s>", word);
    }
}

static void send_hex(const char *name, const char *hex)
{
    uint8_t bytes[64];
    size_t len = 0;
    for (; hex[0] && hex[1] && len < sizeof bytes; hex += 2) {
        const char digits[] = {hex[0], hex[1], '\0'};
        bytes[len++] = (uint8_t)strtoul(digits, NULL, 16);
    }
    harness_send(name, bytes, len);
}

static void connection_command(struct connection *c, const char *verb, const char *rest)
{
    if (strcmp(verb, "bytes") == 0) {
        char name[sizeof c->name];
        memcpy(name, c->name, sizeof name);
        send_hex(name, rest + strspn(rest, " "));
        return;
    }
    if (strcmp(verb, "end") == 0) {
        if (c->client)
            relay_end(relay, c->client, now_ms);
    } else if (strcmp(verb, "lost") == 0) {
        if (c->client)
            relay_close(relay, c->client, now_ms);
        c->client = NULL;
        c->name[0] = '\0'; /* the name is free again */
    } else if (strcmp(verb, "open") == 0) {
        c->deaf = false;
    } else if (strcmp(verb, "deaf") == 0 || strcmp(verb, "hears") == 0) {
        c->deaf = verb[0] == 'd';
    } else {
        fail_msg("unknown verb <%s>", verb);
    }
    turn();
}

void harness_play_line(const char *line, const char *next)
{
    char word[64], verb[64];
    const char *at = line;
    if (!relay_text_word(&at, word, sizeof word))
        return;
    char *last = &word[strlen(word) - 1];
    if (*last == '>') {
        *last = '\0';
        static uint8_t bytes[FRAME_MAX];
        harness_send(word, bytes, relay_text_write(at, bytes));
    } else if (*last == '<') {
        *last = '\0';
        expect_line(word, at + strspn(at, " "), next);
    } else if (find(word) || strcmp(at, " open") == 0) {
        get(word);
        relay_text_word(&at, verb, sizeof verb);
        connection_command(find(word), verb, at);
    } else {
        command(word, at);
    }
}

void harness_expect_nothing(void)
{
    for (size_t i = 0; i < connections_count; i++) {
        const struct connection *c = &connections[i];
        if (c->text_start < c->text_len)
            fail_msg("%s got, unexpected:\n%.*s", c->name, (int)(c->text_len - c->text_start),
                     c->text + c->text_start);
    }
}

void harness_set_blind(bool is_blind)
{
    blind = is_blind;
}
