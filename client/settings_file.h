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

#endif
