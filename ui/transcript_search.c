#include "transcript_internal.h"

#include "error.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum {
    NEEDLE_MAX = 256, /* bytes; each may be compared at every place of a text */
};

/* The folded form of one cluster; `buffer` is for a short one, `*owned` is to be freed. */
static const char *fold(const char *s, size_t len, char *buffer, size_t *folded_len, char **owned)
{
    *owned = NULL;
    *folded_len = len;
    if (len == 1) {
        buffer[0] = *s >= 'A' && *s <= 'Z' ? (char)(*s + ('a' - 'A')) : *s;
        return buffer;
    }
    return text_fold(s, len, owned, folded_len) == 0 ? *owned : NULL;
}

/* Bytes of `s` that match the needle from its first cluster on; 0 where they do not. */
static size_t match(const struct transcript *t, const char *s, size_t len)
{
    size_t at = 0, matched = 0;
    while (at < len && matched < t->needle_len) {
        struct text_cluster c = text_next(s + at, len - at);
        char buffer[1], *owned;
        size_t folded_len;
        const char *folded = fold(s + at, c.len, buffer, &folded_len, &owned);
        bool same = folded && folded_len <= t->needle_len - matched &&
                    memcmp(folded, t->needle + matched, folded_len) == 0;
        free(owned);
        if (!same)
            return 0;
        matched += folded_len;
        at += c.len;
    }
    return matched == t->needle_len ? at : 0;
}

/* A match: from one byte of what an entry shows up to another; empty for none. */
struct found {
    size_t start, end;
};

/* The first match in a text that begins at byte `from` or later, and before `until`. */
static struct found find(const struct transcript *t, const char *text, size_t len, size_t from,
                         size_t until)
{
    for (size_t at = from; t->needle && at < until;) {
        size_t matched = match(t, text + at, len - at);
        if (matched > 0)
            return (struct found){at, at + matched};
        at += text_next(text + at, len - at).len;
    }
    return (struct found){0};
}

static struct found find_first(const struct transcript *t, const char *text, size_t len)
{
    return find(t, text, len, 0, len);
}

/* Where a match that ends behind byte `at` may begin at the earliest. */
static size_t reach(const struct transcript *t, const char *text, size_t at)
{
    for (size_t i = 0; i < t->needle_len && at > 0; i++)
        at = text_prev(text, at);
    return at;
}

int transcript_search(struct transcript *t, const char *needle, size_t len)
{
    char *folded = NULL;
    size_t folded_len = 0;
    if (len > NEEDLE_MAX)
        len = text_fit(needle, len, NEEDLE_MAX);
    int rc = len > 0 ? text_fold(needle, len, &folded, &folded_len) : 0;
    if (rc)
        return rc;
    free(t->needle);
    t->needle = folded;
    t->needle_len = folded_len;
    t->has_found = false;
    return 0;
}

/* The entry has the last match, which is brought into view. */
static void show_found(struct transcript *t, int64_t seq, struct found found)
{
    struct entry *entry = transcript_at(t, seq);
    if (found.end > entry->visible_len)
        transcript_unfold(entry);
    t->found = seq;
    t->has_found = true;
    t->chosen = entry->e.id;
    transcript_show_seq(t, seq);
    transcript_show_byte(t, seq, found.start);
}

bool transcript_search_next(struct transcript *t, int direction)
{
    int64_t end = t->first + (int64_t)t->count;
    if (t->count == 0 || !t->needle)
        return false;
    int64_t seq = transcript_last_seen(t);
    if (t->has_found && t->found >= t->first && t->found < end)
        seq = t->found + direction;
    for (; seq >= t->first && seq < end; seq += direction) {
        const struct entry *entry = transcript_at(t, seq);
        struct found found = find_first(t, entry->shown, entry->shown_len);
        if (found.end == 0)
            continue;
        show_found(t, seq, found);
        return true;
    }
    return false;
}

bool transcript_would_match(const struct transcript *t, const char *text, size_t len)
{
    return find_first(t, text, len).end > 0;
}

void transcript_set_found(struct transcript *t, uint64_t id)
{
    int64_t seq;
    t->has_found = transcript_seq(t, id, &seq);
    if (!t->has_found)
        return;
    const struct entry *entry = transcript_at(t, seq);
    show_found(t, seq, find_first(t, entry->shown, entry->shown_len));
}

bool transcript_matched(const struct transcript *t, const struct transcript_row *row, size_t from,
                        size_t *start, size_t *len)
{
    if (!t->needle || row->part != TRANSCRIPT_ROW_TEXT)
        return false;
    const struct entry *entry = (const struct entry *)row->entry; /* its first member */
    size_t row_start = (size_t)(row->text - entry->shown), row_end = row_start + row->len;
    struct found found = {.end = reach(t, entry->shown, row_start + from)};
    do
        found = find(t, entry->shown, entry->shown_len, found.end, row_end);
    while (found.end > 0 && found.end <= row_start + from);
    if (found.start < row_start + from)
        found.start = row_start + from;
    if (found.end > row_end)
        found.end = row_end;
    if (found.start >= found.end)
        return false;
    *start = found.start - row_start;
    *len = found.end - found.start;
    return true;
}
