#include "tui_internal.h"

#include "commands.h"
#include "complete.h"
#include "error.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOOK_BACK = 200, /* messages at a start, for what was sent in earlier runs */
};

/* What was sent in earlier runs, newest first. */
struct sent {
    char *lines[LOOK_BACK];
    size_t count;
};

/* As it was typed. */
static int take_sent(void *context, const struct face_message *m)
{
    struct sent *sent = context;
    enum payload_kind kind = m->payload->kind;
    if (!m->row->mine || m->is_deleted || (kind != PAYLOAD_TEXT && kind != PAYLOAD_ACTION))
        return 0;
    bool slash = m->text.len > 0 && m->text.at[0] == '/';
    const char *before = kind == PAYLOAD_ACTION ? "/me " : slash ? "/" : "";
    char **line = &sent->lines[sent->count];
    if (asprintf(line, "%s%.*s", before, (int)m->text.len, m->text.at) < 0)
        return ERROR_NOMEM;
    sent->count++;
    return 0;
}

int tui_remember_sent(struct tui *tui)
{
    struct sent sent = {.count = 0};
    int rc = talk_walk(tui->face.talk, UINT64_MAX, LOOK_BACK, take_sent, &sent);
    while (sent.count > 0) {
        char *line = sent.lines[--sent.count];
        if (rc >= 0 && editor_remember(ui_editor(tui->ui), line, strlen(line)))
            rc = ERROR_NOMEM;
        free(line);
    }
    tui->remembers = true;
    return rc < 0 ? rc : 0;
}

int tui_keep_lines(struct tui *tui)
{
    size_t len;
    const char *text = editor_text(ui_editor(tui->ui), &len);
    tui->has_line = len > 0;
    tui->place_due_ms = UINT64_MAX;
    char *joined = grace_join(&tui->grace, text, len, &len);
    if (!joined)
        return ERROR_NOMEM;
    talk_keep_place(tui->face.talk, joined, len, tui->place);
    free(joined);
    return 0;
}

/* Shows what can be taken back. */
static int show_held(struct tui *tui)
{
    const struct grace_line *line = grace_newest(&tui->grace);
    size_t len;
    if (!line)
        return ui_set_held(tui->ui, NULL);
    char *safe = text_sanitise(line->text, strcspn(line->text, "\n"), 0, &len);
    int rc = safe ? ui_set_held(tui->ui, safe) : ERROR_NOMEM;
    free(safe);
    return rc;
}

/* Sends a line for good: a message, or a command. */
static int send_line(struct tui *tui, const char *text, size_t len, bool as_is, uint64_t now_ms)
{
    struct talk *talk = tui->face.talk;
    int rc = as_is ? talk_say(talk, PAYLOAD_TEXT, text, len, now_ms)
                   : talk_line(talk, text, len, now_ms);
    if (rc == ERROR_PAYLOAD || rc == ERROR_UTF8)
        return ui_set_note(tui->ui, "that cannot be sent: it is too long, or not text");
    if (rc == 0)
        transcript_choose(ui_transcript(tui->ui), 0);
    return rc == ERROR_STATE ? 0 : rc; /* it was told */
}

int tui_release(struct tui *tui, uint64_t due_ms, uint64_t now_ms)
{
    bool any = false;
    int rc = 0;
    while (rc == 0 && tui->grace.first && tui->grace.first->due_ms <= due_ms) {
        struct grace_line *line = grace_take_oldest(&tui->grace);
        rc = send_line(tui, line->text, line->len, line->as_is, now_ms);
        free(line);
        any = true;
    }
    if (rc || !any)
        return rc;
    rc = tui_keep_lines(tui);
    if (rc == 0)
        rc = talk_settle(tui->face.talk, now_ms); /* before what comes next, were it the end */
    return rc ? rc : show_held(tui);
}

/* Whether what waits and this fit into one draft. */
static bool fits(const struct tui *tui, size_t len)
{
    return tui->grace.bytes + tui->grace.count + len <= EDITOR_MAX;
}

/* Whether it is a message, which may wait. A command goes at once, behind what waits. */
static bool is_message(const char *text, size_t len)
{
    struct commands_line parsed;
    commands_parse(text, len, &parsed);
    return parsed.kind == COMMANDS_MESSAGE;
}

int tui_release_due(struct tui *tui, uint64_t now_ms)
{
    size_t len;
    editor_text(ui_editor(tui->ui), &len);
    bool all = talk_is_quitting(tui->face.talk) || !fits(tui, len);
    return tui_release(tui, all ? UINT64_MAX : now_ms, now_ms);
}

/* A line was sent: it goes out, now or after the time in which it can be taken back. */
static int take(struct tui *tui, const char *text, size_t len, bool as_is, uint64_t now_ms)
{
    size_t grace_s = settings_choice(talk_settings(tui->face.talk), SETTING_GRACE);
    bool waits = grace_s > 0 && (as_is || is_message(text, len));
    int rc = waits && fits(tui, len) ? 0 : tui_release(tui, UINT64_MAX, now_ms);
    tui->typing_next_ms = 0;
    if (rc == 0)
        rc = waits ? grace_put(&tui->grace, text, len, as_is, now_ms + grace_s * 1000)
                   : send_line(tui, text, len, as_is, now_ms);
    if (rc == 0)
        rc = tui_keep_lines(tui); /* what went out would come back after a crash */
    return rc ? rc : show_held(tui);
}

/* Asks whether a line that may be meant as a command is one: it is sent when it comes again. */
static int doubt(struct tui *tui, const struct ui_event *e, const struct command *meant)
{
    char note[128], *text = strdup(e->text);
    if (!text)
        return ERROR_NOMEM;
    free(tui->doubted); /* two lines may come at once */
    tui->doubted = text;
    snprintf(note, sizeof note, "/%s is the command; Enter again sends the line as it is",
             meant->name);
    int rc = ui_set_draft(tui->ui, e->text, e->len);
    return rc ? rc : ui_set_note(tui->ui, note);
}

void tui_forget_doubt(struct tui *tui)
{
    size_t len;
    if (tui->doubted && strcmp(editor_text(ui_editor(tui->ui), &len), tui->doubted) == 0)
        return;
    free(tui->doubted);
    tui->doubted = NULL;
}

int tui_take_line(struct tui *tui, const struct ui_event *e, uint64_t now_ms)
{
    const struct command *meant = commands_find_meant(e->text, e->len);
    if (meant && !(tui->doubted && strcmp(tui->doubted, e->text) == 0))
        return doubt(tui, e, meant);
    return take(tui, e->text, e->len, meant != NULL, now_ms);
}

int tui_take_block(struct tui *tui, const struct ui_event *e, uint64_t now_ms)
{
    return take(tui, e->text, e->len, true, now_ms);
}

int tui_take_back(struct tui *tui)
{
    struct grace_line *line = grace_take_newest(&tui->grace);
    int rc = line ? ui_set_line(tui->ui, line->text, line->len) : 0;
    free(line);
    if (rc == 0)
        rc = tui_keep_lines(tui);
    return rc ? rc : show_held(tui);
}

/* After "/edit " and nothing: the text that there is, of what may have been sent just now. */
static int offer_old_text(struct tui *tui, size_t cursor, uint64_t now_ms)
{
    char *text;
    size_t len;
    tui->is_busy = true;
    int rc = tui_release(tui, UINT64_MAX, now_ms);
    if (rc == 0)
        rc = talk_get_own_text(tui->face.talk, &text, &len, now_ms);
    tui->is_busy = false;
    if (rc)
        return rc == ERROR_STATE ? 0 : rc; /* it was told */
    const struct offer_choice choice = {.name = "", .text = text, .label = ""};
    rc = ui_offer(tui->ui, cursor, &choice, 1);
    free(text);
    return rc;
}

int tui_complete(struct tui *tui, uint64_t now_ms)
{
    static const char edit[] = "/edit ";
    struct editor *editor = ui_editor(tui->ui);
    size_t len, cursor = editor_cursor(editor);
    const char *text = editor_text(editor, &len);
    struct complete c;
    if (strcmp(text, edit) == 0 && cursor == len)
        return offer_old_text(tui, cursor, now_ms);
    int rc = complete_find(&c, text, cursor);
    if (rc == 0)
        rc = ui_offer(tui->ui, c.at, c.choices, c.count);
    complete_clear(&c);
    return rc;
}
