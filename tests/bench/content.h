#ifndef CONTENT_H
#define CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a message of the load generator says: enough for the other end to tell when it was sent,
 * by whom, and whether a byte of it changed. Printable, so that every kind of server carries it.
 */
enum {
    CONTENT_MIN = 32,
    CONTENT_MAX = 4096,
};

struct content {
    uint64_t sent_ns;
    uint32_t author;
    uint32_t n;
};

/* Writes `len` bytes, CONTENT_MIN to CONTENT_MAX. */
void content_put(char *at, size_t len, const struct content *content);

/* Reads them. False where they are not what content_put writes. */
bool content_get(const char *at, size_t len, struct content *content);

/* 8 or 16 hex digits, as the parts of a content are written. */
void content_put_hex(char *at, size_t digits, uint64_t value);
bool content_get_hex(const char *at, size_t digits, uint64_t *value);

#endif
