#include "screen_internal.h"

#include "error.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    ESC = 27,
    WHEEL_MIN = 3, /* arrows that come at once are a turn of the wheel: no hand is so fast */

    KEYS_OURS = 2000, /* codes beyond those of ncurses: one for each sequence below */
};

/*
 * Sequences that terminfo lacks, or may lack: terminals send some whatever their entry says. Each
 * has a code of its own, as ncurses knows but one sequence for a code that is defined.
 */
static const struct {
    const char *sequence;
    enum input_kind kind;
    bool meta;
} ours[] = {
    {"\033[200~", INPUT_PASTE, false},   {"\033[I", INPUT_FOCUS_IN, false},
    {"\033[O", INPUT_FOCUS_OUT, false},  {"\033[A", INPUT_UP, false},
    {"\033[B", INPUT_DOWN, false},       {"\033[C", INPUT_RIGHT, false},
    {"\033[D", INPUT_LEFT, false},       {"\033OA", INPUT_UP, false},
    {"\033OB", INPUT_DOWN, false},       {"\033OC", INPUT_RIGHT, false},
    {"\033OD", INPUT_LEFT, false},       {"\033[H", INPUT_HOME, false},
    {"\033[F", INPUT_END, false},        {"\033OH", INPUT_HOME, false},
    {"\033OF", INPUT_END, false},        {"\033[1~", INPUT_HOME, false},
    {"\033[4~", INPUT_END, false},       {"\033[7~", INPUT_HOME, false},
    {"\033[8~", INPUT_END, false},       {"\033[5~", INPUT_PAGE_UP, false},
    {"\033[6~", INPUT_PAGE_DOWN, false}, {"\033[3~", INPUT_DELETE, false},
    {"\033[Z", INPUT_BACKTAB, false},    {"\033OP", INPUT_F1, false},
    {"\033[11~", INPUT_F1, false},       {"\033[1;3A", INPUT_UP, true},
    {"\033[1;3B", INPUT_DOWN, true},     {"\033[1;3C", INPUT_RIGHT, true},
    {"\033[1;3D", INPUT_LEFT, true},     {"\033[1;5C", INPUT_RIGHT, true},
    {"\033[1;5D", INPUT_LEFT, true},     {"\033Oc", INPUT_RIGHT, true},
    {"\033Od", INPUT_LEFT, true},        {"\033[3;3~", INPUT_DELETE, true},
    {"\033[3;5~", INPUT_DELETE, true},
};

static const struct {
    int key;
    enum input_kind kind;
} keys[] = {
    {KEY_UP, INPUT_UP},         {KEY_DOWN, INPUT_DOWN},
    {KEY_LEFT, INPUT_LEFT},     {KEY_RIGHT, INPUT_RIGHT},
    {KEY_HOME, INPUT_HOME},     {KEY_END, INPUT_END},
    {KEY_PPAGE, INPUT_PAGE_UP}, {KEY_NPAGE, INPUT_PAGE_DOWN},
    {KEY_DC, INPUT_DELETE},     {KEY_BACKSPACE, INPUT_BACKSPACE},
    {KEY_BTAB, INPUT_BACKTAB},  {KEY_F(1), INPUT_F1},
};

void screen_define_keys(void)
{
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        define_key(ours[i].sequence, 0);
        define_key(ours[i].sequence, KEYS_OURS + (int)i);
    }
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

/* Feeds a byte to the locale's decoder: 1 and a character, or what is none; 0 where it is not
 * whole.
 */
static int decode(struct screen *s, int byte, struct input *in)
{
    char c = (char)byte;
    wchar_t wide;
    bool fresh = mbsinit(&s->decoder);
    size_t n = mbrtowc(&wide, &c, 1, &s->decoder);
    if (n == (size_t)-1) {
        s->decoder = (mbstate_t){0};
        in->kind = INPUT_ILLEGIBLE;
        return fresh ? 1 : decode(s, byte, in);
    }
    if (n == (size_t)-2)
        return 0;
    in->kind = INPUT_CHAR;
    in->code = (uint32_t)wide;
    return 1;
}

/* What a key of ncurses' or ours means. */
static struct input meaning(int key)
{
    size_t our = (size_t)(key - KEYS_OURS);
    if (key >= KEYS_OURS && our < sizeof ours / sizeof ours[0])
        return (struct input){.kind = ours[our].kind, .meta = ours[our].meta};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (keys[i].key == key)
            return (struct input){.kind = keys[i].kind};
    return (struct input){.kind = INPUT_UNKNOWN};
}

/* Arrows that came at once are counted: enough of them are the wheel, fewer are keys. */
static void count_run(struct screen *s, int key, enum input_kind kind)
{
    size_t count = 1;
    int next;
    while ((next = get(s)) == key)
        count++;
    s->pending = next;
    bool wheel = count >= WHEEL_MIN;
    s->run = !wheel ? kind : kind == INPUT_UP ? INPUT_WHEEL_UP : INPUT_WHEEL_DOWN;
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
    *in = meaning(key);
    in->meta = in->meta || meta;
    if (!in->meta && (in->kind == INPUT_UP || in->kind == INPUT_DOWN)) {
        count_run(s, key, in->kind);
        return next_in_run(s, in);
    }
    return key != KEY_RESIZE; /* resizeterm's own; the signal told us */
}

/* What follows Esc at once belongs to it: Alt with a key, or a sequence without a meaning. */
static int escaped(struct screen *s, struct input *in)
{
    int key = get(s);
    *in = (struct input){.kind = INPUT_CHAR, .code = ESC};
    if (key == ERR)
        return 1;
    enum input_kind kind = is_key(key) ? meaning(key).kind : INPUT_CHAR;
    if (kind >= INPUT_PASTE || key == ESC) {
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
    return decode(s, key, in);
}

/* Whether more came with the end of a line at once, or with the one before it. */
static bool is_pasted(struct screen *s)
{
    s->pending = get(s);
    s->bursts = s->bursts || s->pending != ERR;
    return s->bursts;
}

/* 1 and the input that a key is, 0 where it is none yet. */
static int translate(struct screen *s, int key, uint64_t now_ms, struct input *in)
{
    enum input_kind kind = is_key(key) ? meaning(key).kind : INPUT_CHAR;
    s->marks_pastes = s->marks_pastes || kind >= INPUT_PASTE; /* whatever terminfo says */
    if (kind == INPUT_PASTE) {
        screen_paste_begin(s, now_ms);
        return 0;
    }
    if (is_key(key))
        return known_key(s, key, false, in);
    if (key == ESC)
        return escaped(s, in);
    *in = (struct input){.kind = INPUT_CHAR};
    in->pasted = key == '\r' && !s->marks_pastes && is_pasted(s);
    return decode(s, key, in);
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
    int columns = s->spared && COLS > 1 ? COLS - 1 : COLS;
    *in = (struct input){.kind = INPUT_RESIZE, .rows = LINES, .columns = columns};
}

int screen_next(struct screen *s, uint64_t now_ms, struct input *in)
{
    screen_drain(s);
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
        if (key == ERR) {
            s->bursts = false;
            return check();
        }
        if (translate(s, key, now_ms, in))
            return 1;
    }
}

uint64_t screen_deadline(const struct screen *s)
{
    return s->pasting ? s->paste_deadline : UINT64_MAX;
}
