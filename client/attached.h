#ifndef ATTACHED_H
#define ATTACHED_H

#include <stdbool.h>

/*
 * Whether the tmux that the program runs in shows any session on a terminal: it tells so by the
 * mode of its socket, execute while one is attached. All its sessions together, then: whoever has
 * another one open counts as here.
 */
struct attached {
    int fd;         /* readable when it may have changed; -1: it cannot be known */
    char path[108]; /* as long as a socket's can be */
    bool was;       /* as of the last look */
};

/* `tmux` is the value of $TMUX, or NULL. */
void attached_init(struct attached *a, const char *tmux);
void attached_clear(struct attached *a);

/* Whether it changed since the last look; `was` is then what it is now. */
bool attached_look(struct attached *a);

#endif
