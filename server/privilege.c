#include "privilege.h"

#include "error.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int privilege_drop(const struct state *s, char why[STATE_ERROR_MAX])
{
    if (geteuid() != 0)
        return 0;
    errno = 0;
    const struct passwd *user = getpwnam(PRIVILEGE_USER);
    if (!user) {
        snprintf(why, STATE_ERROR_MAX,
                 "running as root, because there is no user %s to become; make one with "
                 "'useradd --system %s'",
                 PRIVILEGE_USER, PRIVILEGE_USER);
        return ERROR_SYSTEM;
    }
    int rc = s ? state_give(s, user->pw_uid, user->pw_gid, why) : 0;
    if (rc)
        return rc;
    if (initgroups(user->pw_name, user->pw_gid) || setgid(user->pw_gid) || setuid(user->pw_uid)) {
        snprintf(why, STATE_ERROR_MAX, "running as root, because it cannot become the user %s: %s",
                 PRIVILEGE_USER, strerror(errno));
        return ERROR_SYSTEM;
    }
    return 0;
}
