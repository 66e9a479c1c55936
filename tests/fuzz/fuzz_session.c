/*
 * A script of what the relay says, what the person does and what the edge does with it, for one
 * session. Whatever it is: nothing is sent or shown before it is on disk, nothing of the peer's is
 * shown twice or out of order, of a file every byte is written once, and what goes out are frames
 * of the protocol.
 */
#include "header.h"
#include "session.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define ZEROS                          \
    "00000000000000000000000000000000" \
    "00000000000000000000000000000000"
#define DIGEST "\"digest\":\"" ZEROS "\""

enum {
    STREAMS = 64,
    PEERS = 64,
};

/* The script, read byte by byte; zeros after its end. */
struct script {
    const uint8_t *at, *end;
};

struct place {
    uint32_t peer;
    uint64_t stream, n;
};

struct world {
    struct session *s;
    uint64_t now_ms;
    struct script script;
    uint64_t ours[4]; /* the first streams of ours, for the relay to speak of */
    size_t ours_count;
    struct place saved[STREAMS], committed[STREAMS]; /* ours: highest n */
    size_t saved_count, committed_count;
    struct place shown[STREAMS]; /* theirs */
    size_t shown_count;
    bool dirty;
    struct transfer_piece asked; /* for the last SESSION_FILE_READ; `len` 0: none */
    struct transfer_piece
        written; /* of the file that was taken last: where the next piece begins */
};

static uint8_t draw(struct world *w)
{
    return w->script.at < w->script.end ? *w->script.at++ : 0;
}

static uint64_t draw_stream(struct world *w)
{
    uint8_t which = draw(w) % 8;
    return which < 4 ? w->ours[which] : which;
}

static uint64_t draw_n(struct world *w)
{
    uint8_t n = draw(w);
    return n < 250 ? n % 12 : JSON_INTEGER_MAX - (255 - n);
}

static const char *draw_nick(struct world *w)
{
    static const char *const nicks[] = {"bob", "bob", "BOB", "carol", "dave", "a b", "", "alice"};
    return nicks[draw(w) % 8];
}

static void pull(struct world *w);

static void feed(struct world *w, const char *header, const uint8_t *content, size_t content_len)
{
    struct buffer frame;
    buffer_init(&frame, SIZE_MAX);
    const struct frame f = {header, strlen(header), content, content_len};
    int rc = frame_put(&frame, &f);
    assert(rc == 0);
    rc = session_input(w->s, frame.bytes, frame.len, w->now_ms);
    assert(rc == 0);
    buffer_clear(&frame);
}

static void say_peer(struct world *w, char *out, size_t size)
{
    static const char *const states[] = {"online", "offline", "online", "left"};
    static const char *const keys[] = {"", "", ",\"keys\":{\"identity\":\"one\"}",
                                       ",\"keys\":{\"identity\":\"two\"}"};
    const char *nick = draw_nick(w);
    uint8_t how = draw(w);
    uint64_t stream = draw_stream(w), first = 1 + draw_n(w) % 10;
    char stored[128] = "";
    if (how & 16)
        snprintf(stored, sizeof stored,
                 ",\"stored\":[{\"stream\":\"%016llx\",\"first\":%llu,\"n\":%llu}]",
                 (unsigned long long)stream, (unsigned long long)first,
                 (unsigned long long)(first + how / 32));
    snprintf(out, size, "\"nick\":\"%s\",\"state\":\"%s\",\"time\":5%s%s", nick, states[how % 4],
             keys[how / 4 % 4], stored);
}

static void relay_welcomes(struct world *w)
{
    char peer[256], header[512];
    say_peer(w, peer, sizeof peer);
    bool alone = draw(w) % 4 == 0;
    snprintf(header, sizeof header,
             "{\"type\":\"welcome\",\"version\":1,\"nick\":\"alice\",\"room\":\"lobby\","
             "\"agent\":\"\",\"time\":1,\"waiting\":0,\"peer\":%s%s%s}",
             alone ? "null" : "{", alone ? "" : peer, alone ? "" : "}");
    session_connected(w->s, w->now_ms);
    feed(w, header, NULL, 0);
}

static void relay_shows(struct world *w)
{
    char peer[256], header[512];
    say_peer(w, peer, sizeof peer);
    snprintf(header, sizeof header, "{\"type\":\"presence\",%s}", peer);
    feed(w, header, NULL, 0);
}

/* A message, receipt or signal with a payload in the open, sometimes a broken one. */
static void relay_passes_on(struct world *w)
{
    static const char *const types[] = {"message", "message", "receipt", "signal"};
    static const char *const payloads[] = {
        "{\"kind\":\"text\",\"text\":\"x\"}",
        "{\"kind\":\"text\",\"text\":\"x\",\"first\":true}",
        "{\"kind\":\"text\",\"text\":\"x\",\"previous\":{\"stream\":\"%016llx\",\"n\":2}}",
        "{\"kind\":\"read\",\"stream\":\"%016llx\",\"n\":3}",
        "{\"kind\":\"receipt\"}",
        "{\"kind\":\"typing\",\"active\":true}",
        "{\"kind\":\"other\"}",
        "{",
        "{\"kind\":\"file\",\"id\":\"1\",\"name\":\"\",\"size\":9," DIGEST "}",
        "{\"kind\":\"file\",\"id\":\"2\",\"name\":\"\",\"size\":0," DIGEST "}",
        "{\"kind\":\"chunk\",\"id\":\"1\",\"offset\":0}abcde",
        "{\"kind\":\"chunk\",\"id\":\"1\",\"offset\":4}abcde",
        "{\"kind\":\"chunk\",\"id\":\"2\",\"offset\":9007199254740991}a",
        "{\"kind\":\"chunk\",\"id\":\"1\",\"offset\":2}",
        "{\"kind\":\"accept\",\"id\":\"%016llx\",\"offset\":3}",
        "{\"kind\":\"cancel\",\"id\":\"%016llx\",\"why\":\"later\"}",
    };
    char header[256];
    uint8_t content[256] = {0};
    uint8_t how = draw(w);
    const char *nick = draw_nick(w);
    uint64_t stream = draw_stream(w);
    snprintf(header, sizeof header,
             "{\"type\":\"%s\",\"from\":\"%s\",\"stream\":\"%016llx\",\"n\":%llu,\"time\":3%s}",
             types[how % 4], nick, (unsigned long long)stream, (unsigned long long)draw_n(w),
             how & 128 ? ",\"resend\":true" : "");
    const char *format = payloads[how / 4 % 16];
    char payload[240];
    strcpy(payload, format);
    char *hole = strstr(payload, "%016llx");
    if (hole) {
        snprintf(hole, 17, "%016llx", (unsigned long long)draw_stream(w));
        if (how / 4 % 16 >= 14 && transfer_count(w->s) > 0)
            snprintf(hole, 17, "%-16s", transfer_get(w->s, 0).id);
        strcpy(hole + 16, strstr(format, "%016llx") + 7);
    }
    content[2] = (uint8_t)(strrchr(payload, '}') ? strrchr(payload, '}') + 1 - payload : 1);
    memcpy(content + 3, payload, strlen(payload));
    feed(w, header, content, how & 64 && how % 4 != 2 ? 0 : strlen(payload) + 3);
}

static void check_write(struct world *w, const struct transfer_piece *piece)
{
    for (size_t i = 0; i < transfer_count(w->s); i++) {
        const struct transfer_row row = transfer_get(w->s, i);
        assert(row.message != piece->message || piece->offset + piece->len <= row.size);
    }
    if (piece->message != w->written.message)
        return;
    assert(piece->len > 0 && piece->offset == w->written.offset);
    w->written.offset += piece->len;
}

static void give_piece(struct world *w)
{
    static const uint8_t bytes[PAYLOAD_CHUNK_MAX];
    w->asked.bytes = bytes;
    if (w->asked.len > 0)
        transfer_give(w->s, &w->asked, w->now_ms);
    w->asked.len = 0;
}

static void person_handles_a_file(struct world *w)
{
    static const struct transfer_row file = {
        .name = "n", .digest = ZEROS, .path = "p", .size = 20 * PAYLOAD_CHUNK_MAX};
    uint64_t message;
    uint8_t how = draw(w);
    if (how % 8 == 0 || transfer_count(w->s) == 0) {
        transfer_offer(w->s, &file, w->now_ms, &message);
        return;
    }
    const struct transfer_row row = transfer_get(w->s, how / 8 % transfer_count(w->s));
    message = row.message;
    switch (how % 8) {
    case 1:
    case 2:
        pull(w); /* what is to be written was asked for before */
        if (transfer_take(w->s, message, "p", row.size > 0 ? how / 16 % row.size : 0, w->now_ms))
            return;
        w->written = (struct transfer_piece){.message = message};
        w->written.offset = row.size > 0 ? how / 16 % row.size : 0;
        return;
    case 3: transfer_cancel(w->s, message, w->now_ms); return;
    case 4: transfer_fail(w->s, message, w->now_ms); return;
    case 5: transfer_check(w->s, message, how / 16 % 2 ? "p" : NULL, w->now_ms); return;
    default: give_piece(w);
    }
}

static void relay_judges(struct world *w)
{
    char header[256];
    uint8_t code = draw(w);
    uint64_t stream = draw_stream(w), n = 1 + draw_n(w) % 10;
    if (code % 3 == 0)
        snprintf(header, sizeof header,
                 "{\"type\":\"stored\",\"to\":\"bob\",\"stream\":\"%016llx\",\"first\":%d,"
                 "\"n\":%llu}",
                 (unsigned long long)stream, 1, (unsigned long long)n);
    else
        snprintf(header, sizeof header,
                 "{\"type\":\"error\",\"code\":\"%s\",\"text\":\"t\",\"fatal\":%s,"
                 "\"stream\":\"%016llx\",\"n\":%llu}",
                 header_code_word((enum header_code)(1 + code % (CODES - 1))),
                 code & 128 ? "true" : "false", (unsigned long long)stream, (unsigned long long)n);
    feed(w, header, NULL, 0);
}

static void relay_talks_rubbish(struct world *w)
{
    uint8_t rubbish[32];
    size_t len = draw(w) % sizeof rubbish;
    for (size_t i = 0; i < len; i++)
        rubbish[i] = draw(w);
    int rc = session_input(w->s, rubbish, len, w->now_ms);
    assert(rc == 0);
}

static struct place *find(struct place *places, size_t *count, const struct place *like)
{
    for (size_t i = 0; i < *count; i++)
        if (places[i].peer == like->peer && places[i].stream == like->stream)
            return &places[i];
    if (*count == STREAMS)
        return NULL;
    places[*count] = (struct place){like->peer, like->stream, 0};
    return &places[(*count)++];
}

static void save_stream(struct world *w, const struct session_stream_row *row)
{
    const struct place like = {row->peer, row->stream, row->last};
    if (!row->mine)
        return;
    struct place *place = find(w->saved, &w->saved_count, &like);
    if (place)
        place->n = row->last;
    if (place && place->n == 1 && w->ours_count < 4)
        w->ours[w->ours_count++] = row->stream;
}

static void show(struct world *w, const struct session_message_row *row)
{
    assert(!w->dirty);
    const struct place like = {row->peer, row->stream, row->n};
    if (row->mine)
        return;
    struct place *place = find(w->shown, &w->shown_count, &like);
    assert(!place || row->n > place->n);
    if (place)
        place->n = row->n;
}

static void take_event(struct world *w, const struct session_event *e)
{
    switch (e->type) {
    case SESSION_SAVE_STREAM: save_stream(w, &e->stream_row); break;
    case SESSION_MESSAGE: show(w, &e->message_row); break;
    case SESSION_MARK: assert(!w->dirty); break;
    case SESSION_FILE_WRITE: check_write(w, &e->piece); break;
    case SESSION_FILE_READ: w->asked = e->piece; break;
    default: break;
    }
    if (e->type >= SESSION_SAVE_PEER && e->type <= SESSION_SAVE_FILE)
        w->dirty = true;
    if (e->type != SESSION_LOAD)
        return;
    const uint8_t payload[] = {0, 2, '{', '}'};
    for (uint8_t i = draw(w) % 3; i > 0; i--) {
        const struct session_message_row row = {
            .id = 1,
            .peer = e->load.peer,
            .mine = true,
            .stream = e->load.stream,
            .n = e->load.n + i % 2,
            .payload = payload,
            .payload_len = sizeof payload,
        };
        if (session_loaded(w->s, &row) != 0)
            break;
    }
    session_load_done(w->s, w->now_ms);
}

static void pull(struct world *w)
{
    struct session_event e;
    int rc;
    while ((rc = session_next(w->s, &e)) == 1)
        take_event(w, &e);
    assert(rc == 0);
}

static void commit(struct world *w)
{
    pull(w);
    memcpy(w->committed, w->saved, sizeof w->saved);
    w->committed_count = w->saved_count;
    w->dirty = false;
    int rc = session_committed(w->s, w->now_ms);
    assert(rc == 0);
    pull(w);
}

static void take_output(struct world *w)
{
    size_t len;
    const uint8_t *bytes = session_output(w->s, &len);
    if (!bytes)
        return;
    struct frame frame;
    struct header h;
    struct header_decoder decoder;
    header_decoder_init(&decoder);
    int used = frame_decode(bytes, len, &frame);
    assert(used > 0);
    int rc = header_decode(&decoder, HEADER_FROM_CLIENT, &frame, &h);
    assert(rc == 0 && h.type != HEADER_UNKNOWN);
    if (h.type == HEADER_MESSAGE) {
        bool known = w->committed_count == STREAMS;
        for (size_t i = 0; i < w->committed_count; i++)
            known |= w->committed[i].stream == h.stream && w->committed[i].n >= h.n;
        assert(known);
    }
    header_decoder_clear(&decoder);
    session_consume(w->s, (size_t)used, w->now_ms);
}

static void edge_turns(struct world *w)
{
    commit(w);
    for (int i = 0; i < 100; i++)
        take_output(w);
}

static void person_says(struct world *w)
{
    uint64_t id;
    const struct payload p = {.kind = PAYLOAD_TEXT, .text = {"hello", draw(w) % 6}};
    int rc = session_send(w->s, &p, w->now_ms, &id);
    assert(rc == 0);
}

static void time_passes(struct world *w)
{
    w->now_ms += (uint64_t)draw(w) * draw(w);
    session_set_wall(w->s, w->now_ms, w->now_ms);
    int rc = session_tick(w->s, w->now_ms);
    assert(rc == 0);
}

static void connection_goes(struct world *w)
{
    session_lost(w->s, "lost", w->now_ms);
    if (draw(w) % 2)
        session_retry(w->s, w->now_ms);
}

static void person_quits(struct world *w)
{
    if (draw(w) % 8 == 0)
        session_quit(w->s, draw(w) % 2, w->now_ms);
}

static void (*const acts[])(struct world *) = {
    edge_turns,
    relay_welcomes,
    relay_passes_on,
    person_says,
    relay_shows,
    relay_judges,
    relay_passes_on,
    take_output,
    connection_goes,
    time_passes,
    relay_talks_rubbish,
    person_quits,
    pull,
    commit,
    person_handles_a_file,
    person_handles_a_file,
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct world w;
    w = (struct world){.now_ms = 1000, .script = {bytes, bytes + len}};
    struct session_options options = {.nick = "alice", .room = "lobby", .agent = "", .open = true};
    memset(options.seed, len ? bytes[0] : 0, sizeof options.seed);
    int rc = session_new(&w.s, &options);
    assert(rc == 0);
    session_start(w.s, w.now_ms);
    pull(&w);
    while (w.script.at < w.script.end)
        acts[draw(&w) % (sizeof acts / sizeof acts[0])](&w);
    edge_turns(&w);
    session_free(w.s);
    return 0;
}
