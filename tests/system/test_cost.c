#include "frame.h"
#include "scratch.h"
#include "server.h"
#include "shim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    TALKS = 500,
    QUEUED = 100000,
    AT_ONCE = 500,    /* messages that are sent before the relay is heard */
    WARM = 5000,      /* messages until what does not grow has its size */
    GROWTH_KB = 8192, /* that memory may grow by after that: less than half of the queue */
    SAID_LEAST = 10,  /* of the others while bob takes 18 windows */
};

#define PEER(nick, state) "{\"nick\":\"" nick "\",\"state\":\"" state "\",\"time\":*}"

static char control[512];

static void preload(void)
{
    setenv("SHIM_CONTROL", control, 1);
    setenv("LD_PRELOAD", SHIM, 1);
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
}

/* Memory that was freed counts as free, under AddressSanitizer too. */
static void forget_freed(void)
{
    setenv("ASAN_OPTIONS", "quarantine_size_mb=0:thread_local_quarantine_size_kb=0", 1);
}

static void test_what_is_passed_on_touches_no_disk(void **state)
{
    (void)state;
    struct server s;
    struct canary c;
    char folder[256], options[300];
    snprintf(folder, sizeof folder, "%s", scratch_path("relay"));
    snprintf(options, sizeof options, "--state %s", folder);
    snprintf(control, sizeof control, "%s", scratch_path("control"));
    struct shim *shim = shim_new(folder, control);
    server_start(&s, options, preload);
    canary_start(&c, s.addresses[0], "canaries");
    uint64_t writes = shim->writes, syncs = shim->syncs;
    for (int i = 0; i < TALKS; i++)
        canary_talk(&c);
    assert_int_equal(shim->writes, writes);
    assert_int_equal(shim->syncs, syncs);

    wire_close(&c.b); /* what has to wait does go there */
    wire_expect_later(
        &c.a, "{\"type\":\"presence\",\"nick\":\"woodstock\",\"state\":\"offline\",\"time\":*}");
    wire_send(&c.a,
              "{\"type\":\"message\",\"to\":\"woodstock\",\"stream\":\"00000000000000aa\","
              "\"n\":501}",
              "wait");
    wire_expect_later(&c.a, "{\"type\":\"stored\",\"to\":\"woodstock\",\"stream\":"
                            "\"00000000000000aa\",\"first\":501,\"n\":501}");
    assert_true(shim->writes > writes && shim->syncs > syncs);
    wire_close(&c.a);
    server_stop(&s);
    shim_free(shim);
}

/* Joins; the welcome must end with this. */
static void join(struct wire *w, const struct server *s, const char *nick, const char *room,
                 const char *rest)
{
    char header[256];
    snprintf(header, sizeof header,
             "{\"type\":\"hello\",\"version\":1,\"nick\":\"%s\",\"room\":\"%s\"}", nick, room);
    wire_open(w, s->addresses[0]);
    wire_send(w, header, NULL);
    snprintf(header, sizeof header,
             "{\"type\":\"welcome\",\"version\":1,\"nick\":\"%s\",\"room\":\"%s\",\"agent\":\"*\","
             "\"time\":*,%s}",
             nick, room, rest);
    wire_expect(w, header, NULL);
}

/* Sends messages `from` to `to` to bob, and waits until the relay has them on disk. */
static void queue(struct wire *alice, unsigned from, unsigned to)
{
    static const char content[64] = "0123456789";
    static uint8_t frame[WIRE_SIZE], frames[WIRE_SIZE];
    for (unsigned n = from; n <= to; n += AT_ONCE) {
        char header[128];
        size_t len = 0;
        for (unsigned i = n; i < n + AT_ONCE; i++) {
            snprintf(header, sizeof header,
                     "{\"type\":\"message\",\"to\":\"bob\",\"stream\":\"00000000000000a1\","
                     "\"n\":%u}",
                     i);
            size_t more = wire_encode(header, content, sizeof content, frame);
            memcpy(frames + len, frame, more);
            len += more;
        }
        wire_send_bytes(alice, frames, len);
        snprintf(header, sizeof header,
                 "{\"type\":\"stored\",\"to\":\"bob\",\"stream\":\"00000000000000a1\",\"first\":*,"
                 "\"n\":%u}",
                 n + AT_ONCE - 1);
        wire_expect_later(alice, header);
    }
}

static long resident_kb(const struct server *s)
{
    char path[64];
    long pages, resident = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)s->process.pid);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%ld %ld", &pages, &resident), 2);
    fclose(f);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Bob, who takes one message after the other, and two others who speak in turn. */
struct drain {
    struct wire bob, others[2];
    struct frame_reader reader;
    unsigned n, said;
};

/* Takes what has come of a block, in the order in which it was sent, and receipts it. */
static void take_some(struct drain *d)
{
    static uint8_t block[64 << 10];
    struct frame frame;
    char text[256];
    assert_int_equal(frame_reader_keep(&d->reader), 0);
    ssize_t got = recv(d->bob.fd, block, sizeof block, 0);
    assert_true(got > 0);
    frame_reader_feed(&d->reader, block, (size_t)got);
    while (frame_reader_next(&d->reader, &frame) == 1) {
        snprintf(text, sizeof text, "%.*s", (int)frame.header_len, frame.header);
        const char *n = strstr(text, "\"n\":");
        if (n)
            assert_int_equal(strtoul(n + 4, NULL, 10), ++d->n);
    }
    snprintf(text, sizeof text,
             "{\"type\":\"receipt\",\"to\":\"alice\",\"stream\":\"00000000000000a1\",\"n\":%u}",
             d->n);
    wire_send(&d->bob, text, NULL);
}

/* Whoever heard the other one answers. */
static void speak(struct drain *d)
{
    static const char *const nicks[] = {"tweety", "woodstock"};
    char header[160];
    struct wire *to = &d->others[d->said % 2];
    struct pollfd fd = {.fd = to->fd, .events = POLLIN};
    if (d->said > 0) {
        if (poll(&fd, 1, 0) == 0)
            return;
        snprintf(header, sizeof header,
                 "{\"type\":\"message\",\"from\":\"%s\",\"stream\":\"00000000000000aa\",\"n\":%u,"
                 "\"time\":*}",
                 nicks[(d->said + 1) % 2], (d->said + 1) / 2);
        wire_expect(to, header, "tweet");
    }
    snprintf(header, sizeof header,
             "{\"type\":\"message\",\"to\":\"%s\",\"stream\":\"00000000000000aa\",\"n\":%u}",
             nicks[(d->said + 1) % 2], d->said / 2 + 1);
    wire_send(to, header, "tweet");
    d->said++;
}

static void test_a_long_queue_costs_neither_memory_nor_others(void **state)
{
    (void)state;
    static struct wire alice;
    static struct drain d;
    struct server s;
    char options[300];
    snprintf(options, sizeof options, "--state %s", scratch_path("long"));
    server_start(&s, options, forget_freed);
    join(&d.bob, &s, "bob", "long", "\"waiting\":0,\"peer\":null");
    wire_send(&d.bob, "{\"type\":\"bye\"}", NULL);
    wire_expect_end(&d.bob);
    wire_close(&d.bob);
    join(&alice, &s, "alice", "long", "\"waiting\":0,\"peer\":" PEER("bob", "offline"));
    queue(&alice, 1, WARM);
    long before_kb = resident_kb(&s);
    queue(&alice, WARM + 1, QUEUED);
    assert_in_range(resident_kb(&s), 0, before_kb + GROWTH_KB);

    join(&d.others[0], &s, "tweety", "other", "\"waiting\":0,\"peer\":null");
    join(&d.others[1], &s, "woodstock", "other",
         "\"waiting\":0,\"peer\":" PEER("tweety", "online"));
    wire_expect_later(
        &d.others[0],
        "{\"type\":\"presence\",\"nick\":\"woodstock\",\"state\":\"online\",\"time\":*}");
    frame_reader_init(&d.reader);
    join(&d.bob, &s, "bob", "long", "\"waiting\":100000,\"peer\":" PEER("alice", "online"));
    frame_reader_feed(&d.reader, d.bob.bytes, d.bob.len); /* came with the welcome */
    while (d.n < QUEUED) {
        speak(&d);
        take_some(&d);
    }
    frame_reader_clear(&d.reader);
    assert_in_range(resident_kb(&s), 0, before_kb + GROWTH_KB);
    assert_in_range(d.said, SAID_LEAST, UINT_MAX);
    wire_close(&d.bob);
    wire_close(&d.others[0]);
    wire_close(&d.others[1]);
    wire_close(&alice);
    server_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_passed_on_touches_no_disk),
        cmocka_unit_test(test_a_long_queue_costs_neither_memory_nor_others),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
