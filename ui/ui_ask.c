#include "ui_internal.h"

#include "error.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PASTE_LINES_MAX = 20, /* a longer paste asks first */
};

void ui_ask(struct ui *ui, enum ui_mode mode, const char *question)
{
    snprintf(ui->question, sizeof ui->question, "%s", question);
    ui->mode = mode;
}

static void stop_asking(struct ui *ui)
{
    ui->mode = UI_WRITING;
    free(ui->paste);
    ui->paste = NULL;
}

static bool is_letter(const struct input *in, char letter)
{
    return in->kind == INPUT_CHAR && !in->meta && (in->code | 0x20) == (uint32_t)letter;
}

/* Sends the paste as a message of its own, past what is being written. */
static int send_block(struct ui *ui)
{
    size_t len = ui->paste_len;
    while (len > 0 && ui->paste[len - 1] == '\n')
        len--;
    if (len == 0)
        return 0;
    int rc = ui_emit(ui, UI_BLOCK, ui->paste, len);
    return rc ? rc : editor_remember(ui->editor, ui->paste, len);
}

static int insert_paste(struct ui *ui)
{
    int rc = editor_insert(ui->editor, ui->paste, ui->paste_len);
    ui->draft_changed = ui->draft_changed || rc == 0;
    return ui_explain(ui, rc);
}

int ui_answer(struct ui *ui, const struct input *in, bool *taken)
{
    enum action action = keymap_find(in, false);
    bool yes = is_letter(in, 'y') || action == ACTION_ENTER;
    bool no = is_letter(in, 'n') || action == ACTION_ESCAPE;
    bool again = action == ACTION_CANCEL || action == ACTION_ERASE_OR_QUIT;
    bool quitting = ui->mode == UI_ASKING_QUIT, send = !quitting && is_letter(in, 's');
    int rc = 0;
    bool waits = action == ACTION_SUSPEND || action == ACTION_REDRAW; /* the question does */
    *taken = yes || no || again || (!quitting && !waits);
    if (quitting && (yes || again))
        rc = ui_emit(ui, UI_QUIT, "", 0);
    else if (send)
        rc = send_block(ui);
    else if (yes)
        rc = insert_paste(ui);
    if (rc == 0 && ((quitting && !waits) || yes || no || again || send))
        stop_asking(ui);
    return rc;
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

/* A line feed at the end begins no line. */
static size_t count_lines(const char *text, size_t len)
{
    size_t lines = 1;
    for (size_t i = 0; i + 1 < len; i++)
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
    snprintf(question, sizeof question, "paste %zu lines? (y/n, s: send as one block)", lines);
    ui_ask(ui, UI_ASKING_PASTE, question);
    ui->paste = text;
    ui->paste_len = len;
    return 0;
}
