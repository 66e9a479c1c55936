#ifndef STATE_H
#define STATE_H

#include <limits.h>
#include <sys/types.h>

/*
 * The state folder: where the relay's key and its queue lie. One relay at a time: a lock file in it
 * is held until state_close, or until the process ends, however it does.
 */
enum {
    STATE_ERROR_MAX = 512,
};

struct state {
    char path[PATH_MAX];
    int lock; /* -1 where it is not held */
};

/*
 * Finds the folder and makes it, with its parents and mode 0700, where it is not there: `path`, or
 * where that is NULL $STATE_DIRECTORY, else /var/lib/chat-server for root, else
 * $XDG_STATE_HOME/chat-server, else ~/.local/state/chat-server. ERROR_SYSTEM and a sentence in
 * `why`, also for a folder that somebody else owns or may write to.
 */
int state_init(struct state *s, const char *path, char why[STATE_ERROR_MAX]);

/*
 * Gives the folder and the files in it to a user: what root does before it becomes that user. A
 * folder that is not root's stays as it is, since what its owner put there is not to be trusted.
 * One that has other files in it, as a home has, is not given away: ERROR_SYSTEM.
 */
int state_give(const struct state *s, uid_t user, gid_t group, char why[STATE_ERROR_MAX]);

/* Takes the lock. ERROR_SYSTEM and a sentence, also where another relay holds it. */
int state_lock(struct state *s, char why[STATE_ERROR_MAX]);

/* Lets the lock go. */
void state_clear(struct state *s);

#endif
