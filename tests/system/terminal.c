#include "terminal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <vterm.h>

enum {
    MODE_MAX = 4096,
};

struct terminal {
    pid_t pid;
    int master, process; /* process: a descriptor of it */
    int status;          /* as of waitpid, where it ended */
    bool ended, alternate, cursor_visible;
    int rows, columns;
    VTerm *vterm;
    VTermScreen *screen;
    bool modes[MODE_MAX];
    char *bytes, *text;
    size_t len, size, scanned;
};

static void *allocate(void *old, size_t size)
{
    void *at = realloc(old, size);
    assert(at);
    return at;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int on_property(VTermProp property, VTermValue *value, void *user)
{
    struct terminal *t = user;
    if (property == VTERM_PROP_ALTSCREEN)
        t->alternate = value->boolean;
    if (property == VTERM_PROP_CURSORVISIBLE)
        t->cursor_visible = value->boolean;
    return 1;
}

static void on_reply(const char *bytes, size_t len, void *user)
{
    terminal_send_bytes(user, bytes, len);
}

static void set_environment(const char *const *environment)
{
    /* xterm's entry has `rep`, which libvterm 0.1 gets wrong in the last column. */
    setenv("TERM", "tmux-256color", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("XDG_CONFIG_HOME", "/nowhere", 1); /* whose settings would it be? */
    unsetenv("NO_COLOR");
    unsetenv("TMUX");
    for (; environment && *environment; environment++) {
        const char *equals = strchr(*environment, '=');
        if (equals)
            putenv(strdup(*environment));
        else
            unsetenv(*environment);
    }
}

struct terminal *terminal_start(const struct terminal_options *options)
{
    static const VTermScreenCallbacks callbacks = {.settermprop = on_property};
    struct terminal *t = allocate(NULL, sizeof *t);
    *t = (struct terminal){.rows = options->rows, .columns = options->columns};
    t->vterm = vterm_new(t->rows, t->columns);
    vterm_set_utf8(t->vterm, 1);
    vterm_output_set_callback(t->vterm, on_reply, t);
    t->screen = vterm_obtain_screen(t->vterm);
    vterm_screen_set_callbacks(t->screen, &callbacks, t);
    vterm_screen_enable_altscreen(t->screen, 1);
    vterm_screen_reset(t->screen, 1);
    t->cursor_visible = true;
    struct winsize size = {
        .ws_row = (unsigned short)t->rows,
        .ws_col = (unsigned short)t->columns,
    };
    t->pid = forkpty(&t->master, NULL, NULL, &size);
    assert(t->pid >= 0);
    if (t->pid == 0) {
        set_environment(options->environment);
        execvp(options->argv[0], (char *const *)(uintptr_t)options->argv);
        perror(options->argv[0]);
        _exit(127);
    }
    t->process = pidfd_open(t->pid, 0);
    assert(t->process >= 0);
    fcntl(t->master, F_SETFL, O_NONBLOCK);
    fcntl(t->master, F_SETFD, FD_CLOEXEC);
    return t;
}

/* Follows the DEC modes: libvterm knows not all of them, and tells of fewer. */
static void scan_modes(struct terminal *t)
{
    for (; t->scanned < t->len; t->scanned++) {
        const char *at = t->bytes + t->scanned;
        size_t left = t->len - t->scanned, i = 3;
        if (*at != '\033' || (left >= 3 && memcmp(at, "\033[?", 3) != 0))
            continue;
        while (i < left && ((at[i] >= '0' && at[i] <= '9') || at[i] == ';'))
            i++;
        if (left < 3 || i >= left)
            return; /* the rest of it comes later */
        for (const char *number = at + 3; number < at + i; number++) {
            int mode = (int)strtol(number, (char **)(uintptr_t)&number, 10);
            if ((at[i] == 'h' || at[i] == 'l') && mode > 0 && mode < MODE_MAX)
                t->modes[mode] = at[i] == 'h';
        }
    }
}

/* Takes in what is there. False when the terminal has no more. */
static bool take_in(struct terminal *t)
{
    char bytes[8192];
    ssize_t n = read(t->master, bytes, sizeof bytes);
    if (n <= 0)
        return n < 0 && (errno == EAGAIN || errno == EINTR);
    if (t->len + (size_t)n + 1 > t->size) {
        t->size = (t->len + (size_t)n + 1) * 2;
        t->bytes = allocate(t->bytes, t->size);
    }
    memcpy(t->bytes + t->len, bytes, (size_t)n);
    t->len += (size_t)n;
    t->bytes[t->len] = '\0';
    scan_modes(t);
    vterm_input_write(t->vterm, bytes, (size_t)n);
    return true;
}

/* Waits for the program to write or to end, until then. False when neither will come any more. */
static bool turn(struct terminal *t, int64_t deadline)
{
    int64_t left = deadline - now_ms();
    struct pollfd fds[2] = {{.fd = t->master, .events = POLLIN},
                            {.fd = t->ended ? -1 : t->process, .events = POLLIN}};
    if (poll(fds, 2, left > 0 ? (int)left : 0) <= 0)
        return left > 0;
    if (fds[0].revents & POLLIN)
        return take_in(t);
    if (fds[1].revents & POLLIN) {
        t->ended = waitpid(t->pid, &t->status, 0) == t->pid;
        return true;
    }
    /* Hung up: all that was written is in; only the end itself may still be missing. */
    if (t->ended)
        return false;
    fds[0].fd = -1;
    return poll(fds, 2, left > 0 ? (int)left : 0) > 0 || left > 0;
}

void terminal_free(struct terminal *t)
{
    if (!t)
        return;
    if (!t->ended) {
        kill(t->pid, SIGKILL);
        waitpid(t->pid, &t->status, 0);
    }
    if (t->master >= 0)
        close(t->master);
    close(t->process);
    vterm_free(t->vterm);
    free(t->bytes);
    free(t->text);
    free(t);
}

pid_t terminal_pid(const struct terminal *t)
{
    return t->pid;
}

void terminal_send_bytes(struct terminal *t, const char *bytes, size_t len)
{
    int64_t deadline = now_ms() + TERMINAL_WAIT_MS;
    while (len > 0 && now_ms() < deadline) {
        ssize_t n = write(t->master, bytes, len);
        if (n < 0 && errno == EAGAIN) {
            struct pollfd fd = {.fd = t->master, .events = POLLIN | POLLOUT};
            poll(&fd, 1, 100);
            if (fd.revents & POLLIN)
                take_in(t); /* it may wait for us to read */
            continue;
        }
        if (n < 0)
            return;
        bytes += n;
        len -= (size_t)n;
    }
}

void terminal_send(struct terminal *t, const char *keys)
{
    terminal_send_bytes(t, keys, strlen(keys));
}

void terminal_resize(struct terminal *t, int rows, int columns)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    t->rows = rows;
    t->columns = columns;
    vterm_set_size(t->vterm, rows, columns);
    ioctl(t->master, TIOCSWINSZ, &size);
}

bool terminal_wait_until(struct terminal *t, bool (*check)(struct terminal *t, void *data),
                         void *data)
{
    int64_t deadline = now_ms() + TERMINAL_WAIT_MS;
    while (!check(t, data))
        if (!turn(t, deadline))
            return check(t, data);
    return true;
}

static bool has_text(struct terminal *t, void *text)
{
    return terminal_find(t, text, NULL) >= 0;
}

static bool has_no_text(struct terminal *t, void *text)
{
    return !has_text(t, text);
}

static bool has_ended(struct terminal *t, void *data)
{
    (void)data;
    return t->ended;
}

bool terminal_wait(struct terminal *t, const char *text)
{
    bool found = terminal_wait_until(t, has_text, (void *)(uintptr_t)text);
    if (!found)
        fprintf(stderr, "no \"%s\" in\n%s", text, terminal_text(t));
    return found;
}

bool terminal_wait_gone(struct terminal *t, const char *text)
{
    return terminal_wait_until(t, has_no_text, (void *)(uintptr_t)text);
}

int terminal_wait_exit(struct terminal *t)
{
    if (!terminal_wait_until(t, has_ended, NULL))
        return -1;
    while (turn(t, now_ms()))
        ;
    return WIFEXITED(t->status) ? WEXITSTATUS(t->status) : 128 + WTERMSIG(t->status);
}

void terminal_hang_up(struct terminal *t)
{
    close(t->master);
    t->master = -1;
}

void terminal_drain(struct terminal *t, int ms)
{
    int64_t deadline = now_ms() + ms;
    while (turn(t, deadline))
        ;
}

const char *terminal_row(struct terminal *t, int row)
{
    size_t size = (size_t)t->columns * 4 * VTERM_MAX_CHARS_PER_CELL + 1;
    VTermRect rect = {row, row + 1, 0, t->columns};
    t->text = allocate(t->text, size);
    size_t len = vterm_screen_get_text(t->screen, t->text, size - 1, rect);
    while (len > 0 && t->text[len - 1] == ' ')
        len--;
    t->text[len] = '\0';
    return t->text;
}

const char *terminal_text(struct terminal *t)
{
    char *all = allocate(NULL, 1);
    size_t len = 0;
    for (int row = 0; row < t->rows; row++) {
        const char *text = terminal_row(t, row);
        size_t row_len = strlen(text);
        all = allocate(all, len + row_len + 2);
        memcpy(all + len, text, row_len);
        len += row_len;
        all[len++] = '\n';
    }
    all[len] = '\0';
    free(t->text);
    t->text = all;
    return all;
}

int terminal_find(struct terminal *t, const char *text, int *column)
{
    for (int row = 0; row < t->rows; row++) {
        const char *line = terminal_row(t, row), *at = strstr(line, text);
        if (!at)
            continue;
        size_t before = (size_t)(at - line);
        for (int c = 0; column && c < t->columns; c++) {
            VTermRect rect = {row, row + 1, 0, c};
            char prefix[4096];
            if (vterm_screen_get_text(t->screen, prefix, sizeof prefix, rect) > before)
                break;
            *column = c;
        }
        return row;
    }
    return -1;
}

static void encode(const uint32_t *codes, char *out)
{
    for (size_t i = 0; i < VTERM_MAX_CHARS_PER_CELL && codes[i] && codes[i] != (uint32_t)-1; i++) {
        uint32_t c = codes[i];
        size_t more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
        static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
        *out++ = (char)(first[more] | c >> 6 * more);
        while (more-- > 0)
            *out++ = (char)(0x80 | (c >> 6 * more & 0x3f));
    }
    *out = '\0';
}

struct terminal_cell terminal_cell(struct terminal *t, int row, int column)
{
    VTermScreenCell cell;
    vterm_screen_get_cell(t->screen, (VTermPos){row, column}, &cell);
    bool indexed = VTERM_COLOR_IS_INDEXED(&cell.fg) && !VTERM_COLOR_IS_DEFAULT_FG(&cell.fg);
    bool grounded = VTERM_COLOR_IS_INDEXED(&cell.bg) && !VTERM_COLOR_IS_DEFAULT_BG(&cell.bg);
    struct terminal_cell seen = {
        .bold = cell.attrs.bold,
        .underline = cell.attrs.underline,
        .reverse = cell.attrs.reverse,
        .colour = indexed ? cell.fg.indexed.idx : -1,
        .ground = grounded ? cell.bg.indexed.idx : -1,
        .width = cell.width,
    };
    encode(cell.chars, seen.text);
    return seen;
}

void terminal_cursor(struct terminal *t, int *row, int *column, bool *visible)
{
    VTermPos position;
    vterm_state_get_cursorpos(vterm_obtain_state(t->vterm), &position);
    *row = position.row;
    *column = position.col;
    *visible = t->cursor_visible;
}

bool terminal_is_alternate(struct terminal *t)
{
    return t->alternate;
}

bool terminal_mode(struct terminal *t, int mode)
{
    return t->modes[mode];
}

bool terminal_is_cooked(struct terminal *t)
{
    struct termios modes;
    tcgetattr(t->master, &modes);
    return (modes.c_lflag & ICANON) && (modes.c_lflag & ECHO) && (modes.c_lflag & ISIG);
}

const char *terminal_bytes(struct terminal *t, size_t *len)
{
    *len = t->len;
    return t->bytes;
}
