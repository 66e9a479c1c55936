#include "error.h"
#include "tls.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

/* The machine of TLS, without sockets: against itself, and against OpenSSL as others would use it.
 */
static const uint8_t client_seed[TLS_KEY_LEN] = {1}, server_seed[TLS_KEY_LEN] = {2};
/* Their public keys. */
static const uint8_t client_key[TLS_KEY_LEN] = {
    0xce, 0xcc, 0x15, 0x07, 0xdc, 0x1d, 0xdd, 0x72, 0x95, 0x95, 0x1c, 0x29, 0x08, 0x88, 0xf0, 0x95,
    0xad, 0xb9, 0x04, 0x4d, 0x1b, 0x73, 0xd6, 0x96, 0xe6, 0xdf, 0x06, 0x5d, 0x68, 0x3b, 0xd4, 0xfc};
static const uint8_t server_key[TLS_KEY_LEN] = {
    0x6b, 0x79, 0xc5, 0x7e, 0x6a, 0x09, 0x52, 0x39, 0x28, 0x2c, 0x04, 0x81, 0x8e, 0x96, 0x11, 0x2f,
    0x3f, 0x03, 0xa4, 0x00, 0x1b, 0xa9, 0x7a, 0x56, 0x4c, 0x23, 0x85, 0x2a, 0x3f, 0x1e, 0xa5, 0xfc};

static struct tls *client_tls, *server_tls;

static int setup(void **state)
{
    (void)state;
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
    struct tls_session *client, *server;
};

static void make_pair(struct pair *p)
{
    assert_int_equal(tls_session_new(&p->client, client_tls, false), 0);
    assert_int_equal(tls_session_new(&p->server, server_tls, true), 0);
}

static void free_pair(struct pair *p)
{
    tls_session_free(p->client);
    tls_session_free(p->server);
}

/* Moves at most `max` bytes of output. Gives how many; the receiver is not read from. */
static size_t move(struct tls_session *from, struct tls_session *to, size_t max)
{
    size_t len;
    const uint8_t *bytes = tls_output(from, &len);
    if (!bytes)
        return 0;
    if (len > max)
        len = max;
    assert_int_equal(tls_input(to, bytes, len), 0);
    tls_consume(from, len);
    return len;
}

/* Both ends take what the other has, until neither has anything. */
static void shake_hands(struct pair *p)
{
    uint8_t none[1];
    size_t moved;
    do {
        moved = move(p->client, p->server, TLS_INPUT_MAX);
        assert_int_equal(tls_read(p->server, none, 0), 0);
        moved += move(p->server, p->client, TLS_INPUT_MAX);
        assert_int_equal(tls_read(p->client, none, 0), 0);
    } while (moved > 0);
    assert_true(tls_is_ready(p->client) && tls_is_ready(p->server));
}

static void assert_says(struct tls_session *from, struct tls_session *to, const char *text)
{
    char got[64];
    assert_int_equal(tls_write(from, text, strlen(text)), strlen(text));
    while (move(from, to, TLS_INPUT_MAX))
        ;
    assert_int_equal(tls_read(to, got, sizeof got), strlen(text));
    assert_memory_equal(got, text, strlen(text));
}

static void test_each_side_learns_the_others_key(void **state)
{
    (void)state;
    struct pair p;
    make_pair(&p);
    assert_null(tls_peer_identity(p.client));
    assert_null(tls_peer_identity(p.server));
    assert_int_equal(tls_write(p.client, "early", 5), 0);
    assert_int_equal(tls_write(p.server, "early", 5), 0);
    shake_hands(&p);
    assert_memory_equal(tls_peer_identity(p.client), server_key, TLS_KEY_LEN);
    assert_memory_equal(tls_peer_identity(p.server), client_key, TLS_KEY_LEN);
    assert_says(p.client, p.server, "hello");
    assert_says(p.server, p.client, "welcome");
    assert_null(tls_why(p.client));
    free_pair(&p);
    tls_session_free(NULL);
    tls_free(NULL);
}

static void test_it_works_in_steps_of_one_byte(void **state)
{
    (void)state;
    struct pair p;
    uint8_t none[1];
    make_pair(&p);
    for (size_t moved = 1; moved > 0;) {
        moved = move(p.client, p.server, 1);
        assert_int_equal(tls_read(p.server, none, 0), 0);
        assert_false(tls_pending(p.server));
        moved += move(p.server, p.client, 1);
        assert_int_equal(tls_read(p.client, none, 0), 0);
        assert_false(tls_pending(p.client));
    }
    assert_true(tls_is_ready(p.client) && tls_is_ready(p.server));
    assert_int_equal(tls_write(p.client, "hello", 5), 5);
    char got[8];
    size_t len = 0;
    while (move(p.client, p.server, 1)) {
        int rc = tls_read(p.server, got + len, sizeof got - len);
        assert_in_range(rc, 0, 5);
        len += (size_t)rc;
    }
    assert_int_equal(len, 5);
    assert_memory_equal(got, "hello", 5);
    free_pair(&p);
}

static void test_a_write_is_one_record(void **state)
{
    (void)state;
    static uint8_t text[TLS_RECORD_MAX + 1], got[sizeof text];
    struct pair p;
    make_pair(&p);
    shake_hands(&p);
    const size_t lens[] = {1, 64, 4096, TLS_RECORD_MAX, TLS_RECORD_MAX + 1};
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        size_t expected = lens[i] < TLS_RECORD_MAX ? lens[i] : TLS_RECORD_MAX, len;
        assert_int_equal(tls_write(p.client, text, lens[i]), expected);
        assert_int_equal(tls_write(p.client, text, 1), 0); /* not before it is out */
        tls_output(p.client, &len);
        assert_int_equal(len, expected + 22);
        size_t here = 0;
        while (move(p.client, p.server, 5000)) {
            int rc = tls_read(p.server, got, sizeof got);
            assert_true(rc >= 0);
            here += (size_t)rc;
        }
        assert_int_equal(here, expected);
    }
    free_pair(&p);
}

static void test_what_was_not_read_is_pending(void **state)
{
    (void)state;
    struct pair p;
    char got[8];
    make_pair(&p);
    shake_hands(&p);
    assert_false(tls_pending(p.server));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(tls_write(p.client, "hello", 5), 5);
        move(p.client, p.server, TLS_INPUT_MAX);
    }
    assert_true(tls_pending(p.server));
    assert_int_equal(tls_read(p.server, got, 3), 3);
    assert_true(tls_pending(p.server));
    assert_int_equal(tls_read(p.server, got, 2), 2);
    assert_true(tls_pending(p.server)); /* the second record */
    assert_int_equal(tls_read(p.server, got, sizeof got), 5);
    assert_false(tls_pending(p.server));
    free_pair(&p);
}

static void test_each_half_ends_for_itself(void **state)
{
    (void)state;
    struct pair p;
    char got[8];
    make_pair(&p);
    shake_hands(&p);
    assert_int_equal(tls_write(p.client, "last", 4), 4);
    assert_int_equal(tls_finish(p.client), 0);
    assert_int_equal(tls_finish(p.client), 0);
    while (move(p.client, p.server, TLS_INPUT_MAX))
        ;
    assert_int_equal(tls_read(p.server, got, sizeof got), 4);
    assert_true(tls_pending(p.server)); /* no input will come that would show the end */
    assert_int_equal(tls_read(p.server, got, sizeof got), ERROR_CLOSED);
    assert_false(tls_pending(p.server));
    assert_int_equal(tls_read(p.server, got, sizeof got), ERROR_CLOSED);
    assert_false(tls_pending(p.server));
    assert_says(p.server, p.client, "answer");
    assert_int_equal(tls_finish(p.server), 0);
    move(p.server, p.client, TLS_INPUT_MAX);
    assert_int_equal(tls_read(p.client, got, sizeof got), ERROR_CLOSED);
    free_pair(&p);
}

static void assert_ends_changed(struct tls_session *from, struct tls_session *to, size_t at)
{
    char got[16];
    assert_int_equal(tls_write(from, "whole", 5), 5);
    move(from, to, TLS_INPUT_MAX);
    assert_int_equal(tls_write(from, "wrong", 5), 5);
    uint8_t record[27];
    size_t len;
    const uint8_t *bytes = tls_output(from, &len);
    assert_int_equal(len, sizeof record);
    memcpy(record, bytes, len);
    tls_consume(from, len);
    record[at] ^= at == 4 ? 4 : 0x40; /* a shorter record; a longer one would be waited for */
    if (at == 3)
        record[at] = 0x48; /* beyond what a record may have */
    assert_int_equal(tls_input(to, record, len), 0);
    assert_int_equal(tls_read(to, got, sizeof got), 5);
    assert_memory_equal(got, "whole", 5);
    assert_int_equal(tls_read(to, got, sizeof got), ERROR_TLS);
    assert_int_equal(tls_read(to, got, sizeof got), ERROR_TLS);
    assert_int_equal(tls_write(to, "x", 1), ERROR_TLS);
    assert_int_equal(tls_finish(to), ERROR_TLS);
    assert_non_null(tls_why(to));
    assert_false(tls_pending(to));
    /* The other side is told. */
    assert_true(move(to, from, TLS_INPUT_MAX) > 0);
    assert_int_equal(tls_read(from, got, sizeof got), ERROR_TLS);
}

static void test_any_byte_changed_ends_it_after_what_came_whole(void **state)
{
    (void)state;
    for (size_t at = 0; at < 27; at++) {
        struct pair p;
        make_pair(&p);
        shake_hands(&p);
        assert_ends_changed(p.client, p.server, at);
        free_pair(&p);
        make_pair(&p);
        shake_hands(&p);
        assert_ends_changed(p.server, p.client, at);
        free_pair(&p);
    }
}

/* Feeds bytes to a fresh session, whole and in steps of one, where the outcome must be the same. */
static void assert_refuses(bool accepts, const uint8_t *bytes, size_t len, const char *why)
{
    for (int steps = 0; steps < 2; steps++) {
        struct tls_session *s;
        uint8_t got[8];
        int rc = 0;
        assert_int_equal(tls_session_new(&s, accepts ? server_tls : client_tls, accepts), 0);
        size_t hello_len;
        if (!accepts) {
            tls_output(s, &hello_len);
            tls_consume(s, hello_len);
        }
        for (size_t i = 0; i < len && rc == 0; i += steps ? 1 : len) {
            assert_int_equal(tls_input(s, bytes + i, steps ? 1 : len), 0);
            rc = tls_read(s, got, sizeof got);
        }
        assert_int_equal(rc, ERROR_TLS);
        assert_non_null(strstr(tls_why(s), why));
        tls_session_free(s);
    }
}

static void test_what_is_not_tls_is_refused_at_its_first_byte(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first++)
        for (int accepts = 0; accepts < 2; accepts++) {
            const uint8_t byte = (uint8_t)first;
            if (first == TLS_HANDSHAKE || (first == TLS_ALERT && !accepts))
                continue;
            assert_refuses(accepts, &byte, 1, first ? "is not TLS" : "--plaintext");
        }
    /* A client in the open reads an alert, which is no frame. */
    struct tls_session *s;
    uint8_t got[8];
    size_t len;
    assert_int_equal(tls_session_new(&s, server_tls, true), 0);
    assert_int_equal(tls_input(s, (const uint8_t *)"\0\0\0\x20", 4), 0);
    assert_int_equal(tls_read(s, got, sizeof got), ERROR_TLS);
    assert_int_equal(tls_output(s, &len)[0], TLS_ALERT);
    assert_int_equal(len, 7);
    tls_session_free(s);
}

static void test_a_hello_that_claims_too_much_is_refused(void **state)
{
    (void)state;
    static const uint8_t record[] = {22, 3, 1, 0x10, 0x01};
    assert_refuses(true, record, sizeof record, "too long");
    static const uint8_t message[4096 + 5] = {22, 3, 1, 0x10, 0x00, 1, 1, 0, 0};
    assert_refuses(true, message, sizeof message, "not in one record");
    static const uint8_t tiny[] = {22, 3, 1, 0, 3, 1, 0, 0};
    assert_refuses(true, tiny, sizeof tiny, "not in one record");
    static const uint8_t empty[] = {22, 3, 1, 0, 0};
    assert_refuses(true, empty, sizeof empty, "not in one record");
    static const uint8_t garbage[] = {22, 3, 1, 0, 8, 1, 0, 0, 4, 9, 9, 9, 9};
    assert_refuses(true, garbage, sizeof garbage, "");
}

/* The other side as any program with OpenSSL could be it. */
struct other {
    SSL_CTX *ctx;
    SSL *ssl;
    BIO *in, *out;
};

enum kind {
    KIND_NONE,
    KIND_ED25519,
    KIND_EC,
    KIND_RSA,
    KIND_LARGE, /* Ed25519, in a certificate of some KiB */
};

static EVP_PKEY *make_key(enum kind kind)
{
    switch (kind) {
    case KIND_EC: return EVP_EC_gen("P-256");
    case KIND_RSA: return EVP_RSA_gen(2048);
    default: return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, client_seed, TLS_KEY_LEN);
    }
}

static void give_certificate(SSL_CTX *ctx, enum kind kind)
{
    static const unsigned char name[60] = "some name or other, to make it large enough or valid";
    EVP_PKEY *key = make_key(kind);
    X509 *x = X509_new();
    assert_true(key && x && X509_set_version(x, X509_VERSION_3));
    for (int i = 0; i < (kind == KIND_LARGE ? 70 : 1); i++)
        assert_true(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, name,
                                               sizeof name - 1, -1, 0));
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -86400 * 2); /* expired */
    X509_gmtime_adj(X509_getm_notAfter(x), -86400);
    const EVP_MD *digest = kind == KIND_EC || kind == KIND_RSA ? EVP_sha256() : NULL;
    assert_true(X509_set_pubkey(x, key) && X509_sign(x, key, digest));
    assert_int_equal(SSL_CTX_use_certificate(ctx, x), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
    X509_free(x);
    EVP_PKEY_free(key);
}

static void make_other(struct other *o, bool accepts, enum kind kind, int version)
{
    o->ctx = SSL_CTX_new(TLS_method());
    assert_int_equal(SSL_CTX_set_max_proto_version(o->ctx, version), 1);
    if (kind != KIND_NONE)
        give_certificate(o->ctx, kind);
    o->ssl = SSL_new(o->ctx);
    o->in = BIO_new(BIO_s_mem());
    o->out = BIO_new(BIO_s_mem());
    SSL_set_bio(o->ssl, o->in, o->out);
    if (accepts)
        SSL_set_accept_state(o->ssl);
    else
        SSL_set_connect_state(o->ssl);
}

static void free_other(struct other *o)
{
    SSL_free(o->ssl);
    SSL_CTX_free(o->ctx);
}

/* Moves what the other side wrote to a session and reads. 0, or what the session says. */
static int give(struct other *o, struct tls_session *s)
{
    uint8_t bytes[TLS_INPUT_MAX], got[64];
    int len = BIO_read(o->out, bytes, sizeof bytes);
    if (len <= 0)
        return 0;
    assert_int_equal(tls_input(s, bytes, (size_t)len), 0);
    int rc = tls_read(s, got, 0);
    return rc < 0 ? rc : 0;
}

static int run_handshake(struct other *o, struct tls_session *s)
{
    for (int turn = 0; turn < 6; turn++) {
        SSL_do_handshake(o->ssl);
        int rc = give(o, s);
        if (rc)
            return rc;
        size_t len;
        const uint8_t *bytes = tls_output(s, &len);
        if (bytes) {
            BIO_write(o->in, bytes, (int)len);
            tls_consume(s, len);
        }
    }
    return 0;
}

static void test_who_is_let_in(void **state)
{
    (void)state;
    static const struct {
        bool accepts; /* the session's part */
        enum kind kind;
        int version;
        const char *why; /* NULL: all is well */
    } cases[] = {
        {true, KIND_ED25519, TLS1_3_VERSION, NULL},
        {false, KIND_ED25519, TLS1_3_VERSION, NULL},
        {true, KIND_ED25519, TLS1_2_VERSION, "does not speak TLS 1.3"},
        {false, KIND_ED25519, TLS1_2_VERSION, "does not speak TLS 1.3"},
        {true, KIND_NONE, TLS1_3_VERSION, "no Ed25519 certificate"},
        {true, KIND_EC, TLS1_3_VERSION, "Ed25519"},
        {true, KIND_RSA, TLS1_3_VERSION, "Ed25519"},
        {false, KIND_EC, TLS1_3_VERSION, "refused"},
        {false, KIND_RSA, TLS1_3_VERSION, "refused"},
        {true, KIND_LARGE, TLS1_3_VERSION, "excessive message size"},
        {false, KIND_LARGE, TLS1_3_VERSION, "excessive message size"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct other o;
        struct tls_session *s;
        make_other(&o, !cases[i].accepts, cases[i].kind, cases[i].version);
        assert_int_equal(tls_session_new(&s, server_tls, cases[i].accepts), 0);
        size_t len;
        const uint8_t *hello = tls_output(s, &len);
        if (hello) {
            BIO_write(o.in, hello, (int)len);
            tls_consume(s, len);
        }
        int rc = run_handshake(&o, s);
        if (!cases[i].why) {
            assert_int_equal(rc, 0);
            assert_true(tls_is_ready(s));
            assert_memory_equal(tls_peer_identity(s), client_key, TLS_KEY_LEN);
            assert_int_equal(SSL_session_reused(o.ssl), 0);
            assert_true(!cases[i].accepts || !SSL_SESSION_is_resumable(SSL_get_session(o.ssl)));
        } else {
            assert_int_equal(rc, ERROR_TLS);
            assert_null(tls_peer_identity(s));
            if (!strstr(tls_why(s), cases[i].why))
                fail_msg("case %zu: %s", i, tls_why(s));
        }
        tls_session_free(s);
        free_other(&o);
    }
}

/* A client whose first share is of no use here sends a second hello, bounded as the first. */
static void test_a_second_hello(void **state)
{
    (void)state;
    static char groups[] = "X448:X25519";
    for (int wrong = 0; wrong < 2; wrong++) {
        struct other o;
        struct tls_session *s;
        make_other(&o, false, KIND_ED25519, TLS1_3_VERSION);
        assert_int_equal(SSL_set1_groups_list(o.ssl, groups), 1);
        assert_int_equal(tls_session_new(&s, server_tls, true), 0);
        if (!wrong) {
            assert_int_equal(run_handshake(&o, s), 0);
            assert_true(tls_is_ready(s));
        } else {
            SSL_do_handshake(o.ssl);
            assert_int_equal(give(&o, s), 0);
            static const uint8_t claim[] = {20, 3, 3, 0, 1, 1, 22, 3, 3, 0,
                                            8,  1, 1, 0, 0, 0, 0,  0, 0};
            uint8_t none[1];
            assert_int_equal(tls_input(s, claim, sizeof claim), 0);
            assert_int_equal(tls_read(s, none, 0), ERROR_TLS);
            assert_non_null(strstr(tls_why(s), "not in one record"));
        }
        tls_session_free(s);
        free_other(&o);
    }
}

static void test_a_flood_of_key_updates_costs_no_more_than_its_bytes(void **state)
{
    (void)state;
    struct other o;
    struct tls_session *s;
    make_other(&o, false, KIND_ED25519, TLS1_3_VERSION);
    assert_int_equal(tls_session_new(&s, server_tls, true), 0);
    assert_int_equal(run_handshake(&o, s), 0);
    for (int i = 0; i < 5000; i++) {
        assert_int_equal(SSL_key_update(o.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
        assert_int_equal(SSL_do_handshake(o.ssl), 1);
    }
    assert_int_equal(SSL_write(o.ssl, "hello", 5), 5);
    uint8_t bytes[TLS_INPUT_MAX], got[8];
    size_t read = 0, len, most = 0, waits = 0;
    while (read < 5) {
        tls_output(s, &len);
        most = len > most ? len : most;
        if (!tls_wants_input(s)) { /* until the other side takes the answers */
            BIO_write(o.in, tls_output(s, &len), (int)len);
            tls_consume(s, len);
            waits++;
        }
        int taken = BIO_read(o.out, bytes, sizeof bytes);
        assert_true(taken > 0);
        assert_int_equal(tls_input(s, bytes, (size_t)taken), 0);
        int rc = tls_read(s, got + read, sizeof got - read);
        assert_true(rc >= 0);
        read += (size_t)rc;
    }
    assert_in_range(most, 1, 3 * TLS_INPUT_MAX);
    assert_true(waits > 1);
    const uint8_t *answers = tls_output(s, &len);
    BIO_write(o.in, answers, (int)len);
    tls_consume(s, len);
    assert_int_equal(tls_write(s, "answer", 6), 6);
    answers = tls_output(s, &len);
    BIO_write(o.in, answers, (int)len);
    assert_int_equal(SSL_read(o.ssl, got, sizeof got), 6);
    tls_session_free(s);
    free_other(&o);
}

/* What OpenSSL allocates is counted, and can fail like our own. */
static size_t in_use;

static void *count_malloc(size_t len, const char *file, int line)
{
    (void)file, (void)line;
    size_t *at = malloc(len + 2 * sizeof *at);
    if (!at)
        return NULL;
    in_use += len;
    *at = len;
    return at + 2;
}

static void count_free(void *p, const char *file, int line)
{
    (void)file, (void)line;
    if (!p)
        return;
    size_t *at = (size_t *)p - 2;
    in_use -= *at;
    free(at);
}

static void *count_realloc(void *p, size_t len, const char *file, int line)
{
    if (!p)
        return count_malloc(len, file, line);
    void *made = len ? count_malloc(len, file, line) : NULL;
    size_t old = ((size_t *)p)[-2];
    if (made)
        memcpy(made, p, old < len ? old : len);
    if (made || len == 0)
        count_free(p, file, line);
    return made;
}

static void test_an_idle_end_is_small_and_nothing_stays(void **state)
{
    (void)state;
    struct pair p;
    make_pair(&p); /* what is made once is not counted */
    shake_hands(&p);
    free_pair(&p);
    size_t before = in_use;
    make_pair(&p);
    shake_hands(&p);
    assert_says(p.client, p.server, "hello");
    assert_says(p.server, p.client, "welcome");
    assert_in_range((in_use - before) / 2, 1, 14000);
    tls_session_free(p.client);
    assert_in_range(in_use - before, 1, 12500); /* of the side that has many */
    tls_session_free(p.server);
    assert_int_equal(in_use, before);

    /* A client that stalls in its hello costs next to nothing. */
    struct tls_session *s;
    uint8_t none[1];
    static const uint8_t hello[4000] = {22, 3, 1, 0x10, 0, 1, 0, 0x0f, 0xfc};
    assert_int_equal(tls_session_new(&s, server_tls, true), 0);
    assert_int_equal(tls_input(s, hello, sizeof hello), 0);
    assert_int_equal(tls_read(s, none, 0), 0);
    assert_int_equal(in_use, before);
    assert_false(tls_pending(s));
    tls_session_free(s);
}

/* Everything from the certificate to the end. Gives 0 or the first error. */
static int converse(void)
{
    struct tls *a = NULL, *b = NULL;
    struct pair p = {0};
    uint8_t got[8];
    int rc = tls_new(&a, client_seed);
    if (rc == 0)
        rc = tls_new(&b, server_seed);
    if (rc == 0)
        rc = tls_session_new(&p.client, a, false);
    if (rc == 0)
        rc = tls_session_new(&p.server, b, true);
    for (int turn = 0; rc >= 0 && turn < 8; turn++) {
        struct tls_session *from = turn % 2 ? p.server : p.client;
        struct tls_session *to = turn % 2 ? p.client : p.server;
        if (turn == 6)
            rc = tls_finish(from);
        else if (tls_is_ready(from))
            rc = tls_write(from, "hello", 5);
        size_t len;
        const uint8_t *bytes = tls_output(from, &len);
        if (rc >= 0 && bytes)
            rc = tls_input(to, bytes, len);
        if (bytes)
            tls_consume(from, len);
        if (rc >= 0)
            rc = tls_read(to, got, sizeof got);
        if (rc > 0)
            assert_memory_equal(got, "hello", (size_t)rc);
    }
    tls_session_free(p.client);
    tls_session_free(p.server);
    tls_free(a);
    tls_free(b);
    return rc < 0 ? rc : 0;
}

static void test_out_of_memory_is_an_error(void **state)
{
    (void)state;
    size_t before = in_use;
    for (size_t n = 0; torture_begin(n); n += n < 40 ? 1 : 13) { /* OpenSSL has thousands */
        int rc = converse();
        torture_end();
        assert_true(rc == ERROR_NOMEM || rc == ERROR_TLS || rc == ERROR_CLOSED);
        if (!torture_failed())
            assert_int_equal(rc, ERROR_CLOSED);
    }
    assert_in_range(in_use, before, before + 4096); /* OpenSSL fills some tables late */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_side_learns_the_others_key),
        cmocka_unit_test(test_it_works_in_steps_of_one_byte),
        cmocka_unit_test(test_a_write_is_one_record),
        cmocka_unit_test(test_what_was_not_read_is_pending),
        cmocka_unit_test(test_each_half_ends_for_itself),
        cmocka_unit_test(test_any_byte_changed_ends_it_after_what_came_whole),
        cmocka_unit_test(test_what_is_not_tls_is_refused_at_its_first_byte),
        cmocka_unit_test(test_a_hello_that_claims_too_much_is_refused),
        cmocka_unit_test(test_who_is_let_in),
        cmocka_unit_test(test_a_second_hello),
        cmocka_unit_test(test_a_flood_of_key_updates_costs_no_more_than_its_bytes),
        cmocka_unit_test(test_an_idle_end_is_small_and_nothing_stays),
        cmocka_unit_test(test_out_of_memory_is_an_error),
    };
    CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free);
    return cmocka_run_group_tests(tests, setup, teardown);
}
