#include "ui_internal.h"

#include "error.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

struct ui *ui_new(const struct ui_options *options)
{
    struct ui *ui = calloc(1, sizeof *ui);
    if (!ui)
        return NULL;
    ui->theme = options->theme;
    ui->ascii = options->ascii;
    ui->status = (struct view_status){.room = "", .round_trip_ms = -1};
    ui->tail = &ui->head;
    ui->transcript = transcript_new(options->keep);
    ui->latest = ui_new_latest();
    ui->editor = editor_new();
    ui->search = editor_new();
    ui->canvas = canvas_new();
    if (ui->transcript && ui->latest && ui->editor && ui->search && ui->canvas)
        return ui;
    ui_free(ui);
    return NULL;
}

void ui_free(struct ui *ui)
{
    if (!ui)
        return;
    while (ui->head) {
        struct ui_queued *next = ui->head->next;
        free(ui->head);
        ui->head = next;
    }
    free(ui->given);
    free(ui->paste);
    offer_clear(&ui->offer);
    free(ui->note);
    free(ui->held);
    for (int i = 0; i < VIEW_BARS; i++)
        free(ui->bars[i].what);
    free(ui->status_strings);
    transcript_free(ui->transcript);
    transcript_free(ui->latest);
    ui_close_page(ui);
    editor_free(ui->editor);
    editor_free(ui->search);
    canvas_free(ui->canvas);
    free(ui);
}

int ui_emit(struct ui *ui, enum ui_event_type type, const char *text, size_t len)
{
    return ui_emit_event(ui, &(struct ui_event){.type = type, .text = text, .len = len});
}

int ui_emit_event(struct ui *ui, const struct ui_event *event)
{
    struct ui_queued *queued = malloc(sizeof *queued + event->len + 1);
    if (!queued)
        return ERROR_NOMEM;
    memcpy(queued->text, event->text, event->len);
    queued->text[event->len] = '\0';
    queued->event = *event;
    queued->event.text = queued->text;
    queued->next = NULL;
    *ui->tail = queued;
    ui->tail = &queued->next;
    return 0;
}

bool ui_is_asking(const struct ui *ui)
{
    return ui->head;
}

int ui_next(struct ui *ui, struct ui_event *event)
{
    free(ui->given);
    ui->given = ui->head;
    if (ui->given) {
        ui->head = ui->given->next;
        if (!ui->head)
            ui->tail = &ui->head;
        *event = ui->given->event;
    } else if (ui->draft_changed) {
        ui->draft_changed = false;
        *event = (struct ui_event){.type = UI_DRAFT};
    } else if (ui->present_id > ui->seen_id) {
        ui->seen_id = ui->present_id;
        *event = (struct ui_event){.type = UI_SEEN, .id = ui->seen_id};
    } else if (ui->drawn && transcript_wants_older(ui->transcript)) {
        *event = (struct ui_event){.type = UI_OLDER};
    } else if (ui->drawn && transcript_wants_newer(ui->transcript)) {
        *event = (struct ui_event){.type = UI_NEWER};
    } else {
        return 0;
    }
    return 1;
}

struct transcript *ui_transcript(struct ui *ui)
{
    return ui->transcript;
}

struct editor *ui_editor(struct ui *ui)
{
    return ui->editor;
}

void ui_set_theme(struct ui *ui, enum theme_name name)
{
    ui->theme.name = name;
}

void ui_set_split(struct ui *ui, bool split)
{
    ui->split = split;
}

int ui_set_draft(struct ui *ui, const char *text, size_t len)
{
    return editor_set(ui->editor, text, len);
}

/* Copies a string to `*at`, where there is room; NULL stays NULL. */
static const char *keep(char **at, const char *s)
{
    if (!s)
        return NULL;
    const char *copy = *at;
    *at = stpcpy(*at, s) + 1;
    return copy;
}

static size_t length(const char *s)
{
    return s ? strlen(s) : 0;
}

int ui_set_status(struct ui *ui, const struct view_status *status)
{
    size_t size = length(status->room) + length(status->peer) + length(status->trust) +
                  length(status->trouble) + 4;
    char *strings = malloc(size), *at = strings;
    if (!strings)
        return ERROR_NOMEM;
    ui->status = *status;
    ui->status.room = keep(&at, status->room);
    ui->status.peer = keep(&at, status->peer);
    ui->status.trust = keep(&at, status->trust);
    ui->status.trouble = keep(&at, status->trouble);
    free(ui->status_strings);
    ui->status_strings = strings;
    return 0;
}

void ui_set_writing(struct ui *ui, bool writing)
{
    ui->writing = writing;
}

int ui_set_note(struct ui *ui, const char *note)
{
    size_t len; /* there may be a path in it, or it was cut within a character */
    char *copy = text_sanitise(note, strlen(note), 0, &len);
    if (!copy)
        return ERROR_NOMEM;
    free(ui->note);
    ui->note = copy;
    return 0;
}

int ui_set_held(struct ui *ui, const char *held)
{
    char *copy = held ? strdup(held) : NULL;
    if (held && !copy)
        return ERROR_NOMEM;
    free(ui->held);
    ui->held = copy;
    return 0;
}

int ui_set_bar(struct ui *ui, int bar, const char *what, const struct progress *progress)
{
    char *copy = what ? strdup(what) : NULL;
    if (what && !copy)
        return ERROR_NOMEM;
    free(ui->bars[bar].what);
    ui->bars[bar].what = copy;
    if (what)
        ui->bars[bar].progress = *progress;
    return 0;
}

const struct canvas *ui_draw(struct ui *ui)
{
    bool choosing = ui->mode == UI_CHOOSING_THEME;
    bool asking = choosing || ui->mode == UI_ASKING_QUIT || ui->mode == UI_ASKING_PASTE;
    struct view view = {
        .transcript = ui->transcript,
        .latest = ui->latest,
        .split = ui->split,
        .page = ui->page,
        .editor = ui->mode == UI_SEARCHING ? ui->search : ui->editor,
        .editor_top = &ui->editor_top,
        .theme = {choosing ? ui->previewed : ui->theme.name, ui->theme.colours},
        .ascii = ui->ascii,
        .status = &ui->status,
        .writing = ui->writing,
        .note = ui->note,
        .held = ui->held,
        .bars = ui->bars,
        .offer = ui->offer.choices ? &ui->offer : NULL,
        .question = asking ? ui->question : NULL,
        .prompt = ui->mode == UI_SEARCHING ? "search:" : NULL,
    };
    int rows = ui->rows > 0 ? ui->rows : 1, columns = ui->columns > 0 ? ui->columns : 1;
    if (ui_fit_page(ui) || view_draw(&view, rows, columns, ui->canvas))
        return NULL;
    if (rows >= LAYOUT_ROWS_MIN && columns >= LAYOUT_COLUMNS_MIN) {
        ui->drawn = true;
        ui_note_drawn(ui);
    }
    return ui->canvas;
}
