#include "header.h"

#include "error.h"
#include "fields.h"
#include "header_usual.h"
#include "header_words.h"

#include <assert.h>
#include <string.h>

#define AT(member)       .at = offsetof(struct header, member)
#define HAS(member)      .has = offsetof(struct header, member)
#define OPTIONAL         .flags = FIELD_OPTIONAL
#define TOGETHER         .flags = FIELD_OPTIONAL | FIELD_TOGETHER
#define STRING(key, to)  .name = key, .form = FIELD_STRING, AT(to), .max = SIZE_MAX
#define INTEGER(key, to) .name = key, .form = FIELD_INTEGER, AT(to)
#define COUNT(key, to)   INTEGER(key, to), .min = 1
#define BOOL(key, to)    .name = key, .form = FIELD_BOOL, AT(to)
#define STREAM           .name = "stream", .form = FIELD_STREAM, AT(stream)
#define AGENT            .name = "agent", .form = FIELD_LABEL, AT(agent), .max = HEADER_AGENT_POINTS
#define STATE(to)        .name = "state", .form = FIELD_WORD, AT(to), .words = header_state_words
#define KEYS(to)         .name = "keys", .form = FIELD_KEYS, AT(to), .max = HEADER_KEYS_MAX
#define STORED                                                                                     \
    .name = "stored", .form = FIELD_LIST, AT(stored), HAS(stored_count), .max = HEADER_STORED_MAX, \
    .fields = run, .size = sizeof(struct header_run), OPTIONAL
#define REFUSED(key) .name = key, .form = FIELD_REFUSED, OPTIONAL
#define NO_FROM      REFUSED("from")
#define NO_TIME      REFUSED("time")

static const struct field run[] = {
    {.name = "stream", .form = FIELD_STREAM, .at = offsetof(struct header_run, stream)},
    {.name = "first", .form = FIELD_INTEGER, .at = offsetof(struct header_run, first), .min = 1},
    {.name = "n", .form = FIELD_INTEGER, .at = offsetof(struct header_run, n), .min = 1},
    {0},
};

static const struct field hello[] = {
    {INTEGER("version", version)},
    {STRING("nick", nick)},
    {STRING("room", room), OPTIONAL},
    {AGENT, OPTIONAL},
    {KEYS(keys), OPTIONAL},
    {NO_FROM},
    {NO_TIME},
    {0},
};

/* What is judged before the rest of a hello and a welcome. */
static const struct field version[] = {{INTEGER("version", version)}, {0}};

static const struct field keys[] = {{KEYS(keys)}, {NO_FROM}, {NO_TIME}, {0}};

static const struct field peer[] = {
    {STRING("nick", peer_nick)},
    {STATE(peer_state)},
    {INTEGER("time", peer_time)},
    {KEYS(peer_keys), OPTIONAL},
    {STORED},
    {0},
};

static const struct field welcome[] = {
    {INTEGER("version", version)},
    {STRING("nick", nick)},
    {STRING("room", room)},
    {AGENT},
    {INTEGER("time", time)},
    {INTEGER("waiting", waiting)},
    {.name = "peer", .form = FIELD_OBJECT, HAS(has_peer), .fields = peer, .flags = FIELD_NULL},
    {0},
};

static const struct field presence[] = {
    {STRING("nick", nick)}, {STATE(state)}, {INTEGER("time", time)},
    {KEYS(keys), OPTIONAL}, {STORED},       {0},
};

static const struct field message_to[] = {
    {STRING("to", peer)},
    {STREAM},
    {COUNT("n", n)},
    {BOOL("first", is_first), OPTIONAL},
    {NO_FROM},
    {NO_TIME},
    {0},
};

static const struct field message_from[] = {
    {STRING("from", peer)}, {STREAM}, {COUNT("n", n)}, {INTEGER("time", time)}, {0},
};

static const struct field receipt_to[] = {
    {STRING("to", peer)},
    {STREAM},
    {INTEGER("n", n)},
    {BOOL("resend", resend), OPTIONAL},
    {NO_FROM},
    {NO_TIME},
    {0},
};

static const struct field receipt_from[] = {
    {STRING("from", peer)}, {STREAM}, {INTEGER("n", n)}, {BOOL("resend", resend), OPTIONAL}, {0},
};

static const struct field stored[] = {
    {STRING("to", peer)}, {STREAM}, {COUNT("first", first)}, {COUNT("n", n)}, {0},
};

static const struct field signal_to[] = {{STRING("to", peer)}, {NO_FROM}, {NO_TIME}, {0}};
static const struct field signal_from[] = {{STRING("from", peer)}, {INTEGER("time", time)}, {0}};

static const struct field ping_to[] = {
    {INTEGER("id", id), HAS(has_id), OPTIONAL}, {NO_FROM}, {NO_TIME}, {0}};
static const struct field ping_from[] = {{INTEGER("id", id), HAS(has_id), OPTIONAL}, {0}};

static const struct field bye[] = {{BOOL("leave", leave), OPTIONAL}, {NO_FROM}, {NO_TIME}, {0}};

static const struct field error[] = {
    {.name = "code", .form = FIELD_WORD, AT(code), .words = header_code_words, .min = 1},
    {STRING("text", text)},
    {BOOL("fatal", fatal)},
    {STREAM, HAS(has_message), TOGETHER},
    {COUNT("n", n), HAS(has_message), TOGETHER},
    {0},
};

/* What a type holds, by who sends it; NULL where that side does not. */
static const struct {
    const struct field *fields[2];
    size_t content_max;
} rows[HEADER_TYPES] = {
    [HEADER_HELLO] = {{hello, NULL}, 0},
    [HEADER_KEYS] = {{keys, NULL}, 0},
    [HEADER_WELCOME] = {{NULL, welcome}, 0},
    [HEADER_PRESENCE] = {{NULL, presence}, 0},
    [HEADER_MESSAGE] = {{message_to, message_from}, FRAME_CONTENT_MAX},
    [HEADER_RECEIPT] = {{receipt_to, receipt_from}, HEADER_RECEIPT_CONTENT_MAX},
    [HEADER_STORED] = {{NULL, stored}, 0},
    [HEADER_SIGNAL] = {{signal_to, signal_from}, FRAME_CONTENT_MAX},
    [HEADER_PING] = {{ping_to, ping_from}, 0},
    [HEADER_PONG] = {{ping_to, ping_from}, 0},
    [HEADER_BYE] = {{bye, NULL}, 0},
    [HEADER_ERROR] = {{NULL, error}, 0},
};

void header_decoder_init(struct header_decoder *d)
{
    d->type = HEADER_UNKNOWN;
    d->numbers = (struct json_string){0};
    buffer_init(&d->scratch, FRAME_HEADER_MAX);
}

void header_decoder_clear(struct header_decoder *d)
{
    buffer_clear(&d->scratch);
    header_decoder_init(d);
}

/* Scans the header and finds its type, of those that `side` sends. */
static int decode_type(struct header_decoder *d, enum header_side side, const struct frame *frame,
                       struct json_notes *notes, struct json_value *object)
{
    d->type = HEADER_UNKNOWN;
    d->numbers = (struct json_string){0};
    int rc = json_scan_noting(frame->header, frame->header_len, notes, object);
    if (rc)
        return rc;
    buffer_consume(&d->scratch, d->scratch.len);
    if (memchr(frame->header, '\\', frame->header_len)) {
        uint8_t *room;
        rc = buffer_reserve(&d->scratch, frame->header_len, &room);
        if (rc)
            return rc;
    }
    struct json_value value;
    struct json_string word;
    if (!json_find(object, "type", &value))
        return ERROR_HEADER;
    rc = json_get_string(&value, &d->scratch, &word);
    if (rc)
        return rc;
    int type = fields_find_word(header_type_words, word.at, word.len);
    if (type > 0 && rows[type].fields[side])
        d->type = (enum header_type)type;
    return 0;
}

/* What the table cannot say. */
static bool holds_together(const struct header *h)
{
    for (size_t i = 0; i < h->stored_count; i++)
        if (h->stored[i].first > h->stored[i].n)
            return false;
    return h->type != HEADER_STORED || h->first <= h->n;
}

static void clear(struct header *h)
{
    memset(h, 0, offsetof(struct header, stored)); /* the list is large, and rarely used */
}

int header_decode(struct header_decoder *d, enum header_side side, const struct frame *frame,
                  struct header *h)
{
    clear(h);
    if (header_usual_read(side, frame->header, frame->header_len, h, &d->numbers)) {
        d->type = h->type;
        return frame->content_len > rows[h->type].content_max ? ERROR_FRAME : 0;
    }
    clear(h);
    struct json_notes notes;
    struct json_value object;
    int rc = decode_type(d, side, frame, &notes, &object);
    if (rc)
        return rc;
    h->type = d->type;
    if (h->type == HEADER_UNKNOWN)
        return 0;
    if (frame->content_len > rows[h->type].content_max)
        return ERROR_FRAME;
    if (h->type == HEADER_HELLO || h->type == HEADER_WELCOME) {
        rc = fields_read(version, &object, &d->scratch, h);
        if (rc || h->version != PROTOCOL_VERSION)
            return rc;
    }
    rc = fields_read(rows[h->type].fields[side], &object, &d->scratch, h);
    return rc == 0 && !holds_together(h) ? ERROR_HEADER : rc;
}

/* Puts a header behind the place for its prefix. */
static int put_any(struct buffer *out, enum header_side side, const struct header *h)
{
    static const uint8_t prefix[FRAME_PREFIX];
    const char *type = header_type_word(h->type);
    int rc = buffer_put(out, prefix, sizeof prefix);
    if (rc)
        return rc;
    struct json_writer w;
    json_writer_init(&w, out);
    json_open(&w, NULL, '{');
    json_put_string(&w, "type", type, strlen(type));
    fields_write(rows[h->type].fields[side], &w, h);
    if (h->type == HEADER_ERROR && h->code == CODE_UNSUPPORTED_VERSION)
        json_put_raw(&w, "versions", "[1]", 3);
    json_close(&w, '}');
    return w.error;
}

/* Puts a frame with a usual header. 1; 0 where it is none, or there may be no room; or an error. */
static int put_usual(struct buffer *out, enum header_side side, const struct header *h,
                     const uint8_t *content, size_t content_len)
{
    uint8_t *at;
    int rc = buffer_reserve(out, FRAME_PREFIX + HEADER_USUAL_MAX + content_len, &at);
    if (rc)
        return rc == ERROR_LIMIT ? 0 : rc;
    size_t len = header_usual_write(side, h, (char *)at + FRAME_PREFIX);
    if (len == 0)
        return 0;
    frame_write_prefix(at, len, content_len);
    if (content_len > 0)
        memcpy(at + FRAME_PREFIX + len, content, content_len);
    buffer_commit(out, FRAME_PREFIX + len + content_len);
    return 1;
}

int header_put(struct buffer *out, enum header_side side, const struct header *h,
               const uint8_t *content, size_t content_len)
{
    assert(rows[h->type].fields[side] && content_len <= rows[h->type].content_max);
    int rc = put_usual(out, side, h, content, content_len);
    if (rc)
        return rc < 0 ? rc : 0;
    size_t start = out->len;
    rc = put_any(out, side, h);
    size_t header_len = out->len - start - FRAME_PREFIX;
    if (rc == 0)
        rc = header_len > FRAME_HEADER_MAX ? ERROR_LIMIT : buffer_put(out, content, content_len);
    if (rc)
        buffer_truncate(out, start);
    else
        frame_write_prefix(out->bytes + out->start + start, header_len, content_len);
    return rc;
}
