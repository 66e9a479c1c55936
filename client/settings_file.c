#include "settings_file.h"

#include "error.h"
#include "identity.h"
#include "quote.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ini.h>

struct file {
    struct settings *settings;
    const char *path;
    FILE *stream, *problems;
    char *line; /* as read last */
    size_t size;
    int number;
    bool is_answered; /* the line was taken, refused, or needs nothing */
};

__attribute__((format(printf, 2, 3))) static void complain(struct file *f, const char *format, ...)
{
    char path[QUOTE_MAX];
    va_list args;
    va_start(args, format);
    fprintf(f->problems, "%s%s, line %d: ", ftell(f->problems) ? "\n" : "",
            quote_text(f->path, strlen(f->path), path), f->number);
    vfprintf(f->problems, format, args);
    va_end(args);
    f->is_answered = true;
}

/* The parser says nothing of a line that it cannot read. */
static void settle_line(struct file *f)
{
    if (!f->is_answered)
        complain(f, "this is no line like 'name = value'");
    f->is_answered = true;
}

/* What the parser need not see: it is told from here, or means nothing. */
static bool is_unwanted(struct file *f, const char *line, size_t len, size_t size)
{
    if (memchr(line, '\0', len))
        complain(f, "this is not text");
    else if (len >= size)
        complain(f, "this line is too long");
    else if (*line == '[')
        complain(f, "there are no sections");
    return f->is_answered;
}

/* As fgets; without the space before the line, with which it would go on with the one before it. */
static char *read_line(char *out, int size, void *stream)
{
    struct file *f = stream;
    settle_line(f);
    ssize_t len = getline(&f->line, &f->size, f->stream);
    if (len < 0)
        return NULL;
    size_t space = strspn(f->line, " \t");
    const char *start = f->line + space;
    f->number++;
    f->is_answered = strchr("#;\r\n", *start) != NULL && *start;
    bool unwanted = is_unwanted(f, start, (size_t)len - space, (size_t)size);
    snprintf(out, (size_t)size, "%s", unwanted ? "" : start);
    return out;
}

static int take_value(void *user, const char *section, const char *name, const char *value)
{
    (void)section;
    struct file *f = user;
    char why[SETTINGS_WHY_MAX], quoted[QUOTE_MAX];
    enum setting setting = settings_find(name, strlen(name));
    if (setting == SETTING_COUNT)
        complain(f, "there is no option '%s'", quote_text(name, strlen(name), quoted));
    else if (settings_set(f->settings, setting, value, strlen(value), why))
        complain(f, "%s", why);
    f->is_answered = true;
    return 1;
}

int settings_load(struct settings *s, const char *path, char **problems)
{
    size_t len;
    struct file f = {.settings = s, .path = path, .is_answered = true};
    *problems = NULL;
    f.stream = fopen(path, "re");
    if (!f.stream)
        return ERROR_SYSTEM;
    f.problems = open_memstream(problems, &len);
    int rc = f.problems ? 0 : ERROR_NOMEM;
    if (rc == 0)
        ini_parse_stream(read_line, &f, take_value, &f);
    if (rc == 0 && !feof(f.stream))
        rc = ERROR_SYSTEM; /* a folder, say */
    int saved = errno;
    if (f.problems && fclose(f.problems) && rc == 0)
        rc = ERROR_NOMEM;
    fclose(f.stream);
    free(f.line);
    if (rc || len == 0) {
        free(*problems);
        *problems = NULL;
    }
    errno = saved;
    return rc;
}

/* Where the value of `name` begins in a line; NULL where the line is not about it. */
static const char *find_value(const char *line, const char *name)
{
    size_t len = strlen(name);
    line += strspn(line, " \t");
    if (strncmp(line, name, len) != 0)
        return NULL;
    line += len + strspn(line + len, " \t");
    return *line == '=' || *line == ':' ? line + 1 + strspn(line + 1, " \t") : NULL;
}

/* What stands behind a value: a comment with the space before it, and the end of the line. */
static const char *find_rest(const char *value)
{
    size_t len = 0;
    while (value[len] != '\r' && value[len] != '\n' && value[len] != '\0' &&
           !(value[len] == ';' && strchr(" \t", value[len - 1])))
        len++;
    while (len > 0 && strchr(" \t", value[len - 1]))
        len--;
    return value + len;
}

/* Copies the file with `value` in the last line that sets `name`, or in one more. */
static int copy_changed(FILE *in, FILE *out, const char *name, const char *value)
{
    char *line = NULL;
    size_t size = 0, last = 0, number;
    ssize_t len;
    bool is_ended = true;
    for (number = 1; getline(&line, &size, in) >= 0; number++)
        if (find_value(line, name))
            last = number;
    bool is_whole = feof(in); /* out of memory, getline ends like a file does */
    rewind(in);
    for (number = 1; (len = getline(&line, &size, in)) >= 0; number++) {
        is_ended = line[len - 1] == '\n';
        if (number != last) {
            fwrite(line, 1, (size_t)len, out);
            continue;
        }
        const char *at = find_value(line, name), *rest = find_rest(at);
        fprintf(out, "%.*s%s%s%s", (int)(at - line), line, value, *rest == ';' ? " " : "", rest);
    }
    if (last == 0)
        fprintf(out, "%s%s = %s\n", is_ended ? "" : "\n", name, value);
    is_whole = is_whole && feof(in);
    free(line);
    return !is_whole || fflush(out) || ferror(out) || fsync(fileno(out)) ? ERROR_SYSTEM : 0;
}

/* Whether a file says that value: not every one can stand in a line. */
static int check(const struct settings *s, enum setting setting, const char *path)
{
    struct settings read;
    char *problems;
    settings_init(&read);
    int rc = settings_load(&read, path, &problems);
    free(problems);
    if (rc || strcmp(settings_value(&read, setting), settings_value(s, setting)) == 0)
        return rc;
    errno = EINVAL;
    return ERROR_SYSTEM;
}

/* Writes the changed file beside the one at `path`, and puts it in its place. */
static int replace(const struct settings *s, enum setting setting, const char *path, FILE *in,
                   mode_t mode)
{
    char draft[PATH_MAX + 8];
    snprintf(draft, sizeof draft, "%s.XXXXXX", path);
    int fd = mkostemp(draft, O_CLOEXEC);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    int rc = out && fchmod(fd, mode) == 0 ? 0 : ERROR_SYSTEM;
    if (rc == 0)
        rc = copy_changed(in, out, settings_option(setting)->name, settings_value(s, setting));
    if (out ? fclose(out) && rc == 0 : fd >= 0 && close(fd))
        rc = ERROR_SYSTEM;
    if (rc == 0)
        rc = check(s, setting, draft);
    if (rc == 0 && rename(draft, path))
        rc = ERROR_SYSTEM;
    int saved = errno;
    if (rc && fd >= 0)
        unlink(draft);
    errno = saved;
    return rc;
}

int settings_save(const struct settings *s, enum setting setting, const char *path)
{
    char real[PATH_MAX];
    struct stat st = {.st_mode = S_IFREG | 0600};
    bool is_there = realpath(path, real);
    if (!is_there) {
        if (errno != ENOENT || strlen(path) >= sizeof real)
            return ERROR_SYSTEM;
        strcpy(real, path);
        if (identity_make_parents(real))
            return ERROR_SYSTEM;
    }
    if (is_there && stat(real, &st))
        return ERROR_SYSTEM;
    if (!S_ISREG(st.st_mode)) {
        errno = EINVAL;
        return ERROR_SYSTEM;
    }
    FILE *in = fopen(is_there ? real : "/dev/null", "re");
    if (!in)
        return ERROR_SYSTEM;
    int rc = replace(s, setting, real, in, st.st_mode & 07777), saved = errno;
    fclose(in);
    errno = saved;
    return rc;
}
