/* The first byte is the pane's width, the rest a text from outside. */
#include "text.h"
#include "wrap.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_row(const char *s, struct wrap_row row, int columns)
{
    size_t at = 0, clusters = 0, width = 0;
    for (; at<row.len; clusters += width> 0) {
        struct text_cluster c = text_next(s + at, row.next - at);
        at += c.len;
        width += (size_t)c.width;
    }
    assert(at == row.len && width == (size_t)row.width);
    assert(row.width <= columns || clusters == 1);
    assert(!memchr(s, '\n', row.len));
    for (; at < row.next - row.hard; at++)
        assert(s[at] == ' ');
    assert(!row.hard || s[row.next - 1] == '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0)
        return 0;
    int columns = bytes[0] ? bytes[0] : 1;
    size_t text_len, at = 0, rows = 0;
    char *text = text_sanitise((const char *)bytes + 1, len - 1, TEXT_LINES, &text_len);
    struct wrap_row row;
    do {
        row = wrap_next(text + at, text_len - at, columns);
        assert(row.next > 0 || at == text_len);
        check_row(text + at, row, columns);
        at += row.next;
        rows++;
    } while (row.hard || at < text_len);
    assert(at == text_len && rows == wrap_count(text, text_len, columns));
    free(text);
    return 0;
}
