/*
 * bench_relay [BURSTS]: what the core of the relay costs a message of 64 bytes, without sockets:
 * alice sends a burst, bob gets it in one piece and gives one receipt.
 */
#include "header.h"
#include "relay.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    BURSTS = 20000,
    CONTENT_LEN = 64,
};

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void put(struct buffer *out, const struct header *h, size_t content_len)
{
    static const uint8_t content[CONTENT_LEN];
    int rc = header_put(out, HEADER_FROM_CLIENT, h, content, content_len);
    assert(rc == 0);
}

/* A turn: one read, and what the loop does after it. Gives how long it took. */
static uint64_t turn(struct relay *r, struct relay_client *clients[2], int reads,
                     struct buffer *bytes)
{
    struct relay_event event;
    size_t len;
    const uint8_t *at = buffer_peek(bytes, &len);
    uint64_t start_ns = now_ns();
    int rc = relay_input(r, clients[reads], at, len, 0);
    assert(rc == 0);
    while (relay_next(r, &event) == 1)
        ;
    for (int i = 0; i < 2; i++)
        while (relay_output(r, clients[i], &len))
            relay_consume(r, clients[i], len, 0);
    buffer_truncate(bytes, 0);
    return now_ns() - start_ns;
}

static uint64_t burst(struct relay *r, struct relay_client *clients[2], struct buffer *bytes,
                      uint64_t first, uint64_t count)
{
    struct header h = {.type = HEADER_MESSAGE, .peer = {"bob", 3}, .stream = 0x0123456789abcdef};
    for (h.n = first; h.n < first + count; h.n++)
        put(bytes, &h, CONTENT_LEN);
    uint64_t took_ns = turn(r, clients, 0, bytes);
    const struct header receipt = {
        .type = HEADER_RECEIPT, .peer = {"alice", 5}, .stream = h.stream, .n = h.n - 1};
    put(bytes, &receipt, 0);
    return took_ns + turn(r, clients, 1, bytes);
}

int main(int argc, char **argv)
{
    static const struct relay_options options = {
        .hello_timeout_ms = 10000,
        .ping_interval_ms = 30000,
        .seat_ttl_ms = 600000,
        .queue_ttl_ms = 600000,
        .queue_max = 1 << 26,
        .store_max = 1 << 30,
        .clients_max = 2,
        .agent = "bench",
    };
    static const char *const nicks[] = {"alice", "bob"};
    uint64_t bursts = argc > 1 ? strtoul(argv[1], NULL, 10) : BURSTS;
    struct relay *r;
    struct relay_client *clients[2];
    struct buffer bytes;
    int rc = relay_new(&r, &options);
    assert(rc == 0);
    buffer_init(&bytes, SIZE_MAX);
    for (int i = 0; i < 2; i++) {
        rc = relay_open(r, NULL, 0, &clients[i]);
        assert(rc == 0);
        const struct header hello = {.type = HEADER_HELLO,
                                     .version = PROTOCOL_VERSION,
                                     .nick = {nicks[i], i ? 3 : 5},
                                     .room = {"room", 4}};
        put(&bytes, &hello, 0);
        rc = relay_input(r, clients[i], bytes.bytes, bytes.len, 0);
        assert(rc == 0);
        buffer_truncate(&bytes, 0);
    }
    for (uint64_t window = 1, n = 1; window <= 64; window *= 64) {
        uint64_t took_ns = 0;
        for (uint64_t i = 0; i < bursts; i++, n += window)
            took_ns += burst(r, clients, &bytes, n, window);
        printf("window %d: %.0f ns a message\n", (int)window,
               (double)took_ns / (double)(bursts * window));
    }
    relay_free(r);
    buffer_clear(&bytes);
    return 0;
}
