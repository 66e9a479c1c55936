#include "qr.h"

#include "error.h"

#include <qrencode.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum {
    QUIET = 4, /* light modules around it */
};

static bool is_light(const QRcode *code, int row, int column)
{
    bool outside = row < 0 || column < 0 || row >= code->width || column >= code->width;
    return outside || !(code->data[row * code->width + column] & 1);
}

/* Draws; false where there is no more room. */
static bool draw(const QRcode *code, char *out, size_t size)
{
    static const char *const blocks[] = {" ", "\u2584", "\u2580", "\u2588"};
    size_t len = 0;
    for (int row = -QUIET; row < code->width + QUIET; row += 2) {
        for (int column = -QUIET; column <= code->width + QUIET; column++) {
            bool ends = column == code->width + QUIET;
            bool below = row + 1 < code->width + QUIET && is_light(code, row + 1, column);
            const char *sign = ends ? "\n" : blocks[2 * is_light(code, row, column) + below];
            size_t sign_len = strlen(sign);
            if (len + sign_len >= size)
                return false;
            memcpy(out + len, sign, sign_len + 1);
            len += sign_len;
        }
    }
    return true;
}

int qr_draw(const char *text, char *out, size_t size)
{
    out[0] = '\0';
    QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
    if (!code)
        return errno == ENOMEM ? ERROR_NOMEM : ERROR_LIMIT;
    bool fits = draw(code, out, size);
    QRcode_free(code);
    if (!fits)
        out[0] = '\0';
    return fits ? 0 : ERROR_LIMIT;
}
