#include "screen_internal.h"

#include <limits.h>
#include <string.h>

void screen_copy(const struct screen *s, const char *base64)
{
    static const char begin[] = "\033]52;c;", end[] = "\007";
    if (!s->taken)
        return;
    screen_write(begin, sizeof begin - 1);
    screen_write(base64, strlen(base64));
    screen_write(end, sizeof end - 1);
}

/* Text in the terminal's characters: as they are, bytes of UTF-8 may be controls of another set. */
static void write_text(const struct screen *s, const char *text, size_t len)
{
    if (s->utf8) {
        screen_write(text, len);
        return;
    }
    for (size_t at = 0; at < len;) {
        char bytes[MB_LEN_MAX];
        uint32_t cp;
        mbstate_t state = {0};
        struct text_cluster cluster = text_next(text + at, len - at);
        text_decode(text + at, cluster.len, &cp);
        screen_write(bytes, wcrtomb(bytes, screen_char(cp, cluster.width), &state));
        at += cluster.len;
    }
}

void screen_show_bare(struct screen *s, const char *text, size_t len)
{
    static const char clear[] = "\033[m\033[H\033[2J";
    if (!s->taken)
        return;
    s->bare = true;
    screen_write(clear, sizeof clear - 1);
    for (const char *end = text + len; text < end;) {
        const char *feed = memchr(text, '\n', (size_t)(end - text));
        const char *stop = feed ? feed : end;
        write_text(s, text, (size_t)(stop - text));
        if (feed)
            screen_write("\r\n", 2);
        text = feed ? feed + 1 : end;
    }
}
