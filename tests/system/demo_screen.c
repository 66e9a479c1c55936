/*
 * The screen alone, without a conversation: what is written appears as a message of one's own. For
 * tests, and to look at it. Commands:
 *
 *   /theirs TEXT   bob says it           /fill N    N messages from bob
 *   /mark N MARK   marks message N       /status TEXT, /writing, /title TEXT
 *   /fail          ends with an error    /abort     fails an assertion
 *   /stop          as kill -TSTP does
 */
#include "screen.h"
#include "text.h"
#include "ui.h"

#include <assert.h>
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct demo {
    struct screen *screen;
    struct ui *ui;
    uint64_t id;
    int code; /* exit code; -1: go on */
};

static volatile sig_atomic_t ended;

static void on_end(int signal)
{
    ended = signal;
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int say(struct demo *d, enum transcript_kind kind, const char *text, size_t len)
{
    size_t safe_len;
    char *safe = text_sanitise(text, len, TEXT_LINES, &safe_len);
    if (!safe)
        return -1;
    struct transcript_entry entry = {
        .id = ++d->id,
        .kind = kind,
        .author = kind == TRANSCRIPT_MINE ? "alice" : "bob",
        .text = safe,
        .text_len = safe_len,
        .day = 1,
        .day_text = "Friday, 20 November 2026",
        .minute = 9 * 60 + (int)(d->id / 10 % 60),
        .time_text = "09:14",
        .mark = kind == TRANSCRIPT_MINE ? TRANSCRIPT_WAITING : TRANSCRIPT_NONE,
    };
    int rc = ui_append(d->ui, &entry);
    free(safe);
    return rc;
}

static int fill(struct demo *d, int count)
{
    int rc = 0;
    for (int i = 1; i <= count && rc == 0; i++) {
        char text[64];
        int len = snprintf(text, sizeof text, "message %d of %d", i, count);
        rc = say(d, TRANSCRIPT_THEIRS, text, (size_t)len);
    }
    return rc;
}

static int on_line(struct demo *d, const char *line, size_t len)
{
    static struct view_status status = {
        .room = "lobby", .peer = "bob", .presence = VIEW_HERE, .round_trip_ms = 2};
    uint64_t id;
    int mark;
    if (strncmp(line, "/theirs ", 8) == 0)
        return say(d, TRANSCRIPT_THEIRS, line + 8, len - 8);
    if (strncmp(line, "/fill ", 6) == 0)
        return fill(d, atoi(line + 6));
    if (sscanf(line, "/mark %lu %d", &id, &mark) == 2)
        return ui_set_mark(d->ui, id, (enum transcript_mark)mark, NULL);
    if (strncmp(line, "/title ", 7) == 0)
        screen_set_title(d->screen, line + 7);
    else if (strcmp(line, "/writing") == 0)
        ui_set_writing(d->ui, true);
    else if (strcmp(line, "/quit") == 0)
        d->code = 0;
    else if (strcmp(line, "/fail") == 0)
        d->code = 1;
    else if (strcmp(line, "/stop") == 0)
        kill(getpid(), SIGTSTP);
    else if (strcmp(line, "/abort") == 0)
        assert(d->code >= 0); /* which it is not */
    else if (strncmp(line, "/status", 7) == 0)
        status.trouble = len > 8 ? line + 8 : NULL;
    else
        return say(d, TRANSCRIPT_MINE, line, len);
    return ui_set_status(d->ui, &status);
}

static int on_event(struct demo *d, const struct ui_event *event)
{
    char *keys;
    int rc = 0;
    switch (event->type) {
    case UI_LINE: return on_line(d, event->text, event->len);
    case UI_QUIT: d->code = 0; break;
    case UI_SUSPEND: screen_suspend(d->screen); break;
    case UI_REDRAW: screen_redraw(d->screen); break;
    case UI_HELP:
        keys = ui_keys_text();
        rc = keys ? ui_open_page(d->ui, keys, strlen(keys)) : -1;
        free(keys);
        break;
    case UI_OLDER: transcript_set_older(ui_transcript(d->ui), false); break;
    default: break;
    }
    return rc;
}

/* One turn: shows, waits, takes in. */
static int turn(struct demo *d)
{
    const struct canvas *canvas = ui_draw(d->ui);
    if (!canvas)
        return -1;
    screen_draw(d->screen, canvas);
    int fds[SCREEN_FDS];
    screen_fds(d->screen, fds);
    struct pollfd polled[SCREEN_FDS] = {{.fd = fds[0], .events = POLLIN},
                                        {.fd = fds[1], .events = POLLIN}};
    uint64_t deadline = screen_deadline(d->screen), now = now_ms();
    int wait = deadline == UINT64_MAX ? -1 : deadline > now ? (int)(deadline - now) : 0;
    struct timespec timeout = {wait / 1000, wait % 1000 * 1000000};
    sigset_t none;
    sigemptyset(&none); /* on_end comes only while we wait */
    if (ppoll(polled, SCREEN_FDS, wait < 0 ? NULL : &timeout, &none) < 0 && errno != EINTR)
        return -1;
    struct input in;
    struct ui_event event;
    int rc;
    while (d->code < 0 && (rc = screen_next(d->screen, now_ms(), &in)) == 1) {
        rc = ui_input(d->ui, &in);
        while (rc == 0 && ui_next(d->ui, &event) == 1)
            rc = on_event(d, &event);
        if (rc)
            break;
    }
    return rc;
}

static int run(struct demo *d)
{
    static const struct view_status status = {
        .room = "lobby", .peer = "bob", .presence = VIEW_HERE, .round_trip_ms = 2};
    struct ui_options options = {.keep = 100000, .ascii = !screen_has_signs(d->screen)};
    options.theme.colours = screen_colours(d->screen);
    d->ui = ui_new(&options);
    if (!d->ui || ui_set_status(d->ui, &status))
        return 1;
    struct input first;
    if (screen_next(d->screen, now_ms(), &first) != 1 || ui_input(d->ui, &first))
        return 1;
    while (d->code < 0 && !ended)
        if (turn(d))
            return 1;
    return ended ? 128 + ended : d->code;
}

int main(void)
{
    setlocale(LC_ALL, "");
    struct sigaction action = {.sa_handler = on_end};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    struct demo d = {.code = -1};
    char why[160];
    if (screen_new(&d.screen, why, sizeof why)) {
        fprintf(stderr, "%s\n", why);
        return 2;
    }
    int code = run(&d);
    ui_free(d.ui);
    screen_free(d.screen);
    printf("ended with %d\n", code);
    return code;
}
