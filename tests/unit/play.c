#include "play.h"

#include "error.h"
#include "header.h"
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

/* The world's own memory does not run out (torture.h). */
void *__real_malloc(size_t size);
void *__real_realloc(void *at, size_t size);

static void *copy_bytes(const void *bytes, size_t len)
{
    return memcpy(__real_malloc(len ? len : 1), bytes, len);
}

static char *copy_string(const char *s)
{
    return copy_bytes(s, strlen(s) + 1);
}

/* Letters for streams. */

static const char theirs[] = "wxyz";

static uint64_t their_stream(char letter)
{
    return UINT64_C(0x1111111111111111) * (uint64_t)(10 + (strchr(theirs, letter) - theirs));
}

static char letter_of(struct play *p, uint64_t stream)
{
    for (size_t i = 0; theirs[i]; i++)
        if (stream == their_stream(theirs[i]))
            return theirs[i];
    for (size_t i = 0; i < p->ours_count; i++)
        if (stream == p->ours[i])
            return (char)('A' + i);
    if (stream == 0)
        return '-';
    if (p->ours_count == PLAY_STREAMS)
        return '?';
    p->ours[p->ours_count] = stream;
    return (char)('A' + p->ours_count++);
}

static uint64_t stream_of(const struct play *p, char letter)
{
    return strchr(theirs, letter) ? their_stream(letter) : p->ours[letter - 'A'];
}

/* The disk. */

static void put_peer(struct play_disk *d, const struct session_peer_row *row)
{
    size_t i = 0;
    while (i < d->peers_count && d->peers[i].id != row->id)
        i++;
    if (i == d->peers_count) {
        d->peers = __real_realloc(d->peers, ++d->peers_count * sizeof *d->peers);
    } else {
        free((char *)(uintptr_t)d->peers[i].nick);
        free((char *)(uintptr_t)d->peers[i].identity);
    }
    d->peers[i] = (struct session_peer_row){
        .id = row->id, .nick = copy_string(row->nick), .identity = copy_string(row->identity)};
}

static void put_stream(struct play_disk *d, const struct session_stream_row *row)
{
    size_t i = 0;
    while (i < d->streams_count &&
           (d->streams[i].peer != row->peer || d->streams[i].stream != row->stream))
        i++;
    if (i == d->streams_count)
        d->streams = __real_realloc(d->streams, ++d->streams_count * sizeof *d->streams);
    d->streams[i] = *row;
}

static void put_message(struct play_disk *d, const struct session_message_row *row)
{
    size_t i = 0;
    while (i < d->messages_count && d->messages[i].id != row->id)
        i++;
    if (i == d->messages_count)
        d->messages = __real_realloc(d->messages, ++d->messages_count * sizeof *d->messages);
    else
        free((uint8_t *)(uintptr_t)d->messages[i].payload);
    d->messages[i] = *row;
    d->messages[i].payload = copy_bytes(row->payload, row->payload_len);
}

static void clear_disk(struct play_disk *d)
{
    for (size_t i = 0; i < d->peers_count; i++) {
        free((char *)(uintptr_t)d->peers[i].nick);
        free((char *)(uintptr_t)d->peers[i].identity);
    }
    for (size_t i = 0; i < d->messages_count; i++)
        free((uint8_t *)(uintptr_t)d->messages[i].payload);
    free(d->peers);
    free(d->streams);
    free(d->messages);
    *d = (struct play_disk){0};
}

static void drop_message(struct play_disk *d, uint64_t id)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->messages_count; i++) {
        if (d->messages[i].id == id)
            free((uint8_t *)(uintptr_t)d->messages[i].payload);
        else
            d->messages[kept++] = d->messages[i];
    }
    d->messages_count = kept;
}

void play_lose(struct play *p, uint64_t id)
{
    drop_message(&p->disk, id);
    drop_message(&p->pending, id);
}

static void copy_disk(struct play_disk *to, const struct play_disk *from)
{
    clear_disk(to);
    for (size_t i = 0; i < from->peers_count; i++)
        put_peer(to, &from->peers[i]);
    for (size_t i = 0; i < from->streams_count; i++)
        put_stream(to, &from->streams[i]);
    for (size_t i = 0; i < from->messages_count; i++)
        put_message(to, &from->messages[i]);
}

static void put_seen(struct play_disk *d, const struct session_event *e)
{
    uint64_t id = 0;
    for (size_t i = 0; i < d->messages_count; i++) {
        const struct session_message_row *m = &d->messages[i];
        if (m->mine && m->peer == e->load.peer && m->stream == e->load.stream && m->n <= e->load.n)
            id = m->id;
    }
    for (size_t i = 0; i < d->messages_count; i++) {
        struct session_message_row *m = &d->messages[i];
        if (m->mine && m->peer == e->load.peer && m->id <= id && m->mark == SESSION_DELIVERED)
            m->mark = SESSION_SEEN;
    }
}

static bool save(struct play *p, const struct session_event *e)
{
    struct play_disk *d = &p->pending;
    switch (e->type) {
    case SESSION_SAVE_PEER: put_peer(d, &e->peer_row); break;
    case SESSION_SAVE_STREAM:
        put_stream(d, &e->stream_row);
        letter_of(p, e->stream_row.stream);
        break;
    case SESSION_SAVE_MESSAGE: put_message(d, &e->message_row); break;
    case SESSION_SAVE_SEEN: put_seen(d, e); break;
    case SESSION_SAVE_MARK:
        for (size_t i = 0; i < d->messages_count; i++)
            if (d->messages[i].id == e->id)
                d->messages[i].mark = e->mark;
        break;
    case SESSION_SAVE_PREKEY:
    case SESSION_DROP_PREKEYS: break;
    default: return false;
    }
    p->dirty = true;
    return true;
}

/* What is written down. */

static void put(char *text, size_t *len, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void put(char *text, size_t *len, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text + *len, PLAY_TEXT - *len, format, args);
    va_end(args);
    assert(n >= 0 && (size_t)n < PLAY_TEXT - *len);
    *len += (size_t)n;
}

#define EVENT(...) put(p->events, &p->events_len, __VA_ARGS__)
#define FRAME(...) put(p->frames, &p->frames_len, __VA_ARGS__)

/* A payload's header with ' for " and letters for streams. */
static const char *describe(struct play *p, const uint8_t *payload, size_t len)
{
    static char text[PLAY_TEXT];
    size_t header_len = len >= 2 ? (size_t)payload[0] << 8 | payload[1] : 0;
    size_t out = 0;
    if (len < 2 || header_len > len - 2)
        return "(not a payload)";
    const char *at = (const char *)payload + 2, *end = at + header_len;
    static const char key[] = "\"stream\":\"";
    while (at < end && out < sizeof text - 32) {
        uint64_t stream;
        size_t key_len = sizeof key - 1;
        if ((size_t)(end - at) > key_len + 16 && memcmp(at, key, key_len) == 0 &&
            header_stream_parse(at + key_len, 16, &stream) == 0) {
            put(text, &out, "'stream':'%c", letter_of(p, stream));
            at += key_len + 16;
        } else {
            text[out++] = *at == '"' ? '\'' : *at;
            at++;
        }
    }
    put(text, &out, "%s", header_len + 2 < len ? " (bytes)" : "");
    text[out] = '\0';
    return text;
}

static const char *const states[] = {
    [SESSION_OFFLINE] = "offline", [SESSION_CONNECTING] = "connecting",
    [SESSION_JOINING] = "joining", [SESSION_ONLINE] = "online",
    [SESSION_LEAVING] = "leaving", [SESSION_STOPPED] = "stopped",
};

static const char *const marks[] = {
    [SESSION_WAITING] = "waiting",
    [SESSION_STORED] = "stored",
    [SESSION_DELIVERED] = "delivered",
    [SESSION_SEEN] = "seen",
};

static void write_row(struct play *p, const char *what, const struct session_message_row *row)
{
    EVENT("%s %llu ", what, (unsigned long long)row->id);
    if (row->peer)
        EVENT("%u:%c%llu", row->peer, letter_of(p, row->stream), (unsigned long long)row->n);
    else
        EVENT("nobody");
    if (row->mine)
        EVENT(" %s", marks[row->mark]);
    EVENT(" %s\n", describe(p, row->payload, row->payload_len));
}

static void write_save(struct play *p, const struct session_event *e)
{
    const struct session_stream_row *row = &e->stream_row;
    switch (e->type) {
    case SESSION_SAVE_PEER:
        EVENT("save peer %u %s '%s'\n", e->peer_row.id, e->peer_row.nick, e->peer_row.identity);
        break;
    case SESSION_SAVE_STREAM:
        EVENT("save stream %u:%c%llu order %llu", row->peer, letter_of(p, row->stream),
              (unsigned long long)row->last, (unsigned long long)row->order);
        if (row->mine)
            EVENT(" receipted %llu", (unsigned long long)row->receipted);
        EVENT("\n");
        break;
    case SESSION_SAVE_MESSAGE: write_row(p, "save", &e->message_row); break;
    case SESSION_SAVE_MARK:
        EVENT("save mark %llu %s\n", (unsigned long long)e->id, marks[e->mark]);
        break;
    default:
        EVENT("save seen %u:%c%llu\n", e->load.peer, letter_of(p, e->load.stream),
              (unsigned long long)e->load.n);
    }
}

static void write_status(struct play *p, const struct session_event *e)
{
    EVENT("status %s", states[e->status.state]);
    if (e->status.code != CODE_UNKNOWN)
        EVENT(" %s", header_code_word(e->status.code));
    if (e->status.why)
        EVENT(" (%s)", e->status.why);
    EVENT("\n");
}

static void write_event(struct play *p, const struct session_event *e)
{
    switch (e->type) {
    case SESSION_CONNECT: EVENT("connect\n"); break;
    case SESSION_DISCONNECT: EVENT("disconnect\n"); break;
    case SESSION_STATUS: write_status(p, e); break;
    case SESSION_PRESENCE:
        if (e->presence.known)
            EVENT("presence %s %s\n", e->presence.nick, header_state_word(e->presence.state));
        else
            EVENT("presence nobody\n");
        break;
    case SESSION_MESSAGE: write_row(p, "show", &e->message_row); break;
    case SESSION_MARK: EVENT("mark %llu %s\n", (unsigned long long)e->id, marks[e->mark]); break;
    case SESSION_SEEN_UP_TO:
    case SESSION_LOAD:
        EVENT("%s %u:%c%llu\n", e->type == SESSION_LOAD ? "load" : "seen", e->load.peer,
              letter_of(p, e->load.stream), (unsigned long long)e->load.n);
        break;
    case SESSION_SIGNAL:
        EVENT("signal %s %s\n", payload_kind_word(e->signal.kind), e->signal.active ? "on" : "off");
        break;
    case SESSION_REFUSED:
        EVENT("refused %llu %s\n", (unsigned long long)e->refused.id,
              header_code_word(e->refused.code));
        break;
    case SESSION_MISSING: EVENT("missing %llu\n", (unsigned long long)e->id); break;
    case SESSION_NOTICE: EVENT("notice %s\n", e->text); break;
    case SESSION_TRUST:
    case SESSION_SAVE_PREKEY:
    case SESSION_DROP_PREKEYS:
    case SESSION_SAVE_PIN: break; /* test_session_seal looks at them */
    default:
        if (p->trace_saves)
            write_save(p, e);
    }
}

static void write_frame(struct play *p, const struct header *h, const struct frame *f)
{
    const char *payload = "(not format 0)";
    if (f->content_len > 0 && f->content[0] == PAYLOAD_OPEN)
        payload = describe(p, f->content + 1, f->content_len - 1);
    FRAME("%s", header_type_word(h->type));
    if (h->peer.at)
        FRAME(" %.*s", (int)h->peer.len, h->peer.at);
    switch (h->type) {
    case HEADER_HELLO:
        FRAME(" %.*s %.*s", (int)h->nick.len, h->nick.at, (int)h->room.len, h->room.at);
        if (h->keys.at)
            FRAME(" %.*s", (int)h->keys.len, h->keys.at);
        break;
    case HEADER_MESSAGE:
    case HEADER_RECEIPT:
        FRAME(" %c%llu", letter_of(p, h->stream), (unsigned long long)h->n);
        if (h->resend)
            FRAME(" resend");
        if (h->type == HEADER_MESSAGE || strcmp(payload, "{'kind':'receipt'}") != 0)
            FRAME(" %s", payload);
        break;
    case HEADER_SIGNAL: FRAME(" %s", payload); break;
    case HEADER_PING:
    case HEADER_PONG:
        if (h->has_id)
            FRAME(" %llu", (unsigned long long)h->id);
        break;
    case HEADER_BYE: FRAME("%s", h->leave ? " leave" : ""); break;
    default: break;
    }
    FRAME("\n");
}

/* The edge. */

static int note(struct play *p, int rc)
{
    if (rc < 0 && p->error == 0)
        p->error = rc;
    return rc;
}

static void take_output(struct play *p)
{
    size_t len;
    const uint8_t *bytes;
    while ((bytes = session_output(p->s, &len))) {
        struct frame frame;
        int used = frame_decode(bytes, len, &frame);
        assert(used > 0);
        if (!p->quiet) {
            struct header_decoder decoder;
            struct header h;
            header_decoder_init(&decoder);
            int rc = header_decode(&decoder, HEADER_FROM_CLIENT, &frame, &h);
            assert(rc == 0);
            write_frame(p, &h, &frame);
            header_decoder_clear(&decoder);
        }
        session_consume(p->s, (size_t)used, p->now_ms);
    }
}

static void pull(struct play *p)
{
    struct session_event e;
    while (note(p, session_next(p->s, &e)) == 1) {
        save(p, &e);
        if (e.type == SESSION_LOAD)
            p->load = e;
        if (!p->quiet)
            write_event(p, &e);
        if (e.type == SESSION_LOAD && !p->no_loads)
            play_load(p);
    }
}

void play_commit(struct play *p)
{
    if (p->error == 0)
        pull(p);
    if (p->error)
        return;
    copy_disk(&p->disk, &p->pending);
    p->dirty = false;
    note(p, session_committed(p->s, p->now_ms));
    pull(p);
}

void play_turn(struct play *p)
{
    while (p->error == 0) {
        pull(p);
        if (p->dirty && !p->manual)
            play_commit(p);
        if (p->error == 0)
            take_output(p);
        if (session_deadline(p->s) != 0)
            return;
    }
}

void play_load(struct play *p)
{
    size_t given = 0;
    for (size_t i = 0; i < p->disk.messages_count; i++) {
        const struct session_message_row *row = &p->disk.messages[i];
        if (!row->mine || row->peer != p->load.load.peer || row->stream != p->load.load.stream ||
            row->n < p->load.load.n)
            continue;
        if (note(p, session_loaded(p->s, row)) || ++given == p->load_max)
            break;
    }
    note(p, session_load_done(p->s, p->now_ms));
}

void play_start(struct play *p)
{
    struct session_options options = {
        .nick = "alice", .room = "lobby", .agent = "play", .keys = p->keys, .open = p->open};
    memset(options.seed, (int)(p->now_ms % 251), sizeof options.seed);
    static const uint8_t seed[KEYS_LEN] = {1};
    p->error = 0;
    if (!p->open && !p->identity)
        note(p, keys_identity_new(&p->identity, seed));
    options.identity = p->identity;
    if (note(p, session_new(&p->s, &options)))
        return;
    session_set_wall(p->s, p->now_ms, 1000000 + p->now_ms);
    uint64_t next_id = 1;
    for (size_t i = 0; i < p->disk.peers_count; i++)
        note(p, session_restore_peer(p->s, &p->disk.peers[i]));
    for (size_t i = 0; i < p->disk.streams_count; i++)
        note(p, session_restore_stream(p->s, &p->disk.streams[i]));
    for (size_t i = 0; i < p->disk.messages_count; i++) {
        const struct session_message_row *row = &p->disk.messages[i];
        next_id = row->id + 1;
        if (row->mine && row->mark < SESSION_DELIVERED)
            note(p, session_restore_message(p->s, row));
    }
    session_restore_counter(p->s, next_id);
    note(p, session_start(p->s, p->now_ms));
    play_turn(p);
}

void play_init(struct play *p)
{
    *p = (struct play){.now_ms = 1000, .open = true};
    play_start(p);
}

void play_clear(struct play *p)
{
    session_free(p->s);
    clear_disk(&p->pending);
    clear_disk(&p->disk);
    keys_identity_free(p->identity);
    p->identity = NULL;
    p->s = NULL;
}

void play_restart(struct play *p)
{
    session_free(p->s);
    p->s = NULL;
    copy_disk(&p->pending, &p->disk);
    p->dirty = false;
    p->now_ms += 10;
    play_start(p);
}

/* The relay. */

/* Makes JSON of a test's short form. */
static size_t expand(const struct play *p, const char *text, char *out)
{
    size_t len = 0;
    for (; *text; text++) {
        if (*text == '#')
            len += (size_t)sprintf(out + len, "\"%016llx\"",
                                   (unsigned long long)stream_of(p, *++text));
        else
            out[len++] = *text == '\'' ? '"' : *text;
    }
    out[len] = '\0';
    return len;
}

void play_relay_content(struct play *p, const char *header, const uint8_t *content, size_t len)
{
    static char json[PLAY_TEXT];
    static uint8_t bytes[2 * FRAME_MAX];
    if (p->error)
        return;
    size_t json_len = expand(p, header, json), n = 2 + json_len + len;
    const uint8_t prefix[] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16),       (uint8_t)(n >> 8),
                              (uint8_t)n,         (uint8_t)(json_len >> 8), (uint8_t)json_len};
    memcpy(bytes, prefix, sizeof prefix);
    memcpy(bytes + sizeof prefix, json, json_len);
    if (len)
        memcpy(bytes + sizeof prefix + json_len, content, len);
    /* A copy of the right size, so that a sanitizer sees a borrow that lasts too long. */
    uint8_t *copy = copy_bytes(bytes, n + 4);
    note(p, session_input(p->s, copy, n + 4, p->now_ms));
    free(copy);
}

void play_relay_payload(struct play *p, const char *header, const char *payload)
{
    static char json[PLAY_TEXT];
    static uint8_t content[PLAY_TEXT + 3];
    size_t len = expand(p, payload, json);
    content[0] = PAYLOAD_OPEN;
    content[1] = (uint8_t)(len >> 8);
    content[2] = (uint8_t)len;
    memcpy(content + 3, json, len);
    play_relay_content(p, header, content, len + 3);
}

void play_relay(struct play *p, const char *header)
{
    play_relay_content(p, header, NULL, 0);
}

void play_bob_says(struct play *p, char stream, uint64_t n, const char *text)
{
    char header[256], payload[1024];
    snprintf(header, sizeof header,
             "{'type':'message','from':'bob','stream':#%c,'n':%llu,'time':%llu}", stream,
             (unsigned long long)n, (unsigned long long)p->now_ms);
    snprintf(payload, sizeof payload, "{'kind':'text','text':'%s'}", text);
    play_relay_payload(p, header, payload);
}

void play_bob_has(struct play *p, char stream, uint64_t n)
{
    char header[256];
    snprintf(header, sizeof header, "{'type':'receipt','from':'bob','stream':#%c,'n':%llu}", stream,
             (unsigned long long)n);
    play_relay_payload(p, header, "{'kind':'receipt'}");
}

uint64_t play_say(struct play *p, const char *text)
{
    uint64_t id = 0;
    const struct payload payload = {.kind = PAYLOAD_TEXT, .text = {text, strlen(text)}};
    if (p->error == 0)
        note(p, session_send(p->s, &payload, p->now_ms, &id));
    return id;
}

/* Time and the connection. */

void play_wait(struct play *p, uint64_t ms)
{
    uint64_t until = p->now_ms + ms;
    while (p->error == 0 && session_deadline(p->s) <= until) {
        if (session_deadline(p->s) > p->now_ms)
            p->now_ms = session_deadline(p->s);
        note(p, session_tick(p->s, p->now_ms));
        play_turn(p);
    }
    p->now_ms = until;
}

void play_cut(struct play *p)
{
    if (p->error)
        return;
    note(p, session_lost(p->s, "cut", p->now_ms));
    play_turn(p);
    session_retry(p->s, p->now_ms);
    play_turn(p);
    note(p, session_connected(p->s, p->now_ms));
    play_turn(p);
}

static void join(struct play *p, const char *peer)
{
    char header[256];
    if (p->error)
        return;
    if (session_get_state(p->s) == SESSION_CONNECTING)
        note(p, session_connected(p->s, p->now_ms));
    snprintf(header, sizeof header,
             "{'type':'welcome','version':1,'nick':'alice','room':'lobby','agent':'r','time':1,"
             "'waiting':0,'peer':%s}",
             peer);
    play_relay(p, header);
    play_turn(p);
    play_forget(p);
}

void play_join_alone(struct play *p)
{
    join(p, "null");
}

void play_join(struct play *p)
{
    join(p, "{'nick':'bob','state':'online','time':1}");
}

/* What the test expects. */

void play_forget(struct play *p)
{
    p->events_len = p->frames_len = 0;
    p->events[0] = p->frames[0] = '\0';
}

void play_expect(struct play *p, const char *events, const char *frames)
{
    play_turn(p);
    assert_int_equal(p->error, 0);
    assert_string_equal(p->events, events);
    assert_string_equal(p->frames, frames);
    play_forget(p);
}

void play_expect_frames(struct play *p, const char *frames)
{
    play_turn(p);
    assert_int_equal(p->error, 0);
    assert_string_equal(p->frames, frames);
    play_forget(p);
}

void play_expect_events(struct play *p, const char *events)
{
    play_turn(p);
    assert_int_equal(p->error, 0);
    assert_string_equal(p->events, events);
    play_forget(p);
}

/* Around tests. */

int play_set_up(void **state)
{
    static struct play play;
    play_init(&play);
    *state = &play;
    return 0;
}

int play_set_up_joined(void **state)
{
    play_set_up(state);
    play_join(*state);
    return 0;
}

int play_tear_down(void **state)
{
    play_clear(*state);
    return 0;
}
