#ifndef QR_H
#define QR_H

#include <stddef.h>

enum {
    QR_TEXT_MAX = 2048, /* of 60 digits, with its NUL */
};

/*
 * Draws a text as a QR code of block characters, two modules in each, lines ended by newlines: dark
 * modules are blank, so it wants light characters on a dark ground. ERROR_LIMIT where it does not
 * fit into `size` bytes, ERROR_NOMEM; `out` is empty then. The only file that knows libqrencode.
 */
int qr_draw(const char *text, char *out, size_t size);

#endif
