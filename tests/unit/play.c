#include "play.h"

#include "error.h"
#include "header.h"
#include "payload.h"
#include "play_notes.h"

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
            play_note_frame(p, &h, &frame);
            header_decoder_clear(&decoder);
        }
        session_consume(p->s, (size_t)used, p->now_ms);
    }
}

static void pull(struct play *p)
{
    struct session_event e;
    while (note(p, session_next(p->s, &e)) == 1) {
        if (play_disk_save(&p->pending, &e)) {
            p->dirty = true;
            if (e.type == SESSION_SAVE_STREAM) /* letters are given in this order */
                play_letter_of(p, e.stream_row.stream);
        }
        if (e.type == SESSION_LOAD)
            p->load = e;
        if (!p->quiet)
            play_note_event(p, &e);
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
    play_disk_copy(&p->disk, &p->pending);
    p->dirty = false;
    note(p, session_committed(p->s, p->now_ms));
    pull(p);
}

void play_turn(struct play *p)
{
    while (p->error == 0) {
        pull(p);
        while (p->dirty && !p->manual && p->error == 0)
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

/* Of what has no mark on the disk. */
static bool is_receipted(const struct play *p, const struct session_message_row *row)
{
    for (size_t i = 0; i < p->disk.streams_count; i++) {
        const struct session_stream_row *stream = &p->disk.streams[i];
        if (stream->mine && stream->stream == row->stream)
            return row->id == 0 && row->n <= stream->receipted;
    }
    return false;
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
        next_id = row->id >= next_id ? row->id + 1 : next_id;
        if (row->mine && !is_receipted(p, row) && row->mark < SESSION_DELIVERED)
            note(p, session_restore_message(p->s, row));
    }
    for (size_t i = 0; i < p->disk.files_count; i++)
        if (p->disk.files[i].state <= TRANSFER_TAKEN)
            note(p, transfer_restore(p->s, &p->disk.files[i]));
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
    play_disk_clear(&p->pending);
    play_disk_clear(&p->disk);
    keys_identity_free(p->identity);
    p->identity = NULL;
    p->s = NULL;
}

void play_restart(struct play *p)
{
    session_free(p->s);
    p->s = NULL;
    play_disk_copy(&p->pending, &p->disk);
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
                                   (unsigned long long)play_stream_of(p, *++text));
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
    uint8_t *copy = memcpy(__real_malloc(n + 4), bytes, n + 4);
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

void play_bob_is(struct play *p, const char *state, const char *rest)
{
    char header[512];
    snprintf(header, sizeof header, "{'type':'presence','nick':'bob','state':'%s','time':1%s}",
             state, rest);
    play_relay(p, header);
}

void play_come_back(struct play *p, const char *state, const char *rest)
{
    char header[512];
    play_cut(p);
    play_forget(p);
    snprintf(header, sizeof header,
             "{'type':'welcome','version':1,'nick':'alice','room':'lobby','agent':'r','time':1,"
             "'waiting':0,'peer':{'nick':'bob','state':'%s','time':1%s}}",
             state, rest);
    play_relay(p, header);
}

static void receipt(struct play *p, char stream, uint64_t n, const char *rest)
{
    char header[256];
    snprintf(header, sizeof header, "{'type':'receipt','from':'bob','stream':#%c,'n':%llu%s}",
             stream, (unsigned long long)n, rest);
    play_relay_payload(p, header, "{'kind':'receipt'}");
}

void play_bob_has(struct play *p, char stream, uint64_t n)
{
    receipt(p, stream, n, "");
}

void play_bob_asks(struct play *p, char stream, uint64_t n)
{
    receipt(p, stream, n, ",'resend':true");
}

uint64_t play_say(struct play *p, const char *text)
{
    uint64_t id = 0;
    const struct payload payload = {.kind = PAYLOAD_TEXT, .text = {text, strlen(text)}};
    if (p->error == 0)
        note(p, session_send(p->s, &payload, p->now_ms, &id));
    return id;
}

void play_say_many(struct play *p, int from, int to)
{
    for (int i = from; i <= to; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        play_say(p, text);
    }
    play_turn(p);
    play_forget(p);
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

void play_lose(struct play *p, uint64_t id)
{
    play_disk_drop(&p->disk, id);
    play_disk_drop(&p->pending, id);
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
