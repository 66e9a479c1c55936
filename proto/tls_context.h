#ifndef TLS_CONTEXT_H
#define TLS_CONTEXT_H

#include "tls.h"

#include <openssl/ssl.h>

/*
 * OpenSSL's part of `struct tls`: the rules of all connections, and the certificate that is made of
 * the key. NULL where it fails, and why is in OpenSSL's queue of errors. `check` stands in for all
 * of OpenSSL's checks of the other side's certificate: 1 where it is accepted, or 0. For tls.c
 * alone.
 */
SSL_CTX *tls_context_new(const uint8_t seed[TLS_KEY_LEN], int check(X509_STORE_CTX *, void *));

#endif
