#include "pins.h"

#include "error.h"
#include "pins_line.h"
#include "quote.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char file_name[] = "pins", draft_name[] = "pins.new";
static const char file_header[] =
    "# The keys that were seen first. To accept whatever key comes next, remove a line.";

enum {
    FILE_MAX_BYTES = 256 << 10, /* nobody meets so many, but a relay can show as many as it likes */
};

struct pins {
    char path[PATH_MAX];
    struct pins_line *lines; /* owned */
    size_t count, size;
};

__attribute__((format(printf, 3, 4))) static int fail(int error, char *why, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why, PINS_WHY_MAX, format, args);
    va_end(args);
    return error;
}

static int fail_file(const char *path, char *why)
{
    return fail(ERROR_SYSTEM, why, "cannot keep the pins in %s: %s", path, strerror(errno));
}

const char *pins_path(const struct pins *p)
{
    return p->path;
}

void pins_free(struct pins *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->count; i++)
        pins_line_clear(&p->lines[i]);
    free(p->lines);
    free(p);
}

/* Hosts are the same in any case, paths are not. */
static bool is_same_relay(const char *a, const char *b)
{
    return strncmp(a, "unix:", 5) == 0 ? strcmp(a, b) == 0 : strcasecmp(a, b) == 0;
}

/* The line that pins a relay's key, or (with `nick`) a peer's; NULL for none. */
static struct pins_line *find(const struct pins *p, const char *relay, const char *nick)
{
    for (size_t i = 0; i < p->count; i++) {
        struct pins_line *l = &p->lines[i];
        if (l->relay && !l->nick == !nick && is_same_relay(l->relay, relay) &&
            (!nick || strcmp(l->nick, nick) == 0))
            return l;
    }
    return NULL;
}

/* Adds a line (taken). */
static int add(struct pins *p, struct pins_line *l)
{
    if (p->count == p->size) {
        size_t size = p->size ? 2 * p->size : 16;
        struct pins_line *lines = realloc(p->lines, size * sizeof *lines);
        if (!lines) {
            pins_line_clear(l);
            return ERROR_NOMEM;
        }
        p->lines = lines;
        p->size = size;
    }
    p->lines[p->count++] = *l;
    return 0;
}

static int read_line(struct pins *p, char *text, size_t len, char *why)
{
    struct pins_line l;
    char quoted[QUOTE_MAX];
    if (text[len - 1] == '\n')
        text[--len] = '\0';
    int rc = strlen(text) < len ? ERROR_KEY : pins_line_init(&l, text);
    if (rc == ERROR_NOMEM)
        return fail(rc, why, "%s", error_text(rc));
    if (rc)
        return fail(rc, why, "line %zu of %s is no pin: '%s'; correct or remove it", p->count + 1,
                    p->path, quote_text(text, strlen(text), quoted));
    const struct pins_line *other = l.relay ? find(p, l.relay, l.nick) : NULL;
    if (other) {
        pins_line_clear(&l);
        return fail(ERROR_KEY, why, "lines %zu and %zu of %s pin the same: remove the wrong one",
                    (size_t)(other - p->lines) + 1, p->count + 1, p->path);
    }
    rc = add(p, &l);
    return rc ? fail(rc, why, "%s", error_text(rc)) : 0;
}

static int read_lines(struct pins *p, FILE *file, char *why)
{
    char *text = NULL;
    size_t size = 0;
    ssize_t len;
    int rc = 0;
    while (rc == 0 && (len = getline(&text, &size, file)) >= 0)
        rc = read_line(p, text, (size_t)len, why);
    if (rc == 0 && !feof(file))
        rc = fail(ERROR_SYSTEM, why, "cannot read the pins in %s: %s", p->path, strerror(errno));
    free(text);
    return rc;
}

/* What is wrong with the open file, or NULL. */
static const char *judge(int fd)
{
    struct stat st;
    if (fstat(fd, &st))
        return strerror(errno);
    if (!S_ISREG(st.st_mode))
        return "it is not a file";
    if (st.st_uid != geteuid())
        return "it belongs to another user; give it back with chown, if they did not change it";
    if (st.st_mode & 022)
        return "others can change it; chmod 600 it, if they did not";
    if (st.st_size > FILE_MAX_BYTES)
        return "it is far too large";
    return NULL;
}

/* Reads the file in `folder`, an open folder. */
static int load(struct pins *p, int folder, char *why)
{
    int fd = openat(folder, file_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return 0;
    const char *wrong = NULL;
    if (fd < 0)
        wrong = errno == ELOOP ? "it is a symbolic link" : strerror(errno);
    else
        wrong = judge(fd);
    FILE *file = wrong ? NULL : fdopen(fd, "r");
    if (file) {
        int rc = read_lines(p, file, why);
        fclose(file);
        return rc;
    }
    if (fd >= 0)
        close(fd);
    if (!wrong)
        return fail(ERROR_NOMEM, why, "%s", error_text(ERROR_NOMEM));
    return fail(ERROR_KEY, why, "the pins in %s cannot be used: %s", p->path, wrong);
}

/* Opens the folder (its descriptor in `*fd`) and reads its pins; `lock` keeps others out of it. */
static int open_pins(struct pins **out, const char *path, bool lock, int *fd, char *why)
{
    struct pins *p = calloc(1, sizeof *p);
    int rc = 0;
    *out = NULL;
    *fd = -1;
    if (!p)
        return fail(ERROR_NOMEM, why, "%s", error_text(ERROR_NOMEM));
    snprintf(p->path, sizeof p->path, "%s/%s", path, file_name);
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0 || (lock && flock(*fd, LOCK_EX)))
        rc = fail_file(p->path, why);
    if (rc == 0)
        rc = load(p, *fd, why);
    if (rc == 0) {
        *out = p;
        return 0;
    }
    if (*fd >= 0)
        close(*fd);
    pins_free(p);
    return rc;
}

int pins_load(struct pins **p, const char *folder, char why[PINS_WHY_MAX])
{
    int fd, rc = open_pins(p, folder, false, &fd, why);
    if (rc == 0)
        close(fd);
    return rc;
}

const char *pins_relay(const struct pins *p, const char *relay, size_t *line)
{
    const struct pins_line *l = find(p, relay, NULL);
    *line = l ? (size_t)(l - p->lines) + 1 : 0;
    return l ? l->fingerprint : NULL;
}

const char *pins_next_relay(const struct pins *p, size_t *at)
{
    while (*at < p->count) {
        const struct pins_line *l = &p->lines[(*at)++];
        if (l->relay && !l->nick)
            return l->fingerprint;
    }
    return NULL;
}

bool pins_next_peer(const struct pins *p, const char *relay, size_t *at, struct pins_peer *peer)
{
    while (*at < p->count) {
        const struct pins_line *l = &p->lines[(*at)++];
        if (!l->nick || !is_same_relay(l->relay, relay))
            continue;
        peer->nick = l->nick;
        memcpy(peer->identity, l->identity, KEYS_LEN);
        peer->verified = l->verified;
        return true;
    }
    return false;
}

static int write_lines(const struct pins *p, FILE *file)
{
    for (size_t i = 0; i < p->count; i++)
        if (fprintf(file, "%s\n", p->lines[i].text) < 0)
            return ERROR_SYSTEM;
    return fflush(file) || fsync(fileno(file)) ? ERROR_SYSTEM : 0;
}

static bool is_too_large(const struct pins *p)
{
    size_t bytes = 0;
    for (size_t i = 0; i < p->count; i++)
        bytes += strlen(p->lines[i].text) + 1;
    return bytes > FILE_MAX_BYTES;
}

/* Puts the pins in the file's place. */
static int save(const struct pins *p, int folder)
{
    unlinkat(folder, draft_name, 0);
    int fd = openat(folder, draft_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    int rc = file ? write_lines(p, file) : ERROR_SYSTEM;
    if (file)
        rc = fclose(file) ? ERROR_SYSTEM : rc;
    else if (fd >= 0)
        close(fd);
    if (rc == 0 && renameat(folder, draft_name, folder, file_name))
        rc = ERROR_SYSTEM;
    if (rc == 0 && fsync(folder))
        rc = ERROR_SYSTEM;
    int error = errno;
    if (rc)
        unlinkat(folder, draft_name, 0);
    errno = error;
    return rc;
}

/* Puts a line (taken) into the pins, in the place of the one that pins the same. */
static int put(struct pins *p, struct pins_line *l)
{
    struct pins_line *old = find(p, l->relay, l->nick), header;
    if (old) {
        pins_line_clear(old);
        *old = *l;
        return 0;
    }
    int rc = p->count == 0 ? pins_line_init(&header, file_header) : 0;
    if (rc == 0 && p->count == 0)
        rc = add(p, &header);
    if (rc)
        pins_line_clear(l);
    return rc ? rc : add(p, l);
}

static bool is_same_key(const struct pins_line *a, const struct pins_line *b)
{
    return strcmp(a->fingerprint, b->fingerprint) == 0 &&
           memcmp(a->identity, b->identity, KEYS_LEN) == 0;
}

/* Whether to put a line where `old` (or NULL) pins the same: 1, 0, or ERROR_KEY. */
static int judge_change(const struct pins_line *old, const struct pins_line *l, bool replace)
{
    if (!old || (replace && strcmp(old->text, l->text) != 0))
        return 1;
    return replace || is_same_key(old, l) ? 0 : ERROR_KEY;
}

/* Puts the pin that `text` is into the file of `folder`. */
static int put_text(const char *folder, const char *text, bool replace, char *why)
{
    struct pins *p;
    struct pins_line l;
    int fd, rc = open_pins(&p, folder, true, &fd, why);
    if (rc)
        return rc;
    rc = pins_line_init(&l, text);
    if (rc == 0) {
        const struct pins_line *old = find(p, l.relay, l.nick);
        rc = judge_change(old, &l, replace);
        if (rc <= 0)
            pins_line_clear(&l);
        else
            rc = put(p, &l) ? ERROR_NOMEM : is_too_large(p) ? ERROR_LIMIT : save(p, fd);
        if (rc == ERROR_LIMIT)
            fail(rc, why, "%s is full: remove the lines of those whom you do not meet any more",
                 p->path);
        if (rc == ERROR_KEY)
            fail(rc, why, "line %zu of %s pins another key", (size_t)(old - p->lines) + 1, p->path);
    }
    if (rc == ERROR_SYSTEM)
        fail_file(p->path, why);
    else if (rc == ERROR_NOMEM)
        fail(rc, why, "%s", error_text(rc));
    close(fd);
    pins_free(p);
    return rc;
}

int pins_put_relay(const char *folder, const char *relay, const char *fingerprint, bool replace,
                   char why[PINS_WHY_MAX])
{
    char text[PINS_LINE_MAX];
    pins_line_format_relay(relay, fingerprint, text);
    return put_text(folder, text, replace, why);
}

int pins_put_peer(const char *folder, const char *relay, const struct pins_peer *peer, bool replace,
                  char why[PINS_WHY_MAX])
{
    char text[PINS_LINE_MAX];
    pins_line_format_peer(relay, peer, text);
    return put_text(folder, text, replace, why);
}
