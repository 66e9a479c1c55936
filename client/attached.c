#include "attached.h"

#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where the socket is gone so is the answer: then it stays as it was. */
static bool is_attached(const struct attached *a)
{
    struct stat status;
    return stat(a->path, &status) ? a->was : (status.st_mode & S_IXUSR) != 0;
}

void attached_init(struct attached *a, const char *tmux)
{
    *a = (struct attached){.fd = -1, .was = true};
    size_t len = tmux ? strcspn(tmux, ",") : 0;
    if (len == 0 || len >= sizeof a->path)
        return;
    memcpy(a->path, tmux, len);
    a->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (a->fd >= 0 && inotify_add_watch(a->fd, a->path, IN_ATTRIB) < 0)
        attached_clear(a);
}

void attached_clear(struct attached *a)
{
    if (a->fd >= 0)
        close(a->fd);
    a->fd = -1;
}

bool attached_look(struct attached *a)
{
    char events[1024];
    if (a->fd < 0)
        return false;
    while (read(a->fd, events, sizeof events) > 0)
        ;
    bool before = a->was;
    a->was = is_attached(a);
    return a->was != before;
}
