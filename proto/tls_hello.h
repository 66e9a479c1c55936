#ifndef TLS_HELLO_H
#define TLS_HELLO_H

#include <stddef.h>
#include <stdint.h>

/*
 * The records that a client sends until its hello is done, looked at before OpenSSL may have them:
 * it would make room for whatever length a hello claims, and then wait.
 */
enum {
    TLS_RECORD_HEADER = 5,
    TLS_HELLO_MAX = 4096, /* bytes of the record of a ClientHello, which has some hundred */
};

/*
 * Judges the record that `bytes` begin with. Gives its length where it is here whole, and so is the
 * message in it; 0 where more must come; ERROR_TLS, and `*why` is a phrase for a person, where it
 * is longer than a hello needs, or not all of a hello is in it.
 */
int tls_hello_judge(const uint8_t *bytes, size_t len, const char **why);

#endif
