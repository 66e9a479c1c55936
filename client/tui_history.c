#include "tui_internal.h"

#include "entry.h"
#include "error.h"

#include <stdio.h>
#include <time.h>

enum {
    PAGE = 100, /* messages loaded at once */
    UNREAD_MAX = 10000,
    FOUND = 1, /* ends a walk */
};

int tui_append(struct tui *tui, struct entry *e)
{
    const struct transcript *transcript = ui_transcript(tui->ui);
    uint64_t oldest = transcript_oldest(transcript);
    int rc = ui_append(tui->ui, &e->shown);
    entry_clear(e);
    if (oldest != 0 && transcript_oldest(transcript) != oldest) /* there were too many */
        tui->oldest = transcript_oldest(transcript);
    return rc;
}

static int prepend_message(void *context, const struct face_message *m)
{
    struct tui *tui = context;
    struct entry e;
    tui->oldest = m->row->id;
    int rc = tui_init_message(tui, &e, m);
    if (rc != 1)
        return rc;
    rc = transcript_prepend(ui_transcript(tui->ui), &e.shown);
    entry_clear(&e);
    return rc;
}

int tui_load_older(struct tui *tui)
{
    int count = talk_walk(tui->face.talk, tui->oldest, PAGE, prepend_message, tui);
    if (count >= 0)
        transcript_set_older(ui_transcript(tui->ui), count == PAGE);
    return count < 0 ? count : 0;
}

/* What is being loaded below; `last` is the id of the last message that was looked at. */
struct below {
    struct tui *tui;
    uint64_t last;
    bool any;
};

static int append_message(void *context, const struct face_message *m)
{
    struct below *below = context;
    struct tui *tui = below->tui;
    struct entry e;
    below->last = m->row->id;
    int rc = tui_init_message(tui, &e, m);
    if (rc != 1)
        return rc;
    below->any = true;
    rc = transcript_append(ui_transcript(tui->ui), &e.shown);
    entry_clear(&e);
    return rc;
}

int tui_load_newer(struct tui *tui)
{
    struct transcript *transcript = ui_transcript(tui->ui);
    struct below below = {.tui = tui, .last = transcript_newest(transcript)};
    int count;
    do
        count = talk_walk_up(tui->face.talk, below.last + 1, PAGE, append_message, &below);
    while (count == PAGE && !below.any);
    if (transcript_count(transcript) > 0)
        tui->oldest = transcript_oldest(transcript);
    if (count >= 0)
        transcript_set_newer(transcript, count == PAGE);
    return count < 0 ? count : 0;
}

int tui_load_newest(struct tui *tui)
{
    ui_clear(tui->ui);
    tui->oldest = UINT64_MAX;
    int rc = tui_load_older(tui);
    return rc ? rc : ui_loaded_newest(tui->ui);
}

int tui_load_oldest(struct tui *tui)
{
    struct transcript *transcript = ui_transcript(tui->ui);
    transcript_clear(transcript);
    int rc = tui_load_newer(tui);
    transcript_top(transcript);
    return rc;
}

/* Loads the place around a message; the newest where it is not here. */
static int load_around(struct tui *tui, uint64_t id)
{
    struct transcript *transcript = ui_transcript(tui->ui);
    transcript_clear(transcript);
    tui->oldest = id + 1;
    int rc = tui_load_older(tui);
    if (rc || !transcript_find(transcript, id))
        return rc ? rc : tui_load_newest(tui);
    transcript_set_place(transcript, id);
    transcript_set_newer(transcript, true);
    return tui_load_newer(tui);
}

int tui_jump(struct tui *tui, uint64_t id)
{
    struct transcript *transcript = ui_transcript(tui->ui);
    int rc = 0;
    if (!transcript_find(transcript, id)) {
        rc = load_around(tui, id);
        transcript_top(transcript); /* away from it, so that it comes to the middle */
    }
    transcript_show(transcript, id);
    return rc;
}

int tui_go_back(struct tui *tui, uint64_t id)
{
    struct transcript *transcript = ui_transcript(tui->ui);
    int rc = id == 0 || transcript_find(transcript, id) ? 0 : load_around(tui, id);
    transcript_set_place(transcript, id);
    return rc;
}

struct unread {
    uint64_t id;
    size_t count;
};

static int count_unread(void *context, const struct face_message *m)
{
    struct unread *unread = context;
    bool said = m->payload->kind == PAYLOAD_TEXT || m->payload->kind == PAYLOAD_ACTION;
    if (m->row->mine || !said)
        return 0;
    if (unread->count++ == 0)
        unread->id = m->row->id;
    return 0;
}

/* Who reads on where they were sees how much there is below. */
static int tell_unread(struct tui *tui)
{
    char note[64];
    snprintf(note, sizeof note, "%zu%s new: M-u goes to the first", tui->unread,
             tui->has_more_unread ? " or more" : "");
    return tui->place == 0 ? ui_set_note(tui->ui, note) : 0;
}

int tui_note_unread(struct tui *tui)
{
    struct unread unread = {0};
    uint64_t seen;
    int rc = talk_get_last_seen(tui->face.talk, &seen);
    if (rc == 0 && seen != 0)
        rc = talk_walk_up(tui->face.talk, seen + 1, UNREAD_MAX, count_unread, &unread);
    if (rc < 0)
        return rc;
    ui_set_seen(tui->ui, seen);
    tui->unread = unread.count;
    tui->has_more_unread = rc == UNREAD_MAX;
    tui->begun_s = time(NULL);
    if (unread.count == 0)
        return 0;
    ui_set_new(tui->ui, unread.id);
    return tell_unread(tui);
}

int tui_note_late(struct tui *tui, const struct face_message *m)
{
    if ((time_t)(m->row->wall_ms / 1000) >= tui->begun_s)
        return 0;
    if (tui->unread++ == 0)
        ui_set_new(tui->ui, m->row->id);
    return tell_unread(tui);
}
