#include "shim_journal.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    JOURNAL_FD_MIN = 1024, /* out of the way of the program's own */
    DIRTY_MAX = 256,
};

static const struct shim *shim;
static int journal = -1;
static uint64_t dirty[DIRTY_MAX]; /* files of which something is not synced */
static size_t dirty_count;
static uint64_t changed[DIRTY_MAX]; /* digests of folders, one for each name not synced */
static size_t changed_count;
static bool keeps_all; /* what is in it cannot be known to be synced */
static uint64_t kept;  /* the last file kept beside it */

void shim_fail(const char *what)
{
    fprintf(stderr, "shim: cannot %s: %s\n", what, strerror(errno));
    abort();
}

/* dlsym gives an object's address for a function's. */
static void find(void *function, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (!found)
        shim_fail(name);
    memcpy(function, &found, sizeof found);
}

const struct shim_real *shim_real(void)
{
    static struct shim_real real;
    if (real.open)
        return &real;
    find(&real.openat, "openat");
    find(&real.close, "close");
    find(&real.write, "write");
    find(&real.pwrite, "pwrite");
    find(&real.ftruncate, "ftruncate");
    find(&real.fsync, "fsync");
    find(&real.fdatasync, "fdatasync");
    find(&real.unlinkat, "unlinkat");
    find(&real.renameat, "renameat");
    find(&real.linkat, "linkat");
    find(&real.open, "open");
    return &real;
}

/* Cuts off a record in the middle of which the process before died. Gives the length. */
static off_t cut_torn_record(int fd, off_t len)
{
    struct shim_record record;
    off_t at = 0, end = 0;
    while (pread(fd, &record, sizeof record, at) == (ssize_t)sizeof record &&
           (end = at + (off_t)(sizeof record + record.len)) <= len)
        at = end;
    if (at < len && shim_real()->ftruncate(fd, at))
        shim_fail("mend its journal");
    return at;
}

void journal_open(const struct shim *s)
{
    const struct shim_real *real = shim_real();
    if (journal >= 0)
        real->close(journal);
    shim = s;
    journal = -1;
    dirty_count = 0;
    changed_count = 0;
    if (!s)
        return;
    char path[SHIM_PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/journal", s->journal);
    int fd = real->open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) || (journal = fcntl(fd, F_DUPFD_CLOEXEC, JOURNAL_FD_MIN)) < 0)
        shim_fail("open its journal");
    real->close(fd);
    keeps_all = cut_torn_record(journal, st.st_size) > 0;
    kept = (uint64_t)getpid() << 32;
}

static void put(const struct shim_record *record, const void *bytes)
{
    const struct shim_real *real = shim_real();
    if (real->write(journal, record, sizeof *record) != (ssize_t)sizeof *record ||
        real->write(journal, bytes, record->len) != (ssize_t)record->len)
        shim_fail("write its journal");
}

static void put_path(struct shim_record record, const char *path)
{
    record.len = strlen(path) + 1;
    put(&record, path);
}

static void set_dirty(uint64_t ino)
{
    for (size_t i = 0; i < dirty_count; i++)
        if (dirty[i] == ino)
            return;
    if (dirty_count == DIRTY_MAX)
        keeps_all = true;
    else
        dirty[dirty_count++] = ino;
}

static void set_clean(uint64_t ino)
{
    for (size_t i = 0; i < dirty_count; i++)
        if (dirty[i] == ino)
            dirty[i--] = dirty[--dirty_count];
}

/* Perhaps nothing in the journal is needed any more. */
static void trim(void)
{
    if (dirty_count == 0 && changed_count == 0 && !keeps_all && shim_real()->ftruncate(journal, 0))
        shim_fail("cut its journal");
}

/* FNV-1a of the folder that a path is in. */
static uint64_t digest_folder(const char *path)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (const char *end = strrchr(path, '/'); path < end; path++)
        h = (h ^ (unsigned char)*path) * UINT64_C(0x100000001b3);
    return h;
}

static void set_changed(const char *path)
{
    if (changed_count == DIRTY_MAX)
        keeps_all = true;
    else
        changed[changed_count++] = digest_folder(path);
}

void journal_put_write(int fd, uint64_t ino, uint64_t at, uint64_t end)
{
    const struct shim_real *real = shim_real();
    struct stat st;
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int copy = real->open(link, O_RDONLY | O_CLOEXEC); /* `fd` may be for writing only */
    if (copy < 0 || fstat(copy, &st))
        shim_fail("open a file again");
    uint64_t size = (uint64_t)st.st_size;
    struct shim_record record = {
        .kind = SHIM_WRITE, .ino = ino, .at = at, .end = end, .size = size};
    if (at < size)
        record.len = (end < size ? end : size) - at;
    char *bytes = malloc(record.len + 1);
    if (!bytes || pread(copy, bytes, record.len, (off_t)at) != (ssize_t)record.len)
        shim_fail("read what is about to be written over");
    put(&record, bytes);
    set_dirty(ino);
    free(bytes);
    real->close(copy);
}

void journal_put_sync(uint64_t ino)
{
    put(&(struct shim_record){.kind = SHIM_SYNC, .ino = ino}, "");
    set_clean(ino);
    trim();
}

void journal_put_lost(uint64_t ino)
{
    put(&(struct shim_record){.kind = SHIM_LOST, .ino = ino}, "");
    keeps_all = true;
}

void journal_put_create(uint64_t ino, const char *path)
{
    put_path((struct shim_record){.kind = SHIM_CREATE, .ino = ino}, path);
    if (ino)
        set_dirty(ino);
    set_changed(path);
}

/* Keeps a file that loses a name, perhaps its last. Gives its number; 0: there is none. */
static uint64_t keep_file(const char *path)
{
    char copy[SHIM_PATH_MAX + 32];
    snprintf(copy, sizeof copy, "%s/%ju", shim->journal, (uintmax_t)++kept);
    if (shim_real()->linkat(AT_FDCWD, path, AT_FDCWD, copy, 0) == 0)
        return kept;
    if (errno != ENOENT)
        shim_fail("keep a file");
    return 0;
}

void journal_put_unlink(uint64_t ino, const char *path)
{
    set_clean(ino); /* nothing of it will be synced */
    put_path((struct shim_record){.kind = SHIM_UNLINK, .at = keep_file(path)}, path);
    set_changed(path);
}

void journal_put_rename(const char *from, const char *to)
{
    char paths[2 * SHIM_PATH_MAX];
    size_t len = strlen(from) + 1;
    memcpy(paths, from, len);
    strcpy(paths + len, to);
    const struct shim_record record = {
        .kind = SHIM_RENAME, .at = keep_file(to), .len = len + strlen(to) + 1};
    put(&record, paths);
    set_changed(from);
    set_changed(to);
}

void journal_put_folder(const char *path)
{
    put_path((struct shim_record){.kind = SHIM_FOLDER}, path);
    uint64_t folder = digest_folder(path);
    for (size_t i = 0; i < changed_count; i++)
        if (changed[i] == folder)
            changed[i--] = changed[--changed_count];
    trim();
}
