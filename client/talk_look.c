#include "talk_internal.h"

#include "error.h"

#include <stdio.h>
#include <string.h>

/* The message that a payload points at, as its writer sees it. */
static struct history_number number_of(const struct session_message_row *row,
                                       const struct payload_ref *ref, bool mine)
{
    return (struct history_number){row->peer, mine, ref->stream, ref->n};
}

/* 1 and the id of what a payload points at, 0 where that is not here, or an error. */
static int find(struct talk *t, const struct session_message_row *row,
                const struct payload_ref *ref, bool mine, uint64_t *id)
{
    if (!ref->present)
        return 0;
    struct history_number number = number_of(row, ref, mine);
    return history_find(t->parts.history, &number, id);
}

/* A message, and what is being learnt of it. */
struct look {
    struct talk *talk;
    struct face_message *message;
    uint64_t before; /* what came later counts for nothing */
};

static int keep_text(struct buffer *b, const char *s, size_t len)
{
    buffer_truncate(b, 0);
    return buffer_put(b, s, len);
}

/* Applies one that changes it. */
static int apply(void *context, const struct session_message_row *row)
{
    const struct look *look = context;
    struct talk *t = look->talk;
    struct face_message *m = look->message;
    struct payload p;
    if (row->id >= look->before)
        return 0;
    int rc = payload_decode(row->payload, row->payload_len, &t->change, &p);
    if (rc)
        return rc;
    switch (p.kind) {
    case PAYLOAD_EDIT: m->is_edited = true; return keep_text(&t->edited, p.text.at, p.text.len);
    case PAYLOAD_DELETE: m->is_deleted = true; return 0;
    case PAYLOAD_REACT:
        snprintf(t->reactions[row->mine], sizeof t->reactions[0], "%.*s", (int)p.emoji.len,
                 p.emoji.at);
        return 0;
    default: return 0;
    }
}

static int look_at_changes(struct talk *t, struct face_message *m, uint64_t before)
{
    struct look look = {t, m, before};
    t->reactions[0][0] = t->reactions[1][0] = '\0';
    int rc = history_walk_changes(t->parts.history, m->row->id, apply, &look);
    if (rc)
        return rc;
    if (m->is_edited)
        m->text.at = (const char *)buffer_peek(&t->edited, &m->text.len);
    m->reaction_mine = t->reactions[true];
    m->reaction_theirs = t->reactions[false];
    return 0;
}

/* Keeps the text of a message that is quoted. */
static int keep_quote(void *context, const struct session_message_row *row)
{
    const struct look *look = context;
    struct talk *t = look->talk;
    struct payload p;
    struct face_message m;
    int rc = talk_read(t, row, &p, &m);
    if (rc == 0)
        rc = look_at_changes(t, &m, look->before);
    if (rc == 0 && m.is_deleted)
        m.text = (struct json_string){"deleted", 7};
    return rc ? rc : keep_text(&t->quote, m.text.at, m.text.len);
}

/* This takes the place of what was read; so the message is read again. */
static int look_at_quote(struct talk *t, uint64_t id, uint64_t before, struct payload *p,
                         struct face_message *m)
{
    struct look look = {.talk = t, .before = before};
    buffer_truncate(&t->quote, 0);
    int rc = history_get(t->parts.history, id, keep_quote, &look);
    if (rc == 0)
        rc = talk_read(t, m->row, p, m);
    if (rc == 0)
        m->quote.at = (const char *)buffer_peek(&t->quote, &m->quote.len);
    return rc;
}

/* 1 and the id of the message that this one answers or changes, 0 for none, or an error. */
static int find_subject(struct talk *t, const struct session_message_row *row,
                        const struct payload *p, uint64_t *id)
{
    switch (p->kind) {
    case PAYLOAD_TEXT: return find(t, row, &p->reply, row->mine == p->reply.mine, id);
    case PAYLOAD_EDIT:
    case PAYLOAD_DELETE: return find(t, row, &p->target, row->mine, id);
    case PAYLOAD_REACT: return find(t, row, &p->target, row->mine == p->target.mine, id);
    default: return 0;
    }
}

static int keep_file(void *context, const struct transfer_row *row)
{
    struct talk *t = context;
    snprintf(t->file_path, sizeof t->file_path, "%s", row->path);
    t->file = (struct transfer_row){
        .state = row->state,
        .mine = row->mine,
        .size = row->size,
        .name = "",
        .path = t->file_path,
    };
    return 1;
}

/* What became of the file that it offers. */
static int look_at_file(struct talk *t, struct face_message *m)
{
    int rc = history_get_file(t->parts.history, m->row->id, keep_file, t);
    if (rc > 0)
        m->file = &t->file;
    return rc;
}

int talk_look(struct talk *t, const struct session_message_row *row, struct payload *p,
              struct face_message *m)
{
    uint64_t subject = 0;
    int rc = talk_read(t, row, p, m);
    if (rc == 0)
        rc = find_subject(t, row, p, &subject);
    if (rc >= 0 && p->kind != PAYLOAD_TEXT && p->kind != PAYLOAD_ACTION)
        m->target = subject;
    if (rc < 0 || m->target)
        return rc < 0 ? rc : 0;
    if (subject)
        rc = look_at_quote(t, subject, UINT64_MAX, p, m);
    m->answers = subject;
    if (rc >= 0 && p->kind == PAYLOAD_TEXT && !row->mine)
        rc = find(t, row, &p->after, true, &m->after);
    if (rc >= 0 &&
        (p->kind == PAYLOAD_TEXT || p->kind == PAYLOAD_ACTION || p->kind == PAYLOAD_FILE))
        rc = look_at_changes(t, m, UINT64_MAX);
    if (rc >= 0 && p->kind == PAYLOAD_FILE)
        rc = look_at_file(t, m);
    return rc < 0 ? rc : 0;
}

int talk_look_at_subject(struct talk *t, const struct session_message_row *row, struct payload *p,
                         struct face_message *m)
{
    uint64_t subject;
    int rc = talk_read(t, row, p, m);
    if (rc == 0)
        rc = find_subject(t, row, p, &subject);
    return rc > 0 ? look_at_quote(t, subject, row->id, p, m) : rc;
}
