#include "ui_internal.h"

#include <stdio.h>
#include <string.h>

static void preview(struct ui *ui, enum theme_name name)
{
    ui->previewed = name;
    snprintf(ui->question, sizeof ui->question,
             "theme: %-5s   Up, Down: another   Enter: keep   Esc: as before", theme_title(name));
}

void ui_choose_theme(struct ui *ui)
{
    ui_close_page(ui);
    ui->mode = UI_CHOOSING_THEME;
    preview(ui, ui->theme.name);
}

int ui_preview_theme(struct ui *ui, const struct input *in, bool *taken)
{
    enum action action = keymap_find(in, false);
    unsigned step = 0;
    *taken = true;
    switch (action) {
    case ACTION_UP:
    case ACTION_COMPLETE_BACK: step = THEME_COUNT - 1; break;
    case ACTION_DOWN:
    case ACTION_COMPLETE: step = 1; break;
    case ACTION_ENTER:
    case ACTION_ESCAPE:
    case ACTION_CANCEL: break;
    case ACTION_REDRAW:
    case ACTION_SUSPEND: *taken = false; return 0;
    default: *taken = action < ACTION_PAGE_UP || action > ACTION_BOTTOM; return 0;
    }
    if (step > 0) {
        preview(ui, (enum theme_name)((ui->previewed + step) % THEME_COUNT));
        return 0;
    }
    ui->mode = UI_WRITING;
    const char *name = theme_title(ui->previewed);
    return action == ACTION_ENTER ? ui_emit(ui, UI_THEME, name, strlen(name)) : 0;
}
