/*
 * bench_history FILE MESSAGES: puts that many messages, of two people in turn, behind what a
 * chat-client has in this history.
 */
#include "error.h"
#include "history.h"
#include "payload.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    PEER = 1,
    EVERY_MS = 20000, /* a message */
    A_COMMIT = 10000, /* messages */
};

static const char *const texts[] = {
    "ok",
    "did you see the warning in relay.c? it has been there since Tuesday",
    "pulling now 👍",
    "a longer one, which has to be wrapped at words: https://intra.example/b/4711 says more about "
    "it than I could, so read it when there is time",
    "sorry, phone",
    "fixing it now",
    "the build box is back",
};

static void save(struct history *h, uint64_t id, uint64_t wall_ms, struct buffer *payload)
{
    const char *text = texts[id % (sizeof texts / sizeof texts[0])];
    const struct payload p = {.kind = PAYLOAD_TEXT, .text = {text, strlen(text)}};
    buffer_clear(payload);
    if (payload_put(payload, &p))
        errx(1, "out of memory");
    struct session_event event = {
        .type = SESSION_SAVE_MESSAGE,
        .message_row = {.id = id,
                        .peer = PEER,
                        .mine = id % 2,
                        .stream = 1,
                        .n = (id + 1) / 2,
                        .wall_ms = wall_ms,
                        .mark = id % 2 ? SESSION_SEEN : 0},
    };
    event.message_row.payload = buffer_peek(payload, &event.message_row.payload_len);
    history_save(h, &event);
}

int main(int argc, char **argv)
{
    struct history *h;
    struct buffer payload;
    char why[HISTORY_WHY_MAX];
    if (argc != 3)
        errx(2, "usage: bench_history FILE MESSAGES");
    if (history_open(&h, argv[1], why))
        errx(1, "%s", why);
    uint64_t count = strtoull(argv[2], NULL, 10), wall_ms = (uint64_t)time(NULL) * 1000;
    wall_ms -= count * EVERY_MS;
    buffer_init(&payload, SIZE_MAX);
    const struct session_event peer = {
        .type = SESSION_SAVE_PEER,
        .peer_row = {.id = PEER, .nick = "carol", .identity = ""},
    };
    history_save(h, &peer);
    int rc = 0;
    for (uint64_t id = 1; rc == 0 && id <= count; id++) {
        save(h, id, wall_ms + id * EVERY_MS, &payload);
        if (id % A_COMMIT == 0 || id == count)
            rc = history_commit(h);
    }
    if (rc)
        errx(1, "%s", history_error(h));
    buffer_clear(&payload);
    history_close(h);
    return 0;
}
