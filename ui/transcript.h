#ifndef TRANSCRIPT_H
#define TRANSCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The conversation as it is read: entries, wrapped and scrolled. Its costs depend on what is in
 * view, not on how much there is; older entries are loaded in pages, when scrolling comes near
 * them.
 *
 * Every string that goes in was sanitised by text_sanitise, texts with TEXT_LINES; the transcript
 * and whoever draws it rely on that.
 */
struct transcript;

enum transcript_kind {
    TRANSCRIPT_MINE,
    TRANSCRIPT_THEIRS,
    TRANSCRIPT_NOTICE, /* the program says something */
    TRANSCRIPT_ERROR,  /* likewise, and something is wrong */
    TRANSCRIPT_PAGE,   /* a piece of a manual: no time, no author */
};

/* What is known of a message of mine; none claims more than that. */
enum transcript_mark {
    TRANSCRIPT_NONE,
    TRANSCRIPT_WAITING,   /* ⧖ only here */
    TRANSCRIPT_STORED,    /* ✓ on the relay's disk */
    TRANSCRIPT_DELIVERED, /* ✓✓ on the peer's machine */
    TRANSCRIPT_SEEN,      /* ● seen */
    TRANSCRIPT_REFUSED,   /* ! with the reason as its word */
    TRANSCRIPT_CROSSED,   /* ⤫ of theirs, and only in a row: see `after` */
};

struct transcript_entry {
    uint64_t id; /* of a message, ascending from entry to entry; 0 for what is none */
    enum transcript_kind kind;
    bool action;        /* /me: the text follows the author's name */
    const char *author; /* NULL for a notice, an error, a page */
    const char *text;
    size_t text_len;
    const char *quote;     /* one line of the message that this answers, or NULL */
    uint64_t answers;      /* id of that message; 0 where that is not known */
    int64_t day;           /* number of the day in the local zone, any origin */
    int minute;            /* of that day */
    const char *day_text;  /* "Friday, 20 November 2026"; NULL: no day line for it */
    const char *time_text; /* "09:14", at most 5 columns; NULL for none */
    enum transcript_mark mark;
    const char *word; /* beside the mark: "queued", a reason; or NULL */
    const char *note; /* a line below the text: "edited", reactions; or NULL */
    bool gone;        /* the text only says that there was one */
    /*
     * Of theirs: the id of the last message of mine that its writer had seen, 0 where that is not
     * known. Where newer ones of mine stand above it, the two crossed on their way.
     */
    uint64_t after;
};

/*
 * `keep`: entries beyond this number are dropped where they are far from the view (as if they had
 * not been loaded yet): at the bottom while older ones come, or others while the view is at the
 * top, else at the top. NULL: out of memory.
 */
struct transcript *transcript_new(size_t keep);
void transcript_free(struct transcript *t);

/* Drops all entries; the newest one in view again. */
void transcript_clear(struct transcript *t);

/* Adds an entry at the bottom or at the top (strings copied). ERROR_NOMEM. */
int transcript_append(struct transcript *t, const struct transcript_entry *entry);
int transcript_prepend(struct transcript *t, const struct transcript_entry *entry);

/*
 * Older entries exist that are not loaded. transcript_wants_older then gives true once, as soon as
 * the view comes within a page of the oldest one; the caller prepends some, newest first, and says
 * again whether there are more.
 */
void transcript_set_older(struct transcript *t, bool exist);
bool transcript_has_older(const struct transcript *t);
bool transcript_wants_older(struct transcript *t);

/*
 * The same at the other end, where messages were dropped or a place far back was loaded; until they
 * are there, the newest that is loaded is not the bottom, and nothing else may be appended.
 */
void transcript_set_newer(struct transcript *t, bool exist);
bool transcript_has_newer(const struct transcript *t);
bool transcript_wants_newer(struct transcript *t);

/* The ids of the oldest and of the newest message that is loaded; 0 where none is. */
uint64_t transcript_oldest(const struct transcript *t);
uint64_t transcript_newest(const struct transcript *t);

/* The id of the newest message of theirs that is loaded and comes before this id; 0: none is. */
uint64_t transcript_theirs_before(const struct transcript *t, uint64_t id);

/*
 * Makes the newest entries of one, at most `max` of them, those of another, which are dropped.
 * ERROR_NOMEM: there are fewer.
 */
int transcript_copy_end(struct transcript *to, const struct transcript *from, size_t max);

/* The entry with this id, borrowed until the next change; NULL where it is not loaded. */
const struct transcript_entry *transcript_find(const struct transcript *t, uint64_t id);

/* Change a loaded entry; nothing happens where it is not loaded. `word` as above. ERROR_NOMEM. */
int transcript_set_mark(struct transcript *t, uint64_t id, enum transcript_mark mark,
                        const char *word);

/* Puts another entry with the same id in its place, but for its mark and word. Likewise. */
int transcript_replace(struct transcript *t, const struct transcript_entry *entry);

/* The message with this id changed: so does the quote of it in every entry that answers it. */
int transcript_set_quote(struct transcript *t, uint64_t id, const char *quote);

/*
 * The message that the person chose: the next one above (-1) or below (1) the one chosen now, first
 * the last in view, is brought into view; below the newest there is none. 0: none is chosen.
 */
void transcript_choose_next(struct transcript *t, int direction);
void transcript_choose(struct transcript *t, uint64_t id);
uint64_t transcript_chosen(const struct transcript *t);

/*
 * A message of many lines is folded until it is opened: its first lines stand for it. Opens or
 * folds the chosen message, or where none is chosen the last one in view that has so many lines, or
 * else the newest, and brings it into view. False where there is none, or the chosen one is short.
 */
bool transcript_toggle_fold(struct transcript *t);

/* Draws the line "new" above the entry with this id; 0 takes it away. */
void transcript_set_new(struct transcript *t, uint64_t id);
uint64_t transcript_new_id(const struct transcript *t);

size_t transcript_count(const struct transcript *t);

/* Columns of the widest author so far. */
int transcript_author_width(const struct transcript *t);

/*
 * The place in it, as the message that the view begins with; 0 at the bottom. It outlives the
 * program: transcript_set_place begins the view with that message, where it is loaded, in a pane
 * that has no size yet, too.
 */
uint64_t transcript_place(const struct transcript *t);
void transcript_set_place(struct transcript *t, uint64_t id);

/*
 * The pane: rows, and the columns that text is wrapped to; both at least 1. Before the first call,
 * when keys may have come already, it is one row of 80. ERROR_NOMEM: it keeps its size.
 */
int transcript_set_size(struct transcript *t, int rows, int columns);

/*
 * So many of its lowest rows, at most half, it gives away while it is not at the bottom: the view
 * is shorter then. transcript_is_split: it does so now.
 */
void transcript_set_split(struct transcript *t, int rows);
bool transcript_is_split(const struct transcript *t);
int transcript_view_rows(const struct transcript *t); /* of the view now */

/*
 * Scrolling; the view holds its place by message: what comes, is loaded or marked, and new sizes do
 * not move it. At the bottom it follows the newest.
 */
void transcript_scroll(struct transcript *t, long rows); /* negative: towards older ones */
void transcript_page(struct transcript *t, int pages);
void transcript_top(struct transcript *t); /* the oldest that is loaded */
void transcript_bottom(struct transcript *t);
void transcript_show(struct transcript *t, uint64_t id); /* brings that entry into view */
bool transcript_at_bottom(const struct transcript *t);

/* Messages (mine, theirs) that are loaded and begin below the view. */
size_t transcript_below(struct transcript *t);

/* The id of the newest, or of the oldest, message of theirs that has text in view; 0 for none. */
uint64_t transcript_drawn(const struct transcript *t, bool newest);

/* What a row of the view shows. */
enum transcript_part {
    TRANSCRIPT_ROW_BLANK,
    TRANSCRIPT_ROW_DAY,
    TRANSCRIPT_ROW_NEW,
    TRANSCRIPT_ROW_QUOTE,
    TRANSCRIPT_ROW_TEXT,
    TRANSCRIPT_ROW_FOLD, /* how many lines of the text are not shown: `hidden` */
    TRANSCRIPT_ROW_WORD, /* the mark's word, where it found no place beside the text */
    TRANSCRIPT_ROW_NOTE,
};

struct transcript_row {
    enum transcript_part part;
    const struct transcript_entry *entry;
    const char *text; /* of this row: `len` bytes, no line feed */
    size_t len;
    const char *whole; /* the text that it is part of, of `whole_len` bytes; NULL for none */
    size_t whole_len;
    bool first; /* the entry's first row: it shows the author */
    bool time;  /* it shows the time */
    bool last;  /* the entry's last text row: it shows the mark */
    bool word;  /* and there is room for the mark's word on it too */
    enum transcript_mark mark;
    bool chosen;
    size_t hidden;
};

/*
 * The rows in view, at most as many as the pane has, from its top; borrowed until the next change.
 * Gives their number.
 */
size_t transcript_view(struct transcript *t, const struct transcript_row **rows);

/*
 * Searching in what is loaded, whatever the case of letters. transcript_search sets what is looked
 * for (nothing where `len` is 0, and of a long text its first 256 bytes); transcript_search_next
 * brings the next match above (-1) or below (1) the last one into view, first from the bottom of
 * the view, and opens it where the match is folded: false where there is none. ERROR_UTF8,
 * ERROR_NOMEM: nothing changed.
 */
int transcript_search(struct transcript *t, const char *needle, size_t len);
bool transcript_search_next(struct transcript *t, int direction);

/* Whether a text, as an entry's, has a match; and makes an entry's the last match. */
bool transcript_would_match(const struct transcript *t, const char *text, size_t len);
void transcript_set_found(struct transcript *t, uint64_t id);

/*
 * The first stretch of a row's text, from byte `from` on, that belongs to a match: its start and
 * length in bytes; false where there is none.
 */
bool transcript_matched(const struct transcript *t, const struct transcript_row *row, size_t from,
                        size_t *start, size_t *len);

#endif
