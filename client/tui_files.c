#include "tui_internal.h"

#include "error.h"
#include "quote.h"

#include <stdio.h>
#include <string.h>

int tui_show_file(struct face *f, const struct transfer_row *file, bool has_changed)
{
    struct tui *tui = tui_of(f);
    struct words w = talk_words(f->talk);
    char text[WORDS_MAX];
    if (!has_changed)
        return 0;
    words_file(&w, file, text); /* `file` is not there any more after the next call */
    bool is_over = file->state > TRANSFER_TAKEN, is_wrong = file->state >= TRANSFER_CHANGED;
    int rc = talk_get(f->talk, file->message, tui_show_again, tui);
    if (rc < 0 || !is_over)
        return rc < 0 ? rc : 0;
    return tui_append_notice(tui, is_wrong ? TRANSCRIPT_ERROR : TRANSCRIPT_NOTICE, text);
}

/* Shows what takes long as it is now; where only some more of it is done, not too often. */
static int update_bar(struct tui *tui, bool mine, const struct talk_work *w, uint64_t now_ms)
{
    struct tui_bar *bar = &tui->bars[mine];
    bool is_same = bar->doing && strcmp(bar->doing, w->doing) == 0 && bar->message == w->message &&
                   bar->progress.total == w->size;
    char what[WORDS_MAX], name[QUOTE_MAX];
    if (is_same)
        progress_move(&bar->progress, w->done, now_ms);
    else
        progress_begin(&bar->progress, w->done, w->size, now_ms);
    if (is_same && !progress_tick(&bar->progress, now_ms))
        return 0;
    bar->doing = w->doing;
    bar->message = w->message;
    snprintf(what, sizeof what, "%s%s", w->doing, quote_text(w->name, strlen(w->name), name));
    return ui_set_bar(tui->ui, mine, what, &bar->progress);
}

int tui_update_bars(struct tui *tui, uint64_t now_ms)
{
    int rc = 0;
    for (int mine = 0; mine < VIEW_BARS && rc == 0; mine++) {
        struct talk_work w;
        if (talk_get_work(tui->face.talk, mine, &w))
            rc = update_bar(tui, mine, &w, now_ms);
        else if (tui->bars[mine].doing) {
            tui->bars[mine] = (struct tui_bar){0};
            rc = ui_set_bar(tui->ui, mine, NULL, NULL);
        }
    }
    return rc;
}

uint64_t tui_bars_deadline(const struct tui *tui)
{
    uint64_t first_ms = UINT64_MAX;
    for (int i = 0; i < VIEW_BARS; i++) {
        uint64_t at_ms =
            tui->bars[i].doing ? progress_deadline(&tui->bars[i].progress) : UINT64_MAX;
        first_ms = at_ms < first_ms ? at_ms : first_ms;
    }
    return first_ms;
}
