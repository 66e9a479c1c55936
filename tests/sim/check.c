#include "check.h"

#include "client_rows.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Without decoding: nearly all of the simulator's time would go there. */
int check_number(const uint8_t *payload, size_t len, int *client)
{
    static const char key[] = "\"text\":\"";
    const char *text = memmem(payload, len, key, strlen(key));
    *client = text ? text[strlen(key)] - 'a' : -1;
    return text ? atoi(text + strlen(key) + 1) : -1;
}

int check_row_number(const struct simdisk_row *row, int *client)
{
    const struct session_message_row message = client_rows_message(row);
    return check_number(message.payload, message.payload_len, client);
}

static size_t find_place(const struct host_client *c, uint64_t stream, uint64_t n)
{
    size_t i = 0;
    while (i < c->places_count && (c->places[i].stream != stream || c->places[i].n != n))
        i++;
    return i;
}

struct place *check_place_at(struct world *w, int writer, uint64_t stream, uint64_t n)
{
    struct host_client *c = &w->clients[writer];
    size_t i = find_place(c, stream, n);
    return i < c->places_count ? &c->places[i] : NULL;
}

int check_number_at(const struct world *w, int writer, uint64_t stream, uint64_t n)
{
    const struct host_client *c = &w->clients[writer];
    size_t i = find_place(c, stream, n);
    return i < c->places_count ? c->places[i].number : -1;
}

void check_note_place(struct world *w, int client, const struct session_message_row *row)
{
    struct host_client *c = &w->clients[client];
    int writer, number = check_number(row->payload, row->payload_len, &writer);
    size_t there = find_place(c, row->stream, row->n);
    if (!row->mine ||
        (there < c->places_count && (number < 0 || c->places[there].number == number)))
        return;
    if (number < 0)
        number = -2 - (int)c->places_count; /* like no other one */
    assert(c->places_count < sizeof c->places / sizeof c->places[0]);
    c->places[c->places_count++] =
        (struct place){.number = number, .stream = row->stream, .n = row->n};
}

void check_note_safe(struct world *w, int client)
{
    const struct simdisk *d = &w->clients[client].disk;
    for (struct simdisk_row *row = NULL; (row = simdisk_next(d, CLIENT_MESSAGE, row));) {
        int writer;
        if (row->born <= d->committed)
            continue;
        int number = check_row_number(row, &writer);
        if (number >= 0 && writer != client)
            w->fates[writer][number].on_peer = true;
    }
}

void check_shown(struct world *w, int client, const struct session_message_row *row)
{
    struct host_client *c = &w->clients[client];
    struct simdisk_row *saved = client_rows_find_message(&c->disk, row->id);
    if (!saved || !simdisk_has(&c->disk, saved))
        world_fail(w, "client %d shows message %ju, which is not on its disk", client,
                   (uintmax_t)row->id);
    else if (row->id >= sizeof c->shown / sizeof c->shown[0])
        world_fail(w, "client %d has far too many messages", client);
    else if (c->shown[row->id])
        world_fail(w, "client %d shows message %ju twice", client, (uintmax_t)row->id);
    else
        c->shown[row->id] = true;
    int writer;
    int number = check_number(row->payload, row->payload_len, &writer);
    if (number < 0)
        return;
    if (writer != (row->mine ? client : 1 - client))
        world_fail(w, "client %d shows what was not written by the one that it says", client);
    else if (!row->mine && check_number_at(w, writer, row->stream, row->n) != number)
        world_fail(w, "client %d shows %c%d in another place than it was written in", client,
                   'a' + writer, number);
    world_say(w, "client %d: shows %c%d%s as message %ju", client, 'a' + writer, number,
              row->mine ? " of its own" : "", (uintmax_t)row->id);
}

void check_mark(struct world *w, int client, uint64_t id, enum session_mark mark)
{
    const struct simdisk_row *row = client_rows_find_message(&w->clients[client].disk, id);
    if (!row) {
        world_fail(w, "client %d marks message %ju, which it does not have", client, (uintmax_t)id);
        return;
    }
    int writer;
    const struct session_message_row message = client_rows_message(row);
    int number = check_number(message.payload, message.payload_len, &writer);
    if (number < 0)
        return;
    const struct fate *fate = &w->fates[client][number];
    world_say(w, "client %d: mark %d on %c%d", client, (int)mark, 'a' + client, number);
    if (mark >= SESSION_DELIVERED && !fate->on_peer)
        world_fail(w, "client %d: message %d is marked delivered and is not", client, number);
    if (mark == SESSION_STORED && !fate->on_relay && !w->hostile)
        world_fail(w, "client %d: message %d is marked stored and is not", client, number);
}

static bool has(const struct world *w, int client, int writer, int number)
{
    const struct simdisk *d = &w->clients[client].disk;
    int by;
    for (struct simdisk_row *row = NULL; (row = simdisk_next(d, CLIENT_MESSAGE, row));)
        if (check_row_number(row, &by) == number && by == writer)
            return true;
    return false;
}

/* Whether a client can know how things are now. */
static bool can_know(const struct world *w, const struct host_client *c)
{
    return c->session && session_get_state(c->session) == SESSION_ONLINE && c->link &&
           c->link->relay_end && !c->link->stuck && !c->link->up.broken && !c->link->down.broken &&
           !simdisk_is_dirty(&c->disk) && !simdisk_is_dirty(&w->relay_disk);
}

void check_marks(struct world *w)
{
    for (int client = 0; client < CLIENTS; client++) {
        const struct host_client *c = &w->clients[client];
        if (w->hostile || !can_know(w, c))
            continue;
        for (struct simdisk_row *row = NULL; (row = simdisk_next(&c->disk, CLIENT_MESSAGE, row));) {
            const struct session_message_row message = client_rows_message(row);
            int writer, number = check_row_number(row, &writer);
            if (number >= 0 && message.mine && message.mark == SESSION_STORED &&
                !host_relay_holds(w, client, number) && !has(w, 1 - client, client, number))
                world_fail(w, "client %d: message %d is still marked stored, and is not any more",
                           client, number);
        }
    }
}

void check_nothing_rests(struct world *w)
{
    bool lost_keys = w->sealed && w->faults.old_client; /* asked for, and again later */
    if (w->hostile || w->narrow || w->faults.disk_full || lost_keys)
        return;
    for (int client = 0; client < CLIENTS; client++)
        if (!can_know(w, &w->clients[client]))
            return;
    for (int client = 0; client < CLIENTS; client++) {
        const struct simdisk *d = &w->clients[client].disk;
        for (struct simdisk_row *row = NULL; (row = simdisk_next(d, CLIENT_MESSAGE, row));) {
            const struct session_message_row message = client_rows_message(row);
            int writer, number = check_row_number(row, &writer);
            if (message.mine && message.mark < SESSION_DELIVERED)
                world_fail(w, "%c%d rests, though both are there", 'a' + client, number);
        }
    }
}

void check_trust(struct world *w, int client)
{
    enum session_trust trust = session_get_trust(w->clients[client].session);
    world_say(w, "client %d: trust %d", client, (int)trust);
    if (trust >= SESSION_HELD && !w->hostile)
        world_fail(w, "client %d holds back from its peer: %d", client, (int)trust);
    if (w->sealed && trust == SESSION_OPEN)
        world_fail(w, "client %d seals nothing", client);
}

struct numbered {
    uint64_t id;
    int number;
};

static int compare_ids(const void *a, const void *b)
{
    uint64_t left = ((const struct numbered *)a)->id, right = ((const struct numbered *)b)->id;
    return (left > right) - (left < right);
}

/* The numbers of what `writer` wrote and `client` has, in the order of the ids. Gives how many. */
static int list_numbers(const struct world *w, int client, int writer, int numbers[])
{
    struct numbered found[2 * MESSAGES_MAX];
    size_t count = 0;
    const struct simdisk *d = &w->clients[client].disk;
    for (struct simdisk_row *row = NULL; (row = simdisk_next(d, CLIENT_MESSAGE, row));) {
        int by, number = check_row_number(row, &by);
        if (by == writer)
            found[count++] = (struct numbered){row->key[0], number};
    }
    qsort(found, count, sizeof found[0], compare_ids);
    for (size_t i = 0; i < count; i++)
        numbers[i] = found[i].number;
    return (int)count;
}

/* Whether what one of them wrote and has is on the other one's disk. */
static bool has_arrived(struct world *w, int writer, char *why, size_t size)
{
    int written[2 * MESSAGES_MAX], shown[2 * MESSAGES_MAX], at = 0, previous = -1;
    int written_count = list_numbers(w, writer, writer, written);
    int shown_count = list_numbers(w, 1 - writer, writer, shown);
    bool came[MESSAGES_MAX] = {false};
    for (int i = 0; i < shown_count; i++) {
        int number = shown[i];
        bool again = came[number], lost = w->lost[writer][number];
        came[number] = true;
        /* A relay that died may bring late what its writer has lost, and knows nothing of. */
        if (lost && !again && number < previous)
            continue;
        if (number <= previous) {
            world_fail(w, "%c%d is shown after %c%d", 'a' + writer, number, 'a' + writer, previous);
            return false;
        }
        previous = number;
        if (at < written_count && written[at] == number) {
            at++;
        } else if (!lost) {
            snprintf(why, size, "%c%d was left out before %c%d", 'a' + writer,
                     at < written_count ? written[at] : -1, 'a' + writer, number);
            return false;
        }
    }
    if (at < written_count)
        snprintf(why, size, "%c%d has not arrived", 'a' + writer, written[at]);
    return at == written_count;
}

bool check_arrived(struct world *w, char *why, size_t size)
{
    for (int writer = 0; writer < CLIENTS; writer++)
        if (!has_arrived(w, writer, why, size))
            return false;
    return true;
}
