#include "sink.h"

#include "error.h"
#include "filename.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    NUMBER_MAX = 10000, /* files of one name */
    PART_NAME_MAX = 200,
    TRIES = 100, /* at a name that nobody has */
    WRITE_BEHIND =
        1 << 20, /* bytes, after which the disk begins to write, so that a sync is short */
};

int sink_make(struct sink *s, const char *folder, const char *name, char path[PATH_MAX])
{
    char made[FILENAME_SIZE];
    s->fd = -1;
    if (!filename_make(name, strlen(name), 1, made))
        return ERROR_NOMEM;
    made[text_fit(made, strlen(made), PART_NAME_MAX)] = '\0';
    if (strlen(folder) + 1 + FILENAME_SIZE > PATH_MAX) { /* its last name will fit too */
        errno = ENAMETOOLONG;
        return ERROR_SYSTEM;
    }
    for (int tries = 0; s->fd < 0 && tries < TRIES; tries++) {
        uint32_t number;
        if (getrandom(&number, sizeof number, 0) != sizeof number)
            return ERROR_SYSTEM;
        snprintf(path, PATH_MAX, "%s/.%s.%08" PRIx32 ".part", folder, made, number);
        s->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (s->fd < 0 && errno != EEXIST)
            break;
    }
    return s->fd < 0 ? ERROR_SYSTEM : 0;
}

int sink_open(struct sink *s, const char *path, uint64_t *offset)
{
    struct stat st;
    s->fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (s->fd < 0)
        return ERROR_SYSTEM;
    bool is_right = fstat(s->fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid();
    if (is_right && (uint64_t)st.st_size < *offset)
        *offset = (uint64_t)st.st_size;
    if (is_right && ftruncate(s->fd, (off_t)*offset) == 0)
        return 0;
    int saved = is_right ? errno : EINVAL;
    sink_close(s);
    errno = saved;
    return ERROR_SYSTEM;
}

int sink_write(struct sink *s, uint64_t offset, const void *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = pwrite(s->fd, (const char *)bytes + done, len - done, (off_t)(offset + done));
        if (n < 0 && errno != EINTR)
            return ERROR_SYSTEM;
        done += n > 0 ? (size_t)n : 0;
    }
    uint64_t begin = offset / WRITE_BEHIND * WRITE_BEHIND;
    if (offset + len >= begin + WRITE_BEHIND)
        sync_file_range(s->fd, (off_t)begin, WRITE_BEHIND, SYNC_FILE_RANGE_WRITE);
    return 0;
}

int sink_sync(struct sink *s)
{
    return fdatasync(s->fd) ? ERROR_SYSTEM : 0;
}

void sink_close(struct sink *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

/* Gives a file a second name, which is not taken. Where there are no links, it is its only one. */
static int add_name(int folder, const char *from, const char *to)
{
    if (linkat(folder, from, folder, to, 0) == 0)
        return 0;
    if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
        return -1;
    return renameat2(folder, from, folder, to, RENAME_NOREPLACE);
}

static bool is_same(int folder, const char *a, const char *b)
{
    struct stat first, second;
    return fstatat(folder, a, &first, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstatat(folder, b, &second, AT_SYMLINK_NOFOLLOW) == 0 && first.st_ino == second.st_ino &&
           first.st_dev == second.st_dev;
}

/* Finds the first name of a file that is not taken, and gives the part file that. */
static int find_name(int folder, const char *part, const char *name, char made[FILENAME_SIZE])
{
    for (unsigned number = 1; number <= NUMBER_MAX; number++) {
        if (!filename_make(name, strlen(name), number, made))
            return ERROR_NOMEM;
        if (add_name(folder, part, made) == 0)
            return 0;
        if (errno != EEXIST)
            return errno == ENOENT ? ERROR_STATE : ERROR_SYSTEM;
        if (is_same(folder, part, made))
            return 0;
    }
    return ERROR_SYSTEM;
}

static int sync_file(int folder, const char *name)
{
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int rc = fd >= 0 && fsync(fd) == 0 ? 0 : ERROR_SYSTEM, saved = errno;
    if (fd >= 0)
        close(fd);
    errno = saved;
    return rc;
}

int sink_name(const char *path, const char *name, char final[PATH_MAX])
{
    char made[FILENAME_SIZE];
    const char *part = filename_of(path);
    size_t folder_len = (size_t)(part - path);
    snprintf(final, PATH_MAX, "%.*s", (int)folder_len, path);
    int folder = open(final, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return errno == ENOENT ? ERROR_STATE : ERROR_SYSTEM;
    int rc = sync_file(folder, part);
    if (rc)
        rc = errno == ENOENT ? ERROR_STATE : rc;
    else
        rc = find_name(folder, part, name, made);
    if (rc == 0 && fsync(folder))
        rc = ERROR_SYSTEM;
    int saved = errno;
    close(folder);
    if (rc == 0)
        snprintf(final + folder_len, PATH_MAX - folder_len, "%s", made);
    errno = saved;
    return rc;
}

void sink_remove(const char *path)
{
    if (*path)
        unlink(path);
}
