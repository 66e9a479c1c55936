#include "error.h"
#include "loop.h"
#include "tui_internal.h"

#include <errno.h>

static int take_key(struct tui *tui)
{
    int rc = screen_next(tui->screen, loop_now_ms(), &tui->late);
    if (rc <= 0)
        return rc;
    tui->is_late = tui->is_behind = true;
    rc = ui_input(tui->ui, &tui->late);
    return rc ? rc : 1;
}

/* What is not a key may mean something to the talk, what a key asks for does, and so does the first
 * one of all (tui_remember_sent). */
static bool may_go_on(const struct tui *tui)
{
    return tui->remembers && !tui->is_busy && !ui_is_asking(tui->ui) &&
           !(tui->is_late && tui->late.kind > INPUT_UNKNOWN);
}

static int draw(struct tui *tui)
{
    const struct canvas *canvas = ui_draw(tui->ui);
    if (!canvas)
        return ERROR_NOMEM;
    screen_draw(tui->screen, canvas);
    tui->is_behind = false;
    return 0;
}

int tui_meanwhile(struct face *f, int done)
{
    struct tui *tui = tui_of(f);
    struct pollfd fds[1 + FACE_FDS] = {{done, POLLIN, 0}};
    int rc = 0;
    if (tui_is_lent(tui) || tui->is_gone)
        return 0;
    f->ops->poll(f, fds + 1);
    while (rc == 0) {
        rc = tui->is_behind ? draw(tui) : 0;
        if (rc || !may_go_on(tui) || (poll(fds, 1 + SCREEN_FDS, -1) < 0 && errno != EINTR) ||
            fds[0].revents)
            break;
        while (may_go_on(tui) && (rc = take_key(tui)) > 0)
            ;
        rc = rc > 0 ? 0 : rc;
    }
    return rc == ERROR_NOMEM ? rc : 0; /* a terminal that is gone is found so again */
}
