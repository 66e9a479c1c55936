#include "ui_internal.h"

#include "error.h"
#include "text.h"

#include <stdlib.h>

struct transcript *ui_shown(struct ui *ui)
{
    return ui->page ? ui->page : ui->transcript;
}

static bool is_empty(const struct editor *e)
{
    size_t len;
    editor_text(e, &len);
    return len == 0;
}

int ui_explain(struct ui *ui, int rc)
{
    if (rc == ERROR_LIMIT)
        return ui_set_note(ui, "that is too long: a message has at most 16,384 bytes");
    if (rc == ERROR_UTF8)
        return ui_set_note(ui, "that is not text");
    return rc < 0 ? rc : 0;
}

/* The text of the line that has the cursor changed. */
static int changed(struct ui *ui)
{
    if (ui->mode == UI_SEARCHING)
        return ui_search_changed(ui);
    ui->draft_changed = true;
    return 0;
}

int ui_insert(struct ui *ui, const char *text, size_t len)
{
    struct editor *editor = ui->mode == UI_SEARCHING ? ui->search : ui->editor;
    int rc = editor_insert(editor, text, len);
    return rc ? ui_explain(ui, rc) : changed(ui);
}

static int edit(struct ui *ui, enum action action)
{
    struct editor *editor = ui->mode == UI_SEARCHING ? ui->search : ui->editor;
    int rc = editor_do(editor, action);
    return rc == 1 ? changed(ui) : ui_explain(ui, rc);
}

static bool is_blank(const char *text)
{
    while (*text == ' ' || *text == '\t' || *text == '\n')
        text++;
    return !*text;
}

static int enter(struct ui *ui)
{
    if (ui->mode == UI_SEARCHING)
        return ui_leave_search(ui);
    size_t len;
    const char *text = editor_text(ui->editor, &len);
    if (len == 0)
        return 0;
    if (is_blank(text))
        return ui_set_note(ui, "that is nothing but white space: it was not sent");
    while (text[len - 1] == '\n') /* a paste brings one */
        len--;
    int rc = ui_emit(ui, UI_LINE, text, len);
    if (rc)
        return rc;
    editor_sent(ui->editor);
    ui_close_page(ui);
    return changed(ui);
}

static int complete(struct ui *ui)
{
    if (ui->offer.choices)
        return ui_explain(ui, offer_next(&ui->offer, ui->editor, 1));
    return ui->mode == UI_WRITING ? ui_emit(ui, UI_COMPLETE, "", 0) : 0;
}

static int complete_back(struct ui *ui)
{
    return ui->offer.choices ? ui_explain(ui, offer_next(&ui->offer, ui->editor, -1)) : 0;
}

int ui_set_line(struct ui *ui, const char *text, size_t len)
{
    int rc = editor_set(ui->editor, text, len);
    ui->draft_changed = ui->draft_changed || rc == 0;
    return rc;
}

int ui_offer(struct ui *ui, size_t at, const struct offer_choice *choices, size_t count)
{
    if (count == 0)
        return ui_set_note(ui, "nothing that can be completed begins so");
    int rc = offer_begin(&ui->offer, ui->editor, at, choices, count);
    return rc ? ui_explain(ui, rc) : changed(ui);
}

static int page_up(struct ui *ui)
{
    transcript_page(ui_shown(ui), -1);
    return 0;
}

static int page_down(struct ui *ui)
{
    transcript_page(ui_shown(ui), 1);
    return 0;
}

static int scroll_up(struct ui *ui)
{
    transcript_scroll(ui_shown(ui), -1);
    return 0;
}

static int scroll_down(struct ui *ui)
{
    transcript_scroll(ui_shown(ui), 1);
    return 0;
}

static int top(struct ui *ui)
{
    if (!ui->page && transcript_has_older(ui->transcript))
        return ui_emit(ui, UI_OLDEST, "", 0);
    transcript_top(ui_shown(ui));
    return 0;
}

static int bottom(struct ui *ui)
{
    if (!ui->page)
        return ui_go_to_newest(ui);
    transcript_bottom(ui->page);
    return 0;
}

static int unread(struct ui *ui)
{
    uint64_t id = transcript_new_id(ui->transcript);
    ui_close_page(ui);
    if (id == 0)
        return ui_set_note(ui, "nothing was new");
    if (!transcript_find(ui->transcript, id))
        return ui_emit_event(ui, &(struct ui_event){.type = UI_JUMP, .text = "", .id = id});
    transcript_show(ui->transcript, id);
    return 0;
}

static int home(struct ui *ui)
{
    int rc = editor_do(ui->editor, ACTION_LINE_START);
    return rc == 0 ? top(ui) : ui_explain(ui, rc);
}

static int end(struct ui *ui)
{
    int rc = editor_do(ui->editor, ACTION_LINE_END);
    return rc == 0 ? bottom(ui) : ui_explain(ui, rc);
}

/* Whether what was sent last is to be taken back. */
static bool can_take_back(struct ui *ui)
{
    return ui->held && ui->mode == UI_WRITING && !ui->page && is_empty(ui->editor);
}

/* Reading back with nothing written, Up and Down go on reading; searching, they go to matches. */
static int up(struct ui *ui)
{
    if (ui->mode == UI_SEARCHING)
        return ui_search_next(ui, -1);
    if (can_take_back(ui))
        return ui_emit(ui, UI_TAKE_BACK, "", 0);
    bool reading = ui->mode == UI_WRITING && is_empty(ui->editor);
    if (reading && (ui->page || !transcript_at_bottom(ui->transcript)))
        return scroll_up(ui);
    return edit(ui, ACTION_UP);
}

static int down(struct ui *ui)
{
    if (ui->mode == UI_SEARCHING)
        return ui_search_next(ui, 1);
    bool reading = ui->mode == UI_WRITING && is_empty(ui->editor);
    if (reading && (ui->page || !transcript_at_bottom(ui->transcript)))
        return scroll_down(ui);
    return edit(ui, ACTION_DOWN);
}

static int choose_older(struct ui *ui)
{
    ui_close_page(ui);
    transcript_choose_next(ui->transcript, -1);
    return 0;
}

static int choose_newer(struct ui *ui)
{
    ui_close_page(ui);
    transcript_choose_next(ui->transcript, 1);
    return 0;
}

static int fold(struct ui *ui)
{
    ui_close_page(ui);
    return transcript_toggle_fold(ui->transcript) ? 0 : ui_set_note(ui, "nothing here is folded");
}

static int copy(struct ui *ui)
{
    return ui_emit(ui, UI_COPY, "", 0);
}

static int bare(struct ui *ui)
{
    ui_close_page(ui);
    ui->bare = true;
    return ui_emit(ui, UI_BARE, "", 0);
}

static int search(struct ui *ui)
{
    return ui->mode == UI_SEARCHING ? ui_search_next(ui, -1) : ui_search(ui, "", 0);
}

static int search_newer(struct ui *ui)
{
    return ui->mode == UI_SEARCHING ? ui_search_next(ui, 1) : 0;
}

static int cancel(struct ui *ui)
{
    if (ui->mode == UI_SEARCHING)
        return ui_leave_search(ui);
    if (ui->page) {
        ui_close_page(ui);
        return 0;
    }
    if (!is_empty(ui->editor)) {
        int rc = editor_cancel(ui->editor);
        return rc ? rc : changed(ui);
    }
    ui_ask(ui, UI_ASKING_QUIT, "quit? (y/n)");
    return 0;
}

static int erase_or_quit(struct ui *ui)
{
    if (ui->mode == UI_WRITING && is_empty(ui->editor))
        return ui_emit(ui, UI_QUIT, "", 0);
    return edit(ui, ACTION_ERASE_RIGHT);
}

static int escape(struct ui *ui)
{
    if (ui->offer.choices)
        return ui_explain(ui, offer_undo(&ui->offer, ui->editor));
    if (ui->mode == UI_SEARCHING)
        return ui_leave_search(ui);
    if (can_take_back(ui))
        return ui_emit(ui, UI_TAKE_BACK, "", 0);
    if (!ui->page)
        transcript_choose(ui->transcript, 0);
    ui_close_page(ui);
    return 0;
}

static int redraw(struct ui *ui)
{
    return ui_emit(ui, UI_REDRAW, "", 0);
}

static int suspend(struct ui *ui)
{
    return ui_emit(ui, UI_SUSPEND, "", 0);
}

static int editor(struct ui *ui)
{
    return ui->mode == UI_WRITING ? ui_emit(ui, UI_EDITOR, "", 0) : 0;
}

static int help(struct ui *ui)
{
    if (!ui->page)
        return ui_emit(ui, UI_HELP, "", 0);
    ui_close_page(ui);
    return 0;
}

static int (*const actions[])(struct ui *) = {
    [ACTION_UP] = up,
    [ACTION_DOWN] = down,
    [ACTION_ENTER] = enter,
    [ACTION_COMPLETE] = complete,
    [ACTION_COMPLETE_BACK] = complete_back,
    [ACTION_PAGE_UP] = page_up,
    [ACTION_PAGE_DOWN] = page_down,
    [ACTION_SCROLL_UP] = scroll_up,
    [ACTION_SCROLL_DOWN] = scroll_down,
    [ACTION_TOP] = top,
    [ACTION_BOTTOM] = bottom,
    [ACTION_UNREAD] = unread,
    [ACTION_HOME] = home,
    [ACTION_END] = end,
    [ACTION_SEARCH] = search,
    [ACTION_SEARCH_NEWER] = search_newer,
    [ACTION_CHOOSE_OLDER] = choose_older,
    [ACTION_CHOOSE_NEWER] = choose_newer,
    [ACTION_FOLD] = fold,
    [ACTION_COPY] = copy,
    [ACTION_BARE] = bare,
    [ACTION_CANCEL] = cancel,
    [ACTION_ERASE_OR_QUIT] = erase_or_quit,
    [ACTION_ESCAPE] = escape,
    [ACTION_REDRAW] = redraw,
    [ACTION_SUSPEND] = suspend,
    [ACTION_EDITOR] = editor,
    [ACTION_HELP] = help,
};

/* Where a page is open and nothing is written, two letters are a pager's. */
static bool turn_page(struct ui *ui, uint32_t letter)
{
    bool reading = ui->page && ui->mode == UI_WRITING && is_empty(ui->editor);
    if (reading && letter == 'q')
        ui_close_page(ui);
    else if (reading && letter == ' ')
        transcript_page(ui->page, 1);
    return reading && (letter == 'q' || letter == ' ');
}

static int act(struct ui *ui, const struct input *in)
{
    enum action action = keymap_find(in, ui->prefixed);
    if (action == ACTION_ENTER && in->pasted && ui->mode == UI_WRITING)
        action = ACTION_NEWLINE;
    ui->prefixed = action == ACTION_PREFIX;
    if (action != ACTION_COMPLETE && action != ACTION_COMPLETE_BACK && action != ACTION_ESCAPE)
        offer_clear(&ui->offer);
    if (action == ACTION_INSERT && turn_page(ui, in->code))
        return 0;
    if (action == ACTION_INSERT) {
        char bytes[4];
        return ui_insert(ui, bytes, text_encode(in->code, bytes));
    }
    if (actions[action])
        return actions[action](ui);
    return action <= ACTION_EDIT_LAST ? edit(ui, action) : 0;
}

/* What could not be read is told until the person stops writing: else it would be a flash. */
static void clear_note(struct ui *ui, const struct input *in)
{
    bool writes = in->kind == INPUT_CHAR && in->code >= ' ' && !in->meta;
    if (ui->is_illegible && writes)
        return;
    ui->is_illegible = in->kind == INPUT_ILLEGIBLE;
    free(ui->note);
    ui->note = NULL;
}

static int press(struct ui *ui, const struct input *in)
{
    clear_note(ui, in);
    ui->present_id = ui->drawn_id;
    bool taken = false;
    if (ui->bare) {
        ui->bare = false;
        return redraw(ui);
    }
    if (in->kind == INPUT_ILLEGIBLE)
        return ui_set_note(ui, "that is no character in this locale: set LC_ALL, as to C.UTF-8");
    int rc = 0;
    if (ui->mode == UI_CHOOSING_THEME)
        rc = ui_preview_theme(ui, in, &taken);
    else if (ui->mode == UI_ASKING_QUIT || ui->mode == UI_ASKING_PASTE)
        rc = ui_answer(ui, in, &taken);
    return rc || taken ? rc : act(ui, in);
}

int ui_input(struct ui *ui, const struct input *in)
{
    switch (in->kind) {
    case INPUT_RESIZE:
        ui->bare = false;
        ui->rows = in->rows;
        ui->columns = in->columns;
        return 0;
    case INPUT_FOCUS_IN:
        ui->focus = FOCUS_IN;
        ui->present_id = ui->drawn_id;
        return 0;
    case INPUT_FOCUS_OUT:
        ui->focus = FOCUS_OUT;
        ui->new_marked = false;
        return 0;
    case INPUT_PASTE: return ui_paste(ui, in);
    case INPUT_SUSPEND: return suspend(ui);
    default: return press(ui, in);
    }
}
