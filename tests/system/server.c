#include "server.h"

#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void start(struct server *s, const char *first, const char *options, void (*prepare)(void))
{
    static const char prefix[] = "listening on ";
    char words[2048];
    const char *program = getenv("CHAT_SERVER"); /* another than the usual one */
    const char *argv[48] = {program ? program : CHAT_SERVER};
    size_t argc = 1, listeners = 0;
    if (!strstr(options, "--state "))
        argv[argc++] = "--memory";
    assert_true((size_t)snprintf(words, sizeof words, "%s %s", first, options) < sizeof words);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
        listeners += strcmp(word, "--listen") == 0;
        argv[argc++] = word;
    }
    if (listeners == 0) {
        argv[argc++] = "--listen";
        argv[argc++] = "127.0.0.1:0";
        listeners = 1;
    }
    assert_true(listeners <= SERVER_LISTENERS_MAX);
    process_start(&s->process, argv, prepare);
    for (size_t i = 0; i < listeners; i++) {
        const char *line = process_line(&s->process.out);
        if (!line)
            fail_msg("it does not start: %s", process_line(&s->process.err));
        assert_memory_equal(line, prefix, strlen(prefix));
        snprintf(s->addresses[i], sizeof s->addresses[i], "%s", line + strlen(prefix));
    }
}

void server_start(struct server *s, const char *options, void (*prepare)(void))
{
    start(s, "--plaintext", options, prepare);
}

void server_start_tls(struct server *s, const char *options, void (*prepare)(void))
{
    char state[256] = "", name[64];
    snprintf(name, sizeof name, "relay-%p", (void *)s); /* its key is the same the next time */
    if (!strstr(options, "--state "))
        snprintf(state, sizeof state, "--state %s", scratch_path(name));
    start(s, state, options, prepare);
}

void server_stop(struct server *s)
{
    assert_int_equal(kill(s->process.pid, SIGTERM), 0);
    assert_null(process_line(&s->process.out));
    char last[1024] = "";
    for (const char *line; (line = process_line(&s->process.err));)
        snprintf(last, sizeof last, "%s", line);
    int rc = process_wait(&s->process);
    if (rc)
        fail_msg("it exits with %d; its last word: %s", rc, last);
}

#define HELLO   "{\"type\":\"hello\",\"version\":1,\"nick\":\"%s\",\"room\":\"%s\"}"
#define WELCOME "{\"type\":\"welcome\",*"

static void join(struct wire *w, const char *address, const char *nick, const char *room)
{
    char hello[256];
    snprintf(hello, sizeof hello, HELLO, nick, room);
    wire_open(w, address);
    wire_send(w, hello, NULL);
}

void canary_start(struct canary *c, const char *address, const char *room)
{
    c->n = 0;
    join(&c->a, address, "tweety", room);
    wire_expect(&c->a,
                "{\"type\":\"welcome\",\"version\":1,\"nick\":\"tweety\",\"room\":\"*\","
                "\"agent\":\"*\",\"time\":*,\"waiting\":0,\"peer\":null}",
                NULL);
    join(&c->b, address, "woodstock", room);
    wire_expect(&c->b,
                "{\"type\":\"welcome\",\"version\":1,\"nick\":\"woodstock\",\"room\":\"*\","
                "\"agent\":\"*\",\"time\":*,\"waiting\":0,"
                "\"peer\":{\"nick\":\"tweety\",\"state\":\"online\",\"time\":*}}",
                NULL);
    wire_expect(&c->a,
                "{\"type\":\"presence\",\"nick\":\"woodstock\",\"state\":\"online\",\"time\":*}",
                NULL);
}

/* One message from one to the other, and its receipt back. */
static void pass(struct wire *from, struct wire *to, const char *sender, const char *receiver,
                 unsigned n)
{
    char frame[256], content[32];
    snprintf(content, sizeof content, "tweet %u", n);
    snprintf(frame, sizeof frame,
             "{\"type\":\"message\",\"to\":\"%s\",\"stream\":\"00000000000000aa\",\"n\":%u}",
             receiver, n);
    wire_send(from, frame, content);
    snprintf(frame, sizeof frame,
             "{\"type\":\"message\",\"from\":\"%s\",\"stream\":\"00000000000000aa\",\"n\":%u,"
             "\"time\":*}",
             sender, n);
    wire_expect(to, frame, content);
    snprintf(frame, sizeof frame,
             "{\"type\":\"receipt\",\"to\":\"%s\",\"stream\":\"00000000000000aa\",\"n\":%u}",
             sender, n);
    wire_send(to, frame, NULL);
    snprintf(frame, sizeof frame,
             "{\"type\":\"receipt\",\"from\":\"%s\",\"stream\":\"00000000000000aa\",\"n\":%u}",
             receiver, n);
    wire_expect(from, frame, NULL);
}

void canary_talk(struct canary *c)
{
    c->n++;
    pass(&c->a, &c->b, "tweety", "woodstock", c->n);
    pass(&c->b, &c->a, "woodstock", "tweety", c->n);
}

void canary_stop(struct canary *c)
{
    wire_close(&c->a);
    wire_close(&c->b);
}
