#ifndef PINS_H
#define PINS_H

#include "keys.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The keys that were seen first, in a file that people can read and change. One pin a line:
 *
 *     relay den:12121 0a1b-2c3d-…           the fingerprint of a relay's key, by its address
 *     peer den:12121 bob 9x…= verified      a peer's identity, by relay and nick
 *     relay lan 5e6f-7081-…                 the key of the relay that is found on the LAN
 *
 * Blanks, controls and `%` in a path or a nick are written as `%20`; empty lines and those that
 * begin with `#` mean nothing. Whoever removes a line accepts whatever key comes next.
 */
enum {
    PINS_WHY_MAX = 1024,
};

struct pins;

/*
 * Reads the pins in `folder`, which may have none yet. ERROR_KEY where any line is not exactly a
 * pin, where two pin the same, and for a file that others could have changed; ERROR_SYSTEM,
 * ERROR_NOMEM; with a sentence in `why`. Relays are named as by address_format.
 */
int pins_load(struct pins **p, const char *folder, char why[PINS_WHY_MAX]);
void pins_free(struct pins *p);

/* The fingerprint pinned for a relay, NULL for none, and the line that says so. Borrowed. */
const char *pins_relay(const struct pins *p, const char *relay, size_t *line);

/* The next fingerprint pinned for any relay, from the `*at`-th pin on; NULL: no more. Borrowed. */
const char *pins_next_relay(const struct pins *p, size_t *at);

struct pins_peer {
    const char *nick; /* its key (name.h) */
    uint8_t identity[KEYS_LEN];
    bool verified;
};

/* The next peer pinned for a relay, from the `*at`-th pin on; false: no more. Borrowed. */
bool pins_next_peer(const struct pins *p, const char *relay, size_t *at, struct pins_peer *peer);

/*
 * Pin a key, in the file as it is now: another client may have changed it. What is pinned already
 * is replaced only with `replace`; without it, it is ERROR_KEY where that is another key. On disk
 * when they give 0; else the file is as it was. ERROR_LIMIT where the file is full; otherwise
 * errors as pins_load.
 */
int pins_put_relay(const char *folder, const char *relay, const char *fingerprint, bool replace,
                   char why[PINS_WHY_MAX]);
int pins_put_peer(const char *folder, const char *relay, const struct pins_peer *peer, bool replace,
                  char why[PINS_WHY_MAX]);

/* The path of the file. Borrowed. */
const char *pins_path(const struct pins *p);

#endif
