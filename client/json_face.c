#include "json_face.h"

#include "batch.h"
#include "error.h"
#include "json.h"
#include "talk.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum {
    /* Every byte of a text may be written as an escape of six, and something stands around it. */
    LINE_MAX_BYTES = 6 * PAYLOAD_TEXT_MAX + 4096,
};

static void put_text(struct json_writer *w, const char *key, const char *s)
{
    if (s)
        json_put_string(w, key, s, strlen(s));
}

static void put_stream(struct json_writer *w, const char *key, uint64_t stream)
{
    char text[17];
    header_stream_format(stream, text);
    json_put_string(w, key, text, 16);
}

static void begin(struct json_writer *w, struct face *f, const char *event)
{
    json_writer_init(w, &((struct batch *)f)->out.bytes);
    json_open(w, NULL, '{');
    put_text(w, "event", event);
}

static int end(struct json_writer *w, struct face *f)
{
    struct output *o = &((struct batch *)f)->out;
    json_close(w, '}');
    int rc = w->error;
    if (rc == 0)
        rc = buffer_put(&o->bytes, "\n", 1);
    return rc ? rc : output_relieve(o);
}

static void put_ref(struct json_writer *w, const char *key, const struct payload_ref *ref,
                    bool with_mine)
{
    if (!ref->present)
        return;
    json_open(w, key, '{');
    if (with_mine)
        json_put_bool(w, "mine", ref->mine);
    put_stream(w, "stream", ref->stream);
    json_put_integer(w, "n", ref->n);
    json_close(w, '}');
}

static void put_string(struct json_writer *w, const char *key, const struct json_string *s)
{
    json_put_string(w, key, s->at, s->len);
}

/* What the kind of a message has beside its kind. */
static void put_payload(struct json_writer *w, const struct payload *p)
{
    switch (p->kind) {
    case PAYLOAD_TEXT:
        put_ref(w, "reply", &p->reply, true);
        put_ref(w, "after", &p->after, false);
        put_string(w, "text", &p->text);
        return;
    case PAYLOAD_ACTION: put_string(w, "text", &p->text); return;
    case PAYLOAD_EDIT:
        put_ref(w, "target", &p->target, false);
        put_string(w, "text", &p->text);
        return;
    case PAYLOAD_DELETE:
    case PAYLOAD_READ: put_ref(w, "target", &p->target, false); return;
    case PAYLOAD_REACT:
        put_ref(w, "target", &p->target, true);
        put_string(w, "emoji", &p->emoji);
        return;
    case PAYLOAD_FILE:
        put_string(w, "name", &p->name);
        json_put_integer(w, "size", p->size);
        return;
    default: return;
    }
}

static int show_message(struct face *f, const struct face_message *m)
{
    struct json_writer w;
    begin(&w, f, "message");
    json_put_integer(&w, "id", m->row->id);
    json_put_bool(&w, "mine", m->row->mine);
    put_text(&w, "from", m->author);
    put_text(&w, "to", m->to);
    if (m->row->n) {
        put_stream(&w, "stream", m->row->stream);
        json_put_integer(&w, "n", m->row->n);
    }
    json_put_integer(&w, "time", m->row->wall_ms);
    put_text(&w, "kind", payload_kind_word(m->payload->kind));
    put_payload(&w, m->payload);
    int rc = end(&w, f);
    return rc ? rc : batch_end_message((struct batch *)f, m->row->id);
}

static void put_status(struct json_writer *w, struct face *f, const struct session_event *e,
                       uint64_t now_ms)
{
    static const char *const states[] = {
        [SESSION_OFFLINE] = "offline", [SESSION_CONNECTING] = "connecting",
        [SESSION_JOINING] = "joining", [SESSION_ONLINE] = "online",
        [SESSION_LEAVING] = "leaving", [SESSION_STOPPED] = "stopped",
    };
    struct words words = talk_words(f->talk);
    put_text(w, "state", states[e->status.state]);
    put_text(w, "relay", words.relay);
    json_put_bool(w, "tls", !words.plaintext);
    if (e->status.code != CODE_UNKNOWN)
        put_text(w, "code", header_code_word(e->status.code));
    put_text(w, "why", e->status.why);
    if (e->status.state == SESSION_OFFLINE)
        json_put_integer(w, "retry_ms",
                         e->status.retry_ms > now_ms ? e->status.retry_ms - now_ms : 0);
}

static void put_trust(struct json_writer *w, const struct session *s)
{
    static const char *const words[] = {
        [SESSION_NOBODY] = "nobody",     [SESSION_OPEN] = "open", [SESSION_SEALED] = "sealed",
        [SESSION_VERIFIED] = "verified", [SESSION_HELD] = "held", [SESSION_MISMATCH] = "mismatch",
        [SESSION_BROKEN] = "broken",
    };
    put_text(w, "trust", words[session_get_trust(s)]);
    put_text(w, "nick", session_peer_nick(s));
    put_text(w, "identity", session_peer_identity(s));
}

/* The word for what was learnt of a message of ours. */
static const char *const marks[] = {
    [SESSION_WAITING] = "waiting",
    [SESSION_STORED] = "stored",
    [SESSION_DELIVERED] = "receipt",
    [SESSION_SEEN] = "read",
};

static int show_event(struct face *f, const struct session_event *e, uint64_t now_ms)
{
    struct json_writer w;
    switch (e->type) {
    case SESSION_STATUS:
        begin(&w, f, "status");
        put_status(&w, f, e, now_ms);
        break;
    case SESSION_PRESENCE:
        begin(&w, f, "presence");
        if (e->presence.known) {
            put_text(&w, "nick", e->presence.nick);
            put_text(&w, "state", header_state_word(e->presence.state));
            json_put_integer(&w, "time", e->presence.wall_ms);
        } else {
            json_put_null(&w, "nick");
        }
        break;
    case SESSION_TRUST:
        begin(&w, f, "trust");
        put_trust(&w, talk_session(f->talk));
        break;
    case SESSION_MARK:
        begin(&w, f, marks[e->mark]);
        json_put_integer(&w, "id", e->id);
        put_stream(&w, "stream", e->stream);
        json_put_integer(&w, "n", e->n);
        break;
    case SESSION_SEEN_UP_TO:
        begin(&w, f, marks[SESSION_SEEN]);
        put_stream(&w, "stream", e->load.stream);
        json_put_integer(&w, "n", e->load.n);
        break;
    case SESSION_SIGNAL:
        begin(&w, f, "signal");
        put_text(&w, "kind", payload_kind_word(e->signal.kind));
        json_put_bool(&w, "active", e->signal.active);
        break;
    case SESSION_REFUSED:
        begin(&w, f, "refused");
        json_put_integer(&w, "id", e->refused.id);
        put_text(&w, "code", header_code_word(e->refused.code));
        break;
    case SESSION_MISSING:
        begin(&w, f, "missing");
        json_put_integer(&w, "id", e->id);
        break;
    default: return 0;
    }
    return end(&w, f);
}

static int show_file(struct face *f, const struct transfer_row *file, bool has_changed)
{
    static const char *const states[] = {
        [TRANSFER_OFFERED] = "offered", [TRANSFER_TAKEN] = "taken",
        [TRANSFER_DONE] = "done",       [TRANSFER_CANCELLED] = "cancelled",
        [TRANSFER_REFUSED] = "refused", [TRANSFER_CHANGED] = "changed",
        [TRANSFER_DAMAGED] = "damaged",
    };
    (void)has_changed;
    struct json_writer w;
    begin(&w, f, "file");
    json_put_integer(&w, "id", file->message);
    json_put_bool(&w, "mine", file->mine);
    put_text(&w, "state", states[file->state]);
    put_text(&w, "name", file->name);
    json_put_integer(&w, "size", file->size);
    json_put_integer(&w, "offset", file->offset);
    if (*file->path && text_is_utf8(file->path, strlen(file->path)))
        put_text(&w, "path", file->path);
    return end(&w, f);
}

static int tell(struct face *f, enum face_tone tone, const char *text)
{
    static const char *const tones[] = {
        [FACE_NOTICE] = "notice",
        [FACE_ANSWER] = "answer",
        [FACE_ERROR] = "error",
    };
    struct json_writer w;
    size_t len; /* there may be a path in it, which may be any bytes */
    char *safe = text_sanitise(text, strlen(text), TEXT_LINES, &len);
    if (!safe)
        return ERROR_NOMEM;
    begin(&w, f, tones[tone]);
    json_put_string(&w, "text", safe, len);
    free(safe);
    return end(&w, f);
}

static const struct face_ops ops = {
    .begin = batch_begin,
    .show_message = show_message,
    .show_event = show_event,
    .show_file = show_file,
    .tell = tell,
    .show_help = batch_show_help,
    .clear = batch_clear,
    .chosen = batch_chosen,
    .poll = batch_poll,
    .deadline = batch_deadline,
    .take_input = batch_take_input,
    .end_turn = batch_end_turn,
    .is_ended = batch_is_ended,
    .free = batch_free,
};

/* Carries out an object with a text or a command in it. */
static int take_object(struct face *f, const struct json_value *object, struct buffer *scratch,
                       uint64_t now_ms)
{
    struct json_value text, command;
    bool is_text = json_find(object, "text", &text);
    bool is_command = json_find(object, "command", &command);
    struct json_string s;
    if (is_text == is_command)
        return ERROR_HEADER;
    int rc = json_get_string(is_text ? &text : &command, scratch, &s);
    if (rc)
        return rc;
    if (is_text)
        return talk_say(f->talk, PAYLOAD_TEXT, s.at, s.len, now_ms);
    if (s.len == 0 || s.at[0] != '/')
        return ERROR_HEADER;
    return talk_line(f->talk, s.at, s.len, now_ms);
}

static int take_line(struct batch *b, const char *line, size_t len, uint64_t now_ms)
{
    if (len == 0)
        return 0;
    struct json_value object;
    struct buffer scratch;
    buffer_init(&scratch, LINE_MAX_BYTES);
    int rc = json_scan(line, len, &object);
    if (rc == 0)
        rc = take_object(&b->face, &object, &scratch, now_ms);
    buffer_clear(&scratch);
    return rc;
}

int json_face_new(struct face **f, int stop_fd)
{
    struct batch *b = batch_new(&ops, LINE_MAX_BYTES, stop_fd);
    *f = b ? &b->face : NULL;
    if (!b)
        return ERROR_NOMEM;
    b->take_line = take_line;
    return 0;
}
