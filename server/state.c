#include "state.h"

#include "error.h"
#include "quote.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

__attribute__((format(printf, 3, 4))) static int fail(const struct state *s, char *why,
                                                      const char *format, ...)
{
    char q[QUOTE_MAX];
    int len = snprintf(why, STATE_ERROR_MAX, "the state folder '%s' ",
                       quote_text(s->path, strlen(s->path), q));
    va_list args;
    va_start(args, format);
    vsnprintf(why + len, STATE_ERROR_MAX - (size_t)len, format, args);
    va_end(args);
    return ERROR_SYSTEM;
}

/* Puts the folder's path together of at most three parts. */
static int choose(struct state *s, const char *path, char *why)
{
    const char *set = getenv("STATE_DIRECTORY"), *xdg = getenv("XDG_STATE_HOME"),
               *home = getenv("HOME"), *name = "", *middle = "";
    int len = -1; /* of `path` */
    if (!path && set && *set) {
        path = set;
        len = (int)strcspn(set, ":"); /* systemd may name several */
    } else if (!path && geteuid() == 0) {
        path = "/var/lib/chat-server";
    } else if (!path && xdg && *xdg == '/') {
        path = xdg;
        name = "/chat-server";
    } else if (!path && home && *home == '/') {
        path = home;
        middle = "/.local/state";
        name = "/chat-server";
    }
    if (!path) {
        snprintf(why, STATE_ERROR_MAX, "no folder for the relay's state: name one with --state");
        return ERROR_SYSTEM;
    }
    len = snprintf(s->path, sizeof s->path, "%.*s%s%s", len, path, middle, name);
    if (len > 0 && (size_t)len < sizeof s->path)
        return 0;
    return fail(s, why, "cannot be used: its name is %s", len > 0 ? "too long" : "empty");
}

static int make(struct state *s, char *why)
{
    for (char *slash = s->path; (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        int rc = mkdir(s->path, 0700);
        *slash = '/';
        if (rc && errno != EEXIST)
            break; /* what matters comes with the last one */
    }
    if (mkdir(s->path, 0700) && errno != EEXIST)
        return fail(s, why, "cannot be made: %s; choose another with --state", strerror(errno));
    return 0;
}

int state_init(struct state *s, const char *path, char why[STATE_ERROR_MAX])
{
    *s = (struct state){.lock = -1};
    int rc = choose(s, path, why);
    if (rc == 0)
        rc = make(s, why);
    if (rc)
        return rc;
    struct stat st;
    if (stat(s->path, &st))
        return fail(s, why, "cannot be used: %s; mend that, or choose another folder with --state",
                    strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return fail(s, why, "is not a folder; choose another with --state");
    if (st.st_uid != geteuid() && geteuid() != 0)
        return fail(s, why, "belongs to another user; choose another with --state");
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return fail(s, why,
                    "can be written to by others; take that away with chmod go-w, or "
                    "choose another with --state");
    return 0;
}

/* Whether a name in the folder is that of a file of ours, or of a draft of one. */
static bool is_known(const char *name)
{
    static const char *const beginnings[] = {"key", "lock", "queue.db"};
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
        if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return strcmp(name, ".") == 0;
}

/* The next name in a folder. NULL at the end, where errno is 0, or where it cannot be read. */
static const char *next_name(DIR *dir)
{
    errno = 0;
    const struct dirent *entry = readdir(dir);
    return entry ? entry->d_name : NULL;
}

static int check_names(const struct state *s, DIR *dir, char *why)
{
    char q[QUOTE_MAX];
    const char *name;
    while ((name = next_name(dir)))
        if (strcmp(name, "..") != 0 && !is_known(name))
            return fail(s, why,
                        "holds '%s', which is none of the relay's files, and stays root's; so "
                        "does the relay: choose a folder of its own with --state",
                        quote_text(name, strlen(name), q));
    return errno ? fail(s, why, "cannot be read: %s", strerror(errno)) : 0;
}

static int give_names(const struct state *s, DIR *dir, uid_t user, gid_t group, char *why)
{
    const char *name;
    while ((name = next_name(dir)))
        if (is_known(name) && fchownat(dirfd(dir), name, user, group, AT_SYMLINK_NOFOLLOW))
            return fail(s, why, "cannot be given to the relay's user: %s", strerror(errno));
    return errno ? fail(s, why, "cannot be read: %s", strerror(errno)) : 0;
}

int state_give(const struct state *s, uid_t user, gid_t group, char why[STATE_ERROR_MAX])
{
    DIR *dir = opendir(s->path);
    if (!dir)
        return fail(s, why, "cannot be read: %s", strerror(errno));
    struct stat st;
    bool ours = fstat(dirfd(dir), &st) == 0 && st.st_uid == geteuid();
    int rc = ours ? check_names(s, dir, why) : 0;
    rewinddir(dir);
    if (ours && rc == 0)
        rc = give_names(s, dir, user, group, why);
    closedir(dir);
    return rc;
}

int state_lock(struct state *s, char why[STATE_ERROR_MAX])
{
    char path[PATH_MAX + 8];
    snprintf(path, sizeof path, "%s/lock", s->path);
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(s, why,
                    "cannot be used: %s: %s; mend that, or choose another folder with --state",
                    path + strlen(s->path) + 1, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        int error = errno;
        close(fd);
        if (error != EWOULDBLOCK)
            return fail(s, why, "cannot be locked: %s", strerror(error));
        return fail(s, why,
                    "is in use by another relay; stop that one, or choose another folder "
                    "with --state");
    }
    s->lock = fd;
    return 0;
}

void state_clear(struct state *s)
{
    if (s->lock >= 0)
        close(s->lock);
    s->lock = -1;
}
