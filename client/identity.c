#include "identity.h"

#include "error.h"
#include "keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

int identity_make_parents(char *path)
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
    if (identity_make_parents(path) || (mkdir(path, 0700) && errno != EEXIST))
        return fail(ERROR_SYSTEM, why, "cannot make the folder %s: %s; see --state", path,
                    strerror(errno));
    int fd = open_folder(path, why);
    if (fd < 0)
        return fd;
    close(fd);
    return 0;
}

int identity_load(const char *path, struct keys_identity **identity, char why[IDENTITY_WHY_MAX])
{
    int folder = open_folder(path, why);
    *identity = NULL;
    if (folder < 0)
        return folder;
    close(folder);
    return keyfile_load(identity, path, "identity", why);
}
