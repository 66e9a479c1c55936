#include "view_internal.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum {
    PIECES_MAX = 8,
    STATE_MAX = 64,
    GAP = 2, /* columns between the two sides, at least */
};

/* The top line's left side: the room, the peer, where the peer is. */
struct pieces {
    struct {
        enum theme_role role;
        const char *text;
    } list[PIECES_MAX];
    size_t count;
    int columns;
};

static void add(struct pieces *pieces, enum theme_role role, const char *text)
{
    pieces->list[pieces->count].role = role;
    pieces->list[pieces->count++].text = text;
    pieces->columns += view_columns(text);
}

static void add_peer(struct pen *pen, struct pieces *pieces)
{
    static const struct {
        struct sign sign;
        const char *word;
        enum theme_role role;
    } presences[] = {
        [VIEW_HERE] = {{"●", "*"}, " here", ROLE_HERE},
        [VIEW_AWAY] = {{"◐", "-"}, " away", ROLE_GONE},
        [VIEW_OFFLINE] = {{"○", "o"}, " offline", ROLE_GONE},
        [VIEW_LEFT] = {{"○", "o"}, " left", ROLE_GONE},
    };
    const struct view_status *status = pen->view->status;
    if (!status->peer || status->presence == VIEW_NOBODY) {
        if (!status->trouble)
            add(pieces, ROLE_GONE, "nobody else is here yet");
        return;
    }
    add(pieces, ROLE_STATUS, status->peer);
    if (status->trouble) /* where they are now is not known */
        return;
    enum theme_role role = presences[status->presence].role;
    add(pieces, ROLE_STATUS, " ");
    add(pieces, role, view_sign(pen, presences[status->presence].sign));
    add(pieces, role, presences[status->presence].word);
}

static void format_round_trip(int64_t ms, char *out, size_t size)
{
    out[0] = '\0';
    if (ms >= 0 && ms < 10000)
        snprintf(out, size, "   %d ms", (int)ms);
    else if (ms >= 0)
        snprintf(out, size, "   %d s", ms < 1000000 ? (int)(ms / 1000) : 999);
}

/*
 * Copies as many parts of a state as have room, from its beginning, with commas for the dots where
 * only ASCII can be shown.
 */
static void copy_state(const struct pen *pen, const char *state, int room, char out[STATE_MAX])
{
    static const char dot[] = " · ";
    const char *between = "", *next;
    for (size_t len = 0; state; state = next ? next + strlen(dot) : NULL) {
        next = memmem(state, strlen(state), dot, strlen(dot));
        size_t part = next ? (size_t)(next - state) : strlen(state);
        snprintf(out + len, STATE_MAX - len, "%s%.*s", between, (int)part, state);
        if (view_columns(out) > room) {
            out[len] = '\0';
            return;
        }
        len = strlen(out);
        between = pen->view->ascii ? ", " : dot;
    }
}

void view_draw_status(struct pen *pen)
{
    const struct view_status *status = pen->view->status;
    bool warning = status->trouble || status->not_private;
    char trust[STATE_MAX], round_trip[24];
    format_round_trip(status->trouble ? -1 : status->round_trip_ms, round_trip, sizeof round_trip);
    struct pieces left = {.count = 0};
    add(&left, ROLE_STATUS, status->room);
    add(&left, ROLE_STATUS, "  ");
    add_peer(pen, &left);

    /* The round trip makes way for the trust, and that, from its end, for who is there; a warning
     * is not left out. */
    int columns = pen->layout.columns - 2 * VIEW_MARGIN;
    int least = warning && left.columns > columns / 4 ? columns / 4 : left.columns;
    int room = columns - least - GAP;
    copy_state(pen, status->trust ? status->trust : "", warning ? INT_MAX : room, trust);
    const char *state = status->trouble ? status->trouble : trust;
    if (left.columns + GAP + view_columns(state) + view_columns(round_trip) > columns)
        round_trip[0] = '\0';
    int right = view_columns(state) + view_columns(round_trip);
    if (right > room)
        right = room > 0 ? room : 0;

    struct canvas_at at = {pen->layout.status, VIEW_MARGIN, columns - right - (right ? GAP : 0)};
    for (size_t i = 0; i < left.count; i++)
        at = view_advance(pen, at, left.list[i].role, left.list[i].text);
    at = (struct canvas_at){pen->layout.status, VIEW_MARGIN + columns - right, right};
    at = view_advance(pen, at, warning ? ROLE_WARNING : ROLE_STATUS, state);
    view_advance(pen, at, ROLE_TIME, round_trip);
}
