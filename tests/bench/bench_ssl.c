/*
 * bench_ssl: what OpenSSL alone takes, fed and drained through memory with the settings of
 * proto/tls.c: for a record read and one written by one of many connections, and in memory for an
 * idle end. TLS in the relay cannot cost less.
 */
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    PAIRS = 100,
    TURNS = 500,
    RECORD_LEN = 150, /* a message of 64 bytes, with its header */
    PIPE_SIZE = 8192,
};

/* Bytes on their way to one end. */
struct pipe {
    uint8_t bytes[PIPE_SIZE];
    size_t start, len;
};

struct end {
    SSL *ssl;
    struct pipe in;
    struct end *other;
};

static struct end ends[2 * PAIRS]; /* a client at each even place, its server behind it */
static SSL_CTX *bare[2];           /* behind all clients, and all servers, when they shook hands */

static int pipe_read(BIO *bio, char *bytes, size_t len, size_t *got)
{
    struct pipe *p = &((struct end *)BIO_get_data(bio))->in;
    *got = len < p->len ? len : p->len;
    BIO_clear_retry_flags(bio);
    if (*got == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    memcpy(bytes, p->bytes + p->start, *got);
    p->len -= *got;
    p->start = p->len ? p->start + *got : 0;
    return 1;
}

static int pipe_write(BIO *bio, const char *bytes, size_t len, size_t *put)
{
    struct pipe *p = &((struct end *)BIO_get_data(bio))->other->in;
    if (len > sizeof p->bytes - p->start - p->len)
        abort();
    memcpy(p->bytes + p->start + p->len, bytes, len);
    p->len += len;
    *put = len;
    return 1;
}

static long pipe_control(BIO *bio, int command, long number, void *at)
{
    (void)bio, (void)number, (void)at;
    return command == BIO_CTRL_FLUSH;
}

static int take_any_certificate(X509_STORE_CTX *store, void *unused)
{
    (void)store, (void)unused;
    return 1;
}

static SSL_CTX *make_context(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    X509 *x = X509_new();
    if (!ctx || !key || !x || !X509_set_version(x, X509_VERSION_3) ||
        !X509_gmtime_adj(X509_getm_notBefore(x), 0) ||
        !X509_gmtime_adj(X509_getm_notAfter(x), 3600) || !X509_set_pubkey(x, key) ||
        !X509_sign(x, key, NULL) || SSL_CTX_use_certificate(ctx, x) != 1 ||
        SSL_CTX_use_PrivateKey(ctx, key) != 1 ||
        SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_num_tickets(ctx, 0) != 1 ||
        SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256") != 1)
        abort();
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(ctx, 1);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, take_any_certificate, NULL);
    X509_free(x);
    EVP_PKEY_free(key);
    return ctx;
}

/* Has OpenSSL free the session, with the other side's certificate, as proto/tls.c does. */
static void shed_session(SSL *ssl, SSL_CTX **ctx)
{
    if (OpenSSL_version_num() >= 0x30200000)
        return;
    if (!*ctx)
        *ctx = SSL_CTX_new(SSL_get_ssl_method(ssl));
    if (!*ctx || !SSL_set_SSL_CTX(ssl, *ctx) || !SSL_set_session(ssl, NULL))
        abort();
}

static void make_pair(struct end *pair, SSL_CTX *ctx, BIO_METHOD *method)
{
    for (int i = 0; i < 2; i++) {
        struct end *e = &pair[i];
        BIO *bio = BIO_new(method);
        e->other = &pair[!i];
        e->ssl = SSL_new(ctx);
        if (!e->ssl || !bio)
            abort();
        BIO_set_data(bio, e);
        BIO_set_init(bio, 1);
        SSL_set_bio(e->ssl, bio, bio);
    }
    SSL_set_connect_state(pair[0].ssl);
    SSL_set_accept_state(pair[1].ssl);
    for (int done = 0; done != 2;) {
        done = (SSL_do_handshake(pair[0].ssl) == 1) + (SSL_do_handshake(pair[1].ssl) == 1);
        if (done < 2 && pair[0].in.len + pair[1].in.len == 0)
            abort();
    }
    for (int i = 0; i < 2; i++)
        shed_session(pair[i].ssl, &bare[i]);
}

static void get(struct end *e)
{
    static uint8_t bytes[PIPE_SIZE];
    size_t got;
    if (!SSL_read_ex(e->ssl, bytes, sizeof bytes, &got) || got != RECORD_LEN)
        abort();
}

static void put(struct end *e)
{
    static const uint8_t bytes[RECORD_LEN];
    size_t len;
    if (!SSL_write_ex(e->ssl, bytes, sizeof bytes, &len))
        abort();
}

/* All servers, one after the other: what is on its way to each is read, then each writes one. */
static uint64_t turn(void)
{
    struct timespec start, end;
    for (size_t i = 0; i < 2 * PAIRS; i += 2)
        put(&ends[i]);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    for (size_t i = 1; i < 2 * PAIRS; i += 2)
        get(&ends[i]);
    for (size_t i = 1; i < 2 * PAIRS; i += 2)
        put(&ends[i]);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    for (size_t i = 0; i < 2 * PAIRS; i += 2)
        get(&ends[i]);
    return (uint64_t)(end.tv_sec - start.tv_sec) * 1000000000 + (uint64_t)end.tv_nsec -
           (uint64_t)start.tv_nsec;
}

static int order(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

int main(void)
{
    static uint64_t turns_ns[TURNS];
    SSL_CTX *ctx = make_context();
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "pipe");
    if (!method || !BIO_meth_set_read_ex(method, pipe_read) ||
        !BIO_meth_set_write_ex(method, pipe_write) || !BIO_meth_set_ctrl(method, pipe_control))
        abort();
    make_pair(&ends[0], ctx, method); /* what is made once is not counted */
    size_t before = mallinfo2().uordblks;
    for (size_t i = 2; i < 2 * PAIRS; i += 2)
        make_pair(&ends[i], ctx, method);
    for (size_t i = 0; i < TURNS; i++)
        turns_ns[i] = turn();
    size_t bytes = (mallinfo2().uordblks - before) / (2 * (PAIRS - 1));
    qsort(turns_ns, TURNS, sizeof turns_ns[0], order);
    printf("%.2f us for a record read and one written, %zu bytes for an idle end\n",
           (double)turns_ns[TURNS / 2] / PAIRS / 1e3, bytes);
    for (size_t i = 0; i < 2 * PAIRS; i++)
        SSL_free(ends[i].ssl);
    BIO_meth_free(method);
    SSL_CTX_free(ctx);
    SSL_CTX_free(bare[0]);
    SSL_CTX_free(bare[1]);
    return 0;
}
