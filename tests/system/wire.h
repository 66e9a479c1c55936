#ifndef WIRE_H
#define WIRE_H

#include <stddef.h>
#include <stdint.h>

/*
 * A connection to the relay on which a test writes frames as text and expects others, letter for
 * letter. Whatever is waited for has a deadline.
 */
enum {
    WIRE_DEADLINE_MS = 30000,
    WIRE_SIZE = 128 << 10,
};

struct wire {
    int fd;
    uint8_t bytes[WIRE_SIZE]; /* what came and was not looked at */
    size_t len;
};

/* Connects to an address as the relay announced it. */
void wire_open(struct wire *w, const char *address);

/* Ends the connection: as a program does that ends, or with a reset. */
void wire_close(struct wire *w);
void wire_reset(struct wire *w);

/* Ends the sending half. */
void wire_finish(struct wire *w);

void wire_send_bytes(struct wire *w, const void *bytes, size_t len);

/* Sends a frame. `content` is a C string, or NULL for none. */
void wire_send(struct wire *w, const char *header, const char *content);

/* The bytes of a frame; gives how many. */
size_t wire_encode(const char *header, const void *content, size_t content_len,
                   uint8_t out[WIRE_SIZE]);

/*
 * The next frame must have this header, in which `*` stands for any characters but quotation marks,
 * and this content (NULL for none).
 */
void wire_expect(struct wire *w, const char *header, const char *content);

/* Passes over frames until one has such a header. */
void wire_expect_later(struct wire *w, const char *header);

/* The relay must end the stream here; or it must be gone, with or without frames before that. */
void wire_expect_end(struct wire *w);
void wire_expect_gone(struct wire *w);

#endif
