#ifndef SETTINGS_FILE_H
#define SETTINGS_FILE_H

#include "settings.h"

/*
 * Reads the configuration file (chat-config(5)): lines of `name = value`. What is wrong with a line
 * is no error: it is left out, and `*problems` gets a sentence about it, with its number, on a line
 * of its own; NULL where there are none, otherwise a string that the caller frees.
 *
 * ERROR_SYSTEM where the file cannot be read (errno says why), ERROR_NOMEM.
 */
int settings_load(struct settings *s, const char *path, char **problems);

/*
 * Keeps a setting's value in the configuration file: in the line that set it last, with the comment
 * behind it, or else in a new line at the end; all else stays. The file is replaced as a whole or
 * not at all; one that is a symbolic link is replaced where that leads.
 *
 * ERROR_SYSTEM where that cannot be (errno says why): EINVAL where it is no plain file, or the
 * value cannot stand in a line of it. ERROR_NOMEM.
 */
int settings_save(const struct settings *s, enum setting setting, const char *path);

#endif
