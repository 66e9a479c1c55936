#include "tui_internal.h"

#include "error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Nobody sees the conversation meanwhile; who comes back from there does. */
static const struct input gone = {.kind = INPUT_FOCUS_OUT}, back = {.kind = INPUT_UNKNOWN};

int tui_edit(struct tui *tui, uint64_t now_ms)
{
    char path[PATH_MAX], why[WORDS_MAX];
    size_t len;
    const char *text = editor_text(ui_editor(tui->ui), &len);
    if (talk_line_path(tui->face.talk, path, why))
        return ui_set_note(tui->ui, why);
    int rc = tui_keep_lines(tui);
    if (rc)
        return rc;
    screen_lend(tui->screen);
    if (visual_start(&tui->visual, path, text, len, why)) {
        screen_take_back(tui->screen);
        return ui_set_note(tui->ui, why);
    }
    rc = ui_input(tui->ui, &gone);
    return rc ? rc : tui_attend_input(tui, &gone, now_ms);
}

/* Why a text cannot be the line; NULL where that is not the reason. */
static const char *refusal(int error)
{
    switch (error) {
    case ERROR_LIMIT: return "that is too long: a message has at most 16,384 bytes";
    case ERROR_UTF8: return "that is not text: it has bytes that are not UTF-8";
    case ERROR_SYSTEM: return "the editor left no file that can be read";
    default: return NULL;
    }
}

/* Takes what was written; a text that cannot be taken is opened again the next time. */
static int take_text(struct tui *tui)
{
    char *text, note[WORDS_MAX];
    size_t len;
    int rc = visual_read(tui->visual.path, &text, &len);
    if (rc == 0)
        rc = ui_set_line(tui->ui, text, len);
    free(text);
    const char *why = refusal(rc);
    tui->visual.kept = why && rc != ERROR_SYSTEM;
    if (!tui->visual.kept)
        unlink(tui->visual.path);
    if (!why)
        return rc;
    snprintf(note, sizeof note, "%s; %s", why,
             tui->visual.kept ? "^X ^E opens it again" : "the line is as it was");
    return ui_set_note(tui->ui, note);
}

static bool is_line(const struct tui *tui, const char *text, size_t len)
{
    size_t line_len;
    const char *line = editor_text(ui_editor(tui->ui), &line_len);
    return len == line_len && memcmp(text, line, len) == 0;
}

/* The editor failed. What it had saved all the same is opened again the next time. */
static int leave_text(struct tui *tui, const char *why)
{
    char *saved, note[WORDS_MAX];
    size_t len;
    int rc = visual_read(tui->visual.path, &saved, &len);
    bool nothing = rc == ERROR_SYSTEM || (rc == 0 && is_line(tui, saved, len));
    free(saved);
    tui->visual.kept = !nothing;
    if (!tui->visual.kept)
        unlink(tui->visual.path);
    snprintf(note, sizeof note, "%s; %s", why,
             tui->visual.kept ? "^X ^E opens what it saved" : "the line is as it was");
    return ui_set_note(tui->ui, note);
}

int tui_edit_turn(struct tui *tui, const struct pollfd fds[FACE_FDS], uint64_t now_ms)
{
    char why[VISUAL_WHY_MAX];
    struct visual *v = &tui->visual;
    if (fds[0].revents) {
        tui->is_gone = true;
        talk_quit(tui->face.talk, false, now_ms);
    }
    if (screen_was_continued(tui->screen))
        visual_continue(v);
    enum visual_news news = visual_look(v, why);
    if (talk_is_quitting(tui->face.talk)) {
        visual_end(v);
        news = VISUAL_ENDED;
    }
    int rc = 0;
    if (news == VISUAL_STOPPED) {
        rc = tui_suspend(tui, now_ms);
        visual_continue(v);
    }
    if (rc || news < VISUAL_ENDED)
        return rc;
    screen_take_back(tui->screen);
    rc = news == VISUAL_ENDED ? take_text(tui) : leave_text(tui, why);
    return rc ? rc : tui_attend_input(tui, &back, now_ms);
}

void tui_end_edit(struct tui *tui)
{
    if (tui->visual.fd < 0)
        return;
    visual_end(&tui->visual);
    screen_take_back(tui->screen);
}

int tui_recover_edit(struct tui *tui)
{
    char path[PATH_MAX], why[WORDS_MAX], *text;
    size_t len;
    if (talk_line_path(tui->face.talk, path, why))
        return 0;
    int rc = visual_read(path, &text, &len);
    bool news = rc == 0 && !is_line(tui, text, len);
    if (news)
        rc = ui_set_line(tui->ui, text, len);
    free(text);
    unlink(path);
    if (news && rc == 0)
        return ui_set_note(tui->ui, "this was saved in the editor; ^_ brings the draft back");
    return rc == ERROR_NOMEM ? rc : 0;
}
