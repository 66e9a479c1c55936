/*
 * What a relay hears. The first byte says when: 0, bytes instead of a handshake; 1, after one; 2, a
 * certificate (DER) that a client shows, as its own where it holds its key, else behind its own.
 * The second byte is the size of the steps. Whoever is let in is who they are.
 */
#include "error.h"
#include "tls.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <assert.h>
#include <stdbool.h>
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

static void hear(struct tls_session *s, const uint8_t *bytes, size_t len, size_t step)
{
    bool was_ready = tls_is_ready(s);
    int rc = 0;
    for (size_t i = 0; i < len && rc == 0 && tls_wants_input(s); i += step) {
        rc = tls_input(s, bytes + i, step < len - i ? step : len - i);
        assert(rc == 0);
        rc = read_all(s);
    }
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

static X509 *make_certificate(void)
{
    X509 *x = X509_new();
    int done = x && X509_gmtime_adj(X509_getm_notBefore(x), 0) &&
               X509_gmtime_adj(X509_getm_notAfter(x), 0) && X509_set_pubkey(x, client_key) &&
               X509_sign(x, client_key, NULL);
    assert(done);
    return x;
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
    SSL *ssl = SSL_new(ctx);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl, in, out);
    SSL_set_connect_state(ssl);
    int rc = 0;
    for (int turn = 0; turn < 3 && rc == 0; turn++) {
        uint8_t wire[TLS_INPUT_MAX];
        SSL_do_handshake(ssl);
        int wire_len = BIO_read(out, wire, sizeof wire);
        if (wire_len > 0)
            rc = tls_input(server, wire, (size_t)wire_len);
        assert(rc == 0);
        rc = read_all(server);
        size_t out_len;
        const uint8_t *output = tls_output(server, &out_len);
        if (output) {
            BIO_write(in, output, (int)out_len);
            tls_consume(server, out_len);
        }
    }
    uint8_t public[TLS_KEY_LEN];
    size_t public_len = sizeof public;
    EVP_PKEY_get_raw_public_key(client_key, public, &public_len);
    const uint8_t *peer = tls_peer_identity(server);
    assert(peer ? memcmp(peer, public, sizeof public) == 0 : rc == ERROR_TLS);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (!client_tls)
        prepare();
    if (len < 2)
        return 0;
    size_t step = bytes[1] ? bytes[1] : TLS_INPUT_MAX;
    struct tls_session *server;
    int rc = tls_session_new(&server, server_tls, true);
    assert(rc == 0);
    switch (bytes[0] % 3) {
    case 0: hear(server, bytes + 2, len - 2, step); break;
    case 1: hear_after(server, bytes + 2, len - 2, step); break;
    case 2: show(server, bytes + 2, len - 2); break;
    }
    tls_session_free(server);
    return 0;
}
