#ifndef LOG_H
#define LOG_H

/*
 * The log on stderr: one event a line, with journald's level prefixes (sd-daemon(3)) where stderr is
 * the journal. Formats are literals of ours. A line that repeats the one before it within a minute
 * is counted, not repeated.
 */
enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG,
};

/* Sets the program's name and the last level that is written (INFO at first). */
void log_init(const char *program, enum log_level last);

/* Whether a level is written. */
int log_wants(enum log_level level);

/* Writes one line; control characters in it come out escaped and the line is cut at 1,024 bytes. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
