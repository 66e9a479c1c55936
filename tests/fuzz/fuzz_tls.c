/*
 * What a relay hears. The first byte says when: 0, bytes instead of a handshake; 1, after one; 2, a
 * certificate (DER) that a client shows, as its own where it holds its key, else behind its own; 3,
 * anything at all in the place of a certificate; 4, what a client who was let in says, as it is to
 * be encrypted: a record's true type, then what is in it. The second byte is the size of the steps.
 * Whoever is let in is who they are.
 */
#include "error.h"
#include "tls.h"

#include <openssl/hmac.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const uint8_t client_seed[TLS_KEY_LEN] = {1}, server_seed[TLS_KEY_LEN] = {2};
static struct tls *client_tls, *server_tls;
static EVP_PKEY *client_key;

static void prepare(void)
{
    int rc = tls_new(&client_tls, client_seed) | tls_new(&server_tls, server_seed);
    client_key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, client_seed, TLS_KEY_LEN);
    assert(rc == 0 && client_key);
}

/* Reads all that a session has. Negative when it is over. */
static int read_all(struct tls_session *s)
{
    uint8_t got[64];
    int rc;
    while ((rc = tls_read(s, got, sizeof got)) > 0)
        ;
    assert(rc == 0 || rc == ERROR_TLS || rc == ERROR_CLOSED);
    assert(rc != ERROR_TLS || tls_why(s));
    assert(!tls_pending(s));
    return rc;
}

static int feed(struct tls_session *s, const uint8_t *bytes, size_t len, size_t step)
{
    int rc = 0;
    for (size_t i = 0; i < len && rc == 0 && tls_wants_input(s); i += step) {
        rc = tls_input(s, bytes + i, step < len - i ? step : len - i);
        assert(rc == 0);
        rc = read_all(s);
    }
    return rc;
}

static void hear(struct tls_session *s, const uint8_t *bytes, size_t len, size_t step)
{
    bool was_ready = tls_is_ready(s);
    int rc = feed(s, bytes, len, step);
    assert(tls_is_ready(s) == was_ready || rc); /* nobody guesses a handshake */
}

/* A handshake with ourselves, and then the bytes. */
static void hear_after(struct tls_session *server, const uint8_t *bytes, size_t len, size_t step)
{
    struct tls_session *client;
    int rc = tls_session_new(&client, client_tls, false);
    assert(rc == 0);
    for (int turn = 0; turn < 4; turn++) {
        struct tls_session *from = turn % 2 ? server : client, *to = turn % 2 ? client : server;
        size_t out_len;
        const uint8_t *out = tls_output(from, &out_len);
        if (out) {
            rc = tls_input(to, out, out_len);
            assert(rc == 0);
            tls_consume(from, out_len);
        }
        rc = read_all(to);
        assert(rc == 0);
    }
    assert(tls_is_ready(server));
    hear(server, bytes, len, step);
    tls_session_free(client);
}

/* Gives the client what the session wrote. */
static void take(struct tls_session *s, BIO *in)
{
    size_t len;
    const uint8_t *bytes = tls_output(s, &len);
    if (bytes) {
        BIO_write(in, bytes, (int)len);
        tls_consume(s, len);
    }
}

/* A client of OpenSSL's, between two buffers. */
static SSL *make_client(SSL_CTX *ctx, BIO *in, BIO *out)
{
    SSL *ssl = SSL_new(ctx);
    SSL_set_bio(ssl, in, out);
    SSL_set_connect_state(ssl);
    return ssl;
}

enum {
    SECRET_LEN = 32,
    GCM_KEY_LEN = 16,
    GCM_NONCE_LEN = 12,
    GCM_TAG_LEN = 16,
    RECORD_HEADER = 5,
    CERTIFICATE_HEAD = 11, /* of the message, and of the first certificate in it */
    TEXT_MAX = 16000,
};

/* What a client encrypts with, in a handshake or after it, from OpenSSL's log of keys. */
static const char *const in_handshake = "CLIENT_HANDSHAKE_TRAFFIC_SECRET ",
                         *const after_handshake = "CLIENT_TRAFFIC_SECRET_0 ";
static const char *logged; /* which of the two */
static uint8_t secret[SECRET_LEN];

static void log_key(const SSL *ssl, const char *line)
{
    (void)ssl;
    if (strncmp(line, logged, strlen(logged)) != 0)
        return;
    const char *hex = strrchr(line, ' ') + 1;
    for (size_t i = 0; i < SECRET_LEN; i++)
        sscanf(hex + 2 * i, "%2hhx", &secret[i]);
}

/* HKDF-Expand-Label (RFC 8446, 7.1) without a context. */
static void expand(const char *label, uint8_t *out, size_t len)
{
    uint8_t info[64], hash[EVP_MAX_MD_SIZE];
    int info_len =
        snprintf((char *)info, sizeof info, "__%ctls13 %s", (int)strlen(label) + 6, label);
    info[0] = 0;
    info[1] = (uint8_t)len;
    info[info_len] = 0;
    info[info_len + 1] = 1;
    HMAC(EVP_sha256(), secret, SECRET_LEN, info, (size_t)info_len + 2, hash, NULL);
    memcpy(out, hash, len);
}

static void put_24(uint8_t *at, size_t n)
{
    at[0] = (uint8_t)(n >> 16);
    at[1] = (uint8_t)(n >> 8);
    at[2] = (uint8_t)n;
}

/* Makes a client's first record with the secret; its true type is the last byte of the text. Gives
   its length. */
static size_t make_record(const uint8_t *text, size_t len, uint8_t *record)
{
    uint8_t key[GCM_KEY_LEN], nonce[GCM_NONCE_LEN];
    size_t whole = len + GCM_TAG_LEN;
    expand("key", key, sizeof key);
    expand("iv", nonce, sizeof nonce);
    const uint8_t header[] = {23, 3, 3, (uint8_t)(whole >> 8), (uint8_t)whole};
    memcpy(record, header, sizeof header);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int n;
    int done =
        EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, key, nonce) &&
        EVP_EncryptUpdate(c, NULL, &n, header, sizeof header) &&
        EVP_EncryptUpdate(c, record + sizeof header, &n, text, (int)len) &&
        EVP_EncryptFinal_ex(c, record + sizeof header + n, &n) &&
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, GCM_TAG_LEN, record + sizeof header + len);
    assert(done);
    EVP_CIPHER_CTX_free(c);
    return sizeof header + whole;
}

/* Makes the record of a client's message with one certificate in it; gives its length. */
static size_t make_certificate_record(const uint8_t *bytes, size_t len, uint8_t *record)
{
    uint8_t text[CERTIFICATE_HEAD + TEXT_MAX + 3];
    text[0] = SSL3_MT_CERTIFICATE;
    put_24(text + 1, len + 9);
    text[4] = 0;
    put_24(text + 5, len + 5);
    put_24(text + 8, len);
    memcpy(text + CERTIFICATE_HEAD, bytes, len);
    memcpy(text + CERTIFICATE_HEAD + len, "\0\0\x16", 3); /* no extensions; its true type */
    return make_record(text, CERTIFICATE_HEAD + len + 3, record);
}

/* Nothing that a client can say there lets it in before it has signed. */
static void show_anything(struct tls_session *server, const uint8_t *bytes, size_t len, size_t step)
{
    static uint8_t wire[TLS_INPUT_MAX + 1024];
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_keylog_callback(ctx, log_key);
    logged = in_handshake;
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    SSL *ssl = make_client(ctx, in, out);
    SSL_do_handshake(ssl);
    int wire_len = BIO_read(out, wire, TLS_INPUT_MAX);
    hear(server, wire, (size_t)wire_len, TLS_INPUT_MAX);
    take(server, in);
    SSL_do_handshake(ssl);
    hear(server, wire, make_certificate_record(bytes, len, wire), step);
    assert(!tls_peer_identity(server));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static X509 *make_certificate(void)
{
    X509 *x = X509_new();
    int done = x && X509_gmtime_adj(X509_getm_notBefore(x), 0) &&
               X509_gmtime_adj(X509_getm_notAfter(x), 0) && X509_set_pubkey(x, client_key) &&
               X509_sign(x, client_key, NULL);
    assert(done);
    return x;
}

/* 0, or the error with which the server ended it. */
static int shake_hands(SSL *ssl, struct tls_session *server, BIO *in, BIO *out)
{
    int rc = 0;
    for (int turn = 0; turn < 3 && rc == 0; turn++) {
        uint8_t wire[TLS_INPUT_MAX];
        SSL_do_handshake(ssl);
        int wire_len = BIO_read(out, wire, sizeof wire);
        if (wire_len > 0)
            rc = tls_input(server, wire, (size_t)wire_len);
        assert(rc == 0);
        rc = read_all(server);
        take(server, in);
    }
    return rc;
}

static void show(struct tls_session *server, const uint8_t *bytes, size_t len)
{
    X509 *shown = d2i_X509(NULL, &bytes, (long)len);
    if (!shown)
        return;
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    EVP_PKEY *key = X509_get0_pubkey(shown);
    if (key && EVP_PKEY_eq(key, client_key) == 1) {
        SSL_CTX_use_certificate(ctx, shown);
        X509_free(shown);
    } else {
        X509 *own = make_certificate();
        SSL_CTX_use_certificate(ctx, own);
        X509_free(own);
        SSL_CTX_add_extra_chain_cert(ctx, shown);
    }
    SSL_CTX_use_PrivateKey(ctx, client_key);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    SSL *ssl = make_client(ctx, in, out);
    int rc = shake_hands(ssl, server, in, out);
    uint8_t public[TLS_KEY_LEN];
    size_t public_len = sizeof public;
    EVP_PKEY_get_raw_public_key(client_key, public, &public_len);
    const uint8_t *peer = tls_peer_identity(server);
    assert(peer ? memcmp(peer, public, sizeof public) == 0 : rc == ERROR_TLS);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* The server takes text; whatever else it is, it lives on or refuses it. */
static void say(struct tls_session *server, const uint8_t *bytes, size_t len, size_t step)
{
    uint8_t text[TEXT_MAX], wire[TLS_INPUT_MAX];
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_keylog_callback(ctx, log_key);
    logged = after_handshake;
    X509 *own = make_certificate();
    SSL_CTX_use_certificate(ctx, own);
    SSL_CTX_use_PrivateKey(ctx, client_key);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    SSL *ssl = make_client(ctx, in, out);
    int rc = shake_hands(ssl, server, in, out);
    assert(rc == 0 && tls_is_ready(server));
    memcpy(text, bytes + 1, len - 1);
    text[len - 1] = bytes[0];
    rc = feed(server, wire, make_record(text, len, wire), step);
    assert(rc == 0 || bytes[0] != SSL3_RT_APPLICATION_DATA);
    take(server, in);
    if (rc == 0 && tls_is_ready(server)) {
        rc = tls_write(server, "answer", 6);
        assert(rc == 6);
    }
    X509_free(own);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (!client_tls)
        prepare();
    if (len < 2 || len > TEXT_MAX)
        return 0;
    size_t step = bytes[1] ? bytes[1] : TLS_INPUT_MAX;
    struct tls_session *server;
    int rc = tls_session_new(&server, server_tls, true);
    assert(rc == 0);
    switch (bytes[0] % 5) {
    case 0: hear(server, bytes + 2, len - 2, step); break;
    case 1: hear_after(server, bytes + 2, len - 2, step); break;
    case 2: show(server, bytes + 2, len - 2); break;
    case 3: show_anything(server, bytes + 2, len - 2, step); break;
    case 4:
        if (len > 2)
            say(server, bytes + 2, len - 2, step);
        break;
    }
    tls_session_free(server);
    return 0;
}
