#include "transcript_internal.h"

#include <string.h>

enum {
    LINES_MAX = 12, /* what has more is folded */
    LINES_KEPT = 8, /* and shows so many */
};

void transcript_fold(struct entry *entry)
{
    const char *s = entry->shown, *end = s + entry->shown_len, *feed;
    size_t lines = 1, kept = 0;
    for (const char *at = s; (feed = memchr(at, '\n', (size_t)(end - at))); at = feed + 1)
        if (lines++ == LINES_KEPT)
            kept = (size_t)(feed - s);
    bool folds = lines > LINES_MAX && transcript_is_message(entry);
    entry->visible_len = folds ? kept : entry->shown_len;
    entry->hidden_lines = folds ? lines - LINES_KEPT : 0;
    entry->generation = 0;
}

void transcript_unfold(struct entry *entry)
{
    entry->visible_len = entry->shown_len;
    entry->generation = 0;
}

bool transcript_is_folded(const struct entry *entry)
{
    return entry->visible_len < entry->shown_len;
}

/* The newest long message from entry `newest` back to `oldest`. */
static bool find_long(const struct transcript *t, int64_t newest, int64_t oldest, int64_t *seq)
{
    for (*seq = newest; *seq >= oldest; --*seq)
        if (transcript_at(t, *seq)->hidden_lines > 0)
            return true;
    return false;
}

bool transcript_toggle_fold(struct transcript *t)
{
    int64_t seq;
    if (t->count == 0)
        return false;
    int64_t last = t->first + (int64_t)t->count - 1;
    if (!transcript_seq(t, t->chosen, &seq) &&
        !find_long(t, transcript_last_seen(t), transcript_top_place(t).seq, &seq) &&
        !find_long(t, last, t->first, &seq))
        return false;
    struct entry *entry = transcript_at(t, seq);
    if (entry->hidden_lines == 0)
        return false;
    if (transcript_is_folded(entry))
        transcript_unfold(entry);
    else
        transcript_fold(entry);
    transcript_show_seq(t, seq);
    return true;
}
