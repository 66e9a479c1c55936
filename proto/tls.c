#include "tls.h"

#include "buffer.h"
#include "error.h"
#include "tls_context.h"
#include "tls_hello.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    OUTPUT_HIGH = 32 << 10, /* above it nothing more is read, which would make it more */
    OUTPUT_MAX = 64 << 10,
};

struct tls {
    SSL_CTX *ctx;
    SSL_CTX *bare; /* stands behind those who were accepted; NULL until there was one */
    BIO_METHOD *method;
};

struct tls_session {
    struct tls *tls;
    SSL *ssl; /* NULL where it accepts, until a whole ClientHello is here */
    struct buffer in, out;
    size_t admitted; /* bytes of `in` that OpenSSL may have while it is not open */
    bool accepts;
    bool is_open; /* OpenSSL may have all input */
    bool is_dry;  /* it has, and wants more */
    bool is_finished;
    bool is_closed; /* close_notify came */
    bool is_told;   /* so did tls_read say, or that it failed */
    uint8_t peer[TLS_KEY_LEN];
    int error;
    const char *why;
};

static int fail(struct tls_session *s, int error, const char *why)
{
    s->error = error;
    s->why = why;
    return error;
}

/* Phrases for what OpenSSL says in its own words. */
static const struct {
    int reason;
    const char *why;
} phrases[] = {
    {SSL_R_UNSUPPORTED_PROTOCOL, "the other side does not speak TLS 1.3"},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "the other side does not speak TLS 1.3"},
    {SSL_R_WRONG_VERSION_NUMBER, "the other side does not speak TLS 1.3"},
    {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, "the other side has no Ed25519 certificate"},
    {SSL_R_CERTIFICATE_VERIFY_FAILED, "the other side's certificate is not an Ed25519 one"},
    {SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, "the other side does not take Ed25519 certificates"},
    {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, "the other side refused the kind of TLS spoken here"},
    {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, "the bytes were changed on their way"},
};

/* Takes the error that OpenSSL left in its queue. */
static int take_error(const char **why)
{
    unsigned long error = ERR_peek_error();
    int reason = ERR_GET_REASON(error);
    *why = ERR_reason_error_string(error);
    ERR_clear_error();
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
        if (phrases[i].reason == reason)
            *why = phrases[i].why;
    int rc = reason == ERR_R_MALLOC_FAILURE ? ERROR_NOMEM : ERROR_TLS;
    if (!*why)
        *why = error_text(rc);
    return rc;
}

static int fail_openssl(struct tls_session *s)
{
    const char *why;
    int rc = take_error(&why);
    return s->error ? s->error : fail(s, rc, why); /* there is one where our buffer was full */
}

/* OpenSSL's side of the buffers. */
static int bio_read(BIO *bio, char *bytes, size_t len, size_t *got)
{
    struct tls_session *s = BIO_get_data(bio);
    size_t here;
    const uint8_t *in = buffer_peek(&s->in, &here);
    if (!s->is_open && here > s->admitted)
        here = s->admitted;
    *got = len < here ? len : here;
    BIO_clear_retry_flags(bio);
    if (*got == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    memcpy(bytes, in, *got);
    buffer_consume(&s->in, *got);
    if (!s->is_open)
        s->admitted -= *got;
    return 1;
}

static int bio_write(BIO *bio, const char *bytes, size_t len, size_t *put)
{
    struct tls_session *s = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    int rc = buffer_put(&s->out, bytes, len);
    if (rc)
        fail(s, rc, error_text(rc));
    *put = rc ? 0 : len;
    return rc == 0;
}

static long bio_control(BIO *bio, int command, long number, void *at)
{
    (void)bio, (void)number, (void)at;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *make_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "buffers");
    if (method && BIO_meth_set_read_ex(method, bio_read) &&
        BIO_meth_set_write_ex(method, bio_write) && BIO_meth_set_ctrl(method, bio_control))
        return method;
    BIO_meth_free(method);
    return NULL;
}

/* Stands in for all of OpenSSL's checks of a certificate: the key is what counts. */
static int check_certificate(X509_STORE_CTX *store, void *unused)
{
    (void)unused;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_session *s = BIO_get_data(SSL_get_rbio(ssl));
    EVP_PKEY *key = X509_get0_pubkey(X509_STORE_CTX_get0_cert(store));
    size_t len = sizeof s->peer;
    if (key && EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 &&
        EVP_PKEY_get_raw_public_key(key, s->peer, &len) && len == sizeof s->peer)
        return 1;
    X509_STORE_CTX_set_error(store, X509_V_ERR_INVALID_PURPOSE);
    return 0;
}

int tls_new(struct tls **tls, const uint8_t seed[TLS_KEY_LEN])
{
    struct tls *made = *tls = calloc(1, sizeof *made);
    if (!made)
        return ERROR_NOMEM;
    made->ctx = tls_context_new(seed, check_certificate);
    made->method = make_method();
    if (made->ctx && made->method)
        return 0;
    const char *why;
    tls_free(made);
    *tls = NULL;
    return take_error(&why);
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    SSL_CTX_free(tls->ctx);
    SSL_CTX_free(tls->bare);
    BIO_meth_free(tls->method);
    free(tls);
}

/* Makes OpenSSL's part. Of a client it is made when there is something for it to do. */
static int make_ssl(struct tls_session *s)
{
    s->ssl = SSL_new(s->tls->ctx);
    BIO *bio = s->ssl ? BIO_new(s->tls->method) : NULL;
    if (!bio) {
        ERR_clear_error();
        return fail(s, ERROR_NOMEM, error_text(ERROR_NOMEM));
    }
    BIO_set_data(bio, s);
    BIO_set_init(bio, 1);
    SSL_set_bio(s->ssl, bio, bio);
    if (s->accepts)
        SSL_set_accept_state(s->ssl);
    else
        SSL_set_connect_state(s->ssl);
    return 0;
}

/*
 * Nobody asks any more for what a handshake leaves in OpenSSL's session, 2.7 KiB with the other
 * side's certificate: has OpenSSL free it. 1, or 0 where that failed. A connection whose session is
 * taken away would begin anew where its method, which it has since a version was agreed on, is not
 * that of its context: so it gets an empty context of that method.
 */
static int shed_session(struct tls_session *s)
{
    if (OpenSSL_version_num() >= 0x30200000)
        return 1; /* there it is the first context that counts, and a session is kept */
    const SSL_METHOD *method = SSL_get_ssl_method(s->ssl);
    if (!s->tls->bare)
        s->tls->bare = SSL_CTX_new(method);
    if (!s->tls->bare || !SSL_set_SSL_CTX(s->ssl, s->tls->bare))
        return 0;
    assert(SSL_CTX_get_ssl_method(s->tls->bare) == method);
    return SSL_set_session(s->ssl, NULL);
}

/* OpenSSL's queue of errors is empty after every call of this file: only a handshake that goes well
   may leave something there, so nobody has to look before each record, which is not cheap. */
static int shake_hands(struct tls_session *s)
{
    ERR_clear_error();
    int rc = SSL_do_handshake(s->ssl);
    if (rc == 1 && s->accepts)
        rc = shed_session(s);
    if (rc == 1)
        ERR_clear_error();
    return rc;
}

/* Has OpenSSL look at what is here. Bytes of text, 0 where it looked at all of it, or an error. */
static int pull(struct tls_session *s, uint8_t *bytes, size_t len)
{
    size_t got = 0;
    int rc = SSL_is_init_finished(s->ssl) ? 1 : shake_hands(s);
    if (rc == 1 && len > 0)
        rc = SSL_read_ex(s->ssl, bytes, len, &got);
    s->is_dry = rc != 1;
    if (rc == 1)
        return (int)got;
    switch (SSL_get_error(s->ssl, rc)) {
    case SSL_ERROR_WANT_READ: return 0;
    case SSL_ERROR_ZERO_RETURN: s->is_closed = true; return ERROR_CLOSED;
    default: return fail_openssl(s);
    }
}

int tls_session_new(struct tls_session **s, struct tls *tls, bool accepts)
{
    struct tls_session *made = *s = calloc(1, sizeof *made);
    if (!made)
        return ERROR_NOMEM;
    made->tls = tls;
    made->accepts = accepts;
    buffer_init(&made->in, TLS_RECORD_HEADER + TLS_HELLO_MAX + TLS_INPUT_MAX);
    buffer_init(&made->out, OUTPUT_MAX);
    int rc = 0;
    if (!accepts) {
        rc = make_ssl(made);
        if (rc == 0)
            rc = pull(made, NULL, 0);
    }
    if (rc) {
        tls_session_free(made);
        *s = NULL;
    }
    return rc;
}

void tls_session_free(struct tls_session *s)
{
    if (!s)
        return;
    SSL_free(s->ssl);
    buffer_clear(&s->in);
    buffer_clear(&s->out);
    free(s);
}

int tls_input(struct tls_session *s, const uint8_t *bytes, size_t len)
{
    assert(len <= TLS_INPUT_MAX);
    int rc = buffer_put(&s->in, bytes, len);
    return rc ? fail(s, rc, error_text(rc)) : 0;
}

/* Judges the other side by its first byte. */
static int greet(struct tls_session *s, uint8_t first)
{
    if (first == TLS_HANDSHAKE || (first == TLS_ALERT && !s->accepts))
        return 0;
    static const uint8_t alert[] = {TLS_ALERT, 3, 3, 0, 2, 2, 70}; /* fatal, protocol_version */
    buffer_put(&s->out, alert, sizeof alert); /* it tells a client in the open what is wrong */
    return fail(s, ERROR_TLS,
                first == 0 ? "the other side does not use TLS: it was started with --plaintext, "
                             "and this side was not"
                           : "what the other side sends is not TLS");
}

/* Lets OpenSSL have the next record of a client whose hello is not done. 1; 0 where more of it must
   come; or an error. */
static int admit(struct tls_session *s)
{
    size_t len;
    const char *why;
    const uint8_t *b = buffer_peek(&s->in, &len);
    int rc = tls_hello_judge(b, len, &why);
    assert(rc == 0 || s->admitted == 0);
    if (rc < 0)
        return fail(s, rc, why);
    s->admitted = (size_t)rc;
    return rc > 0;
}

/* Whether the hello of the other side is done: its share of the key is here. */
static bool has_share(SSL *ssl)
{
    EVP_PKEY *share;
    if (!SSL_get_peer_tmp_key(ssl, &share))
        return false;
    EVP_PKEY_free(share);
    return true;
}

/* Whether OpenSSL, which is open, may give something without more input. */
static bool is_promising(const struct tls_session *s)
{
    return s->in.len > 0 || (!s->is_dry && SSL_has_pending(s->ssl));
}

/* Whether there may be something for OpenSSL to look at: 1, 0, or an error. */
static int prepare(struct tls_session *s)
{
    if (s->is_open)
        return is_promising(s);
    size_t len;
    const uint8_t *in = buffer_peek(&s->in, &len);
    if (len == 0)
        return 0;
    int rc = s->accepts && s->ssl ? 0 : greet(s, in[0]);
    s->is_open = rc == 0 && !s->accepts;
    if (rc || s->is_open)
        return rc ? rc : 1;
    rc = admit(s);
    if (rc > 0 && !s->ssl)
        rc = make_ssl(s) == 0 ? 1 : s->error;
    return rc;
}

int tls_read(struct tls_session *s, void *bytes, size_t len)
{
    if (s->error || s->is_closed) {
        s->is_told = true;
        return s->error ? s->error : ERROR_CLOSED;
    }
    size_t got = 0;
    int rc;
    while ((rc = prepare(s)) > 0) {
        bool was_open = s->is_open;
        rc = pull(s, (uint8_t *)bytes + got, len - got);
        if (rc < 0)
            break;
        got += (size_t)rc;
        if (was_open && (rc == 0 || got == len))
            break;
        s->is_open = was_open || has_share(s->ssl);
    }
    if (s->in.len == 0)
        buffer_clear(&s->in);
    if (got > 0)
        return (int)got;
    s->is_told = rc < 0;
    return rc;
}

int tls_write(struct tls_session *s, const void *bytes, size_t len)
{
    assert(!s->is_finished && len > 0);
    if (s->error)
        return s->error;
    if (!tls_is_ready(s) || s->out.len > 0)
        return 0;
    size_t put;
    if (!SSL_write_ex(s->ssl, bytes, len < TLS_RECORD_MAX ? len : TLS_RECORD_MAX, &put))
        return fail_openssl(s);
    return (int)put;
}

int tls_finish(struct tls_session *s)
{
    if (s->error || s->is_finished)
        return s->error;
    s->is_finished = true;
    return tls_is_ready(s) && SSL_shutdown(s->ssl) < 0 ? fail_openssl(s) : 0;
}

const uint8_t *tls_output(const struct tls_session *s, size_t *len)
{
    return buffer_peek(&s->out, len);
}

void tls_consume(struct tls_session *s, size_t len)
{
    buffer_consume(&s->out, len);
    if (s->out.len == 0)
        buffer_clear(&s->out);
}

bool tls_wants_input(const struct tls_session *s)
{
    return s->out.len <= OUTPUT_HIGH;
}

bool tls_pending(const struct tls_session *s)
{
    if (s->error || s->is_closed)
        return !s->is_told;
    return s->is_open && is_promising(s);
}

bool tls_is_ready(const struct tls_session *s)
{
    return s->ssl && SSL_is_init_finished(s->ssl);
}

const uint8_t *tls_peer_identity(const struct tls_session *s)
{
    return tls_is_ready(s) ? s->peer : NULL;
}

const char *tls_why(const struct tls_session *s)
{
    return s->why;
}
