#include "downloads.h"

#include "error.h"
#include "filename.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The path in a line like XDG_DOWNLOAD_DIR="$HOME/Downloads". */
static bool read_line(const char *line, char out[PATH_MAX])
{
    static const char key[] = "XDG_DOWNLOAD_DIR=\"", home[] = "$HOME/";
    if (strncmp(line, key, sizeof key - 1) != 0)
        return false;
    const char *value = line + sizeof key - 1;
    int len = (int)strcspn(value, "\"");
    bool is_at_home = strncmp(value, home, sizeof home - 1) == 0;
    if (!value[len] || (!is_at_home && *value != '/'))
        return false;
    int skipped = is_at_home ? (int)sizeof home - 2 : 0;
    return snprintf(out, PATH_MAX, "%s%.*s", is_at_home ? getenv("HOME") : "", len - skipped,
                    value + skipped) < PATH_MAX;
}

/* What the desktop calls the folder for downloads. */
static bool read_user_dirs(const char *home, char out[PATH_MAX])
{
    const char *config = getenv("XDG_CONFIG_HOME");
    bool is_given = config && *config == '/', found = false;
    char path[PATH_MAX], line[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s%s/user-dirs.dirs", is_given ? config : home,
             is_given ? "" : "/.config");
    FILE *file = fopen(path, "re");
    while (file && !found && fgets(line, sizeof line, file))
        found = read_line(line, out);
    if (file)
        fclose(file);
    return found;
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int downloads_find(const char *setting, char out[PATH_MAX])
{
    char path[PATH_MAX] = ".";
    const char *home = getenv("HOME");
    if (strcmp(setting, "auto") != 0) {
        filename_expand(setting, strlen(setting), path);
    } else if (home && *home == '/' && !(read_user_dirs(home, path) && is_folder(path))) {
        snprintf(path, sizeof path, "%s/Downloads", home);
        if (!is_folder(path))
            strcpy(path, ".");
    }
    if (!realpath(path, out))
        return ERROR_SYSTEM;
    if (is_folder(out))
        return 0;
    errno = ENOTDIR;
    return ERROR_SYSTEM;
}
