#include "ui_internal.h"

#include "error.h"

enum {
    LATEST_KEEP = 16, /* entries, more than have room */
};

struct transcript *ui_new_latest(void)
{
    return transcript_new(LATEST_KEEP);
}

int ui_append(struct ui *ui, const struct transcript_entry *entry)
{
    bool waits = transcript_has_newer(ui->transcript);
    int rc = 0;
    if (entry->id == 0 || entry->id > transcript_newest(ui->latest))
        rc = transcript_append(ui->latest, entry);
    if (rc == 0 && !waits)
        rc = transcript_append(ui->transcript, entry);
    bool hidden = !transcript_at_bottom(ui->transcript) && !transcript_is_split(ui->transcript);
    if (rc == 0 && entry->kind == TRANSCRIPT_MINE)
        rc = ui_go_to_newest(ui);
    if (rc == 0 && hidden && entry->id == 0)
        rc = ui_set_note(ui, entry->text);
    if (rc == 0 && entry->kind == TRANSCRIPT_THEIRS && ui->focus == FOCUS_OUT && !ui->new_marked) {
        ui_set_new(ui, entry->id);
        ui->new_marked = true;
    }
    return rc;
}

int ui_set_mark(struct ui *ui, uint64_t id, enum transcript_mark mark, const char *word)
{
    int rc = transcript_set_mark(ui->transcript, id, mark, word);
    return rc ? rc : transcript_set_mark(ui->latest, id, mark, word);
}

int ui_replace(struct ui *ui, const struct transcript_entry *entry)
{
    int rc = transcript_replace(ui->transcript, entry);
    return rc ? rc : transcript_replace(ui->latest, entry);
}

int ui_set_quote(struct ui *ui, uint64_t id, const char *quote)
{
    int rc = transcript_set_quote(ui->transcript, id, quote);
    return rc ? rc : transcript_set_quote(ui->latest, id, quote);
}

void ui_set_new(struct ui *ui, uint64_t id)
{
    transcript_set_new(ui->transcript, id);
    transcript_set_new(ui->latest, id);
}

const struct transcript_entry *ui_find(const struct ui *ui, uint64_t id)
{
    const struct transcript_entry *e = transcript_find(ui->transcript, id);
    return e ? e : transcript_find(ui->latest, id);
}

void ui_clear(struct ui *ui)
{
    transcript_clear(ui->transcript);
    transcript_clear(ui->latest);
}

int ui_loaded_newest(struct ui *ui)
{
    return transcript_copy_end(ui->latest, ui->transcript, LATEST_KEEP);
}

void ui_set_seen(struct ui *ui, uint64_t id)
{
    ui->drawn_id = ui->present_id = ui->seen_id = id;
}

/* Whether there is nothing of theirs between what was seen and the lower part. */
static bool latest_follow_seen(const struct ui *ui)
{
    uint64_t first = transcript_drawn(ui->latest, false);
    uint64_t before = transcript_theirs_before(ui->latest, first);
    if (before == 0 && transcript_has_newer(ui->transcript))
        return false; /* that is not known */
    if (before == 0)
        before = transcript_theirs_before(ui->transcript, first);
    return before <= ui->present_id;
}

/*
 * What the peer is told to be seen is everything up to a message: so the lower part counts only
 * where all that lies between was seen before.
 */
void ui_note_drawn(struct ui *ui)
{
    uint64_t newest = ui->page ? 0 : transcript_drawn(ui->transcript, true);
    if (!ui->page && transcript_is_split(ui->transcript) && latest_follow_seen(ui)) {
        uint64_t latest = transcript_drawn(ui->latest, true);
        newest = latest > newest ? latest : newest;
    }
    ui->drawn_id = newest > ui->present_id ? newest : ui->present_id;
    if (ui->focus == FOCUS_IN)
        ui->present_id = ui->drawn_id;
}
