#include "guide.h"

#include "error.h"
#include "frame.h"
#include "header.h"
#include "payload.h"

#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    READING_MS = 300, /* a pause before it writes, */
    WRITING_MS = 900, /* and while it does */
    STREAM = 1,
    BUFFER_MAX = 1 << 20,
};

static const struct json_string own_nick = {"guide", 5};

static bool has_lines(const struct payload *p)
{
    return memchr(p->text.at, '\n', p->text.len);
}

static bool has_sign(const struct payload *p)
{
    size_t i = 0;
    while (i < p->text.len && !(p->text.at[i] & 0x80))
        i++;
    return i < p->text.len;
}

/* What it says, and waits for then: any line, or a message of a kind, or one that has something. */
static const struct {
    const char *text;
    enum payload_kind kind;
    bool (*has)(const struct payload *p);
    const char *hint; /* where something else comes */
} script[] = {
    {.text = "Hello! I am a script in this program: nothing you write here leaves this machine.\n"
             "Write something and press Enter."},
    {.text = "I have it: the mark at the end of your line says so. ✓✓ is on my machine, ● is seen "
             "by me.\nPress Up to get your line back, change it, and press Enter again."},
    {.text = "Ctrl-J, or Alt-Enter, begins a new line in the same message. Send me two lines.",
     .has = has_lines,
     .hint = "That was one line. Write something, press Ctrl-J, write more, and then Enter."},
    {.text = "Signs have names. Type :hea and press Tab: again and again, until you like it. Then "
             "Enter.",
     .has = has_sign,
     .hint = "I see no sign in it. Type :hea and press Tab until the sign is in your line, then "
             "Enter."},
    {.text = "Lines that begin with a slash are commands, and Tab completes those too.\n"
             "Do something: /me waves",
     .kind = PAYLOAD_ACTION,
     .hint = "That was said, not done: begin the line with /me and a space."},
    {.text = "Put a sign to what I say here: /react :+1:\n"
             "Alt-P would choose an older message first, Esc none again.",
     .kind = PAYLOAD_REACT,
     .hint = "That is a new message. Write /react :+1: and press Enter."},
    {.text = "You may change your mind: /edit and a new text changes what you said last.",
     .kind = PAYLOAD_EDIT,
     .hint = "That is a new message, too. Write /edit, a space and the text."},
    {.text = "PageUp and PageDown read back, End comes back down, and Ctrl-R searches. F1 shows "
             "every key and command, q closes that.\nTell me when you have had a look."},
    {.text = "/theme shows colours, on this very screen: Up and Down, then Enter or Esc.\n"
             "Tell me when you like what you see."},
    {.text = "That is all there is to it. What you write while the other person is away waits for "
             "them, even if the power goes.\n/quit ends this. Then: chat-client --nick NAME"},
    {.text = "I have nothing more to say: /quit ends this."},
};

enum {
    LINES = sizeof script / sizeof script[0],
};

/* The relay and the other person, as one. */
struct player {
    int fd;
    struct frame_reader reader;
    struct header_decoder decoder;
    struct buffer out, content, scratch;
    uint64_t said; /* messages, of any kind */
    size_t line;   /* of the script, next */
};

const char *guide_line(size_t number)
{
    return number < LINES ? script[number].text : NULL;
}

static uint64_t wall_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* 0, or an error with which the connection is over. */
static int send_frame(struct player *p, const struct header *h, const struct payload *payload)
{
    const uint8_t format = PAYLOAD_OPEN;
    buffer_truncate(&p->content, 0);
    int rc = payload ? buffer_put(&p->content, &format, 1) : 0;
    if (rc == 0 && payload)
        rc = payload_put(&p->content, payload);
    size_t len;
    const uint8_t *bytes = buffer_peek(&p->content, &len);
    if (rc == 0)
        rc = header_put(&p->out, HEADER_FROM_RELAY, h, bytes, len);
    while (rc == 0 && (bytes = buffer_peek(&p->out, &len), len > 0)) {
        ssize_t n = send(p->fd, bytes, len, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            return ERROR_CLOSED;
        buffer_consume(&p->out, n > 0 ? (size_t)n : 0);
    }
    return rc;
}

static int send_message(struct player *p, const struct payload *payload)
{
    const struct header h = {.type = HEADER_MESSAGE,
                             .peer = own_nick,
                             .stream = STREAM,
                             .n = ++p->said,
                             .time = wall_now_ms()};
    return send_frame(p, &h, payload);
}

/* Says something, as somebody who writes it first. */
static int say(struct player *p, const char *text)
{
    const struct header signal = {.type = HEADER_SIGNAL, .peer = own_nick, .time = wall_now_ms()};
    const struct payload typing = {.kind = PAYLOAD_TYPING, .active = true};
    const struct payload said = {.kind = PAYLOAD_TEXT, .text = {text, strlen(text)}};
    poll(NULL, 0, READING_MS);
    int rc = send_frame(p, &signal, &typing);
    poll(NULL, 0, WRITING_MS);
    return rc ? rc : send_message(p, &said);
}

/* Says the next line; the last one as often as need be. */
static int say_next(struct player *p)
{
    size_t line = p->line;
    if (line + 1 < LINES)
        p->line++;
    return say(p, script[line].text);
}

/* Answers what it was told: goes on where that was what the last line asked for. */
static int answer(struct player *p, const struct payload *told)
{
    size_t line = p->line - 1;
    bool is_text = told->kind == PAYLOAD_TEXT || told->kind == PAYLOAD_ACTION;
    bool is_done = script[line].kind ? told->kind == script[line].kind : is_text;
    if (is_done && script[line].has)
        is_done = script[line].has(told);
    if (is_done)
        return say_next(p);
    return is_text && script[line].hint ? say(p, script[line].hint) : 0;
}

static int take_hello(struct player *p, const struct header *h)
{
    const struct header welcome = {.type = HEADER_WELCOME,
                                   .version = PROTOCOL_VERSION,
                                   .nick = h->nick,
                                   .room = h->room,
                                   .agent = {"chat-client --demo", 18},
                                   .time = wall_now_ms(),
                                   .has_peer = true,
                                   .peer_nick = own_nick,
                                   .peer_state = HEADER_ONLINE,
                                   .peer_time = wall_now_ms()};
    int rc = send_frame(p, &welcome, NULL);
    return rc || p->line > 0 ? rc : say_next(p);
}

static int take_message(struct player *p, const struct header *h, const struct frame *frame)
{
    struct payload payload;
    const struct header receipt = {
        .type = HEADER_RECEIPT, .peer = own_nick, .stream = h->stream, .n = h->n};
    const struct payload proof = {.kind = PAYLOAD_RECEIPT};
    const struct payload seen = {.kind = PAYLOAD_READ,
                                 .target = {.present = true, .stream = h->stream, .n = h->n}};
    int rc = send_frame(p, &receipt, &proof);
    if (rc || frame->content_len < 1 ||
        payload_decode(frame->content + 1, frame->content_len - 1, &p->scratch, &payload))
        return rc;
    if (payload.kind == PAYLOAD_READ)
        return 0;
    poll(NULL, 0, READING_MS);
    rc = send_message(p, &seen);
    return rc ? rc : answer(p, &payload);
}

static int take_frame(struct player *p, const struct frame *frame)
{
    struct header h;
    int rc = header_decode(&p->decoder, HEADER_FROM_CLIENT, frame, &h);
    if (rc)
        return rc;
    const struct header pong = {.type = HEADER_PONG, .has_id = h.has_id, .id = h.id};
    switch (h.type) {
    case HEADER_HELLO: return take_hello(p, &h);
    case HEADER_MESSAGE: return take_message(p, &h, frame);
    case HEADER_PING: return send_frame(p, &pong, NULL);
    case HEADER_BYE: return ERROR_CLOSED;
    default: return 0;
    }
}

/* Serves one connection until its end. */
static void serve(struct player *p)
{
    uint8_t bytes[16384];
    ssize_t n;
    int rc = 0;
    frame_reader_init(&p->reader);
    while (rc == 0 && (n = read(p->fd, bytes, sizeof bytes)) > 0) {
        struct frame frame;
        frame_reader_feed(&p->reader, bytes, (size_t)n);
        while (rc == 0 && (rc = frame_reader_next(&p->reader, &frame)) == 1)
            rc = take_frame(p, &frame);
        if (rc == 0)
            rc = frame_reader_keep(&p->reader);
    }
    frame_reader_clear(&p->reader);
    close(p->fd);
}

_Noreturn static void play(int listener)
{
    struct player p = {0};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    header_decoder_init(&p.decoder);
    buffer_init(&p.out, BUFFER_MAX);
    buffer_init(&p.content, BUFFER_MAX);
    buffer_init(&p.scratch, BUFFER_MAX);
    while ((p.fd = accept(listener, NULL, NULL)) >= 0)
        serve(&p);
    _exit(1);
}

static int listen_at(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 1))) {
        close(fd);
        return -1;
    }
    return fd;
}

int guide_start(struct guide *g, char why[WORDS_MAX])
{
    const char *base = getenv("TMPDIR");
    bool usable = base && *base == '/' && strlen(base) < GUIDE_FOLDER_MAX - 32;
    *g = (struct guide){.relay.is_unix = true};
    snprintf(g->folder, sizeof g->folder, "%s/chat-demo.XXXXXX", usable ? base : "/tmp");
    int listener = -1;
    if (mkdtemp(g->folder)) {
        snprintf(g->relay.path, sizeof g->relay.path, "%s/relay", g->folder);
        listener = listen_at(g->relay.path);
    }
    g->pid = listener >= 0 ? fork() : -1;
    if (g->pid == 0)
        play(listener);
    int error = errno;
    if (listener >= 0)
        close(listener);
    if (g->pid > 0)
        return 0;
    snprintf(why, WORDS_MAX, "cannot start the demo in %s: %s", g->folder, strerror(error));
    guide_stop(g);
    return ERROR_SYSTEM;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status;
    (void)type;
    (void)at;
    remove(path);
    return 0;
}

void guide_stop(struct guide *g)
{
    if (g->pid > 0) {
        kill(g->pid, SIGKILL);
        waitpid(g->pid, NULL, 0);
    }
    nftw(g->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
