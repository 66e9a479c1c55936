#include "source.h"

#include "error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is wrong with the open file, or NULL. */
static const char *judge(int fd, struct stat *st)
{
    if (fd < 0 || fstat(fd, st))
        return strerror(errno);
    if (S_ISDIR(st->st_mode))
        return "it is a folder; pack it into one file first";
    if (!S_ISREG(st->st_mode))
        return "it is no file, but a device, a pipe or the like";
    return NULL;
}

int source_open(struct source *s, const char *path, char why[SOURCE_WHY_MAX])
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    const char *wrong = judge(fd, &st);
    *s = (struct source){.fd = -1};
    if (wrong) {
        snprintf(why, SOURCE_WHY_MAX, "%s", wrong);
        if (fd >= 0)
            close(fd);
        return ERROR_SYSTEM;
    }
    s->fd = fd;
    s->size = (uint64_t)st.st_size;
    s->changed = st.st_mtim;
    digest_init(&s->digest);
    return 0;
}

static bool is_as_it_was(const struct source *s)
{
    struct stat st;
    return fstat(s->fd, &st) == 0 && (uint64_t)st.st_size == s->size &&
           st.st_mtim.tv_sec == s->changed.tv_sec && st.st_mtim.tv_nsec == s->changed.tv_nsec;
}

int source_read(struct source *s, uint64_t offset, void *out, size_t len)
{
    ssize_t n;
    do
        n = pread(s->fd, out, len, (off_t)offset);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return ERROR_SYSTEM;
    return n > 0 && is_as_it_was(s) ? (int)n : ERROR_STATE;
}

int source_judge(struct source *s, char digest[DIGEST_TEXT_SIZE])
{
    uint8_t block[64 << 10];
    for (uint64_t end = s->judged + SOURCE_SLICE; s->judged < s->size && s->judged < end;) {
        int n = source_read(s, s->judged, block, sizeof block);
        if (n < 0)
            return n;
        digest_add(&s->digest, block, (size_t)n);
        s->judged += (uint64_t)n;
    }
    if (s->judged < s->size)
        return 0;
    digest_end(&s->digest, digest);
    return 1;
}

void source_close(struct source *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}
