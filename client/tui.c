#include "tui_internal.h"

#include "error.h"
#include "keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PLACE_MS = 1000,  /* from a change of what is written, or of the place, to the disk */
    TYPING_MS = 3000, /* between two notices of typing */

    FD_ATTACHED = SCREEN_FDS, /* the face's descriptors behind those of the screen */
    FD_EDITOR,
};

static void keep_place_soon(struct tui *tui, uint64_t now_ms)
{
    if (tui->place_due_ms == UINT64_MAX)
        tui->place_due_ms = now_ms + PLACE_MS;
}

static int take_draft(struct tui *tui, const struct ui_event *e, uint64_t now_ms)
{
    (void)e;
    size_t len;
    const char *text = editor_text(ui_editor(tui->ui), &len);
    if (len > 0 || tui->has_line)
        keep_place_soon(tui, now_ms);
    tui_forget_doubt(tui);
    if (len == 0 || text[0] == '/' || now_ms < tui->typing_next_ms)
        return 0;
    tui->typing_next_ms = now_ms + TYPING_MS;
    return talk_signal(tui->face.talk, PAYLOAD_TYPING, true, now_ms);
}

static int take_older(struct tui *tui, const struct ui_event *e, uint64_t now_ms)
{
    (void)e;
    (void)now_ms;
    return tui_load_older(tui);
}

static int take_newer(struct tui *tui, const struct ui_event *e, uint64_t now_ms)
{
    (void)e;
    (void)now_ms;
    return tui_load_newer(tui);
}

static int take_oldest(struct tui *tui, const struct ui_event *e, uint64_t now_ms)
{
    (void)e;
    (void)now_ms;
    return tui_load_oldest(tui);
}

static int take_newest(struct tui *tui, const struct ui_event *e, uint64_t now_ms)
{
    (void)e;
    (void)now_ms;
    return tui_load_newest(tui);
}

static int take_jump(struct tui *tui, const struct ui_event *e, uint64_t now_ms)
{
    (void)now_ms;
    return tui_jump(tui, e->id);
}

static int take_search(struct tui *tui, const struct ui_event *e, uint64_t now_ms)
{
    (void)now_ms;
    return tui_search(tui, e->up);
}

static int take_seen(struct tui *tui, const struct ui_event *e, uint64_t now_ms)
{
    return talk_seen(tui->face.talk, e->id, now_ms);
}

static int take_complete(struct tui *tui, const struct ui_event *e, uint64_t now_ms)
{
    (void)e;
    return tui_complete(tui, now_ms);
}

static int take_back(struct tui *tui, const struct ui_event *e, uint64_t now_ms)
{
    (void)e;
    (void)now_ms;
    return tui_take_back(tui);
}

/* The newest message of theirs. */
static int take_theirs(void *context, const struct face_message *m)
{
    if (m->row->mine || m->payload->kind != PAYLOAD_TEXT || m->is_deleted)
        return 0;
    *(uint64_t *)context = m->row->id;
    return 1;
}

static int take_copy(struct tui *tui, const struct ui_event *e, uint64_t now_ms)
{
    (void)e;
    (void)now_ms;
    uint64_t id = transcript_chosen(ui_transcript(tui->ui));
    int rc = id ? 0 : talk_walk(tui->face.talk, UINT64_MAX, TUI_KEEP, take_theirs, &id);
    const struct transcript_entry *entry = ui_find(tui->ui, id);
    if (rc < 0 || !entry)
        return rc < 0 ? rc : ui_set_note(tui->ui, "M-p chooses a message to copy");
    size_t size = (entry->text_len + 2) / 3 * 4 + 1;
    char *base64 = malloc(size);
    if (!base64)
        return ERROR_NOMEM;
    keys_base64_format((const uint8_t *)entry->text, entry->text_len, base64, size);
    screen_copy(tui->screen, base64);
    free(base64);
    return ui_set_note(tui->ui, "copied, where the terminal allows it");
}

static int take_bare(struct tui *tui, const struct ui_event *e, uint64_t now_ms)
{
    (void)e;
    (void)now_ms;
    size_t len;
    char *text = ui_bare_text(tui->ui, &len);
    if (!text)
        return ERROR_NOMEM;
    screen_show_bare(tui->screen, text, len);
    free(text);
    return 0;
}

static int take_theme(struct tui *tui, const struct ui_event *e, uint64_t now_ms)
{
    char line[64];
    int len = snprintf(line, sizeof line, "/theme %s", e->text);
    int rc = talk_line(tui->face.talk, line, (size_t)len, now_ms);
    return rc == ERROR_STATE ? 0 : rc;
}

static int take_help(struct tui *tui, const struct ui_event *e, uint64_t now_ms)
{
    (void)e;
    int rc = talk_line(tui->face.talk, "/help", 5, now_ms);
    return rc == ERROR_STATE ? 0 : rc;
}

static int take_redraw(struct tui *tui, const struct ui_event *e, uint64_t now_ms)
{
    (void)e;
    (void)now_ms;
    screen_redraw(tui->screen);
    return 0;
}

static int take_suspend(struct tui *tui, const struct ui_event *e, uint64_t now_ms)
{
    (void)e;
    return tui_suspend(tui, now_ms);
}

static int take_editor(struct tui *tui, const struct ui_event *e, uint64_t now_ms)
{
    (void)e;
    return tui_edit(tui, now_ms);
}

static int take_quit(struct tui *tui, const struct ui_event *e, uint64_t now_ms)
{
    (void)e;
    int rc = tui_release(tui, UINT64_MAX, now_ms);
    return rc ? rc : talk_quit(tui->face.talk, false, now_ms);
}

static int (*const takers[])(struct tui *, const struct ui_event *, uint64_t) = {
    [UI_COPY] = take_copy,       [UI_BARE] = take_bare,     [UI_LINE] = tui_take_line,
    [UI_BLOCK] = tui_take_block, [UI_DRAFT] = take_draft,   [UI_OLDER] = take_older,
    [UI_NEWER] = take_newer,     [UI_NEWEST] = take_newest, [UI_JUMP] = take_jump,
    [UI_SEARCH] = take_search,   [UI_SEEN] = take_seen,     [UI_COMPLETE] = take_complete,
    [UI_HELP] = take_help,       [UI_THEME] = take_theme,   [UI_REDRAW] = take_redraw,
    [UI_SUSPEND] = take_suspend, [UI_QUIT] = take_quit,     [UI_EDITOR] = take_editor,
    [UI_TAKE_BACK] = take_back,  [UI_OLDEST] = take_oldest,
};

/* Carries out what the screen asks for: 1 where there was something, 0, or a negative error. */
static int carry_out(struct tui *tui, uint64_t now_ms)
{
    struct ui_event event;
    int any = 0;
    while (ui_next(tui->ui, &event)) {
        int rc = takers[event.type](tui, &event, now_ms);
        if (rc)
            return rc;
        any = 1;
    }
    return any;
}

/* A key on an empty line is somebody who waits: no reason to wait longer for the relay. */
static void hurry(struct tui *tui, const struct input *in, uint64_t now_ms)
{
    size_t len;
    editor_text(ui_editor(tui->ui), &len);
    if (in->kind < INPUT_PASTE && len == 0)
        talk_hurry(tui->face.talk, now_ms);
}

/* What is due by time alone; at the end everything is. */
static int keep_time(struct tui *tui, uint64_t now_ms)
{
    if (now_ms >= tui->writing_end_ms) {
        tui->writing_end_ms = UINT64_MAX;
        ui_set_writing(tui->ui, false);
    }
    bool is_ending = talk_is_quitting(tui->face.talk);
    int rc = tui_release_due(tui, now_ms);
    if (rc || (now_ms < tui->place_due_ms && !(is_ending && tui->place_due_ms != UINT64_MAX)))
        return rc;
    return tui_keep_lines(tui);
}

/* Keys and pastes; until one of them lends the terminal. */
static int take_keys(struct tui *tui, uint64_t now_ms)
{
    struct input in;
    int rc = tui->is_late ? tui_attend_input(tui, &tui->late, now_ms) : 0;
    tui->is_late = false;
    if (rc == 0)
        rc = carry_out(tui, now_ms);
    while (rc >= 0 && !tui_is_lent(tui) && (rc = screen_next(tui->screen, now_ms, &in)) > 0) {
        hurry(tui, &in, now_ms);
        tui->is_behind = true;
        rc = tui->remembers || in.kind > INPUT_PASTE ? 0 : tui_remember_sent(tui);
        if (rc == 0)
            rc = ui_input(tui->ui, &in);
        if (rc == 0)
            rc = tui_attend_input(tui, &in, now_ms);
        if (rc == 0) /* before the next one, so that keys that come at once keep their order */
            rc = carry_out(tui, now_ms);
        if (rc < 0)
            return rc;
    }
    return rc < 0 ? rc : 0;
}

static int take_input(struct face *f, const struct pollfd fds[FACE_FDS], uint64_t now_ms)
{
    struct tui *tui = tui_of(f);
    int rc = fds[FD_ATTACHED].revents ? tui_attend_attached(tui, now_ms) : 0;
    if (rc == 0 && tui_is_lent(tui))
        rc = tui_edit_turn(tui, fds, now_ms);
    if (rc == 0)
        rc = take_keys(tui, now_ms);
    if (rc == ERROR_CLOSED) {
        tui->is_gone = true;
        rc = talk_quit(f->talk, false, now_ms);
    }
    if (rc == 0 && tui->search_at)
        rc = tui_search_on(tui);
    return rc ? rc : keep_time(tui, now_ms);
}

/* Where the screen was scrolled to. */
static void note_place(struct tui *tui, uint64_t now_ms)
{
    uint64_t place = transcript_place(ui_transcript(tui->ui));
    if (place != tui->place)
        keep_place_soon(tui, now_ms);
    tui->place = place;
}

static int end_turn(struct face *f, uint64_t now_ms)
{
    struct tui *tui = tui_of(f);
    const struct settings *settings = talk_settings(f->talk);
    if (tui_is_lent(tui))
        return 0;
    ui_set_theme(tui->ui, (enum theme_name)settings_choice(settings, SETTING_THEME));
    ui_set_split(tui->ui, settings_is_on(settings, SETTING_SPLIT));
    tui_update_title(tui);
    int rc = tui_update_emoji(tui);
    if (rc == 0)
        rc = tui_update_status(tui, now_ms);
    if (rc == 0)
        rc = tui_update_bars(tui, now_ms);
    if (rc)
        return rc;
    const struct canvas *canvas;
    do {
        canvas = ui_draw(tui->ui);
        if (!canvas)
            return ERROR_NOMEM;
        rc = carry_out(tui, now_ms); /* drawn is seen; and the view may want older messages */
    } while (rc > 0);
    note_place(tui, now_ms);
    if (rc)
        return rc;
    screen_draw(tui->screen, canvas);
    tui->is_behind = false;
    talk_note_shown(f->talk, tui->shown);
    return 0;
}

static void poll_screen(const struct face *f, struct pollfd fds[FACE_FDS])
{
    const struct tui *tui = (const struct tui *)f;
    int of_screen[SCREEN_FDS];
    screen_fds(tui->screen, of_screen);
    for (int i = 0; i < SCREEN_FDS; i++)
        fds[i] = (struct pollfd){tui->is_gone ? -1 : of_screen[i], POLLIN, 0};
    if (tui_is_lent(tui))
        fds[0].events = 0; /* the keys are not ours; whether it is gone is */
    fds[FD_ATTACHED] = (struct pollfd){tui->attached.fd, POLLIN, 0};
    fds[FD_EDITOR] = (struct pollfd){tui->visual.fd, POLLIN, 0};
}

static uint64_t deadline(const struct face *f)
{
    const struct tui *tui = (const struct tui *)f;
    bool is_drawn = !tui_is_lent(tui); /* else what changes by time alone can wait */
    if (tui->is_late)
        return 0;
    const uint64_t times[] = {
        screen_deadline(tui->screen),
        tui->place_due_ms,
        tui->writing_end_ms,
        grace_deadline(&tui->grace),
        tui->search_at ? 0 : UINT64_MAX,
        is_drawn ? tui->countdown_ms : UINT64_MAX,
        is_drawn ? tui_bars_deadline(tui) : UINT64_MAX,
    };
    uint64_t first_ms = UINT64_MAX;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        if (times[i] < first_ms)
            first_ms = times[i];
    return first_ms;
}

static bool is_ended(const struct face *f)
{
    (void)f;
    return false;
}

static void free_tui(struct face *f)
{
    struct tui *tui = tui_of(f);
    tui_end_edit(tui);
    screen_free(tui->screen);
    ui_free(tui->ui);
    attached_clear(&tui->attached);
    grace_clear(&tui->grace);
    free(tui->doubted);
    free(tui);
}

static const struct face_ops ops = {
    .stays = true,
    .looks_back = true,
    .begin = tui_begin,
    .show_message = tui_show_message,
    .show_event = tui_show_event,
    .show_file = tui_show_file,
    .tell = tui_tell,
    .show_help = tui_show_help,
    .search = tui_search_for,
    .choose_theme = tui_choose_theme,
    .clear = tui_clear,
    .chosen = tui_chosen,
    .poll = poll_screen,
    .deadline = deadline,
    .take_input = take_input,
    .end_turn = end_turn,
    .meanwhile = tui_meanwhile,
    .is_ended = is_ended,
    .free = free_tui,
};

int tui_new(struct face **out, char *why, size_t size)
{
    *out = NULL;
    struct tui *tui = calloc(1, sizeof *tui);
    if (!tui)
        return ERROR_NOMEM;
    tui->face.ops = &ops;
    tui->round_trip_ms = tui->countdown_ms = tui->place_due_ms = tui->writing_end_ms = UINT64_MAX;
    attached_init(&tui->attached, getenv("TMUX"));
    visual_init(&tui->visual);
    int rc = screen_new(&tui->screen, why, size);
    if (rc == 0) {
        struct ui_options options = {
            .theme = {THEME_DARK, screen_colours(tui->screen)},
            .ascii = !screen_has_signs(tui->screen),
            .keep = TUI_KEEP,
        };
        tui->ui = ui_new(&options);
        rc = tui->ui ? 0 : ERROR_NOMEM;
    }
    if (rc) {
        free_tui(&tui->face);
        return rc;
    }
    *out = &tui->face;
    return 0;
}
