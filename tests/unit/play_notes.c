#include "play_notes.h"

#include "payload.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char theirs[] = "wxyz";

static uint64_t their_stream(char letter)
{
    return UINT64_C(0x1111111111111111) * (uint64_t)(10 + (strchr(theirs, letter) - theirs));
}

char play_letter_of(struct play *p, uint64_t stream)
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

uint64_t play_stream_of(const struct play *p, char letter)
{
    return strchr(theirs, letter) ? their_stream(letter) : p->ours[letter - 'A'];
}

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
            put(text, &out, "'stream':'%c", play_letter_of(p, stream));
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
        EVENT("%u:%c%llu", row->peer, play_letter_of(p, row->stream), (unsigned long long)row->n);
    else
        EVENT("nobody");
    if (row->mine)
        EVENT(" %s", marks[row->mark]);
    EVENT(" %s\n", describe(p, row->payload, row->payload_len));
}

static void write_file(struct play *p, const char *what, const struct transfer_row *row)
{
    static const char *const file_states[] = {"offered", "taken",   "done",   "cancelled",
                                              "refused", "changed", "damaged"};
    EVENT("%s %llu %s %u %s %llu/%llu%s%s\n", what, (unsigned long long)row->message,
          row->mine ? "to" : "from", row->peer, file_states[row->state],
          (unsigned long long)row->offset, (unsigned long long)row->size, *row->path ? " at " : "",
          row->path);
}

static void write_piece(struct play *p, const char *what, const struct transfer_piece *piece)
{
    EVENT("%s %llu %llu+%zu\n", what, (unsigned long long)piece->message,
          (unsigned long long)piece->offset, piece->len);
}

static void write_save(struct play *p, const struct session_event *e)
{
    const struct session_stream_row *row = &e->stream_row;
    switch (e->type) {
    case SESSION_SAVE_PEER:
        EVENT("save peer %u %s '%s'\n", e->peer_row.id, e->peer_row.nick, e->peer_row.identity);
        break;
    case SESSION_SAVE_STREAM:
        EVENT("save stream %u:%c%llu order %llu", row->peer, play_letter_of(p, row->stream),
              (unsigned long long)row->last, (unsigned long long)row->order);
        if (row->mine)
            EVENT(" receipted %llu", (unsigned long long)row->receipted);
        EVENT("\n");
        break;
    case SESSION_SAVE_MESSAGE: write_row(p, "save", &e->message_row); break;
    case SESSION_SAVE_CHUNK: write_row(p, "save chunk", &e->message_row); break;
    case SESSION_SAVE_FILE: write_file(p, "save file", &e->file_row); break;
    case SESSION_SAVE_MARK:
        EVENT("save mark %llu %s\n", (unsigned long long)e->id, marks[e->mark]);
        break;
    default:
        EVENT("save seen %u:%c%llu\n", e->load.peer, play_letter_of(p, e->load.stream),
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

void play_note_event(struct play *p, const struct session_event *e)
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
    case SESSION_FILE: write_file(p, "file", &e->file_row); break;
    case SESSION_FILE_READ: write_piece(p, "read", &e->piece); break;
    case SESSION_FILE_WRITE: write_piece(p, "write", &e->piece); break;
    case SESSION_FILE_CHECK: EVENT("check %llu\n", (unsigned long long)e->id); break;
    case SESSION_MARK: EVENT("mark %llu %s\n", (unsigned long long)e->id, marks[e->mark]); break;
    case SESSION_SEEN_UP_TO:
    case SESSION_LOAD:
        EVENT("%s %u:%c%llu\n", e->type == SESSION_LOAD ? "load" : "seen", e->load.peer,
              play_letter_of(p, e->load.stream), (unsigned long long)e->load.n);
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

void play_note_frame(struct play *p, const struct header *h, const struct frame *f)
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
        FRAME(" %c%llu", play_letter_of(p, h->stream), (unsigned long long)h->n);
        if (h->resend)
            FRAME(" resend");
        if (h->is_first)
            FRAME(" first");
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
