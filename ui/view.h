#ifndef VIEW_H
#define VIEW_H

#include "canvas.h"
#include "editor.h"
#include "layout.h"
#include "offer.h"
#include "progress.h"
#include "transcript.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    VIEW_MARGIN = 1, /* columns left free at either side, of a page too */
    VIEW_BARS = 2,   /* what can take long at once */
};

enum view_presence {
    VIEW_NOBODY, /* no peer yet */
    VIEW_HERE,
    VIEW_AWAY,
    VIEW_OFFLINE, /* the seat is kept */
    VIEW_LEFT,
};

/* What the top line says. Strings are sanitised. */
struct view_status {
    const char *room;
    const char *peer; /* NULL for none */
    enum view_presence presence;
    const char *trust;     /* "sealed · verified", cut at a dot where it must be; NULL: nothing */
    bool not_private;      /* `trust` is a warning */
    const char *trouble;   /* "reconnecting in 4 s (refused by den:12121)"; NULL: connected */
    int64_t round_trip_ms; /* -1: not known */
};

/* Something that takes long. */
struct view_bar {
    char *what; /* sanitised; NULL: there is none */
    struct progress progress;
};

/* Everything that is on the screen. */
struct view {
    struct transcript *transcript;
    struct transcript *latest; /* its newest lines, shown below it where it is split */
    bool split;                /* it is, where somebody reads back and there is room */
    struct transcript *page;   /* shown over both; NULL for none */
    struct editor *editor;
    size_t *editor_top; /* first row of the input in view; kept from one drawing to the next */
    struct theme theme;
    bool ascii; /* ASCII marks and lines */
    const struct view_status *status;
    bool writing;                /* the peer is */
    const char *note;            /* for the line above the input, or NULL */
    const char *question;        /* likewise, and it waits for an answer */
    const char *held;            /* likewise: what was sent and can be taken back */
    const struct view_bar *bars; /* likewise: VIEW_BARS of them */
    const struct offer *offer;   /* what can be completed, or NULL */
    const char *prompt;          /* in place of the usual one, or NULL: "search:" */
};

/* Draws it; also gives the transcript and the editor their sizes. ERROR_NOMEM. */
int view_draw(const struct view *view, int rows, int columns, struct canvas *canvas);

/* A mark as it is drawn, and what it says, for a manual. */
const char *view_mark_sign(enum transcript_mark mark, bool ascii);
const char *view_mark_help(enum transcript_mark mark);

#endif
