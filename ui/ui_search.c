#include "ui_internal.h"

#include <stdio.h>

/* What is not in what is loaded is looked for in the rest, where there is a rest. */
static int look_further(struct ui *ui)
{
    size_t len;
    const char *text = editor_text(ui->search, &len);
    const struct ui_event event = {
        .type = UI_SEARCH, .text = text, .len = len, .up = ui->searching_up};
    return ui_emit_event(ui, &event);
}

int ui_search_next(struct ui *ui, int direction)
{
    size_t len;
    editor_text(ui->search, &len);
    if (len == 0 || transcript_search_next(ui_shown(ui), direction))
        return 0;
    ui->searching_up = direction < 0;
    return ui->page ? ui_found(ui, 0) : look_further(ui);
}

int ui_search_changed(struct ui *ui)
{
    size_t len;
    const char *text = editor_text(ui->search, &len);
    int rc = transcript_search(ui_shown(ui), text, len);
    if (rc)
        return ui_explain(ui, rc);
    bool below = ui->page && transcript_search_next(ui->page, 1); /* it is read from the top */
    return below ? 0 : ui_search_next(ui, -1);
}

int ui_search(struct ui *ui, const char *text, size_t len)
{
    int rc = editor_set(ui->search, text, len);
    if (rc)
        return rc;
    ui->mode = UI_SEARCHING;
    ui->editor_top = 0;
    return ui_search_changed(ui);
}

const char *ui_searched(const struct ui *ui)
{
    size_t len;
    return ui->mode == UI_SEARCHING ? editor_text(ui->search, &len) : NULL;
}

int ui_found(struct ui *ui, uint64_t id)
{
    if (id != 0) {
        transcript_set_found(ui->transcript, id);
        return 0;
    }
    char note[64];
    snprintf(note, sizeof note, "no %s match", ui->searching_up ? "older" : "newer");
    return ui_set_note(ui, note);
}

int ui_leave_search(struct ui *ui)
{
    ui->mode = UI_WRITING;
    ui->editor_top = 0;
    return transcript_search(ui_shown(ui), NULL, 0);
}

int ui_go_to_newest(struct ui *ui)
{
    if (transcript_has_newer(ui->transcript))
        return ui_emit(ui, UI_NEWEST, "", 0);
    transcript_bottom(ui->transcript);
    return 0;
}
