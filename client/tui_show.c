#include "tui_internal.h"

#include "entry.h"
#include "error.h"
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WRITING_MS = 6000, /* for how long a notice of typing counts */
    SEEN_BEFORE = 1,   /* ends a walk, */
    WALKED_ALL = 1,    /* too */
};

int tui_append_notice(struct tui *tui, enum transcript_kind kind, const char *text)
{
    struct entry e;
    int rc = entry_init_notice(&e, kind, text);
    return rc ? rc : tui_append(tui, &e);
}

/* Who hides what they have seen does not get the other's. */
int tui_init_message(const struct tui *tui, struct entry *e, const struct face_message *m)
{
    int rc = entry_init_message(e, m, tui->emoji);
    bool hidden = !settings_is_on(talk_settings(tui->face.talk), SETTING_SEEN);
    if (rc == 1 && hidden && e->shown.mark == TRANSCRIPT_SEEN)
        e->shown.mark = TRANSCRIPT_DELIVERED;
    return rc;
}

/* What was written and where it was scrolled to, in an earlier run. */
static int load_place(struct tui *tui)
{
    char *draft;
    size_t len;
    int rc = talk_get_place(tui->face.talk, &draft, &len, &tui->place);
    if (rc)
        return rc;
    tui->has_line = len > 0;
    rc = ui_set_draft(tui->ui, draft, len);
    free(draft);
    return rc == ERROR_NOMEM ? rc : tui_go_back(tui, tui->place);
}

/* Where there are no emoji, they have their names. */
static enum emoji_style wanted_emoji(const struct tui *tui)
{
    if (!screen_has_signs(tui->screen))
        return EMOJI_TEXT;
    return (enum emoji_style)settings_choice(talk_settings(tui->face.talk), SETTING_EMOJI);
}

static int show_status(struct tui *tui, const struct session_event *e, uint64_t now_ms)
{
    struct words w = talk_words(tui->face.talk);
    char text[WORDS_MAX + 32];
    tui->status_changed = true;
    tui->is_waiting = e->status.state == SESSION_OFFLINE;
    bool advise = tui->is_waiting && !tui->was_tried;
    tui->was_tried |= tui->is_waiting || e->status.state == SESSION_ONLINE;
    tui->status = *e;
    if (e->status.why) {
        snprintf(tui->why, sizeof tui->why, "%s", e->status.why);
        tui->status.status.why = tui->why;
    }
    tui->trouble[0] = '\0';
    if (e->status.state != SESSION_ONLINE)
        words_status(&w, e, now_ms, tui->trouble);
    if (advise) {
        words_unreachable(&w, e, text);
        return tui_append_notice(tui, TRANSCRIPT_NOTICE, text);
    }
    if (e->status.state != SESSION_STOPPED || e->status.code == CODE_UNKNOWN)
        return 0;
    snprintf(text, sizeof text, "%s\n/connect tries again", tui->trouble);
    return tui_append_notice(tui, TRANSCRIPT_ERROR, text);
}

int tui_begin(struct face *f, uint64_t now_ms)
{
    struct tui *tui = tui_of(f);
    const struct session_event beginning = {
        .type = SESSION_STATUS,
        .status = {.state = session_get_state(talk_session(f->talk)), .code = CODE_UNKNOWN},
    };
    tui->shown = 0;
    tui->presence = VIEW_NOBODY;
    tui->emoji = wanted_emoji(tui);
    int rc = show_status(tui, &beginning, now_ms);
    if (rc == 0)
        rc = tui_load_newest(tui);
    if (rc == 0)
        rc = load_place(tui);
    if (rc == 0)
        rc = tui_note_unread(tui);
    if (rc == 0 && tui->oldest == UINT64_MAX) {
        struct words w = talk_words(f->talk);
        char text[WORDS_MAX], host[HOST_MAX];
        words_greeting(&w, host_find(host), text);
        rc = tui_append_notice(tui, TRANSCRIPT_NOTICE, text);
    }
    if (rc == 0)
        rc = tui_attend_attached(tui, now_ms);
    return rc ? rc : tui_recover_edit(tui);
}

int tui_show_again(void *context, const struct face_message *m)
{
    struct tui *tui = context;
    struct entry e;
    int rc = tui_init_message(tui, &e, m);
    if (rc != 1)
        return rc;
    rc = ui_replace(tui->ui, &e.shown);
    entry_clear(&e);
    char *quote = entry_quote(m, e.style);
    if (rc == 0)
        rc = quote ? ui_set_quote(tui->ui, m->row->id, quote) : ERROR_NOMEM;
    free(quote);
    return rc;
}

static int restyle(void *context, const struct face_message *m)
{
    const struct tui *tui = context;
    if (m->row->id > transcript_newest(ui_transcript(tui->ui)))
        return WALKED_ALL;
    return m->target ? 0 : tui_show_again(context, m);
}

int tui_update_emoji(struct tui *tui)
{
    enum emoji_style wanted = wanted_emoji(tui);
    if (tui->emoji == wanted)
        return 0;
    tui->emoji = wanted;
    uint64_t oldest = transcript_oldest(ui_transcript(tui->ui));
    int rc = talk_walk_up(tui->face.talk, oldest, SIZE_MAX, restyle, tui);
    return rc < 0 ? rc : 0;
}

int tui_show_message(struct face *f, const struct face_message *m)
{
    struct tui *tui = tui_of(f);
    struct entry e;
    tui->shown = m->row->id;
    if (transcript_find(ui_transcript(tui->ui), m->row->id))
        return 0;
    if (m->target)
        return talk_get(f->talk, m->target, tui_show_again, tui);
    int rc = tui_init_message(tui, &e, m);
    if (rc != 1)
        return rc; /* also for what nobody wrote: that they have read, say */
    if (!m->row->mine)
        tui->writing_end_ms = UINT64_MAX;
    ui_set_writing(tui->ui, tui->writing_end_ms != UINT64_MAX);
    rc = tui_append(tui, &e);
    if (rc == 0 && !m->row->mine)
        rc = tui_note_late(tui, m);
    return rc || m->row->mine ? rc : tui_attend_message(tui, m);
}

static int show_presence(struct tui *tui, const struct session_event *e)
{
    static const enum view_presence presences[] = {
        [HEADER_ONLINE] = VIEW_HERE,
        [HEADER_OFFLINE] = VIEW_OFFLINE,
        [HEADER_LEFT] = VIEW_LEFT,
    };
    enum view_presence presence = e->presence.known ? presences[e->presence.state] : VIEW_NOBODY;
    bool tell = presence != tui->presence && (presence == VIEW_HERE || presence == VIEW_LEFT);
    tui->presence = presence;
    tui->status_changed = true;
    if (!tell)
        return 0;
    struct words w = talk_words(tui->face.talk);
    char text[WORDS_MAX];
    words_presence(&w, e, text);
    return tui_append_notice(tui, TRANSCRIPT_NOTICE, text);
}

/* What the top line cannot say. */
static int show_trust(struct tui *tui)
{
    enum session_trust trust = session_get_trust(talk_session(tui->face.talk));
    tui->status_changed = true;
    if (trust < SESSION_HELD)
        return 0;
    struct words w = talk_words(tui->face.talk);
    char text[WORDS_MAX];
    words_trust(&w, trust, text);
    return tui_append_notice(tui, TRANSCRIPT_ERROR, text);
}

static void show_signal(struct tui *tui, const struct session_event *e, uint64_t now_ms)
{
    if (e->signal.kind == PAYLOAD_TYPING) {
        tui->writing_end_ms = e->signal.active ? now_ms + WRITING_MS : UINT64_MAX;
        ui_set_writing(tui->ui, e->signal.active);
    } else if (tui->presence == VIEW_HERE || tui->presence == VIEW_AWAY) {
        tui->presence = e->signal.active ? VIEW_AWAY : VIEW_HERE;
        tui->status_changed = true;
    }
}

/* The history knows which messages of ours were seen; those shown so already end the walk. */
static int mark_seen(void *context, const struct face_message *m)
{
    struct ui *ui = ((struct tui *)context)->ui;
    if (!m->row->mine || m->row->mark != SESSION_SEEN)
        return 0;
    const struct transcript_entry *e = transcript_find(ui_transcript(ui), m->row->id);
    if (e && e->mark == TRANSCRIPT_SEEN)
        return SEEN_BEFORE;
    return ui_set_mark(ui, m->row->id, TRANSCRIPT_SEEN, NULL);
}

static int show_seen(struct tui *tui)
{
    int rc = talk_walk(tui->face.talk, UINT64_MAX, TUI_KEEP, mark_seen, tui);
    return rc < 0 ? rc : 0;
}

int tui_show_event(struct face *f, const struct session_event *e, uint64_t now_ms)
{
    struct tui *tui = tui_of(f);
    struct words w = talk_words(f->talk);
    char text[WORDS_MAX];
    switch (e->type) {
    case SESSION_STATUS: return show_status(tui, e, now_ms);
    case SESSION_PRESENCE: return show_presence(tui, e);
    case SESSION_MARK: return ui_set_mark(tui->ui, e->id, entry_mark(e->mark), NULL);
    case SESSION_SEEN_UP_TO: return show_seen(tui);
    case SESSION_TRUST: return show_trust(tui);
    case SESSION_SIGNAL: show_signal(tui, e, now_ms); return 0;
    case SESSION_REFUSED:
        return ui_set_mark(tui->ui, e->refused.id, TRANSCRIPT_REFUSED,
                           words_refused_short(e->refused.code));
    case SESSION_MISSING:
        words_missing(&w, text);
        return tui_append_notice(tui, TRANSCRIPT_ERROR, text);
    default: return 0;
    }
}

int tui_tell(struct face *f, enum face_tone tone, const char *text)
{
    struct tui *tui = tui_of(f);
    if (tone == FACE_ANSWER && strchr(text, '\n'))
        return ui_open_page(tui->ui, text, strlen(text));
    return tui_append_notice(tui, tone == FACE_ERROR ? TRANSCRIPT_ERROR : TRANSCRIPT_NOTICE, text);
}

static const char top_text[] =
    "  here                  they are connected\n"
    "  away                  the same, but nobody can see their screen\n"
    "  offline               what you write waits for them\n"
    "  left                  the same, and somebody else may take their seat\n"
    "  sealed                only they can read what you write,\n"
    "  not yet verified      if the key is theirs: /verify\n"
    "  verified              you compared the key\n"
    "  no TLS                who talks to whom can be seen on the way (--plaintext)\n"
    "  NOT PRIVATE           not sealed (--no-seal), or nothing is sent: the conversation says "
    "why\n"
    "  ANOTHER KEY           than before: nothing is sent until /trust\n"
    "  2 ms                  from here to the relay and back\n";

int tui_show_help(struct face *f, const char *commands)
{
    char *keys = ui_keys_text(), *marks = ui_marks_text(tui_of(f)->ui), *text = NULL;
    int len = -1;
    if (keys && marks)
        len = asprintf(&text,
                       "Commands\n\n%s\n\nMarks\n\n%s\nThe top line\n\n%s\n"
                       "Keys: ^A is Ctrl-A, and M-a is Alt-A, or Esc and then A\n\n%s",
                       commands, marks, top_text, keys);
    free(keys);
    free(marks);
    if (len < 0)
        return ERROR_NOMEM;
    int rc = ui_open_page(tui_of(f)->ui, text, (size_t)len);
    free(text);
    return rc;
}

int tui_search_for(struct face *f, const char *text, size_t len)
{
    int rc = ui_search(tui_of(f)->ui, text, len);
    return rc == ERROR_NOMEM ? rc : 0; /* a command is text, and no longer than the line was */
}

int tui_choose_theme(struct face *f)
{
    struct tui *tui = tui_of(f);
    if (screen_colours(tui->screen) > 0) {
        ui_choose_theme(tui->ui);
        return 0;
    }
    return tui_tell(f, FACE_ERROR,
                    "themes differ in colours, and there are none here: NO_COLOR is set, or the "
                    "terminal has none");
}

void tui_clear(struct face *f)
{
    struct tui *tui = tui_of(f);
    ui_clear(tui->ui);
    transcript_set_older(ui_transcript(tui->ui), false); /* else it would come back at once */
}

uint64_t tui_chosen(const struct face *f)
{
    return transcript_chosen(ui_transcript(((const struct tui *)f)->ui));
}

int tui_update_status(struct tui *tui, uint64_t now_ms)
{
    const struct session *s = talk_session(tui->face.talk);
    uint64_t round_trip_ms = session_round_trip_ms(s);
    bool countdown = tui->is_waiting && now_ms >= tui->countdown_ms;
    if (!tui->status_changed && !countdown && round_trip_ms == tui->round_trip_ms)
        return 0;
    struct words w = talk_words(tui->face.talk);
    tui->countdown_ms = UINT64_MAX;
    if (tui->is_waiting) {
        uint64_t retry_ms = tui->status.status.retry_ms;
        words_status(&w, &tui->status, now_ms, tui->trouble);
        if (retry_ms > now_ms)
            tui->countdown_ms = now_ms + 1 + (retry_ms - now_ms - 1) % 1000;
    }
    tui->status_changed = false;
    tui->round_trip_ms = round_trip_ms;
    enum session_trust trust = session_get_trust(s);
    struct view_status status = {
        .room = w.room,
        .peer = w.peer,
        .presence = tui->presence,
        .trust = w.demo ? "demonstration" : words_trust_short(&w, trust),
        .not_private = !w.demo && (trust == SESSION_OPEN || trust >= SESSION_HELD),
        .trouble = *tui->trouble ? tui->trouble : NULL,
        .round_trip_ms = w.demo || round_trip_ms == UINT64_MAX ? -1 : (int64_t)round_trip_ms,
    };
    return ui_set_status(tui->ui, &status);
}
