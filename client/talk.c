#include "talk_internal.h"

#include "error.h"
#include "log.h"

#include <stdio.h>

enum {
    READS_A_TURN = 8,
    WRITES_A_TURN = 8,
};

struct pollfd talk_poll(const struct talk *t)
{
    size_t len;
    return link_poll(t->parts.link, session_wants_input(t->parts.session),
                     session_output(t->parts.session, &len) != NULL);
}

uint64_t talk_deadline(const struct talk *t)
{
    uint64_t at_ms = session_deadline(t->parts.session), link_ms = link_deadline(t->parts.link);
    if (t->files.jobs)
        return 0;
    return link_ms < at_ms ? link_ms : at_ms;
}

/* The connection is gone. */
static int lose(struct talk *t, uint64_t now_ms)
{
    log_debug("%s", link_why(t->parts.link));
    return session_lost(t->parts.session, link_why(t->parts.link), now_ms);
}

int talk_change_network(struct talk *t, uint64_t now_ms)
{
    int rc = link_close_homeless(t->parts.link) ? lose(t, now_ms) : 0;
    if (rc == 0)
        talk_hurry(t, now_ms);
    return rc;
}

static int go_on_connecting(struct talk *t, uint64_t now_ms)
{
    int rc = link_turn(t->parts.link, now_ms);
    if (rc == 1)
        return talk_greet_relay(t, now_ms);
    if (rc == ERROR_LIMIT || rc == ERROR_KEY)
        return talk_ask_which(t, rc, now_ms);
    return rc < 0 ? lose(t, now_ms) : 0;
}

static int read_some(struct talk *t, uint64_t now_ms)
{
    for (int i = 0; i < READS_A_TURN && link_get_state(t->parts.link) == LINK_OPEN; i++) {
        int n = link_read(t->parts.link, t->block, sizeof t->block);
        if (n < 0)
            return lose(t, now_ms);
        if (n == 0)
            return 0;
        int rc = session_input(t->parts.session, t->block, (size_t)n, now_ms);
        if (rc || !session_wants_input(t->parts.session))
            return rc;
    }
    return 0;
}

int talk_turn(struct talk *t, short revents, uint64_t now_ms)
{
    int rc = 0;
    talk_set_wall(t->parts.session, now_ms);
    switch (link_get_state(t->parts.link)) {
    case LINK_LOOKING:
    case LINK_RESOLVING:
    case LINK_CONNECTING:
    case LINK_GREETING:
        if (revents || now_ms >= link_deadline(t->parts.link))
            rc = go_on_connecting(t, now_ms);
        break;
    case LINK_OPEN:
        if ((revents & ~POLLOUT) || link_pending(t->parts.link))
            rc = read_some(t, now_ms);
        break;
    case LINK_CLOSED: break;
    }
    if (rc == 0 && now_ms >= session_deadline(t->parts.session))
        rc = session_tick(t->parts.session, now_ms);
    return rc ? rc : talk_files_turn(t, now_ms);
}

static int on_connect(struct talk *t, const struct session_event *e, uint64_t now_ms)
{
    (void)e;
    return talk_open_link(t, now_ms);
}

static int on_disconnect(struct talk *t, const struct session_event *e, uint64_t now_ms)
{
    (void)e;
    (void)now_ms;
    link_close(t->parts.link);
    return 0;
}

static int on_save(struct talk *t, const struct session_event *e, uint64_t now_ms)
{
    (void)now_ms;
    history_save(t->parts.history, e);
    t->unsaved = true;
    return 0;
}

static int on_load(struct talk *t, const struct session_event *e, uint64_t now_ms)
{
    return history_load(t->parts.history, t->parts.session, e, now_ms);
}

static int on_status(struct talk *t, const struct session_event *e, uint64_t now_ms)
{
    struct words w = talk_words(t);
    switch (e->status.state) {
    case SESSION_ONLINE: t->was_online = true; break;
    case SESSION_OFFLINE:
        t->has_failed = true;
        words_unreachable(&w, e, t->why);
        break;
    case SESSION_STOPPED:
        if (e->status.code != CODE_UNKNOWN) {
            t->is_refused = true;
            words_stopped(&w, e->status.code, t->why);
        } else if (!t->is_quitting && t->exit == TALK_FINE) { /* with a code of a later version */
            t->is_refused = true;
            snprintf(t->why, sizeof t->why, "%s ended it: %s", w.relay, e->status.why);
        }
        break;
    default: break;
    }
    return t->options.face->ops->show_event(t->options.face, e, now_ms);
}

int talk_read(struct talk *t, const struct session_message_row *row, struct payload *payload,
              struct face_message *m)
{
    int rc = payload_decode(row->payload, row->payload_len, &t->scratch, payload);
    if (rc == ERROR_NOMEM)
        return rc;
    if (rc)
        *payload = (struct payload){.kind = PAYLOAD_UNKNOWN};
    const char *peer = session_nick(t->parts.session, row->peer);
    *m = (struct face_message){
        .row = row,
        .author = row->mine ? t->options.nick : peer,
        .to = row->mine ? peer : t->options.nick,
        .payload = payload,
        .text = words_said(payload).text,
        .reaction_mine = "",
        .reaction_theirs = "",
    };
    if (!m->author)
        m->author = "somebody";
    return 0;
}

int talk_show_row(struct talk *t, const struct session_message_row *row)
{
    struct payload payload;
    struct face_message m;
    const struct face_ops *ops = t->options.face->ops;
    int rc = ops->looks_back ? talk_look(t, row, &payload, &m)
             : ops->quotes   ? talk_look_at_subject(t, row, &payload, &m)
                             : talk_read(t, row, &payload, &m);
    return rc ? rc : ops->show_message(t->options.face, &m);
}

static int on_message(struct talk *t, const struct session_event *e, uint64_t now_ms)
{
    (void)now_ms;
    return talk_show_row(t, &e->message_row);
}

static int on_notice(struct talk *t, const struct session_event *e, uint64_t now_ms)
{
    (void)now_ms;
    return t->options.face->ops->tell(t->options.face, FACE_NOTICE, e->text);
}

static int on_other(struct talk *t, const struct session_event *e, uint64_t now_ms)
{
    return t->options.face->ops->show_event(t->options.face, e, now_ms);
}

static int on_presence(struct talk *t, const struct session_event *e, uint64_t now_ms)
{
    t->is_peer_here = e->presence.known && e->presence.state == HEADER_ONLINE;
    return on_other(t, e, now_ms);
}

/* Who hides theirs does not get the other's. */
static int on_seen(struct talk *t, const struct session_event *e, uint64_t now_ms)
{
    return settings_is_on(&t->settings, SETTING_SEEN) ? on_other(t, e, now_ms) : 0;
}

static int on_signal(struct talk *t, const struct session_event *e, uint64_t now_ms)
{
    bool hidden = e->signal.kind == PAYLOAD_TYPING && !settings_is_on(&t->settings, SETTING_TYPING);
    return hidden ? 0 : on_other(t, e, now_ms);
}

static int (*const handlers[])(struct talk *, const struct session_event *, uint64_t) = {
    [SESSION_CONNECT] = on_connect,
    [SESSION_DISCONNECT] = on_disconnect,
    [SESSION_SAVE_PEER] = on_save,
    [SESSION_SAVE_STREAM] = on_save,
    [SESSION_SAVE_MESSAGE] = on_save,
    [SESSION_SAVE_CHUNK] = on_save,
    [SESSION_SAVE_MARK] = on_save,
    [SESSION_SAVE_SEEN] = on_save,
    [SESSION_SAVE_FILE] = talk_save_file,
    [SESSION_SAVE_PREKEY] = on_save,
    [SESSION_DROP_PREKEYS] = on_save,
    [SESSION_SAVE_PIN] = talk_save_pin,
    [SESSION_TRUST] = on_other,
    [SESSION_LOAD] = on_load,
    [SESSION_STATUS] = on_status,
    [SESSION_PRESENCE] = on_presence,
    [SESSION_MESSAGE] = on_message,
    [SESSION_MARK] = on_other,
    [SESSION_SEEN_UP_TO] = on_seen,
    [SESSION_FILE] = talk_show_file,
    [SESSION_FILE_READ] = talk_read_file,
    [SESSION_FILE_WRITE] = talk_write_file,
    [SESSION_FILE_CHECK] = talk_check_file,
    [SESSION_SIGNAL] = on_signal,
    [SESSION_REFUSED] = on_other,
    [SESSION_MISSING] = on_other,
    [SESSION_NOTICE] = on_notice,
};

/* Where the disk fails, nothing may be said of what was not kept. */
static int fail_to_keep(struct talk *t, int error)
{
    t->exit = TALK_FAILED;
    if (error == ERROR_FULL)
        snprintf(t->why, sizeof t->why,
                 "the disk that holds %s is full: make room and start again, nothing was lost",
                 t->options.folder);
    else
        snprintf(t->why, sizeof t->why, "cannot keep the conversation in %s: %s", t->options.folder,
                 history_error(t->parts.history));
    return error;
}

/* Nothing happens before it is done but that the person goes on writing. */
static int commit(struct talk *t)
{
    struct face *face = t->options.face;
    int done = face->ops->meanwhile ? history_begin_commit(t->parts.history) : -1;
    int shown = done < 0 ? 0 : face->ops->meanwhile(face, done);
    int rc = history_commit(t->parts.history);
    return rc ? fail_to_keep(t, rc) : shown;
}

static int carry_out(struct talk *t, uint64_t now_ms)
{
    for (;;) {
        struct session_event event;
        int rc;
        while ((rc = session_next(t->parts.session, &event)) > 0) {
            rc = handlers[event.type](t, &event, now_ms);
            if (rc)
                return rc == ERROR_STORE ? fail_to_keep(t, rc) : rc;
        }
        if (rc || !t->unsaved)
            return rc;
        rc = commit(t);
        if (rc)
            return rc;
        t->unsaved = false;
        rc = session_committed(t->parts.session, now_ms);
        if (rc)
            return rc;
    }
}

static void write_some(struct talk *t, uint64_t now_ms)
{
    const uint8_t *bytes;
    size_t len;
    if (link_get_state(t->parts.link) == LINK_OPEN)
        link_write(t->parts.link, NULL, 0);
    for (int i = 0; i < WRITES_A_TURN && link_get_state(t->parts.link) == LINK_OPEN; i++) {
        bytes = session_output(t->parts.session, &len);
        if (!bytes)
            return;
        size_t n = link_write(t->parts.link, bytes, len);
        if (n == 0)
            return;
        session_consume(t->parts.session, n, now_ms);
    }
}

void talk_note_shown(struct talk *t, uint64_t message)
{
    if (message <= t->shown)
        return;
    history_put_shown(t->parts.history, message);
    t->shown = message;
}

int talk_close(struct talk *t)
{
    int rc = history_is_dirty(t->parts.history) ? history_commit(t->parts.history) : 0;
    return rc ? fail_to_keep(t, rc) : 0;
}

int talk_settle(struct talk *t, uint64_t now_ms)
{
    int rc = carry_out(t, now_ms);
    if (rc)
        return rc;
    write_some(t, now_ms);
    return carry_out(t, now_ms);
}
