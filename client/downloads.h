#ifndef DOWNLOADS_H
#define DOWNLOADS_H

#include <limits.h>

/*
 * The folder that files of the other person's go into, with an absolute path: what the setting
 * `save` says; with `auto` XDG_DOWNLOAD_DIR of user-dirs.dirs, else ~/Downloads where it is there,
 * else the folder that the program works in. ERROR_SYSTEM (errno) where there is no such folder.
 */
int downloads_find(const char *setting, char out[PATH_MAX]);

#endif
