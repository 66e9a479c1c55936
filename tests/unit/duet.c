#include "duet.h"

#include "payload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct person alice, bob;

static struct person *other_of(const struct person *p)
{
    return p == &alice ? &bob : &alice;
}

__attribute__((format(printf, 2, 3))) static void note(struct person *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(p->events + p->events_len, DUET_TEXT - p->events_len, format, args);
    va_end(args);
    assert(n >= 0 && (size_t)n < DUET_TEXT - p->events_len);
    p->events_len += (size_t)n;
}

static void note_message(struct person *p, const struct session_message_row *row)
{
    struct buffer scratch;
    struct payload payload;
    buffer_init(&scratch, SIZE_MAX);
    int rc = payload_decode(row->payload, row->payload_len, &scratch, &payload);
    assert(rc == 0);
    note(p, "%s %.*s\n", row->mine ? "mine" : "theirs", (int)payload.text.len, payload.text.at);
    buffer_clear(&scratch);
}

static void save_pin(struct person *p, const struct session_event *e)
{
    note(p, "pin %s %s%s%s\n", e->pin_row.nick,
         strcmp(e->pin_row.identity, p->pin_identity) == 0 ? "same" : "new",
         e->pin_row.verified ? " verified" : "", e->replace ? " replace" : "");
    snprintf(p->pin_identity, sizeof p->pin_identity, "%s", e->pin_row.identity);
    p->pin = (struct session_pin_row){other_of(p)->nick, p->pin_identity, e->pin_row.verified};
}

static void take_event(struct person *p, const struct session_event *e)
{
    static const char *const trusts[] = {"nobody", "open",     "sealed", "verified",
                                         "held",   "mismatch", "broken"};
    static const char *const marks[] = {"waiting", "stored", "delivered", "seen"};
    switch (e->type) {
    case SESSION_CONNECT:
        session_forget_pins(p->s);
        if (p->pin.nick)
            assert_int_equal(session_restore_pin(p->s, &p->pin), 0);
        break;
    case SESSION_SAVE_PREKEY:
        assert(p->prekeys_count < DUET_PREKEYS);
        memcpy(p->secrets[p->prekeys_count], e->prekey_row.secret, KEYS_LEN);
        p->made[p->prekeys_count++] = e->prekey_row.made_ms;
        note(p, "prekey\n");
        break;
    case SESSION_DROP_PREKEYS:
        while (p->prekeys_count && p->made[0] < e->made_ms) {
            p->prekeys_count--;
            memmove(p->secrets, p->secrets + 1, p->prekeys_count * sizeof p->secrets[0]);
            memmove(p->made, p->made + 1, p->prekeys_count * sizeof p->made[0]);
            note(p, "prekey erased\n");
        }
        break;
    case SESSION_SAVE_PIN: save_pin(p, e); break;
    case SESSION_TRUST: note(p, "trust %s\n", trusts[session_get_trust(p->s)]); break;
    case SESSION_MESSAGE: note_message(p, &e->message_row); break;
    case SESSION_MARK: note(p, "%ju %s\n", (uintmax_t)e->id, marks[e->mark]); break;
    case SESSION_SIGNAL: note(p, "signal %s\n", e->signal.active ? "on" : "off"); break;
    case SESSION_NOTICE: note(p, "notice %.30s\n", e->text); break;
    case SESSION_DISCONNECT: note(p, "disconnect\n"); break;
    case SESSION_SAVE_PEER:
    case SESSION_SAVE_STREAM:
    case SESSION_SAVE_MESSAGE:
    case SESSION_SAVE_FILE:
    case SESSION_SAVE_MARK: break;
    default: return;
    }
    p->dirty |= e->type >= SESSION_SAVE_PEER && e->type <= SESSION_DROP_PREKEYS;
}

static bool pull(struct person *p)
{
    struct session_event e;
    bool any = false;
    while (session_next(p->s, &e) == 1) {
        take_event(p, &e);
        any = true;
    }
    if (!p->dirty || p->hold_commits)
        return any;
    p->dirty = false;
    assert_int_equal(session_committed(p->s, p->now_ms), 0);
    return true;
}

static void encode_and_give(struct person *to, const struct header *h, const uint8_t *content,
                            size_t len)
{
    struct buffer out;
    size_t out_len;
    buffer_init(&out, SIZE_MAX);
    assert_int_equal(header_put(&out, HEADER_FROM_RELAY, h, content, len), 0);
    const uint8_t *bytes = buffer_peek(&out, &out_len);
    assert_int_equal(session_input(to->s, bytes, out_len, to->now_ms), 0);
    buffer_clear(&out);
}

void duet_give(struct person *to, const struct header *h, const uint8_t *content, size_t len)
{
    const char *nick = other_of(to)->nick;
    struct header whole = *h;
    whole.peer = (struct json_string){nick, strlen(nick)};
    whole.time = 5;
    encode_and_give(to, &whole, content, len);
}

void duet_show(struct person *to, const char *keys)
{
    const char *nick = other_of(to)->nick;
    const struct header h = {
        .type = HEADER_PRESENCE,
        .nick = {nick, strlen(nick)},
        .state = HEADER_ONLINE,
        .keys = {keys, keys ? strlen(keys) : 0},
    };
    encode_and_give(to, &h, NULL, 0);
    duet_settle();
}

static void welcome(struct person *p)
{
    const struct person *other = other_of(p);
    const struct header h = {
        .type = HEADER_WELCOME,
        .version = PROTOCOL_VERSION,
        .nick = {p->nick, strlen(p->nick)},
        .room = {"lobby", 5},
        .agent = {"duet", 4},
        .has_peer = other->joined,
        .peer_nick = {other->nick, strlen(other->nick)},
        .peer_keys = {*other->keys ? other->keys : NULL, strlen(other->keys)},
        .peer_state = HEADER_ONLINE,
    };
    p->joined = true;
    encode_and_give(p, &h, NULL, 0);
    if (other->joined)
        duet_show(other_of(p), *p->keys ? p->keys : NULL);
}

static void keep(struct person *p, const struct header *h, const struct frame *frame)
{
    assert(p->kept_count < DUET_KEPT);
    struct duet_frame *kept = &p->kept[p->kept_count++];
    kept->header = *h;
    kept->content = malloc(frame->content_len + 1);
    kept->content_len = frame->content_len;
    memcpy(kept->content, frame->content, frame->content_len);
}

static void take_frame(struct person *p, const struct header *h, const struct frame *frame)
{
    struct person *other = other_of(p);
    switch (h->type) {
    case HEADER_HELLO:
    case HEADER_KEYS:
        snprintf(p->keys, sizeof p->keys, "%.*s", (int)h->keys.len, h->keys.at ? h->keys.at : "");
        if (h->type == HEADER_HELLO)
            welcome(p);
        else if (other->joined)
            duet_show(other, p->keys);
        break;
    case HEADER_MESSAGE:
    case HEADER_RECEIPT:
    case HEADER_SIGNAL:
        keep(p, h, frame);
        if (h->resend)
            note(p, "asks again after %ju\n", (uintmax_t)h->n);
        if (other->joined)
            duet_give(other, h, frame->content, frame->content_len);
        break;
    default: break;
    }
}

static bool push(struct person *p)
{
    size_t len;
    const uint8_t *bytes = session_output(p->s, &len);
    if (!bytes)
        return false;
    struct frame frame;
    struct header h;
    struct header_decoder decoder;
    uint8_t *copy = malloc(len);
    memcpy(copy, bytes, len);
    header_decoder_init(&decoder);
    int used = frame_decode(copy, len, &frame);
    assert(used > 0);
    assert_int_equal(header_decode(&decoder, HEADER_FROM_CLIENT, &frame, &h), 0);
    session_consume(p->s, (size_t)used, p->now_ms);
    take_frame(p, &h, &frame);
    header_decoder_clear(&decoder);
    free(copy);
    return true;
}

void duet_settle(void)
{
    static int depth; /* showing somebody something is part of settling */
    struct person *persons[] = {&alice, &bob};
    if (depth++ == 0)
        for (bool any = true; any;) {
            any = false;
            for (size_t i = 0; i < 2; i++)
                if (persons[i]->s) {
                    any |= pull(persons[i]);
                    any |= push(persons[i]);
                }
        }
    depth--;
}

void duet_identity(struct person *p, uint8_t n)
{
    const uint8_t seed[KEYS_LEN] = {n};
    keys_identity_free(p->identity);
    assert_int_equal(keys_identity_new(&p->identity, seed), 0);
}

void duet_start(struct person *p)
{
    static uint8_t run;
    char identity[KEYS_TEXT_SIZE], keys[128];
    keys_text_format(keys_identity_public(p->identity), identity);
    snprintf(keys, sizeof keys, "{\"identity\":\"%s\"}", identity);
    struct session_options options = {
        .nick = p->nick,
        .room = "lobby",
        .agent = "duet",
        .keys = keys,
        .open = p->open,
        .identity = p->identity,
        .seed = {++run, 7},
    };
    assert_int_equal(session_new(&p->s, &options), 0);
    session_set_wall(p->s, p->now_ms, p->wall_ms);
    for (size_t i = 0; i < p->prekeys_count; i++) {
        const struct session_prekey_row row = {p->secrets[i], p->made[i]};
        assert_int_equal(session_restore_prekey(p->s, &row), 0);
    }
    assert_int_equal(session_start(p->s, p->now_ms), 0);
    duet_settle();
}

void duet_stop(struct person *p)
{
    session_free(p->s);
    p->s = NULL;
    p->joined = false;
}

void duet_join(struct person *p)
{
    assert_int_equal(session_get_state(p->s), SESSION_CONNECTING);
    assert_int_equal(session_connected(p->s, p->now_ms), 0);
    duet_settle();
}

void duet_leave(struct person *p)
{
    p->joined = false;
    assert_int_equal(session_lost(p->s, "cut", p->now_ms), 0);
    session_retry(p->s, p->now_ms);
    duet_settle();
}

void duet_wait(struct person *p, uint64_t ms)
{
    uint64_t until = p->now_ms + ms;
    while (session_deadline(p->s) <= until) {
        if (session_deadline(p->s) > p->now_ms) {
            p->wall_ms += session_deadline(p->s) - p->now_ms;
            p->now_ms = session_deadline(p->s);
        }
        const struct header pong = {.type = HEADER_PONG};
        if (p->joined) /* the relay is there */
            encode_and_give(p, &pong, NULL, 0);
        assert_int_equal(session_tick(p->s, p->now_ms), 0);
        duet_settle();
    }
    p->wall_ms += until - p->now_ms;
    p->now_ms = until;
}

uint64_t duet_say(struct person *p, const char *text)
{
    const struct payload payload = {.kind = PAYLOAD_TEXT, .text = {text, strlen(text)}};
    uint64_t id;
    assert_int_equal(session_send(p->s, &payload, p->now_ms, &id), 0);
    duet_settle();
    return id;
}

void duet_expect(struct person *p, const char *events)
{
    duet_settle();
    assert_string_equal(p->events, events);
    p->events_len = 0;
    p->events[0] = '\0';
}

size_t duet_sent(const struct person *p, enum header_type type)
{
    size_t count = 0;
    for (size_t i = 0; i < p->kept_count; i++)
        count += p->kept[i].header.type == type;
    return count;
}

const struct duet_frame *duet_last(const struct person *p, enum header_type type)
{
    for (size_t i = p->kept_count; i-- > 0;)
        if (p->kept[i].header.type == type)
            return &p->kept[i];
    fail_msg("%s sent no %s", p->nick, header_type_word(type));
    return NULL;
}

static void init(struct person *p, const char *nick, uint8_t seed)
{
    *p = (struct person){.nick = nick, .now_ms = 1000, .wall_ms = UINT64_C(1700000000000)};
    duet_identity(p, seed);
}

int duet_set_up(void **state)
{
    (void)state;
    init(&alice, "alice", 1);
    init(&bob, "bob", 2);
    return 0;
}

int duet_tear_down(void **state)
{
    (void)state;
    struct person *persons[] = {&alice, &bob};
    for (size_t i = 0; i < 2; i++) {
        duet_stop(persons[i]);
        keys_identity_free(persons[i]->identity);
        for (size_t j = 0; j < persons[i]->kept_count; j++)
            free(persons[i]->kept[j].content);
    }
    return 0;
}
