#ifndef UI_INTERNAL_H
#define UI_INTERNAL_H

#include "ui.h"

/* For the files of the machine only. */

enum ui_mode {
    UI_WRITING,
    UI_SEARCHING,
    UI_ASKING_QUIT,
    UI_ASKING_PASTE,
    UI_CHOOSING_THEME,
};

struct ui_queued {
    struct ui_queued *next;
    struct ui_event event;
    char text[];
};

struct ui {
    struct theme theme;
    bool ascii;
    int rows, columns; /* 0 until the first INPUT_RESIZE */
    struct transcript *transcript;
    struct transcript *latest; /* its newest entries, which stay in view where it is split */
    bool split;                /* it is, while somebody reads back */
    struct transcript *page;   /* shown over both, or NULL: */
    char *page_text;           /* its lines, as they are */
    int page_columns;          /* with room for so many */
    struct editor *editor, *search;
    struct canvas *canvas;
    size_t editor_top;
    struct view_status status;
    char *status_strings;
    bool writing; /* the peer is */
    char *note, *held;
    struct view_bar bars[VIEW_BARS];
    bool is_illegible; /* the note is about a key that is no character */

    struct offer offer;
    enum ui_mode mode;
    bool prefixed; /* the key before was ^X */
    bool searching_up;
    enum theme_name previewed; /* in UI_CHOOSING_THEME */
    char question[96];
    char *paste; /* in UI_ASKING_PASTE */
    size_t paste_len;

    struct ui_queued *head, **tail, *given;
    bool draft_changed;
    bool drawn; /* the models have their sizes */
    bool bare;  /* the edge shows the text alone */

    enum {
        FOCUS_UNKNOWN,
        FOCUS_IN,
        FOCUS_OUT
    } focus;
    bool new_marked;                        /* since the focus went */
    uint64_t drawn_id, present_id, seen_id; /* newest of theirs drawn, drawn for a person, told */
};

/* Shows where the line that has the cursor is: searches for it. */
int ui_search_changed(struct ui *ui);
int ui_search_next(struct ui *ui, int direction);
int ui_leave_search(struct ui *ui);

/* NULL: out of memory. */
struct transcript *ui_new_latest(void);

/* Everything was drawn: notes what of theirs is in view. */
void ui_note_drawn(struct ui *ui);

/* What is scrolled and searched: the page over the conversation, if there is one. */
struct transcript *ui_shown(struct ui *ui);

/* Goes to the newest message. */
int ui_go_to_newest(struct ui *ui);

/* Queues an event with a copy of its text. ERROR_NOMEM. */
int ui_emit_event(struct ui *ui, const struct ui_event *event);
int ui_emit(struct ui *ui, enum ui_event_type type, const char *text, size_t len);

/* Says why a text did not go in; other errors stay the caller's. */
int ui_explain(struct ui *ui, int rc);

/* Inserts at the cursor, whichever line has it. ERROR_NOMEM. */
int ui_insert(struct ui *ui, const char *text, size_t len);

/* Asks a question; ui_answer gets the keys, and tells in *taken whether one was an answer. */
void ui_ask(struct ui *ui, enum ui_mode mode, const char *question);
int ui_answer(struct ui *ui, const struct input *in, bool *taken);

/* A key while a theme is being chosen; *taken: it was about that. */
int ui_preview_theme(struct ui *ui, const struct input *in, bool *taken);

int ui_paste(struct ui *ui, const struct input *in);

void ui_close_page(struct ui *ui);

/* Gives the lines of the page the room that there is now. ERROR_NOMEM. */
int ui_fit_page(struct ui *ui);

#endif
