#include "fake.h"

#include "error.h"
#include "store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

enum {
    EVENTS = 16,
    SEAT = 7, /* what all rows are about */
};

struct fake fake;
static struct relay_event events[EVENTS];
static size_t event_count, event_at;
static bool dirty;

void fake_init(void)
{
    fake = (struct fake){.deadline = UINT64_MAX};
    event_count = event_at = 0;
    dirty = false;
}

static void note(const char *word)
{
    strcat(fake.notes, word);
    strcat(fake.notes, " ");
}

void fake_emit(enum relay_event_type type, struct relay_client *c)
{
    if (event_at == event_count)
        event_at = event_count = 0;
    assert_true(event_count < EVENTS);
    events[event_count++] = (struct relay_event){
        .type = type,
        .owner = c ? c->owner : NULL,
        .seat = SEAT,
    };
}

int relay_open(struct relay *r, void *owner, uint64_t now_ms, struct relay_client **c)
{
    (void)r, (void)now_ms;
    if (fake.no_memory)
        return ERROR_NOMEM;
    assert_true(fake.client_count < FAKE_CLIENTS);
    *c = &fake.clients[fake.client_count++];
    **c = (struct relay_client){.owner = owner, .open = true};
    return 0;
}

void relay_close(struct relay *r, struct relay_client *c, uint64_t now_ms)
{
    (void)r, (void)now_ms;
    assert_true(c->open);
    c->open = false;
    note("close");
}

int relay_input(struct relay *r, struct relay_client *c, const uint8_t *bytes, size_t len,
                uint64_t now_ms)
{
    (void)r, (void)bytes, (void)now_ms;
    assert_true(c->open);
    c->input_len += len;
    return 0;
}

int relay_prove(struct relay *r, struct relay_client *c, const char *identity)
{
    (void)r, (void)c, (void)identity;
    return 0;
}

void relay_end(struct relay *r, struct relay_client *c, uint64_t now_ms)
{
    (void)r, (void)now_ms;
    assert_true(c->open);
    note("end");
    c->refuses_input = true;
}

void relay_finished(struct relay *r, struct relay_client *c, uint64_t now_ms)
{
    (void)r, (void)now_ms;
    assert_true(c->open);
    note("finished");
}

const uint8_t *relay_output(struct relay *r, struct relay_client *c, size_t *len)
{
    (void)r;
    assert_true(c->open);
    *len = c->output ? strlen(c->output) : 0;
    return *len ? (const uint8_t *)c->output : NULL;
}

void relay_consume(struct relay *r, struct relay_client *c, size_t len, uint64_t now_ms)
{
    (void)r, (void)now_ms;
    c->output += len;
}

bool relay_wants_input(const struct relay_client *c)
{
    assert_true(c->open);
    return !c->refuses_input;
}

bool relay_wants_output(const struct relay_client *c)
{
    return c->output && *c->output;
}

bool relay_is_ending(const struct relay_client *c)
{
    assert_true(c->open);
    return c->ending;
}

int relay_next(struct relay *r, struct relay_event *event)
{
    (void)r;
    if (event_at == event_count)
        return 0;
    *event = events[event_at++];
    return 1;
}

void relay_committed(struct relay *r, uint64_t now_ms)
{
    (void)r, (void)now_ms;
    note("committed");
    if (fake.save_more)
        fake_emit(RELAY_SAVE_SEAT, NULL);
    fake.save_more = false;
}

void relay_rolled_back(struct relay *r, uint64_t now_ms)
{
    (void)r, (void)now_ms;
    note("rolled-back");
}

void relay_deleted(struct relay *r, uint64_t seat, uint64_t count, uint64_t cost)
{
    (void)r;
    assert_int_equal(seat, SEAT);
    assert_int_equal(count, 3);
    assert_int_equal(cost, 500);
    note("deleted");
}

uint64_t relay_deadline(const struct relay *r)
{
    (void)r;
    return fake.deadline;
}

void relay_tick(struct relay *r, uint64_t now_ms)
{
    (void)r, (void)now_ms;
    note("tick");
    fake.deadline = UINT64_MAX;
}

void relay_set_wall(struct relay *r, uint64_t now_ms, uint64_t wall_ms)
{
    (void)r;
    assert_int_equal(now_ms, 100);
    assert_int_equal(wall_ms, 200);
}

static void write_row(const char *word)
{
    note(word);
    dirty = true;
}

void store_put_seat(struct store *s, const struct relay_seat_row *row)
{
    (void)s, (void)row;
    write_row("seat");
}

void store_delete_seat(struct store *s, uint64_t seat)
{
    (void)s, (void)seat;
    write_row("-seat");
}

void store_put_message(struct store *s, const struct relay_message_row *row)
{
    (void)s, (void)row;
    write_row("message");
}

void store_put_receipt(struct store *s, const struct relay_receipt_row *row)
{
    (void)s, (void)row;
    write_row("receipt");
}

void store_delete_receipts(struct store *s, uint64_t seat)
{
    (void)s, (void)seat;
    write_row("-receipts");
}

void store_delete_messages(struct store *s, const struct relay_event *what, uint64_t *count,
                           uint64_t *cost)
{
    (void)s, (void)what;
    *count = 3;
    *cost = 500;
    write_row("-messages");
}

int store_load(struct store *s, struct relay *r, const struct relay_event *load, uint64_t now_ms)
{
    (void)s, (void)r, (void)load, (void)now_ms;
    note("load");
    return 0;
}

bool store_is_dirty(const struct store *s)
{
    (void)s;
    return dirty;
}

int store_commit(struct store *s)
{
    (void)s;
    note("commit");
    dirty = false;
    return fake.commit_result;
}

const char *store_error(const struct store *s)
{
    (void)s;
    return "the test says so";
}
