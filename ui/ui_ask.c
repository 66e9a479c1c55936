#include "ui_internal.h"

#include "../proto/error.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PASTE_LINES_MAX = 20, /* a longer paste asks first */
};

void ui_ask(struct ui *ui, enum ui_mode mode, const char *question)
{
    snprintf(ui->question, sizeof ui->question, "%s (y/n)", question);
    ui->mode = mode;
}

static void stop_asking(struct ui *ui)
{
    ui->mode = UI_WRITING;
    free(ui->paste);
    ui->paste = NULL;
}

int ui_answer(struct ui *ui, const struct input *in, bool *taken)
{
    enum action action = keymap_find(in, false);
    bool letter = in->kind == INPUT_CHAR && !in->meta;
    bool yes = (letter && (in->code == 'y' || in->code == 'Y')) || action == ACTION_ENTER;
    bool again = action == ACTION_CANCEL || action == ACTION_ERASE_OR_QUIT;
    bool quitting = ui->mode == UI_ASKING_QUIT;
    bool no = (letter && (in->code == 'n' || in->code == 'N')) || action == ACTION_ESCAPE ||
              (!quitting && again);
    int rc = 0;
    *taken = yes || no || (quitting && again) || !quitting;
    if (quitting && (yes || again))
        rc = ui_emit(ui, UI_QUIT, "", 0);
    else if (yes)
        rc = ui_explain(ui, editor_insert(ui->editor, ui->paste, ui->paste_len));
    if (rc)
        return rc;
    if (!quitting && yes)
        ui->draft_changed = true;
    if (quitting || yes || no)
        stop_asking(ui);
    return 0;
}

/* Leaves out what cannot stand in a message: bytes that are not UTF-8, and NUL. */
static size_t clean(char *text, size_t len)
{
    size_t kept = 0;
    for (size_t at = 0; at < len;) {
        uint32_t cp;
        int n = text_decode(text + at, len - at, &cp);
        if (n > 0 && cp != 0)
            memmove(text + kept, text + at, (size_t)n);
        kept += n > 0 && cp != 0 ? (size_t)n : 0;
        at += n > 0 ? (size_t)n : 1;
    }
    return kept;
}

static size_t count_lines(const char *text, size_t len)
{
    size_t lines = 1;
    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    return lines;
}

int ui_paste(struct ui *ui, const struct input *in)
{
    offer_clear(&ui->offer);
    if (ui->mode == UI_ASKING_PASTE || in->len == 0)
        return 0;
    if (ui->mode == UI_ASKING_QUIT)
        stop_asking(ui);
    if (in->cut)
        return ui_explain(ui, ERROR_LIMIT);
    char *text = malloc(in->len);
    if (!text)
        return ERROR_NOMEM;
    memcpy(text, in->text, in->len);
    size_t len = clean(text, in->len), lines = count_lines(text, len);
    bool asks = lines > PASTE_LINES_MAX && len <= EDITOR_MAX && ui->mode == UI_WRITING;
    if (!asks) {
        int rc = ui_insert(ui, text, len);
        if (rc == 0 && len < in->len && !ui->note)
            rc = ui_set_note(ui, "bytes that are not text were left out of the paste");
        free(text);
        return rc;
    }
    char question[64];
    snprintf(question, sizeof question, "paste %zu lines?", lines);
    ui_ask(ui, UI_ASKING_PASTE, question);
    ui->paste = text;
    ui->paste_len = len;
    return 0;
}
