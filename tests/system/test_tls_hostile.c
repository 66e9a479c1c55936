#include "people.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * A relay with TLS, those who misuse it, by OpenSSL as anybody has it, and two people beside them
 * who must be able to talk all the while.
 */
enum {
    STALLED = 200,
    FLOOD_BYTES = 16 << 20,
#ifdef __SANITIZE_ADDRESS__
    FLOOD_MEMORY = 512 << 20, /* it keeps what was freed for a while */
#else
    FLOOD_MEMORY = 8 << 20, /* what a flood may cost at the most: not its bytes */
#endif
    SPENT_MS = 200, /* of processor time, where nothing is to be done */
};

static void expect_talk(void)
{
    client_say(&alice, "still there?");
    client_expect_said(&alice, "alice: still there?");
    client_expect_said(&bob, "alice: still there?");
    client_say(&bob, "yes");
    client_expect_said(&bob, "bob: yes");
    client_expect_said(&alice, "bob: yes");
}

static int set_up(void **state)
{
    (void)state;
    static unsigned runs;
    char options[512], folder[32];
    snprintf(folder, sizeof folder, "beside-%u", ++runs); /* the last two were killed */
    snprintf(options, sizeof options, "--verbose --hello-timeout 2 --backlog 256 --listen unix:%s",
             scratch_path("relay"));
    server_start_tls(&server, options, NULL);
    snprintf(address, sizeof address, "%s", server.addresses[0]);
    people_start(&alice, "alice", folder, "--plain");
    client_expect_told(&alice, "nobody else is in the room");
    people_start(&bob, "bob", folder, "--plain");
    expect_talk();
    return 0;
}

static void expect_logged(const char *text)
{
    process_line_with(&server.process.err, text);
}

static int open_socket(void)
{
    struct wire w;
    wire_open(&w, address);
    assert_int_equal(fcntl(w.fd, F_SETFL, 0), 0); /* what is done with it waits */
    return w.fd;
}

/* Somebody with a certificate as the protocol asks for. */
static SSL_CTX *make_context(void)
{
    static const uint8_t seed[32] = {7};
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
    X509 *x = X509_new();
    assert_true(ctx && key && x && X509_gmtime_adj(X509_getm_notBefore(x), 0) &&
                X509_gmtime_adj(X509_getm_notAfter(x), 0) && X509_set_pubkey(x, key) &&
                X509_sign(x, key, NULL) && SSL_CTX_use_certificate(ctx, x) == 1 &&
                SSL_CTX_use_PrivateKey(ctx, key) == 1);
    X509_free(x);
    EVP_PKEY_free(key);
    return ctx;
}

static SSL *make_client(SSL_CTX *ctx)
{
    SSL *ssl = SSL_new(ctx);
    assert_true(ssl && SSL_set_fd(ssl, open_socket()) == 1);
    SSL_set_connect_state(ssl);
    return ssl;
}

static void free_client(SSL *ssl)
{
    close(SSL_get_fd(ssl));
    SSL_free(ssl);
}

/* Joins a room of its own, and reads nothing yet. */
static SSL *join(SSL_CTX *ctx)
{
    static const char hello[] =
        "{\"type\":\"hello\",\"version\":1,\"nick\":\"mallory\",\"room\":\"tea\",\"keys\":"
        "{\"identity\":\"ovovSjVboukHpTAJ6eN8rd96x+ZqCLoHYx9VMHKz8kw=\"}}";
    uint8_t frame[WIRE_SIZE];
    int len = (int)wire_encode(hello, NULL, 0, frame);
    SSL *ssl = make_client(ctx);
    assert_int_equal(SSL_do_handshake(ssl), 1);
    assert_int_equal(SSL_write(ssl, frame, len), len);
    return ssl;
}

/* Reads to the end: it comes, and nothing before it. */
static void expect_refusal(SSL *ssl)
{
    char got[64];
    SSL_do_handshake(ssl);
    assert_true(SSL_read(ssl, got, sizeof got) <= 0);
    free_client(ssl);
}

static void test_an_older_tls(void **state)
{
    (void)state;
    SSL_CTX *ctx = make_context();
    SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
    expect_refusal(make_client(ctx));
    expect_logged("does not speak TLS 1.3");
    SSL_CTX_free(ctx);
    expect_talk();
}

static void test_nobody_in_particular(void **state)
{
    (void)state;
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    expect_refusal(make_client(ctx));
    expect_logged("has no Ed25519 certificate");
    SSL_CTX_free(ctx);
    expect_talk();
}

/* Who ends its half gets the answers, and a last word by which it knows that those were all. */
static void test_half_an_end(void **state)
{
    (void)state;
    char got[4096];
    int len;
    SSL_CTX *ctx = make_context();
    SSL *ssl = join(ctx);
    assert_int_equal(SSL_shutdown(ssl), 0);
    len = SSL_read(ssl, got, sizeof got);
    assert_true(len > 0 && memmem(got, (size_t)len, "welcome", 7));
    assert_int_equal(SSL_get_error(ssl, SSL_read(ssl, got, sizeof got)), SSL_ERROR_ZERO_RETURN);
    free_client(ssl);
    SSL_CTX_free(ctx);
    expect_talk();
}

/* There is no ticket to be had, and none to be had by asking. */
static void test_nothing_is_resumed(void **state)
{
    (void)state;
    char got[1024];
    SSL_CTX *ctx = make_context();
    SSL *ssl = join(ctx);
    assert_true(SSL_read(ssl, got, sizeof got) > 0); /* what was sent before is read by now */
    SSL_SESSION *session = SSL_get1_session(ssl);
    assert_int_equal(SSL_SESSION_is_resumable(session), 0);
    free_client(ssl);
    ssl = make_client(ctx);
    SSL_set_session(ssl, session);
    assert_int_equal(SSL_do_handshake(ssl), 1);
    assert_int_equal(SSL_session_reused(ssl), 0);
    SSL_SESSION_free(session);
    free_client(ssl);
    SSL_CTX_free(ctx);
    expect_talk();
}

/* A session that the relay never gave, of which early data could be part. */
static int make_session(SSL *ssl, const EVP_MD *digest, const unsigned char **id, size_t *id_len,
                        SSL_SESSION **session)
{
    (void)digest;
    static const unsigned char key[32] = {1}, cipher[] = {0x13, 0x01};
    SSL_SESSION *made = SSL_SESSION_new();
    *session = made;
    *id = key;
    *id_len = 4;
    return SSL_SESSION_set1_master_key(made, key, sizeof key) &&
           SSL_SESSION_set_cipher(made, SSL_CIPHER_find(ssl, cipher)) &&
           SSL_SESSION_set_protocol_version(made, TLS1_3_VERSION) &&
           SSL_SESSION_set_max_early_data(made, 1024);
}

static void test_nothing_is_said_early(void **state)
{
    (void)state;
    size_t put;
    SSL_CTX *ctx = make_context();
    SSL_CTX_set_psk_use_session_callback(ctx, make_session);
    SSL *ssl = make_client(ctx);
    assert_int_equal(SSL_write_early_data(ssl, "\0\0\0\5", 4, &put), 1);
    assert_int_equal(put, 4);
    expect_refusal(ssl);
    expect_logged("early data");
    SSL_CTX_free(ctx);
    expect_talk();
}

static long memory_of(const struct process *p)
{
    char path[64], line[256];
    long kib = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)p->pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (kib < 0 && fgets(line, sizeof line, file))
        sscanf(line, "VmRSS: %ld", &kib);
    fclose(file);
    return kib * 1024;
}

/* Whether the relay takes bytes for so long that it seems to have stopped. */
static bool takes(int fd)
{
    return poll(&(struct pollfd){fd, POLLOUT, 0}, 1, 1000) == 1;
}

/* Key updates that want answers, from somebody who reads none of them. */
static void test_a_flood_of_key_updates(void **state)
{
    (void)state;
    long memory = memory_of(&server.process);
    SSL_CTX *ctx = make_context();
    SSL *ssl = join(ctx);
    expect_logged("mallory");
    int fd = SSL_get_fd(ssl);
    size_t sent = 0;
    while (sent < FLOOD_BYTES && takes(fd)) {
        assert_int_equal(SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED), 1);
        assert_int_equal(SSL_do_handshake(ssl), 1);
        sent += 27;
    }
    assert_true(sent < FLOOD_BYTES); /* it is not read for ever */
    assert_true(memory_of(&server.process) - memory < FLOOD_MEMORY);
    expect_talk();
    long spent = process_cpu_ms(&server.process);
    assert_false(takes(fd));
    assert_true(process_cpu_ms(&server.process) - spent < SPENT_MS);
    free_client(ssl);
    SSL_CTX_free(ctx);
    expect_talk();
}

/* The records that a handshake may have between its messages, and nothing else, for ever. */
static void test_a_handshake_of_nothing(void **state)
{
    (void)state;
    static uint8_t nothing[6 * 2000];
    static const uint8_t record[] = {20, 3, 3, 0, 1, 1};
    for (size_t i = 0; i < sizeof nothing; i += sizeof record)
        memcpy(nothing + i, record, sizeof record);
    long memory = memory_of(&server.process);
    SSL_CTX *ctx = make_context();
    SSL *ssl = SSL_new(ctx);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    uint8_t hello[4096];
    SSL_set_bio(ssl, in, out);
    SSL_set_connect_state(ssl);
    SSL_do_handshake(ssl);
    int len = BIO_read(out, hello, sizeof hello), fd = open_socket();
    assert_int_equal(send(fd, hello, (size_t)len, MSG_NOSIGNAL), len);
    size_t sent = 0;
    for (ssize_t put = 0; put >= 0 && sent<FLOOD_BYTES; sent += put> 0 ? (size_t)put : 0)
        put = send(fd, nothing, sizeof nothing, MSG_NOSIGNAL);
    expect_logged("unexpected ccs message");
    assert_true(memory_of(&server.process) - memory < FLOOD_MEMORY);
    expect_talk();
    close(fd);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* Those who begin and do not go on cost little, and are sent away. */
static void test_handshakes_that_stall(void **state)
{
    (void)state;
    static const uint8_t begin[] = {22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3};
    int fds[STALLED];
    long memory = memory_of(&server.process);
    size_t descriptors = process_descriptors(&server.process);
    for (size_t i = 0; i < STALLED; i++) {
        fds[i] = open_socket();
        assert_int_equal(send(fds[i], begin, i % sizeof begin, MSG_NOSIGNAL), i % sizeof begin);
    }
    expect_talk();
    assert_true(memory_of(&server.process) - memory < STALLED * 16 << 10);
    for (size_t i = 0; i < STALLED; i++) {
        char got[256];
        while (recv(fds[i], got, sizeof got, 0) > 0)
            ;
        close(fds[i]);
    }
    expect_talk();
    assert_int_equal(process_descriptors(&server.process), descriptors);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, people_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_an_older_tls),
        TEST(test_nobody_in_particular),
        TEST(test_half_an_end),
        TEST(test_nothing_is_resumed),
        TEST(test_nothing_is_said_early),
        TEST(test_a_flood_of_key_updates),
        TEST(test_a_handshake_of_nothing),
        TEST(test_handshakes_that_stall),
    };
    return cmocka_run_group_tests(tests, client_make_scratch, scratch_remove);
}
