#include "error.h"
#include "faulty.h"
#include "said.h"
#include "store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FRAME = 3000, /* so that a few messages fill a page, and one of them several */
    SEATS = 3,
};

static int open_store(const char *path, void **thing)
{
    char why[STORE_WHY_MAX];
    struct store *s;
    int rc = store_open(&s, path, why);
    *thing = s;
    assert_true(rc == 0 || why[0] != '\0');
    return rc;
}

static void close_store(void *thing)
{
    store_close(thing);
}

static int commit(void *thing)
{
    return store_commit(thing);
}

static void put_messages(struct store *s, int step, uint64_t count, size_t len)
{
    static uint8_t frame[10 * FRAME];
    memset(frame, 'a' + step, len);
    for (uint64_t i = 0; i < count; i++) {
        const struct relay_message_row row = {
            .seat = (uint64_t)step % SEATS,
            .position = 100 * ((uint64_t)step + 1) + i,
            .sender = 7,
            .stream = 1 + (uint64_t)step / 4,
            .n = 10 * ((uint64_t)step + 1) + i,
            .cost = len + RELAY_MESSAGE_COST,
            .frame = frame,
            .frame_len = len,
        };
        store_put_message(s, &row);
    }
}

static void put_seat(struct store *s, int step)
{
    static const char *const nicks[] = {"alice", "bob", "carol"};
    const struct relay_seat_row row = {
        .id = (uint64_t)step % SEATS,
        .room = "lobby",
        .nick = nicks[step % SEATS],
        .identity = "key",
        .keys = {"{}", 2},
        .gone_wall_ms = 1000 * ((uint64_t)step + 1),
    };
    store_put_seat(s, &row);
}

static void put_receipt(struct store *s, int step)
{
    const struct relay_receipt_row row = {
        .seat = (uint64_t)step % SEATS,
        .stream = (uint64_t)step % 2,
        .position = 100 * ((uint64_t)step + 1) + 50,
        .frame = (const uint8_t *)"a receipt",
        .frame_len = 9,
    };
    store_put_receipt(s, &row);
}

static void delete_messages(struct store *s, int step)
{
    const struct relay_event what = {
        .type = RELAY_DELETE_MESSAGES, .seat = 1, .stream = 1, .n = 10 * (uint64_t)step};
    uint64_t count, cost;
    store_delete_messages(s, &what, &count, &cost);
}

static void change(void *thing, int step)
{
    struct store *s = thing;
    put_seat(s, step);
    put_messages(s, step, 2, FRAME);
    put_messages(s, step + 20, 1, step == 5 ? 10 * FRAME : 10);
    put_receipt(s, step);
    if (step % 3 == 2)
        delete_messages(s, step);
    if (step == 6)
        store_delete_receipts(s, 0);
    if (step == 7)
        store_delete_seat(s, 2);
}

static int dump(void *thing, char *text, size_t size)
{
    said[0] = '\0';
    int rc = store_restore(thing, NULL);
    for (uint64_t seat = 0; rc == 0 && seat < SEATS; seat++) {
        const struct relay_event all = {.type = RELAY_LOAD, .seat = seat, .bytes = UINT64_MAX};
        rc = store_load(thing, NULL, &all, 0);
    }
    snprintf(text, size, "%s", said);
    return rc;
}

int main(void)
{
    static const struct faulty store = {
        .steps = 9,
        .open = open_store,
        .change = change,
        .commit = commit,
        .close = close_store,
        .dump = dump,
    };
    return faulty_play_all(&store);
}
