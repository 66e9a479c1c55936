#include "keyfile.h"

#include "error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where a key lies. */
struct place {
    int folder;
    const char *path, *name; /* of the folder; of the file in it */
};

__attribute__((format(printf, 3, 4))) static int fail(int error, char *why, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why, KEYFILE_WHY_MAX, format, args);
    va_end(args);
    return error;
}

/* What is wrong with the open file, or NULL. */
static const char *judge(int fd)
{
    struct stat st;
    if (fstat(fd, &st))
        return strerror(errno);
    if (!S_ISREG(st.st_mode))
        return "it is not a file; put the key back from a copy, or remove this";
    if (st.st_uid != geteuid())
        return "it belongs to another user; give it back with chown";
    if (st.st_mode & 077)
        return "others can read it; if they did not, chmod 600 it";
    if (st.st_size != KEYS_LEN)
        return "it does not have the length of a key; put it back from a copy, or remove it to get "
               "a new one";
    return NULL;
}

/* 1; 0 where there is no file; ERROR_KEY. */
static int read_seed(const struct place *p, uint8_t seed[KEYS_LEN], char *why)
{
    int fd = openat(p->folder, p->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return 0;
    const char *wrong = NULL;
    if (fd < 0)
        wrong =
            errno == ELOOP ? "it is a symbolic link; put the file itself there" : strerror(errno);
    else
        wrong = judge(fd);
    if (!wrong && read(fd, seed, KEYS_LEN) != KEYS_LEN)
        wrong = "it cannot be read whole";
    if (fd >= 0)
        close(fd);
    if (wrong)
        return fail(ERROR_KEY, why, "the key %s/%s cannot be used: %s", p->path, p->name, wrong);
    return 1;
}

static int write_all(int fd, const uint8_t *bytes, size_t len)
{
    ssize_t n = write(fd, bytes, len);
    if (n >= 0 && (size_t)n != len)
        errno = ENOSPC;
    return n == (ssize_t)len && fsync(fd) == 0 ? 0 : ERROR_SYSTEM;
}

/* Under another name first, so that nobody ever finds half of it, nor replaces one that is there.
 */
static int make_seed(const struct place *p, uint8_t seed[KEYS_LEN])
{
    char draft[64];
    snprintf(draft, sizeof draft, "%.40s.%ld", p->name, (long)getpid());
    unlinkat(p->folder, draft, 0);
    int fd = openat(p->folder, draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return ERROR_SYSTEM;
    int rc = ERROR_SYSTEM;
    if (getrandom(seed, KEYS_LEN, 0) == KEYS_LEN)
        rc = write_all(fd, seed, KEYS_LEN);
    close(fd);
    if (rc == 0 && linkat(p->folder, draft, p->folder, p->name, 0) && errno != EEXIST)
        rc = ERROR_SYSTEM;
    int error = errno;
    unlinkat(p->folder, draft, 0);
    errno = error;
    return rc == 0 && fsync(p->folder) ? ERROR_SYSTEM : rc;
}

/* 1, or an error. */
static int get_seed(const struct place *p, uint8_t seed[KEYS_LEN], char *why)
{
    int rc = read_seed(p, seed, why);
    if (rc)
        return rc;
    rc = make_seed(p, seed);
    if (rc)
        return fail(rc, why, "cannot write the key %s/%s: %s", p->path, p->name, strerror(errno));
    rc = read_seed(p, seed, why);
    return rc ? rc : fail(ERROR_SYSTEM, why, "the key %s/%s was removed at once", p->path, p->name);
}

int keyfile_load(struct keys_identity **identity, const char *folder, const char *name,
                 char why[KEYFILE_WHY_MAX])
{
    *identity = NULL;
    uint8_t *seed = keys_secret_new(KEYS_LEN);
    if (!seed)
        return fail(ERROR_NOMEM, why, "%s", error_text(ERROR_NOMEM));
    struct place place = {open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), folder, name};
    int rc;
    if (place.folder < 0)
        rc = fail(ERROR_SYSTEM, why, "cannot open the folder %s: %s", folder, strerror(errno));
    else
        rc = get_seed(&place, seed, why);
    if (rc == 1) {
        rc = keys_identity_new(identity, seed);
        if (rc)
            fail(rc, why, "%s", error_text(rc));
    }
    if (place.folder >= 0)
        close(place.folder);
    keys_secret_free(seed);
    return rc;
}
