#include "talker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <cJSON.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void talker_start(struct talker *t)
{
    const char *const argv[] = {CHAT_CLIENT, "--json",  "--nick", t->name, "--server",
                                t->server,   "--state", t->state, NULL};
    process_start(&t->process, argv, t->prepare);
    fcntl(t->process.in, F_SETFL, O_NONBLOCK);
    t->is_ready = t->was_online = t->repeats = false;
}

static const char *string_of(const cJSON *event, const char *key)
{
    const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(event, key));
    return s ? s : "";
}

/* A message that was not printed before: it must be the next one of its writer. */
static void take_message(struct talker *t, const cJSON *event)
{
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(event, "id");
    assert_true(cJSON_IsNumber(id));
    if ((uint64_t)id->valuedouble <= t->id) {
        t->repeated += !t->repeats;
        t->repeats = true;
        return;
    }
    t->id = (uint64_t)id->valuedouble;
    bool mine = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(event, "mine"));
    unsigned *count = mine ? &t->accepted : &t->heard;
    const char *text = string_of(event, "text");
    char *end;
    unsigned long number = strtoul(text + 1, &end, 10);
    if (*end || (text[0] == t->first) != mine || number != *count + 1)
        fail_msg("%s: after %u of %s comes: %s", t->name, *count, mine ? "its own" : "the other's",
                 text);
    (*count)++;
}

/* What an earlier client had not printed is there: it is known what was accepted. */
static void take_status(struct talker *t, const cJSON *event)
{
    if (!t->is_ready)
        t->given = t->accepted;
    t->is_ready = true;
    t->was_online |= strcmp(string_of(event, "state"), "online") == 0;
    snprintf(t->code, sizeof t->code, "%s", string_of(event, "code"));
}

static void take_line(struct talker *t, const char *line)
{
    cJSON *event = cJSON_Parse(line);
    if (!event)
        fail_msg("%s: no JSON: %s", t->name, line);
    const char *kind = string_of(event, "event");
    if (strcmp(kind, "message") == 0)
        take_message(t, event);
    else if (strcmp(kind, "status") == 0)
        take_status(t, event);
    else if (strcmp(kind, "answer") == 0)
        t->answers++;
    else if (strcmp(kind, "refused") == 0)
        t->refusals++;
    else if (strcmp(kind, "missing") == 0 || strcmp(kind, "error") == 0)
        fail_msg("%s: %s", t->name, line);
    cJSON_Delete(event);
}

static void take_error(struct talker *t, const char *line)
{
    snprintf(t->said, sizeof t->said, "%s", line);
}

/* Reads what a stream has, and takes the whole lines. False at its end. */
static bool read_stream(struct talker *t, struct process_stream *s,
                        void (*take)(struct talker *t, const char *line))
{
    ssize_t n = read(s->fd, s->text + s->len, sizeof s->text - s->len);
    assert_true(n >= 0);
    s->len += (size_t)n;
    char *from = s->text, *end;
    while ((end = memchr(from, '\n', s->len - (size_t)(from - s->text)))) {
        *end = '\0';
        take(t, from);
        from = end + 1;
    }
    s->len -= (size_t)(from - s->text);
    memmove(s->text, from, s->len);
    return n > 0;
}

static bool wants_to_speak(const struct talker *t)
{
    return t->is_ready && t->given < t->lines && t->given < t->accepted + TALKER_WINDOW;
}

static void speak(struct talker *t)
{
    char line[64];
    int len = snprintf(line, sizeof line, "{\"text\":\"%c%u\"}\n", t->first, t->given + 1);
    ssize_t n = write(t->process.in, line, (size_t)len);
    if (n == len) /* so short a line goes into a pipe whole or not at all */
        t->given++;
}

/* Takes everything that is left, after the client is gone. */
static void drain(struct talker *t)
{
    while (read_stream(t, &t->process.out, take_line))
        ;
    while (read_stream(t, &t->process.err, take_error))
        ;
}

void talker_turn(struct talker *talkers, size_t count, int timeout_ms)
{
    struct pollfd fds[3 * 8];
    assert_true(count <= 8);
    for (size_t i = 0; i < count; i++) {
        const struct talker *t = &talkers[i];
        bool runs = t->process.pid != 0;
        fds[3 * i] = (struct pollfd){runs ? t->process.out.fd : -1, POLLIN, 0};
        fds[3 * i + 1] = (struct pollfd){runs ? t->process.err.fd : -1, POLLIN, 0};
        fds[3 * i + 2] =
            (struct pollfd){runs && wants_to_speak(t) ? t->process.in : -1, POLLOUT, 0};
    }
    poll(fds, 3 * count, timeout_ms);
    for (size_t i = 0; i < count; i++) {
        struct talker *t = &talkers[i];
        if (fds[3 * i + 1].revents)
            read_stream(t, &t->process.err, take_error);
        if (fds[3 * i].revents && !read_stream(t, &t->process.out, take_line)) {
            drain(t);
            t->exit = process_wait(&t->process);
            continue;
        }
        if (fds[3 * i + 2].revents & POLLOUT)
            speak(t);
    }
}

int talker_kill(struct talker *t)
{
    kill(t->process.pid, SIGKILL);
    drain(t);
    return process_wait(&t->process);
}

void talker_finish(struct talker *t)
{
    close(t->process.in);
    t->process.in = -1;
    drain(t);
    int status = process_wait(&t->process);
    if (status)
        fail_msg("%s ends with %d: %s %s", t->name, status, t->code, t->said);
}
