#include "hello.h"

#include "disk.h"
#include "error.h"
#include "log.h"
#include "note.h"
#include "output.h"
#include "seat.h"
#include "stream.h"

#include <stdlib.h>
#include <string.h>

/* What a hello says, judged. */
struct hello {
    struct name nick, room;
    char *identity; /* NULL for none */
    char *keys;
    struct room *where; /* NULL where it is to be made */
    struct seat *seat;
};

static void hello_clear(struct hello *hello)
{
    name_clear(&hello->nick);
    name_clear(&hello->room);
    free(hello->identity);
    free(hello->keys);
}

/*
 * `keys.identity` as a string; NULL where there is none, or no string. Its bytes are the caller's
 * to free. ERROR_NOMEM.
 */
static int read_identity(struct relay *r, const struct json_string *keys, char **identity)
{
    struct json_value object, value;
    struct json_string s;
    *identity = NULL;
    if (!keys->at)
        return 0;
    if (json_scan(keys->at, keys->len, &object))
        return ERROR_NOMEM; /* it is part of a header that was scanned */
    if (!json_find(&object, "identity", &value) || value.kind != JSON_STRING)
        return 0;
    buffer_truncate(&r->scratch, 0);
    if (json_get_string(&value, &r->scratch, &s))
        return ERROR_NOMEM;
    *identity = strndup(s.at, s.len);
    return *identity ? 0 : ERROR_NOMEM;
}

static bool same_identity(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static int compare_identities(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void hello_sort_allowed(char **allowed, size_t count)
{
    qsort(allowed, count, sizeof *allowed, compare_identities);
}

bool hello_is_allowed(const struct relay *r, const char *identity)
{
    if (!r->allowed)
        return true;
    return identity && bsearch(&identity, r->allowed, r->allowed_count, sizeof identity,
                               compare_identities) != NULL;
}

/* A positive error is a code for the client. */
static int judge_names(struct hello *hello, const struct header *h)
{
    static const char lobby[] = "lobby";
    int rc = name_init_nick(&hello->nick, h->nick.at, h->nick.len);
    if (rc)
        return rc == ERROR_NAME ? CODE_BAD_NICK : rc;
    if (h->room.at)
        rc = name_init_room(&hello->room, h->room.at, h->room.len);
    else
        rc = name_init_room(&hello->room, lobby, strlen(lobby));
    return rc == ERROR_NAME ? CODE_BAD_ROOM : rc;
}

static int judge_identity(struct relay *r, struct relay_client *c, struct hello *hello,
                          const struct header *h)
{
    int rc = read_identity(r, &h->keys, &hello->identity);
    if (rc)
        return rc;
    if (h->keys.at && !(hello->keys = strndup(h->keys.at, h->keys.len)))
        return ERROR_NOMEM;
    if (r->options.proven && (!hello->identity || !same_identity(hello->identity, c->identity)))
        return CODE_BAD_IDENTITY;
    return hello_is_allowed(r, hello->identity) ? 0 : CODE_NOT_ALLOWED;
}

static int judge_seat(struct relay *r, const struct relay_client *c, struct hello *hello)
{
    hello->where = seat_find_room(r, &hello->room);
    hello->seat = hello->where ? seat_find(hello->where, &hello->nick) : NULL;
    if (!hello->seat)
        return hello->where && hello->where->seats[0] && hello->where->seats[1] ? CODE_ROOM_FULL
                                                                                : 0;
    if (!same_identity(hello->seat->identity, hello->identity) ||
        (!hello->identity && hello->seat->client))
        return CODE_NICK_TAKEN;
    /* What a client said before it gave a connection up may come after what it said on the next. */
    return hello->seat->client && hello->seat->client->number > c->number ? CODE_REPLACED : 0;
}

/* The newest spelling of a name is the one shown. */
static void spell_anew(struct name *name, struct name *newer)
{
    struct name old = *name;
    *name = *newer;
    *newer = old;
}

static struct control *encode_welcome(struct relay *r, const struct hello *hello)
{
    struct seat *s = hello->seat, *peer = NULL;
    for (size_t i = 0; i < 2 && hello->where; i++)
        if (hello->where->seats[i] && hello->where->seats[i] != s)
            peer = hello->where->seats[i];
    struct header h = {
        .type = HEADER_WELCOME,
        .version = PROTOCOL_VERSION,
        .nick = {hello->nick.text, strlen(hello->nick.text)},
        .room = {hello->room.text, strlen(hello->room.text)},
        .agent = {r->options.agent, strlen(r->options.agent)},
        .time = core_wall_ms(r),
        .waiting = s ? seat_waiting(s) : 0,
    };
    if (peer) {
        h.has_peer = true;
        h.peer_nick = (struct json_string){peer->nick.text, strlen(peer->nick.text)};
        h.peer_keys = (struct json_string){peer->keys, peer->keys ? strlen(peer->keys) : 0};
        h.peer_state = peer->client ? HEADER_ONLINE : HEADER_OFFLINE;
        h.peer_time = peer->since_wall_ms;
        uint64_t sender = seat_sender(&hello->nick, hello->identity);
        h.stored_count = stream_list_stored(peer, sender, h.stored);
    }
    return output_encode(r, &h, NULL, 0);
}

static int take_seat(struct relay *r, struct relay_client *c, struct hello *hello)
{
    struct control *welcome = encode_welcome(r, hello);
    if (!welcome)
        return ERROR_NOMEM;
    struct seat *s = hello->seat;
    if (s) {
        spell_anew(&s->nick, &hello->nick);
        spell_anew(&s->room->name, &hello->room);
    } else if (!(s = seat_new(r, &hello->room, &hello->nick, hello->identity, r->next_seat++))) {
        output_free(r, welcome);
        return ERROR_NOMEM;
    }
    char *keys = s->keys;
    s->keys = hello->keys;
    hello->keys = keys;
    struct relay_client *old = s->client;
    if (old) {
        old->seat = NULL; /* the seat is not left: nobody is told, nothing goes to the disk */
        client_fail(r, old, CODE_REPLACED, NULL);
    }
    r->counters.joins++;
    client_join(r, c, s);
    note_put(r, c, LOG_LEVEL_INFO, "joined", s);
    output_put(r, c, welcome);
    seat_come(r, s, c);
    return 0;
}

void hello_take(struct relay *r, struct relay_client *c, const struct header *h)
{
    if (h->version != PROTOCOL_VERSION) {
        client_fail(r, c, CODE_UNSUPPORTED_VERSION, NULL);
        return;
    }
    struct hello hello = {0};
    int rc = judge_names(&hello, h);
    if (rc == 0)
        rc = judge_identity(r, c, &hello, h);
    if (rc == 0)
        rc = judge_seat(r, c, &hello);
    if (rc == 0)
        rc = take_seat(r, c, &hello);
    hello_clear(&hello);
    if (rc > 0)
        client_fail(r, c, (enum header_code)rc, NULL);
    else if (rc < 0)
        client_break(r, c);
}

void hello_take_keys(struct relay *r, struct relay_client *c, const struct header *h)
{
    struct seat *s = c->seat;
    char *identity, *keys = NULL;
    int rc = read_identity(r, &h->keys, &identity);
    if (rc == 0 && !same_identity(identity, s->identity)) {
        client_fail(r, c, CODE_BAD_IDENTITY, NULL);
    } else if (rc || !(keys = strndup(h->keys.at, h->keys.len))) {
        client_break(r, c);
    } else {
        free(s->keys);
        s->keys = keys;
        disk_update_seat(r, s);
        seat_announce(r, s, HEADER_ONLINE);
    }
    free(identity);
}
