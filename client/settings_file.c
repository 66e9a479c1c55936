#include "settings_file.h"

#include "error.h"
#include "quote.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
