#ifndef TRANSCRIPT_INTERNAL_H
#define TRANSCRIPT_INTERNAL_H

#include "transcript.h"

/* For the files of the transcript only. */

/* An entry as it is kept, with its strings behind it in the same allocation. */
struct entry {
    struct transcript_entry e;
    const char *shown; /* what is drawn: the text, after the author's name where it is an action */
    size_t shown_len;
    size_t visible_len;  /* of it; its first lines, where it is folded */
    size_t hidden_lines; /* behind those, folded or not; 0: it is too short for that */
    uint64_t key; /* its id, or where it has none that of a neighbour: ascending, for bisection */
    int64_t ordinal; /* messages up to this one, from an origin of its own */
    uint64_t mine;   /* id of the last message of mine up to here; 0 where none is loaded */

    unsigned generation; /* that `text_rows` and `word_rows` are of */
    size_t text_rows, word_rows;
};

/* A place in the transcript: a row of an entry. Entries are numbered; prepending goes below 0. */
struct place {
    int64_t seq;
    size_t row;
};

/*
 * The same, so that it survives other widths and rows that come and go: rows before the text are
 * counted up from it (1 is the last), in the text it is a byte, behind it rows are counted from 0.
 */
struct anchor {
    int64_t seq;
    enum {
        ANCHOR_BEFORE,
        ANCHOR_TEXT,
        ANCHOR_AFTER
    } zone;
    size_t n;
};

struct transcript {
    struct entry **slots; /* a ring */
    size_t size, start, count;
    int64_t first; /* number of the oldest entry */
    size_t keep;
    bool older;
    bool newer, newer_asked; /* some exist; transcript_wants_newer said so */
    uint64_t new_id;
    int author_width;

    int rows, columns;
    int split;           /* rows given away while not at the bottom */
    unsigned generation; /* counts the changes of `columns`, from 1 */
    bool following;
    struct anchor top; /* where not following */
    struct transcript_row *view;

    char *needle; /* folded; NULL: nothing is looked for */
    size_t needle_len;
    int64_t found; /* entry of the last match */
    bool has_found;
    uint64_t chosen; /* id of a message */
};

/*
 * The rows of an entry: before its text (new, day, quote), its text, how much of that is folded,
 * its mark's word, its note.
 */
struct transcript_shape {
    bool new, day, gap, quote, fold, note; /* gap: a blank row above the day */
    size_t before, text, word;
};

struct transcript_shape transcript_shape_of(const struct transcript *t, int64_t seq);

/* Where the view begins, and its last row, or the end; there must be an entry. */
struct place transcript_top_place(const struct transcript *t);
struct place transcript_last_place(const struct transcript *t);

/* The entry with this number, which must be loaded. */
struct entry *transcript_at(const struct transcript *t, int64_t seq);

bool transcript_is_message(const struct entry *entry);

/* Number of the entry with this id; false where it is not loaded. */
bool transcript_seq(const struct transcript *t, uint64_t id, int64_t *seq);

/* Whether the last row of all is in view. */
bool transcript_shows_end(const struct transcript *t);

/* Number of the last entry that has a row in view; there must be an entry. */
int64_t transcript_last_seen(const struct transcript *t);

/* Brings an entry into view; the row that has this byte of what it shows. */
void transcript_show_seq(struct transcript *t, int64_t seq);
void transcript_show_byte(struct transcript *t, int64_t seq, size_t byte);

/* Folds an entry, where it has too many lines; shows it whole. */
void transcript_fold(struct entry *entry);
void transcript_unfold(struct entry *entry);
bool transcript_is_folded(const struct entry *entry);

#endif
