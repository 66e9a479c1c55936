#include "screen_internal.h"

#include "error.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

enum {
    ESC_DELAY_MS = 50,
    COMMAND_MAX = 512, /* bytes of a command to the terminal; longer ones are left out */
};

/* Bracketed paste, focus reports, the wheel as arrow keys. */
static const char modes_on[] = "\033[?2004h\033[?1004h\033[?1007h";
static const char modes_off[] = "\033[?1007l\033[?1004l\033[?2004l";
static const char title_push[] = "\033[22;0t", title_pop[] = "\033[23;0t";

static volatile sig_atomic_t size_changed, asked_to_stop, continued;
static int wake_fd = -1;
static struct termios shell_modes; /* the terminal's as we found them */
static char leave_screen[64];      /* what makes it show the shell again */

static void on_signal(int signal)
{
    int saved = errno;
    if (signal == SIGWINCH)
        size_changed = 1;
    else if (signal == SIGTSTP)
        asked_to_stop = 1;
    else
        continued = 1;
    (void)!write(wake_fd, "", 1);
    errno = saved;
}

/* An assert failed: the terminal is put back as far as a signal handler may. */
static void on_abort(int signal)
{
    (void)signal;
    screen_write(modes_off, sizeof modes_off - 1);
    screen_write(leave_screen, strlen(leave_screen));
    tcsetattr(STDIN_FILENO, TCSANOW, &shell_modes);
}

static bool take(volatile sig_atomic_t *flag)
{
    bool was = *flag;
    *flag = 0;
    return was;
}

bool screen_take_resize(void)
{
    return take(&size_changed);
}

bool screen_take_suspend(void)
{
    return take(&asked_to_stop);
}

bool screen_take_continue(void)
{
    return take(&continued);
}

void screen_drain(const struct screen *s)
{
    char bytes[64];
    while (read(s->wake[0], bytes, sizeof bytes) > 0)
        ;
}

void screen_write(const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, bytes, len);
        if (n < 0 && errno != EINTR)
            return;
        bytes += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
}

static void handle(int signal, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, NULL);
}

static void handle_signals(void (*handler)(int))
{
    handle(SIGWINCH, handler, SA_RESTART);
    handle(SIGTSTP, handler, SA_RESTART);
    handle(SIGCONT, handler, SA_RESTART);
}

static int refuse(char *why, size_t size, const char *term, const char *reason)
{
    snprintf(why, size, "the terminal (TERM=%s) %s", term ? term : "", reason);
    return ERROR_SYSTEM;
}

/* Whether terminfo knows this terminal well enough to draw on it. */
static int check(char *why, size_t size)
{
    const char *term = getenv("TERM");
    int found;
    if (!term || !*term)
        return refuse(why, size, NULL, "has no name: set TERM; plain lines instead");
    if (setupterm(NULL, STDOUT_FILENO, &found) == ERR)
        return refuse(why, size, term,
                      "is not known here: plain lines instead; TERM=xterm-256color may do");
    const char *move = tigetstr("cup"), *leave = tigetstr("rmcup");
    bool usable = move && move != (char *)-1 && strncmp(move, "\033[", 2) == 0;
    usable = usable && tigetflag("hc") <= 0;
    if (usable && leave && leave != (char *)-1)
        snprintf(leave_screen, sizeof leave_screen, "%s", leave);
    del_curterm(cur_term);
    return usable ? 0 : refuse(why, size, term, "cannot be drawn on: plain lines instead");
}

/* Says what ncurses need not know. Undone by give_back. */
static void take_over(struct screen *s)
{
    screen_write(modes_on, sizeof modes_on - 1);
    if (s->titled)
        screen_write(title_push, sizeof title_push - 1);
    s->taken = true;
}

/* The one way in which the terminal is put back. */
static void give_back(struct screen *s)
{
    if (!s->taken)
        return;
    s->taken = false;
    screen_write(modes_off, sizeof modes_off - 1);
    if (s->titled)
        screen_write(title_pop, sizeof title_pop - 1);
    endwin();
}

static void start_colours(struct screen *s)
{
    const char *none = getenv("NO_COLOR");
    if ((none && *none) || !has_colors() || start_color() == ERR)
        return;
    s->colours = COLORS >= 16 ? 16 : COLORS >= 8 ? 8 : 0;
    use_default_colors();
    for (int i = 0; i < s->colours; i++)
        init_pair((short)(i + 1), (short)i, -1);
    if (s->colours > 0) /* see screen_pair */
        init_pair((short)(s->colours + 1), (short)(s->colours - 1), 0);
}

static int start(struct screen *s)
{
    struct sigaction stop;
    sigaction(SIGTSTP, NULL, &stop); /* before ncurses has a handler of its own */
    s->stops = stop.sa_handler != SIG_IGN;
    set_escdelay(ESC_DELAY_MS);
    s->terminal = newterm(NULL, stdout, stdin);
    s->keys = s->terminal ? newpad(1, 1) : NULL;
    if (!s->keys)
        return ERROR_NOMEM;
    raw();
    noecho();
    nonl();
    keypad(s->keys, TRUE);
    nodelay(s->keys, TRUE);
    screen_define_keys();
    start_colours(s);
    s->spared = tigetflag("am") > 0 && tigetflag("xenl") <= 0;
    const char *marks = tigetstr("BE");
    s->marks_pastes = marks && marks != (char *)-1;
    s->titled = tigetflag("XT") > 0;
    s->linked = s->titled || strncmp(termname(), "tmux", 4) == 0;
    handle_signals(on_signal);
    if (!s->stops)
        handle(SIGTSTP, SIG_IGN, 0);
    handle(SIGABRT, on_abort, (int)SA_RESETHAND);
    take_over(s);
    return 0;
}

int screen_new(struct screen **out, char *why, size_t size)
{
    *out = NULL;
    int rc = check(why, size);
    if (rc)
        return rc;
    struct screen *s = calloc(1, sizeof *s);
    if (!s) {
        snprintf(why, size, "out of memory");
        return ERROR_NOMEM;
    }
    s->pending = ERR;
    s->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    s->resized = true;
    s->wake[0] = s->wake[1] = -1;
    tcgetattr(STDIN_FILENO, &shell_modes);
    if (pipe2(s->wake, O_NONBLOCK | O_CLOEXEC)) {
        snprintf(why, size, "no pipe for signals: %s", strerror(errno));
        rc = ERROR_SYSTEM;
    } else {
        wake_fd = s->wake[1];
        rc = start(s);
        if (rc)
            snprintf(why, size, "out of memory");
    }
    if (rc) {
        screen_free(s);
        return rc;
    }
    *out = s;
    return 0;
}

void screen_free(struct screen *s)
{
    if (!s)
        return;
    give_back(s);
    handle_signals(SIG_DFL);
    handle(SIGABRT, SIG_DFL, 0);
    if (s->keys)
        delwin(s->keys);
    if (s->terminal)
        delscreen(s->terminal);
    for (int i = 0; i < 2; i++)
        if (s->wake[i] >= 0)
            close(s->wake[i]);
    free(s->paste);
    free(s->converted);
    free(s->title);
    free(s->drawn);
    free(s->overlaid);
    free(s->fresh);
    free(s);
}

int screen_colours(const struct screen *s)
{
    return s->colours;
}

bool screen_has_signs(const struct screen *s)
{
    return s->utf8 && strncmp(termname(), "linux", 5) != 0;
}

void screen_fds(const struct screen *s, int fds[SCREEN_FDS])
{
    fds[0] = STDIN_FILENO;
    fds[1] = s->wake[0];
}

void screen_continue(struct screen *s)
{
    reset_prog_mode();
    take_over(s);
    screen_redraw(s);
    s->resized = true;
}

void screen_lend(struct screen *s)
{
    give_back(s);
    handle(SIGTSTP, s->stops ? SIG_DFL : SIG_IGN, 0);
}

void screen_take_back(struct screen *s)
{
    handle(SIGTSTP, s->stops ? on_signal : SIG_IGN, SA_RESTART);
    continued = 0;
    screen_continue(s);
    char *title = s->title;
    s->title = NULL;
    if (title)
        screen_set_title(s, title);
    free(title);
}

bool screen_was_continued(struct screen *s)
{
    screen_drain(s);
    return screen_take_continue();
}

void screen_suspend(struct screen *s)
{
    bool lent = !s->taken;
    if (!s->stops)
        return; /* nobody could let it go on */
    if (!lent)
        screen_lend(s);
    kill(0, SIGTSTP); /* the whole job, as the terminal's own ^Z would */
    if (!lent)
        screen_take_back(s);
}

/* A terminal that is not UTF-8 may take bytes of a character for controls. */
static void put_command(const struct screen *s, const char *command, const char *text)
{
    char bytes[COMMAND_MAX];
    int len = snprintf(bytes, sizeof bytes - 1, "\033]%s;%s", command, text);
    if (len < 0 || len >= (int)sizeof bytes - 1)
        return;
    for (char *at = bytes; !s->utf8 && *at; at++)
        if (*at & 0x80)
            *at = '?';
    bytes[len] = '\007';
    screen_write(bytes, (size_t)len + 1);
}

void screen_set_title(struct screen *s, const char *title)
{
    bool same = title && s->title ? strcmp(s->title, title) == 0 : title == s->title;
    if (!s->titled || !s->taken || same)
        return;
    char *copy = title ? strdup(title) : NULL;
    if (title && !copy)
        return; /* a title is not worth an error */
    free(s->title);
    s->title = copy;
    if (title) {
        put_command(s, "2", title);
    } else {
        screen_write(title_pop, sizeof title_pop - 1);
        screen_write(title_push, sizeof title_push - 1);
    }
}

void screen_ring(const struct screen *s)
{
    if (s->taken)
        screen_write("\007", 1);
}

void screen_alert(const struct screen *s, const char *text)
{
    if (s->titled && s->taken)
        put_command(s, "9", text);
}
