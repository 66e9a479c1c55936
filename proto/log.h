#ifndef LOG_H
#define LOG_H

/*
 * The log on stderr: one event a line, with journald's level prefixes (sd-daemon(3)) where stderr
 * is the journal. Formats are literals of ours. A line that repeats the one before it within a
 * minute is counted, not repeated. Where stderr does not take a line at once, because its reader is
 * slow or gone, the line is lost, and counted: logging never blocks.
 */
enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG,
};

/*
 * Sets the program's name (borrowed) and the last level that is written (INFO at first). After
 * setlocale: outside a UTF-8 locale, what is not ASCII comes out escaped (the journal is UTF-8).
 */
void log_init(const char *program, enum log_level last);

/* Whether a level is written. */
int log_wants(enum log_level level);

/* Writes one line; control characters in it come out escaped and the line is cut at 1,024 bytes. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define log_error(...)   log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

/*
 * Writes what was only counted so far; the next line is written whatever it says. To be called
 * before the program ends, too.
 */
void log_flush(void);

#endif
