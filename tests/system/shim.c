#include "shim_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FDS = 1024,
};

/* An open file, or folder, that is watched. */
struct watched {
    bool is_open, is_folder;
    uint64_t ino;
};

static struct shim *shim;
static struct watched watched[FDS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void shim_attach(struct shim *s)
{
    memset(watched, 0, sizeof watched);
    shim = s;
    journal_open(s);
}

__attribute__((constructor)) static void attach_preloaded(void)
{
    const struct shim_real *real = shim_real();
    const char *control = getenv("SHIM_CONTROL");
    if (!control)
        return;
    int fd = real->open(control, O_RDWR | O_CLOEXEC);
    void *at = MAP_FAILED;
    if (fd >= 0)
        at = mmap(NULL, sizeof *shim, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        shim_fail("find what SHIM_CONTROL names");
    real->close(fd);
    shim_attach(at);
}

static struct watched *find_watched(int fd)
{
    return shim && fd >= 0 && fd < FDS && watched[fd].is_open ? &watched[fd] : NULL;
}

/* The whole path of what a call names; false where that is not watched. */
static bool resolve(int folder, const char *name, char path[SHIM_PATH_MAX])
{
    if (!shim)
        return false;
    size_t len = 0;
    if (name[0] != '/') {
        char link[32];
        snprintf(link, sizeof link, folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d",
                 folder);
        ssize_t n = readlink(link, path, SHIM_PATH_MAX - 1);
        if (n < 0)
            return false;
        path[n] = '/';
        len = (size_t)n + 1;
    }
    if (len + strlen(name) >= SHIM_PATH_MAX)
        return false;
    strcpy(path + len, name);
    size_t prefix = strlen(shim->folder);
    return strncmp(path, shim->folder, prefix) == 0 &&
           (path[prefix] == '/' || path[prefix] == '\0');
}

/* Counts a call. Whether the process dies in it. */
static bool dies(void)
{
    return atomic_fetch_add(&shim->calls, 1) + 1 == shim->dies_at;
}

static void die_if_due(void)
{
    if (dies())
        raise(SIGKILL);
}

static bool is_between(uint64_t n, uint64_t from, uint64_t until)
{
    return n >= from && n < until;
}

/* Counts a write of `*len` bytes, 0 for one that cannot be halved. False: the disk is full. */
static bool may_write(size_t *len)
{
    uint64_t n = atomic_fetch_add(&shim->writes, 1) + 1, from = shim->full_from;
    if (!is_between(n, from, shim->full_until))
        return true;
    if (n == from && *len > 1) {
        *len /= 2;
        return true;
    }
    errno = ENOSPC;
    return false;
}

/* A name more in the folder. */
static bool may_create(void)
{
    size_t whole = 0;
    die_if_due();
    return may_write(&whole);
}

static ssize_t write_at(int fd, const struct watched *w, const void *bytes, size_t len, off_t at)
{
    bool last = dies();
    if (last)
        len /= 2;
    if (!may_write(&len) && !last)
        return -1;
    journal_put_write(fd, w->ino, (uint64_t)at, (uint64_t)at + len);
    ssize_t n = shim_real()->pwrite(fd, bytes, len, at);
    if (last)
        raise(SIGKILL);
    return n;
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
    const struct watched *w = find_watched(fd);
    if (!w)
        return shim_real()->pwrite(fd, bytes, len, at);
    pthread_mutex_lock(&lock);
    ssize_t n = write_at(fd, w, bytes, len, at);
    pthread_mutex_unlock(&lock);
    return n;
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    return pwrite64(fd, bytes, len, at);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    const struct watched *w = find_watched(fd);
    if (!w)
        return shim_real()->write(fd, bytes, len);
    pthread_mutex_lock(&lock);
    off_t at = lseek(fd, 0, fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
    ssize_t n = write_at(fd, w, bytes, len, at);
    if (n > 0)
        lseek(fd, at + n, SEEK_SET);
    pthread_mutex_unlock(&lock);
    return n;
}

static int cut(int fd, const struct watched *w, off_t size)
{
    size_t whole = 0;
    struct stat st;
    die_if_due();
    if (!may_write(&whole) || fstat(fd, &st))
        return -1;
    uint64_t at = (uint64_t)size, end = (uint64_t)st.st_size;
    journal_put_write(fd, w->ino, at < end ? at : end, at < end ? end : at);
    return shim_real()->ftruncate(fd, size);
}

int ftruncate64(int fd, off64_t size)
{
    const struct watched *w = find_watched(fd);
    if (!w)
        return shim_real()->ftruncate(fd, size);
    pthread_mutex_lock(&lock);
    int rc = cut(fd, w, size);
    pthread_mutex_unlock(&lock);
    return rc;
}

int ftruncate(int fd, off_t size)
{
    return ftruncate64(fd, size);
}

static int sync_watched(int fd, const struct watched *w)
{
    die_if_due();
    uint64_t n = atomic_fetch_add(&shim->syncs, 1) + 1;
    if (is_between(n, shim->broken_from, shim->broken_until)) {
        if (shim->broken_loses && !w->is_folder)
            journal_put_lost(w->ino);
        errno = EIO;
        return -1;
    }
    char path[SHIM_PATH_MAX];
    if (!w->is_folder)
        journal_put_sync(w->ino);
    else if (resolve(fd, "", path))
        journal_put_folder(path);
    return 0;
}

static int sync_any(int fd, int (*real)(int))
{
    const struct watched *w = find_watched(fd);
    if (!w)
        return real(fd);
    while (shim->held)
        usleep(1000);
    pthread_mutex_lock(&lock);
    int rc = sync_watched(fd, w);
    pthread_mutex_unlock(&lock);
    return rc;
}

int fsync(int fd)
{
    return sync_any(fd, shim_real()->fsync);
}

int fdatasync(int fd)
{
    return sync_any(fd, shim_real()->fdatasync);
}

static int open_watched(int folder, const char *name, int flags, mode_t mode, const char *path)
{
    struct stat st;
    bool is_new = (flags & O_CREAT) && lstat(path, &st) != 0;
    if (is_new && !may_create())
        return -1;
    int fd = shim_real()->openat(folder, name, flags & ~O_TRUNC, mode);
    if (fd < 0 || fd >= FDS || fstat(fd, &st))
        return fd;
    watched[fd] = (struct watched){true, S_ISDIR(st.st_mode), st.st_ino};
    if (is_new)
        journal_put_create(st.st_ino, path);
    else if ((flags & O_TRUNC) && cut(fd, &watched[fd], 0))
        shim_fail("empty a file");
    return fd;
}

static int open_any(int folder, const char *name, int flags, va_list args)
{
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(args, mode_t) : 0;
    char path[SHIM_PATH_MAX];
    if (!resolve(folder, name, path))
        return shim_real()->openat(folder, name, flags, mode);
    pthread_mutex_lock(&lock);
    int fd = open_watched(folder, name, flags, mode, path);
    pthread_mutex_unlock(&lock);
    return fd;
}

#define OPEN(folder, name, flags)                 \
    va_list args;                                 \
    va_start(args, flags);                        \
    int fd = open_any(folder, name, flags, args); \
    va_end(args);                                 \
    return fd

int open(const char *name, int flags, ...)
{
    OPEN(AT_FDCWD, name, flags);
}

int open64(const char *name, int flags, ...)
{
    OPEN(AT_FDCWD, name, flags);
}

int openat(int folder, const char *name, int flags, ...)
{
    OPEN(folder, name, flags);
}

int openat64(int folder, const char *name, int flags, ...)
{
    OPEN(folder, name, flags);
}

int close(int fd)
{
    struct watched *w = find_watched(fd);
    if (w)
        w->is_open = false;
    return shim_real()->close(fd);
}

int unlinkat(int folder, const char *name, int flags)
{
    char path[SHIM_PATH_MAX];
    struct stat st;
    if ((flags & AT_REMOVEDIR) || !resolve(folder, name, path) || lstat(path, &st))
        return shim_real()->unlinkat(folder, name, flags);
    pthread_mutex_lock(&lock);
    die_if_due();
    journal_put_unlink(st.st_ino, path);
    int rc = shim_real()->unlinkat(folder, name, flags);
    pthread_mutex_unlock(&lock);
    return rc;
}

int unlink(const char *name)
{
    return unlinkat(AT_FDCWD, name, 0);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    char from_path[SHIM_PATH_MAX], to_path[SHIM_PATH_MAX];
    if (!resolve(from_folder, from, from_path) || !resolve(to_folder, to, to_path))
        return shim_real()->renameat(from_folder, from, to_folder, to);
    pthread_mutex_lock(&lock);
    int rc = -1;
    if (may_create()) {
        journal_put_rename(from_path, to_path);
        rc = shim_real()->renameat(from_folder, from, to_folder, to);
    }
    pthread_mutex_unlock(&lock);
    return rc;
}

int rename(const char *from, const char *to)
{
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
    char path[SHIM_PATH_MAX];
    if (!resolve(to_folder, to, path))
        return shim_real()->linkat(from_folder, from, to_folder, to, flags);
    pthread_mutex_lock(&lock);
    int rc = -1;
    if (may_create())
        rc = shim_real()->linkat(from_folder, from, to_folder, to, flags);
    if (rc == 0)
        journal_put_create(0, path);
    pthread_mutex_unlock(&lock);
    return rc;
}
