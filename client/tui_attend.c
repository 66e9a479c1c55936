#include "tui_internal.h"

#include "error.h"
#include "loop.h"
#include "notify.h"
#include "quote.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t wall_now_ms(void)
{
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    return (uint64_t)wall.tv_sec * 1000 + (uint64_t)wall.tv_nsec / 1000000;
}

/* Says what came meanwhile, and goes to the first of it. */
static int tell_summary(struct tui *tui)
{
    char text[ATTENTION_SUMMARY_MAX];
    if (!attention_summary(&tui->attention, text))
        return 0;
    int rc = tui_jump(tui, tui->attention.first);
    return rc ? rc : ui_set_note(tui->ui, text);
}

static int see(struct tui *tui, enum attention_sign sign, uint64_t now_ms)
{
    bool was_gone = attention_is_gone(&tui->attention);
    bool is_back = attention_see(&tui->attention, sign, now_ms, wall_now_ms());
    bool is_gone = attention_is_gone(&tui->attention);
    int rc = is_back ? tell_summary(tui) : 0;
    if (rc == 0 && is_gone && !was_gone) /* not every terminal says so itself */
        rc = ui_input(tui->ui, &(struct input){.kind = INPUT_FOCUS_OUT});
    if (rc == 0 && is_gone != was_gone)
        rc = talk_signal(tui->face.talk, PAYLOAD_AWAY, is_gone, now_ms);
    return rc;
}

int tui_attend_input(struct tui *tui, const struct input *in, uint64_t now_ms)
{
    if (in->kind <= INPUT_PASTE) {
        tui->begun_s = 0; /* what comes now is not new: it comes while somebody is here */
        return see(tui, ATTENTION_KEY, now_ms);
    }
    if (in->kind == INPUT_FOCUS_IN || in->kind == INPUT_FOCUS_OUT)
        return see(tui, in->kind == INPUT_FOCUS_IN ? ATTENTION_FOCUS_IN : ATTENTION_FOCUS_OUT,
                   now_ms);
    return 0;
}

int tui_attend_attached(struct tui *tui, uint64_t now_ms)
{
    if (!attached_look(&tui->attached))
        return 0;
    return see(tui, tui->attached.was ? ATTENTION_ATTACHED : ATTENTION_DETACHED, now_ms);
}

int tui_suspend(struct tui *tui, uint64_t now_ms)
{
    tui->is_busy = true;                           /* what is typed now is for the shell */
    int rc = tui_release(tui, UINT64_MAX, now_ms); /* nothing is due while it is stopped */
    if (rc == 0)
        rc = see(tui, ATTENTION_STOPPED, now_ms);
    if (rc == 0)
        rc = talk_settle(tui->face.talk, now_ms); /* the peer is to hear of it before */
    tui->is_busy = false;
    if (rc)
        return rc;
    screen_suspend(tui->screen);
    return see(tui, ATTENTION_CONTINUED, loop_now_ms());
}

/* Runs the person's command; a note says where that failed. */
static int notify(struct tui *tui, const char *who, const char *text)
{
    const char *command = settings_value(talk_settings(tui->face.talk), SETTING_NOTIFY);
    char why[WORDS_MAX], quoted[QUOTE_MAX];
    if (notify_run(command, who, text) == 0)
        return 0;
    int error = errno;
    snprintf(why, sizeof why, "cannot run '%s': %s", quote_text(command, strlen(command), quoted),
             strerror(error));
    return ui_set_note(tui->ui, why);
}

static int call(struct tui *tui, const struct face_message *m)
{
    const struct settings *settings = talk_settings(tui->face.talk);
    struct words_said said = words_said(m->payload);
    char who[QUOTE_MAX], said_text[QUOTE_MAX], text[2 * QUOTE_MAX], line[4 * QUOTE_MAX];
    quote_text(m->author, strlen(m->author), who);
    snprintf(text, sizeof text, "%s%s%s", said.before,
             quote_text(said.text.at, said.text.len, said_text), said.after);
    if (!settings_is_on(settings, SETTING_NOTIFY_TEXT))
        snprintf(text, sizeof text, "a message");
    snprintf(line, sizeof line, "%s: %s", who, text);
    if (settings_is_on(settings, SETTING_BELL))
        screen_ring(tui->screen);
    if (settings_is_on(settings, SETTING_ALERT))
        screen_alert(tui->screen, line);
    return settings_is_on(settings, SETTING_NOTIFY) ? notify(tui, who, text) : 0;
}

int tui_attend_message(struct tui *tui, const struct face_message *m)
{
    switch (attention_message(&tui->attention, m->row->id, m->row->wall_ms, loop_now_ms())) {
    case ATTENTION_CALL: return call(tui, m);
    case ATTENTION_SUMMARY: return tell_summary(tui);
    case ATTENTION_NOTHING: break;
    }
    return 0;
}

void tui_update_title(struct tui *tui)
{
    struct words w = talk_words(tui->face.talk);
    const char *name = w.peer ? w.peer : w.room;
    char title[WORDS_MAX];
    if (!settings_is_on(talk_settings(tui->face.talk), SETTING_TITLE)) {
        screen_set_title(tui->screen, NULL);
        return;
    }
    if (attention_is_away(&tui->attention) && tui->attention.count > 0)
        snprintf(title, sizeof title, "(%zu) %s", tui->attention.count, name);
    else
        snprintf(title, sizeof title, "%s", name);
    screen_set_title(tui->screen, title);
}
