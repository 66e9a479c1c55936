#include "relay.h"

#include "client.h"
#include "core.h"
#include "disk.h"
#include "error.h"
#include "hello.h"
#include "note.h"
#include "output.h"
#include "queue.h"
#include "seat.h"

#include <stdlib.h>
#include <string.h>

int relay_new(struct relay **out, const struct relay_options *options)
{
    struct relay *r = calloc(1, sizeof *r);
    *out = NULL;
    if (!r)
        return ERROR_NOMEM;
    r->options = *options;
    for (size_t i = 0; i < LISTS; i++)
        link_init(&r->lists[i]);
    link_init(&r->ready);
    link_init(&r->actions);
    link_init(&r->saving);
    link_init(&r->changed);
    link_init(&r->freed);
    link_init(&r->undone);
    link_init(&r->notes);
    r->waits_ms[LIST_HELLO] = options->hello_timeout_ms;
    r->waits_ms[LIST_HEARD] = options->ping_interval_ms;
    r->waits_ms[LIST_PINGED] = options->ping_interval_ms * 5 / 2;
    r->waits_ms[LIST_ENDING] = options->ping_interval_ms * 5 / 2;
    r->waits_ms[LIST_FLUSH] = RELAY_FLUSH_MS;
    r->waits_ms[LIST_LINGER] = RELAY_LINGER_MS;
    r->next_seat = r->next_position = 1;
    header_decoder_init(&r->decoder);
    buffer_init(&r->scratch, FRAME_MAX);
    r->output = malloc(OUTPUT_SIZE);
    if (table_init(&r->rooms) || table_init(&r->seats) || table_init(&r->streams) || !r->output) {
        relay_free(r);
        return ERROR_NOMEM;
    }
    *out = r;
    return 0;
}

uint64_t core_waiting_bytes(const struct relay *r)
{
    return r->counters.queued_bytes + r->receipts_bytes + r->kept.count * RELAY_SEAT_COST;
}

static void free_allowed(char **allowed, size_t count)
{
    for (size_t i = 0; i < count && allowed; i++)
        free(allowed[i]);
    free(allowed);
}

void relay_free(struct relay *r)
{
    if (!r)
        return;
    r->options.durable = false;
    r->stopping = true;
    for (size_t i = 0; i < LISTS; i++)
        while (!link_is_alone(&r->lists[i]))
            relay_close(r, LINK_OF(r->lists[i].next, struct relay_client, in_list), r->now_ms);
    seat_free_all(r);
    struct relay_event event;
    while (disk_next(r, &event))
        ; /* it frees what only waited for the disk */
    disk_free_seats(&r->freed);
    disk_free_seats(&r->undone);
    while (!link_is_alone(&r->saving)) {
        struct message *m = LINK_OF(r->saving.next, struct message, in_run);
        link_take(&m->in_run);
        queue_free(r, m);
    }
    note_clear(r);
    table_clear(&r->rooms);
    table_clear(&r->seats);
    table_clear(&r->streams);
    heap_clear(&r->idle);
    heap_clear(&r->kept);
    free_allowed(r->allowed, r->allowed_count);
    header_decoder_clear(&r->decoder);
    buffer_clear(&r->scratch);
    pool_clear(&r->pool);
    free(r->output);
    free(r);
}

void core_set_now(struct relay *r, uint64_t now_ms)
{
    if (now_ms > r->now_ms)
        r->now_ms = now_ms;
}

uint64_t core_wall_ms(const struct relay *r)
{
    return r->wall_ms + (r->now_ms - r->wall_at_ms);
}

void relay_set_wall(struct relay *r, uint64_t now_ms, uint64_t wall_ms)
{
    core_set_now(r, now_ms);
    r->wall_at_ms = r->now_ms;
    r->wall_ms = wall_ms;
}

/* Ends the clients of a list of which `wanted` says no. */
static void fail_all(struct relay *r, enum client_list list, enum header_code code,
                     bool (*wanted)(const struct relay *r, const struct relay_client *c))
{
    struct link *next;
    for (struct link *l = r->lists[list].next; l != &r->lists[list]; l = next) {
        struct relay_client *c = LINK_OF(l, struct relay_client, in_list);
        next = l->next;
        if (!wanted(r, c))
            client_fail(r, c, code, NULL);
    }
}

static bool is_allowed(const struct relay *r, const struct relay_client *c)
{
    return hello_is_allowed(r, c->seat->identity);
}

static bool is_never_wanted(const struct relay *r, const struct relay_client *c)
{
    (void)r, (void)c;
    return false;
}

int relay_set_allowed(struct relay *r, const char *const *identities, size_t count)
{
    char **allowed = NULL;
    if (identities) {
        allowed = calloc(count + 1, sizeof *allowed);
        if (!allowed)
            return ERROR_NOMEM;
        for (size_t i = 0; i < count; i++) {
            allowed[i] = strdup(identities[i]);
            if (!allowed[i]) {
                free_allowed(allowed, count);
                return ERROR_NOMEM;
            }
        }
        hello_sort_allowed(allowed, count);
    }
    free_allowed(r->allowed, r->allowed_count);
    r->allowed = allowed;
    r->allowed_count = count;
    fail_all(r, LIST_HEARD, CODE_NOT_ALLOWED, is_allowed);
    fail_all(r, LIST_PINGED, CODE_NOT_ALLOWED, is_allowed);
    fail_all(r, LIST_ENDING, CODE_NOT_ALLOWED, is_allowed);
    return 0;
}

int relay_next(struct relay *r, struct relay_event *event)
{
    for (;;) {
        seat_trim(r);
        if (disk_next(r, event) || note_next(r, event))
            return 1;
        if (link_is_alone(&r->ready))
            return 0;
        struct relay_client *c = LINK_OF(r->ready.next, struct relay_client, in_ready);
        link_take(&c->in_ready);
        if (client_next(r, c, event))
            return 1;
    }
}

uint64_t relay_deadline(const struct relay *r)
{
    if (!link_is_alone(&r->actions) || !link_is_alone(&r->ready))
        return 0;
    uint64_t deadline = seat_deadline(r);
    if (r->loads_at_ms && r->loads_at_ms < deadline)
        deadline = r->loads_at_ms;
    for (size_t i = 0; i < LIST_DROPPED; i++) {
        const struct link *first = r->lists[i].next;
        if (first == &r->lists[i])
            continue;
        uint64_t at = client_since_ms(first) + r->waits_ms[i];
        if (at < deadline)
            deadline = at;
    }
    return deadline;
}

void relay_tick(struct relay *r, uint64_t now_ms)
{
    core_set_now(r, now_ms);
    for (size_t i = 0; i < LIST_DROPPED; i++)
        client_expire(r, (enum client_list)i);
    seat_expire(r);
    if (r->loads_at_ms && r->loads_at_ms <= r->now_ms)
        disk_load_all(r);
}

void relay_stop(struct relay *r, uint64_t now_ms)
{
    core_set_now(r, now_ms);
    r->stopping = true;
    for (size_t i = LIST_HELLO; i <= LIST_ENDING; i++)
        fail_all(r, (enum client_list)i, CODE_SHUTTING_DOWN, is_never_wanted);
    seat_save_all(r);
}

void relay_get_counters(const struct relay *r, struct relay_counters *counters)
{
    *counters = r->counters;
}
