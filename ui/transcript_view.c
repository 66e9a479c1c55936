#include "transcript_internal.h"

#include "wrap.h"

#include <string.h>

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Once for each minute of an author, and again below a line that goes across. */
static bool shows_time(const struct transcript *t, int64_t seq,
                       const struct transcript_shape *shape)
{
    const struct transcript_entry *e = &transcript_at(t, seq)->e;
    if (!e->time_text || seq == t->first || shape->new || shape->day)
        return e->time_text;
    const struct transcript_entry *above = &transcript_at(t, seq - 1)->e;
    return !above->time_text || above->day != e->day || above->minute != e->minute ||
           !same(above->author, e->author);
}

/* The parts before an entry's text, from its first row on. Gives their number. */
static size_t parts_before(const struct transcript_shape *shape, enum transcript_part parts[5])
{
    size_t n = 0;
    if (shape->new)
        parts[n++] = TRANSCRIPT_ROW_NEW;
    if (shape->gap)
        parts[n++] = TRANSCRIPT_ROW_BLANK;
    if (shape->day) {
        parts[n++] = TRANSCRIPT_ROW_DAY;
        parts[n++] = TRANSCRIPT_ROW_BLANK;
    }
    if (shape->quote)
        parts[n++] = TRANSCRIPT_ROW_QUOTE;
    return n;
}

/* The rows being collected. */
struct rows {
    struct transcript_row *rows;
    size_t count, max;
};

static void put(struct rows *rows, const struct transcript_row *row)
{
    if (rows->count < rows->max)
        rows->rows[rows->count++] = *row;
}

/* Puts the rows of a text from row `from` on; `row` says what they have in common. */
static void put_wrapped(struct rows *rows, struct transcript_row row, size_t from, int columns)
{
    const char *s = row.text;
    size_t len = row.len, at = 0, n = 0;
    bool first = row.first, time = row.time, last = row.last, word = row.word;
    struct wrap_row wrapped;
    do {
        wrapped = wrap_next(s + at, len - at, columns);
        row.text = s + at;
        row.len = wrapped.len;
        at += wrapped.next;
        bool more = wrapped.hard || at < len;
        row.first = first && n == 0;
        row.time = time && n == 0;
        row.last = last && !more;
        row.word = word && !more;
        if (n++ >= from)
            put(rows, &row);
    } while ((wrapped.hard || at < len) && rows->count < rows->max);
}

static enum transcript_mark mark_of(const struct entry *entry)
{
    bool crossed =
        entry->e.kind == TRANSCRIPT_THEIRS && entry->e.after != 0 && entry->mine > entry->e.after;
    return crossed ? TRANSCRIPT_CROSSED : entry->e.mark;
}

/* Puts the rows of an entry from row `from` on. */
static void put_entry(const struct transcript *t, struct rows *rows, struct place from)
{
    const struct entry *entry = transcript_at(t, from.seq);
    const struct transcript_entry *e = &entry->e;
    struct transcript_shape shape = transcript_shape_of(t, from.seq);
    bool time = shows_time(t, from.seq, &shape), chosen = e->id != 0 && e->id == t->chosen;
    enum transcript_part parts[5];
    size_t before = parts_before(&shape, parts), row = from.row;
    for (; row < before; row++) {
        struct transcript_row part = {.part = parts[row], .entry = e, .text = ""};
        part.chosen = chosen && parts[row] == TRANSCRIPT_ROW_QUOTE;
        if (parts[row] == TRANSCRIPT_ROW_DAY)
            part.text = e->day_text;
        if (parts[row] == TRANSCRIPT_ROW_QUOTE) {
            part.text = e->quote;
            part.first = true;
            part.time = time;
        }
        part.len = strlen(part.text);
        put(rows, &part);
    }
    row -= before;
    struct transcript_row text = {
        .part = TRANSCRIPT_ROW_TEXT,
        .entry = e,
        .text = entry->shown,
        .len = entry->visible_len,
    };
    text.whole = entry->shown;
    text.whole_len = entry->shown_len;
    text.first = !shape.quote;
    text.time = text.first && time;
    text.last = true;
    text.word = e->word && shape.word == 0;
    text.mark = mark_of(entry);
    text.chosen = chosen;
    if (row < shape.text)
        put_wrapped(rows, text, row, t->columns);
    row -= row < shape.text ? row : shape.text;
    if (shape.fold && row == 0) {
        struct transcript_row fold = {.part = TRANSCRIPT_ROW_FOLD, .entry = e, .text = ""};
        fold.chosen = chosen;
        fold.hidden = entry->hidden_lines;
        put(rows, &fold);
    }
    row -= row < shape.fold ? row : shape.fold;
    if (shape.word > 0) {
        struct transcript_row word = {.part = TRANSCRIPT_ROW_WORD, .entry = e, .text = e->word};
        word.len = strlen(e->word);
        put_wrapped(rows, word, row, t->columns);
        row -= row < shape.word ? row : shape.word;
    }
    if (shape.note && row == 0) {
        struct transcript_row note = {.part = TRANSCRIPT_ROW_NOTE, .entry = e, .text = e->note};
        note.len = strlen(e->note);
        note.chosen = chosen;
        put(rows, &note);
    }
}

size_t transcript_view(struct transcript *t, const struct transcript_row **rows)
{
    struct rows out = {.rows = t->view, .max = (size_t)transcript_view_rows(t)};
    if (t->count > 0) {
        struct place place = transcript_top_place(t);
        int64_t end = t->first + (int64_t)t->count;
        for (; place.seq < end && out.count < out.max; place = (struct place){place.seq + 1, 0})
            put_entry(t, &out, place);
    }
    *rows = t->view;
    return out.count;
}

uint64_t transcript_drawn(const struct transcript *t, bool newest)
{
    if (t->count == 0)
        return 0;
    struct place top = transcript_top_place(t), last = transcript_last_place(t);
    for (int64_t i = 0, count = transcript_last_seen(t) - top.seq + 1; i < count; i++) {
        int64_t seq = top.seq + (newest ? count - 1 - i : i);
        const struct entry *entry = transcript_at(t, seq);
        struct transcript_shape shape = transcript_shape_of(t, seq);
        bool begun = seq < last.seq || last.row >= shape.before;
        bool ended = seq == top.seq && top.row >= shape.before + shape.text;
        if (entry->e.kind == TRANSCRIPT_THEIRS && begun && !ended)
            return entry->e.id;
    }
    return 0;
}
