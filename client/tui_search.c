#include "tui_internal.h"

#include "entry.h"
#include "history.h"

#include <stdio.h>
#include <string.h>

enum {
    SLICE = 500, /* messages looked at in a turn */
    FOUND = 1,   /* ends a walk */
    PAUSE = 2,   /* likewise */
};

/* What the index of words gives is gone through. */
struct found {
    struct tui *tui;
    size_t looked;
    uint64_t at; /* where it is now */
    uint64_t id; /* the message that was found; 0 for none */
};

/* The index knows words, a person looks for what they see. */
static int look_at(void *context, const struct face_message *m)
{
    struct found *found = context;
    struct entry e;
    if (m->target) /* an edit: the message is found as it is now, or not */
        return talk_get(found->tui->face.talk, m->target, look_at, found);
    int rc = tui_init_message(found->tui, &e, m);
    if (rc != 1)
        return rc;
    const struct transcript *transcript = ui_transcript(found->tui->ui);
    bool matches = transcript_would_match(transcript, e.shown.text, e.shown.text_len);
    if (matches && !transcript_find(transcript, e.shown.id))
        found->id = e.shown.id;
    entry_clear(&e);
    return found->id ? FOUND : 0;
}

static int take_found(void *context, const struct face_message *m)
{
    struct found *found = context;
    found->at = m->row->id;
    return found->looked++ == SLICE ? PAUSE : look_at(context, m);
}

static int tell_progress(const struct tui *tui)
{
    char note[80], part[16] = "";
    if (tui->search_up)
        snprintf(part, sizeof part, " %d %%",
                 (int)(100 - tui->search_at * 100 / tui->search_start));
    snprintf(note, sizeof note, "looking further%s   Esc: enough", part);
    return ui_set_note(tui->ui, note);
}

int tui_search(struct tui *tui, bool up)
{
    const struct transcript *transcript = ui_transcript(tui->ui);
    tui->search_up = up;
    tui->search_at = tui->search_start = up ? tui->oldest : transcript_newest(transcript) + 1;
    if (up || transcript_has_newer(transcript))
        return tui_search_on(tui);
    tui->search_at = 0;
    return ui_found(tui->ui, 0);
}

int tui_search_on(struct tui *tui)
{
    struct found found = {.tui = tui};
    const struct history_query query = {
        .words = ui_searched(tui->ui),
        .phrase = true,
        .up = !tui->search_up,
        .bound = tui->search_at,
    };
    tui->search_at = 0;
    int rc = query.words ? talk_search(tui->face.talk, &query, take_found, &found) : 0;
    if (rc < 0 || !query.words)
        return rc;
    if (rc == PAUSE) {
        tui->search_at = query.up ? found.at : found.at + 1;
        return tell_progress(tui);
    }
    if (rc == FOUND)
        rc = tui_jump(tui, found.id);
    return rc < 0 ? rc : ui_found(tui->ui, found.id);
}
