#include "transcript_internal.h"

#include "error.h"
#include "text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    SLOTS_FIRST = 64,
    FIRST_COLUMNS = 80,
};

struct transcript *transcript_new(size_t keep)
{
    struct transcript *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->keep = keep;
    t->following = true;
    if (transcript_set_size(t, 1, FIRST_COLUMNS) == 0)
        return t;
    transcript_free(t);
    return NULL;
}

void transcript_clear(struct transcript *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(transcript_at(t, t->first + (int64_t)i));
    free(t->slots);
    t->slots = NULL;
    t->size = t->start = t->count = 0;
    t->following = true;
    t->older = t->newer = t->has_found = false;
    t->chosen = 0;
}

void transcript_free(struct transcript *t)
{
    if (!t)
        return;
    transcript_clear(t);
    free(t->view);
    free(t->needle);
    free(t);
}

struct entry *transcript_at(const struct transcript *t, int64_t seq)
{
    size_t index = (size_t)(seq - t->first);
    assert(index < t->count);
    return t->slots[(t->start + index) & (t->size - 1)];
}

/* Copies a string behind an entry; NULL stays NULL. */
static const char *keep(char **at, const char *s, size_t len)
{
    if (!s)
        return NULL;
    char *copy = *at;
    memcpy(copy, s, len);
    copy[len] = '\0';
    *at += len + 1;
    return copy;
}

static size_t length(const char *s)
{
    return s ? strlen(s) : 0;
}

static struct entry *entry_new(const struct transcript_entry *e)
{
    size_t author = length(e->author), quote = length(e->quote), day = length(e->day_text);
    size_t time = length(e->time_text), word = length(e->word), note = length(e->note);
    size_t name = e->action ? author + 1 : 0;
    size_t size = author + quote + day + time + word + note + name + e->text_len + 7;
    struct entry *entry = malloc(sizeof *entry + size);
    if (!entry)
        return NULL;
    *entry = (struct entry){.e = *e};
    char *at = (char *)(entry + 1);
    entry->e.author = keep(&at, e->author, author);
    entry->e.quote = keep(&at, e->quote, quote);
    entry->e.day_text = keep(&at, e->day_text, day);
    entry->e.time_text = keep(&at, e->time_text, time);
    entry->e.word = keep(&at, e->word, word);
    entry->e.note = keep(&at, e->note, note);
    entry->shown = at;
    if (e->action) {
        memcpy(at, e->author, author);
        at[author] = ' ';
        at += name;
    }
    entry->e.text = keep(&at, e->text, e->text_len);
    entry->shown_len = name + e->text_len;
    transcript_fold(entry);
    return entry;
}

static int reserve(struct transcript *t)
{
    if (t->count < t->size)
        return 0;
    size_t size = t->size ? t->size * 2 : SLOTS_FIRST;
    struct entry **slots = malloc(size * sizeof(struct entry *));
    if (!slots)
        return ERROR_NOMEM;
    for (size_t i = 0; i < t->count; i++)
        slots[i] = t->slots[(t->start + i) & (t->size - 1)];
    free(t->slots);
    t->slots = slots;
    t->size = size;
    t->start = 0;
    return 0;
}

bool transcript_is_message(const struct entry *entry)
{
    return entry->e.kind == TRANSCRIPT_MINE || entry->e.kind == TRANSCRIPT_THEIRS;
}

static void note_author(struct transcript *t, const struct entry *entry)
{
    size_t width = entry->e.author ? text_width(entry->e.author, strlen(entry->e.author)) : 0;
    if ((int)width > t->author_width)
        t->author_width = (int)width;
}

/* Whether an entry is too far from the view to be scrolled to soon. */
static bool is_far(const struct transcript *t, int64_t seq)
{
    int64_t far = t->rows + 1;
    return t->following ? seq + far < t->first + (int64_t)t->count
                        : seq + far < t->top.seq || seq > t->top.seq + 2 * far;
}

static void drop_oldest(struct transcript *t)
{
    while (t->count > t->keep && is_far(t, t->first)) {
        free(transcript_at(t, t->first));
        t->start = (t->start + 1) & (t->size - 1);
        t->count--;
        t->first++;
        t->older = true;
    }
}

static void drop_newest(struct transcript *t)
{
    for (int64_t last; t->count > t->keep; t->count--, t->newer = true, t->newer_asked = false) {
        last = t->first + (int64_t)t->count - 1;
        if (t->following || !is_far(t, last))
            return;
        free(transcript_at(t, last));
    }
}

int transcript_append(struct transcript *t, const struct transcript_entry *e)
{
    struct entry *entry = entry_new(e);
    if (!entry || reserve(t)) {
        free(entry);
        return ERROR_NOMEM;
    }
    const struct entry *last =
        t->count ? transcript_at(t, t->first + (int64_t)t->count - 1) : &(struct entry){0};
    assert(e->id == 0 || e->id > last->key);
    entry->key = e->id ? e->id : last->key;
    entry->ordinal = last->ordinal + transcript_is_message(entry);
    entry->mine = e->kind == TRANSCRIPT_MINE ? e->id : last->mine;
    t->following = t->following || (!t->newer && transcript_shows_end(t));
    t->slots[(t->start + t->count) & (t->size - 1)] = entry;
    t->count++;
    note_author(t, entry);
    drop_oldest(t);
    drop_newest(t); /* perhaps this one: somebody reads at the other end */
    return 0;
}

int transcript_prepend(struct transcript *t, const struct transcript_entry *e)
{
    if (t->count == 0)
        return transcript_append(t, e);
    struct entry *entry = entry_new(e);
    if (!entry || reserve(t)) {
        free(entry);
        return ERROR_NOMEM;
    }
    const struct entry *next = transcript_at(t, t->first);
    assert(e->id == 0 || next->key == 0 || e->id < next->key);
    entry->key = e->id ? e->id : next->key;
    for (size_t i = 0; i < t->count; i++) {
        struct entry *later = transcript_at(t, t->first + (int64_t)i);
        if (later->key != 0)
            break;
        later->key = entry->key;
    }
    entry->ordinal = next->ordinal - transcript_is_message(next);
    entry->mine = e->kind == TRANSCRIPT_MINE ? e->id : 0;
    for (size_t i = 0; i < t->count && entry->mine; i++) {
        struct entry *later = transcript_at(t, t->first + (int64_t)i);
        if (later->mine != 0)
            break;
        later->mine = entry->mine;
    }
    t->start = (t->start - 1) & (t->size - 1);
    t->slots[t->start] = entry;
    t->count++;
    t->first--;
    note_author(t, entry);
    drop_newest(t);
    return 0;
}

void transcript_set_older(struct transcript *t, bool exist)
{
    t->older = exist;
}

bool transcript_has_older(const struct transcript *t)
{
    return t->older;
}

bool transcript_has_newer(const struct transcript *t)
{
    return t->newer;
}

uint64_t transcript_newest(const struct transcript *t)
{
    for (size_t i = t->count; i-- > 0;) {
        const struct entry *entry = transcript_at(t, t->first + (int64_t)i);
        if (entry->e.id != 0)
            return entry->e.id;
    }
    return 0;
}

uint64_t transcript_oldest(const struct transcript *t)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct entry *entry = transcript_at(t, t->first + (int64_t)i);
        if (entry->e.id != 0)
            return entry->e.id;
    }
    return 0;
}

uint64_t transcript_theirs_before(const struct transcript *t, uint64_t id)
{
    for (size_t i = t->count; i-- > 0;) {
        const struct transcript_entry *e = &transcript_at(t, t->first + (int64_t)i)->e;
        if (e->kind == TRANSCRIPT_THEIRS && e->id < id)
            return e->id;
    }
    return 0;
}

int transcript_copy_end(struct transcript *to, const struct transcript *from, size_t max)
{
    size_t count = from->count < max ? from->count : max;
    int rc = 0;
    transcript_clear(to);
    for (size_t i = from->count - count; i < from->count && rc == 0; i++)
        rc = transcript_append(to, &transcript_at(from, from->first + (int64_t)i)->e);
    return rc;
}

bool transcript_seq(const struct transcript *t, uint64_t id, int64_t *seq)
{
    size_t low = 0, high = t->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (transcript_at(t, t->first + (int64_t)middle)->key < id)
            low = middle + 1;
        else
            high = middle;
    }
    for (; id != 0 && low < t->count; low++) {
        *seq = t->first + (int64_t)low;
        const struct entry *entry = transcript_at(t, *seq);
        if (entry->key != id)
            return false;
        if (entry->e.id == id)
            return true;
    }
    return false;
}

const struct transcript_entry *transcript_find(const struct transcript *t, uint64_t id)
{
    int64_t seq;
    return transcript_seq(t, id, &seq) ? &transcript_at(t, seq)->e : NULL;
}

/* Puts an entry made of `e` in the place of entry `seq`. */
static int put_in_place(struct transcript *t, int64_t seq, const struct transcript_entry *e)
{
    struct entry *old = transcript_at(t, seq), *entry = entry_new(e);
    if (!entry)
        return ERROR_NOMEM;
    entry->key = old->key;
    entry->ordinal = old->ordinal;
    entry->mine = old->mine;
    if (old->hidden_lines > 0 && !transcript_is_folded(old))
        transcript_unfold(entry);
    t->slots[(t->start + (size_t)(seq - t->first)) & (t->size - 1)] = entry;
    free(old);
    return 0;
}

int transcript_set_mark(struct transcript *t, uint64_t id, enum transcript_mark mark,
                        const char *word)
{
    int64_t seq;
    if (!transcript_seq(t, id, &seq))
        return 0;
    struct transcript_entry *e = &transcript_at(t, seq)->e;
    if (word == e->word || (word && e->word && strcmp(word, e->word) == 0)) {
        e->mark = mark;
        return 0;
    }
    struct transcript_entry changed = *e;
    changed.mark = mark;
    changed.word = word;
    return put_in_place(t, seq, &changed);
}

int transcript_replace(struct transcript *t, const struct transcript_entry *e)
{
    int64_t seq;
    if (!transcript_seq(t, e->id, &seq))
        return 0;
    const struct transcript_entry *old = &transcript_at(t, seq)->e;
    struct transcript_entry changed = *e;
    changed.mark = old->mark;
    changed.word = old->word;
    return put_in_place(t, seq, &changed);
}

int transcript_set_quote(struct transcript *t, uint64_t id, const char *quote)
{
    int rc = 0;
    for (size_t i = 0; i < t->count && rc == 0; i++) {
        int64_t seq = t->first + (int64_t)i;
        const struct transcript_entry *e = &transcript_at(t, seq)->e;
        if (e->answers != id || !e->quote || strcmp(e->quote, quote) == 0)
            continue;
        struct transcript_entry changed = *e;
        changed.quote = quote;
        rc = put_in_place(t, seq, &changed);
    }
    return rc;
}

void transcript_choose(struct transcript *t, uint64_t id)
{
    t->chosen = id;
}

uint64_t transcript_chosen(const struct transcript *t)
{
    return t->chosen;
}

void transcript_set_new(struct transcript *t, uint64_t id)
{
    t->new_id = id;
}

uint64_t transcript_new_id(const struct transcript *t)
{
    return t->new_id;
}

size_t transcript_count(const struct transcript *t)
{
    return t->count;
}

int transcript_author_width(const struct transcript *t)
{
    return t->author_width;
}
