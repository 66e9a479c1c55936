#include "conn.h"
#include "error.h"
#include "keys.h"
#include "link.h"
#include "resolve.h"
#include "tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    PATIENCE_MS = 20000, /* for what takes no time unless it fails */
};

static struct address parse(const char *text)
{
    struct address a;
    char why[ADDRESS_ERROR_MAX] = "";
    if (address_parse(text, &a, why))
        fail_msg("%s", why);
    return a;
}

/* A listening socket on 127.0.0.1; its port. */
static int listen_here(uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

/* Goes on until the connection stands or has failed. */
static int wait_for_link(struct link *l)
{
    for (;;) {
        struct pollfd p = link_poll(l, false, false);
        if (poll(&p, 1, link_deadline(l) == 0 ? 0 : PATIENCE_MS) == 0 && link_deadline(l) != 0)
            fail_msg("nothing happens");
        int rc = link_turn(l, 0);
        if (rc)
            return rc;
    }
}

static struct link *open_link(const char *text, int expected)
{
    struct link *l;
    struct address a = parse(text);
    assert_int_equal(link_new(&l, &a, NULL), 0);
    assert_int_equal(link_get_state(l), LINK_CLOSED);
    assert_int_equal(link_poll(l, true, true).fd, -1);
    link_open(l, NULL, 0);
    assert_int_equal(wait_for_link(l), expected);
    assert_int_equal(link_get_state(l), expected == 1 ? LINK_OPEN : LINK_CLOSED);
    return l;
}

static void test_bytes_go_both_ways_and_the_end_is_told(void **state)
{
    (void)state;
    static const char *const hosts[] = {"127.0.0.1", "localhost"};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        uint16_t port;
        int listener = listen_here(&port);
        char text[64], bytes[16], expected[128];
        snprintf(text, sizeof text, "%s:%u", hosts[i], port);
        struct link *l = open_link(text, 1);
        assert_string_equal(link_address(l), text);
        int far = accept(listener, NULL, NULL);
        assert_true(far >= 0);
        assert_int_equal(link_read(l, bytes, sizeof bytes), 0);
        assert_int_equal(link_write(l, "hello", 5), 5);
        assert_int_equal(recv(far, bytes, sizeof bytes, 0), 5);
        assert_int_equal(send(far, "you", 3, 0), 3);
        struct pollfd p = link_poll(l, true, false);
        assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
        assert_int_equal(link_read(l, bytes, sizeof bytes), 3);
        close(far);
        p = link_poll(l, true, false);
        assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
        assert_int_equal(link_read(l, bytes, sizeof bytes), ERROR_CLOSED);
        assert_int_equal(link_get_state(l), LINK_CLOSED);
        snprintf(expected, sizeof expected, "connection closed by %s", text);
        assert_string_equal(link_why(l), expected);
        link_free(l);
        close(listener);
    }
}

static void test_it_can_be_opened_again(void **state)
{
    (void)state;
    uint16_t port;
    int listener = listen_here(&port);
    char text[64];
    snprintf(text, sizeof text, "127.0.0.1:%u", port);
    struct link *l = open_link(text, 1);
    for (int i = 0; i < 3; i++) {
        link_close(l);
        link_open(l, NULL, 0);
        assert_int_equal(wait_for_link(l), 1);
    }
    link_free(l);
    close(listener);
}

static void test_what_went_wrong_is_said(void **state)
{
    (void)state;
    uint16_t port;
    int listener = listen_here(&port);
    char text[64], expected[128];
    close(listener);
    snprintf(text, sizeof text, "127.0.0.1:%u", port);
    struct link *l = open_link(text, ERROR_CLOSED);
    snprintf(expected, sizeof expected, "refused by %s", text);
    assert_string_equal(link_why(l), expected);
    link_free(l);

    l = open_link("unix:/nonexistent/socket", ERROR_CLOSED);
    assert_string_equal(link_why(l), "nothing listens at unix:/nonexistent/socket");
    link_free(l);

    char host[80] = "";
    memset(host, 'a', 70); /* no label of a name is that long */
    l = open_link(host, ERROR_CLOSED);
    assert_non_null(strstr(link_why(l), host));
    link_free(l);
}

static const uint8_t seeds[2][TLS_KEY_LEN] = {{1}, {2}};

/* A link on its way through TLS, or not, to a relay that speaks TLS, or not. */
struct greeting {
    struct tls *tls; /* the relay's */
    struct link *link;
    struct conn *relay;
    int listener;
};

static void greet(struct greeting *g, bool with_tls, bool relay_with_tls)
{
    uint16_t port;
    char text[64];
    assert_int_equal(tls_new(&g->tls, seeds[1]), 0);
    g->listener = listen_here(&port);
    snprintf(text, sizeof text, "127.0.0.1:%u", port);
    struct address a = parse(text);
    assert_int_equal(link_new(&g->link, &a, with_tls ? seeds[0] : NULL), 0);
    link_open(g->link, NULL, 0);
    while (link_get_state(g->link) < LINK_GREETING)
        assert_true(link_turn(g->link, 0) >= 0);
    int fd = accept(g->listener, NULL, NULL);
    int rc = relay_with_tls ? conn_new_tls(&g->relay, fd, g->tls, true) : conn_new(&g->relay, fd);
    assert_int_equal(rc, 0);
}

static void clear_greeting(struct greeting *g)
{
    link_free(g->link);
    conn_free(g->relay);
    tls_free(g->tls);
    close(g->listener);
}

/* Waits until the relay read something; the link goes on meanwhile. What the relay got. */
static int relay_reads(struct greeting *g, char *bytes, size_t len)
{
    for (;;) {
        struct pollfd p[] = {link_poll(g->link, false, false),
                             {conn_fd(g->relay), conn_events(g->relay, true, false), 0}};
        assert_true(poll(p, 2, PATIENCE_MS) > 0);
        if (link_get_state(g->link) == LINK_GREETING)
            assert_true(link_turn(g->link, 0) >= 0);
        else if (link_get_state(g->link) == LINK_OPEN)
            link_write(g->link, NULL, 0);
        int rc = conn_read(g->relay, bytes, len);
        if (rc)
            return rc;
        if (link_get_state(g->link) == LINK_OPEN)
            return 0;
    }
}

static void test_through_tls(void **state)
{
    (void)state;
    struct greeting g;
    char bytes[16];
    greet(&g, true, true);
    assert_null(link_identity(g.link));
    while (link_get_state(g.link) == LINK_GREETING)
        assert_int_equal(relay_reads(&g, bytes, sizeof bytes), 0);
    struct keys_identity *relay;
    assert_int_equal(keys_identity_new(&relay, seeds[1]), 0);
    assert_memory_equal(link_identity(g.link), keys_identity_public(relay), KEYS_LEN);
    keys_identity_free(relay);

    assert_int_equal(link_write(g.link, "hello", 5), 5);
    int n;
    while ((n = conn_read(g.relay, bytes, sizeof bytes)) == 0)
        ;
    assert_int_equal(n, 5);
    assert_memory_equal(bytes, "hello", 5);
    assert_int_equal(conn_write(g.relay, "you", 3), 3);
    struct pollfd p = link_poll(g.link, true, false);
    assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
    assert_int_equal(link_read(g.link, bytes, sizeof bytes), 3);
    assert_int_equal(conn_finish(g.relay), 1);
    assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
    assert_int_equal(link_read(g.link, bytes, sizeof bytes), ERROR_CLOSED);
    clear_greeting(&g);
}

static void test_one_end_in_plaintext_is_told(void **state)
{
    (void)state;
    struct greeting g;
    char bytes[2048];
    greet(&g, true, false);
    assert_true(relay_reads(&g, bytes, sizeof bytes) > 0);
    assert_non_null(strstr(conn_why(g.relay), "--plaintext"));
    assert_int_equal(conn_write(g.relay, "\0\0\0\x08\0\x02{}{}{}", 12), 12);
    assert_int_equal(wait_for_link(g.link), ERROR_CLOSED);
    assert_non_null(strstr(link_why(g.link), "the other side does not use TLS"));
    clear_greeting(&g);

    greet(&g, false, true);
    assert_int_equal(link_get_state(g.link), LINK_OPEN);
    assert_null(link_identity(g.link));
    assert_int_equal(link_write(g.link, "\0\0\0\0\0\0", 6), 6);
    int rc;
    while ((rc = conn_read(g.relay, bytes, sizeof bytes)) == 0)
        ;
    assert_int_equal(rc, ERROR_TLS);
    struct pollfd p = link_poll(g.link, true, false);
    assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
    assert_int_equal(link_read(g.link, bytes, sizeof bytes), ERROR_TLS);
    assert_int_equal(link_get_state(g.link), LINK_CLOSED);
    assert_non_null(strstr(link_why(g.link), "the other side uses TLS"));
    clear_greeting(&g);
}

static void test_what_the_relay_said_last_is_read_after_a_failed_write(void **state)
{
    (void)state;
    char folder[] = "/tmp/link.XXXXXX", text[ADDRESS_TEXT_MAX], bytes[16];
    assert_non_null(mkdtemp(folder));
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s/s", folder);
    snprintf(text, sizeof text, "unix:%s", at.sun_path);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 1), 0);
    struct link *l = open_link(text, 1);
    int far = accept(listener, NULL, NULL);
    assert_int_equal(send(far, "bye", 3, 0), 3);
    close(far);
    assert_int_equal(link_write(l, "x", 1), 0);
    assert_int_equal(link_get_state(l), LINK_OPEN);
    assert_int_equal(link_write(l, "x", 1), 0);
    assert_int_equal(link_poll(l, false, true).events, POLLIN);
    assert_int_equal(link_read(l, bytes, sizeof bytes), 3);
    assert_int_equal(link_read(l, bytes, sizeof bytes), ERROR_CLOSED);
    assert_non_null(strstr(link_why(l), "connection closed by unix:"));
    link_free(l);
    close(listener);
    unlink(at.sun_path);
    rmdir(folder);
}

/* A full backlog of a listener that accepts nobody: connecting stays under way. */
static void test_an_address_that_is_silent_is_left_for_the_next(void **state)
{
    (void)state;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0), fillers[3];
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 0), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
    for (size_t i = 0; i < 3; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(fillers[i], (struct sockaddr *)&at, sizeof at);
    }
    struct link *l;
    struct address a = parse("127.0.0.1");
    a.port = ntohs(at.sin_port);
    assert_int_equal(link_new(&l, &a, NULL), 0);
    link_open(l, NULL, 1000);
    assert_int_equal(link_turn(l, 1000), 0);
    assert_int_equal(link_get_state(l), LINK_CONNECTING);
    /* It is the last address: the session decides how long to wait for it. */
    assert_true(link_deadline(l) == UINT64_MAX);
    assert_int_equal(link_turn(l, 1000 + 100 * LINK_TRY_MS), 0);
    link_free(l);
    for (size_t i = 0; i < 3; i++)
        close(fillers[i]);
    close(listener);
}

static void test_a_look_up_can_be_given_up(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        struct resolve *r;
        struct address a = parse("localhost");
        assert_int_equal(resolve_new(&r, &a), 0);
        resolve_free(r);
    }
    resolve_free(NULL);
}

static void test_numbers_are_there_at_once(void **state)
{
    (void)state;
    static const char *const texts[] = {"127.0.0.1", "[::1]:4", "unix:/x"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct resolve *r;
        struct address a = parse(texts[i]);
        struct address_socket found[RESOLVE_MAX];
        char why[ADDRESS_ERROR_MAX];
        assert_int_equal(resolve_new(&r, &a), 0);
        assert_int_equal(resolve_get(r, found, why), 1);
        struct pollfd p = {resolve_fd(r), POLLIN, 0};
        assert_int_equal(poll(&p, 1, 0), 1);
        resolve_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_go_both_ways_and_the_end_is_told),
        cmocka_unit_test(test_it_can_be_opened_again),
        cmocka_unit_test(test_what_went_wrong_is_said),
        cmocka_unit_test(test_what_the_relay_said_last_is_read_after_a_failed_write),
        cmocka_unit_test(test_an_address_that_is_silent_is_left_for_the_next),
        cmocka_unit_test(test_through_tls),
        cmocka_unit_test(test_one_end_in_plaintext_is_told),
        cmocka_unit_test(test_a_look_up_can_be_given_up),
        cmocka_unit_test(test_numbers_are_there_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
