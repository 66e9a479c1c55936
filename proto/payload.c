#include "payload.h"

#include "error.h"
#include "fields.h"
#include "frame.h"

#include <assert.h>
#include <string.h>

#define AT(member)       .at = offsetof(struct payload, member)
#define HAS(member)      .has = offsetof(struct payload, member)
#define OPTIONAL         .flags = FIELD_OPTIONAL
#define UP_TO(most)      .max = most
#define STRING(key, to)  .name = key, .form = FIELD_STRING, AT(to)
#define INTEGER(key, to) .name = key, .form = FIELD_INTEGER, AT(to)
#define BOOL(key, to)    .name = key, .form = FIELD_BOOL, AT(to)
#define REF(key, to)     .name = key, .form = FIELD_OBJECT, HAS(to.present), .fields = to##_fields
#define STREAM(ref)      .name = "stream", .form = FIELD_STREAM, AT(ref.stream)
#define N(ref)           .name = "n", .form = FIELD_INTEGER, AT(ref.n), HAS(ref.present), .min = 1
#define TEXT             STRING("text", text), UP_TO(PAYLOAD_TEXT_MAX)
#define ID               STRING("id", id), .min = 1, UP_TO(PAYLOAD_ID_MAX)

static const struct field previous_fields[] = {{STREAM(previous)}, {N(previous)}, {0}};
static const struct field reply_fields[] = {
    {BOOL("mine", reply.mine)}, {STREAM(reply)}, {N(reply)}, {0}};
static const struct field after_fields[] = {{STREAM(after)}, {N(after)}, {0}};

/* What a payload of any kind may have. */
static const struct field common[] = {
    {REF("previous", previous), OPTIONAL},
    {BOOL("first", first), OPTIONAL},
    {0},
};

static const struct field text[] = {
    {TEXT},
    {REF("reply", reply), OPTIONAL},
    {REF("after", after), OPTIONAL},
    {0},
};

static const struct field action[] = {{TEXT}, {0}};

static const struct field edit[] = {{STREAM(target)}, {N(target)}, {TEXT}, {0}};

/* delete, read */
static const struct field reference[] = {{STREAM(target)}, {N(target)}, {0}};

static const struct field react[] = {
    {BOOL("mine", target.mine)},
    {STREAM(target)},
    {N(target)},
    {STRING("emoji", emoji), UP_TO(PAYLOAD_EMOJI_MAX)},
    {0},
};

static const struct field file[] = {
    {ID},
    {STRING("name", name), UP_TO(PAYLOAD_NAME_MAX)},
    {INTEGER("size", size)},
    {.name = "digest", .form = FIELD_HEX, AT(digest), UP_TO(PAYLOAD_DIGEST_LEN)},
    {0},
};

static const struct field accept[] = {{ID}, {INTEGER("offset", offset), OPTIONAL}, {0}};

static const char *const whys[] = {
    [PAYLOAD_UNWANTED] = "",
    [PAYLOAD_CHANGED] = "changed",
    [PAYLOAD_DAMAGED] = "damaged",
    [PAYLOAD_LATER] = "later",
    NULL,
};

static const struct field cancel[] = {
    {ID},
    {INTEGER("offset", offset), OPTIONAL},
    {.name = "why", .form = FIELD_WORD, AT(why), .words = whys, .min = 1, OPTIONAL},
    {0},
};

static const struct field chunk[] = {{ID}, {INTEGER("offset", offset)}, {0}};

/* typing, away */
static const struct field notice[] = {{BOOL("active", active)}, {0}};

static const struct field nothing[] = {{0}};

static const char *const words[PAYLOAD_KINDS + 1] = {
    [PAYLOAD_UNKNOWN] = "unknown", [PAYLOAD_TEXT] = "text",       [PAYLOAD_ACTION] = "action",
    [PAYLOAD_EDIT] = "edit",       [PAYLOAD_DELETE] = "delete",   [PAYLOAD_REACT] = "react",
    [PAYLOAD_READ] = "read",       [PAYLOAD_FILE] = "file",       [PAYLOAD_ACCEPT] = "accept",
    [PAYLOAD_CANCEL] = "cancel",   [PAYLOAD_CHUNK] = "chunk",     [PAYLOAD_TYPING] = "typing",
    [PAYLOAD_AWAY] = "away",       [PAYLOAD_RECEIPT] = "receipt",
};

static const struct field *const rows[PAYLOAD_KINDS] = {
    [PAYLOAD_UNKNOWN] = nothing, [PAYLOAD_TEXT] = text,        [PAYLOAD_ACTION] = action,
    [PAYLOAD_EDIT] = edit,       [PAYLOAD_DELETE] = reference, [PAYLOAD_REACT] = react,
    [PAYLOAD_READ] = reference,  [PAYLOAD_FILE] = file,        [PAYLOAD_ACCEPT] = accept,
    [PAYLOAD_CANCEL] = cancel,   [PAYLOAD_CHUNK] = chunk,      [PAYLOAD_TYPING] = notice,
    [PAYLOAD_AWAY] = notice,     [PAYLOAD_RECEIPT] = nothing,
};

static int read_kind(const struct json_value *object, struct buffer *scratch, struct payload *p)
{
    struct json_value value;
    struct json_string word;
    if (!json_find(object, "kind", &value))
        return ERROR_HEADER;
    int rc = json_get_string(&value, scratch, &word);
    if (rc)
        return rc;
    int kind = fields_find_word(words, word.at, word.len);
    p->kind = kind < 0 ? PAYLOAD_UNKNOWN : (enum payload_kind)kind;
    return fields_read(rows[p->kind], object, scratch, p);
}

static int decode_header(const char *json, size_t len, struct buffer *scratch, struct payload *p)
{
    struct json_value object;
    int rc = json_scan(json, len, &object);
    if (rc)
        return rc;
    buffer_consume(scratch, scratch->len);
    if (memchr(json, '\\', len)) {
        uint8_t *room;
        rc = buffer_reserve(scratch, len, &room);
        if (rc)
            return rc;
    }
    rc = fields_read(common, &object, scratch, p);
    if (rc) {
        *p = (struct payload){0};
        return rc;
    }
    return read_kind(&object, scratch, p);
}

static int decode(const uint8_t *content, size_t len, struct buffer *scratch, struct payload *p)
{
    if (len < 2)
        return ERROR_PAYLOAD;
    size_t header_len = (size_t)content[0] << 8 | content[1];
    if (header_len > PAYLOAD_HEADER_MAX || header_len > len - 2)
        return ERROR_PAYLOAD;
    int rc = decode_header((const char *)content + 2, header_len, scratch, p);
    if (rc)
        return rc == ERROR_HEADER ? ERROR_PAYLOAD : rc;
    p->bytes = content + 2 + header_len;
    p->bytes_len = len - 2 - header_len;
    size_t bytes_max = p->kind == PAYLOAD_CHUNK     ? PAYLOAD_CHUNK_MAX
                       : p->kind == PAYLOAD_UNKNOWN ? FRAME_CONTENT_MAX
                                                    : 0;
    return p->bytes_len > bytes_max ? ERROR_PAYLOAD : 0;
}

int payload_decode(const uint8_t *content, size_t len, struct buffer *scratch, struct payload *p)
{
    assert(scratch->max >= PAYLOAD_HEADER_MAX);
    *p = (struct payload){0};
    int rc = decode(content, len, scratch, p);
    if (rc)
        *p = (struct payload){.previous = p->previous, .first = p->first};
    return rc;
}

int payload_put(struct buffer *out, const struct payload *p)
{
    assert(p->kind != PAYLOAD_UNKNOWN);
    assert(p->bytes_len <= (p->kind == PAYLOAD_CHUNK ? PAYLOAD_CHUNK_MAX : 0));
    size_t start = out->len;
    int rc = buffer_put(out, "\0\0", 2);
    if (rc)
        return rc;
    struct json_writer w;
    json_writer_init(&w, out);
    json_open(&w, NULL, '{');
    json_put_string(&w, "kind", words[p->kind], strlen(words[p->kind]));
    fields_write(common, &w, p);
    fields_write(rows[p->kind], &w, p);
    json_close(&w, '}');
    size_t header_len = out->len - start - 2;
    rc = w.error;
    if (rc == 0)
        rc =
            header_len > PAYLOAD_HEADER_MAX ? ERROR_LIMIT : buffer_put(out, p->bytes, p->bytes_len);
    if (rc) {
        buffer_truncate(out, start);
        return rc;
    }
    uint8_t *at = out->bytes + out->start + start;
    at[0] = (uint8_t)(header_len >> 8);
    at[1] = (uint8_t)header_len;
    return 0;
}

const char *payload_kind_word(enum payload_kind kind)
{
    return words[kind];
}
