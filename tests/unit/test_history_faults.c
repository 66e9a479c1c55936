#include "error.h"
#include "faulty.h"
#include "history.h"
#include "history_said.h"
#include "payload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT = 3000, /* so that a few messages fill a page */
    WIDE = PAYLOAD_TEXT_MAX - 64,
};

static int open_history(const char *path, void **thing)
{
    char why[HISTORY_WHY_MAX];
    struct history *h;
    int rc = history_open(&h, path, why);
    *thing = h;
    assert_true(rc == 0 || why[0] != '\0');
    return rc;
}

static void close_history(void *thing)
{
    history_close(thing);
}

static int commit(void *thing)
{
    return history_commit(thing);
}

static void save_peer(struct history *h, int step)
{
    const struct session_event event = {
        .type = SESSION_SAVE_PEER,
        .peer_row = {.id = 1, .nick = step < 5 ? "bob" : "Bob", .identity = "key"},
    };
    history_save(h, &event);
}

static void save_stream(struct history *h, int step, bool mine)
{
    const struct session_event event = {
        .type = SESSION_SAVE_STREAM,
        .stream_row = {.peer = 1,
                       .mine = mine,
                       .stream = 1 + (uint64_t)step / 4,
                       .order = 1 + (uint64_t)step / 4,
                       .last = (uint64_t)step + 1,
                       .receipted = (uint64_t)step},
    };
    history_save(h, &event);
}

/*
 * Message `number` of a step: words that are found by none of another one, and padding. Written by
 * hand, as memory is to fail elsewhere.
 */
static void save_message(struct history *h, int step, int number, size_t len)
{
    static char bytes[WIDE + 64];
    int head = sprintf(bytes + 2, "{\"kind\":\"text\",\"text\":\"step%d number%d ", step, number);
    size_t end = 2 + (size_t)head + len;
    memset(bytes + 2 + head, 'x', len);
    memcpy(bytes + end, "\"}", 2);
    bytes[0] = (char)(end >> 8);
    bytes[1] = (char)end;
    struct session_event event = {
        .type = SESSION_SAVE_MESSAGE,
        .message_row = {.id = 1 + 3 * (uint64_t)step + (uint64_t)number,
                        .peer = 1,
                        .mine = number < 2,
                        .stream = 1 + (uint64_t)step / 4,
                        .n = 2 * (uint64_t)step + (uint64_t)number + 1,
                        .wall_ms = 1000,
                        .payload = (const uint8_t *)bytes,
                        .payload_len = end + 2},
    };
    history_save(h, &event);
}

static void change(void *thing, int step)
{
    struct history *h = thing;
    save_peer(h, step);
    save_stream(h, step, true);
    save_stream(h, step, false);
    for (int number = 0; number < 3; number++)
        save_message(h, step, number, step == 5 && number == 1 ? WIDE : TEXT);
    struct session_event mark = {.type = SESSION_SAVE_MARK};
    mark.id = 1 + (uint64_t)step;
    mark.mark = SESSION_DELIVERED;
    history_save(h, &mark);
    if (step == 6)
        history_save(h, &(struct session_event){.type = SESSION_SAVE_SEEN,
                                                .load = {.peer = 1, .stream = 1, .n = 9}});
    if (step % 3 == 0)
        history_put_place(h, "what is being written", (size_t)step + 1, (uint64_t)step);
}

static char *end_of(char *text)
{
    return text + strlen(text);
}

static int take(void *context, const struct session_message_row *row)
{
    (void)context;
    return history_said_message("row", row);
}

static int take_found(void *context, const struct session_message_row *row)
{
    (void)context;
    sprintf(end_of(said), "found %ju\n", (uintmax_t)row->id);
    return 0;
}

static int dump(void *thing, char *text, size_t size)
{
    struct history *h = thing;
    said[0] = '\0';
    int rc = history_restore(h, NULL);
    if (rc == 0)
        rc = history_walk(h, UINT64_MAX, SIZE_MAX, take, NULL);
    for (int step = 0; rc == 0 && step < 12; step++) {
        char words[32];
        snprintf(words, sizeof words, "number1 step%d", step);
        const struct history_query query = {.words = words, .bound = UINT64_MAX};
        rc = history_search(h, &query, take_found, NULL);
    }
    const struct session_event load = {.type = SESSION_LOAD,
                                       .load = {.peer = 1, .stream = 1, .n = 2}};
    if (rc == 0)
        rc = history_load(h, NULL, &load, 5);
    char *draft = NULL;
    size_t len;
    uint64_t message;
    if (rc == 0)
        rc = history_get_place(h, &draft, &len, &message);
    if (rc == 0)
        sprintf(end_of(said), "place %s %ju\n", draft, (uintmax_t)message);
    free(draft);
    snprintf(text, size, "%s", said);
    return rc;
}

int main(void)
{
    static const struct faulty history = {
        .steps = 9,
        .ends_when_full = true,
        .open = open_history,
        .change = change,
        .commit = commit,
        .close = close_history,
        .dump = dump,
    };
    return faulty_play_all(&history);
}
