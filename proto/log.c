#include "log.h"

#include "text.h"

#include <langinfo.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    LINE_MAX_BYTES = 1024, /* with its newline; a pipe takes that whole or not at all */
    REPEAT_S = 60,
};

static struct {
    const char *program;
    enum log_level last;
    bool journal;
    unsigned flags; /* for text_sanitise */
    unsigned lost;  /* lines that stderr did not take */

    enum log_level level; /* of the line before, */
    char line[LINE_MAX_BYTES];
    time_t line_s;     /* when it was written, */
    unsigned repeated; /* and how often it came again since */
} log_state = {.program = "chat", .last = LOG_LEVEL_INFO};

static const struct {
    const char *journal; /* sd-daemon(3) */
    const char *word;
} prefixes[] = {
    [LOG_LEVEL_ERROR] = {"<3>", "error: "},
    [LOG_LEVEL_WARNING] = {"<4>", "warning: "},
    [LOG_LEVEL_INFO] = {"<6>", ""},
    [LOG_LEVEL_DEBUG] = {"<7>", "debug: "},
};

/* Whether stderr is the stream that systemd made for the journal, and was not redirected since. */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat st;
    if (!stream || fstat(STDERR_FILENO, &st))
        return false;
    char is[48];
    snprintf(is, sizeof is, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    return strcmp(stream, is) == 0;
}

void log_init(const char *program, enum log_level last)
{
    log_state.program = program;
    log_state.last = last;
    log_state.journal = stderr_is_journal();
    bool is_utf8 = log_state.journal || strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    log_state.flags = is_utf8 ? 0 : TEXT_ASCII;
}

int log_wants(enum log_level level)
{
    return level <= log_state.last;
}

/* Writes a whole line or nothing: a stderr that is full, stopped or closed must not stop us. */
static bool put(const char *line, size_t len)
{
    struct pollfd pfd = {.fd = STDERR_FILENO, .events = POLLOUT};
    return poll(&pfd, 1, 0) == 1 && pfd.revents == POLLOUT &&
           write(STDERR_FILENO, line, len) == (ssize_t)len;
}

static bool put_text(enum log_level level, const char *text, size_t text_len)
{
    char line[LINE_MAX_BYTES], stamp[32];
    int len;
    if (log_state.journal) {
        len = snprintf(line, sizeof line, "%s", prefixes[level].journal);
    } else {
        time_t now = time(NULL);
        struct tm tm;
        localtime_r(&now, &tm);
        strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &tm);
        len = snprintf(line, sizeof line, "%s %s: %s", stamp, log_state.program,
                       prefixes[level].word);
    }
    text_len = text_fit(text, text_len, sizeof line - (size_t)len - 1);
    memcpy(line + len, text, text_len);
    line[(size_t)len + text_len] = '\n';
    return put(line, (size_t)len + text_len + 1);
}

static void put_count(enum log_level level, const char *what, unsigned *count)
{
    if (*count == 0)
        return;
    char text[80];
    int len = snprintf(text, sizeof text, "%s: %u", what, *count);
    if (put_text(level, text, (size_t)len))
        *count = 0;
}

void log_flush(void)
{
    put_count(log_state.level, "repeats of the line above", &log_state.repeated);
    put_count(LOG_LEVEL_WARNING, "lines of this log that were lost here", &log_state.lost);
    log_state.line[0] = '\0';
}

void log_line(enum log_level level, const char *format, ...)
{
    if (!log_wants(level))
        return;
    char text[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (level == log_state.level && strcmp(text, log_state.line) == 0 &&
        now.tv_sec - log_state.line_s < REPEAT_S) {
        log_state.repeated++;
        return;
    }
    log_flush();
    size_t len;
    char *safe = text_sanitise(text, strlen(text), log_state.flags, &len);
    if (safe && put_text(level, safe, len)) {
        log_state.level = level;
        log_state.line_s = now.tv_sec;
        memcpy(log_state.line, text, sizeof text);
    } else {
        log_state.lost++;
    }
    free(safe);
}
