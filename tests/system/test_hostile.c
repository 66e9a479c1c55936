#include "scratch.h"
#include "server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define FATAL(code) "{\"type\":\"error\",\"code\":\"" code "\",\"text\":\"*\",\"fatal\":true}"
#define PING        "{\"type\":\"ping\"}"
#define PONG        "{\"type\":\"pong\"}"

static void join(struct wire *w, const char *address, const char *nick, const char *room)
{
    char hello[256];
    snprintf(hello, sizeof hello,
             "{\"type\":\"hello\",\"version\":1,\"nick\":\"%s\",\"room\":\"%s\"}", nick, room);
    wire_open(w, address);
    wire_send(w, hello, NULL);
    wire_expect(w,
                "{\"type\":\"welcome\",\"version\":1,\"nick\":\"*\",\"room\":\"*\",\"agent\":\"*\","
                "\"time\":*,\"waiting\":*,"
                "\"peer\":null}",
                NULL);
}

static void test_byte_by_byte(void **state)
{
    (void)state;
    static uint8_t bytes[WIRE_SIZE];
    struct server s;
    struct wire w;
    server_start(&s, "", NULL);
    wire_open(&w, s.addresses[0]);
    size_t len =
        wire_encode("{\"type\":\"hello\",\"version\":1,\"nick\":\"alice\"}", NULL, 0, bytes);
    len += wire_encode("{\"type\":\"ping\",\"id\":5}", NULL, 0, bytes + len);
    len += wire_encode("{\"type\":\"signal\",\"to\":\"bob\"}", "hello", 5, bytes + len);
    len += wire_encode("{\"type\":\"bye\"}", NULL, 0, bytes + len);
    for (size_t i = 0; i < len; i++)
        wire_send_bytes(&w, bytes + i, 1);
    wire_expect(&w,
                "{\"type\":\"welcome\",\"version\":1,\"nick\":\"alice\",\"room\":\"lobby\","
                "\"agent\":\"*\",\"time\":*,"
                "\"waiting\":0,\"peer\":null}",
                NULL);
    wire_expect(&w, "{\"type\":\"pong\",\"id\":5}", NULL);
    wire_expect(&w, "{\"type\":\"error\",\"code\":\"no-such-peer\",\"text\":\"*\",\"fatal\":false}",
                NULL);
    wire_expect_end(&w);
    wire_close(&w);
    server_stop(&s);
}

static void test_random_bytes(void **state)
{
    (void)state;
    struct server s;
    struct canary c;
    server_start(&s, "", NULL);
    canary_start(&c, s.addresses[0], "canaries");
    size_t before = process_descriptors(&s.process);
    srand(7);
    for (int i = 0; i < 300; i++) {
        struct wire w;
        uint8_t bytes[3000];
        size_t len = 1 + (size_t)rand() % sizeof bytes;
        for (size_t k = 0; k < len; k++)
            bytes[k] = (uint8_t)rand();
        /* Most of them would be refused for N; these go further. */
        if (i % 2) {
            const uint8_t prefix[] = {0, 0, 0, 100, 0, 98, '{', '"'};
            memcpy(bytes, prefix, len < sizeof prefix ? len : sizeof prefix);
        }
        wire_open(&w, s.addresses[0]);
        wire_send_bytes(&w, bytes, len);
        wire_finish(&w);
        wire_expect_gone(&w);
        wire_close(&w);
        if (i % 10 == 0)
            canary_talk(&c);
    }
    canary_talk(&c);
    assert_true(process_descriptors(&s.process) <= before);
    canary_stop(&c);
    server_stop(&s);
}

/* Sends the same frame as fast as it can, and reads nothing, until it is killed. */
static pid_t flood(struct wire *w, const char *header, size_t content_len)
{
    static uint8_t frames[WIRE_SIZE];
    static char content[60000];
    size_t len = wire_encode(header, content, content_len, frames), one = len;
    while (len + one <= sizeof frames) {
        memcpy(frames + len, frames, one);
        len += one;
    }
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    for (size_t at = 0;;) {
        ssize_t put = send(w->fd, frames + at, len - at, MSG_NOSIGNAL);
        if (put < 0)
            pause();
        else
            at = (at + (size_t)put) % len;
    }
}

static void test_floods_do_not_starve_others(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        size_t content_len;
    } floods[] = {
        {PING, 0},                       /* whose pongs nobody reads */
        {"{\"type\":\"dance\"}", 60000}, /* and errors */
        {"{\"type\":\"signal\",\"to\":\"nobody\"}", 100},
        {"{\"type\":\"keys\",\"keys\":{}}", 0},
        {"{\"type\":\"pong\"}", 0}, /* which has no answer: it goes on */
    };
    enum {
        FLOODS = sizeof floods / sizeof floods[0]
    };
    struct server s;
    struct canary c;
    static struct wire w[FLOODS];
    pid_t pids[FLOODS];
    server_start(&s, "", NULL);
    canary_start(&c, s.addresses[0], "canaries");
    for (int i = 0; i < FLOODS; i++) {
        char room[32];
        snprintf(room, sizeof room, "flood-%d", i);
        join(&w[i], s.addresses[0], "mallory", room);
        pids[i] = flood(&w[i], floods[i].header, floods[i].content_len);
    }
    for (int i = 0; i < 300; i++)
        canary_talk(&c);
    for (int i = 0; i < FLOODS; i++) {
        kill(pids[i], SIGKILL);
        waitpid(pids[i], NULL, 0);
        wire_reset(&w[i]);
    }
    canary_talk(&c);
    canary_stop(&c);
    server_stop(&s);
}

static void test_more_on_its_way_than_a_sender_may_have(void **state)
{
    (void)state;
    static char content[60001];
    struct server s;
    struct canary c;
    static struct wire a, b;
    server_start(&s, "", NULL);
    canary_start(&c, s.addresses[0], "canaries");
    join(&a, s.addresses[0], "alice", "den");
    wire_open(&b, s.addresses[0]);
    wire_send(&b, "{\"type\":\"hello\",\"version\":1,\"nick\":\"bob\",\"room\":\"den\"}", NULL);
    wire_expect(
        &b,
        "{\"type\":\"welcome\",\"version\":1,\"nick\":\"bob\",\"room\":\"den\",\"agent\":\"*\","
        "\"time\":*,\"waiting\":0,\"peer\":{\"nick\":\"alice\",\"state\":\"online\",\"time\":*}}",
        NULL);
    wire_expect(&a, "{\"type\":\"presence\",\"nick\":\"bob\",\"state\":\"online\",\"time\":*}",
                NULL);
    memset(content, 'x', sizeof content - 1);
    for (int i = 1; i <= 40; i++) { /* 2 MiB are 34 of them */
        char header[128];
        snprintf(header, sizeof header,
                 "{\"type\":\"message\",\"to\":\"bob\",\"stream\":\"00000000000000a1\",\"n\":%d}",
                 i);
        wire_send(&a, header, content);
    }
    wire_expect(&a,
                "{\"type\":\"error\",\"code\":\"window\",\"text\":\"*\",\"fatal\":true,"
                "\"stream\":\"00000000000000a1\",\"n\":*}",
                NULL);
    wire_expect_end(&a);
    wire_close(&a);
    canary_talk(&c);
    /* What was taken is there still, as far ahead of its receipts as it may be. */
    for (int i = 1; i <= 17; i++) {
        char header[128];
        snprintf(
            header, sizeof header,
            "{\"type\":\"message\",\"from\":\"alice\",\"stream\":\"00000000000000a1\",\"n\":%d,"
            "\"time\":*}",
            i);
        wire_expect(&b, header, content);
    }
    wire_expect(&b, "{\"type\":\"presence\",\"nick\":\"alice\",\"state\":\"offline\",\"time\":*}",
                NULL);
    wire_close(&b);
    canary_stop(&c);
    server_stop(&s);
}

static void few_descriptors(void)
{
    const struct rlimit limit = {24, 24};
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void test_out_of_descriptors(void **state)
{
    (void)state;
    enum {
        COUNT = 40
    };
    static struct wire w[COUNT];
    struct server s;
    struct canary c;
    server_start(&s, "", few_descriptors);
    process_line_with(&s.process.err, "raise the limit of open files");
    canary_start(&c, s.addresses[0], "canaries");
    for (int i = 0; i < COUNT; i++)
        wire_open(&w[i], s.addresses[0]);
    process_line_with(&s.process.err, "cannot accept connections now: Too many open files");
    for (int i = 0; i < 200; i++)
        canary_talk(&c);
    /* Those that wait come in when others go. */
    for (int i = 0; i < COUNT - 1; i++)
        wire_close(&w[i]);
    wire_send(&w[COUNT - 1], "{\"type\":\"hello\",\"version\":1,\"nick\":\"last\"}", NULL);
    wire_expect(&w[COUNT - 1],
                "{\"type\":\"welcome\",\"version\":1,\"nick\":\"last\",\"room\":\"lobby\","
                "\"agent\":\"*\",\"time\":*,"
                "\"waiting\":0,\"peer\":null}",
                NULL);
    wire_close(&w[COUNT - 1]);
    canary_stop(&c);
    kill(s.process.pid, SIGTERM);
    /* It tried again now and then, not all the time. */
    for (const char *line; (line = process_line(&s.process.err));) {
        const char *repeats = strstr(line, "repeats of the line above: ");
        if (repeats)
            assert_true(atoi(repeats + 27) < 100);
    }
    assert_int_equal(process_wait(&s.process), 0);
}

static void test_a_full_server(void **state)
{
    (void)state;
    struct server s;
    struct canary c;
    static struct wire first, second, third, late;
    server_start(&s, "--max-clients 4", NULL);
    canary_start(&c, s.addresses[0], "canaries");
    wire_open(&first, s.addresses[0]);
    wire_open(&second, s.addresses[0]);
    wire_open(&third, s.addresses[0]);
    /* The oldest that has not said who it is makes room. */
    wire_expect(&first, FATAL("server-full"), NULL);
    wire_expect_end(&first);
    wire_close(&first);
    static struct wire *const joined[] = {&second, &third};
    for (int i = 0; i < 2; i++) {
        char hello[128];
        snprintf(hello, sizeof hello,
                 "{\"type\":\"hello\",\"version\":1,\"nick\":\"nick\",\"room\":\"room-%d\"}", i);
        wire_send(joined[i], hello, NULL);
        wire_expect_later(
            joined[i],
            "{\"type\":\"welcome\",\"version\":1,\"nick\":\"nick\",\"room\":\"*\",\"agent\":\"*\","
            "\"time\":*,\"waiting\":0,\"peer\":null}");
    }
    wire_open(&late, s.addresses[0]);
    wire_expect(&late, FATAL("server-full"), NULL);
    wire_expect_end(&late);
    wire_close(&late);
    canary_talk(&c);
    wire_close(&second);
    wire_close(&third);
    canary_stop(&c);
    server_stop(&s);
}

static void test_silence(void **state)
{
    (void)state;
    struct server s;
    static struct wire mute, still, alive;
    server_start(&s, "--hello-timeout 1 --ping-interval 1", NULL);
    wire_open(&mute, s.addresses[0]);
    join(&still, s.addresses[0], "still", "a");
    join(&alive, s.addresses[0], "alive", "b");
    wire_expect(&mute, FATAL("timeout"), NULL);
    wire_expect_end(&mute);
    for (int i = 0; i < 4; i++) {
        wire_expect(&alive, PING, NULL);
        wire_send(&alive, PONG, NULL);
    }
    wire_expect_later(&still, FATAL("timeout"));
    wire_expect_end(&still);
    wire_send(&alive, "{\"type\":\"ping\",\"id\":1}", NULL);
    wire_expect_later(&alive, "{\"type\":\"pong\",\"id\":1}");
    wire_close(&mute);
    wire_close(&still);
    wire_close(&alive);
    server_stop(&s);
}

/*
 * Who sends and closes at once, without looking at the answers, has said it all the same. (In TCP
 * the kernel of such a client may throw it away before it is sent.)
 */
static void test_what_was_said_before_the_end_counts(void **state)
{
    (void)state;
    enum {
        COUNT = 30
    };
    static char content[20001], header[128], options[PATH_MAX];
    static struct wire a, b;
    struct server s;
    memset(content, 'x', sizeof content - 1);
    snprintf(options, sizeof options, "--listen unix:%s", scratch_path("socket"));
    server_start(&s, options, NULL);
    join(&b, s.addresses[0], "bob", "den");
    wire_open(&a, s.addresses[0]);
    wire_send(&a, "{\"type\":\"hello\",\"version\":1,\"nick\":\"alice\",\"room\":\"den\"}", NULL);
    for (int i = 1; i <= COUNT; i++) {
        wire_send(&a, PING, NULL);
        snprintf(header, sizeof header,
                 "{\"type\":\"message\",\"to\":\"bob\",\"stream\":\"00000000000000a1\",\"n\":%d}",
                 i);
        wire_send(&a, header, content);
    }
    wire_close(&a);
    wire_expect(&b, "{\"type\":\"presence\",\"nick\":\"alice\",\"state\":\"online\",\"time\":*}",
                NULL);
    for (int i = 1; i <= COUNT; i++) {
        snprintf(
            header, sizeof header,
            "{\"type\":\"message\",\"from\":\"alice\",\"stream\":\"00000000000000a1\",\"n\":%d,"
            "\"time\":*}",
            i);
        wire_expect(&b, header, content);
    }
    wire_expect(&b, "{\"type\":\"presence\",\"nick\":\"alice\",\"state\":\"offline\",\"time\":*}",
                NULL);
    wire_close(&b);
    server_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_byte_by_byte),
        cmocka_unit_test(test_random_bytes),
        cmocka_unit_test(test_floods_do_not_starve_others),
        cmocka_unit_test(test_more_on_its_way_than_a_sender_may_have),
        cmocka_unit_test(test_out_of_descriptors),
        cmocka_unit_test(test_a_full_server),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_what_was_said_before_the_end_counts),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
