#include "screen_internal.h"

#include "error.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    SILENCE_MS = 2000, /* after which the end mark is taken for lost */
};

static const char end_mark[] = "\033[201~";

enum {
    MARK_LEN = sizeof end_mark - 1,
};

void screen_paste_begin(struct screen *s, uint64_t now_ms)
{
    s->pasting = true;
    s->paste_len = s->mark_len = 0;
    s->paste_cut = false;
    s->paste_deadline = now_ms + SILENCE_MS;
}

static int hold(struct screen *s, const char *bytes, size_t len)
{
    if (!s->paste) {
        s->paste = malloc(SCREEN_PASTE_MAX);
        if (!s->paste)
            return ERROR_NOMEM;
    }
    size_t room = SCREEN_PASTE_MAX - s->paste_len;
    s->paste_cut = s->paste_cut || len > room;
    memcpy(s->paste + s->paste_len, bytes, len < room ? len : room);
    s->paste_len += len < room ? len : room;
    return 0;
}

/* Takes one byte; bytes that looked like the end mark and are not belong to the text. */
static int feed(struct screen *s, char byte)
{
    if (byte == end_mark[s->mark_len]) {
        s->mark_len++;
        return 0;
    }
    int rc = hold(s, end_mark, s->mark_len);
    s->mark_len = 0;
    if (rc)
        return rc;
    if (byte != end_mark[0])
        return hold(s, &byte, 1);
    s->mark_len = 1;
    return 0;
}

/* CR and CR LF become LF. */
static void unify_lines(struct screen *s)
{
    size_t len = 0;
    for (size_t i = 0; i < s->paste_len; i++) {
        char c = s->paste[i];
        if (c == '\n' && i > 0 && s->paste[i - 1] == '\r')
            continue;
        s->paste[len++] = c;
    }
    s->paste_len = len;
    for (size_t i = 0; i < len; i++)
        if (s->paste[i] == '\r')
            s->paste[i] = '\n';
}

/* UTF-8 of what the locale wrote; bytes that mean nothing in it are left out. */
static int convert(struct screen *s, const char **text, size_t *len)
{
    free(s->converted);
    s->converted = malloc(s->paste_len * 4 + 1);
    if (!s->converted)
        return ERROR_NOMEM;
    mbstate_t state = {0};
    size_t out = 0;
    for (size_t at = 0; at < s->paste_len;) {
        wchar_t wide;
        size_t n = mbrtowc(&wide, s->paste + at, s->paste_len - at, &state);
        bool whole = n != (size_t)-1 && n != (size_t)-2 && n != 0;
        if (whole)
            out += text_encode((uint32_t)wide, s->converted + out);
        else
            state = (mbstate_t){0};
        at += whole ? n : 1;
    }
    *text = s->converted;
    *len = out;
    return 0;
}

static int finish(struct screen *s, struct input *in)
{
    s->pasting = false;
    unify_lines(s);
    const char *text = s->paste;
    size_t len = s->paste_len;
    int rc = s->utf8 || len == 0 ? 0 : convert(s, &text, &len);
    if (rc)
        return rc;
    *in = (struct input){.kind = INPUT_PASTE, .text = text, .len = len, .cut = s->paste_cut};
    return 1;
}

int screen_paste_next(struct screen *s, uint64_t now_ms, struct input *in)
{
    int waiting = 0;
    if (ioctl(STDIN_FILENO, FIONREAD, &waiting) < 0)
        return ERROR_CLOSED;
    while (waiting > 0 && s->mark_len < MARK_LEN) {
        /* Never more than the mark may still need: what is behind it is not the paste's. */
        char bytes[MARK_LEN];
        size_t want = MARK_LEN - s->mark_len;
        ssize_t n = read(STDIN_FILENO, bytes, (size_t)waiting < want ? (size_t)waiting : want);
        if (n <= 0)
            return ERROR_CLOSED;
        for (ssize_t i = 0; i < n; i++) {
            int rc = feed(s, bytes[i]);
            if (rc) {
                s->pasting = false;
                return rc;
            }
        }
        waiting -= (int)n;
        s->paste_deadline = now_ms + SILENCE_MS;
    }
    if (s->mark_len == MARK_LEN || now_ms >= s->paste_deadline)
        return finish(s, in);
    return 0;
}
