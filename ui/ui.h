#ifndef UI_H
#define UI_H

#include "canvas.h"
#include "editor.h"
#include "input.h"
#include "transcript.h"
#include "view.h"

/*
 * The screen of the chat without a terminal: takes what a terminal tells (struct input) and what
 * the conversation brings, gives events and a picture. The edge, a turn:
 *
 *     while (screen_next(screen, now_ms, &in) == 1) {
 *         ui_input(ui, &in);
 *         while (ui_next(ui, &event) == 1)
 *             ... carry it out ...
 *     }
 *     ... ui_append what the session brings ...
 *     screen_draw(screen, ui_draw(ui));
 *
 * Strings that go in, except ui_input's and ui_set_draft's, were sanitised (text_sanitise).
 */
struct ui;

struct ui_options {
    struct theme theme;
    bool ascii;  /* the locale is not UTF-8 */
    size_t keep; /* as in transcript_new */
};

struct ui *ui_new(const struct ui_options *options); /* NULL: out of memory */
void ui_free(struct ui *ui);

/* ERROR_NOMEM: that input is lost, nothing else is. */
int ui_input(struct ui *ui, const struct input *in);

enum ui_event_type {
    UI_LINE,      /* `text`: Enter was pressed; a message or a command, as written */
    UI_BLOCK,     /* `text`: a message, whatever it begins with */
    UI_TAKE_BACK, /* what ui_set_held shows goes back into the line */
    UI_DRAFT,     /* the unsent text changed: ui_editor has it */
    UI_OLDER,     /* transcript_wants_older: prepend entries, transcript_set_older */
    UI_NEWER,     /* transcript_wants_newer: append entries, transcript_set_newer */
    UI_NEWEST,    /* the newest messages, which are not loaded */
    UI_OLDEST,    /* likewise the oldest */
    UI_JUMP,      /* the place around message `id`, which is not loaded */
    UI_SEARCH,    /* `text` is not in what is loaded: look further `up`, or down; ui_found */
    UI_SEEN,      /* `id`: messages up to it were drawn while a person was there */
    UI_COMPLETE,  /* Tab: ui_offer */
    UI_COPY,      /* the message that is chosen (transcript_chosen), or the newest of theirs */
    UI_BARE,      /* show ui_bare_text alone, until UI_REDRAW */
    UI_THEME,     /* `text`: the theme of that name was chosen (ui_choose_theme) */
    UI_HELP,      /* F1: ui_open_page with the manual */
    UI_REDRAW,    /* ^L: the terminal may show something else: draw it all */
    UI_SUSPEND,   /* ^Z, or the system asks */
    UI_EDITOR,    /* ^X ^E: the person wants their own editor; ui_set_line gives what it wrote */
    UI_QUIT,      /* the person does not want to go on */
};

struct ui_event {
    enum ui_event_type type;
    const char *text; /* NUL-terminated, `len` bytes */
    size_t len;
    uint64_t id;
    bool up;
};

/* 1 and the next event, borrowed until the next call with `ui`; 0 for none. */
int ui_next(struct ui *ui, struct ui_event *event);

/* Whether an input asked for something that was not given yet; a draft or what is seen can wait. */
bool ui_is_asking(const struct ui *ui);

struct transcript *ui_transcript(struct ui *ui);
struct editor *ui_editor(struct ui *ui);

/*
 * Adds an entry at the bottom. As transcript_append, and where a message of theirs comes while the
 * terminal has no focus, the line "new" goes above the first of them. One of mine goes to the
 * bottom. Where newer messages exist that are not loaded, a message will come with them; what is
 * none and would not be in view is a note.
 *
 * The screen has the newest entries twice, because it may show them below what somebody reads: so
 * what changes entries that are shown is here too, as transcript_set_mark and the others.
 */
int ui_append(struct ui *ui, const struct transcript_entry *entry);
int ui_set_mark(struct ui *ui, uint64_t id, enum transcript_mark mark, const char *word);
int ui_replace(struct ui *ui, const struct transcript_entry *entry);
int ui_set_quote(struct ui *ui, uint64_t id, const char *quote);
void ui_set_new(struct ui *ui, uint64_t id);
void ui_clear(struct ui *ui);

/* As transcript_find, the newest among them. */
const struct transcript_entry *ui_find(const struct ui *ui, uint64_t id);

/* The newest messages were loaded into a transcript that was empty. ERROR_NOMEM. */
int ui_loaded_newest(struct ui *ui);

/* Whether the newest lines stay in view while somebody reads back; not so at first. */
void ui_set_split(struct ui *ui, bool split);

/* The peer knows already that messages up to this id were seen: no UI_SEEN for them. */
void ui_set_seen(struct ui *ui, uint64_t id);

void ui_set_theme(struct ui *ui, enum theme_name name);

/* Lets the person choose a theme: shows one after the other, until Enter (UI_THEME) or Esc. */
void ui_choose_theme(struct ui *ui);

/* Begins to search for a text. Errors as editor_set. */
int ui_search(struct ui *ui, const char *text, size_t len);

/* The text that is being looked for, borrowed; NULL: nobody searches. */
const char *ui_searched(const struct ui *ui);

/* After UI_SEARCH: the message that was found and is loaded now; 0 for none. ERROR_NOMEM. */
int ui_found(struct ui *ui, uint64_t id);

/* The text of a draft from an earlier run; no event follows. Errors as editor_set. */
int ui_set_draft(struct ui *ui, const char *text, size_t len);

/*
 * Puts a text in the place of what is being written: a step of undo, and UI_DRAFT follows. Errors
 * as editor_set.
 */
int ui_set_line(struct ui *ui, const char *text, size_t len);

int ui_set_status(struct ui *ui, const struct view_status *status); /* copied. ERROR_NOMEM */
void ui_set_writing(struct ui *ui, bool writing);

/*
 * After UI_COMPLETE: what the word from byte `at` of the line to the cursor can become; nothing
 * where `count` is 0. ERROR_NOMEM.
 */
int ui_offer(struct ui *ui, size_t at, const struct offer_choice *choices, size_t count);

/*
 * What was sent and can be taken back yet, one line of it (copied), by Esc or Up while nothing is
 * written; NULL for nothing. ERROR_NOMEM.
 */
int ui_set_held(struct ui *ui, const char *held);

/*
 * Something that takes long, above the input: `what` and `progress` (copied); NULL for nothing any
 * more. `bar` is less than VIEW_BARS. ERROR_NOMEM.
 */
int ui_set_bar(struct ui *ui, int bar, const char *what, const struct progress *progress);

/* A note above the input until the next key. ERROR_NOMEM. */
int ui_set_note(struct ui *ui, const char *note);

/*
 * The messages in view as lines without a frame: a new string of `*len` bytes that the caller
 * frees; NULL: out of memory.
 */
char *ui_bare_text(struct ui *ui, size_t *len);

/*
 * Opens a page over the conversation, until Esc, q or F1: `text`, of many lines, in which two
 * spaces and more begin a second column. ERROR_NOMEM: none is open.
 */
int ui_open_page(struct ui *ui, const char *text, size_t len);

/* What a manual says of the keys, and of the marks: new strings; NULL: out of memory. */
char *ui_keys_text(void);
char *ui_marks_text(const struct ui *ui);

/* The picture as of now, borrowed until the next call with `ui`. NULL: out of memory. */
const struct canvas *ui_draw(struct ui *ui);

#endif
