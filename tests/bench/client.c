#include "client.h"

#include "content.h"
#include "error.h"

#include <err.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

enum {
    BLOCK = 128 << 10, /* holds a burst of any scenario */
    BUFFER_MAX = 16 << 20,
};

uint64_t client_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void watch(struct client *c, int operation)
{
    short events = conn_events(c->conn, true, c->out.len > 0);
    if (operation == EPOLL_CTL_MOD && events == c->events)
        return;
    c->events = events;
    struct epoll_event event = {.events = (unsigned short)events, .data.ptr = c};
    if (epoll_ctl(c->run->epoll, operation, conn_fd(c->conn), &event))
        err(1, "epoll_ctl");
}

static void flush(struct client *c)
{
    size_t len;
    const uint8_t *bytes = buffer_peek(&c->out, &len);
    if (len > 0) {
        int put = conn_write(c->conn, bytes, len);
        if (put < 0)
            errx(1, "cannot write to the server: %s", error_text(put));
        buffer_consume(&c->out, (size_t)put);
    }
    watch(c, EPOLL_CTL_MOD);
}

void client_open(struct client *c, struct client_run *run, enum client_role role, unsigned room,
                 int side)
{
    *c = (struct client){
        .run = run,
        .role = role,
        .speaks = {.keys = run->keys,
                   .room = room,
                   .side = side,
                   .message_len = run->message_len,
                   .hears_receipts = role == CLIENT_SOURCE},
        .heard = {.author = room << 1 | (unsigned)!side},
    };
    buffer_init(&c->in, BUFFER_MAX);
    buffer_init(&c->out, BUFFER_MAX);
    c->speaks.out = &c->out;
    int fd = address_connect(&run->server);
    if (fd < 0)
        err(1, "cannot connect");
    int rc = run->tls ? conn_new_tls(&c->conn, fd, run->tls, false) : conn_new(&c->conn, fd);
    if (rc == 0)
        rc = conn_handshake(c->conn);
    if (rc < 0)
        errx(1, "cannot connect: %s", error_text(rc));
    run->speech->say_hello(&c->speaks);
    watch(c, EPOLL_CTL_ADD);
    flush(c);
}

void client_close(struct client *c)
{
    conn_free(c->conn);
    buffer_clear(&c->in);
    buffer_clear(&c->out);
    c->conn = NULL;
}

uint32_t client_owed(const struct client *c)
{
    return c->sent - c->acked;
}

static void send_messages(struct client *c, uint32_t count)
{
    char text[CONTENT_MAX];
    size_t len = c->run->message_len;
    struct content content = {
        .sent_ns = client_now_ns(),
        .author = c->speaks.room << 1 | (unsigned)c->speaks.side,
    };
    for (; count > 0; count--) {
        content.n = ++c->sent;
        content_put(text, len, &content);
        c->run->speech->say_message(&c->speaks, c->sent, text, len);
        c->run->tally->sent++;
    }
}

void client_start(struct client *c)
{
    if (c->role == CLIENT_SOURCE)
        send_messages(c, c->run->window - client_owed(c));
    else if (c->role == CLIENT_PLAYER && c->speaks.side == 0)
        send_messages(c, 1);
    flush(c);
}

static void hear(struct client *c, const struct speech_event *event, uint64_t now_ns)
{
    switch (event->type) {
    case SPEECH_MET: c->met = true; /* fall through */
    case SPEECH_JOINED: c->speaks.joined = true; break;
    case SPEECH_MESSAGE:
        tally_message(c->run->tally, &c->heard, event->content, event->len, now_ns);
        break;
    case SPEECH_STORED:
        if (!c->run->counts_stored)
            break;
        /* fall through */
    case SPEECH_RECEIPT:
        if (event->n > c->acked && event->n <= c->sent)
            c->acked = (uint32_t)event->n;
        break;
    case SPEECH_REFUSED: errx(1, "the server refused: %.*s", (int)event->len, event->content);
    case SPEECH_NOTHING: break;
    }
}

/* Hears what the bytes hold whole. Gives how many they took. */
static size_t hear_all(struct client *c, const uint8_t *bytes, size_t len)
{
    uint64_t now_ns = client_now_ns();
    size_t taken = 0;
    for (;;) {
        struct speech_event event;
        int rc = c->run->speech->hear(&c->speaks, bytes + taken, len - taken, &event);
        if (rc < 0)
            errx(1, "the server says what no server says");
        if (rc == 0)
            return taken;
        taken += (size_t)rc;
        hear(c, &event, now_ns);
    }
}

static void take(struct client *c, const uint8_t *bytes, size_t len)
{
    if (c->in.len == 0) {
        size_t taken = hear_all(c, bytes, len);
        bytes += taken;
        len -= taken;
    }
    if (buffer_put(&c->in, bytes, len))
        errx(1, "out of memory");
    if (c->in.len > len) {
        bytes = buffer_peek(&c->in, &len);
        buffer_consume(&c->in, hear_all(c, bytes, len));
    }
}

/* Answers what was heard at once, in as few words as the speech allows. */
static void answer(struct client *c, uint32_t heard)
{
    bool plays = c->role == CLIENT_PLAYER;
    if (heard > 0 && (!plays || c->run->speech->answers_both)) {
        c->receipted = c->heard.n;
        c->run->speech->say_receipt(&c->speaks, c->receipted);
    }
    if (!c->run->going)
        return;
    if (plays)
        send_messages(c, heard);
    else if (c->role == CLIENT_SOURCE)
        send_messages(c, c->run->window - client_owed(c));
}

void client_serve(struct client *c)
{
    static uint8_t block[BLOCK];
    uint32_t before = c->heard.n;
    do {
        int got = conn_read(c->conn, block, sizeof block);
        if (got < 0)
            errx(1, "the server ended a connection: %s",
                 got == ERROR_SYSTEM ? strerror(errno) : error_text(got));
        take(c, block, (size_t)got);
    } while (conn_pending(c->conn));
    answer(c, c->heard.n - before);
    flush(c);
}
