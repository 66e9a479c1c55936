#include "tls_context.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

enum {
    CERTIFICATES_MAX = 4096, /* bytes of the message with the certificate, which has some 200 */
};

/* A certificate that says nothing but its key, the same at every start. Names would only cost the
   other side memory. */
static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *x = X509_new();
    if (x && X509_set_version(x, X509_VERSION_3) && ASN1_INTEGER_set(X509_get_serialNumber(x), 1) &&
        ASN1_TIME_set_string(X509_getm_notBefore(x), "700101000000Z") &&
        ASN1_TIME_set_string(X509_getm_notAfter(x), "99991231235959Z") && X509_set_pubkey(x, key) &&
        X509_sign(x, key, NULL))
        return x;
    X509_free(x);
    return NULL;
}

static int use_seed(SSL_CTX *ctx, const uint8_t seed[TLS_KEY_LEN])
{
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, TLS_KEY_LEN);
    X509 *x = key ? make_certificate(key) : NULL;
    int done = x && SSL_CTX_use_certificate(ctx, x) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1;
    X509_free(x);
    EVP_PKEY_free(key);
    return done;
}

static int set_rules(SSL_CTX *ctx, int check(X509_STORE_CTX *, void *))
{
    /* The first is the fastest here, and its connections are the smallest. */
    static const char ciphers[] =
        "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384";
    /* OpenSSL's macros do not take const. */
    static char groups[] = "X25519:P-256", signatures[] = "ed25519";
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(ctx, 1);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_cert_list(ctx, CERTIFICATES_MAX);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, check, NULL);
    return SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_num_tickets(ctx, 0) == 1 && SSL_CTX_set_recv_max_early_data(ctx, 0) == 1 &&
           SSL_CTX_set_ciphersuites(ctx, ciphers) == 1 &&
           SSL_CTX_set1_groups_list(ctx, groups) == 1 &&
           SSL_CTX_set1_sigalgs_list(ctx, signatures) == 1;
}

SSL_CTX *tls_context_new(const uint8_t seed[TLS_KEY_LEN], int check(X509_STORE_CTX *, void *))
{
    /* Nobody has to configure anything, and no file of the system's can. What the crypto library
       calls its errors is 300 KiB that tell a person nothing. */
    if (!OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS, NULL))
        return NULL;
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    if (ctx && set_rules(ctx, check) && use_seed(ctx, seed))
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}
