#include "talk_internal.h"

#include "error.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

enum {
    LOOK_BACK = 10000, /* messages, for what was seen last */
};

int talk_say(struct talk *t, enum payload_kind kind, const char *text, size_t len, uint64_t now_ms)
{
    if (!text_is_utf8(text, len) || memchr(text, '\0', len))
        return ERROR_UTF8;
    struct payload p = {.kind = kind, .text = {text, len}};
    uint64_t id;
    return session_send(t->parts.session, &p, now_ms, &id);
}

int talk_signal(struct talk *t, enum payload_kind kind, bool active, uint64_t now_ms)
{
    struct payload p = {.kind = kind, .active = active};
    if (kind == PAYLOAD_TYPING && !settings_is_on(&t->settings, SETTING_TYPING))
        return 0;
    return session_signal(t->parts.session, &p, now_ms);
}

/* What was seen, and whether the peer was told so before. */
struct seen {
    struct talk *talk;
    struct payload_ref target;
    bool told;
};

/* Goes through a message of theirs and what came after it. */
static int look_at_seen(void *context, const struct session_message_row *row)
{
    struct seen *seen = context;
    struct payload_ref *target = &seen->target;
    if (!target->present) {
        *target = (struct payload_ref){.present = !row->mine, .stream = row->stream, .n = row->n};
        return row->mine;
    }
    struct payload payload;
    struct face_message m;
    int rc = row->mine ? talk_read(seen->talk, row, &payload, &m) : 0;
    bool is_read = row->mine && rc == 0 && payload.kind == PAYLOAD_READ;
    seen->told =
        is_read && payload.target.stream == target->stream && payload.target.n >= target->n;
    return rc ? rc : seen->told;
}

int talk_seen(struct talk *t, uint64_t id, uint64_t now_ms)
{
    if (!settings_is_on(&t->settings, SETTING_SEEN))
        return 0;
    struct seen seen = {.talk = t};
    int rc = history_walk_up(t->parts.history, id, SIZE_MAX, look_at_seen, &seen);
    if (rc < 0 || !seen.target.present || seen.told)
        return rc < 0 ? rc : 0;
    const struct payload p = {.kind = PAYLOAD_READ, .target = seen.target};
    uint64_t read_id;
    return session_send(t->parts.session, &p, now_ms, &read_id);
}

void talk_retry(struct talk *t, uint64_t now_ms)
{
    session_retry(t->parts.session, now_ms);
}

void talk_hurry(struct talk *t, uint64_t now_ms)
{
    if (session_get_state(t->parts.session) == SESSION_OFFLINE)
        session_retry(t->parts.session, now_ms);
}

struct walk {
    struct talk *talk;
    talk_show *show;
    void *context;
    int count;
};

static int show_row(void *context, const struct session_message_row *row)
{
    struct walk *walk = context;
    struct payload payload;
    struct face_message m;
    int rc = talk_look(walk->talk, row, &payload, &m);
    walk->count++;
    return rc ? rc : walk->show(walk->context, &m);
}

int talk_walk(struct talk *t, uint64_t before, size_t max, talk_show *show, void *context)
{
    struct walk walk = {t, show, context, 0};
    int rc = history_walk(t->parts.history, before, max, show_row, &walk);
    return rc ? rc : walk.count;
}

int talk_get(struct talk *t, uint64_t id, talk_show *show, void *context)
{
    struct walk walk = {t, show, context, 0};
    return history_get(t->parts.history, id, show_row, &walk);
}

int talk_walk_up(struct talk *t, uint64_t from, size_t max, talk_show *show, void *context)
{
    struct walk walk = {t, show, context, 0};
    int rc = history_walk_up(t->parts.history, from, max, show_row, &walk);
    return rc ? rc : walk.count;
}

int talk_search(struct talk *t, const struct history_query *query, talk_show *show, void *context)
{
    struct walk walk = {t, show, context, 0};
    return history_search(t->parts.history, query, show_row, &walk);
}

struct last_seen {
    struct talk *talk;
    uint64_t id;
};

/* Finds what the peer was told last to be seen. */
static int find_last_seen(void *context, const struct session_message_row *row)
{
    struct last_seen *seen = context;
    struct payload p;
    struct face_message m;
    int rc = row->mine ? talk_read(seen->talk, row, &p, &m) : 0;
    if (rc || !row->mine || p.kind != PAYLOAD_READ)
        return rc;
    const struct history_number number = {row->peer, false, p.target.stream, p.target.n};
    rc = history_find(seen->talk->parts.history, &number, &seen->id);
    return rc < 0 ? rc : 1;
}

int talk_get_last_seen(struct talk *t, uint64_t *id)
{
    struct last_seen seen = {.talk = t};
    int rc = history_walk(t->parts.history, UINT64_MAX, LOOK_BACK, find_last_seen, &seen);
    *id = seen.id;
    return rc < 0 ? rc : 0;
}

static int note_row(void *context, const struct session_message_row *row)
{
    *(uint64_t *)context = row->id;
    return 0;
}

static int show_missed_row(void *context, const struct session_message_row *row)
{
    return talk_show_row(context, row);
}

int talk_show_missed(struct talk *t)
{
    struct history *h = t->parts.history;
    t->shown = 0;
    int known = history_get_shown(h, &t->shown), rc = known < 0 ? known : 0;
    if (rc == 0 && known && !t->options.face->ops->stays)
        return history_walk_up(h, t->shown + 1, SIZE_MAX, show_missed_row, t);
    if (rc == 0)
        rc = history_walk(h, UINT64_MAX, 1, note_row, &t->shown);
    if (rc == 0 && !known)
        history_put_shown(h, t->shown);
    return rc;
}

void talk_keep_place(struct talk *t, const char *draft, size_t len, uint64_t message)
{
    history_put_place(t->parts.history, draft, len, message);
    t->unsaved = true;
}

int talk_get_place(struct talk *t, char **draft, size_t *len, uint64_t *message)
{
    return history_get_place(t->parts.history, draft, len, message);
}

bool talk_is_quitting(const struct talk *t)
{
    return t->is_quitting;
}

bool talk_is_over(const struct talk *t)
{
    bool stays = t->options.face->ops->stays && !t->is_quitting;
    return session_get_state(t->parts.session) == SESSION_STOPPED && !stays;
}

bool talk_wants_lines(const struct talk *t)
{
    return !t->is_quitting && session_get_state(t->parts.session) != SESSION_STOPPED &&
           session_undelivered(t->parts.session) < TALK_WAITING_MAX;
}

int talk_quit(struct talk *t, bool leave, uint64_t now_ms)
{
    if (t->is_quitting)
        return 0;
    t->is_quitting = true;
    return session_quit(t->parts.session, leave, now_ms);
}

/* What waits will not go out while the wrong one holds the other seat. */
static int give_up(struct talk *t, enum session_trust trust, uint64_t now_ms)
{
    struct words w = talk_words(t);
    snprintf(t->why, sizeof t->why,
             trust == SESSION_HELD ? "%s has another key than before: nothing was sent; see /trust"
                                   : "nothing can be sealed for %s: nothing was sent",
             w.peer);
    t->exit = trust == SESSION_HELD ? TALK_WRONG_KEY : TALK_FAILED;
    return talk_quit(t, false, now_ms);
}

/* It may wait for ever: says so, once. */
static int tell_waiting(struct talk *t, size_t count)
{
    char text[WORDS_MAX];
    if (t->told_waiting || session_get_state(t->parts.session) != SESSION_ONLINE)
        return 0;
    t->told_waiting = true;
    words_waiting(count, text);
    return t->options.face->ops->tell(t->options.face, FACE_NOTICE, text);
}

int talk_finish(struct talk *t, uint64_t now_ms)
{
    enum session_trust trust = session_get_trust(t->parts.session);
    size_t undelivered = session_undelivered(t->parts.session);
    if (t->is_quitting)
        return 0;
    if (undelivered > 0 && trust >= SESSION_HELD)
        return give_up(t, trust, now_ms);
    if (undelivered > 0)
        return trust == SESSION_NOBODY ? tell_waiting(t, undelivered) : 0;
    if (talk_files_are_busy(t))
        return 0;
    switch (session_get_state(t->parts.session)) {
    case SESSION_ONLINE: return talk_quit(t, false, now_ms);
    case SESSION_OFFLINE:
        if (t->has_failed && !t->was_online)
            t->exit = TALK_FAILED;
        return t->has_failed ? talk_quit(t, false, now_ms) : 0;
    default: return 0;
    }
}

enum talk_exit talk_exit(const struct talk *t, char why[WORDS_MAX])
{
    enum talk_exit exit = t->exit;
    why[0] = '\0';
    if (exit == TALK_FINE && t->is_refused)
        exit = TALK_REFUSED;
    if (exit != TALK_FINE)
        snprintf(why, WORDS_MAX, "%s", t->why);
    return exit;
}

const struct settings *talk_settings(const struct talk *t)
{
    return &t->settings;
}

struct words talk_words(const struct talk *t)
{
    return (struct words){
        .relay = link_name(t->parts.link),
        .room = t->options.room,
        .nick = t->options.nick,
        .peer = session_peer_nick(t->parts.session),
        .plaintext = t->options.plaintext,
        .open = t->options.open,
        .demo = t->options.demo,
        .on_lan = link_is_lan(t->parts.link),
        .is_found = link_announced(t->parts.link),
    };
}

const struct session *talk_session(const struct talk *t)
{
    return t->parts.session;
}
