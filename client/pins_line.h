#ifndef PINS_LINE_H
#define PINS_LINE_H

#include "address.h"
#include "name.h"
#include "pins.h"

/* One line of the file of pins (pins.h). */
enum {
    PINS_LINE_MAX = 3 * (ADDRESS_TEXT_MAX + NAME_KEY_BYTES) + KEYS_FINGERPRINT_SIZE + 32,
};

struct pins_line {
    char *text;  /* as it stands, without its newline; owned */
    char *relay; /* owned; NULL where the line is no pin */
    char *nick;  /* owned; NULL in the pin of a relay */
    char fingerprint[KEYS_FINGERPRINT_SIZE];
    uint8_t identity[KEYS_LEN];
    bool verified;
};

/*
 * Parses a line without its newline (copied). ERROR_KEY where it is neither a pin nor a comment nor
 * empty, ERROR_NOMEM; there is nothing to clear then.
 */
int pins_line_init(struct pins_line *l, const char *text);
void pins_line_clear(struct pins_line *l);

/* How a pin is written. */
void pins_line_format_relay(const char *relay, const char *fingerprint, char out[PINS_LINE_MAX]);
void pins_line_format_peer(const char *relay, const struct pins_peer *peer,
                           char out[PINS_LINE_MAX]);

#endif
