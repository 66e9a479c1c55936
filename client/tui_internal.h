#ifndef TUI_INTERNAL_H
#define TUI_INTERNAL_H

#include "attached.h"
#include "attention.h"
#include "emoji.h"
#include "grace.h"
#include "screen.h"
#include "talk.h"
#include "tui.h"
#include "ui.h"

#include "visual.h"
#include <time.h>

enum {
    TUI_KEEP = 5000, /* entries in memory while the newest one is in view */
};

/*
 * The screen's face: tui.c is what comes from the person, tui_line.c their lines, tui_show.c what
 * goes to them, tui_files.c files, tui_attend.c whether they are there, tui_meanwhile.c what they
 * write while the disk works, and tui_visual.c their own editor.
 */
struct tui {
    struct face face;
    struct screen *screen;
    struct ui *ui;
    enum emoji_style emoji; /* in which the messages are shown */
    bool is_gone;           /* the terminal, and the person with it */
    uint64_t oldest;        /* id of the oldest message loaded; UINT64_MAX: none is */

    /* For the top line. */
    bool status_changed;
    enum view_presence presence;
    char trouble[WORDS_MAX];     /* "": connected */
    bool was_tried;              /* there was a connection, or none could be made */
    bool is_waiting;             /* to connect again: */
    struct session_event status; /* when, and why (in `why`) */
    char why[WORDS_MAX];
    uint64_t round_trip_ms;
    uint64_t
        countdown_ms; /* when `trouble` is to be said anew; like the others UINT64_MAX: never */

    time_t begun_s;       /* when this conversation began here; 0: and a key was pressed since */
    size_t unread;        /* messages of theirs that were there then, or waited for us; */
    bool has_more_unread; /* and more than were counted */

    uint64_t search_at; /* where a search goes on; 0: there is none */
    uint64_t search_start;
    bool search_up;

    struct attention attention;
    struct attached attached;
    struct input late; /* the last one of those that were taken while the disk worked: */
    bool is_busy;      /* with what a key asked for, and the next one must wait for it */
    bool is_late;      /* what it says of the person is not noted yet */
    bool is_behind;    /* the picture lacks what was typed */
    struct visual visual;
    struct grace grace;
    struct tui_bar {
        const char *doing; /* NULL: nothing is shown */
        uint64_t message;
        struct progress progress;
    } bars[VIEW_BARS]; /* of their files and of ours */

    char *doubted;  /* a line that may be meant as a command; NULL: none is */
    bool has_line;  /* something that is being written is in the history */
    bool remembers; /* what earlier runs sent */

    uint64_t shown;          /* id of the last message shown; 0: none */
    uint64_t place;          /* the message scrolled to; 0: the newest */
    uint64_t place_due_ms;   /* when that, and what is written, goes to the disk */
    uint64_t writing_end_ms; /* when the peer counts as not writing any more */
    uint64_t typing_next_ms; /* before that the peer is not told again that we write */
};

static inline struct tui *tui_of(struct face *f)
{
    return (struct tui *)f;
}

/* The person's editor has the terminal. */
static inline bool tui_is_lent(const struct tui *tui)
{
    return tui->visual.fd >= 0;
}

/* The ops of the face that show. */
int tui_begin(struct face *f, uint64_t now_ms);
int tui_show_message(struct face *f, const struct face_message *m);
int tui_show_event(struct face *f, const struct session_event *e, uint64_t now_ms);
int tui_search_for(struct face *f, const char *text, size_t len);
int tui_tell(struct face *f, enum face_tone tone, const char *text);
int tui_show_help(struct face *f, const char *commands);
int tui_choose_theme(struct face *f);
void tui_clear(struct face *f);
uint64_t tui_chosen(const struct face *f);

/* The op `meanwhile`. */
int tui_meanwhile(struct face *f, int done);

/* An input tells that somebody is there, or not. */
int tui_attend_input(struct tui *tui, const struct input *in, uint64_t now_ms);

/* So may the terminal multiplexer. */
int tui_attend_attached(struct tui *tui, uint64_t now_ms);

/* A message of theirs was appended: calls the person where they do not look. */
int tui_attend_message(struct tui *tui, const struct face_message *m);

/* Stops the job, and goes on once it is continued. */
int tui_suspend(struct tui *tui, uint64_t now_ms);

/*
 * The person sends a line, or a paste; takes the newest back that did not go out yet; wants theirs
 * completed.
 */
int tui_take_line(struct tui *tui, const struct ui_event *e, uint64_t now_ms);
int tui_take_block(struct tui *tui, const struct ui_event *e, uint64_t now_ms);
int tui_take_back(struct tui *tui);
int tui_complete(struct tui *tui, uint64_t now_ms);

/* Before the first input, not the first screen: what earlier runs sent can be recalled. */
int tui_remember_sent(struct tui *tui);

/* What is being written changed: it is not what was doubted, then. */
void tui_forget_doubt(struct tui *tui);

/* Sends what could be taken back until `due_ms`; until now, or all where it cannot wait. */
int tui_release(struct tui *tui, uint64_t due_ms, uint64_t now_ms);
int tui_release_due(struct tui *tui, uint64_t now_ms);

/* Puts what would be lost with the program into the history: what can be taken back, the draft. */
int tui_keep_lines(struct tui *tui);

/*
 * The line goes to the person's editor; a turn while it runs (`visual.fd`) and nothing else may be
 * shown; the end of it, whatever it does; and what it left where a run before was killed.
 */
int tui_edit(struct tui *tui, uint64_t now_ms);
int tui_edit_turn(struct tui *tui, const struct pollfd fds[FACE_FDS], uint64_t now_ms);
void tui_end_edit(struct tui *tui);
int tui_recover_edit(struct tui *tui);

void tui_update_title(struct tui *tui);

/* The op `show_file`; the bars above the input; and when those have to be drawn anew. */
int tui_show_file(struct face *f, const struct transfer_row *file, bool has_changed);
int tui_update_bars(struct tui *tui, uint64_t now_ms);
uint64_t tui_bars_deadline(const struct tui *tui);

/* The program says something, below the messages. */
int tui_append_notice(struct tui *tui, enum transcript_kind kind, const char *text);

/* Shows a message that is shown already as it is now; a talk_show. */
int tui_show_again(void *tui, const struct face_message *m);

/* entry_init_message, as far as the settings let it be seen. */
struct entry;
int tui_init_message(const struct tui *tui, struct entry *e, const struct face_message *m);

/* Adds an entry at the bottom, and clears it. */
int tui_append(struct tui *tui, struct entry *e);

/*
 * Load a page of messages at either end of those loaded; the newest or the oldest alone; the place
 * around one.
 */
int tui_load_older(struct tui *tui);
int tui_load_newer(struct tui *tui);
int tui_load_newest(struct tui *tui);
int tui_load_oldest(struct tui *tui);
int tui_jump(struct tui *tui, uint64_t id);

/* Begins the view with a message, as in an earlier run; 0: nothing happens. */
int tui_go_back(struct tui *tui, uint64_t id);

/*
 * Looks for what is searched in what is not loaded, towards older ones (`up`) or newer, and goes
 * there. Where that takes long, it is not done yet: tui_search_on goes on.
 */
int tui_search(struct tui *tui, bool up);
int tui_search_on(struct tui *tui);

/* Finds what was not seen before, and tells. */
int tui_note_unread(struct tui *tui);

/* The same for a message of theirs that comes: it is new where it was written before the start. */
int tui_note_late(struct tui *tui, const struct face_message *m);

/* Shows emoji, on all that is loaded too, as the setting has them. */
int tui_update_emoji(struct tui *tui);

/* Brings the top line up to date, where something of it changed. */
int tui_update_status(struct tui *tui, uint64_t now_ms);

#endif
