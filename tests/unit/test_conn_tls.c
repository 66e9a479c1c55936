#include "conn.h"
#include "error.h"
#include "tls.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* conn.h with TLS, over real sockets. What TLS itself does is test_tls's to judge. */
static struct tls *client_tls, *server_tls;

static int setup(void **state)
{
    (void)state;
    static const uint8_t client_seed[TLS_KEY_LEN] = {1}, server_seed[TLS_KEY_LEN] = {2};
    assert_int_equal(tls_new(&client_tls, client_seed), 0);
    assert_int_equal(tls_new(&server_tls, server_seed), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tls_free(client_tls);
    tls_free(server_tls);
    return 0;
}

struct pair {
    struct conn *client, *server;
};

static void make_pair(struct pair *p)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(conn_new_tls(&p->client, fds[0], client_tls, false), 0);
    assert_int_equal(conn_new_tls(&p->server, fds[1], server_tls, true), 0);
}

static void free_pair(struct pair *p)
{
    conn_free(p->client);
    conn_free(p->server);
}

static short ready_for(struct conn *c, short events)
{
    struct pollfd pfd = {.fd = conn_fd(c), .events = events};
    return poll(&pfd, 1, 0) == 1 ? pfd.revents : 0;
}

/* As a loop would: nothing is called but what poll(2) said. */
static void shake_hands(struct pair *p)
{
    struct conn *ends[2] = {p->client, p->server};
    for (int turn = 0; turn < 10; turn++) {
        struct conn *c = ends[turn % 2];
        if (ready_for(c, conn_events(c, true, true)))
            assert_true(conn_handshake(c) >= 0);
    }
    assert_int_equal(conn_handshake(p->client), 1);
    assert_int_equal(conn_handshake(p->server), 1);
}

static void test_a_handshake_needs_no_more_than_its_events(void **state)
{
    (void)state;
    struct pair p;
    make_pair(&p);
    assert_null(conn_peer_identity(p.client));
    assert_int_equal(conn_events(p.client, false, false), POLLIN | POLLOUT); /* its hello */
    assert_int_equal(conn_events(p.server, false, true), POLLIN); /* no turning in circles */
    assert_int_equal(conn_write(p.client, "early", 5), 0);
    assert_int_equal(conn_events(p.client, false, true), POLLIN);
    shake_hands(&p);
    assert_non_null(conn_peer_identity(p.client));
    assert_non_null(conn_peer_identity(p.server));
    assert_memory_not_equal(conn_peer_identity(p.client), conn_peer_identity(p.server),
                            TLS_KEY_LEN);
    assert_int_equal(conn_events(p.client, false, false), 0);
    assert_int_equal(conn_events(p.client, true, false), POLLIN);
    assert_int_equal(conn_events(p.client, true, true), POLLIN | POLLOUT);
    free_pair(&p);
}

/* Who is not the right relay does not learn who wanted to talk. */
static void test_a_client_shows_itself_to_whom_it_judged(void **state)
{
    (void)state;
    struct pair p;
    make_pair(&p);
    assert_int_equal(conn_handshake(p.client), 0);
    assert_int_equal(conn_handshake(p.server), 0);
    assert_int_equal(conn_handshake(p.client), 1);
    assert_non_null(conn_peer_identity(p.client));
    assert_int_equal(ready_for(p.server, POLLIN), 0);
    assert_int_equal(conn_events(p.client, false, false), POLLOUT);
    assert_int_equal(conn_handshake(p.client), 1);
    assert_int_equal(conn_handshake(p.server), 1);
    assert_non_null(conn_peer_identity(p.server));
    free_pair(&p);
}

static void test_reading_alone_shakes_hands(void **state)
{
    (void)state;
    struct pair p;
    char got[8];
    make_pair(&p);
    assert_int_equal(conn_handshake(p.client), 0);
    assert_int_equal(conn_read(p.server, got, sizeof got), 0);
    assert_int_equal(conn_handshake(p.client), 1);
    assert_int_equal(conn_write(p.client, "hello", 5), 5);
    int rc = 0;
    for (int i = 0; i < 3 && rc == 0; i++)
        rc = conn_read(p.server, got, sizeof got);
    assert_int_equal(rc, 5);
    assert_memory_equal(got, "hello", 5);
    free_pair(&p);
}

/* One way of a transfer: byte i of it is made of i. */
struct way {
    size_t put, got;
};

static void transfer(struct conn *from, struct conn *to, struct way *way, size_t total, size_t step)
{
    static uint8_t chunk[100000];
    size_t len = 1 + (size_t)rand() % step;
    if (len > total - way->put)
        len = total - way->put;
    for (size_t i = 0; i < len; i++)
        chunk[i] = (uint8_t)((way->put + i) * 31 >> 4);
    int rc = conn_write(from, chunk, len);
    assert_true(rc >= 0);
    way->put += (size_t)rc;
    rc = conn_read(to, chunk, 1 + (size_t)rand() % step);
    assert_true(rc >= 0);
    for (size_t i = 0; i < (size_t)rc; i++)
        if (chunk[i] != (uint8_t)((way->got + i) * 31 >> 4))
            fail_msg("byte %zu is wrong", way->got + i);
    way->got += (size_t)rc;
}

static void test_transfers_both_ways_at_once(void **state)
{
    (void)state;
    const struct {
        size_t total, step;
    } cases[] = {{3000, 2}, {100000, 100}, {6 << 20, 100000}};
    srand(1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pair p;
        struct way there = {0}, back = {0};
        make_pair(&p);
        shake_hands(&p);
        while (there.got < cases[i].total || back.got < cases[i].total) {
            transfer(p.client, p.server, &there, cases[i].total, cases[i].step);
            transfer(p.server, p.client, &back, cases[i].total, cases[i].step);
        }
        free_pair(&p);
    }
}

static void test_a_half_written_record_is_not_forgotten(void **state)
{
    (void)state;
    static char chunk[65536];
    struct pair p;
    make_pair(&p);
    shake_hands(&p);
    size_t put = 0, got = 0;
    int rc;
    while ((rc = conn_write(p.client, chunk, sizeof chunk)) > 0)
        put += (size_t)rc;
    assert_int_equal(rc, 0);
    assert_int_equal(conn_events(p.client, false, false), POLLOUT); /* without a wish */
    while (got < put) {
        rc = conn_read(p.server, chunk, sizeof chunk);
        assert_true(rc >= 0);
        got += (size_t)rc;
        if (rc == 0)
            assert_int_equal(conn_write(p.client, NULL, 0), 0);
    }
    assert_int_equal(got, put);
    assert_int_equal(conn_events(p.client, false, false), 0);
    free_pair(&p);
}

static void test_what_poll_does_not_know_is_pending(void **state)
{
    (void)state;
    struct pair p;
    char got[8];
    make_pair(&p);
    shake_hands(&p);
    assert_int_equal(conn_write(p.client, "hello", 5), 5);
    assert_false(conn_pending(p.server));
    assert_int_equal(conn_read(p.server, got, 2), 2);
    assert_true(conn_pending(p.server));
    assert_int_equal(ready_for(p.server, POLLIN), 0);
    assert_int_equal(conn_read(p.server, got, sizeof got), 3);
    assert_false(conn_pending(p.server));
    assert_int_equal(conn_read(p.server, got, sizeof got), 0);
    free_pair(&p);
}

static void test_finish_ends_the_sending_half_in_good_order(void **state)
{
    (void)state;
    static char chunk[65536];
    struct pair p;
    make_pair(&p);
    shake_hands(&p);
    size_t put = 0, got = 0;
    int rc;
    while ((rc = conn_write(p.client, chunk, sizeof chunk)) > 0)
        put += (size_t)rc;
    assert_int_equal(conn_finish(p.client), 0); /* behind what is still to go */
    while ((rc = conn_read(p.server, chunk, sizeof chunk)) >= 0) {
        got += (size_t)rc;
        assert_true(conn_finish(p.client) >= 0);
    }
    assert_int_equal(rc, ERROR_CLOSED);
    assert_int_equal(got, put);
    assert_int_equal(conn_read(p.server, chunk, 1), ERROR_CLOSED);
    assert_int_equal(conn_write(p.server, "answer", 6), 6);
    assert_int_equal(conn_read(p.client, chunk, sizeof chunk), 6);
    assert_int_equal(conn_finish(p.server), 1);
    assert_int_equal(conn_read(p.client, chunk, sizeof chunk), ERROR_CLOSED);
    free_pair(&p);
}

/* The bytes of a client's connection up to a cut, and then the bare end of the stream. */
static void test_a_cut_stream_is_a_lost_connection(void **state)
{
    (void)state;
    const size_t cuts[] = {0, 1, 4, 5, 20, 26, 27, 28, 53};
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        struct pair p;
        int fds[2];
        char wire[128], got[64];
        make_pair(&p);
        shake_hands(&p);
        /* The client goes on on another socket, so that we have its bytes to cut. */
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        int real = dup(conn_fd(p.client));
        assert_true(dup2(fds[0], conn_fd(p.client)) >= 0);
        assert_int_equal(conn_write(p.client, "whole", 5), 5);
        assert_int_equal(conn_write(p.client, "twice", 5), 5);
        assert_int_equal(read(fds[1], wire, sizeof wire), 54);
        assert_int_equal(write(real, wire, cuts[i]), cuts[i]);
        assert_int_equal(shutdown(real, SHUT_WR), 0);
        int rc, len = 0;
        while ((rc = conn_read(p.server, got + len, sizeof got - (size_t)len)) > 0)
            len += rc;
        if (rc == 0)
            rc = conn_read(p.server, got, sizeof got);
        assert_int_equal(rc, ERROR_SYSTEM);
        assert_int_equal(errno, ECONNRESET);
        assert_int_equal(len, cuts[i] < 27 ? 0 : 5);
        close(real);
        close(fds[0]);
        close(fds[1]);
        free_pair(&p);
    }
}

static void test_a_stream_cut_in_the_handshake_is_a_lost_connection(void **state)
{
    (void)state;
    for (int steps = 0; steps < 3; steps++) {
        struct pair p;
        make_pair(&p);
        struct conn *left = p.server, *gone = p.client;
        if (steps > 0)
            assert_int_equal(conn_handshake(p.client), 0);
        if (steps > 1) {
            assert_int_equal(conn_handshake(p.server), 0);
            left = p.client;
            gone = p.server;
        }
        assert_int_equal(shutdown(conn_fd(gone), SHUT_WR), 0);
        int rc = 0;
        for (int i = 0; i < 3 && rc == 0; i++)
            rc = conn_handshake(left);
        if (steps == 2) { /* all that the relay says is here: only then its end */
            assert_int_equal(rc, 1);
            char got[8];
            rc = conn_read(left, got, sizeof got);
        }
        assert_int_equal(rc, ERROR_SYSTEM);
        free_pair(&p);
    }
}

/* Runs a client and a server, one of them in plaintext, until both know; checks what they say. */
static void check_mixed(bool client_is_tls)
{
    int fds[2];
    struct conn *client, *server;
    char got[512];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(client_is_tls ? conn_new_tls(&client, fds[0], client_tls, false)
                                   : conn_new(&client, fds[0]),
                     0);
    assert_int_equal(client_is_tls ? conn_new(&server, fds[1])
                                   : conn_new_tls(&server, fds[1], server_tls, true),
                     0);
    if (client_is_tls) {
        assert_int_equal(conn_handshake(client), 0);
        assert_true(conn_read(server, got, sizeof got) > 0);
        assert_int_equal(conn_write(server, "\0\0\0\x10\0\x0e{}", 8), 8); /* bad-frame, say */
        assert_int_equal(conn_handshake(client), ERROR_TLS);
    } else {
        assert_int_equal(conn_handshake(client), 1);
        assert_null(conn_peer_identity(client));
        assert_int_equal(conn_write(client, "\0\0\0\x10\0\x0e{}", 8), 8); /* hello, say */
        assert_int_equal(conn_read(server, got, sizeof got), ERROR_TLS);
        assert_true(conn_read(client, got, sizeof got) > 0);
    }
    assert_non_null(strstr(conn_why(client_is_tls ? client : server), "does not use TLS"));
    assert_non_null(strstr(conn_why(client_is_tls ? server : client), "the other side uses TLS"));
    conn_free(client);
    conn_free(server);
}

static void test_each_side_knows_when_only_one_has_tls(void **state)
{
    (void)state;
    check_mixed(true);
    check_mixed(false);

    struct pair p; /* and not otherwise */
    int fds[2];
    char got[8];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(conn_new(&p.client, fds[0]), 0);
    assert_int_equal(conn_new(&p.server, fds[1]), 0);
    assert_int_equal(conn_write(p.client, "\0", 1), 1);
    assert_int_equal(conn_write(p.client, "\x16", 1), 1);
    assert_int_equal(conn_read(p.server, got, 1), 1);
    assert_int_equal(conn_read(p.server, got, 1), 1);
    assert_null(conn_why(p.server));
    free_pair(&p);
}

/* A client that has the server answer without end, and reads none of it. */
static void test_a_flood_that_wants_answers_is_not_read_for_ever(void **state)
{
    (void)state;
    int fds[2];
    struct conn *server;
    static const uint8_t seed[TLS_KEY_LEN] = {3};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    assert_int_equal(conn_new_tls(&server, fds[1], server_tls, true), 0);
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
    X509 *x = X509_new();
    assert_true(X509_gmtime_adj(X509_getm_notBefore(x), 0) &&
                X509_gmtime_adj(X509_getm_notAfter(x), 0) && X509_set_pubkey(x, key) &&
                X509_sign(x, key, NULL) && SSL_CTX_use_certificate(ctx, x) == 1 &&
                SSL_CTX_use_PrivateKey(ctx, key) == 1);
    SSL *ssl = SSL_new(ctx);
    SSL_set_fd(ssl, fds[0]);
    SSL_set_connect_state(ssl);
    for (int done = 0; done != 1;) {
        int rc = SSL_do_handshake(ssl);
        done = conn_handshake(server);
        assert_true(done >= 0 && (rc == 1 || done == 0));
    }
    size_t updates = 0;
    short events;
    while ((events = conn_events(server, true, false)) & POLLIN) {
        char got[8];
        SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
        SSL_do_handshake(ssl); /* it may not fit yet */
        assert_int_equal(conn_read(server, got, sizeof got), 0);
        assert_true(++updates < 1000000);
    }
    assert_int_equal(events, POLLOUT);
    char got[8];
    assert_int_equal(conn_read(server, got, sizeof got), 0);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    X509_free(x);
    EVP_PKEY_free(key);
    close(fds[0]);
    conn_free(server);
}

static void test_a_failure_closes_the_socket(void **state)
{
    (void)state;
    struct conn *c;
    assert_int_equal(conn_new_tls(&c, -1, client_tls, false), ERROR_SYSTEM);
    assert_null(c);
    for (size_t n = 0; torture_begin(n); n++) {
        int fds[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        int rc = conn_new_tls(&c, fds[0], client_tls, false);
        torture_end();
        assert_int_equal(rc, torture_failed() ? ERROR_NOMEM : 0);
        assert_int_equal(rc != 0, c == NULL);
        conn_free(c);
        assert_int_equal(fcntl(fds[0], F_GETFD), -1);
        close(fds[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_handshake_needs_no_more_than_its_events),
        cmocka_unit_test(test_a_client_shows_itself_to_whom_it_judged),
        cmocka_unit_test(test_reading_alone_shakes_hands),
        cmocka_unit_test(test_transfers_both_ways_at_once),
        cmocka_unit_test(test_a_half_written_record_is_not_forgotten),
        cmocka_unit_test(test_what_poll_does_not_know_is_pending),
        cmocka_unit_test(test_finish_ends_the_sending_half_in_good_order),
        cmocka_unit_test(test_a_cut_stream_is_a_lost_connection),
        cmocka_unit_test(test_a_stream_cut_in_the_handshake_is_a_lost_connection),
        cmocka_unit_test(test_each_side_knows_when_only_one_has_tls),
        cmocka_unit_test(test_a_flood_that_wants_answers_is_not_read_for_ever),
        cmocka_unit_test(test_a_failure_closes_the_socket),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
