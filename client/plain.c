#include "plain.h"

#include "batch.h"
#include "emoji.h"
#include "error.h"
#include "talk.h"
#include "text.h"

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    EXCERPT_CLUSTERS = 40, /* of a message that is quoted */
};

static const char indent[] = "      "; /* as wide as the time: no message can look like two */

static struct output *output_of(struct face *f)
{
    return &((struct batch *)f)->out;
}

static int put_string(struct output *o, const char *s)
{
    return buffer_put(&o->bytes, s, strlen(s));
}

/*
 * On a terminal whose characters are not UTF-8 the bytes of one might be controls. What is no
 * terminal gets UTF-8 whatever the locale.
 */
static bool is_foreign(int fd)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") != 0 && isatty(fd);
}

/* Makes each character that is not ASCII a question mark; gives the new length. */
static size_t make_ascii(char *s, size_t len)
{
    size_t kept = 0;
    for (size_t i = 0; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            s[kept++] = s[i] & 0x80 ? '?' : s[i];
    s[kept] = '\0';
    return kept;
}

/* Puts text from outside: safe to show, further lines indented. */
static int put_text(struct face *f, const char *s, size_t len)
{
    struct output *o = output_of(f);
    bool foreign = is_foreign(STDOUT_FILENO);
    size_t style = settings_choice(talk_settings(f->talk), SETTING_EMOJI), safe_len;
    char *safe = emoji_sanitise(foreign ? EMOJI_TEXT : (enum emoji_style)style, s, len, TEXT_LINES,
                                &safe_len);
    if (!safe)
        return ERROR_NOMEM;
    if (foreign)
        safe_len = make_ascii(safe, safe_len);
    int rc = 0;
    for (const char *at = safe, *end = safe + safe_len; rc == 0;) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        rc = buffer_put(&o->bytes, at, (size_t)((feed ? feed : end) - at));
        if (!feed)
            break;
        if (rc == 0)
            rc = put_string(o, "\n");
        if (rc == 0)
            rc = put_string(o, indent);
        at = feed + 1;
    }
    free(safe);
    return rc;
}

/* What a message does with another one; NULL where it is about none. */
static const char *verb_of(const struct payload *p)
{
    switch (p->kind) {
    case PAYLOAD_TEXT: return p->reply.present ? " answered " : NULL;
    case PAYLOAD_EDIT: return " changed ";
    case PAYLOAD_DELETE: return " deleted ";
    case PAYLOAD_REACT: return p->emoji.len > 0 ? " reacted to " : " took back a reaction to ";
    default: return NULL;
    }
}

/* Puts the beginning of the message that another one is about: `"can you pull?"`. */
static int put_quote(struct face *f, const struct json_string *quote)
{
    struct output *o = output_of(f);
    if (quote->len == 0)
        return put_string(o, "a message");
    const char *feed = memchr(quote->at, '\n', quote->len);
    size_t len = feed ? (size_t)(feed - quote->at) : quote->len, cut = 0;
    for (size_t i = 0; i < EXCERPT_CLUSTERS && cut < len; i++)
        cut += text_next(quote->at + cut, len - cut).len;
    int rc = put_string(o, "\"");
    if (rc == 0)
        rc = put_text(f, quote->at, cut);
    return rc ? rc : put_string(o, cut < quote->len ? "...\"" : "\"");
}

/* Puts who says something, and what they do with what was said before. */
static int put_author(struct face *f, const struct face_message *m, const struct words_said *said)
{
    struct output *o = output_of(f);
    const char *verb = verb_of(m->payload);
    int rc = put_string(o, said->action && !verb ? " * " : " ");
    if (rc == 0)
        rc = put_text(f, m->author, strlen(m->author));
    if (!verb)
        return rc ? rc : put_string(o, said->action ? " " : ": ");
    if (rc == 0)
        rc = put_string(o, verb);
    if (rc == 0)
        rc = put_quote(f, &m->quote);
    return rc || said->text.len == 0 ? rc : put_string(o, ": ");
}

static int show_message(struct face *f, const struct face_message *m)
{
    struct output *o = output_of(f);
    struct words_said said = words_said(m->payload);
    if (!said.shown || m->payload->kind == PAYLOAD_FILE)
        return 0; /* show_file tells what can be done about it, too */
    char clock[WORDS_CLOCK_MAX];
    words_clock(m->row->wall_ms, clock);
    int rc = put_string(o, clock);
    if (rc == 0)
        rc = put_author(f, m, &said);
    if (rc == 0 && !verb_of(m->payload))
        rc = put_string(o, said.before);
    if (rc == 0)
        rc = put_text(f, said.text.at, said.text.len);
    if (rc == 0)
        rc = put_string(o, "\n");
    return rc ? rc : batch_end_message((struct batch *)f, m->row->id);
}

/* Standard error is for people: where nobody reads it, nothing is lost. */
static int tell(struct face *f, enum face_tone tone, const char *text)
{
    (void)tone;
    int rc = output_flush(output_of(f)); /* so that the two are in order where they meet */
    size_t len;
    char *copy = text_sanitise(text, strlen(text), TEXT_LINES, &len), *at = copy, *line;
    if (!copy)
        return ERROR_NOMEM;
    if (is_foreign(STDERR_FILENO))
        make_ascii(copy, len);
    while ((line = strsep(&at, "\n")))
        if (at || *line)
            fprintf(stderr, "-- %s\n", line);
    free(copy);
    return rc;
}

/* Where nothing came of the first attempt, also what to do; unless that is said at the end. */
static int show_status(struct face *f, const struct session_event *e, uint64_t now_ms)
{
    struct words w = talk_words(f->talk);
    struct batch *b = (struct batch *)f;
    char text[WORDS_MAX];
    if (e->status.state != SESSION_OFFLINE && e->status.state != SESSION_ONLINE)
        return 0;
    bool ends = b->in.ended && session_undelivered(talk_session(f->talk)) == 0;
    int rc = 0;
    if (e->status.state == SESSION_OFFLINE && !b->was_tried && !ends) {
        words_unreachable(&w, e, text);
        rc = tell(f, FACE_NOTICE, text);
    }
    b->was_tried = true;
    words_status(&w, e, now_ms, text);
    return rc ? rc : tell(f, FACE_NOTICE, text);
}

static int show_event(struct face *f, const struct session_event *e, uint64_t now_ms)
{
    struct words w = talk_words(f->talk);
    char text[WORDS_MAX];
    switch (e->type) {
    case SESSION_STATUS: return show_status(f, e, now_ms);
    case SESSION_PRESENCE: words_presence(&w, e, text); break;
    case SESSION_TRUST: words_trust(&w, session_get_trust(talk_session(f->talk)), text); break;
    case SESSION_REFUSED: words_refused(&w, e->refused.code, text); break;
    case SESSION_MISSING: words_missing(&w, text); break;
    default: return 0;
    }
    return *text ? tell(f, FACE_NOTICE, text) : 0;
}

static int show_file(struct face *f, const struct transfer_row *file, bool has_changed)
{
    struct words w = talk_words(f->talk);
    char text[WORDS_MAX];
    words_file(&w, file, text);
    return has_changed ? tell(f, FACE_NOTICE, text) : 0;
}

static const struct face_ops ops = {
    .quotes = true,
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

static int take_line(struct batch *b, const char *line, size_t len, uint64_t now_ms)
{
    return len ? talk_line(b->face.talk, line, len, now_ms) : 0;
}

int plain_new(struct face **f, int stop_fd)
{
    struct batch *b = batch_new(&ops, PAYLOAD_TEXT_MAX + 1 /* a slash more, in `//` */, stop_fd);
    *f = b ? &b->face : NULL;
    if (!b)
        return ERROR_NOMEM;
    b->take_line = take_line;
    return 0;
}
