/* Scrolling under random changes, against a model that lays out everything anew each time. */
#include "transcript.h"
#include "wrap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ENTRIES_MAX = 400,
    ROWS_MAX = 40000,
    TEXT_MAX = 200,
    OFFSET = 1000000, /* entry numbers around it, so that older ones find room below */
};

struct plain_entry {
    uint64_t id;
    char text[TEXT_MAX + 1];
    bool quote;
    int day;
    char word[20];
};

/* A row, named by its entry and by its distance from the text, its byte in it, or behind it. */
struct plain_row {
    uint64_t entry;
    int zone; /* -1, 0, 1 */
    size_t n;
    const char *text;
    size_t len;
};

static struct plain_entry entries[ENTRIES_MAX]; /* oldest first */
static struct plain_row rows[ROWS_MAX];
static size_t entry_count, row_count;
static int pane_rows, columns, split;
static bool older, following;
static uint64_t new_id;
static struct plain_row anchor;

static void add_row(const struct plain_entry *e, int zone, size_t n, const char *text, size_t len)
{
    assert_true(row_count < ROWS_MAX);
    rows[row_count++] = (struct plain_row){e->id, zone, n, text, len};
}

static void add_wrapped(const struct plain_entry *e, int zone, const char *s)
{
    size_t len = strlen(s), at = 0, n = 0;
    struct wrap_row row;
    do {
        row = wrap_next(s + at, len - at, columns);
        add_row(e, zone, zone == 0 ? at : n, s + at, row.len);
        at += row.next;
        n++;
    } while (row.hard || at < len);
}

static void lay_out(void)
{
    row_count = 0;
    for (size_t i = 0; i < entry_count; i++) {
        const struct plain_entry *e = &entries[i];
        const char *before[5];
        size_t count = 0;
        if (e->id == new_id)
            before[count++] = "";
        if (i == 0 ? !older : entries[i - 1].day != e->day) {
            if (i > 0)
                before[count++] = "";
            before[count++] = "day";
            before[count++] = "";
        }
        if (e->quote)
            before[count++] = "quote";
        for (size_t k = 0; k < count; k++)
            add_row(e, -1, count - k, before[k], strlen(before[k]));
        size_t first = row_count;
        add_wrapped(e, 0, e->text);
        assert_true(row_count > first);
        size_t last_len = rows[row_count - 1].len; /* texts are ASCII here */
        if (e->word[0] && strlen(e->word) + last_len >= (size_t)columns)
            add_wrapped(e, 1, e->word);
    }
}

static size_t bottom(void)
{
    return row_count > (size_t)pane_rows ? row_count - (size_t)pane_rows : 0;
}

/* The row that the anchor stands for now. */
static size_t anchored(void)
{
    size_t found = row_count;
    for (size_t i = 0; i < row_count; i++) {
        if (rows[i].entry != anchor.entry)
            continue;
        bool fits = rows[i].zone < anchor.zone ||
                    (rows[i].zone == anchor.zone &&
                     (anchor.zone < 0 ? rows[i].n >= anchor.n : rows[i].n <= anchor.n));
        if (fits || found == row_count)
            found = i;
    }
    return found;
}

static size_t top(void)
{
    size_t at = following || row_count == 0 ? bottom() : anchored();
    return at < bottom() ? at : bottom();
}

static void go(size_t row)
{
    following = row >= bottom();
    if (!following)
        anchor = rows[row];
}

static void scroll(long by)
{
    if (row_count == 0)
        return;
    long to = (long)top() + by;
    go(to < 0 ? 0 : (size_t)to);
}

static struct plain_entry *random_entry(struct plain_entry *e, uint64_t id, int day)
{
    static const char words[] = "a bb ccc  dddd eeeee ffffff gggggggggggggg\nh";
    size_t len = (size_t)rand() % (rand() % 5 ? 60 : TEXT_MAX);
    *e = (struct plain_entry){.id = id, .quote = rand() % 5 == 0, .day = day};
    for (size_t i = 0; i < len; i++)
        e->text[i] = words[(i + id) % (sizeof words - 1)];
    if (rand() % 4 == 0)
        strcpy(e->word, rand() % 2 ? "refused for good" : "no");
    return e;
}

static struct transcript_entry given(const struct plain_entry *e)
{
    return (struct transcript_entry){
        .id = e->id,
        .kind = TRANSCRIPT_THEIRS,
        .author = "bob",
        .text = e->text,
        .text_len = strlen(e->text),
        .quote = e->quote ? "quote" : NULL,
        .day = e->day,
        .day_text = "day",
        .word = e->word[0] ? e->word : NULL,
    };
}

static void append(struct transcript *t)
{
    if (entry_count == ENTRIES_MAX)
        return;
    const struct plain_entry *last = entry_count ? &entries[entry_count - 1] : NULL;
    int day = last ? last->day + (rand() % 8 == 0) : 0;
    following = following || row_count == 0 || anchored() >= bottom();
    struct transcript_entry e =
        given(random_entry(&entries[entry_count++], last ? last->id + 1 : OFFSET, day));
    transcript_append(t, &e);
}

static void prepend(struct transcript *t)
{
    if (entry_count == ENTRIES_MAX || entry_count == 0)
        return;
    int day = entries[0].day - (rand() % 8 == 0);
    uint64_t id = entries[0].id - 1;
    memmove(entries + 1, entries, entry_count++ * sizeof entries[0]);
    struct transcript_entry e = given(random_entry(&entries[0], id, day));
    transcript_prepend(t, &e);
}

static void change(struct transcript *t)
{
    if (entry_count == 0)
        return;
    struct plain_entry *e = &entries[(size_t)rand() % entry_count];
    if (rand() % 2) {
        strcpy(e->word, rand() % 2 ? "another word" : "");
        transcript_set_mark(t, e->id, TRANSCRIPT_REFUSED, e->word[0] ? e->word : NULL);
    } else {
        struct plain_entry other;
        random_entry(&other, e->id + 5, 0);
        memcpy(e->text, other.text, sizeof e->text);
        struct transcript_entry changed = given(e);
        transcript_replace(t, &changed);
    }
}

static void resize(struct transcript *t)
{
    pane_rows = 1 + rand() % (rand() % 4 ? 20 : 200);
    columns = 1 + rand() % (rand() % 4 ? 60 : 10);
    assert_int_equal(transcript_set_size(t, pane_rows, columns), 0);
    split = rand() % 2 ? pane_rows / 3 : 0;
    transcript_set_split(t, split);
}

static size_t view_rows(void)
{
    return (size_t)(top() < bottom() ? pane_rows - split : pane_rows);
}

/* What the reader does, or what happens, at random. */
static void step(struct transcript *t)
{
    long by = rand() % 21 - 10;
    switch (rand() % 12) {
    case 0:
    case 1: append(t); break;
    case 2:
        for (int n = rand() % 20; n > 0; n--)
            prepend(t);
        break;
    case 3: change(t); break;
    case 4: resize(t); break;
    case 5:
        new_id = entry_count ? entries[(size_t)rand() % entry_count].id : 0;
        transcript_set_new(t, new_id);
        break;
    case 6:
        older = rand() % 2;
        transcript_set_older(t, older);
        break;
    case 7:
        if (rand() % 5 == 0) {
            following = true;
            transcript_bottom(t);
        } else if (rand() % 5 == 0 && entry_count) {
            go(0);
            transcript_top(t);
        }
        break;
    default:
        by *= rand() % 5 ? 1 : 20;
        scroll(by);
        transcript_scroll(t, by);
    }
    lay_out();
}

static size_t below(void)
{
    size_t count = 0;
    for (size_t i = top() + view_rows(); i < row_count; i++) {
        const struct plain_row *r = &rows[i];
        bool quoted = r->zone < 0 && strcmp(r->text, "quote") == 0;
        bool after_quote = i > 0 && strcmp(rows[i - 1].text, "quote") == 0;
        count += quoted || (r->zone == 0 && r->n == 0 && !after_quote &&
                            (i == 0 || rows[i - 1].entry != r->entry || rows[i - 1].zone != 0));
    }
    return count;
}

static void test_the_view_is_what_the_model_says(void **state)
{
    (void)state;
    srand(7);
    for (int round = 0; round < 60; round++) {
        struct transcript *t = transcript_new(SIZE_MAX);
        entry_count = row_count = 0;
        older = false;
        following = true;
        new_id = 0;
        resize(t);
        for (int i = 0; i < 300; i++) {
            step(t);
            const struct transcript_row *view;
            size_t count = transcript_view(t, &view), start = top();
            size_t left = row_count - start;
            assert_int_equal(count, left < view_rows() ? left : view_rows());
            for (size_t k = 0; k < count; k++) {
                const struct plain_row *expected = &rows[start + k];
                if (view[k].entry->id != expected->entry || view[k].len != expected->len ||
                    memcmp(view[k].text, expected->text, expected->len) != 0)
                    fail_msg("round %d step %d row %zu: %.*s, not %.*s", round, i, k,
                             (int)view[k].len, view[k].text, (int)expected->len, expected->text);
            }
            assert_int_equal(transcript_below(t), below());
            assert_int_equal(transcript_at_bottom(t), start >= bottom());
            assert_int_equal(transcript_is_split(t), split > 0 && start < bottom());
        }
        transcript_free(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_view_is_what_the_model_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
