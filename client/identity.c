#include "identity.h"

#include "error.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static const char file_name[] = "identity";

/* FNV-1a: tells long names apart, guards nothing. */
static uint64_t digest(const char *s)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
    return h;
}

static bool is_plain(unsigned char c)
{
    return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z') || c == '_' || c == '-';
}

void identity_file_name(const char *text, char out[IDENTITY_NAME_MAX])
{
    enum {
        TAIL = sizeof "~0123456789abcdef",
        ROOM = IDENTITY_NAME_MAX - TAIL,
    };
    size_t len = 0;
    for (const char *s = text; *s; s++) {
        unsigned char c = (unsigned char)*s;
        bool plain = is_plain(c) || (c == '.' && s != text);
        if (len + (plain ? 1 : 3) > ROOM) {
            snprintf(out + len, TAIL, "~%016" PRIx64, digest(text));
            return;
        }
        if (plain)
            out[len++] = *s;
        else
            len += (size_t)snprintf(out + len, 4, "%%%02X", c);
    }
    out[len] = '\0';
}

__attribute__((format(printf, 3, 4))) static int fail(int error, char *why, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why, IDENTITY_WHY_MAX, format, args);
    va_end(args);
    return error;
}

/* mkdir -p for everything before the last part of the path. */
static int make_parents(char *path)
{
    for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        int rc = mkdir(path, 0700);
        *slash = '/';
        if (rc && errno != EEXIST)
            return ERROR_SYSTEM;
    }
    return 0;
}

/* Whether the folder and what lies in it is ours alone; the folder's descriptor, or an error. */
static int open_folder(const char *path, char why[IDENTITY_WHY_MAX])
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return fail(ERROR_SYSTEM, why, "cannot open the folder %s: %s; see --state", path,
                    strerror(errno));
    struct stat st;
    int rc = 0;
    if (fstat(fd, &st))
        rc = fail(ERROR_SYSTEM, why, "cannot look at %s: %s", path, strerror(errno));
    else if (st.st_uid != geteuid())
        rc = fail(ERROR_SYSTEM, why,
                  "the folder %s belongs to another user: choose another with --state DIR", path);
    else if (st.st_mode & 077)
        rc = fail(ERROR_SYSTEM, why,
                  "the folder %s is open to others (mode %04o): chmod 700 it, if it was not "
                  "touched by them",
                  path, (unsigned)st.st_mode & 07777);
    if (rc == 0)
        return fd;
    close(fd);
    return rc;
}

int identity_make_folder(const char *state, const char *name, char *path, size_t size,
                         char why[IDENTITY_WHY_MAX])
{
    char safe[IDENTITY_NAME_MAX];
    identity_file_name(name, safe);
    if ((size_t)snprintf(path, size, "%s/%s", state, safe) >= size)
        return fail(ERROR_SYSTEM, why, "the path of the state folder is too long; see --state");
    if (make_parents(path) || (mkdir(path, 0700) && errno != EEXIST))
        return fail(ERROR_SYSTEM, why, "cannot make the folder %s: %s; see --state", path,
                    strerror(errno));
    int fd = open_folder(path, why);
    if (fd < 0)
        return fd;
    close(fd);
    return 0;
}

/* What is wrong with the open file, or NULL. */
static const char *judge(int fd)
{
    struct stat st;
    if (fstat(fd, &st))
        return strerror(errno);
    if (!S_ISREG(st.st_mode))
        return "it is not a file; put the identity back from a copy, or remove this";
    if (st.st_uid != geteuid())
        return "it belongs to another user; give it back with chown";
    if (st.st_mode & 077)
        return "others can read it; if they did not, chmod 600 it";
    if (st.st_size != IDENTITY_SEED_LEN)
        return "it does not have the length of a key; put it back from a copy, or remove it to get "
               "a new one";
    return NULL;
}

static int read_seed(int folder, const char *path, uint8_t seed[IDENTITY_SEED_LEN], char *why)
{
    int fd = openat(folder, file_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return 0;
    const char *wrong = NULL;
    if (fd < 0)
        wrong =
            errno == ELOOP ? "it is a symbolic link; put the file itself there" : strerror(errno);
    else
        wrong = judge(fd);
    if (!wrong && read(fd, seed, IDENTITY_SEED_LEN) != IDENTITY_SEED_LEN)
        wrong = "it cannot be read whole";
    if (fd >= 0)
        close(fd);
    return wrong ? fail(ERROR_KEY, why, "the identity %s/%s cannot be used: %s", path, file_name,
                        wrong)
                 : 1;
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
static int make_seed(int folder)
{
    uint8_t seed[IDENTITY_SEED_LEN];
    char draft[64];
    snprintf(draft, sizeof draft, "%s.%ld", file_name, (long)getpid());
    unlinkat(folder, draft, 0);
    int fd = openat(folder, draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return ERROR_SYSTEM;
    int rc = ERROR_SYSTEM;
    if (getrandom(seed, sizeof seed, 0) == sizeof seed)
        rc = write_all(fd, seed, sizeof seed);
    explicit_bzero(seed, sizeof seed);
    close(fd);
    if (rc == 0 && linkat(folder, draft, folder, file_name, 0) && errno != EEXIST)
        rc = ERROR_SYSTEM;
    int error = errno;
    unlinkat(folder, draft, 0);
    fsync(folder);
    errno = error;
    return rc;
}

int identity_load(const char *path, uint8_t seed[IDENTITY_SEED_LEN], char why[IDENTITY_WHY_MAX])
{
    int folder = open_folder(path, why);
    if (folder < 0)
        return folder;
    int rc = read_seed(folder, path, seed, why);
    if (rc == 0) {
        rc = make_seed(folder);
        if (rc)
            fail(rc, why, "cannot write the identity %s/%s: %s", path, file_name, strerror(errno));
        else
            rc = read_seed(folder, path, seed, why);
    }
    close(folder);
    return rc < 0 ? rc : 0;
}
