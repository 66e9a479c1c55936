#include "screen_internal.h"

#include "../proto/error.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    ESC = 27,
    WHEEL_MIN = 3, /* arrows that come at once are a turn of the wheel: no hand is so fast */

    KEYS_OURS = 2000, /* codes beyond those of ncurses */
    KEY_PASTE,
    KEY_FOCUS,
    KEY_UNFOCUS,
    KEY_META_UP,
    KEY_META_DOWN,
    KEY_META_LEFT,
    KEY_META_RIGHT,
};

static const struct {
    const char *sequence;
    int key;
} ours[] = {
    {"\033[200~", KEY_PASTE},      {"\033[I", KEY_FOCUS},        {"\033[O", KEY_UNFOCUS},
    {"\033[1;3A", KEY_META_UP},    {"\033[1;3B", KEY_META_DOWN}, {"\033[1;3D", KEY_META_LEFT},
    {"\033[1;3C", KEY_META_RIGHT}, {"\033[1;5D", KEY_META_LEFT}, {"\033[1;5C", KEY_META_RIGHT},
};

static const struct {
    int key;
    enum input_kind kind;
    bool meta;
} keys[] = {
    {KEY_UP, INPUT_UP, false},
    {KEY_DOWN, INPUT_DOWN, false},
    {KEY_LEFT, INPUT_LEFT, false},
    {KEY_RIGHT, INPUT_RIGHT, false},
    {KEY_HOME, INPUT_HOME, false},
    {KEY_END, INPUT_END, false},
    {KEY_PPAGE, INPUT_PAGE_UP, false},
    {KEY_NPAGE, INPUT_PAGE_DOWN, false},
    {KEY_BACKSPACE, INPUT_BACKSPACE, false},
    {KEY_DC, INPUT_DELETE, false},
    {KEY_F(1), INPUT_F1, false},
    {KEY_FOCUS, INPUT_FOCUS_IN, false},
    {KEY_UNFOCUS, INPUT_FOCUS_OUT, false},
    {KEY_META_UP, INPUT_UP, true},
    {KEY_META_DOWN, INPUT_DOWN, true},
    {KEY_META_LEFT, INPUT_LEFT, true},
    {KEY_META_RIGHT, INPUT_RIGHT, true},
};

void screen_define_keys(void)
{
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        define_key(ours[i].sequence, ours[i].key);
}

/* The next key or byte; ERR for none. */
static int get(struct screen *s)
{
    int key = s->pending;
    s->pending = ERR;
    return key != ERR ? key : wgetch(s->keys);
}

static bool is_key(int key)
{
    return key > 0xff;
}

/* Gives up the rest of an escape sequence that nobody knows, so that it is not typed as text. */
static void skip_sequence(struct screen *s, int introducer)
{
    int byte = get(s);
    while (introducer == '[' && byte != ERR && byte >= ' ' && byte < '@')
        byte = get(s);
    if (is_key(byte) || (byte != ERR && byte < ' '))
        s->pending = byte;
}

/* Feeds a byte to the locale's decoder: 1 and a character, 0 where it is not whole, or is none. */
static int decode(struct screen *s, int byte, uint32_t *code)
{
    char c = (char)byte;
    wchar_t wide;
    bool fresh = mbsinit(&s->decoder);
    size_t n = mbrtowc(&wide, &c, 1, &s->decoder);
    if (n == (size_t)-1) {
        s->decoder = (mbstate_t){0};
        return fresh ? 0 : decode(s, byte, code);
    }
    if (n == (size_t)-2)
        return 0;
    *code = (uint32_t)wide;
    return 1;
}

/* Arrows that came at once are counted: enough of them are the wheel, fewer are keys. */
static void count_run(struct screen *s, int key)
{
    size_t count = 1;
    int next;
    while ((next = get(s)) == key)
        count++;
    s->pending = next;
    bool wheel = count >= WHEEL_MIN, up = key == KEY_UP;
    s->run = wheel ? (up ? INPUT_WHEEL_UP : INPUT_WHEEL_DOWN) : (up ? INPUT_UP : INPUT_DOWN);
    s->run_left = count;
}

static int next_in_run(struct screen *s, struct input *in)
{
    s->run_left--;
    *in = (struct input){.kind = s->run};
    return 1;
}

static int known_key(struct screen *s, int key, bool meta, struct input *in)
{
    if (!meta && (key == KEY_UP || key == KEY_DOWN)) {
        count_run(s, key);
        return next_in_run(s, in);
    }
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (keys[i].key == key) {
            *in = (struct input){.kind = keys[i].kind, .meta = meta || keys[i].meta};
            return 1;
        }
    }
    *in = (struct input){.kind = INPUT_UNKNOWN};
    return key != KEY_RESIZE; /* resizeterm's own; the signal told us */
}

/* What follows Esc at once belongs to it: Alt with a key, or a sequence without a meaning. */
static int escaped(struct screen *s, struct input *in)
{
    int key = get(s);
    *in = (struct input){.kind = INPUT_CHAR, .code = ESC};
    if (key == ERR)
        return 1;
    if (key == KEY_PASTE || key == KEY_FOCUS || key == KEY_UNFOCUS || key == ESC) {
        s->pending = key;
        return 1;
    }
    if (is_key(key))
        return known_key(s, key, true, in);
    if (key == '[' || key == 'O') {
        skip_sequence(s, key);
        in->kind = INPUT_UNKNOWN;
        return 1;
    }
    in->meta = true;
    return decode(s, key, &in->code);
}

/* 1 and the input that a key is, 0 where it is none yet. */
static int translate(struct screen *s, int key, uint64_t now_ms, struct input *in)
{
    if (key == KEY_PASTE) {
        screen_paste_begin(s, now_ms);
        return 0;
    }
    if (is_key(key))
        return known_key(s, key, false, in);
    if (key == ESC)
        return escaped(s, in);
    *in = (struct input){.kind = INPUT_CHAR};
    return decode(s, key, &in->code);
}

/* No key is there: is there a terminal? */
static int check(void)
{
    struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
    int waiting = 0;
    if (poll(&fd, 1, 0) <= 0)
        return 0;
    bool ended = (fd.revents & POLLIN) && ioctl(fd.fd, FIONREAD, &waiting) == 0 && waiting == 0;
    return ended || (fd.revents & (POLLHUP | POLLERR | POLLNVAL)) ? ERROR_CLOSED : 0;
}

static void resize(struct screen *s, struct input *in)
{
    struct winsize size = {0};
    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    if (size.ws_row > 0 && size.ws_col > 0)
        resizeterm(size.ws_row, size.ws_col);
    screen_redraw(s);
    *in = (struct input){.kind = INPUT_RESIZE, .rows = LINES, .columns = COLS};
}

int screen_next(struct screen *s, uint64_t now_ms, struct input *in)
{
    char bytes[64];
    while (read(s->wake[0], bytes, sizeof bytes) > 0)
        ;
    if (screen_take_continue())
        screen_continue(s);
    if (screen_take_resize() || s->resized) {
        s->resized = false;
        resize(s, in);
        return 1;
    }
    if (screen_take_suspend()) {
        *in = (struct input){.kind = INPUT_SUSPEND};
        return 1;
    }
    if (s->run_left > 0)
        return next_in_run(s, in);
    for (;;) {
        if (s->pasting)
            return screen_paste_next(s, now_ms, in);
        int key = get(s);
        if (key == ERR)
            return check();
        if (translate(s, key, now_ms, in))
            return 1;
    }
}

uint64_t screen_deadline(const struct screen *s)
{
    return s->pasting ? s->paste_deadline : UINT64_MAX;
}
