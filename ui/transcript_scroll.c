#include "transcript_internal.h"

#include "error.h"
#include "text.h"
#include "wrap.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int64_t end_of(const struct transcript *t)
{
    return t->first + (int64_t)t->count;
}

/* Counts the rows of the text and of the word; the word has none where it fits beside the text. */
static void measure(const struct transcript *t, struct entry *entry)
{
    if (entry->generation == t->generation)
        return;
    const char *s = entry->shown;
    size_t at = 0, rows = 0;
    struct wrap_row row;
    do {
        row = wrap_next(s + at, entry->visible_len - at, t->columns);
        at += row.next;
        rows++;
    } while (row.hard || at < entry->visible_len);
    entry->text_rows = rows;
    entry->word_rows = 0;
    const char *word = entry->e.word;
    size_t word_len = word ? strlen(word) : 0;
    if (word_len && text_width(word, word_len) + (size_t)row.width >= (size_t)t->columns)
        entry->word_rows = wrap_count(word, word_len, t->columns);
    entry->generation = t->generation;
}

struct transcript_shape transcript_shape_of(const struct transcript *t, int64_t seq)
{
    struct entry *entry = transcript_at(t, seq);
    measure(t, entry);
    struct transcript_shape shape = {.text = entry->text_rows, .word = entry->word_rows};
    bool oldest = seq == t->first;
    bool other_day = oldest ? !t->older : transcript_at(t, seq - 1)->e.day != entry->e.day;
    shape.day = other_day && entry->e.day_text;
    shape.gap = shape.day && !oldest;
    shape.new = entry->e.id != 0 && entry->e.id == t->new_id;
    shape.quote = entry->e.quote;
    shape.fold = transcript_is_folded(entry);
    shape.note = entry->e.note;
    shape.before = (size_t)(shape.new + shape.gap + 2 * shape.day + shape.quote);
    return shape;
}

static size_t height(const struct transcript_shape *shape)
{
    return shape->before + shape->text + shape->fold + shape->word + shape->note;
}

static size_t height_at(const struct transcript *t, int64_t seq)
{
    struct transcript_shape shape = transcript_shape_of(t, seq);
    return height(&shape);
}

/* The place `rows` further down, or the end. */
static struct place down(const struct transcript *t, struct place place, size_t rows)
{
    place.row += rows;
    while (place.seq < end_of(t)) {
        size_t h = height_at(t, place.seq);
        if (place.row < h)
            return place;
        place.row -= h;
        place.seq++;
    }
    return (struct place){end_of(t), 0};
}

/* The place `rows` further up, or the beginning. */
static struct place up(const struct transcript *t, struct place place, size_t rows)
{
    while (rows > place.row) {
        if (place.seq == t->first)
            return (struct place){t->first, 0};
        rows -= place.row;
        place.seq--;
        place.row = height_at(t, place.seq);
    }
    place.row -= rows;
    return place;
}

static bool is_above(struct place a, struct place b)
{
    return a.seq < b.seq || (a.seq == b.seq && a.row < b.row);
}

/* Where the view begins when it shows the end. */
static struct place bottom(const struct transcript *t)
{
    return up(t, (struct place){end_of(t), 0}, (size_t)t->rows);
}

/* Byte at which row `n` of the entry's text begins. */
static size_t offset_of_row(const struct transcript *t, const struct entry *entry, size_t n)
{
    size_t at = 0;
    while (n-- > 0)
        at += wrap_next(entry->shown + at, entry->visible_len - at, t->columns).next;
    return at;
}

/* The row of the entry's text that byte `offset` is in. */
static size_t row_of_offset(const struct transcript *t, const struct entry *entry, size_t offset)
{
    size_t at = 0;
    for (size_t n = 0;; n++) {
        at += wrap_next(entry->shown + at, entry->visible_len - at, t->columns).next;
        if (offset < at || n + 1 == entry->text_rows)
            return n;
    }
}

static struct anchor anchor_of(const struct transcript *t, struct place place)
{
    struct transcript_shape shape = transcript_shape_of(t, place.seq);
    if (place.row < shape.before)
        return (struct anchor){place.seq, ANCHOR_BEFORE, shape.before - place.row};
    size_t row = place.row - shape.before;
    if (row >= shape.text)
        return (struct anchor){place.seq, ANCHOR_AFTER, row - shape.text};
    size_t offset = offset_of_row(t, transcript_at(t, place.seq), row);
    return (struct anchor){place.seq, ANCHOR_TEXT, offset};
}

static struct place place_of(const struct transcript *t, struct anchor anchor)
{
    struct transcript_shape shape = transcript_shape_of(t, anchor.seq);
    size_t row = shape.before;
    if (anchor.zone == ANCHOR_BEFORE)
        row -= anchor.n < row ? anchor.n : row;
    else if (anchor.zone == ANCHOR_TEXT)
        row += row_of_offset(t, transcript_at(t, anchor.seq), anchor.n);
    else
        row += shape.text + anchor.n;
    size_t last = height(&shape) - 1;
    return (struct place){anchor.seq, row < last ? row : last};
}

struct place transcript_top_place(const struct transcript *t)
{
    struct place end = bottom(t);
    if (t->following)
        return end;
    struct place place = place_of(t, t->top);
    return is_above(place, end) ? place : end;
}

static void go(struct transcript *t, struct place place)
{
    struct place end = bottom(t);
    bool above = is_above(place, end);
    t->following = !above && !t->newer;
    if (!t->following)
        t->top = anchor_of(t, above ? place : end);
}

uint64_t transcript_place(const struct transcript *t)
{
    if (t->count == 0 || transcript_at_bottom(t))
        return 0;
    return transcript_at(t, transcript_top_place(t).seq)->key;
}

void transcript_set_place(struct transcript *t, uint64_t id)
{
    int64_t seq;
    if (!transcript_seq(t, id, &seq))
        return;
    t->following = false;
    t->top = (struct anchor){seq, ANCHOR_BEFORE, transcript_at(t, seq)->e.quote != NULL};
}

int transcript_set_size(struct transcript *t, int rows, int columns)
{
    assert(rows > 0 && columns > 0);
    if (rows > t->rows) {
        struct transcript_row *view = realloc(t->view, (size_t)rows * sizeof *view);
        if (!view)
            return ERROR_NOMEM;
        t->view = view;
    }
    if (columns != t->columns)
        t->generation++;
    t->rows = rows;
    t->columns = columns;
    return 0;
}

void transcript_set_split(struct transcript *t, int rows)
{
    t->split = rows;
}

bool transcript_is_split(const struct transcript *t)
{
    return t->split > 0 && !transcript_at_bottom(t);
}

int transcript_view_rows(const struct transcript *t)
{
    return transcript_is_split(t) ? t->rows - t->split : t->rows;
}

struct place transcript_last_place(const struct transcript *t)
{
    return down(t, transcript_top_place(t), (size_t)transcript_view_rows(t) - 1);
}

void transcript_scroll(struct transcript *t, long rows)
{
    if (t->count == 0)
        return;
    go(t, rows < 0 ? up(t, transcript_top_place(t), -(size_t)rows)
                   : down(t, transcript_top_place(t), (size_t)rows));
}

void transcript_page(struct transcript *t, int pages)
{
    int rows = t->rows - t->split; /* of the view, if not now then behind the page */
    transcript_scroll(t, (long)pages * (rows > 2 ? rows - 2 : 1));
}

void transcript_top(struct transcript *t)
{
    if (t->count > 0)
        go(t, (struct place){t->first, 0});
}

void transcript_bottom(struct transcript *t)
{
    t->following = true;
}

bool transcript_at_bottom(const struct transcript *t)
{
    return t->following || (!t->newer && transcript_shows_end(t));
}

bool transcript_shows_end(const struct transcript *t)
{
    return t->count == 0 || !is_above(place_of(t, t->top), bottom(t));
}

int64_t transcript_last_seen(const struct transcript *t)
{
    struct place place = transcript_last_place(t);
    return place.seq < end_of(t) ? place.seq : end_of(t) - 1;
}

static void show(struct transcript *t, struct place place)
{
    if (is_above(place, transcript_top_place(t)) || is_above(transcript_last_place(t), place))
        go(t, up(t, place, (size_t)t->rows / 3));
}

void transcript_show_seq(struct transcript *t, int64_t seq)
{
    show(t, (struct place){seq, 0});
}

void transcript_show_byte(struct transcript *t, int64_t seq, size_t byte)
{
    show(t, place_of(t, (struct anchor){seq, ANCHOR_TEXT, byte}));
}

void transcript_choose_next(struct transcript *t, int direction)
{
    int64_t seq;
    if (t->count == 0)
        return;
    if (transcript_seq(t, t->chosen, &seq))
        seq += direction;
    else
        seq = direction < 0 ? transcript_last_seen(t) : end_of(t);
    for (; seq >= t->first && seq < end_of(t); seq += direction) {
        if (transcript_at(t, seq)->e.id == 0)
            continue;
        t->chosen = transcript_at(t, seq)->e.id;
        transcript_show_seq(t, seq);
        return;
    }
    if (direction > 0)
        t->chosen = 0;
}

void transcript_show(struct transcript *t, uint64_t id)
{
    int64_t seq;
    if (transcript_seq(t, id, &seq))
        transcript_show_seq(t, seq);
}

bool transcript_wants_older(struct transcript *t)
{
    if (!t->older)
        return false;
    struct place page =
        t->count ? up(t, transcript_top_place(t), (size_t)t->rows) : (struct place){t->first, 0};
    if (page.seq > t->first || page.row > 0)
        return false;
    t->older = false;
    return true;
}

void transcript_set_newer(struct transcript *t, bool exist)
{
    t->newer = exist;
    t->newer_asked = false;
    if (exist && t->following && t->count > 0)
        go(t, bottom(t));
}

bool transcript_wants_newer(struct transcript *t)
{
    if (!t->newer || t->newer_asked || t->count == 0)
        return false;
    struct place page = down(t, transcript_top_place(t), 2 * (size_t)t->rows);
    t->newer_asked = page.seq == end_of(t);
    return t->newer_asked;
}

size_t transcript_below(struct transcript *t)
{
    if (t->count == 0 || t->following)
        return 0;
    struct place last = transcript_last_place(t);
    if (last.seq == end_of(t))
        return 0;
    struct transcript_shape shape = transcript_shape_of(t, last.seq);
    const struct entry *entry = transcript_at(t, last.seq);
    bool begun = last.row + shape.quote >= shape.before;
    int64_t shown = entry->ordinal - (!begun && transcript_is_message(entry));
    return (size_t)(transcript_at(t, end_of(t) - 1)->ordinal - shown);
}
