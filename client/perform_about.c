#include "perform.h"

#include "emoji.h"
#include "error.h"
#include "quote.h"
#include "text.h"

#include <string.h>

enum {
    MATCHES_MAX = 20,
    LOOK_BACK = 1000, /* messages, for the newest that a command can be about */
    FOUND = 1,        /* ends a walk */
};

/* The message that a command is about, being looked for. */
struct about {
    uint32_t peer;
    bool mine, theirs; /* whose it may be */
    struct payload_ref ref;
    char **text;     /* where its text is wanted, or NULL */
    const char *why; /* why the one that was looked at is none */
};

/* Takes a message where a command can be about it. */
static int take(void *context, const struct face_message *m)
{
    struct about *about = context;
    const struct session_message_row *row = m->row;
    enum payload_kind kind = m->payload->kind;
    if (kind != PAYLOAD_TEXT && kind != PAYLOAD_ACTION && kind != PAYLOAD_FILE)
        about->why = "that is no message";
    else if (m->is_deleted)
        about->why = "that message was deleted";
    else if (row->peer != about->peer)
        about->why = "that was said to somebody else";
    else if (row->mine ? !about->mine : !about->theirs)
        about->why = "only what you wrote yourself can be changed or deleted";
    else
        about->ref = (struct payload_ref){true, row->mine, row->stream, row->n};
    if (about->ref.present && about->text && !(*about->text = strndup(m->text.at, m->text.len)))
        return ERROR_NOMEM;
    return about->ref.present ? FOUND : 0;
}

/*
 * Finds the message that was chosen, or the newest of theirs, or of mine where only that may be.
 * Tells why there is none, with ERROR_STATE.
 */
static int find(struct talk *t, struct about *about, uint64_t now_ms)
{
    const struct face *face = t->options.face;
    uint64_t chosen = face->ops->chosen(face);
    struct answer a = {0};
    about->peer = session_peer_id(t->parts.session);
    bool only_mine = !about->theirs;
    about->mine = only_mine || chosen;
    int rc = talk_settle(t, now_ms); /* it may be about what was said just now */
    if (rc == 0)
        rc = chosen ? talk_get(t, chosen, take, about)
                    : talk_walk(t, UINT64_MAX, LOOK_BACK, take, about);
    if (rc < 0 || about->ref.present)
        return rc < 0 ? rc : 0;
    if (chosen)
        answer_add(&a, "%s", about->why);
    else
        answer_add(&a, "there is no message of %s", only_mine ? "yours yet" : "theirs yet");
    return perform_refuse(t, &a);
}

static int say(struct talk *t, const struct payload *p, uint64_t now_ms)
{
    uint64_t id;
    return session_send(t->parts.session, p, now_ms, &id);
}

static bool is_text(struct arguments args)
{
    return text_is_utf8(args.at, args.len) && !memchr(args.at, '\0', args.len);
}

/* Matches that are told, newest first. */
struct matches {
    struct answer answer;
    size_t count;
};

static int tell_match(void *context, const struct face_message *m)
{
    struct matches *matches = context;
    char clock[WORDS_CLOCK_MAX], author[QUOTE_MAX], text[QUOTE_MAX];
    if (m->target || m->is_deleted)
        return 0;
    words_clock(m->row->wall_ms, clock);
    answer_add(&matches->answer, "%s%s %s: %s", matches->count ? "\n" : "", clock,
               quote_text(m->author, strlen(m->author), author),
               quote_text(m->text.at, m->text.len, text));
    return ++matches->count == MATCHES_MAX ? FOUND : 0;
}

int perform_search(struct talk *t, struct arguments args, uint64_t now_ms)
{
    (void)now_ms;
    struct matches matches = {.count = 0};
    char words[PAYLOAD_TEXT_MAX + 1];
    if (!is_text(args) || args.len >= sizeof words)
        return ERROR_UTF8;
    memcpy(words, args.at, args.len);
    words[args.len] = '\0';
    if (t->options.face->ops->search)
        return t->options.face->ops->search(t->options.face, args.at, args.len);
    const struct history_query query = {.words = words, .bound = UINT64_MAX};
    int rc = talk_search(t, &query, tell_match, &matches);
    if (matches.count == 0)
        answer_add(&matches.answer, "no message has these words");
    return rc < 0 ? rc : perform_answer(t, &matches.answer);
}

int perform_reply(struct talk *t, struct arguments args, uint64_t now_ms)
{
    struct about about = {.theirs = true};
    int rc = is_text(args) ? find(t, &about, now_ms) : ERROR_UTF8;
    const struct payload p = {
        .kind = PAYLOAD_TEXT, .text = {args.at, args.len}, .reply = about.ref};
    return rc ? rc : say(t, &p, now_ms);
}

int perform_edit(struct talk *t, struct arguments args, uint64_t now_ms)
{
    struct about about = {.theirs = false};
    int rc = is_text(args) ? find(t, &about, now_ms) : ERROR_UTF8;
    const struct payload p = {
        .kind = PAYLOAD_EDIT, .text = {args.at, args.len}, .target = about.ref};
    return rc ? rc : say(t, &p, now_ms);
}

int talk_get_own_text(struct talk *t, char **text, size_t *len, uint64_t now_ms)
{
    struct about about = {.theirs = false, .text = text};
    *text = NULL;
    int rc = find(t, &about, now_ms);
    *len = rc == 0 ? strlen(*text) : 0;
    return rc;
}

int perform_delete(struct talk *t, struct arguments args, uint64_t now_ms)
{
    (void)args;
    struct about about = {.theirs = false};
    int rc = find(t, &about, now_ms);
    const struct payload p = {.kind = PAYLOAD_DELETE, .target = about.ref};
    return rc ? rc : say(t, &p, now_ms);
}

int perform_react(struct talk *t, struct arguments args, uint64_t now_ms)
{
    struct about about = {.theirs = true};
    struct answer a = {0};
    const char *emoji = emoji_find(args.at, args.len);
    struct json_string sign = {emoji ? emoji : args.at, emoji ? strlen(emoji) : args.len};
    if (!is_text(args))
        return ERROR_UTF8;
    if (!emoji && (text_next(sign.at, sign.len).len != sign.len || sign.len > PAYLOAD_EMOJI_MAX)) {
        answer_add(&a, "a reaction is one sign, or the name of one: /react :+1:");
        return perform_refuse(t, &a);
    }
    int rc = find(t, &about, now_ms);
    const struct payload p = {.kind = PAYLOAD_REACT, .emoji = sign, .target = about.ref};
    return rc ? rc : say(t, &p, now_ms);
}
